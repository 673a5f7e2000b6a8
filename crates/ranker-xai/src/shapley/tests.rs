//! The laws that define Shapley values, and the slow way to compute them.

use std::sync::Arc;

use proptest::prelude::*;
use ranker_core::{
    Contributions, FeatureMatrix, FeatureSchema, FeatureSpec, Score, ScoreError, Scorer,
};

use super::{Baseline, Shapley};

pub(super) fn schema(columns: usize) -> Arc<FeatureSchema> {
    let spec = |i: usize| FeatureSpec::new(format!("f{i}"), "a number", -10.0..=10.0);
    Arc::new(FeatureSchema::new((0..columns).map(spec).collect()).unwrap())
}

struct Model<F> {
    schema: Arc<FeatureSchema>,
    score: F,
}

impl<F: Fn(&[f32]) -> f64 + Send + Sync> Scorer for Model<F> {
    fn model_id(&self) -> &str {
        "model"
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        ScoreError::check_schema(&self.schema, features.schema())?;
        let score = |row| Score::new((self.score)(row)).expect("finite");
        Ok(features.rows().map(score).collect())
    }
}

fn model<F: Fn(&[f32]) -> f64 + Send + Sync>(columns: usize, score: F) -> Model<F> {
    Model {
        schema: schema(columns),
        score,
    }
}

fn split(shapley: &Shapley, scorer: &dyn Scorer, row: &[f32]) -> Contributions {
    let rows = FeatureMatrix::new(scorer.schema().clone(), row.to_vec()).unwrap();
    shapley.contributions(scorer, &rows).unwrap().remove(0)
}

fn exact() -> Shapley {
    Shapley::new(Baseline::Absent)
}

fn sampled(pairs: usize) -> Shapley {
    exact().with_exact_up_to(0).with_pairs(pairs)
}

/// A model without any structure: what each set is worth is drawn from a table.
fn lawless(worths: &[f64]) -> impl Fn(&[f32]) -> f64 + Send + Sync + Clone + use<'_> {
    |row| {
        let set = row
            .iter()
            .enumerate()
            .map(|(i, &x)| usize::from(x != 0.0) << i);
        worths[set.sum::<usize>()]
    }
}

/// The definition: the average over all orders, one by one.
fn oracle(score: &dyn Fn(&[f32]) -> f64, row: &[f32]) -> Vec<f64> {
    let mut orders = vec![vec![]];
    for player in 0..row.len() {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=order.len()).map(|at| {
                    let mut longer = order.clone();
                    longer.insert(at, player);
                    longer
                })
            })
            .collect();
    }
    let mut parts = vec![0.0; row.len()];
    for order in &orders {
        let mut joined = vec![0.0; row.len()];
        for &player in order {
            let before = score(&joined);
            joined[player] = row[player];
            parts[player] += (score(&joined) - before) / orders.len() as f64;
        }
    }
    parts
}

fn gap(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max)
}

/// Numbers up to `most` hundredths from 0, drawn as integers.
fn hundredths(most: i32) -> impl Strategy<Value = f64> {
    (-most..=most).prop_map(|n| f64::from(n) / 100.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exact_values_are_the_average_over_all_orders(
        players in 1_usize..6,
        worths in prop::collection::vec(hundredths(900), 32),
    ) {
        let score = lawless(&worths);
        let row = vec![1.0; players];
        let found = split(&exact(), &model(players, score.clone()), &row);
        prop_assert_eq!(found.base, worths[0]);
        prop_assert!(gap(&found.parts, &oracle(&score, &row)) < 1e-12);
    }

    #[test]
    fn parts_sum_to_the_score(
        row in prop::collection::vec(-2_i8..3, 6),
        worths in prop::collection::vec(hundredths(100_000), 64),
        seed: u64,
    ) {
        let model = model(6, lawless(&worths));
        let row: Vec<f32> = row.into_iter().map(f32::from).collect();
        for shapley in [exact(), sampled(1).with_seed(seed), sampled(5).with_seed(seed)] {
            let Contributions { base, parts, .. } = split(&shapley, &model, &row);
            let score = (model.score)(&row);
            prop_assert!((base + parts.iter().sum::<f64>() - score).abs() < 1e-9);
        }
    }

    #[test]
    fn the_parts_of_a_sum_are_the_sums_of_the_parts(
        ours in prop::collection::vec(hundredths(900), 32),
        theirs in prop::collection::vec(hundredths(900), 32),
        scale in hundredths(300),
    ) {
        let (a, b) = (lawless(&ours), lawless(&theirs));
        let both = model(5, |row: &[f32]| a(row) + scale * b(row));
        let (ours, theirs) = (model(5, a.clone()), model(5, b.clone()));
        for shapley in [exact(), sampled(3)] {
            let parts = |model: &dyn Scorer| split(&shapley, model, &[1.0; 5]).parts;
            let (ours, theirs) = (parts(&ours), parts(&theirs));
            let sums: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a + scale * b).collect();
            prop_assert!(gap(&parts(&both), &sums) < 1e-9);
        }
    }

    #[test]
    fn one_pair_of_orders_is_exact_where_features_interact_in_pairs(
        row in prop::collection::vec((-300_i16..=300).prop_map(|x| f32::from(x) / 100.0), 12),
        seed: u64,
    ) {
        let score = |row: &[f32]| {
            let x: Vec<f64> = row.iter().map(|&x| x.into()).collect();
            let pairs = x.windows(2).map(|pair| (pair[0] * pair[1]).tanh());
            pairs.sum::<f64>() + x.iter().map(|x| x.exp()).sum::<f64>()
        };
        let model = model(12, score);
        let exact = split(&exact().with_exact_up_to(12), &model, &row);
        let sampled = split(&sampled(1).with_seed(seed), &model, &row);
        prop_assert!(gap(&exact.parts, &sampled.parts) < 1e-9);
    }
}

#[test]
fn equal_features_have_equal_parts_and_idle_ones_none() {
    let score = |row: &[f32]| f64::from(row[0] * row[1] * row[2].powi(2) + row[0] + row[1]);
    let row = [2.0, 2.0, 3.0, 4.0, 0.0];
    let parts = split(&exact(), &model(5, score), &row).parts;
    assert!((parts[0] - parts[1]).abs() < 1e-12, "symmetry: {parts:?}");
    assert_eq!(parts[3..], [0.0, 0.0], "whoever adds nothing has no part");
    let parts = split(&sampled(4), &model(5, score), &row).parts;
    assert_eq!(parts[3..], [0.0, 0.0]);
}

#[test]
fn sampling_converges_to_the_exact_values() {
    let score = |row: &[f32]| {
        let x: Vec<f64> = row.iter().map(|&x| x.into()).collect();
        x.chunks(4).map(|c| c.iter().product::<f64>()).sum::<f64>() + x[0].max(x[11]).powi(3)
    };
    let model = model(12, score);
    let row: Vec<f32> = (1..=12).map(|i| 0.3 + 0.1 * i as f32).collect();
    let exact = split(&exact().with_exact_up_to(12), &model, &row).parts;
    let error = |pairs| {
        let errors = (0..20).map(|seed| {
            let found = split(&sampled(pairs).with_seed(seed), &model, &row).parts;
            gap(&exact, &found)
        });
        errors.sum::<f64>() / 20.0
    };
    let (few, many) = (error(4), error(256));
    // 64 times the orders: an eighth of the error, with room for chance.
    assert!(many < few / 5.0, "{few} with 4 pairs, {many} with 256");
    let largest = exact.iter().copied().fold(0.0, f64::max);
    assert!(many < 0.05 * largest, "{many} of {largest}");
}

#[test]
fn a_candidate_is_explained_alike_wherever_it_stands() {
    let model = model(14, |row: &[f32]| f64::from(row.iter().sum::<f32>()).sin());
    let rows: Vec<f32> = (0..42).map(|i| (i * i % 11) as f32).collect();
    let all = FeatureMatrix::new(model.schema.clone(), rows).unwrap();
    let reference = Baseline::MedianOf(all.clone());
    let shapley = Shapley::new(reference);
    let together = shapley.contributions(&model, &all).unwrap();
    for (row, together) in all.rows().zip(together) {
        assert_eq!(split(&shapley, &model, row), together);
    }
}

#[test]
fn other_features_and_short_answers_are_errors() {
    struct Silent(Arc<FeatureSchema>);
    impl Scorer for Silent {
        fn model_id(&self) -> &str {
            "silent"
        }
        fn schema(&self) -> &Arc<FeatureSchema> {
            &self.0
        }
        fn score(&self, _: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
            Ok(vec![])
        }
    }
    let rows = FeatureMatrix::new(schema(2), vec![1.0, 2.0]).unwrap();
    let refused = exact().contributions(&Silent(schema(3)), &rows);
    assert!(
        matches!(refused, Err(ScoreError::Schema { .. })),
        "{refused:?}"
    );
    let foreign = Shapley::new(Baseline::MedianOf(rows.clone()));
    let three = FeatureMatrix::new(schema(3), vec![1.0; 3]).unwrap();
    let refused = foreign.contributions(&Silent(schema(3)), &three);
    assert!(
        matches!(refused, Err(ScoreError::Schema { .. })),
        "{refused:?}"
    );
    let short = exact().contributions(&Silent(schema(2)), &rows);
    assert!(
        matches!(short, Err(ScoreError::Output { row: 0, .. })),
        "{short:?}"
    );
}
