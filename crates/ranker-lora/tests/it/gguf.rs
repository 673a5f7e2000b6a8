//! A Llama out of a GGUF file, against transformers' own reading of it (`scripts/golden_gguf.py`).

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use ranker_embed::{Embedder, OnnxEmbedder, Pooling, Role, onnxruntime};
use ranker_folder::{ModelFolder, Spans, TextTokenizer};
use ranker_lora::{Gguf, GgufDecoder, LoraError, Precision};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    texts: Vec<String>,
    ids: Vec<Vec<u32>>,
    embeddings: Vec<Vec<f32>>,
}

fn path(file: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/gguf")).join(file)
}

fn bytes() -> Vec<u8> {
    std::fs::read(path("llama.gguf")).unwrap()
}

fn expected() -> Expected {
    serde_json::from_slice(&std::fs::read(path("expected.json")).unwrap()).unwrap()
}

pub(crate) fn decoder() -> GgufDecoder {
    GgufDecoder::new(Gguf::read(path("llama.gguf")).unwrap()).unwrap()
}

/// Texts as ids, and the last token's hidden state of each.
pub(crate) fn known() -> Vec<(Vec<u32>, Vec<f32>)> {
    let expected = expected();
    expected.ids.into_iter().zip(expected.embeddings).collect()
}

/// Whether this machine has what runs decoders.
pub(crate) fn runtime() -> bool {
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/onnxruntime");
    let library = onnxruntime::path_from_env().or_else(|| onnxruntime::find(&[Path::new(target)]));
    library.is_some_and(|library| onnxruntime::load(&library).is_ok())
}

#[test]
fn the_folder_reads_texts_as_the_file_does() {
    let folder = tempfile::tempdir().unwrap();
    decoder()
        .write_folder(folder.path(), (Precision::Int8, 48))
        .unwrap();
    let read = ModelFolder::read(folder.path()).unwrap();
    assert!(read.is_causal);
    assert_eq!(read.pooling, Some(Pooling::LastToken));
    assert_eq!((read.hidden_size, read.pad), (Some(32), 0));
    assert_eq!(read.limits.default_tokens(), Some(48));
    let tokenizer = TextTokenizer::read(&read).unwrap();
    let expected = expected();
    for (text, ids) in expected.texts.iter().zip(&expected.ids) {
        assert_eq!(
            &tokenizer.tokens("", text, Spans::Skip).unwrap().ids,
            ids,
            "{text}"
        );
    }
    // No text has control tokens.
    let written = tokenizer.tokens("", "</s>", Spans::Skip).unwrap().ids;
    assert!(written.len() > 2 && !written.contains(&2), "{written:?}");
}

#[test]
fn hidden_states_are_those_of_transformers() {
    if !runtime() {
        return;
    }
    let expected = expected();
    let texts: Vec<&str> = expected.texts.iter().map(String::as_str).collect();
    for (precision, limit) in [(Precision::Float32, 0.999_999), (Precision::Int8, 0.999)] {
        let folder = tempfile::tempdir().unwrap();
        decoder()
            .write_folder(folder.path(), (precision, 64))
            .unwrap();
        let embedder = OnnxEmbedder::from_dir(folder.path()).unwrap();
        let found = embedder.embed(&texts, Role::Query).unwrap();
        for ((found, row), text) in found.iter().zip(&expected.embeddings).zip(&texts) {
            let products = found
                .embedding
                .as_slice()
                .iter()
                .zip(row)
                .map(|(a, b)| a * b);
            let cosine = products.sum::<f32>() / row.iter().map(|x| x * x).sum::<f32>().sqrt();
            assert!(cosine > limit, "{precision:?}, {text:?}: {cosine}");
        }
    }
}

#[test]
fn the_same_file_gives_the_same_graph() {
    let [one, other] = [decoder(), decoder()].map(|own| own.to_onnx(Precision::Int8).unwrap());
    assert!(one == other);
}

/// The file with one text in it replaced by another of the same length.
fn renamed(from: &str, to: &str) -> Result<GgufDecoder, LoraError> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes();
    let at = bytes
        .windows(from.len())
        .position(|part| part == from.as_bytes());
    let at = at.unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    GgufDecoder::new(Gguf::parse("changed.gguf", bytes)?)
}

#[test]
fn what_is_no_plain_llama_is_refused_by_name() {
    let error = |from: &str, to: &str| {
        let error = renamed(from, to).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", source.unwrap_or_default())
    };
    for (from, to, what) in [
        (
            "blk.1.attn_q.weight",
            "blk.1.attn_q.weighs",
            "blk.1.attn_q.weight",
        ),
        (
            "blk.0.ffn_up.weight",
            "blk.7.ffn_up.weight",
            "blk.0.ffn_up.weight",
        ),
        (
            "llama.block_count",
            "llama.block_coun_",
            "llama.block_count",
        ),
        ("smollm", "qwen35", "qwen35"),
        ("gpt2", "bert", "tokenizer.ggml.model = bert"),
        (
            "tokenizer.ggml.tokens",
            "tokenizer.ggml.tokenz",
            "tokenizer.ggml.tokens",
        ),
        (
            "tokenizer.ggml.token_type",
            "tokenizer.ggml.token_tipe",
            "0 types of",
        ),
    ] {
        let error = error(from, to);
        assert!(error.contains(what), "{from}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_file_is_refused_or_written(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = bytes();
        // Keys and descriptions lie at the beginning, where a change means most.
        let head = 12_000.min(bytes.len());
        for (at, byte) in edits {
            bytes[at.index(head)] = byte;
        }
        let read = Gguf::parse("changed.gguf", bytes).and_then(GgufDecoder::new);
        if let Ok(decoder) = read {
            let _ = decoder.to_onnx(Precision::Int8);
            let folder = tempfile::tempdir().unwrap();
            let _ = decoder.write_folder(folder.path(), (Precision::Int8, 64));
        }
    }
}
