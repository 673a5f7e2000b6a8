//! Candidates scored with other texts.

use ranker::retrieve::{ProfileIndex, encode_profiles};
use ranker::{Error, JobDescription, Profile, Ranker};

use crate::fakes::{FakeEmbedder, job, profiles};

fn plain(profiles: Vec<Profile>) -> Ranker {
    let index = ProfileIndex::embed(profiles, &FakeEmbedder).unwrap();
    Ranker::builder(FakeEmbedder, index)
        .top_k(5)
        .build()
        .unwrap()
}

/// With token vectors kept in bytes, as a collection keeps them.
fn kept(profiles: Vec<Profile>) -> Ranker {
    let encoded = encode_profiles(&FakeEmbedder, &profiles).unwrap();
    let index = ProfileIndex::new(profiles.into_iter().zip(encoded)).unwrap();
    Ranker::builder(FakeEmbedder, index)
        .top_k(5)
        .build()
        .unwrap()
}

#[test]
fn the_same_text_has_the_same_score() {
    for ranker in [plain(profiles(40)), kept(profiles(40))] {
        let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
        for ranked in &ranking {
            let text = ranked.candidate.profile().plain_text().to_owned();
            let scores = pollster::block_on(ranker.scores_of_texts(ranked, &[text]));
            let score = scores.unwrap()[0];
            assert!(
                (score.get() - ranked.score.get()).abs() < 1e-6,
                "{score} {}",
                ranked.score
            );
        }
    }
}

/// What an index of the shortened text gives, where keywords do not count: the same as here.
#[test]
fn a_shortened_text_scores_as_one_that_was_indexed() {
    let job = JobDescription::new("sausages bread").unwrap();
    let text = "Bakes bread daily. Sells sausages. Sweeps floors.";
    let short = "Bakes bread daily. Sweeps floors.";
    let ranker = plain(vec![Profile::new("a", text).unwrap()]);
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let texts = [
        short.to_owned(),
        text.to_owned(),
        "Sweeps floors.".to_owned(),
    ];
    let scores = ranker.scores_of_texts(&ranking.as_slice()[0], &texts);
    let scores = pollster::block_on(scores).unwrap();
    assert!(scores[1] > scores[0] && scores[0] > scores[2], "{scores:?}");

    // The feature that reads keywords keeps half of its value, and all others are those of the short text.
    let indexed = plain(vec![Profile::new("a", short).unwrap()]);
    let indexed = pollster::block_on(indexed.rank(&job)).unwrap();
    let features = &indexed.as_slice()[0].features;
    let at = features.schema().position("bm25").unwrap();
    let weights = ranker::score::LinearScorer::of(&*ranker.scorer()).unwrap();
    let keywords = f64::from(features.row(0).unwrap()[at]) - 0.5;
    let expected = indexed.as_slice()[0].score.get() - weights.weights()[at] * keywords;
    assert!(
        (scores[0].get() - expected).abs() < 1e-6,
        "{} {expected}",
        scores[0]
    );
}

#[test]
fn blank_texts_are_refused() {
    let ranker = plain(profiles(20));
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let first = &ranking.as_slice()[0];
    let refused = pollster::block_on(ranker.scores_of_texts(first, &[" \n".to_owned()]));
    assert!(matches!(refused, Err(Error::Text(_))), "{refused:?}");
    assert_eq!(
        pollster::block_on(ranker.scores_of_texts(first, &[])).unwrap(),
        []
    );
}
