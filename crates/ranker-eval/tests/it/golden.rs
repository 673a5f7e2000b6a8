//! The numbers of `scripts/golden_eval.py`, which come from other people's code.

use std::path::{Path, PathBuf};

use ranker_eval::{
    EmptyQuery, Evaluation, Metric, Options, Qrels, Resampling, Run, Ties, bootstrap_interval,
    evaluate, holm, sign_flip_test,
};

/// Both sides add the same few terms in another order.
const TOLERANCE: f64 = 1e-12;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// The lines under the header, split at tabs, and the header.
fn table(name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = std::fs::read_to_string(path(name)).unwrap();
    let mut lines = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect());
    (lines.next().unwrap(), lines.collect())
}

fn evaluated(metrics: &[Metric], options: &Options) -> Evaluation {
    let qrels = Qrels::read_trec(path("qrels.txt")).unwrap();
    let run = Run::read_trec(path("run.txt")).unwrap();
    evaluate(&qrels, &run, metrics, options)
}

fn assert_close(found: f64, expected: f64, what: &str) {
    let off = (found - expected).abs();
    assert!(off <= TOLERANCE, "{what}: {found} instead of {expected}");
}

#[test]
fn metrics_of_each_query() {
    let (header, rows) = table("metrics.tsv");
    let metrics: Vec<Metric> = header[3..]
        .iter()
        .map(|name| name.parse().unwrap())
        .collect();
    assert_eq!((metrics.len(), rows.len()), (28, 72));
    for row in &rows {
        let ties = match row[0].as_str() {
            "id" => Ties::DocumentIdDescending,
            "given" => Ties::AsGiven,
            "expected" => Ties::Expected,
            other => panic!("unknown tie rule {other}"),
        };
        let options = Options::new()
            .with_ties(ties)
            .with_relevant_from(row[1].parse().unwrap())
            .with_empty_query(EmptyQuery::Zero);
        let evaluation = evaluated(&metrics, &options);
        for (metric, expected) in metrics.iter().zip(&row[3..]) {
            let found = evaluation.values(*metric).unwrap().per_query()[&row[2]];
            let what = format!("{} {metric}", row[..3].join(" "));
            assert_close(found, expected.parse().unwrap(), &what);
        }
    }
}

#[test]
fn means_over_all_judged_queries() {
    let (_, rows) = table("means.tsv");
    assert_eq!(rows.len(), 21);
    for row in rows {
        let metric: Metric = row[1].parse().unwrap();
        let options = Options::new()
            .with_relevant_from(row[0].parse().unwrap())
            .with_empty_query(EmptyQuery::Zero);
        let mean = evaluated(&[metric], &options).mean(metric).unwrap();
        assert_close(mean, row[2].parse().unwrap(), &row[1]);
    }
}

fn numbers(list: &str) -> Vec<f64> {
    list.split(',')
        .map(|number| number.parse().unwrap())
        .collect()
}

#[test]
fn randomisation_tests_intervals_and_corrections() {
    let (_, rows) = table("significance.tsv");
    assert_eq!(rows.len(), 17);
    for row in rows {
        let (input, expected) = (numbers(&row[1]), numbers(&row[2]));
        match row[0].split_once(' ') {
            None if row[0] == "sign-flip" => {
                let test = sign_flip_test(&input, &Resampling::new()).unwrap();
                assert_close(test.p_value, expected[0], &row[1]);
            }
            None => {
                for (found, expected) in holm(&input).iter().zip(expected) {
                    assert_close(*found, expected, &row[1]);
                }
            }
            Some((_, level)) => {
                let level = level.parse().unwrap();
                let resampling = Resampling::new().with_draws(1_000_000);
                let interval = bootstrap_interval(&input, level, &resampling).unwrap();
                // Both sides draw at random; with so many draws three digits settle.
                assert!((interval.lower - expected[0]).abs() < 1e-3, "{interval:?}");
                assert!((interval.upper - expected[1]).abs() < 1e-3, "{interval:?}");
            }
        }
    }
}
