//! The comparison table.

use expect_test::{Expect, expect};
use ranker_eval::{
    CompareError, Comparison, EmptyQuery, Evaluation, Metric, Options, Qrels, Resampling, Run,
    Verdict, evaluate,
};

/// A run that puts the relevant document of each of 12 queries at a rank from `ranks`.
fn evaluated(ranks: [usize; 12], metrics: &[&str]) -> Evaluation {
    let mut qrels = Qrels::new();
    let mut run = Run::new("run");
    for (number, rank) in ranks.iter().enumerate() {
        let query = format!("q{number:02}");
        qrels.insert(&query, "relevant", 1).unwrap();
        let documents = (1..=9).map(|place| match place == *rank {
            true => ("relevant".to_owned(), -(place as f64)),
            false => (format!("other{place}"), -(place as f64)),
        });
        run.insert(query, documents).unwrap();
    }
    qrels.insert("q99", "nothing", 0).unwrap();
    let metrics: Vec<Metric> = metrics.iter().map(|name| name.parse().unwrap()).collect();
    evaluate(&qrels, &run, &metrics, &Options::new())
}

const BASELINE: [usize; 12] = [2, 1, 4, 3, 2, 5, 1, 2, 9, 3, 2, 4];
const BETTER: [usize; 12] = [1, 1, 1, 2, 1, 2, 1, 1, 3, 1, 1, 2];
const WORSE: [usize; 12] = [4, 3, 9, 5, 6, 9, 2, 5, 0, 8, 3, 9];
const SIMILAR: [usize; 12] = [2, 2, 3, 3, 1, 5, 1, 2, 9, 4, 2, 5];

fn comparison(metrics: &[&str]) -> Comparison {
    let [baseline, better, worse, similar] =
        [BASELINE, BETTER, WORSE, SIMILAR].map(|ranks| evaluated(ranks, metrics));
    Comparison::against("bm25", &baseline)
        .system("hybrid", &better)
        .system("random|walk", &worse)
        .system("bm25 + synonyms", &similar)
        .resampling(Resampling::new().with_draws(5_000).with_seed(1))
        .build()
        .unwrap()
}

fn check(found: &str, expected: Expect) {
    expected.assert_eq(found);
}

#[test]
fn text() {
    check(
        &comparison(&["mrr@10", "ndcg@10"]).to_string(),
        expect![[r#"
            metric   system             mean  difference       95 % interval  p
            mrr@10   bm25             0.4565
                     hybrid           0.8194     +0.3630  [+0.2287, +0.4977]  0.0078 ▲
                     random|walk      0.2035     -0.2530  [-0.3544, -0.1685]  0.0029 ▼
                     bm25 + synonyms  0.4523     -0.0042  [-0.1292, +0.1181]  1.0000
            ndcg@10  bm25             0.5894
                     hybrid           0.8661     +0.2767  [+0.1761, +0.3762]  0.0078 ▲
                     random|walk      0.3675     -0.2219  [-0.2910, -0.1596]  0.0029 ▼
                     bm25 + synonyms  0.5858     -0.0037  [-0.0942, +0.0865]  1.0000

            ▲ better, ▼ worse than bm25 at p < 0.05.
            p: two-sided paired randomisation test, Holm-corrected for 6 comparisons.
            Interval: percentile bootstrap of the difference, not corrected.
            Queries: 12.
        "#]],
    );
}

#[test]
fn markdown() {
    check(
        &comparison(&["mrr@10"]).to_markdown(),
        expect![[r#"
            | metric | system | mean | difference | 95 % interval | p |
            | --- | --- | ---: | ---: | ---: | :--- |
            | mrr@10 | bm25 | 0.4565 |  |  |  |
            |  | hybrid | 0.8194 | +0.3630 | [+0.2287, +0.4977] | 0.0039 ▲ |
            |  | random\|walk | 0.2035 | -0.2530 | [-0.3544, -0.1685] | 0.0015 ▼ |
            |  | bm25 + synonyms | 0.4523 | -0.0042 | [-0.1292, +0.1181] | 1.0000 |

            ▲ better, ▼ worse than bm25 at p < 0.05.
            p: two-sided paired randomisation test, Holm-corrected for 3 comparisons.
            Interval: percentile bootstrap of the difference, not corrected.
            Queries: 12.
        "#]],
    );
}

#[test]
fn the_numbers_behind_the_text() {
    let table = comparison(&["mrr@10", "success@1"]);
    let row = &table.rows()[0];
    assert_eq!((table.systems().len(), row.queries), (3, 12));
    let verdicts: Vec<_> = row.cells.iter().map(|cell| cell.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::Better, Verdict::Worse, Verdict::Undecided]
    );
    for cell in &row.cells {
        let difference = cell.mean - row.baseline;
        assert!((cell.test.mean_difference - difference).abs() < 1e-12);
        assert!(cell.p_holm >= cell.test.p_value);
        assert!(cell.interval.lower <= difference && difference <= cell.interval.upper);
    }
}

#[test]
fn a_baseline_alone_is_a_table() {
    let baseline = evaluated(BASELINE, &["mrr@10"]);
    let table = Comparison::against("bm25", &baseline).build().unwrap();
    check(
        &table.to_string(),
        expect![[r#"
        metric  system    mean  difference  95 % interval  p
        mrr@10  bm25    0.4565

        Queries: 12.
    "#]],
    );
}

#[test]
fn evaluations_that_do_not_fit_are_refused() {
    let baseline = evaluated(BASELINE, &["mrr@10"]);
    let other_metric = evaluated(BETTER, &["map"]);
    let table = || Comparison::against("bm25", &baseline);
    let error = table().system("new", &other_metric).build().unwrap_err();
    assert!(matches!(error, CompareError::MissingMetric { system, .. } if system == "new"));

    let error = table().system("bm25", &baseline).build().unwrap_err();
    assert!(matches!(error, CompareError::DuplicateSystem { .. }));
    assert!(matches!(
        table().alpha(1.0).build(),
        Err(CompareError::Level { .. })
    ));
    let none = Resampling::new().with_draws(0);
    let error = table()
        .system("new", &baseline)
        .resampling(none)
        .build()
        .unwrap_err();
    assert_eq!(error, CompareError::NoDraws);
}

#[test]
fn evaluations_over_other_queries_are_refused() {
    let mut qrels = Qrels::new();
    qrels.insert("q1", "a", 1).unwrap();
    qrels.insert("q2", "a", 0).unwrap();
    let metrics = [Metric::Mrr(None)];
    let with = |rule| {
        evaluate(
            &qrels,
            &Run::new("r"),
            &metrics,
            &Options::new().with_empty_query(rule),
        )
    };
    let (skip, zero) = (with(EmptyQuery::Skip), with(EmptyQuery::Zero));
    let error = Comparison::against("a", &skip)
        .system("b", &zero)
        .build()
        .unwrap_err();
    assert!(matches!(error, CompareError::DifferentQueries { query, .. } if query == "q2"));
}
