//! Fakes, named so: an encoder that counts words, and retrievers that know little.

use std::collections::HashMap;
use std::sync::Arc;

use ranker::core::{
    CandidateId, EmbedError, Embedded, Embedder, Embedding, ExpandError, Expander, Expansion, Hit,
    Profile, Query, Request, RetrieveError, Retriever, Role, Score, TokenEmbeddings, TokenUsage,
    async_trait,
};
use ranker::{Fact, JobDescription};

/// Embeds a text as the hashed counts of its words; reads 40 words at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FakeEmbedder;

const DIMENSION: usize = 64;
const MOST_WORDS: usize = 40;

fn slot(word: &str) -> usize {
    let folded = word
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    folded.bytes().fold(7_usize, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(byte.into())
    }) % DIMENSION
}

impl Embedder for FakeEmbedder {
    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn model_id(&self) -> &str {
        "fake word counts"
    }

    fn embed(&self, texts: &[&str], _role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embed = |(index, text): (usize, &&str)| {
            let mut vector = vec![0.0; DIMENSION];
            text.split_whitespace()
                .take(MOST_WORDS)
                .for_each(|word| vector[slot(word)] += 1.0);
            let embedding =
                Embedding::normalized(vector).map_err(|_| EmbedError::EmptyText { index })?;
            let tokens = text.split_whitespace().count();
            let usage = TokenUsage::new(tokens, tokens.min(MOST_WORDS));
            Ok(Embedded::new(embedding, usage))
        };
        texts.iter().enumerate().map(embed).collect()
    }

    fn embed_tokens(
        &self,
        texts: &[&str],
        _role: Role,
    ) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        let tokens = |text: &&str| {
            let words: Vec<&str> = text.split_whitespace().take(MOST_WORDS).collect();
            let mut vectors = vec![0.0; words.len() * DIMENSION];
            for (i, word) in words.iter().enumerate() {
                vectors[i * DIMENSION + slot(word)] = 1.0;
            }
            let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
            let spans = words
                .iter()
                .map(|word| start(word)..start(word) + word.len())
                .collect();
            TokenEmbeddings::new(DIMENSION, vectors, spans).expect("unit vectors")
        };
        Ok(texts.iter().map(tokens).collect())
    }
}

/// A retriever that holds ids and vectors, ignores filters and has no profiles.
pub(crate) struct IdsOnly(pub(crate) Vec<(CandidateId, Embedding)>);

#[async_trait]
impl Retriever for IdsOnly {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let embedding = query.embedding().expect("the ranker embeds");
        let hit = |(id, vector): &(CandidateId, Embedding)| {
            let cosine = embedding.cosine(vector).expect("one encoder");
            Hit::new(id.clone(), Score::new(cosine.into()).expect("finite"))
        };
        let mut hits: Vec<Hit> = self.0.iter().map(hit).collect();
        Hit::sort(&mut hits);
        hits.truncate(request.k);
        Ok(hits)
    }
}

/// An expander whose service is down.
pub(crate) struct Down;

#[async_trait]
impl Expander for Down {
    async fn expand(&self, _job: &JobDescription) -> Result<Expansion, ExpandError> {
        Err(ExpandError::Unavailable {
            backend: "thesaurus".to_owned(),
            source: "connection refused".into(),
        })
    }
}

/// `n` profiles: every tenth is a Rust engineer, the others are nurses; `years` counts up.
pub(crate) fn profiles(n: usize) -> Vec<Profile> {
    (0..n)
        .map(|i| {
            let text = if i.is_multiple_of(10) {
                format!("Rust engineer who builds search engines. Note n{i}.")
            } else {
                format!("Nurse who cares for patients on a ward. Note n{i}.")
            };
            let profile = Profile::new(format!("p{i:04}"), text).expect("a text");
            profile
                .with_fact("years", Fact::Number(i as f64))
                .expect("finite")
        })
        .collect()
}

pub(crate) fn ids_only(profiles: &[Profile]) -> IdsOnly {
    let texts: Vec<&str> = profiles.iter().map(Profile::text).collect();
    let embedded = FakeEmbedder.embed(&texts, Role::Document).expect("texts");
    let vectors = embedded.into_iter().map(|embedded| embedded.embedding);
    IdsOnly(
        profiles
            .iter()
            .map(|profile| profile.id().clone())
            .zip(vectors)
            .collect(),
    )
}

pub(crate) fn store(profiles: Vec<Profile>) -> HashMap<CandidateId, Arc<Profile>> {
    profiles
        .into_iter()
        .map(|profile| (profile.id().clone(), Arc::new(profile)))
        .collect()
}

pub(crate) fn job() -> JobDescription {
    JobDescription::new("Rust engineer who builds search engines").expect("a text")
}
