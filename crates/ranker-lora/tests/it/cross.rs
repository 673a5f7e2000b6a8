//! Cross-encoders: against transformers and PEFT (`scripts/golden_cross.py`), exported, refused.

use std::ops::ControlFlow;

use ranker_lora::{
    Anchor, CrossAdapter, CrossEncoder, Encoder, LoraConfig, LoraError, Loss, PairIds, Precision,
    Progress, ScoreLoss, Task, TextTokenizer, TokenList, TokenPair, TrainError, Trained, Trainer,
    TrainerBuilder,
};
use serde::Deserialize;

use crate::onnx::{input, session};
use crate::tiny;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/cross");

#[derive(Deserialize)]
struct Expected {
    pairs: Vec<Pair>,
    base: Vec<f32>,
    #[serde(default)]
    batch: usize,
    #[serde(default)]
    losses: Vec<f64>,
    #[serde(default)]
    after: Vec<f32>,
}

#[derive(Deserialize)]
struct Pair {
    ids: Vec<u32>,
    second: usize,
    #[serde(default)]
    label: f32,
}

impl Pair {
    fn ids(&self) -> PairIds {
        PairIds::new(self.ids.clone(), self.second)
    }
}

fn expected(family: &str) -> Expected {
    let text = std::fs::read_to_string(format!("{GOLDEN}/{family}/expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn read(family: &str) -> CrossEncoder {
    CrossEncoder::read(format!("{GOLDEN}/{family}")).unwrap()
}

fn adapter(name: &str) -> CrossAdapter {
    CrossAdapter::read(format!("{GOLDEN}/bert/{name}"), &read("bert")).unwrap()
}

fn check(cross: &CrossEncoder, pairs: &[Pair], scores: &[f32]) {
    for (pair, theirs) in pairs.iter().zip(scores) {
        let ours = cross.score(&pair.ids()).unwrap();
        assert!((ours - theirs).abs() < 1e-5, "{ours} is not {theirs}");
    }
}

pub(crate) fn go_on(_: &Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn scores_are_those_of_transformers_and_peft() {
    for family in ["bert", "roberta"] {
        let expected = expected(family);
        check(&read(family), &expected.pairs, &expected.base);
    }
    let expected = expected("bert");
    let mut tuned = read("bert");
    adapter("after").merge(&mut tuned).unwrap();
    check(&tuned, &expected.pairs, &expected.after);
}

#[test]
fn twenty_steps_are_those_of_pytorch_and_peft() {
    let expected = expected("bert");
    let list = |pair: &Pair| TokenList {
        score: Some(pair.label),
        ..TokenList::new(pair.ids())
    };
    let lists = expected.pairs.iter().map(list).collect();
    let mut cross = read("bert");
    // The head before training is a part of PEFT's adapter, and still the base's own.
    let before = adapter("before");
    before.merge(&mut cross).unwrap();
    assert_ne!(cross, read("bert"));
    let cross = read("bert");
    let mut trainer = Trainer::cross_encoder(&cross, before.adapter().config().clone())
        .start_from(before.adapter().clone())
        .task(
            Task::scores(lists, ScoreLoss::BinaryCrossEntropy)
                .with_batch(expected.batch)
                .without_shuffling(),
        )
        .learning_rate(5e-3)
        .warmup(0.1)
        .build()
        .unwrap();
    let trained = trainer.run(go_on).unwrap();
    assert_eq!(trained.log.steps().len(), 20);
    for (record, loss) in trained.log.steps().iter().zip(&expected.losses) {
        assert!((record.loss - loss).abs() < 1e-3, "{record:?}, {loss}");
    }
    let mut tuned = cross.clone();
    let made = trained.tuned.cross_adapter().unwrap();
    made.merge(&mut tuned).unwrap();
    let pairs: Vec<PairIds> = expected.pairs.iter().map(Pair::ids).collect();
    for (pair, score) in pairs.iter().zip(trainer.scores(&pairs)) {
        assert!((tuned.score(pair).unwrap() - score).abs() < 1e-5);
    }
    for (pair, theirs) in pairs.iter().zip(&expected.after) {
        let ours = tuned.score(pair).unwrap();
        assert!((ours - theirs).abs() < 1e-3, "{ours} is not {theirs}");
    }
}

#[test]
fn an_adapter_comes_back_from_its_files() {
    let (cross, after) = (read("bert"), adapter("after"));
    let folder = tempfile::tempdir().unwrap();
    after.write(folder.path(), &cross).unwrap();
    let back = CrossAdapter::read(folder.path(), &cross).unwrap();
    let [mut ours, mut theirs] = [cross.clone(), cross.clone()];
    back.merge(&mut ours).unwrap();
    after.merge(&mut theirs).unwrap();
    assert_eq!(ours, theirs);
    // A whole module that is no head is refused, and so is a tensor that belongs to nothing.
    let config = folder.path().join("adapter_config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"pooler\"", "\"embeddings\"")).unwrap();
    let error = CrossAdapter::read(folder.path(), &cross).unwrap_err();
    assert!(matches!(error, LoraError::Unsupported { .. }), "{error}");
}

/// Runs a cross-encoder's graph on pairs, each padded to the longest; `None` where there is no ONNX
/// Runtime.
fn run(onnx: &[u8], pairs: &[PairIds]) -> Option<Vec<f32>> {
    let mut session = session(onnx)?;
    let length = pairs.iter().map(|pair| pair.ids().len()).max().unwrap();
    let matrix = |cell: &dyn Fn(&PairIds, usize) -> i64, padding: i64| {
        let row = |pair: &PairIds| -> Vec<i64> {
            let own = (0..pair.ids().len()).map(|at| cell(pair, at));
            own.chain(std::iter::repeat(padding)).take(length).collect()
        };
        input([pairs.len(), length], pairs.iter().flat_map(row).collect())
    };
    let kind = |pair: &PairIds, at: usize| i64::from(at >= pair.second());
    let mut inputs = vec![
        ("input_ids", matrix(&|pair, at| pair.ids()[at].into(), 1)),
        ("attention_mask", matrix(&|_, _| 1, 0)),
        ("token_type_ids", matrix(&kind, 0)),
    ];
    inputs.truncate(session.inputs().len());
    let output = session.run(inputs).unwrap();
    let (shape, logits) = output[0].try_extract_tensor::<f32>().unwrap();
    assert_eq!(shape[..], [pairs.len() as i64, 1]);
    Some(logits.to_vec())
}

#[test]
fn exported_graphs_give_the_scores_alone_and_in_a_batch() {
    for family in ["bert", "roberta"] {
        let cross = read(family);
        let pairs: Vec<PairIds> = expected(family).pairs[..6].iter().map(Pair::ids).collect();
        let full = cross.to_onnx(Precision::Float32).unwrap();
        let int8 = cross.to_onnx(Precision::Int8).unwrap();
        let (Some(whole), Some(coded)) = (run(&full, &pairs), run(&int8, &pairs)) else {
            return;
        };
        for ((pair, score), coded) in pairs.iter().zip(whole).zip(coded) {
            let expected = cross.score(pair).unwrap();
            let alone = run(&full, std::slice::from_ref(pair)).unwrap()[0];
            assert!((expected - score).abs() < 1e-5, "{family}");
            assert!((expected - alone).abs() < 1e-5, "{family}");
            assert!((expected - coded).abs() < 0.1, "{family}: {coded}");
        }
    }
}

#[test]
fn a_folder_says_that_there_is_one_label() {
    let source = tempfile::tempdir().unwrap();
    let model = tiny::safetensors(
        &tiny::tensors(tiny::SMALL, 1),
        safetensors::tensor::Dtype::F32,
    );
    tiny::write(source.path(), tiny::SMALL, &model);
    let encoder = Encoder::read(source.path()).unwrap();
    let cross = CrossEncoder::new(encoder.clone(), 1);
    assert_eq!(cross, CrossEncoder::new(encoder.clone(), 1));
    assert_ne!(cross, CrossEncoder::new(encoder, 2));
    let out = tempfile::tempdir().unwrap();
    cross
        .write_folder(source.path(), out.path(), Precision::Float32)
        .unwrap();
    let config = std::fs::read_to_string(out.path().join("config.json")).unwrap();
    assert!(config.contains("BertForSequenceClassification") && config.contains("id2label"));
    assert!(out.path().join("model.onnx").exists());
    // An encoder has no classifier.
    let error = CrossEncoder::read(source.path()).unwrap_err();
    assert!(
        matches!(&error, LoraError::MissingTensor { tensor, .. } if tensor == "classifier.weight"),
        "{error}"
    );
}

/// Lists whose positive shares its words with the query.
fn lists(count: u32) -> Vec<TokenList> {
    let join = |i: u32, j: u32| PairIds::new(vec![0, 3 + i % 7, 2, 3 + j % 7, 2], 3);
    let list = |i: u32| TokenList {
        negatives: vec![join(i, i + 1), join(i, i + 3)],
        ..TokenList::new(join(i, i))
    };
    (0..count).map(list).collect()
}

pub(crate) fn builder(cross: &CrossEncoder) -> TrainerBuilder<'_> {
    let config = LoraConfig::new(2, 4.0, ["query", "value", "dense"]).unwrap();
    Trainer::cross_encoder(cross, config.with_lora_dropout(0.1).unwrap())
        .task(Task::scores(lists(21), ScoreLoss::Softmax).with_batch(7))
        .epochs(12)
        .learning_rate(2e-2)
        .seed(5)
}

fn bytes(cross: &CrossEncoder, trained: &Trained) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let adapter = trained.tuned.cross_adapter().unwrap();
    adapter.write(folder.path(), cross).unwrap();
    std::fs::read(folder.path().join("adapter_model.safetensors")).unwrap()
}

#[test]
fn lists_are_learned_and_an_interrupted_training_ends_with_the_same_bytes() {
    let cross = CrossEncoder::new(tiny::encoder(tiny::SMALL, 1), 3);
    let whole = builder(&cross).build().unwrap().run(go_on).unwrap();
    let losses: Vec<f64> = whole.log.steps().iter().map(|step| step.loss).collect();
    assert_eq!(losses.len(), 36);
    assert!(losses[0] > 1.0 && losses[35] < 0.5, "{losses:?}");
    let folder = tempfile::tempdir().unwrap();
    let resumed = || {
        builder(&cross)
            .checkpoint(folder.path(), 5)
            .build()
            .unwrap()
    };
    let stop = |progress: &Progress| match progress.record.step {
        13 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    resumed().run(stop).unwrap();
    let mut second = resumed();
    assert_eq!(second.step(), 10);
    assert_eq!(
        bytes(&cross, &second.run(go_on).unwrap()),
        bytes(&cross, &whole)
    );
    // Another head is another training.
    let other = CrossEncoder::new(tiny::encoder(tiny::SMALL, 1), 4);
    let error = builder(&other).checkpoint(folder.path(), 5).build();
    assert!(matches!(error, Err(TrainError::Checkpoint { .. })));
    // Little room for activations changes nothing.
    let small = builder(&cross).token_budget(1).build().unwrap().run(go_on);
    assert_eq!(bytes(&cross, &small.unwrap()), bytes(&cross, &whole));
}

#[test]
fn what_does_not_fit_is_refused() {
    let encoder = tiny::encoder(tiny::SMALL, 1);
    let cross = CrossEncoder::new(encoder.clone(), 3);
    let config = || LoraConfig::new(2, 4.0, ["query"]).unwrap();
    let pairs = || Task::new(vec![TokenPair::new(vec![1], vec![2]); 2], Loss::Symmetric);
    let scores = |loss| Task::scores(lists(4), loss);
    let long = PairIds::new(vec![1; 25], 3);
    for (what, builder) in [
        (
            "pairs",
            Trainer::cross_encoder(&cross, config()).task(pairs()),
        ),
        (
            "anchor",
            builder(&cross).anchor(Anchor::new(vec![vec![1, 2]])),
        ),
        (
            "lists",
            Trainer::builder(&encoder, config()).task(scores(ScoreLoss::Softmax)),
        ),
        (
            "no score",
            Trainer::cross_encoder(&cross, config()).task(scores(ScoreLoss::MeanSquaredError)),
        ),
        (
            "too long",
            builder(&cross).task(Task::scores(
                vec![TokenList::new(long)],
                ScoreLoss::BinaryCrossEntropy,
            )),
        ),
        (
            "nothing",
            builder(&cross).task(Task::scores(vec![], ScoreLoss::Softmax)),
        ),
    ] {
        assert!(builder.build().is_err(), "{what}");
    }
}

/// Writes what `ranker-embed` loads in its tests, with the scores that it must give. Run it after a
/// change of the graph: `cargo test -p ranker-lora --test it -- --ignored writes_the_rerankers`.
#[test]
#[ignore = "it writes files of another crate's tests"]
fn writes_the_rerankers_of_ranker_embed() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../ranker-embed/tests");
    let tokenizer = std::fs::read(format!("{root}/tiny/tokenizer.json")).unwrap();
    let mut tokenizer: serde_json::Value = serde_json::from_slice(&tokenizer).unwrap();
    let query = "rust search engine";
    let long = "search engine ".repeat(40);
    let documents = ["rust", "nurse text", "search engines : rust query", &long];
    for family in ["bert", "roberta"] {
        if family == "roberta" {
            tokenizer["post_processor"] = serde_json::json!({
                "type": "RobertaProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2],
                "trim_offsets": true, "add_prefix_space": false,
            });
        }
        let source = tempfile::tempdir().unwrap();
        let config = format!("{GOLDEN}/{family}/config.json");
        std::fs::copy(config, source.path().join("config.json")).unwrap();
        let text = format!("{tokenizer:#}\n");
        std::fs::write(source.path().join("tokenizer.json"), text).unwrap();
        let (cross, out) = (read(family), format!("{root}/rerankers/{family}"));
        cross
            .write_folder(source.path(), &out, Precision::Float32)
            .unwrap();
        // A reranker needs the graph alone.
        std::fs::remove_file(format!("{out}/model.safetensors")).unwrap();
        let tokenizer = TextTokenizer::read(&out).unwrap();
        let expected = documents.map(|document| {
            let pair = tokenizer.pair_ids(query, document).unwrap();
            (query, document, cross.score(&pair).unwrap())
        });
        let text = serde_json::to_string(&expected).unwrap() + "\n";
        std::fs::write(format!("{out}/expected.json"), text).unwrap();
    }
}
