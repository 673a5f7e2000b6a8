//! BEIR and TREC files of any bytes: an error or a value that survives being written and read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ranker_eval::{Documents, Metric, Options, Qrels, Run, evaluate};

fuzz_target!(|data: &[u8]| {
    let metrics: Vec<Metric> = ["mrr", "ndcg@10", "ndcg_exp@3", "map", "recall@2"]
        .map(|m| m.parse().unwrap())
        .to_vec();
    for document in Documents::from_reader(data, "fuzz") {
        if document.is_err() {
            break;
        }
    }
    let qrels = Qrels::from_trec(data, "fuzz").or_else(|_| Qrels::from_beir(data, "fuzz"));
    let run = Run::from_trec(data, "fuzz");
    if let Ok(qrels) = &qrels {
        let mut written = Vec::new();
        if qrels.write_trec(&mut written).is_ok() {
            assert_eq!(&Qrels::from_trec(&written[..], "written").unwrap(), qrels);
        }
    }
    if let Ok(run) = &run {
        let mut written = Vec::new();
        if run.write_trec(&mut written).is_ok() {
            assert_eq!(&Run::from_trec(&written[..], "written").unwrap(), run);
        }
    }
    let (qrels, run) = (
        qrels.unwrap_or_default(),
        run.unwrap_or_else(|_| Run::new("none")),
    );
    let evaluation = evaluate(&qrels, &run, &metrics, &Options::new());
    for metric in metrics {
        for (query, value) in evaluation.values(metric).unwrap().per_query() {
            assert!(
                (0.0..=1.0 + 1e-9).contains(value),
                "{metric} of {query} is {value}"
            );
        }
    }
});
