//! Tensors out of an ONNX graph: one that `ranker-lora` wrote, or an exporter from PyTorch.
//!
//! Exporters keep the names of tables, norms and biases, but fold the weight that `MatMul` reads into a
//! constant without a name. It is known by the bias that is added to the product.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_folder::Family;

use super::names;
use super::onnx::{Initializer, Model};
use super::tensor::{Kind, Scales, Tensor};
use crate::error::EncoderError;

type Named<'a> = BTreeMap<String, Tensor<'a>>;

/// What an encoder's output is called: its hidden states, or the scores of its head.
const OUTPUTS: [&str; 3] = ["last_hidden_state", "token_embeddings", "logits"];

/// The tensors that an encoder or its head may have.
pub(super) fn read<'a>(
    path: &Path,
    bytes: &'a [u8],
    family: &Family,
) -> Result<Named<'a>, EncoderError> {
    let model = Model::parse(bytes).map_err(EncoderError::damaged(path))?;
    let known = ["input_ids", "attention_mask", "token_type_ids"];
    let own = |name: &&&str| !known.contains(name) && !is_tensor(&model, name);
    if let Some(input) = model.inputs.iter().find(own) {
        return Err(EncoderError::foreign(
            path,
            format!("the graph asks for `{input}`"),
        ));
    }
    if !model.outputs.iter().any(|name| OUTPUTS.contains(name)) {
        let what = format!("the graph gives {:?}, not hidden states", model.outputs);
        return Err(EncoderError::foreign(path, what));
    }
    if model.producer == "ranker-lora" {
        return ours(path, model, family);
    }
    Ok(exported(&model, family))
}

/// Old exporters name constants among the inputs.
fn is_tensor(model: &Model<'_>, name: &str) -> bool {
    model.tensors.iter().any(|tensor| tensor.name == name)
}

fn exported<'a>(model: &Model<'a>, family: &Family) -> Named<'a> {
    let weights = weights(model);
    let all = model.tensors.iter();
    // Numbers, and integers such as positions, are a graph's own.
    let all = all.filter(|tensor| !tensor.shape.is_empty() && tensor.is_float());
    let named = all.filter_map(|tensor| {
        let found = weights.get(tensor.name);
        let (name, turned) = match found {
            Some((name, turned)) => (name.as_str(), *turned),
            None => (tensor.name, false),
        };
        Some((family.tensor_name(name)?, tensor.plain(turned)))
    });
    named.collect()
}

/// The weights that `MatMul` and `Gemm` read, each with the name of its bias's weight and whether it is
/// turned.
fn weights<'a>(model: &Model<'a>) -> BTreeMap<&'a str, (String, bool)> {
    let products = model.nodes.iter().filter(|node| node.operator == "MatMul");
    let products = products.filter_map(|node| {
        let (Some(right), Some(out)) = (node.inputs.get(1), node.outputs.first()) else {
            return None;
        };
        Some((*out, *right))
    });
    let products: BTreeMap<&str, &str> = products.collect();
    let mut weights = BTreeMap::new();
    for node in &model.nodes {
        match (node.operator, &node.inputs[..]) {
            ("Add", [a, b]) => {
                for (bias, sum) in [(a, b), (b, a)] {
                    if let (Some(path), Some(weight)) =
                        (bias.strip_suffix(".bias"), products.get(sum))
                    {
                        weights.insert(*weight, (names::weight(path), true));
                    }
                }
            }
            ("Gemm", [_, weight, bias]) => {
                if let Some(path) = bias.strip_suffix(".bias") {
                    weights.insert(*weight, (names::weight(path), !node.turns));
                }
            }
            _ => {}
        }
    }
    weights
}

impl<'a> Initializer<'a> {
    fn is_float(&self) -> bool {
        matches!(self.kind, Ok(Kind::F32 | Kind::F16 | Kind::Bf16))
    }

    fn plain(&self, turned: bool) -> Tensor<'a> {
        Tensor {
            kind: self.kind.clone(),
            shape: self.shape.clone(),
            bytes: self.bytes,
            scales: None,
            turned,
        }
    }
}

/// Codes of one byte are named `X.codes` and lie beside `X.scales`.
fn ours<'a>(path: &Path, model: Model<'a>, family: &Family) -> Result<Named<'a>, EncoderError> {
    let layers = model.tensors.iter().filter_map(|tensor| {
        let rest = tensor.name.strip_prefix("layer.")?;
        rest.split_once('.')?.0.parse::<usize>().ok()
    });
    let layers = layers.max().map_or(0, |last| last + 1);
    let by_name: BTreeMap<&str, &Initializer<'a>> = model
        .tensors
        .iter()
        .map(|tensor| (tensor.name, tensor))
        .collect();
    let mut named = BTreeMap::new();
    for tensor in &model.tensors {
        let coded = tensor.name.strip_suffix(".codes");
        let full = match coded.unwrap_or(tensor.name) {
            "embeddings.words" => "embeddings.words.table",
            name => name,
        };
        let Some(name) = names::of_ours(full, family, layers) else {
            continue;
        };
        let linear = full.ends_with(".weight") && tensor.shape.len() > 1;
        let mut own = tensor.plain(linear);
        if let Some(coded) = coded {
            let scales = by_name.get(&format!("{coded}.scales")[..]);
            let scales = scales.and_then(|scales| restored(&mut own, scales));
            own.scales = Some(scales.ok_or_else(|| EncoderError::MissingTensor {
                path: path.to_path_buf(),
                tensor: format!("{coded}.scales"),
            })?);
        }
        named.insert(name, own);
    }
    Ok(named)
}

/// The scales of codes `[blocks, rows, columns]` or `[rows, columns]`, which become a matrix.
fn restored(codes: &mut Tensor<'_>, scales: &Initializer<'_>) -> Option<Scales> {
    let (rows, columns) = match codes.shape[..] {
        [blocks, rows, columns] => {
            codes.shape = vec![blocks * rows, columns];
            (rows, columns)
        }
        [_, _] => (1, 1),
        _ => return None,
    };
    let values = scales.plain(false).values().ok()?;
    let blocks = codes.shape[0] / rows.max(1);
    (rows > 0 && values.len() == blocks * columns).then_some(Scales {
        values,
        rows,
        columns,
    })
}
