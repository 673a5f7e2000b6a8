//! Small pools and short ways to ask them.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_core::{
    CandidateId, Embedding, Fact, Hit, JobDescription, Profile, Query, Request, Retriever,
};

pub(crate) type Rng = ChaCha8Rng;

pub(crate) fn rng(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

pub(crate) fn id(name: &str) -> CandidateId {
    CandidateId::new(name).unwrap()
}

pub(crate) fn vector(components: &[f32]) -> Embedding {
    Embedding::normalized(components.to_vec()).unwrap()
}

pub(crate) fn random_vector(rng: &mut Rng, dimension: usize) -> Embedding {
    let components = (0..dimension).map(|_| rng.random_range(-1.0_f32..1.0));
    Embedding::normalized(components.collect()).unwrap()
}

/// Vectors around `clusters` centres of very unequal size.
pub(crate) fn clustered(seed: u64, len: usize, clusters: usize) -> Vec<(CandidateId, Embedding)> {
    const DIMENSION: usize = 64;
    let mut rng = rng(seed);
    let centres = (0..clusters).map(|_| random_vector(&mut rng, DIMENSION));
    let centres: Vec<Embedding> = centres.collect();
    let near = |i: usize| {
        let most = rng.random_range(0..clusters);
        let centre = &centres[rng.random_range(0..=most)];
        let noise = random_vector(&mut rng, DIMENSION);
        let mixed = centre.as_slice().iter().zip(noise.as_slice());
        let mixed = mixed.map(|(c, n)| c + 0.7 * n).collect();
        (
            id(&format!("p{i:05}")),
            Embedding::normalized(mixed).unwrap(),
        )
    };
    (0..len).map(near).collect()
}

pub(crate) fn profile(name: &str, text: &str) -> Arc<Profile> {
    Arc::new(Profile::new(name, text).unwrap())
}

pub(crate) fn with_years(name: &str, text: &str, years: i32) -> Arc<Profile> {
    let profile = Profile::new(name, text).unwrap();
    Arc::new(profile.with_fact("years", Fact::integer(years)).unwrap())
}

pub(crate) fn query(text: &str) -> Query {
    Query::new(JobDescription::new(text).unwrap())
}

pub(crate) fn names(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.id().as_str()).collect()
}

pub(crate) fn retrieve(retriever: &dyn Retriever, query: &Query, request: &Request) -> Vec<Hit> {
    pollster::block_on(retriever.retrieve(query, request)).unwrap()
}
