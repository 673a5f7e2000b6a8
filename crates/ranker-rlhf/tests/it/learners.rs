//! What holds for every learner from judged lists.

use std::fs;
use std::sync::Arc;

use ranker_core::{Direction, FeatureMatrix, FeatureSchema, conformance};
use ranker_rlhf::{
    Best, Blend, BradleyTerry, DefaultLearner, Dpo, Examples, JudgedList, LearnError, Learner,
    Mart, Mlp, Objective, PairwiseLinear, PolicyGradient, Ridge, Scorer,
};
use ranker_score::{LinearScorer, Model};

use crate::support::{Random, schema, told};

const DIRECTIONS: [Direction; 4] = [
    Direction::Any,
    Direction::Increasing,
    Direction::Decreasing,
    Direction::Any,
];

fn boosted(objective: Objective) -> Mart {
    let mart = Mart::new().with_objective(objective).with_trees(30, 0.2);
    mart.with_shares(0.7, 0.8).with_least_rows(2)
}

fn learners() -> Vec<(&'static str, Arc<dyn Learner>)> {
    let blended: [Arc<dyn Learner>; 2] = [
        Arc::new(boosted(Objective::Regression)),
        Arc::new(PairwiseLinear::new().with_penalty(1.0)),
    ];
    vec![
        (
            "lambdarank",
            Arc::new(boosted(Objective::LambdaRank { truncation: 10 })),
        ),
        (
            "pairwise",
            Arc::new(boosted(Objective::Pairwise { truncation: 10 })),
        ),
        ("regression", Arc::new(boosted(Objective::Regression))),
        ("linear", Arc::new(PairwiseLinear::new().with_penalty(1.0))),
        ("ridge", Arc::new(Ridge::new().with_penalty(1.0))),
        (
            "mlp",
            Arc::new(
                Mlp::new()
                    .with_units(3)
                    .with_penalty(1.0)
                    .with_iterations(60),
            ),
        ),
        ("bradley-terry", Arc::new(BradleyTerry::new())),
        ("best", Arc::new(Best::of(Ridge::grid()))),
        ("blend", Arc::new(Blend::of(blended))),
    ]
}

/// Lists whose gains follow features 0 (bent), 1 (up) and, weakly, 2 (down), with noise.
fn lists(seed: u64, count: usize) -> Vec<JudgedList> {
    let mut random = Random(seed);
    let schema = schema(&DIRECTIONS);
    (0..count)
        .map(|job| {
            let rows = 4 + job % 5;
            let values: Vec<f32> = (0..rows * 4)
                .map(|_| random.within(-2.0..2.0) as f32)
                .collect();
            let gain = |row: &[f32]| {
                let worth = f64::from(row[1] - row[0].abs() - 0.3 * row[2]);
                (worth + random.within(0.0..1.0)).clamp(0.0, 3.0).floor()
            };
            let gains = values.chunks(4).map(gain).collect();
            let features = FeatureMatrix::new(schema.clone(), values.clone()).unwrap();
            JudgedList::new(format!("job {job:03}"), features, gains).unwrap()
        })
        .collect()
}

fn scores(model: &Model, features: &FeatureMatrix) -> Vec<f64> {
    let scores = model.score(features).unwrap();
    scores.into_iter().map(|score| score.get()).collect()
}

/// The share of pairs of different gain that the model orders rightly.
fn accuracy(model: &Model, lists: &[JudgedList]) -> f64 {
    let (mut right, mut all) = (0, 0);
    for list in lists {
        let scores = scores(model, list.features());
        for (a, b) in (0..scores.len()).flat_map(|a| (0..a).map(move |b| (a, b))) {
            let gap = list.gains()[a] - list.gains()[b];
            all += usize::from(gap != 0.0);
            right += usize::from(gap * (scores[a] - scores[b]) > 0.0);
        }
    }
    f64::from(right as u32) / f64::from(all as u32)
}

/// The bytes of the model's file.
fn bytes(model: &Model) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.json");
    model.save(&path).unwrap();
    fs::read(path).unwrap()
}

/// The same lists with other rows first; values and all.
fn shuffled(lists: &[JudgedList], seed: u64) -> Vec<JudgedList> {
    let mut random = Random(seed);
    let mut order = |length: usize| {
        let mut order: Vec<usize> = (0..length).collect();
        order.sort_by_cached_key(|_| random.bits());
        order
    };
    let places = order(lists.len());
    let shuffle = |at: usize| {
        let list = &lists[at];
        let rows = order(list.gains().len());
        let values = rows
            .iter()
            .flat_map(|&row| list.features().row(row).unwrap().to_vec());
        let features = FeatureMatrix::new(list.features().schema().clone(), values.collect());
        let gains = rows.iter().map(|&row| list.gains()[row]).collect();
        let weights = rows.iter().map(|&row| list.weights()[row]).collect();
        let list = JudgedList::new(list.job(), features.unwrap(), gains).unwrap();
        list.with_weights(weights).unwrap()
    };
    places.into_iter().map(shuffle).collect()
}

#[test]
fn each_keeps_the_contract_of_learners() {
    let more: [(&str, Arc<dyn Learner>); 3] = [
        ("default", Arc::new(DefaultLearner::new())),
        ("dpo", Arc::new(Dpo::new())),
        (
            "policy gradient",
            Arc::new(PolicyGradient::new().with_steps(20)),
        ),
    ];
    for (name, learner) in learners().into_iter().chain(more) {
        let kept = ranker_rlhf::conformance::learner(&*learner);
        kept.unwrap_or_else(|violation| panic!("{name}: {violation}"));
    }
}

/// Learners that break a promise each, to test the suite.
enum Fault {
    Forgets,
    TakesAnything,
    CountsWeightless,
}

impl Learner for Fault {
    fn learn(&self, examples: &Examples<'_>) -> Result<Model, LearnError> {
        let lists = examples.lists();
        match self {
            Self::Forgets => Ridge::new().learn(&Examples::of(&lists[..lists.len().min(4)])),
            Self::TakesAnything => {
                let schema = examples
                    .schema()
                    .cloned()
                    .unwrap_or_else(|_| schema(&DIRECTIONS));
                let weights = vec![1.0; schema.len()];
                Ok(LinearScorer::new(schema, weights)?.into())
            }
            Self::CountsWeightless => {
                let plain = |list: &JudgedList| {
                    let gains = list.gains().to_vec();
                    JudgedList::new(list.job(), list.features().clone(), gains)
                };
                let lists: Vec<JudgedList> = lists.iter().map(plain).collect::<Result<_, _>>()?;
                Ridge::new().learn(&Examples::of(&lists))
            }
        }
    }
}

#[test]
fn a_learner_that_breaks_a_promise_is_found_out() {
    let faults = [
        (Fault::Forgets, "any order"),
        (Fault::TakesAnything, "are an error"),
        (Fault::CountsWeightless, "weight 0"),
    ];
    for (fault, promise) in faults {
        let violation = ranker_rlhf::conformance::learner(&fault).unwrap_err();
        assert!(violation.contract().contains(promise), "{violation}");
    }
}

#[test]
fn each_learns_and_keeps_the_contract_of_scorers() {
    let (train, test) = (lists(1, 120), lists(2, 60));
    for (name, learner) in learners() {
        let model = learner.learn(&Examples::of(&train)).unwrap();
        conformance::scorer(&model).unwrap();
        let accuracy = accuracy(&model, &test);
        // A line cannot see that feature 0 is best in the middle.
        let least = if matches!(name, "linear" | "ridge" | "best" | "bradley-terry") {
            0.7
        } else {
            0.78
        };
        assert!(accuracy > least, "{name}: {accuracy}");
    }
}

#[test]
fn the_same_bytes_on_any_threads_in_any_order() {
    let lists = lists(3, 40);
    for (name, learner) in learners() {
        let learn = |threads: usize, lists: &[JudgedList]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.unwrap()
                .install(|| bytes(&learner.learn(&Examples::of(lists)).unwrap()))
        };
        let one = learn(1, &lists);
        assert_eq!(one, learn(2, &lists), "{name}");
        assert_eq!(one, learn(8, &lists), "{name}");
        assert_eq!(one, learn(2, &shuffled(&lists, 9)), "{name}");
    }
}

#[test]
fn a_found_skill_never_lowers_a_score() {
    // What people say contradicts the directions of features 1 and 2.
    let against: Vec<JudgedList> = lists(5, 60)
        .into_iter()
        .map(|list| {
            let gains = list.gains().iter().map(|gain| 3.0 - gain).collect();
            JudgedList::new(list.job(), list.features().clone(), gains).unwrap()
        })
        .collect();
    let mut random = Random(6);
    for (name, learner) in learners() {
        for lists in [&lists(5, 60), &against] {
            let model = learner.learn(&Examples::of(lists)).unwrap();
            for _ in 0..300 {
                let low: Vec<f32> = (0..4).map(|_| random.within(-3.0..3.0) as f32).collect();
                let mut high = low.clone();
                high[1] += random.within(0.0..3.0) as f32;
                high[2] -= random.within(0.0..3.0) as f32;
                let rows = [low, high].concat();
                let features = FeatureMatrix::new(schema(&DIRECTIONS), rows).unwrap();
                let scores = scores(&model, &features);
                assert!(scores[0] <= scores[1] + 1e-12, "{name}: {scores:?}");
            }
        }
    }
}

#[test]
fn rows_of_no_weight_and_empty_lists_change_nothing() {
    let mut random = Random(8);
    let plain = lists(7, 30);
    let mut padded: Vec<JudgedList> = plain
        .iter()
        .map(|list| {
            let mut rows: Vec<f32> = list.features().rows().flatten().copied().collect();
            rows.extend((0..4).map(|_| random.within(-9.0..9.0) as f32));
            let features = FeatureMatrix::new(schema(&DIRECTIONS), rows).unwrap();
            let gains = list.gains().iter().copied().chain([1e6]).collect();
            let weights = list.weights().iter().copied().chain([0.0]).collect();
            let list = JudgedList::new(list.job(), features, gains).unwrap();
            list.with_weights(weights).unwrap()
        })
        .collect();
    let none = FeatureMatrix::new(schema(&DIRECTIONS), vec![]).unwrap();
    padded.push(JudgedList::new("job 000", none, vec![]).unwrap());
    for (name, learner) in learners() {
        let [plain, padded] =
            [&plain, &padded].map(|lists| learner.learn(&Examples::of(lists)).unwrap());
        assert_eq!(plain.model_id(), padded.model_id(), "{name}");
    }
}

#[test]
fn one_list_is_enough() {
    for (name, learner) in learners() {
        let model = learner.learn(&Examples::of(&lists(4, 1))).unwrap();
        conformance::scorer(&model).unwrap();
        assert!(!model.model_id().is_empty(), "{name}");
    }
}

fn of(columns: usize, rows: &[f32], gains: &[f64]) -> JudgedList {
    let schema: Arc<FeatureSchema> = schema(&vec![Direction::Any; columns]);
    let features = FeatureMatrix::new(schema, rows.to_vec()).unwrap();
    JudgedList::new("job", features, gains.to_vec()).unwrap()
}

#[test]
fn what_teaches_nothing_is_refused() {
    let flat = of(1, &[0.0, 1.0, 2.0], &[1.0, 1.0, 1.0]);
    let alone = of(1, &[1.0], &[5.0]);
    let unseen = of(1, &[0.0, 1.0], &[1.0, 0.0])
        .with_weights(vec![0.0; 2])
        .unwrap();
    let constant = of(2, &[0.5; 4], &[1.0, 0.0]);
    let other = of(2, &[0.5, 0.1, 0.2, 0.3], &[1.0, 0.0]);
    let right = of(1, &[0.0, 1.0], &[1.0, 0.0]);
    for (name, learner) in learners() {
        let refused = |lists: &[JudgedList]| learner.learn(&Examples::of(lists)).unwrap_err();
        assert_eq!(refused(&[]), LearnError::NoLists, "{name}");
        assert_eq!(
            refused(std::slice::from_ref(&unseen)),
            LearnError::NoLists,
            "{name}"
        );
        let flat = [flat.clone(), alone.clone()];
        assert_eq!(
            refused(&flat),
            LearnError::NoContrast { lists: 2 },
            "{name}"
        );
        assert_eq!(
            refused(std::slice::from_ref(&constant)),
            LearnError::ConstantFeatures { rows: 2 },
            "{name}"
        );
        let mixed = [right.clone(), other.clone()];
        assert_eq!(
            refused(&mixed),
            LearnError::ListFeatures { list: 1 },
            "{name}"
        );
    }
}

#[test]
fn extreme_numbers_end_in_a_model_or_an_error() {
    let rows = [f32::MAX, f32::MIN, f32::MIN_POSITIVE, 0.0];
    for gain in [1e-300, 1.0, 1e300] {
        for weight in [1e-300, 1e9] {
            let list = of(1, &rows, &[gain, 0.0, -gain, gain / 2.0]);
            let list = list.with_weights(vec![weight, 1.0, weight, 1.0]).unwrap();
            for (name, learner) in learners() {
                match learner.learn(&Examples::of(std::slice::from_ref(&list))) {
                    Ok(model) => assert!(model.schema().len() == 1, "{name}"),
                    Err(error) => assert!(!told(&error).is_empty(), "{name}"),
                }
            }
        }
    }
}

#[test]
fn settings_out_of_range_are_said() {
    let lists = lists(1, 3);
    let said = |learner: &dyn Learner| told(&learner.learn(&Examples::of(&lists)).unwrap_err());
    let all = [
        said(&Mart::new().with_trees(0, 0.1)),
        said(&Mart::new().with_trees(9, f64::NAN)),
        said(&Mart::new().with_size(1, 3)),
        said(&Mart::new().with_size(9, 99)),
        said(&Mart::new().with_bins(1000)),
        said(&Mart::new().with_l2(-1.0)),
        said(&Mart::new().with_objective(Objective::Pairwise { truncation: 0 })),
        said(&Ridge::new().with_penalty(0.0)),
        said(&Mlp::new().with_units(0)),
        said(&Best::of([])),
        said(&Blend::of([])),
    ];
    expect_test::expect![[r#"
        the number of trees must lie in 1..=100000, but is 0
        the learning rate must lie in 1e-6..=1.0, but is NaN
        the number of leaves must lie in 2..=1024, but is 1
        the depth must lie in 1..=32, but is 99
        the number of bins must lie in 2..=256, but is 1000
        the L2 penalty must lie in 0.0..=1000000000.0, but is -1
        the truncation must lie in 1..=18446744073709551615, but is 0
        the penalty must lie in 1e-6..=1000000000.0, but is 0
        the number of hidden units must lie in 1..=1024, but is 0
        there are no learners to choose from: add one
        the number of blended learners must lie in 1..=6, but is 0
    "#]]
    .assert_eq(&all.concat());
}
