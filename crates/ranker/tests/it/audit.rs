//! What was shown is audited from the log.

use ranker::Ranker;
use ranker::rlhf::{Event, EventId, EventKind, FeedbackLog, JobId, RankingId, Timestamp};
use ranker::xai::audit::{Audit, Groups};

use crate::fakes::{FakeEmbedder, ids_only, job, profiles, store};

#[test]
fn the_rankings_shown_are_audited_by_group() {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("log.sqlite")).unwrap();
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&profiles(40)))
        .profile_store(store(profiles(40)))
        .top_k(40)
        .feedback(log)
        .build()
        .unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    for (at, id) in ["r1", "r2"].iter().enumerate() {
        let (ranking_id, job) = (RankingId::new(*id).unwrap(), JobId::new("j").unwrap());
        let exposed = ranker.expose(&ranking, ranking_id, job).unwrap();
        let event = Event::new(
            EventId::new(*id).unwrap(),
            Timestamp::from_millis(at as i64),
            EventKind::Impression(exposed.impression),
        );
        pollster::block_on(ranker.record(vec![event])).unwrap();
    }
    let served = pollster::block_on(ranker.served()).unwrap();
    assert_eq!(served.len(), 2);
    let shown: Vec<_> = ranking.iter().map(|ranked| ranked.id().clone()).collect();
    assert_eq!(served[0].ids(), shown);
    for (score, ranked) in served[0].scores().iter().zip(&ranking) {
        assert!((score - ranked.score.get()).abs() < 1e-9, "computed again");
    }

    // Every tenth is an engineer, as the job wants: they are the first four.
    let is_engineer = |id: &str| id.ends_with('0');
    let members = shown.iter().map(|id| {
        let group = if is_engineer(id.as_str()) {
            "engineer"
        } else {
            "nurse"
        };
        (id.clone(), group)
    });
    let groups = Groups::new("occupation", members).unwrap();
    let audit = Audit::of(&served, &groups, 4).unwrap();
    let chosen: Vec<_> = audit.selection.rows.iter().map(|row| row.chosen).collect();
    assert_eq!(chosen, [8, 0]);
    assert!(audit.selection.rows[1].below_four_fifths);
    assert_eq!(audit.selection.rows[1].candidates, 72);
    assert!(audit.scoring.is_some());
}
