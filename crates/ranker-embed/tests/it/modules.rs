//! Modules behind the pooling, against sentence-transformers (`scripts/golden_modules.py`).

use std::collections::BTreeMap;
use std::path::Path;

use ranker_core::conformance;
use ranker_embed::{EmbedError, Embedder, FolderError, LoadError, OnnxEmbedder, Role};
use ranker_folder::{Activation, ModelFolder};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{copy, gap};

const MODULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/modules");
const CASES: [&str; 7] = [
    "tanh", "wide", "stack", "router", "asym", "root", "weighted",
];

/// The folder of a case: the encoder that all share, and the case's own files.
fn folder(case: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(MODULES).join("base"), folder.path());
    copy(&Path::new(MODULES).join(case), folder.path());
    folder
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn rows(value: &Value) -> Vec<Vec<f32>> {
    serde_json::from_value(value.clone()).unwrap()
}

fn change(folder: &TempDir, file: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.path().join(file);
    let mut value = json(&path);
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

fn error(folder: &TempDir) -> LoadError {
    OnnxEmbedder::from_dir(folder.path()).unwrap_err()
}

/// An error with those that caused it.
fn whole(error: &LoadError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

#[test]
fn embeddings_are_those_of_sentence_transformers() {
    for case in CASES {
        let folder = folder(case);
        let expected = json(folder.path().join("expected.json"));
        let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let embedder = OnnxEmbedder::from_dir(folder.path()).unwrap();
        for (role, name) in [(Role::Query, "query"), (Role::Document, "document")] {
            let found = embedder.embed(&texts, role).unwrap();
            for (found, expected) in found.iter().zip(rows(&expected[name])) {
                assert_eq!(embedder.dimension(), expected.len());
                let gap = gap(found.embedding.as_slice(), &expected);
                assert!(gap < 1e-5, "{case}, {name}: {gap}");
            }
        }
        conformance::embedder(&embedder).unwrap();
    }
}

#[test]
fn activations_are_those_of_pytorch() {
    let golden = json(Path::new(MODULES).join("activations.json"));
    let points: Vec<f32> = serde_json::from_value(golden["points"].clone()).unwrap();
    let values: BTreeMap<String, Vec<f32>> =
        serde_json::from_value(golden["values"].clone()).unwrap();
    assert_eq!(values.len(), Activation::ALL.len());
    for one in Activation::ALL {
        let ours: Vec<f32> = points.iter().map(|&x| one.apply(x)).collect();
        let gap = gap(&ours, &values[one.name()]);
        assert!(gap < 1e-6, "{one:?}: {gap}");
    }
}

#[test]
fn routes_go_by_role_and_can_be_chosen() {
    let folder = folder("asym");
    let read = ModelFolder::read(folder.path()).unwrap();
    assert_eq!(read.head.routes(), ["anchor", "positive"]);
    let embed = |embedder: &OnnxEmbedder, role| {
        let mut found = embedder.embed(&["rust nurse"], role).unwrap();
        found.remove(0).embedding
    };
    let usual = OnnxEmbedder::from_dir(folder.path()).unwrap();
    let same = OnnxEmbedder::builder(folder.path()).route(Role::Document, "anchor");
    let same = same.build().unwrap();
    let query = embed(&usual, Role::Query);
    assert_ne!(query, embed(&usual, Role::Document));
    assert_eq!(query, embed(&same, Role::Document));
    assert_ne!(usual.model_id(), same.model_id());

    let none = OnnxEmbedder::builder(folder.path()).route(Role::Query, "title");
    let none = whole(&none.build().unwrap_err());
    assert!(none.contains("choose one of anchor, positive"), "{none}");
    let without = OnnxEmbedder::builder(crate::support::MODEL).route(Role::Query, "anchor");
    let without = without.build().unwrap_err();
    assert!(
        matches!(
            &without,
            LoadError::Setting {
                setting: "route",
                ..
            }
        ),
        "{without}"
    );

    // Neither by name nor by default: nothing is guessed.
    change(&folder, "2_Asym/config.json", |config| {
        let routes = &mut config["structure"];
        *routes = serde_json::json!({"left": routes["anchor"], "right": routes["positive"]});
    });
    let unknown = whole(&error(&folder));
    assert!(unknown.contains("choose one of left, right"), "{unknown}");
    change(&folder, "2_Asym/config.json", |config| {
        config["parameters"]["route_mappings"] =
            serde_json::json!({"('query', 'text')": "left", "(None, None)": "right"});
    });
    let mapped = OnnxEmbedder::from_dir(folder.path()).unwrap();
    assert_eq!(query, embed(&mapped, Role::Query));
    assert_eq!(
        embed(&usual, Role::Document),
        embed(&mapped, Role::Document)
    );
}

#[test]
fn every_weight_and_setting_is_in_the_id() {
    let folder = folder("stack");
    let id = || {
        let embedder = OnnxEmbedder::from_dir(folder.path()).unwrap();
        embedder.model_id().to_owned()
    };
    let mut seen = vec![id()];
    let weights = folder.path().join("3_Dense/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    seen.push(id());
    change(&folder, "3_Dense/config.json", |config| {
        config["activation_function"] = "torch.nn.modules.activation.ReLU".into();
    });
    seen.push(id());
    change(&folder, "7_Dense/config.json", |config| {
        config["use_residual"] = false.into();
    });
    seen.push(id());
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "{seen:?}");
}

#[test]
fn token_vectors_are_the_encoders_own() {
    let embedder = OnnxEmbedder::builder(folder("tanh").path())
        .dimension(4)
        .build()
        .unwrap();
    assert_eq!(embedder.dimension(), 4);
    let both = embedder
        .embed_with_tokens(&["rust nurse"], Role::Query)
        .unwrap();
    assert_eq!(both[0].embedded.embedding.dimension(), 4);
    assert_eq!((both[0].tokens.dimension(), both[0].tokens.len()), (8, 2));
}

#[test]
fn a_copy_with_the_companions_embeds_alike() {
    for case in ["stack", "router", "asym"] {
        let folder = folder(case);
        let read = ModelFolder::read(folder.path()).unwrap();
        let other = tempfile::tempdir().unwrap();
        let own = ["config.json", "model.safetensors", "tokenizer.json"];
        for name in own.iter().chain(&read.companions()) {
            let target = other.path().join(name);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(folder.path().join(name), target).unwrap();
        }
        let embed = |folder: &TempDir| {
            let embedder = OnnxEmbedder::from_dir(folder.path()).unwrap();
            embedder.embed(&["rust nurse"], Role::Query).unwrap()
        };
        assert_eq!(embed(&folder), embed(&other), "{case}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_reason() {
    let dense = "2_Dense/config.json";
    let set = |key: &'static str, value: Value| {
        let folder = folder("tanh");
        change(&folder, dense, |config| config[key] = value);
        whole(&error(&folder))
    };
    for (key, value, expected) in [
        (
            "in_features",
            7.into(),
            "takes 7 components, and is given 8",
        ),
        (
            "out_features",
            5.into(),
            "`linear.weight` has shape [6, 8] instead of [5, 8]",
        ),
        ("out_features", 0.into(), "takes 8 components and gives 0"),
        ("use_residual", true.into(), "`residual.weight` is missing"),
        (
            "module_input_name",
            "token_embeddings".into(),
            "a module on `token_embeddings`",
        ),
        (
            "activation_function",
            "torch.nn.modules.activation.Softmax".into(),
            "the activation `torch.nn.modules.activation.Softmax`",
        ),
        (
            "activation_function",
            "our.own.Tanh".into(),
            "the activation `our.own.Tanh`",
        ),
        ("in_features", "eight".into(), "is damaged"),
    ] {
        let found = set(key, value);
        assert!(
            found.contains(expected) && found.contains("2_Dense"),
            "{found}"
        );
    }
    // Without a bias what is there is not read.
    let folder = folder("tanh");
    change(&folder, dense, |config| config["bias"] = false.into());
    assert!(OnnxEmbedder::from_dir(folder.path()).is_ok());
}

#[test]
fn damaged_weights_are_named() {
    let weights = "2_Dense/model.safetensors";
    for length in [0, 7, 100, 359] {
        let folder = folder("tanh");
        let bytes = std::fs::read(folder.path().join(weights)).unwrap();
        std::fs::write(folder.path().join(weights), &bytes[..length]).unwrap();
        let found = whole(&error(&folder));
        assert!(found.contains(weights), "{found}");
    }
    let folder = folder("tanh");
    let path = folder.path().join(weights);
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let found = whole(&error(&folder));
    assert!(found.contains("NaN"), "{found}");

    std::fs::remove_file(&path).unwrap();
    let missing = error(&folder);
    assert!(matches!(
        &missing,
        LoadError::Folder(FolderError::Read { .. })
    ));
    std::fs::write(folder.path().join("2_Dense/pytorch_model.bin"), "").unwrap();
    let pickled = whole(&error(&folder));
    assert!(
        pickled.contains("pickle") && pickled.contains("pytorch_model.bin"),
        "{pickled}"
    );
}

#[test]
fn a_list_of_modules_that_means_something_else_is_refused() {
    let module = |path: &str, kind: &str| serde_json::json!({"path": path, "type": kind});
    let transformer = module("", "sentence_transformers.models.Transformer");
    let pooling = module("1_Pooling", "sentence_transformers.models.Pooling");
    let dense = module("2_Dense", "sentence_transformers.models.Dense");
    for (list, expected) in [
        (vec![&transformer, &dense, &pooling], "no pooling precedes"),
        (vec![&transformer, &pooling, &pooling], "a module of type"),
        (
            vec![
                &transformer,
                &pooling,
                &module("2_LSTM", "sentence_transformers.models.LSTM"),
            ],
            "`sentence_transformers.models.LSTM`",
        ),
        (
            vec![
                &transformer,
                &pooling,
                &module("../2_Dense", "sentence_transformers.models.Dense"),
            ],
            "leaves the folder",
        ),
    ] {
        let folder = folder("tanh");
        let list = serde_json::to_string(&list).unwrap();
        std::fs::write(folder.path().join("modules.json"), list).unwrap();
        let found = whole(&error(&folder));
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn routes_that_lead_to_other_spaces_or_modules_are_refused() {
    let config = "2_Router/router_config.json";
    let folder = folder("router");
    change(&folder, config, |config| {
        config["structure"]["query"] = serde_json::json!([]);
    });
    let found = whole(&error(&folder));
    assert!(found.contains("8 components and documents in 6"), "{found}");
    for (kind, expected) in [
        (
            "sentence_transformers.models.Transformer",
            "in the route \"query\"",
        ),
        (
            "sentence_transformers.models.Router",
            "in the route \"query\"",
        ),
    ] {
        change(&folder, config, |config| {
            config["structure"]["query"] = serde_json::json!(["query_0_Dense"]);
            config["types"]["query_0_Dense"] = kind.into();
        });
        let found = whole(&error(&folder));
        assert!(found.contains(expected) && found.contains(kind), "{found}");
    }
    change(&folder, config, |config| {
        config["structure"]["query"] = serde_json::json!(["../../other"]);
        config["types"]["../../other"] = "sentence_transformers.models.Dense".into();
    });
    let found = whole(&error(&folder));
    assert!(found.contains("leaves the folder"), "{found}");
}

#[test]
fn a_vector_of_zeros_is_no_embedding() {
    let folder = folder("tanh");
    change(&folder, "2_Dense/config.json", |config| {
        config["activation_function"] = "torch.nn.modules.activation.ReLU".into();
        config["bias"] = true.into();
    });
    let path = folder.path().join("2_Dense/model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let start = bytes.len() - (6 * 8 + 6) * 4;
    for value in bytes[start..].as_chunks_mut::<4>().0 {
        *value = (-1.0_f32).to_le_bytes();
    }
    std::fs::write(&path, bytes).unwrap();
    let embedder = OnnxEmbedder::from_dir(folder.path()).unwrap();
    let mut zeros = 0;
    for text in ["rust", "nurse", "rust nurse", "query"] {
        match embedder.embed(&[text], Role::Query) {
            Ok(_) => {}
            Err(EmbedError::Output { index: 0, .. }) => zeros += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!(zeros > 0);
}
