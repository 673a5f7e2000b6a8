//! Laws that hold for all rankings, judgments and differences.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use ranker_eval::{Metric, Options, Qrels, Resampling, Run, Ties, evaluate, holm, sign_flip_test};

use crate::naive;

type Grades = BTreeMap<String, i32>;
type Ranking = Vec<(String, f64)>;

fn metrics() -> Vec<Metric> {
    let names = [
        "mrr",
        "ndcg",
        "ndcg_exp",
        "map",
        "recall",
        "precision",
        "success",
    ];
    let cut = |name| ["", "@1", "@2", "@5"].map(|k| format!("{name}{k}").parse().unwrap());
    names.into_iter().flat_map(cut).collect()
}

fn document() -> impl Strategy<Value = String> {
    (0..12_u32).prop_map(|number| format!("d{number}"))
}

fn grades() -> impl Strategy<Value = Grades> {
    btree_map(document(), -1..4_i32, 1..10)
}

/// Documents in random order with scores of which many are equal.
fn ranking() -> impl Strategy<Value = Ranking> {
    let scored = btree_map(
        document(),
        (0..4_i32).prop_map(|level| f64::from(level) / 3.0),
        0..9,
    );
    scored
        .prop_map(|scored| scored.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
}

/// The values of one query in all metrics.
fn values(grades: &Grades, ranking: &Ranking, ties: Ties) -> Vec<Option<f64>> {
    let mut qrels = Qrels::new();
    for (document, grade) in grades {
        qrels.insert("q", document, *grade).unwrap();
    }
    let mut run = Run::new("run");
    run.insert("q", ranking.iter().cloned()).unwrap();
    let metrics = metrics();
    let evaluation = evaluate(&qrels, &run, &metrics, &Options::new().with_ties(ties));
    metrics
        .iter()
        .map(|metric| evaluation.mean(*metric))
        .collect()
}

fn naive_values(grades: &Grades, documents: &[&str]) -> Vec<Option<f64>> {
    let value = |metric: &Metric| naive::value(*metric, documents, grades);
    metrics().iter().map(value).collect()
}

fn same(found: &[Option<f64>], expected: &[Option<f64>]) -> Result<(), TestCaseError> {
    for ((found, expected), metric) in found.iter().zip(expected).zip(metrics()) {
        let close = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
            _ => found == expected,
        };
        prop_assert!(close, "{metric}: {found:?} instead of {expected:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn values_follow_the_definitions(grades in grades(), mut ranking in ranking()) {
        let given: Vec<_> = ranking.iter().map(|(id, _)| id.as_str()).collect();
        same(&values(&grades, &ranking, Ties::AsGiven), &naive_values(&grades, &given))?;
        let by_rule = values(&grades, &ranking, Ties::DocumentIdDescending);
        ranking.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| b.0.cmp(&a.0)));
        let sorted: Vec<_> = ranking.iter().map(|(id, _)| id.as_str()).collect();
        same(&by_rule, &naive_values(&grades, &sorted))?;
    }

    #[test]
    fn the_expectation_is_the_mean_over_all_orders(
        grades in grades(),
        mut ranking in ranking(),
        size in 1..6_usize,
    ) {
        // One group of ties in the middle, strict scores around it.
        for (place, (_, score)) in ranking.iter_mut().enumerate() {
            *score = if (1..=size).contains(&place) { -1.0 } else { -(place as f64) };
        }
        let ids: Vec<_> = ranking.iter().map(|(id, _)| id.as_str()).collect();
        let tied = 1.min(ids.len())..(size + 1).min(ids.len());
        let orders = naive::permutations(&ids[tied.clone()]);
        let mut sums = vec![Some(0.0); metrics().len()];
        for order in &orders {
            let documents = [&ids[..tied.start], order, &ids[tied.end..]].concat();
            for (sum, value) in sums.iter_mut().zip(naive_values(&grades, &documents)) {
                *sum = sum.zip(value).map(|(sum, value)| sum + value / orders.len() as f64);
            }
        }
        same(&values(&grades, &ranking, Ties::Expected), &sums)?;
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        grades in grades(),
        (ranking, shuffled) in ranking().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
    ) {
        for ties in [Ties::DocumentIdDescending, Ties::Expected] {
            same(&values(&grades, &ranking, ties), &values(&grades, &shuffled, ties))?;
        }
    }

    #[test]
    fn values_lie_between_zero_and_one(grades in grades(), ranking in ranking()) {
        for ties in [Ties::DocumentIdDescending, Ties::AsGiven, Ties::Expected] {
            for value in values(&grades, &ranking, ties).into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&value), "{value}");
            }
        }
    }

    #[test]
    fn the_perfect_ranking_has_an_ndcg_of_one(grades in grades()) {
        let perfect: Ranking = grades.iter().map(|(id, grade)| (id.clone(), f64::from(*grade))).collect();
        for ties in [Ties::DocumentIdDescending, Ties::Expected] {
            for (value, metric) in values(&grades, &perfect, ties).into_iter().zip(metrics()) {
                if let (Metric::Ndcg(_) | Metric::NdcgExp(_), Some(value)) = (metric, value) {
                    prop_assert!((value - 1.0).abs() < 1e-12, "{metric}: {value}");
                }
            }
        }
    }

    #[test]
    fn run_files_round_trip(
        queries in btree_map("[a-zäß0-9]{1,4}", btree_map("[!-~]{1,6}", any::<f64>(), 1..5), 0..5),
    ) {
        let mut run = Run::new("tag");
        for (query, scored) in queries {
            let finite = scored.into_iter().filter(|(_, score)| score.is_finite());
            let ranking: Vec<_> = finite.collect();
            if !ranking.is_empty() {
                run.insert(query, ranking).unwrap();
            }
        }
        let mut file = Vec::new();
        run.write_trec(&mut file).unwrap();
        let again = Run::from_trec(&file[..], "run").unwrap();
        prop_assert!(again.iter().eq(run.iter()));
        prop_assert_eq!(again.tag(), if run.is_empty() { "" } else { "tag" });
    }

    #[test]
    fn no_file_makes_a_reader_panic(bytes in vec(any::<u8>(), 0..200), text in "[\\t\\n {}\":_a-d0-9.]{0,80}") {
        for file in [&bytes[..], text.as_bytes()] {
            let _ = Run::from_trec(file, "f");
            let _ = Qrels::from_trec(file, "f");
            let _ = Qrels::from_beir(file, "f");
            let _ = ranker_eval::Documents::from_reader(file, "f").count();
        }
    }

    #[test]
    fn the_p_value_counts_all_sign_patterns(tenths in vec(-5..=5_i32, 1..10)) {
        let observed = tenths.iter().sum::<i32>().abs();
        let patterns = 1_u32 << tenths.len();
        let extreme = (0..patterns).filter(|pattern| {
            let signed = tenths.iter().enumerate().map(|(i, d)| if pattern >> i & 1 == 1 { *d } else { -d });
            signed.sum::<i32>().abs() >= observed
        });
        let expected = extreme.count() as f64 / f64::from(patterns);
        let differences: Vec<_> = tenths.iter().map(|d| f64::from(*d) / 10.0).collect();
        let test = sign_flip_test(&differences, &Resampling::new()).unwrap();
        prop_assert_eq!(test.p_value, expected);
    }

    #[test]
    fn holm_keeps_the_order_and_lies_under_bonferroni(thousandths in vec(0_u16..=1000, 1..12)) {
        let p_values: Vec<f64> = thousandths.iter().map(|&p| f64::from(p) / 1000.0).collect();
        let corrected = holm(&p_values);
        for (i, a) in p_values.iter().enumerate() {
            prop_assert!(corrected[i] >= *a);
            prop_assert!(corrected[i] <= (a * p_values.len() as f64).min(1.0));
            for (j, b) in p_values.iter().enumerate() {
                prop_assert!(a > b || corrected[i] <= corrected[j]);
            }
        }
    }
}
