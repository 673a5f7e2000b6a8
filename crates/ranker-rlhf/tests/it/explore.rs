//! Policies know the chances of what they show.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ranker_core::Score;
use ranker_rlhf::Impression;
use ranker_rlhf::explore::{ExploreError, ListPolicy};

use crate::support::{job, ranking, who};

fn scores(values: &[f64]) -> Vec<Score> {
    values.iter().map(|&v| Score::new(v).unwrap()).collect()
}

fn policies() -> Vec<ListPolicy> {
    let plackett_luce = ListPolicy::plackett_luce(0.7).unwrap();
    let epsilon = ListPolicy::epsilon(0.3).unwrap();
    vec![
        ListPolicy::greedy(),
        plackett_luce,
        plackett_luce.with_max_fall(1),
        epsilon,
        epsilon.with_max_fall(2),
        ListPolicy::top_k(3),
        ListPolicy::top_k(3).with_max_fall(1),
    ]
}

/// All orders of the first `shown` of `n`.
fn orders(n: usize, shown: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..shown {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            let left = (0..n).filter(|row| !order.contains(row));
            left.map(|row| [&order[..], &[row]].concat())
        });
        orders = longer.collect();
    }
    orders
}

#[test]
fn the_chances_of_all_lists_sum_to_one_and_to_the_marginals() {
    let scores = scores(&[0.1, 1.4, 0.1, -0.8, 0.9]);
    for policy in policies() {
        let marginals = policy.marginals(&scores, 3).unwrap();
        let mut counted = vec![vec![0.0; 5]; 3];
        let mut total = 0.0;
        for order in orders(5, 3) {
            let chance: f64 = policy
                .propensities(&scores, &order)
                .unwrap()
                .iter()
                .product();
            total += chance;
            for (position, &row) in order.iter().enumerate() {
                counted[position][row] += chance;
            }
        }
        assert!((total - 1.0_f64).abs() < 1e-12, "{policy:?}: {total}");
        for (position, chances) in counted.iter().enumerate() {
            for (row, chance) in chances.iter().enumerate() {
                assert!(
                    (chance - marginals.chance(position, row)).abs() < 1e-12,
                    "{policy:?}"
                );
            }
        }
    }
}

#[test]
fn lists_come_as_often_as_stated() {
    let scores = scores(&[0.1, 1.4, 0.1, -0.8]);
    let draws = 20_000;
    for policy in policies() {
        let mut seen: BTreeMap<Vec<usize>, f64> = BTreeMap::new();
        for ranking in 0..draws {
            let drawn = policy.draw(&scores, &ranking.to_string(), 3);
            *seen.entry(drawn.order).or_default() += 1.0;
        }
        // Pearson's chi-square; its mean is the degrees of freedom, its variance twice that.
        let (mut square, mut cells) = (0.0, -1.0);
        for order in orders(4, 3) {
            let chance: f64 = policy
                .propensities(&scores, &order)
                .unwrap()
                .iter()
                .product();
            let count = seen.remove(&order).unwrap_or(0.0);
            let expected = chance * f64::from(draws);
            if expected == 0.0 {
                assert_eq!(count, 0.0, "{policy:?} showed {order:?}");
                continue;
            }
            square += (count - expected).powi(2) / expected;
            cells += 1.0;
        }
        assert!(
            square <= cells + 4.0 * (2.0_f64 * cells).sqrt(),
            "{policy:?}: {square} of {cells}"
        );
    }
}

proptest! {
    #[test]
    fn nobody_falls_farther_than_allowed(
        values in prop::collection::vec(-30..30_i32, 1..25),
        max_fall in 0..6_usize,
        seed in any::<u64>(),
    ) {
        let values: Vec<f64> = values.into_iter().map(|v| f64::from(v) / 10.0).collect();
        let scores = scores(&values);
        let mut best: Vec<usize> = (0..values.len()).collect();
        best.sort_by(|&a, &b| scores[b].cmp(&scores[a]).then(a.cmp(&b)));
        for policy in [
            ListPolicy::plackett_luce(2.0).unwrap(),
            ListPolicy::epsilon(0.5).unwrap(),
            ListPolicy::top_k(10),
        ] {
            let policy = policy.with_max_fall(max_fall).with_seed(seed);
            let drawn = policy.draw(&scores, "r", values.len());
            for (position, row) in drawn.order.iter().enumerate() {
                let place = best.iter().position(|other| other == row).unwrap();
                prop_assert!(position <= place + max_fall);
            }
            prop_assert_eq!(&policy.propensities(&scores, &drawn.order).unwrap(), &drawn.propensities);
            prop_assert!(drawn.propensities.iter().all(|p| *p > 0.0 && *p <= 1.0));
        }
    }
}

#[test]
fn drawn_lists_are_logged_with_their_chances() {
    let policy = ListPolicy::plackett_luce(1.0).unwrap().with_seed(5);
    let drawn = policy.draw(&scores(&[0.2, 0.9, 0.4]), "r", 2);
    let ids = ["ann", "bob", "cy"].map(who);
    let shown = drawn.shown(&ids).unwrap();
    assert_eq!(shown[0].candidate, ids[drawn.order[0]]);
    assert_eq!(shown[1].propensity, Some(drawn.propensities[1]));
    assert!(Impression::new(ranking("r"), job("j"), "m", shown).is_ok());
    let few = drawn.shown(&ids[..2]);
    assert_eq!(
        few,
        Err(ExploreError::Candidates {
            expected: 3,
            actual: 2
        })
    );
}

#[test]
fn bad_policies_and_lists_are_refused() {
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(ListPolicy::plackett_luce(temperature).is_err());
    }
    for epsilon in [-0.1, 1.1, f64::NAN] {
        assert!(ListPolicy::epsilon(epsilon).is_err());
    }
    let policy = ListPolicy::greedy();
    let three = scores(&[0.0, 1.0, 2.0]);
    assert_eq!(
        policy.propensities(&three, &[3]),
        Err(ExploreError::Row { row: 3, rows: 3 })
    );
    assert_eq!(
        policy.propensities(&three, &[1, 1]),
        Err(ExploreError::Twice { row: 1 })
    );
    assert_eq!(policy.propensities(&three, &[0, 2]).unwrap(), [0.0, 0.0]);
    assert!(policy.draw(&[], "r", 5).order.is_empty());
    let many = scores(&vec![0.0; 60]);
    let uniform = ListPolicy::plackett_luce(1.0).unwrap();
    assert!(matches!(
        uniform.marginals(&many, 30),
        Err(ExploreError::TooMany { .. })
    ));
    let far = scores(&[1e300, -1e300]);
    assert!(uniform.propensities(&far, &[1, 0]).unwrap()[0] > 0.0);
}
