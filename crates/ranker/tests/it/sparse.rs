//! Search by sparse vectors beside the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use ranker::core::{
    EmbedError, Role, SparseEmbedded, SparseEmbedder, SparseVector, TokenUsage, legs, words,
};
use ranker::retrieve::{ProfileIndex, SparseIndex};
use ranker::{BuildError, Filter, JobDescription, Profile, Ranked, Ranker, Ranking};

use crate::fakes::{FakeEmbedder, ids_only, job, profiles, store};

/// Weighs the letters that words begin with, so that it finds others than words do.
struct Initials;

impl SparseEmbedder for Initials {
    fn vocabulary(&self) -> usize {
        1 << 21
    }

    fn model_id(&self) -> &str {
        "initials"
    }

    fn embed_sparse(&self, texts: &[&str], _: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        let weigh = |(index, text): (usize, &&str)| {
            let mut weights: BTreeMap<u32, f32> = BTreeMap::new();
            let first = words(text).filter_map(|word| word.text.to_lowercase().chars().next());
            first.for_each(|first| *weights.entry(first.into()).or_default() += 1.0);
            let vector = SparseVector::new(weights);
            let vector = vector.map_err(|source| EmbedError::Output { index, source })?;
            Ok(SparseEmbedded::new(vector, TokenUsage::new(1, 1)))
        };
        texts.iter().enumerate().map(weigh).collect()
    }
}

fn sparse(profiles: Vec<Profile>) -> SparseIndex {
    let profiles = profiles.into_iter().map(Arc::new).collect();
    SparseIndex::embed(Arc::new(Initials), profiles).unwrap()
}

fn ranker(profiles: Vec<Profile>) -> Ranker {
    let index = ProfileIndex::embed(profiles.clone(), &FakeEmbedder).unwrap();
    let builder = Ranker::builder(FakeEmbedder, index).top_k(50);
    builder.sparse(sparse(profiles)).build().unwrap()
}

fn rank(ranker: &Ranker, job: &JobDescription) -> Ranking {
    pollster::block_on(ranker.rank(job)).unwrap()
}

fn feature(ranked: &Ranked, name: &str) -> f32 {
    let at = ranked.features.schema().position(name).unwrap();
    ranked.features.row(0).unwrap()[at]
}

#[test]
fn its_score_is_a_feature_that_ranks_and_is_accounted_for() {
    let ranker = ranker(profiles(20));
    let ranking = rank(&ranker, &job());
    assert_eq!(ranking.len(), 20);
    for ranked in &ranking {
        let hit = ranked.candidate.hit();
        let named: Vec<&str> = hit.legs().iter().map(|leg| &*leg.leg).collect();
        assert_eq!(named, [legs::DENSE, legs::BM25, legs::SPARSE]);
        let share = hit.leg(legs::SPARSE).unwrap().share() as f32;
        assert_eq!(feature(ranked, "sparse"), share);
        assert_eq!(feature(ranked, "retrieved"), 0.0);
        let explained = ranker.explain(ranked).unwrap();
        assert_eq!(explained.score(), ranked.score);
        let part = explained
            .parts()
            .iter()
            .find(|part| part.feature == "sparse");
        assert_eq!(part.is_some(), share > 0.0);
    }
    assert_eq!(feature(&ranking.as_slice()[0], "sparse"), 1.0);
    // What the encoder is, is part of what the feature is.
    let schema = ranker.features().schema();
    let column = &schema.columns()[schema.position("sparse").unwrap()];
    assert_eq!(column.model.as_deref(), Some("initials"));
}

#[test]
fn a_filter_holds_for_all_legs() {
    let job = job().with_filter(Filter::at_least("years", 15.0));
    let ranking = rank(&ranker(profiles(40)), &job);
    assert_eq!(ranking.len(), 25);
    assert!(ranking.notes().is_empty(), "{:?}", ranking.notes());
}

#[test]
fn a_store_without_profiles_may_stand_beside_it() {
    let builder = Ranker::builder(FakeEmbedder, ids_only(&profiles(20)));
    let builder = builder.profile_store(store(profiles(20)));
    let ranker = builder.sparse(sparse(profiles(20))).build().unwrap();
    let ranking = rank(&ranker, &job());
    assert_eq!(ranking.len(), 20);
    let first = &ranking.as_slice()[0];
    assert!(feature(first, "retrieved") > 0.9 && feature(first, "sparse") > 0.9);
}

#[test]
fn what_was_copied_from_the_job_does_not_count() {
    let asked = "Wanted: a zymologist who keeps quiet quinces in quaint quarters, and quotes quizzes quarterly to queens";
    let copied = format!("Cook in a canteen. {asked}.");
    let job = JobDescription::new(asked).unwrap();
    let all = vec![
        Profile::new("a", copied).unwrap(),
        Profile::new("b", "Zymologist, keeps quinces quiet.").unwrap(),
    ];
    let ranking = rank(&ranker(all), &job);
    assert_eq!(ranking.as_slice()[0].id().as_str(), "b");
    let leg = |at: usize| {
        ranking.as_slice()[at]
            .candidate
            .hit()
            .leg(legs::SPARSE)
            .unwrap()
            .share()
    };
    assert!(leg(1) < 0.2, "{}", leg(1));
}

#[test]
fn two_legs_of_one_name_are_refused() {
    let index = sparse(profiles(5));
    let refused = Ranker::builder(FakeEmbedder, sparse(profiles(5)))
        .sparse(index)
        .build();
    assert!(matches!(refused, Err(BuildError::Sparse(_))));
}
