use ranker::{Filter, Note, Ranker};

use crate::fakes::{FakeEmbedder, ids_only, job, profiles, store};

fn ranker(n: usize) -> Ranker {
    Ranker::builder(FakeEmbedder, ids_only(&profiles(n)))
        .profile_store(store(profiles(n)))
        .top_k(5)
        .candidates(5)
        .build()
        .unwrap()
}

#[test]
fn a_retriever_that_cannot_filter_is_slow_and_never_wrong() {
    let job = job().with_filter(Filter::at_least("years", 480.0));
    let ranking = pollster::block_on(ranker(500).rank(&job)).unwrap();
    assert_eq!(
        ranking.len(),
        5,
        "those that pass were found behind the many that do not"
    );
    let years = |ranked: &ranker::Ranked| {
        let years = ranked.candidate.profile().facts().get("years");
        years.and_then(ranker::Fact::number).unwrap()
    };
    assert!(ranking.iter().all(|ranked| years(ranked) >= 480.0));
    let [note, Note::TokensEncoded { .. }] = ranking.notes() else {
        panic!("{:?}", ranking.notes());
    };
    let Note::FilteredHere {
        fetched,
        passed,
        may_miss: false,
    } = note
    else {
        panic!("{note:?}");
    };
    assert!(
        *fetched > 20 && *passed >= 5,
        "{fetched} fetched, {passed} passed"
    );
}

#[test]
fn fewer_than_asked_pass() {
    let job = job().with_filter(Filter::at_most("years", 1.0));
    let ranking = pollster::block_on(ranker(50).rank(&job)).unwrap();
    assert_eq!(ranking.len(), 2);
    let nobody = job.with_filter(Filter::flag("unknown", true));
    assert!(
        pollster::block_on(ranker(50).rank(&nobody))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_empty_pool_gives_an_empty_ranking() {
    let ranking = pollster::block_on(ranker(0).rank(&job())).unwrap();
    assert!(ranking.is_empty() && ranking.notes().is_empty());
    assert!(
        pollster::block_on(ranker(0).explain_all(&ranking, 10))
            .unwrap()
            .is_empty()
    );
}
