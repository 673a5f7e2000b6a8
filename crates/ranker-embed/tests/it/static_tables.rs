//! Static encoders: against model2vec, from transformers, and damaged ones.

use std::path::{Path, PathBuf};

use ranker_core::{CosineBaseline, EmbedError, Embedding, conformance};
use ranker_embed::{
    CachedEmbedder, DistilError, DistilOptions, Embedder, FolderError, Frequencies, LoadError,
    Role, StaticEmbedder, TokenCache, TokenLimit, Windowed,
};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Tiny, backends, gap};

const FORMS: [&str; 5] = ["f32", "f16", "int8", "shared", "nested"];

fn form(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/static")).join(name)
}

fn load(name: &str) -> StaticEmbedder {
    StaticEmbedder::from_dir(form(name)).unwrap()
}

fn embed(embedder: &dyn Embedder, text: &str) -> Embedding {
    embedder.embed(&[text], Role::Document).unwrap()[0]
        .embedding
        .clone()
}

/// `scripts/golden_static.py` had model2vec write the folders and embed the texts.
#[test]
fn embeddings_are_those_of_model2vec() {
    let expected = std::fs::read_to_string(form("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected).unwrap();
    let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for name in FORMS {
        let embedder = load(name);
        let rows: Vec<Vec<f32>> = serde_json::from_value(expected[name].clone()).unwrap();
        let found = embedder.embed(&texts, Role::Document).unwrap();
        // model2vec takes the mean of 16-bit numbers in 16 bits.
        let most = if name == "f16" { 2e-3 } else { 1e-6 };
        for ((found, row), text) in found.iter().zip(&rows).zip(&texts) {
            let gap = gap(found.embedding.as_slice(), row);
            assert!(gap < most, "{name}, {text:?}: {gap}");
        }
    }
}

#[test]
fn every_form_keeps_the_contract() {
    for name in FORMS {
        conformance::embedder(&load(name)).unwrap();
        conformance::embedder(&load(name).with_max_tokens(4)).unwrap();
        conformance::embedder(&load(name).with_dimension(3).unwrap()).unwrap();
        conformance::embedder(&Windowed::new(load(name))).unwrap();
        conformance::embedder(&Windowed::new(load(name).with_max_tokens(3))).unwrap();
    }
}

#[test]
fn what_is_saved_comes_back_under_the_same_id() {
    for name in FORMS {
        let folder = TempDir::new().unwrap();
        let read = load(name);
        read.save(folder.path().join("new/static")).unwrap();
        let back = StaticEmbedder::from_dir(folder.path().join("new/static")).unwrap();
        let text = "rust nurse : unknown";
        assert_eq!(embed(&back, text), embed(&read, text), "{name}");
        let same = read.prompt(Role::Query).is_empty();
        assert_eq!(
            back.model_id() == read.model_id(),
            same,
            "{name}: prompts are not saved"
        );
        assert!(StaticEmbedder::is_at(folder.path().join("new/static")).unwrap());
    }
    let blocked = TempDir::new().unwrap();
    std::fs::create_dir(blocked.path().join("config.json")).unwrap();
    let refused = load("f32").save(blocked.path()).unwrap_err();
    assert!(matches!(refused, FolderError::Write { path, .. } if path.ends_with("config.json")));
}

#[test]
fn settings_change_what_they_say_and_the_id() {
    let plain = load("f32");
    let mut ids = vec![plain.model_id().to_owned()];
    let text = "rust nurse search engine";
    let read =
        |embedder: &StaticEmbedder| embedder.embed(&[text], Role::Document).unwrap()[0].usage;
    assert_eq!((read(&plain).tokens, read(&plain).used), (4, 4));
    assert_eq!(plain.max_tokens(), usize::MAX);

    let short = load("f32").with_max_tokens(2);
    assert_eq!((read(&short).tokens, read(&short).used), (4, 2));
    assert_eq!(embed(&short, text), embed(&plain, "rust nurse"));
    ids.push(short.model_id().to_owned());

    let narrow = load("f32").with_dimension(2).unwrap();
    assert_eq!(narrow.dimension(), 2);
    let first = embed(&plain, "rust").as_slice()[..2].to_vec();
    assert!(
        gap(
            embed(&narrow, "rust").as_slice(),
            Embedding::normalized(first).unwrap().as_slice()
        ) < 1e-6
    );
    ids.push(narrow.model_id().to_owned());
    for refused in [0, 7] {
        let refused = load("f32").with_dimension(refused);
        assert!(matches!(
            refused,
            Err(LoadError::Setting {
                setting: "dimension",
                ..
            })
        ));
    }

    let prompted = load("f32").with_prompt(Role::Query, "query: ");
    let asked = prompted.embed(&["rust"], Role::Query).unwrap();
    assert_eq!(asked[0].embedding, embed(&plain, "query: rust"));
    assert_eq!(prompted.tokens_around(Role::Query).unwrap(), 2);
    assert_eq!(load("nested").prompt(Role::Query), "query: ");
    ids.push(prompted.model_id().to_owned());

    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[test]
fn long_texts_are_read_to_their_end() {
    let embedder = load("f32");
    let long = format!("{}rust", "nurse ".repeat(40_000));
    let read = embedder.embed(&[&long], Role::Document).unwrap();
    assert_eq!(
        (read[0].usage.tokens, read[0].usage.is_cut()),
        (40_001, false)
    );
    let usage = embedder.usage(&[&long], Role::Document).unwrap();
    assert_eq!(usage, [read[0].usage]);
}

#[test]
fn unknown_words_count_only_where_there_is_nothing_else() {
    let embedder = load("f32");
    let unknown = embed(&embedder, "zebra");
    assert_eq!(embed(&embedder, "lynx and zebra"), unknown);
    assert_eq!(embed(&embedder, "rust zebra"), embed(&embedder, "rust"));
    // With sentence-transformers they always count.
    let counting = load("nested");
    assert_ne!(embed(&counting, "rust zebra"), embed(&counting, "rust"));
}

/// Encoders measure their own baseline, and whoever wraps one counts from it too.
#[test]
fn a_wrapped_encoder_keeps_its_baseline() {
    let folder = TempDir::new().unwrap();
    let own = CosineBaseline::measure(&load("f32")).unwrap();
    assert_ne!(own, CosineBaseline::NONE);
    let wrapped: [Box<dyn Embedder>; 4] = [
        Box::new(load("f32")),
        Box::new(Windowed::new(load("f32"))),
        Box::new(TokenCache::new(load("f32"), 1 << 20)),
        Box::new(CachedEmbedder::open(load("f32"), folder.path().join("cache")).unwrap()),
    ];
    for embedder in wrapped {
        assert_eq!(embedder.cosine_baseline(), own);
    }
}

/// Whoever wraps one says so too, and where asked for those of no texts, as a ranker asks.
#[test]
fn there_are_no_token_vectors() {
    let folder = TempDir::new().unwrap();
    let wrapped: [Box<dyn Embedder>; 4] = [
        Box::new(load("f32")),
        Box::new(Windowed::new(load("f32"))),
        Box::new(TokenCache::new(load("f32"), 1 << 20)),
        Box::new(CachedEmbedder::open(load("f32"), folder.path().join("cache")).unwrap()),
    ];
    for embedder in wrapped {
        for texts in [&["rust"][..], &[]] {
            let none = embedder.embed_tokens(texts, Role::Document);
            assert!(
                matches!(none, Err(EmbedError::NoTokenVectors { .. })),
                "{none:?}"
            );
        }
        let none = embedder.embed_with_tokens(&["rust"], Role::Document);
        assert!(
            matches!(none, Err(EmbedError::NoTokenVectors { .. })),
            "{none:?}"
        );
        assert_eq!(embedder.embed(&["rust"], Role::Document).unwrap().len(), 1);
    }
}

/// A tensor in a file: name, kind, shape, bytes.
type Stored<'a> = (&'a str, Dtype, &'a [usize], Vec<u8>);

/// A copy of a form, with its table written anew.
fn broken(tensors: &[Stored<'_>]) -> (TempDir, LoadError) {
    let folder = TempDir::new().unwrap();
    for file in ["config.json", "modules.json", "tokenizer.json"] {
        std::fs::copy(form("f32").join(file), folder.path().join(file)).unwrap();
    }
    let views = tensors.iter().map(|(name, kind, shape, bytes)| {
        (name, TensorView::new(*kind, shape.to_vec(), bytes).unwrap())
    });
    let bytes = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), bytes).unwrap();
    let error = StaticEmbedder::from_dir(folder.path()).unwrap_err();
    (folder, error)
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Checks that a table is refused for the reason given, naming its file.
fn refuse_table(tensors: &[Stored<'_>], said: &str) {
    let (_folder, error) = broken(tensors);
    let LoadError::Folder(FolderError::Invalid { path, source }) = &error else {
        panic!("{error:?}");
    };
    assert!(path.ends_with("model.safetensors"), "{}", path.display());
    assert!(
        source.to_string().contains(said),
        "{source} instead of {said}"
    );
}

#[test]
fn a_damaged_table_is_refused_with_file_and_tensor() {
    let rows = || floats(&[0.5; 26]);
    for (tensors, said) in [
        (
            vec![("words", Dtype::F32, &[13_usize, 2][..], rows())],
            "neither a tensor `embeddings` nor `embedding.weight`, but `words`",
        ),
        (
            vec![("embeddings", Dtype::F32, &[26][..], rows())],
            "tensor `embeddings` has shape [26] instead of two axes",
        ),
        (
            vec![("embeddings", Dtype::F32, &[0, 2][..], vec![])],
            "tensor `embeddings` of 0 × 2 holds nothing",
        ),
        (
            vec![("embeddings", Dtype::I32, &[13, 2][..], rows())],
            "tensor `embeddings` holds I32",
        ),
        (
            vec![("embeddings", Dtype::F32, &[2, 13][..], rows())],
            "tensor `embeddings` has vectors for 2 tokens, and",
        ),
        (
            vec![("embedding.weight", Dtype::F32, &[2, 13][..], rows())],
            "tensor `embedding.weight` has vectors for 2 tokens",
        ),
    ] {
        refuse_table(&tensors, said);
    }
    let mut values = [0.5; 26];
    values[9] = f32::INFINITY;
    let (_folder, error) = broken(&[("embeddings", Dtype::F32, &[13, 2], floats(&values))]);
    let LoadError::Folder(FolderError::Invalid { source, .. }) = error else {
        panic!()
    };
    assert_eq!(source.to_string(), "tensor `embeddings` has inf in row 4");
}

#[test]
fn damaged_weights_and_mappings_are_refused_with_file_and_tensor() {
    let rows = || floats(&[0.5; 26]);
    let weights = |value: f32| {
        let mut weights = [1.0; 13];
        weights[4] = value;
        floats(&weights)
    };
    let long = |row: i64| (0..13).flat_map(|_| row.to_le_bytes()).collect::<Vec<u8>>();
    let embeddings = || ("embeddings", Dtype::F32, &[13_usize, 2][..], rows());
    for (tensors, said) in [
        (
            vec![
                embeddings(),
                ("weights", Dtype::F32, &[13][..], weights(f32::NAN)),
            ],
            "tensor `weights` has NaN in row 4",
        ),
        (
            vec![
                embeddings(),
                ("weights", Dtype::F32, &[12][..], floats(&[1.0; 12])),
            ],
            "tensor `weights` has shape [12] for 13 tokens",
        ),
        (
            vec![embeddings(), ("mapping", Dtype::I64, &[13][..], long(13))],
            "tensor `mapping` sends token 0 to row 13 of 13",
        ),
        (
            vec![embeddings(), ("mapping", Dtype::I64, &[13][..], long(-1))],
            "tensor `mapping` sends token 0 to row -1 of 13",
        ),
        (
            vec![embeddings(), ("mapping", Dtype::I64, &[13, 1][..], long(1))],
            "tensor `mapping` has shape [13, 1]",
        ),
        (
            vec![
                embeddings(),
                ("mapping", Dtype::F32, &[13][..], weights(1.0)),
            ],
            "tensor `mapping` holds F32",
        ),
        (
            vec![
                embeddings(),
                ("mapping", Dtype::I64, &[3][..], long(1)[..24].to_vec()),
            ],
            "tensor `mapping` has vectors for 3 tokens",
        ),
    ] {
        refuse_table(&tensors, said);
    }
}

#[test]
fn files_that_are_cut_or_missing_are_named() {
    for (file, keeps) in [
        ("model.safetensors", 100),
        ("model.safetensors", 4),
        ("tokenizer.json", 99),
    ] {
        let folder = TempDir::new().unwrap();
        load("f32").save(folder.path()).unwrap();
        let path = folder.path().join(file);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..keeps]).unwrap();
        let refused = StaticEmbedder::from_dir(folder.path()).unwrap_err();
        assert!(
            matches!(&refused, LoadError::Folder(FolderError::Invalid { path, .. }) if path.ends_with(file)),
            "{refused:?}"
        );
        std::fs::remove_file(&path).unwrap();
        let refused = StaticEmbedder::from_dir(folder.path()).unwrap_err();
        assert!(
            matches!(&refused, LoadError::Folder(FolderError::Read { path, .. }) if path.ends_with(file)),
            "{refused:?}"
        );
    }
    assert!(!StaticEmbedder::is_at(Tiny::new().path("")).unwrap());
    assert!(StaticEmbedder::from_dir(Tiny::new().path("")).is_err());
}

#[test]
fn a_text_whose_vectors_are_zero_is_an_error() {
    let folder = TempDir::new().unwrap();
    load("f32").save(folder.path()).unwrap();
    let bytes = floats(&[0.0; 13]);
    let view = TensorView::new(Dtype::F32, vec![13, 1], &bytes).unwrap();
    let bytes = safetensors::serialize([("embeddings", view)], None).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), bytes).unwrap();
    let embedder = StaticEmbedder::from_dir(folder.path()).unwrap();
    let refused = embedder.embed(&["rust"], Role::Document);
    assert!(
        matches!(refused, Err(EmbedError::Output { index: 0, .. })),
        "{refused:?}"
    );
    // No token at all, though there is a character.
    let refused = load("f32").embed(&["rust", "\u{200b}"], Role::Document);
    assert!(
        matches!(refused, Err(EmbedError::Tokenize { index: 1, .. })),
        "{refused:?}"
    );
}

/// What the tiny encoder gives a token that stands alone, before any component is chosen.
fn alone(id: u32) -> [f64; 4] {
    let rows = [Tiny::CLS, id, Tiny::SEP].map(Tiny::row);
    [0, 1, 2, 3].map(|c| rows.iter().map(|row| f64::from(row[c])).sum::<f64>() / 3.0)
}

/// The tiny encoder without the word for which it gives NaN, whose id then stands for nothing.
fn tiny() -> Tiny {
    let tiny = Tiny::new();
    let json = std::fs::read_to_string(tiny.path("tokenizer.json")).unwrap();
    let without = json.replace("\"nan\": 9,", "");
    assert_ne!(without, json);
    tiny.write("tokenizer.json", without);
    tiny
}

/// The ids of its tokens, in order.
fn ids() -> impl Iterator<Item = u32> {
    (0..13).filter(|&id| id != 9)
}

/// The cosine of two bags of tokens in a table of weighted vectors of mean zero.
fn expected(one: &[u32], other: &[u32], weight: impl Fn(u32) -> f64) -> f64 {
    let mean = [0, 1, 2, 3].map(|c| ids().map(|id| alone(id)[c]).sum::<f64>() / 12.0);
    let sum = |ids: &[u32]| {
        let part = |c: usize| {
            ids.iter()
                .map(|&id| weight(id) * (alone(id)[c] - mean[c]))
                .sum::<f64>()
        };
        [part(0), part(1), part(2), part(3)]
    };
    let dot = |a: [f64; 4], b: [f64; 4]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, b) = (sum(one), sum(other));
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn a_table_is_made_of_each_token_alone() {
    let all: f64 = (0..12).map(|rank| 1.0 / f64::from(rank + 2)).sum();
    let zipf = |id: u32| 1.0 / f64::from(id - u32::from(id > 9) + 2) / all;
    let by_rank = |id: u32| 0.1 / (0.1 + zipf(id));
    // "nurse" twice, "rust" once, and a prior of twelve tokens.
    let counted = |id: u32| {
        let count =
            [0.0, 1.0, 2.0][usize::from(id == Tiny::RUST) + 2 * usize::from(id == Tiny::NURSE)];
        0.1 / (0.1 + (count + 12.0 * zipf(id)) / 15.0)
    };
    let texts = ["nurse rust", " ", "nurse"];
    let equal = |_: u32| 1.0;
    let (one, other) = ("nurse query", "rust");
    for backend in backends() {
        let encoder = tiny().builder().backend(backend).build().unwrap();
        for (frequencies, weight) in [
            (Frequencies::Equal, &equal as &dyn Fn(u32) -> f64),
            (Frequencies::Zipf, &by_rank),
            (Frequencies::Counted(&texts), &counted),
        ] {
            let options = DistilOptions::new()
                .with_sif(0.1)
                .with_frequencies(frequencies);
            let mut seen = Vec::new();
            let table =
                StaticEmbedder::distil(&encoder, &options, &mut |done, all| seen.push((done, all)));
            let table = table.unwrap();
            assert_eq!((table.dimension(), seen), (4, vec![(12, 12)]));
            assert!((table.explained_variance().unwrap() - 1.0).abs() < 1e-6);
            let found = embed(&table, one).cosine(&embed(&table, other)).unwrap();
            let known = expected(&[Tiny::NURSE, Tiny::QUERY], &[Tiny::RUST], weight);
            assert!(
                (f64::from(found) - known).abs() < 2e-3,
                "{frequencies:?}: {found} {known}"
            );
        }
    }
}

#[test]
fn the_same_encoder_gives_the_same_bytes() {
    let encoder = tiny().builder().build().unwrap();
    let make = || {
        let folder = TempDir::new().unwrap();
        let options = DistilOptions::new().with_dimension(3);
        let table = StaticEmbedder::distil(&encoder, &options, &mut |_, _| {}).unwrap();
        table.save(folder.path()).unwrap();
        (folder, table)
    };
    let ((one, table), (other, _)) = (make(), make());
    for file in [
        "model.safetensors",
        "tokenizer.json",
        "config.json",
        "modules.json",
    ] {
        let read = |folder: &TempDir| std::fs::read(folder.path().join(file)).unwrap();
        assert_eq!(read(&one), read(&other), "{file}");
    }
    let back = StaticEmbedder::from_dir(one.path()).unwrap();
    assert_eq!(back.model_id(), table.model_id());
    assert!(
        table.model_id().starts_with("static-3@"),
        "{}",
        table.model_id()
    );
    assert_eq!(embed(&back, "rust : nurse"), embed(&table, "rust : nurse"));
    conformance::embedder(&back).unwrap();
    assert_eq!(
        (
            back.explained_variance(),
            table.explained_variance().is_some()
        ),
        (None, true)
    );
}

#[test]
fn a_token_without_a_finite_vector_is_named() {
    let encoder = Tiny::new().builder().build().unwrap();
    let refused = StaticEmbedder::distil(&encoder, &DistilOptions::new(), &mut |_, _| {});
    assert!(matches!(refused, Err(DistilError::NotFinite { token }) if token == "nan"));
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let encoder = tiny().builder().build().unwrap();
    for (options, wrong) in [
        (DistilOptions::new().with_dimension(0), "dimension"),
        (DistilOptions::new().with_sif(0.0), "sif"),
        (DistilOptions::new().with_sif(f64::NAN), "sif"),
    ] {
        let refused = StaticEmbedder::distil(&encoder, &options, &mut |_, _| {}).unwrap_err();
        assert!(
            matches!(&refused, DistilError::Setting { setting, .. } if *setting == wrong),
            "{refused:?}"
        );
    }
}
