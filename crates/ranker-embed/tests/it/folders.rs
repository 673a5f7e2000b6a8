//! Model folders that must be refused, each with an error that says what is wrong.

use std::fs;

use ranker_embed::{Backend, FolderError, LoadError, OnnxEmbedder};

use crate::support::{MODEL, Tiny, backends};

#[derive(Debug, PartialEq)]
enum Kind {
    Read,
    Invalid,
    Unsupported,
    Graph,
}

/// Loads on every engine and checks that it is refused for the reason given, naming the file.
fn refuse(tiny: &Tiny, kind: &Kind, file: &str) {
    for backend in backends() {
        refuse_on(backend, tiny, (kind, file));
    }
}

fn refuse_on(backend: Backend, tiny: &Tiny, (kind, file): (&Kind, &str)) {
    let error = match tiny.builder().backend(backend).build() {
        Ok(_) => panic!("{file}: loaded on {backend:?}, expected {kind:?}"),
        Err(error) => error,
    };
    let (found, path) = match &error {
        LoadError::Folder(FolderError::Read { path, .. }) => (Kind::Read, path),
        LoadError::Folder(FolderError::Invalid { path, .. }) => (Kind::Invalid, path),
        LoadError::Folder(FolderError::Unsupported { path, .. }) => (Kind::Unsupported, path),
        LoadError::Graph { path, .. } => (Kind::Graph, path),
        _ => panic!("{file}: {error:?}"),
    };
    assert_eq!(found, *kind, "{file}: {error:?}");
    assert!(path.ends_with(file), "{} instead of {file}", path.display());
    assert!(error.to_string().contains(file), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    for file in [
        "model.onnx",
        "tokenizer.json",
        "config.json",
        "1_Pooling/config.json",
    ] {
        let tiny = Tiny::new();
        for graph in ["pooled_first.onnx", "pooled_only.onnx", "positions.onnx"] {
            tiny.remove(graph);
        }
        tiny.remove(file);
        refuse(&tiny, &Kind::Read, file);
    }
    let missing = OnnxEmbedder::from_dir("/no/such/model").unwrap_err();
    assert!(missing.to_string().contains("/no/such/model"), "{missing}");
}

#[test]
fn files_that_say_nothing_may_be_missing() {
    let tiny = Tiny::new();
    let with = tiny.builder().build().unwrap();
    tiny.remove("modules.json");
    assert_eq!(
        tiny.builder().build().unwrap().max_tokens(),
        with.max_tokens()
    );
    tiny.remove("sentence_bert_config.json");
    assert_eq!(
        tiny.builder().build().unwrap().max_tokens(),
        16,
        "the positions remain"
    );
    fs::create_dir(tiny.path("onnx")).unwrap();
    fs::rename(tiny.path("model.onnx"), tiny.path("onnx/model.onnx")).unwrap();
    assert!(tiny.builder().build().is_ok());
}

#[test]
fn a_file_that_is_cut_or_garbage_is_named() {
    for file in [
        "tokenizer.json",
        "config.json",
        "modules.json",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
        "tokenizer_config.json",
        "config_sentence_transformers.json",
    ] {
        let tiny = Tiny::new();
        if file == "tokenizer_config.json" {
            tiny.remove("sentence_bert_config.json");
        }
        let whole = fs::read(tiny.path(file)).unwrap_or_else(|_| br#"{"prompts": {}}"#.to_vec());
        for bytes in [
            &whole[..whole.len() / 2],
            b"",
            b"\xff\xfe garbage",
            b"[1, 2",
            b"3",
        ] {
            tiny.write(file, bytes);
            refuse(&tiny, &Kind::Invalid, file);
        }
    }
    let tiny = Tiny::new();
    tiny.remove("tokenizer.json");
    fs::create_dir(tiny.path("tokenizer.json")).unwrap();
    refuse(&tiny, &Kind::Read, "tokenizer.json");
}

#[test]
fn a_graph_that_is_cut_or_garbage_is_refused_wherever_it_is_cut() {
    let tiny = Tiny::new();
    let whole = fs::read(tiny.path("model.onnx")).unwrap();
    for length in 0..whole.len() {
        tiny.write("model.onnx", &whole[..length]);
        refuse(&tiny, &Kind::Graph, "model.onnx");
    }
    for bytes in [&b"no model"[..], &[0xff; 4096], &[0; 100]] {
        tiny.write("model.onnx", bytes);
        refuse(&tiny, &Kind::Graph, "model.onnx");
    }
}

#[test]
fn the_real_model_is_refused_when_cut() {
    let tiny = Tiny::new();
    for file in ["tokenizer.json", "config.json"] {
        fs::copy(format!("{MODEL}/{file}"), tiny.path(file)).unwrap();
    }
    let whole = fs::read(format!("{MODEL}/model.onnx")).unwrap();
    let most = whole.len();
    for length in [
        10,
        1000,
        most / 3,
        most / 2,
        most - 100_000,
        most - 20,
        most - 1,
    ] {
        tiny.write("model.onnx", &whole[..length]);
        refuse(&tiny, &Kind::Graph, "model.onnx");
    }
}

#[test]
fn a_graph_that_is_no_encoder_is_refused() {
    let tiny = Tiny::new();
    fs::rename(tiny.path("pooled_only.onnx"), tiny.path("model.onnx")).unwrap();
    refuse(&tiny, &Kind::Graph, "model.onnx");
    // Positions are fed, but by our own engine, which computes them itself.
    let tiny = Tiny::new();
    fs::rename(tiny.path("positions.onnx"), tiny.path("model.onnx")).unwrap();
    for backend in backends() {
        match backend {
            Backend::Native => refuse_on(backend, &tiny, (&Kind::Graph, "model.onnx")),
            _ => assert!(tiny.builder().backend(backend).build().is_ok()),
        }
    }
}

#[test]
fn modules_that_would_change_the_embedding_are_refused() {
    let tiny = Tiny::new();
    tiny.write(
        "modules.json",
        r#"[{"path": "", "type": "sentence_transformers.models.Transformer"},
            {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]"#,
    );
    refuse(&tiny, &Kind::Unsupported, "modules.json");

    let tiny = Tiny::new();
    tiny.write(
        "1_Pooling/config.json",
        r#"{"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true}"#,
    );
    refuse(&tiny, &Kind::Unsupported, "1_Pooling/config.json");
}

#[test]
fn files_of_different_models_are_refused() {
    let tiny = Tiny::new();
    let config = fs::read_to_string(tiny.path("config.json")).unwrap();
    let hidden = r#""hidden_size": "#;
    tiny.write(
        "config.json",
        config.replace(&format!("{hidden}4"), &format!("{hidden}6")),
    );
    for backend in backends() {
        // Our own engine makes the sizes of the weights out of it, so there it is they that differ.
        let expected = match backend {
            Backend::Native => (&Kind::Graph, "model.onnx"),
            _ => (&Kind::Invalid, "config.json"),
        };
        refuse_on(backend, &tiny, expected);
    }
    tiny.write("config.json", config.replace("13", "12"));
    refuse(&tiny, &Kind::Invalid, "tokenizer.json");
}

#[test]
fn settings_that_the_model_does_not_allow_are_named() {
    let tiny = Tiny::new();
    let builder = || tiny.builder();
    for (builder, name) in [
        (builder().max_tokens(17), "max_tokens"),
        (builder().max_tokens(2), "max_tokens"),
        (builder().dimension(5), "dimension"),
        (builder().dimension(0), "dimension"),
        (builder().threads(0), "threads"),
        (builder().sessions(0), "sessions"),
        (builder().token_budget(0), "token_budget"),
    ] {
        let error = builder.build().unwrap_err();
        let named = matches!(&error, LoadError::Setting { setting, .. } if *setting == name);
        assert!(named, "{name}: {error:?}");
    }
    tiny.write("config.json", "{}");
    tiny.remove("sentence_bert_config.json");
    let unlimited = builder().build().unwrap_err();
    assert!(unlimited.to_string().contains("max_tokens"), "{unlimited}");
    for backend in backends() {
        let limited = builder().backend(backend).max_tokens(3).build();
        match backend {
            Backend::Native => {
                let error = limited.unwrap_err();
                let source = std::error::Error::source(&error).unwrap().to_string();
                assert!(source.contains("ONNX Runtime is needed"), "{source}");
            }
            _ => assert!(limited.is_ok()),
        }
    }
}
