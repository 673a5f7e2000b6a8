use ranker::{Error, JobDescription, Note, Ranker};

use ranker::score::{Features, LinearScorer};

use crate::fakes::{Down, FakeEmbedder, ids_only, job, profiles, store};

fn ranker() -> Ranker {
    Ranker::builder(FakeEmbedder, ids_only(&profiles(20)))
        .profile_store(store(profiles(20)))
        .expander(Down)
        .features(Features::new())
        .build()
        .unwrap()
}

#[test]
fn an_expander_that_is_down_is_said_not_fatal() {
    let ranking = pollster::block_on(ranker().rank(&job())).unwrap();
    let [note @ Note::NotExpanded { .. }] = ranking.notes() else {
        panic!("{:?}", ranking.notes());
    };
    assert_eq!(
        note.to_string(),
        "the query was not expanded: thesaurus is unavailable"
    );
}

#[test]
fn a_job_that_was_cut_says_so() {
    let long = JobDescription::new("engineer ".repeat(50)).unwrap();
    let ranking = pollster::block_on(ranker().rank(&long)).unwrap();
    assert!(ranking.notes().contains(&Note::JobCut {
        tokens: 50,
        used: 40
    }));
}

#[test]
fn hits_without_a_profile_are_left_out_and_named() {
    let known = profiles(20).split_off(1);
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&profiles(20)))
        .profile_store(store(known))
        .build()
        .unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    assert_eq!(ranking.len(), 19);
    let [Note::UnknownProfiles { ids }] = ranking.notes() else {
        panic!("{:?}", ranking.notes());
    };
    assert_eq!(ids[0].as_str(), "p0000");
}

#[test]
fn a_ranking_is_explained_by_the_model_that_made_it() {
    let ranker = ranker();
    let before = pollster::block_on(ranker.rank(&job())).unwrap();
    let schema = ranker.features().schema().clone();
    let weights = (0..schema.len()).map(|i| -(i as f64)).collect();
    ranker
        .serve(LinearScorer::new(schema, weights).unwrap())
        .unwrap();
    let after = pollster::block_on(ranker.rank(&job())).unwrap();
    assert_ne!(before.model(), after.model());
    for ranked in before.iter().chain(&after) {
        let explanation = ranker.explain(ranked).unwrap();
        assert_eq!(
            (explanation.id(), explanation.score()),
            (ranked.id(), ranked.score)
        );
    }
    let mut foreign = before.as_slice()[0].clone();
    foreign.model = "another".into();
    assert!(matches!(
        ranker.explain(&foreign),
        Err(Error::UnknownModel { .. })
    ));
}

#[test]
fn errors_say_the_stage_and_keep_the_cause() {
    let error = Error::Embed(ranker::core::EmbedError::EmptyText { index: 0 });
    assert_eq!(error.to_string(), "embedding the job description failed");
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .starts_with("text 0 is empty")
    );
}
