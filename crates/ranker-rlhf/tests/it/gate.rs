//! Nothing is served that is not better.

use std::sync::Arc;

use expect_test::expect;
use ranker_core::{Direction, FeatureMatrix, Scorer};
use ranker_rlhf::gate::{Evidence, Gate, GroupedList, NotPermitted, Reason, Verdict};
use ranker_rlhf::off_policy::{LoggedList, ShownRow, Target};
use ranker_rlhf::{JudgedList, LearnError};
use ranker_score::{LinearScorer, Models, ModelsError};

use crate::simulated::{SERVING, World};

const BETTER: [f64; 3] = [1.0, 0.3, 0.1];
const WORSE: [f64; 3] = [-0.3, 0.3, 0.1];

fn judge(
    gate: Gate,
    (candidate, serving): (&LinearScorer, &LinearScorer),
    evidence: &Evidence<'_>,
) -> Verdict {
    let policy = World::policy();
    let [candidate, serving] =
        [candidate, serving].map(|scorer| Target::new(scorer as &dyn Scorer, &policy));
    gate.judge(&candidate, &serving, evidence)
}

#[test]
fn a_better_model_passes_and_a_worse_one_is_told_why() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let (logged, judged) = (world.log(&serving, 3_000, 1), world.judged());
    let evidence = Evidence::new(&logged).with_held_out(&judged);
    let better = judge(Gate::new(), (&world.scorer(&BETTER), &serving), &evidence);
    assert!(better.promoted, "{better}");
    assert!(better.numbers.kl.unwrap() > 0.0 && better.numbers.ndcg.unwrap().0 > 0.0);

    let worse = judge(Gate::new(), (&world.scorer(&WORSE), &serving), &evidence);
    assert!(!worse.promoted);
    assert!(
        matches!(worse.reasons[0], Reason::NotBetter { value, .. } if value < 0.0),
        "{worse}"
    );
    assert!(
        worse
            .reasons
            .iter()
            .any(|r| matches!(r, Reason::NdcgFalls { .. })),
        "{worse}"
    );
}

#[test]
fn the_same_model_and_missing_evidence_are_reasons() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let verdict = judge(Gate::new(), (&serving, &serving), &Evidence::default());
    let reasons: Vec<String> = verdict.reasons.iter().map(ToString::to_string).collect();
    expect![[r#"
        it is the model that is served already
        no job is held out: it was not judged on a job that it has not seen
        its value cannot be told from the log: there are 0 logged lists or jobs: an interval needs 10 at least
        there are 0 held-out lists with a relevant candidate, but 10 are needed to say that nDCG does not fall"#]]
    .assert_eq(&reasons.join("\n"));
}

#[test]
fn a_far_model_is_refused_by_its_distance() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let (logged, judged) = (world.log(&serving, 3_000, 1), world.judged());
    let evidence = Evidence::new(&logged).with_held_out(&judged);
    let gate = Gate::new().with_kl_cap(0.01);
    let verdict = judge(gate, (&world.scorer(&BETTER), &serving), &evidence);
    assert!(
        matches!(verdict.reasons[..], [Reason::TooFar { cap: 0.01, .. }]),
        "{verdict}"
    );
}

#[test]
fn no_single_source_decides() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let candidate = world.scorer(&BETTER);
    // Nobody clicks but one person, who clicks what the candidate thinks best.
    let logged = world
        .log(&serving, 2_000, 1)
        .into_iter()
        .enumerate()
        .map(|(at, list)| {
            let fan = at % 4 == 0;
            let scores = candidate.score(list.features()).unwrap();
            let best = (0..scores.len()).max_by_key(|&row| scores[row]);
            let click = |s: &ShownRow| {
                let clicks = fan && Some(s.row) == best && s.row == list.shown()[0].row;
                ShownRow::new(s.row, s.propensity, if clicks { 1.0 } else { 0.0 })
            };
            let shown = list.shown().iter().map(click).collect();
            let source = if fan {
                "fan".to_owned()
            } else {
                format!("person {}", at % 50)
            };
            let list = LoggedList::new(list.job().to_owned(), list.features().clone(), shown);
            list.unwrap().with_source(source)
        });
    let logged: Vec<LoggedList> = logged.collect();
    let judged = world.judged();
    let evidence = Evidence::new(&logged).with_held_out(&judged);
    let verdict = judge(Gate::new(), (&candidate, &serving), &evidence);
    assert!(
        matches!(&verdict.reasons[..], [Reason::OneSource { source, .. }] if &**source == "fan"),
        "{verdict}"
    );
}

#[test]
fn a_group_that_loses_is_a_reason() {
    let world = World::new(3);
    let serving = world.scorer(&[0.0, 0.0, 0.0]);
    let candidate = world.scorer(&BETTER);
    // The group of those with little of the first feature, which the candidate rewards.
    let grouped = world.jobs.iter().map(|job| {
        let group = |row: &[f32]| Some(Arc::from(if row[0] < 0.0 { "low" } else { "high" }));
        GroupedList::new(job.clone(), job.rows().map(group).collect()).unwrap()
    });
    let grouped: Vec<GroupedList> = grouped.collect();
    let (logged, judged) = (world.log(&serving, 3_000, 1), world.judged());
    let evidence = Evidence::new(&logged)
        .with_held_out(&judged)
        .with_groups(&grouped);
    let gate = Gate::new().with_positions(1);
    let verdict = judge(gate, (&candidate, &serving), &evidence);
    let impact = verdict
        .reasons
        .iter()
        .find(|r| matches!(r, Reason::Impact { .. }));
    assert!(
        matches!(impact, Some(Reason::Impact { group, .. }) if &**group == "low"),
        "{verdict}"
    );
    // Unknown groups alone, and groups of few, are no reason.
    let unknown = vec![GroupedList::new(world.jobs[0].clone(), vec![None; 4]).unwrap()];
    let evidence = Evidence::new(&logged)
        .with_held_out(&judged)
        .with_groups(&unknown);
    assert!(
        judge(gate, (&candidate, &serving), &evidence)
            .numbers
            .impact
            .is_empty()
    );
    let short = GroupedList::new(world.jobs[0].clone(), vec![None]);
    assert_eq!(short, Err(LearnError::GroupCount { rows: 4, groups: 1 }));
}

#[test]
fn other_features_are_a_reason_and_never_served() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let other = crate::support::schema(&[Direction::Any]);
    let other = LinearScorer::new(other, vec![1.0]).unwrap();
    let logged = world.log(&serving, 300, 1);
    let verdict = judge(Gate::new(), (&other, &serving), &Evidence::new(&logged));
    assert!(
        verdict
            .reasons
            .iter()
            .any(|r| matches!(r, Reason::NotScored(_))),
        "{verdict}"
    );
    assert!(!verdict.promoted);
}

#[test]
fn models_are_swapped_and_rolled_back_under_load() {
    let world = World::new(3);
    let serving = world.scorer(&SERVING);
    let better = world.scorer(&BETTER);
    let (logged, judged) = (world.log(&serving, 3_000, 1), world.judged());
    let evidence = Evidence::new(&logged).with_held_out(&judged);
    let verdict = judge(Gate::new(), (&better, &serving), &evidence);
    let models = Models::new(serving.clone());
    assert!(matches!(
        models.rollback(),
        Err(ModelsError::NoEarlier { .. })
    ));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let model = models.serving();
                    let scores = model.score(&world.jobs[0]).unwrap();
                    assert_eq!(scores, model.score(&world.jobs[0]).unwrap());
                }
            });
        }
        for _ in 0..50 {
            verdict.permits(&better).unwrap();
            models.replace(&verdict.serving, better.clone()).unwrap();
            assert_eq!(models.rollback().unwrap().model_id(), better.model_id());
        }
    });
    assert_eq!(models.history(), [serving.model_id()]);
    assert!(models.get(better.model_id()).is_some());
    assert!(models.get("nobody").is_none());
    // A verdict holds for the two models that it is about.
    let worse = world.scorer(&WORSE);
    let other = verdict.permits(&worse);
    assert!(matches!(other, Err(NotPermitted::OtherModel { .. })));
    models.serve(better.clone()).unwrap();
    let stale = models.replace(&verdict.serving, better);
    assert!(matches!(stale, Err(ModelsError::Replaced { .. })));
    let verdict = judge(Gate::new(), (&worse, &serving), &evidence);
    let refused = verdict.permits(&worse);
    assert!(matches!(refused, Err(NotPermitted::Refused { .. })));
}

#[test]
fn preferences_on_a_job_count_once_however_many_they_are() {
    let world = World::new(3);
    let (serving, better) = (world.scorer(&SERVING), world.scorer(&BETTER));
    // Of each list the best candidate against each other one.
    let judged = world.judged();
    let pairs_of = |lists: &[JudgedList], copies: usize| {
        let pairs = (0..lists.len()).flat_map(|at| {
            let (list, name) = (&lists[at], format!("job {at}"));
            let best = (0..list.gains().len())
                .max_by(|&a, &b| list.gains()[a].total_cmp(&list.gains()[b]));
            let best = best.unwrap();
            let others =
                (0..list.gains().len()).filter(move |&row| list.gains()[row] < list.gains()[best]);
            others.cycle().take(copies).map(move |other| {
                let rows = [best, other].map(|row| list.features().row(row).unwrap().to_vec());
                let rows = FeatureMatrix::new(list.features().schema().clone(), rows.concat());
                JudgedList::new(name.clone(), rows.unwrap(), vec![1.0, 0.0]).unwrap()
            })
        });
        pairs.collect::<Vec<_>>()
    };
    let gate = Gate::by_judgments();
    let few = pairs_of(&judged[..3], 200);
    assert!(few.len() > 100);
    let verdict = judge(
        gate,
        (&better, &serving),
        &Evidence::default().with_pairs(&few),
    );
    assert!(
        matches!(
            verdict.reasons[..],
            [Reason::NoHeldOut {
                lists: 3,
                least: 10
            }]
        ),
        "{verdict}"
    );
    let many = pairs_of(&judged, 3);
    let evidence = Evidence::default().with_pairs(&many);
    let verdict = judge(gate, (&better, &serving), &evidence);
    assert!(verdict.promoted, "{verdict}");
    let verdict = judge(gate, (&world.scorer(&WORSE), &serving), &evidence);
    assert!(!verdict.promoted, "{verdict}");
    // All from one source that nobody answers for.
    let named: Vec<JudgedList> = many
        .into_iter()
        .map(|pair| pair.with_source("ann"))
        .collect();
    let verdict = judge(
        gate,
        (&better, &serving),
        &Evidence::default().with_pairs(&named),
    );
    assert!(
        matches!(verdict.reasons[0], Reason::SourceAlone { .. }),
        "{verdict}"
    );
}
