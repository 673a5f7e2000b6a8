//! The source of the folder: settings, tokenizer and weights as they were published, but for the rounding to 4 bits.

use std::error::Error;
use std::fs;
use std::path::Path;

use ranker_folder::{Family, ModelFolder, Projection};
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde_json::{Value, json};

use super::packed::{Packed, Sizes};
use super::tokenizer;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The encoder is shaped as BERT; its vocabulary alone is XLM-RoBERTa's.
const FAMILY: &str = "bert";
/// The names of a layer's linear maps in the package.
const MAPS: [(Projection, &str); 6] = [
    (Projection::Query, "q"),
    (Projection::Key, "k"),
    (Projection::Value, "v"),
    (Projection::Output, "ao"),
    (Projection::Up, "fi"),
    (Projection::Down, "fo"),
];

/// Writes the folder that an encoder can be read from.
pub(super) fn write(packed: &Packed<'_>, folder: &Path) -> Outcome<()> {
    fs::create_dir_all(folder.join("1_Pooling"))?;
    for (name, content) in settings(&packed.sizes) {
        fs::write(folder.join(name), format!("{content:#}\n"))?;
    }
    fs::write(
        folder.join(ModelFolder::TOKENIZER),
        tokenizer::file(packed)?,
    )?;
    weights(packed, &folder.join("model.safetensors"))
}

/// The settings that multilingual-e5-small was published with, and its prompts by their roles.
fn settings(sizes: &Sizes) -> [(&'static str, Value); 6] {
    let module = |index: usize, path: &str, kind: &str| {
        let kind = format!("sentence_transformers.models.{kind}");
        json!({"idx": index, "name": index.to_string(), "path": path, "type": kind})
    };
    let config = json!({
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": sizes.hidden,
        "initializer_range": 0.02,
        "intermediate_size": sizes.intermediate,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": sizes.positions,
        "model_type": FAMILY,
        "num_attention_heads": sizes.heads,
        "num_hidden_layers": sizes.layers,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "tokenizer_class": "XLMRobertaTokenizer",
        "type_vocab_size": sizes.types,
        "vocab_size": sizes.vocabulary,
    });
    let tokens = json!({
        "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
        "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
    });
    let mut tokenizer = tokens.clone();
    tokenizer["tokenizer_class"] = "XLMRobertaTokenizer".into();
    tokenizer["model_max_length"] = sizes.positions.into();
    let pooling = json!({
        "word_embedding_dimension": sizes.hidden,
        "pooling_mode_cls_token": false,
        "pooling_mode_mean_tokens": true,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
    });
    let modules = json!([
        module(0, "", "Transformer"),
        module(1, "1_Pooling", "Pooling"),
        module(2, "2_Normalize", "Normalize"),
    ]);
    let lengths = json!({"max_seq_length": sizes.positions, "do_lower_case": false});
    let prompts = json!({"prompts": {"query": "query: ", "passage": "passage: "}});
    [
        (ModelFolder::CONFIG, config),
        ("tokenizer_config.json", tokenizer),
        (ModelFolder::POOLING, pooling),
        (ModelFolder::MODULES, modules),
        (ModelFolder::LENGTHS, lengths),
        ("config_sentence_transformers.json", prompts),
    ]
}

/// Writes the tensors under the names of transformers.
fn weights(packed: &Packed<'_>, path: &Path) -> Outcome<()> {
    let mut tensors = Vec::new();
    for (name, own, shape) in names(&packed.sizes)? {
        let values = packed.values(&own, shape.iter().product())?;
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        tensors.push((name, shape, bytes));
    }
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes)?;
        Ok((name, view))
    });
    let views: Result<Vec<_>, safetensors::SafeTensorError> = views.collect();
    Ok(serialize_to_file(views?, None, path)?)
}

/// Each tensor's name in transformers and in the package, with its shape.
fn names(sizes: &Sizes) -> Outcome<Vec<(String, String, Vec<usize>)>> {
    let family = Family::named(FAMILY).ok_or("there is no such family")?;
    let types = family.types.ok_or("the family has no types")?;
    let hidden = sizes.hidden;
    let mut names = Vec::new();
    let mut add = |path: &str, own: String, shape: &[usize]| {
        names.push((path.to_owned(), own, shape.to_vec()));
    };
    for (path, own, rows) in [
        (family.words, "emb.word", sizes.vocabulary),
        (family.positions, "emb.pos", sizes.positions),
        (types, "emb.type", sizes.types),
    ] {
        add(&format!("{path}.weight"), own.to_owned(), &[rows, hidden]);
    }
    let mut norm = |path: &str, own: &str| {
        add(&format!("{path}.weight"), format!("{own}.w"), &[hidden]);
        add(&format!("{path}.bias"), format!("{own}.b"), &[hidden]);
    };
    norm(family.embedding_norm, "emb.ln");
    for layer in 0..sizes.layers {
        let path = |name: &str| format!("{}.{layer}.{name}", family.layer);
        norm(&path(family.attention_norm), &format!("l{layer}.aln"));
        norm(&path(family.output_norm), &format!("l{layer}.oln"));
    }
    for layer in 0..sizes.layers {
        for (which, own) in MAPS {
            let (out, columns) = match which {
                Projection::Up => (sizes.intermediate, hidden),
                Projection::Down => (hidden, sizes.intermediate),
                _ => (hidden, hidden),
            };
            let (path, own) = (family.path(layer, which), format!("l{layer}.{own}"));
            add(
                &format!("{path}.weight"),
                format!("{own}.w"),
                &[out, columns],
            );
            add(&format!("{path}.bias"), format!("{own}.b"), &[out]);
        }
    }
    Ok(names)
}
