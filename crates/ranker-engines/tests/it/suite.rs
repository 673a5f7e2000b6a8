//! The suite passes what is right, and finds each thing that is wrong.

use std::time::Duration;

use ranker_engines::conformance::StoreSuite;

use crate::memory::{Flaw, Memories};

fn run(flaw: Flaw) -> Result<Vec<&'static str>, ranker_core::conformance::Violation> {
    let memories = Memories::default();
    let suite = StoreSuite::new()
        .with_people(300)
        .with_limit(Duration::from_secs(5));
    pollster::block_on(suite.run(|place| {
        let opened = memories.open(&place, flaw);
        async move { opened }
    }))
}

#[test]
fn a_right_store_keeps_everything() {
    let kept = run(Flaw::Nothing).unwrap();
    assert_eq!(kept.len(), 11, "{kept:?}");
}

#[test]
fn each_flaw_is_found() {
    let flaws = [
        (
            Flaw::FiltersAfterwards,
            "a search with a filter finds those who pass, and no fewer than k",
        ),
        (
            Flaw::LosesThoseWhoLack,
            "a candidate that lacks a fact passes the negation of a condition on it",
        ),
        (
            Flaw::PassesFiltersOver,
            "a filter that cannot be applied is refused, never passed over",
        ),
        (
            Flaw::Forgetful,
            "a search finds those whom exact scores put first",
        ),
        (
            Flaw::OtherScores,
            "a hit's dense leg is its cosine similarity",
        ),
        (Flaw::FoldsIds, "an id comes back as it was given"),
        (
            Flaw::KeepsOldProfiles,
            "a change is seen once the store has settled",
        ),
        (Flaw::KeepsTheDeleted, "what was deleted is gone"),
        (Flaw::CountsWrites, "an id is stored once"),
        (
            Flaw::TakesAnyDimension,
            "embeddings of another dimension are refused whole",
        ),
        (
            Flaw::TakesAnyEncoder,
            "a store of one encoder is not opened for another",
        ),
        (Flaw::NeverSettles, "a retriever can be built"),
        (
            Flaw::TornWrites,
            "of two writers, each profile is one's or the other's, whole",
        ),
    ];
    for (flaw, contract) in flaws {
        let found = run(flaw).expect_err("a flaw that was not found");
        assert_eq!(found.contract(), contract, "{flaw:?}: {found}");
    }
}
