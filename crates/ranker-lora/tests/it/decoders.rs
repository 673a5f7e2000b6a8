//! Decoders: read, trained, merged, written and served. The shapes and what they compute are by transformers and PEFT
//! (`scripts/golden_tuned_decoders.py`).

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use ranker_embed::{Embedder, OnnxEmbedder, Role};
use ranker_lora::{
    Activations, AdapterSet, Base, Decoder, DecoderConfig, LoraAdapter, LoraConfig, LoraError,
    Loss, Matrix, Pooling, Precision, Progress, QuantizedDecoder, Task, TextTokenizer, TokenPair,
    TrainError, Trainable, Trained, Trainer, TrainerBuilder, TrainingPlan, merge_folder,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gguf::runtime;
use crate::tiny::distance;
use crate::train::{bytes, go_on, pairs};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/decoders");
const SHAPES: [&str; 4] = ["llama", "mistral", "qwen2", "qwen3"];
const ALL: [&str; 7] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
];

#[derive(Deserialize)]
struct Expected {
    batch: Vec<Vec<u32>>,
    hidden: Vec<Vec<Vec<f32>>>,
    adapted: Vec<Vec<Vec<f32>>>,
}

fn folder(shape: &str) -> PathBuf {
    Path::new(GOLDEN).join(shape)
}

fn decoder(shape: &str) -> Decoder {
    Decoder::read(folder(shape)).unwrap()
}

fn adapter(shape: &str) -> LoraAdapter {
    LoraAdapter::read(folder(shape).join("before")).unwrap()
}

fn expected(shape: &str) -> Expected {
    let text = fs::read(folder(shape).join("expected.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn matrix(rows: &[Vec<f32>]) -> Matrix {
    Matrix::new(rows.len(), rows[0].len(), rows.concat()).unwrap()
}

/// The last row of a text's hidden states, of unit length.
fn last(hidden: &Matrix) -> Vec<f32> {
    let row = hidden.row(hidden.rows() - 1).unwrap();
    let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
    row.iter().map(|x| x / length).collect()
}

#[test]
fn hidden_states_are_those_of_transformers() {
    for shape in SHAPES {
        let (decoder, expected) = (decoder(shape), expected(shape));
        for (ids, theirs) in expected.batch.iter().zip(&expected.hidden) {
            let ours = decoder.forward(ids).unwrap();
            assert!(distance(&ours, &matrix(theirs)) < 1e-5, "{shape}");
        }
    }
}

#[test]
fn adapters_embed_as_in_peft_beside_the_weights_and_merged() {
    let check = |shape: &str, adapter: &LoraAdapter, adapted: &[Vec<Vec<f32>>]| {
        let (decoder, expected) = (decoder(shape), expected(shape));
        let mut merged = decoder.clone();
        let undo = adapter.merge(&mut merged).unwrap();
        let mut set = AdapterSet::new(&decoder, Pooling::LastToken);
        set.insert("own", adapter.clone()).unwrap();
        for (ids, theirs) in expected.batch.iter().zip(adapted) {
            let theirs = matrix(theirs);
            assert!(
                distance(&merged.forward(ids).unwrap(), &theirs) < 1e-5,
                "{shape}"
            );
            let row = set.embed("own", &[ids]).unwrap().remove(0);
            for (ours, theirs) in row.iter().zip(last(&theirs)) {
                assert!((ours - theirs).abs() < 1e-5, "{shape}: {ours} {theirs}");
            }
        }
        undo.undo(&mut merged).unwrap();
        assert_eq!(merged, decoder, "{shape}");
    };
    for shape in SHAPES {
        check(shape, &adapter(shape), &expected(shape).adapted);
    }
    let dora = folder("mistral").join("dora");
    let adapted: Value =
        serde_json::from_slice(&fs::read(dora.join("expected.json")).unwrap()).unwrap();
    let adapted: Vec<Vec<Vec<f32>>> = serde_json::from_value(adapted["adapted"].clone()).unwrap();
    check(
        "mistral",
        &LoraAdapter::read(dora.join("before")).unwrap(),
        &adapted,
    );
}

#[test]
fn twenty_steps_have_the_losses_of_pytorch() {
    let file: Value =
        serde_json::from_slice(&fs::read(folder("mistral").join("steps.json")).unwrap()).unwrap();
    let texts: Vec<Vec<u32>> = serde_json::from_value(file["texts"].clone()).unwrap();
    let losses: Vec<f64> = serde_json::from_value(file["losses"].clone()).unwrap();
    let batch = texts.len() / losses.len() / 2;
    let pairs = texts.chunks(2 * batch).flat_map(|step| {
        let (queries, positives) = step.split_at(batch);
        let both = queries.iter().zip(positives);
        both.map(|(query, positive)| TokenPair::new(query.clone(), positive.clone()))
    });
    let task = Task::new(pairs.collect(), Loss::Symmetric);
    let (decoder, before) = (decoder("mistral"), adapter("mistral"));
    let trained = Trainer::builder(&decoder, before.config().clone())
        .start_from(before)
        .task(task.with_batch(batch).without_shuffling())
        .pooling(Pooling::LastToken)
        .learning_rate(5e-3)
        .build()
        .unwrap()
        .run(go_on)
        .unwrap();
    for (record, loss) in trained.log.steps().iter().zip(&losses) {
        assert!(
            (record.loss / loss - 1.0).abs() < 1e-3,
            "{record:?}, {loss}"
        );
    }
}

fn builder<'a>(base: impl Into<Base<'a>>) -> TrainerBuilder<'a> {
    let config = LoraConfig::new(2, 4.0, ALL).unwrap();
    Trainer::builder(base, config.with_lora_dropout(0.1).unwrap())
        .task(Task::new(pairs(40), Loss::Symmetric).with_batch(8))
        .pooling(Pooling::LastToken)
        .epochs(5)
        .learning_rate(5e-3)
        .seed(3)
}

fn run(builder: TrainerBuilder<'_>) -> Trained {
    builder.build().unwrap().run(go_on).unwrap()
}

#[test]
fn the_loss_falls_and_the_same_bytes_come_out_on_any_number_of_threads() {
    let decoder = decoder("qwen3");
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| run(builder(&decoder)))
    };
    let first = on(1);
    let steps = first.log.steps();
    let mean = |part: &[ranker_lora::StepRecord]| part.iter().map(|r| r.loss).sum::<f64>() / 5.0;
    let (early, late) = (mean(&steps[..5]), mean(&steps[20..]));
    assert!(late < 0.8 * early, "{early} {late}");
    for threads in [2, 8] {
        assert_eq!(bytes(&on(threads)), bytes(&first));
    }
    let less = run(builder(&decoder)
        .activations(Activations::Checkpoint)
        .token_budget(1));
    assert_eq!(bytes(&less), bytes(&first));
}

#[test]
fn an_interrupted_training_ends_with_the_same_bytes() {
    let decoder = decoder("llama");
    let quantized = decoder.quantize().unwrap();
    for base in [Base::from(&decoder), Base::from(&quantized)] {
        let whole = run(builder(base));
        let folder = tempfile::tempdir().unwrap();
        let resumed = || builder(base).checkpoint(folder.path(), 3).build().unwrap();
        let stop = |progress: &Progress| match progress.record.step {
            7 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        resumed().run(stop).unwrap();
        let mut second = resumed();
        assert_eq!(second.step(), 6);
        assert_eq!(bytes(&second.run(go_on).unwrap()), bytes(&whole));
    }
    // Another base is another training.
    let folder = tempfile::tempdir().unwrap();
    run(builder(&decoder).checkpoint(folder.path(), 3));
    let other = builder(&quantized).checkpoint(folder.path(), 3).build();
    assert!(matches!(other, Err(TrainError::Checkpoint { .. })));
}

#[test]
fn qlora_is_lora_on_what_the_codes_stand_for() {
    let quantized = decoder("qwen2").quantize().unwrap();
    let mut dense = quantized.dequantize();
    let (small, plain) = (run(builder(&quantized)), run(builder(&dense)));
    for (a, b) in small.log.steps().iter().zip(plain.log.steps()) {
        assert!((a.loss - b.loss).abs() < 1e-4, "{a:?} {b:?}");
    }
    let adapter = small.tuned.adapter().unwrap();
    let mut set = AdapterSet::new(&quantized, Pooling::LastToken);
    set.insert("own", adapter.clone()).unwrap();
    adapter.merge(&mut dense).unwrap();
    let ids = [3, 1, 4, 1, 5, 9, 2, 6];
    let beside = set.embed("own", &[&ids]).unwrap().remove(0);
    for (a, b) in beside.iter().zip(last(&dense.forward(&ids).unwrap())) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn some_maps_can_be_trained_and_the_adapter_is_written_and_read() {
    let decoder = decoder("mistral");
    let config = LoraConfig::new(2, 4.0, ["q_proj", "layers.1.mlp.down_proj"]).unwrap();
    let trainer = Trainer::builder(&decoder, config)
        .task(Task::new(pairs(8), Loss::Symmetric))
        .build();
    let trained = trainer.unwrap().run(go_on).unwrap();
    let adapter = trained.tuned.adapter().unwrap();
    let paths: Vec<&String> = adapter.layers().keys().collect();
    let wanted = [
        "layers.0.self_attn.q_proj",
        "layers.1.mlp.down_proj",
        "layers.1.self_attn.q_proj",
    ];
    assert_eq!(paths, wanted);
    let folder = tempfile::tempdir().unwrap();
    adapter.write(folder.path()).unwrap();
    assert_eq!(LoraAdapter::read(folder.path()).unwrap(), *adapter);
    let file = fs::read(folder.path().join("adapter_model.safetensors")).unwrap();
    let name = b"base_model.model.layers.0.self_attn.q_proj.lora_A.weight";
    assert!(file.windows(name.len()).any(|part| part == name));
}

/// A folder of a shape with a tokenizer whose words are w0 to w59.
fn served(shape: &str) -> tempfile::TempDir {
    let made = tempfile::tempdir().unwrap();
    copy(&folder(shape), made.path());
    let words: serde_json::Map<String, Value> =
        (0..60).map(|id| (format!("w{id}"), json!(id))).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" }, "post_processor": null, "decoder": null,
        "model": { "type": "WordLevel", "vocab": words, "unk_token": "w0" },
    });
    fs::write(made.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    fs::write(
        made.path().join("sentence_bert_config.json"),
        r#"{"max_seq_length": 32, "do_lower_case": false}"#,
    )
    .unwrap();
    made
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

/// Trains on a folder as a user would, from texts to the merged folder, and compares what is served.
#[test]
fn the_written_graph_computes_what_was_trained() {
    for shape in SHAPES {
        let source = served(shape);
        let tokenizer = TextTokenizer::read(source.path()).unwrap();
        assert_eq!(tokenizer.pooling(), Pooling::LastToken);
        let decoder = Decoder::read(source.path()).unwrap();
        let trained = run(builder(&decoder).pooling(tokenizer.pooling()));
        let tuned = trained.tuned.decoder(&decoder).unwrap();
        assert_ne!(tuned, decoder);
        let out = tempfile::tempdir().unwrap();
        tuned
            .write_folder(source.path(), out.path(), Precision::Float32)
            .unwrap();
        assert_eq!(Decoder::read(out.path()).unwrap(), tuned);
        let adapter = tempfile::tempdir().unwrap();
        trained
            .tuned
            .adapter()
            .unwrap()
            .write(adapter.path())
            .unwrap();
        let merged = tempfile::tempdir().unwrap();
        merge_folder(
            source.path(),
            adapter.path(),
            merged.path(),
            Precision::Float32,
        )
        .unwrap();
        assert_eq!(Decoder::read(merged.path()).unwrap(), tuned);
        if !runtime() {
            continue;
        }
        let embedder = OnnxEmbedder::from_dir(out.path()).unwrap();
        let batch = expected(shape).batch;
        let texts: Vec<String> = batch
            .iter()
            .map(|ids| ids.iter().map(|id| format!("w{id} ")).collect())
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let rows = embedder.embed(&texts, Role::Query).unwrap();
        for ((row, text), ids) in rows.iter().zip(&texts).zip(&batch) {
            assert_eq!(tokenizer.ids(text, Role::Query).unwrap(), *ids);
            let own = last(&tuned.forward(ids).unwrap());
            for (served, own) in row.embedding.as_slice().iter().zip(own) {
                assert!((served - own).abs() < 1e-5, "{shape}: {served} {own}");
            }
        }
    }
}

#[test]
fn what_gguf_gave_is_read_and_trained() {
    let file = crate::gguf::decoder();
    let full = file.full().unwrap();
    let folder = tempfile::tempdir().unwrap();
    file.write_folder(folder.path(), (Precision::Float32, 48))
        .unwrap();
    let read = Decoder::read(folder.path()).unwrap();
    assert_eq!(read, full);
    let quantized = QuantizedDecoder::read(folder.path()).unwrap();
    assert_eq!(quantized, file.quantized().unwrap());
    assert_eq!(quantized, full.quantize().unwrap());
    assert!(quantized.bytes() < read.bytes());
    for (ids, row) in crate::gguf::known() {
        let own = full.forward(&ids).unwrap();
        let theirs = last(&matrix(std::slice::from_ref(&row)));
        for (own, theirs) in last(&own).iter().zip(theirs) {
            assert!((own - theirs).abs() < 1e-5, "{own} {theirs}");
        }
    }
    let steps = run(builder(&quantized)).log.steps().to_vec();
    assert!(steps[steps.len() - 1].loss < steps[0].loss);
}

#[test]
fn names_that_a_decoder_lacks_are_refused_with_those_that_it_has() {
    let decoder = decoder("llama");
    let config = LoraConfig::new(2, 4.0, ["q_proj", "query", "w1"]).unwrap();
    let error = Trainer::builder(&decoder, config)
        .task(Task::new(pairs(4), Loss::Symmetric))
        .build()
        .map(|_| ())
        .unwrap_err()
        .to_string();
    for part in ["query, w1", "down_proj, gate_proj, k_proj, o_proj, q_proj"] {
        assert!(error.contains(part), "{error}");
    }
    let full = Trainer::builder(&decoder, Trainable::Full)
        .task(Task::new(pairs(4), Loss::Symmetric))
        .build()
        .map(|_| ());
    let error = full.unwrap_err().to_string();
    assert!(error.contains("adapter"), "{error}");
    let foreign = adapter("qwen2").merge(&mut decoder.clone()).unwrap_err();
    assert!(matches!(foreign, LoraError::Shape { .. }), "{foreign}");
}

/// The error of a folder of a shape after a change, with its cause.
fn broken(shape: &str, change: impl FnOnce(&Path)) -> String {
    let made = served(shape);
    change(made.path());
    let error = Decoder::read(made.path()).unwrap_err();
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    format!("{error}: {}", cause.unwrap_or_default())
}

fn edited(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    change(&mut value);
    fs::write(path, value.to_string()).unwrap();
}

#[test]
fn damaged_folders_are_refused_by_file_and_name() {
    const INDEX: &str = "model.safetensors.index.json";
    let shard = "model-00002-of-00005.safetensors";
    let gone = broken("mistral", |at| fs::remove_file(at.join(shard)).unwrap());
    assert!(gone.contains(INDEX) && gone.contains(shard), "{gone}");
    for outside in ["../model.safetensors", "/etc/hostname", ".."] {
        let error = broken("mistral", |at| {
            edited(&at.join(INDEX), |index| {
                index["weight_map"]["norm.weight"] = json!(outside);
            });
        });
        assert!(error.contains(outside), "{error}");
    }
    let elsewhere = broken("mistral", |at| {
        edited(&at.join(INDEX), |index| {
            index["weight_map"]["norm.weight"] = json!("model-00001-of-00005.safetensors");
        });
    });
    assert!(elsewhere.contains("no tensor norm.weight"), "{elsewhere}");
    let twice = broken("mistral", |at| {
        fs::copy(at.join(shard), at.join("copy.safetensors")).unwrap();
        edited(&at.join(INDEX), |index| {
            let map = index["weight_map"].as_object().unwrap().clone();
            let (name, _) = map.iter().find(|(_, file)| *file == shard).unwrap();
            index["weight_map"][name] = json!("copy.safetensors");
        });
    });
    assert!(twice.contains("another of the model's files"), "{twice}");
    let damaged = broken("mistral", |at| fs::write(at.join(INDEX), "{").unwrap());
    assert!(damaged.contains(INDEX), "{damaged}");
    let none = broken("mistral", |at| fs::remove_file(at.join(INDEX)).unwrap());
    assert!(none.contains("model.safetensors"), "{none}");
    // A bias that the settings do not tell of, and one that is not there.
    let more = broken("llama", |at| {
        edited(&at.join("config.json"), |config| {
            config["mlp_bias"] = json!(false)
        });
    });
    assert!(
        more.contains("down_proj.bias") && more.contains("nothing known"),
        "{more}"
    );
    let less = broken("mistral", |at| {
        edited(&at.join("config.json"), |config| {
            config["model_type"] = json!("qwen2")
        });
    });
    assert!(
        less.contains("no tensor layers.0.self_attn.q_proj.bias"),
        "{less}"
    );
    let moe = broken("mistral", |at| {
        edited(&at.join("config.json"), |config| {
            config["model_type"] = json!("mixtral")
        });
    });
    assert!(moe.contains("experts"), "{moe}");
    let heads = broken("mistral", |at| {
        edited(&at.join("config.json"), |config| {
            config["num_key_value_heads"] = json!(3)
        });
    });
    assert!(heads.contains("num_key_value_heads is 3"), "{heads}");
}

#[test]
fn a_folder_without_a_tokenizer_and_texts_beyond_the_window_are_refused() {
    let made = served("mistral");
    fs::remove_file(made.path().join("tokenizer.json")).unwrap();
    let error = TextTokenizer::read(made.path()).unwrap_err().to_string();
    assert!(error.contains("tokenizer.json"), "{error}");
    let made = served("mistral");
    let decoder = Decoder::read(made.path()).unwrap();
    let config = DecoderConfig::read(made.path().join("config.json")).unwrap();
    assert_eq!((config.max_positions(), decoder.config()), (32, &config));
    assert!(decoder.forward(&[1; 32]).is_ok());
    assert!(matches!(
        decoder.forward(&[1; 33]),
        Err(LoraError::Token { .. })
    ));
    let long = vec![
        TokenPair::new(vec![1; 33], vec![2]),
        TokenPair::new(vec![3], vec![4]),
    ];
    let error = builder(&decoder)
        .task(Task::new(long, Loss::Symmetric))
        .build();
    assert!(matches!(error, Err(TrainError::Pair { .. })));
    edited(&made.path().join("sentence_bert_config.json"), |settings| {
        settings["max_seq_length"] = json!(33);
    });
    let out = tempfile::tempdir().unwrap();
    let error = decoder.write_folder(made.path(), out.path(), Precision::Float32);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("sliding window"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_changed_configuration_is_refused_or_planned(
        shape in 0usize..4, at in any::<prop::sample::Index>(), byte in prop::sample::select(&b"0123456789.-e,:ntf"[..]),
    ) {
        let made = tempfile::tempdir().unwrap();
        let mut bytes = fs::read(folder(SHAPES[shape]).join("config.json")).unwrap();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        let path = made.path().join("config.json");
        fs::write(&path, bytes).unwrap();
        if let Ok(config) = DecoderConfig::read(&path) {
            let targets = LoraConfig::new(2, 4.0, ALL).unwrap();
            let plan = TrainingPlan::new(3, 5).quantized(2);
            if config.layers() < 100 {
                prop_assert!(config.training_memory(&targets, plan).is_ok() || config.max_positions() < 5);
            }
        }
    }
}

/// Trains an adapter for every shape and writes it to `target/peft-written/decoders` with what it computes, where
/// `scripts/golden_tuned_decoders.py check` has PEFT read it.
#[test]
#[ignore = "its result is for PEFT"]
fn write_for_peft() {
    let out = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/peft-written/decoders"
    );
    for shape in SHAPES {
        let decoder = decoder(shape);
        let trained = run(builder(&decoder));
        let adapter = trained.tuned.adapter().unwrap();
        let folder = Path::new(out).join(shape);
        adapter.write(folder.join("adapter")).unwrap();
        let texts = expected(shape).batch;
        let ids: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let mut set = AdapterSet::new(&decoder, Pooling::LastToken);
        set.insert("own", adapter.clone()).unwrap();
        let rows = set.embed("own", &ids).unwrap();
        let made = json!({ "texts": texts, "rows": rows });
        fs::write(folder.join("rows.json"), made.to_string()).unwrap();
    }
}
