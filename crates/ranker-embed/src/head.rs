//! What becomes of a pooled vector: the weights of the modules behind the pooling.

use std::path::Path;

use ranker_core::{BoxError, Role};
use ranker_folder::{Activation, ModelFolder, Module};
use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use crate::LoadError;
use crate::builder::invalid;
use crate::floats::floats;

/// PyTorch's, which sentence-transformers leaves as it is.
const EPSILON: f32 = 1e-5;
/// Sums that a product is added up in, so that it runs in vector registers.
const LANES: usize = 8;

/// The layers that the texts of one role go through behind the pooling.
#[derive(Debug)]
pub(crate) struct Head {
    layers: Vec<Layer>,
    size: usize,
}

#[derive(Debug)]
enum Layer {
    Dense(Dense),
    Norm { weight: Vec<f32>, bias: Vec<f32> },
    Normalize,
}

/// `activation(W x + b)`, or that and x, or that and `R x`.
#[derive(Debug)]
struct Dense {
    /// `[to, from]`, row after row.
    weight: Vec<f32>,
    /// `[to]`; zeros where there is none.
    bias: Vec<f32>,
    activation: Activation,
    residual: Option<Residual>,
}

#[derive(Debug)]
enum Residual {
    Same,
    /// `[to, from]`
    Projected(Vec<f32>),
}

impl Head {
    /// The layers for the texts of a role, where a pooled vector has `size` components.
    pub(crate) fn read(
        folder: &ModelFolder,
        (role, route): (Role, Option<&str>),
        size: usize,
    ) -> Result<Self, LoadError> {
        Self::of(folder, &folder.head.modules(role, route)?, size)
    }

    /// The layers of some modules, for vectors of `size` components.
    pub(crate) fn of(
        folder: &ModelFolder,
        modules: &[&Module],
        mut size: usize,
    ) -> Result<Self, LoadError> {
        let mut layers = Vec::new();
        for &module in modules {
            let layer = match module {
                Module::Normalize => Layer::Normalize,
                Module::LayerNorm { dimension, weights } => {
                    takes(weights, size, *dimension)?;
                    Layer::norm(&bytes(weights)?, *dimension)
                        .map_err(|source| invalid(weights, source))?
                }
                Module::Dense {
                    from, to, weights, ..
                } => {
                    takes(weights, size, *from)?;
                    size = *to;
                    Layer::dense(&bytes(weights)?, module)
                        .map_err(|source| invalid(weights, source))?
                }
                _ => {
                    return Err(invalid(
                        &folder.root,
                        "it has a module that is not known here",
                    ));
                }
            };
            layers.push(layer);
        }
        Ok(Self { layers, size })
    }

    /// No layers, for vectors of `size` components.
    pub(crate) fn none(size: usize) -> Self {
        let layers = Vec::new();
        Self { layers, size }
    }

    /// Components of what it gives.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// The vector behind all layers.
    pub(crate) fn apply(&self, vector: Vec<f32>) -> Vec<f32> {
        let each = |vector: Vec<f32>, layer: &Layer| layer.apply(vector);
        self.layers.iter().fold(vector, each)
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|source| {
        let path = path.to_path_buf();
        ranker_folder::FolderError::Read { path, source }.into()
    })
}

fn takes(path: &Path, found: usize, expected: usize) -> Result<(), LoadError> {
    if found == expected {
        return Ok(());
    }
    let reason = format!("its module takes {expected} components, and is given {found}");
    Err(invalid(path, reason))
}

/// A tensor of a shape that is known beforehand.
fn tensor(file: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, BoxError> {
    let Ok(tensor) = file.tensor(name) else {
        let names = file.names().join("`, `");
        return Err(format!("tensor `{name}` is missing; it has `{names}`").into());
    };
    if tensor.shape() != shape {
        let found = tensor.shape();
        return Err(format!("tensor `{name}` has shape {found:?} instead of {shape:?}").into());
    }
    if tensor.dtype() == Dtype::I8 {
        return Err(format!("tensor `{name}` holds bytes without a scale").into());
    }
    floats(name, &tensor)
}

impl Layer {
    fn norm(bytes: &[u8], size: usize) -> Result<Self, BoxError> {
        let file = SafeTensors::deserialize(bytes)?;
        Ok(Self::Norm {
            weight: tensor(&file, "norm.weight", &[size])?,
            bias: tensor(&file, "norm.bias", &[size])?,
        })
    }

    fn dense(bytes: &[u8], module: &Module) -> Result<Self, BoxError> {
        let &Module::Dense {
            from,
            to,
            bias,
            activation,
            residual,
            ..
        } = module
        else {
            return Err("it belongs to a module of another kind".into());
        };
        if from == 0 || to == 0 {
            return Err(format!("its module takes {from} components and gives {to}").into());
        }
        let file = SafeTensors::deserialize(bytes)?;
        let residual = match (residual, from == to) {
            (false, _) => None,
            (true, true) => Some(Residual::Same),
            (true, false) => {
                let weight = tensor(&file, "residual.weight", &[to, from])?;
                Some(Residual::Projected(weight))
            }
        };
        Ok(Self::Dense(Dense {
            weight: tensor(&file, "linear.weight", &[to, from])?,
            bias: match bias {
                true => tensor(&file, "linear.bias", &[to])?,
                false => vec![0.0; to],
            },
            activation,
            residual,
        }))
    }

    fn apply(&self, mut vector: Vec<f32>) -> Vec<f32> {
        match self {
            Self::Dense(dense) => dense.apply(&vector),
            Self::Norm { weight, bias } => {
                let count = vector.len() as f32;
                let mean = vector.iter().sum::<f32>() / count;
                let squares = vector.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>();
                let scale = 1.0 / (squares / count + EPSILON).sqrt();
                for ((x, weight), bias) in vector.iter_mut().zip(weight).zip(bias) {
                    *x = (*x - mean) * scale * weight + bias;
                }
                vector
            }
            Self::Normalize => {
                // As PyTorch's `normalize`, which leaves zeros as they are.
                let length = dot(&vector, &vector).sqrt().max(1e-12);
                vector.iter_mut().for_each(|x| *x /= length);
                vector
            }
        }
    }
}

impl Dense {
    fn apply(&self, vector: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(vector.len());
        let sums = rows
            .zip(&self.bias)
            .map(|(row, bias)| dot(row, vector) + bias);
        let mut out: Vec<f32> = sums.map(|sum| self.activation.apply(sum)).collect();
        match &self.residual {
            None => {}
            Some(Residual::Same) => {
                out.iter_mut().zip(vector).for_each(|(out, x)| *out += x);
            }
            Some(Residual::Projected(weight)) => {
                let rows = weight.chunks_exact(vector.len());
                out.iter_mut()
                    .zip(rows)
                    .for_each(|(out, row)| *out += dot(row, vector));
            }
        }
        out
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
