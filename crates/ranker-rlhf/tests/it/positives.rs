//! Who was wanted, for those who tune encoders.

use ranker_rlhf::{
    Action, Event, EventKind, Impression, JobId, Outcome, Positive, Preference, RankingId, Shown,
};

use crate::support::{event, graded, job, new_log, preferred, source, who};

/// Two jobs that are learned from.
fn jobs() -> [JobId; 2] {
    let ids = (0..).map(|number| job(&format!("job {number}")));
    let mut learned = ids.filter(|id| !id.is_held_out());
    [learned.next().unwrap(), learned.next().unwrap()]
}

fn positives(said: Vec<EventKind>) -> Vec<Positive> {
    let (_folder, log) = new_log();
    let numbered = said.into_iter().enumerate();
    let events: Vec<Event> = numbered
        .map(|(n, kind)| event(&format!("e{n}"), kind).with_source(source("ann")))
        .collect();
    log.append(&events).unwrap();
    log.positives().unwrap()
}

/// Candidate, weight and who was wanted less.
fn told(positive: &Positive) -> (&str, f64, Vec<&str>) {
    let less = positive.less.iter().map(|id| id.as_str()).collect();
    (positive.candidate.as_str(), positive.weight, less)
}

fn shown(ranking: &RankingId, job: &JobId, ids: &[&str]) -> EventKind {
    let places = ids.iter().zip(1..);
    let places = places.map(|(id, position)| Shown::new(who(id), position));
    let shown = Impression::new(ranking.clone(), job.clone(), "model", places.collect());
    EventKind::Impression(shown.unwrap())
}

#[test]
fn grades_weigh_by_their_gain_and_the_lowest_are_wanted_less() {
    let [one, two] = jobs();
    let all = positives(vec![
        graded(one.as_str(), "a", 2),
        graded(one.as_str(), "b", 1),
        graded(one.as_str(), "c", 0),
        graded(two.as_str(), "a", 0),
    ]);
    assert!(all.iter().all(|positive| positive.job == one));
    let expected = [("a", 1.0, vec!["c"]), ("b", 1.0 / 3.0, vec!["c"])];
    assert_eq!(all.iter().map(told).collect::<Vec<_>>(), expected);
}

#[test]
fn preferences_name_who_is_less_even_if_they_are_wanted() {
    let [one, _] = jobs();
    let all = positives(vec![
        preferred(one.as_str(), "a", "b"),
        preferred(one.as_str(), "b", "c"),
        EventKind::Preference(
            Preference::new(one.clone(), who("c"), who("d"), Outcome::Tie).unwrap(),
        ),
    ]);
    let expected = [("a", 1.0, vec!["b"]), ("b", 1.0, vec!["c"])];
    assert_eq!(all.iter().map(told).collect::<Vec<_>>(), expected);
}

#[test]
fn jobs_that_are_held_out_teach_nothing() {
    let held = (0..).map(|number| job(&format!("job {number}")));
    let held = held.into_iter().find(JobId::is_held_out).unwrap();
    assert_eq!(positives(vec![preferred(held.as_str(), "a", "b")]), []);
}

/// Everyone reads down to the first click: who stands below is rarely seen, so a click there says
/// more, and only those above a click were passed over.
#[test]
fn clicks_weigh_by_how_rarely_their_place_is_examined() {
    let ids = (0..).map(|number| job(&format!("job {number}")));
    let jobs: Vec<JobId> = ids.filter(|id| !id.is_held_out()).take(60).collect();
    let mut said = Vec::new();
    for (number, job) in jobs.iter().enumerate() {
        for (time, place) in [0, 0, 1, 2].into_iter().enumerate() {
            let ranking = RankingId::new(format!("r{number} {time}")).unwrap();
            let mut ids = ["a", "b", "c", "d"];
            ids.rotate_left(time);
            said.push(shown(&ranking, job, &ids));
            said.push(EventKind::Click(Action::new(ranking, who(ids[place]))));
        }
    }
    // In the first job, somebody graded one of the clicked ones 0.
    said.push(graded(jobs[0].as_str(), "a", 0));
    let all = positives(said);
    let of = |job: &JobId| {
        all.iter()
            .filter(|p| p.job == *job)
            .map(told)
            .collect::<Vec<_>>()
    };
    let first = of(&jobs[0]);
    assert!(
        first
            .iter()
            .all(|(id, _, less)| *id != "a" && less.contains(&"a"))
    );
    let second = of(&jobs[1]);
    let weight = |id| {
        second
            .iter()
            .find(|(other, ..)| *other == id)
            .map(|(_, w, _)| *w)
    };
    // "a" was clicked once at the first place, "d" once at the second.
    assert_eq!(weight("a"), Some(0.2 / 4.0));
    assert!(weight("d") > weight("a"), "{second:?}");
    assert!(
        second
            .iter()
            .all(|(_, weight, _)| *weight > 0.0 && *weight <= 10.0)
    );
}
