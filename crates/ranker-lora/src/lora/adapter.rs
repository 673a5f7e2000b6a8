use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, ArrayView2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::LoraConfig;
use super::config::ends_in;
use crate::base::Base;
use crate::encoder::{LORA_A, LORA_B, MAGNITUDE, bias, check_finite};
use crate::error::LoraError;
use crate::matrix::Matrix;

/// The two factors of one layer's change, B A, and for DoRA the lengths of its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraLayer {
    a: Matrix,
    b: Matrix,
    magnitude: Option<Vec<f32>>,
}

impl LoraLayer {
    /// Joins A, `[r, in]`, and B, `[out, r]`.
    ///
    /// # Errors
    /// [`LoraError::Shape`] where their ranks differ or are 0.
    pub fn new(a: Matrix, b: Matrix) -> Result<Self, LoraError> {
        if a.rows() != b.columns() || a.rows() == 0 {
            return Err(LoraError::Shape {
                name: "lora_B".to_owned(),
                expected: (b.rows(), a.rows().max(1)),
                actual: b.shape(),
            });
        }
        Ok(Self {
            a,
            b,
            magnitude: None,
        })
    }

    /// Adds the lengths that the rows of W + s · B A are scaled to ([`LoraConfig::with_dora`]).
    ///
    /// # Errors
    /// [`LoraError::Shape`] where they are not as many as B has rows, [`LoraError::NotFinite`].
    pub fn with_magnitude(mut self, magnitude: Vec<f32>) -> Result<Self, LoraError> {
        if magnitude.len() != self.b.rows() {
            return Err(LoraError::Shape {
                name: "lora_magnitude_vector".to_owned(),
                expected: (1, self.b.rows()),
                actual: (1, magnitude.len()),
            });
        }
        check_finite("lora_magnitude_vector", &magnitude)?;
        self.magnitude = Some(magnitude);
        Ok(self)
    }

    /// A: `[r, in]`.
    pub fn a(&self) -> &Matrix {
        &self.a
    }

    /// B: `[out, r]`.
    pub fn b(&self) -> &Matrix {
        &self.b
    }

    /// The lengths of the rows, `[out]`, with DoRA.
    pub fn magnitude(&self) -> Option<&[f32]> {
        self.magnitude.as_deref()
    }

    /// r.
    pub fn rank(&self) -> usize {
        self.a.rows()
    }

    /// The `(out, in)` size of the layer that it changes.
    pub fn shape(&self) -> (usize, usize) {
        (self.b.rows(), self.a.columns())
    }
}

/// A trained low-rank change of an encoder: for each layer y = W x + b + s · B (A x), or with
/// [`LoraConfig::with_dora`] that with rows of trained lengths; and with [`Bias`](crate::Bias) other shifts b.
///
/// It can be applied beside the weights ([`Encoder::with_adapter`](crate::Encoder::with_adapter)), merged into them
/// ([`LoraAdapter::merge`]), and read and written as PEFT does ([`LoraAdapter::read`]).
#[derive(Clone, Debug, PartialEq)]
pub struct LoraAdapter {
    config: LoraConfig,
    layers: BTreeMap<String, LoraLayer>,
    pub(super) biases: BTreeMap<String, Vec<f32>>,
}

impl LoraAdapter {
    /// Joins a configuration with the factors of every layer, by the layer's path in the encoder,
    /// such as `encoder.layer.0.attention.self.query`.
    ///
    /// # Errors
    /// [`LoraError::Setting`] for no layers, [`LoraError::Layer`] for one that the configuration does
    /// not target, or one of another rank than it says.
    pub fn new(config: LoraConfig, layers: BTreeMap<String, LoraLayer>) -> Result<Self, LoraError> {
        if layers.is_empty() {
            let targets = format!("{:?}", config.target_modules());
            let rule = "it must name at least one layer that is there";
            return Err(LoraError::setting("target_modules", targets, rule));
        }
        for (path, layer) in &layers {
            if !config.targets(path) {
                return Err(LoraError::layer(path, "target_modules does not name it"));
            }
            if layer.rank() != config.rank_of(path) {
                return Err(LoraError::layer(
                    path,
                    "its rank is not the configuration's",
                ));
            }
            if layer.magnitude.is_some() != config.dora {
                let problem = "it must have a magnitude with DoRA, and none without";
                return Err(LoraError::layer(path, problem));
            }
        }
        Ok(Self {
            config,
            layers,
            biases: BTreeMap::new(),
        })
    }

    /// An untrained adapter for every layer of a model that the configuration targets: A uniform
    /// within ±1/√in, as PEFT draws it, and B zero, so that nothing changes yet; magnitudes and biases
    /// are the model's.
    ///
    /// # Errors
    /// [`LoraError::UnknownTarget`] for a target that names nothing, [`LoraError::Setting`] where all that are named are
    /// left out.
    pub fn untrained<'a>(
        config: LoraConfig,
        encoder: impl Into<Base<'a>>,
        seed: u64,
    ) -> Result<Self, LoraError> {
        let encoder = encoder.into();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut layers = BTreeMap::new();
        let linears = encoder.linears();
        let is_unknown = |target: &&String| !linears.keys().any(|path| ends_in(path, target));
        let unknown = config.target_modules().iter().filter(is_unknown);
        let targets: Vec<String> = unknown.cloned().collect();
        if !targets.is_empty() {
            let known = last_names(linears.keys());
            return Err(LoraError::UnknownTarget { targets, known });
        }
        for (path, linear) in linears {
            let (out, columns) = linear.weight.shape();
            if config.targets(&path) {
                let r = config.rank_of(&path);
                let bound = (columns as f32).sqrt().recip();
                let values = (0..r * columns)
                    .map(|_| random.random_range(-bound..bound))
                    .collect();
                let mut layer =
                    LoraLayer::new(Matrix::new(r, columns, values)?, Matrix::zeros(out, r))?;
                if config.dora {
                    layer = layer.with_magnitude(row_norms(linear.weight.dense().view()))?;
                }
                layers.insert(path, layer);
            }
        }
        Self::new(config, layers)?.with_own_biases(encoder)
    }

    /// Which layers are changed, and how strongly.
    pub fn config(&self) -> &LoraConfig {
        &self.config
    }

    /// The factors of every layer, by its path.
    pub fn layers(&self) -> &BTreeMap<String, LoraLayer> {
        &self.layers
    }

    /// The number of trained values.
    pub fn parameters(&self) -> usize {
        self.tensors().iter().map(|(_, values)| values.len()).sum()
    }

    /// Checks that the adapter belongs to this encoder: every layer exists in the right size, and
    /// no targeted layer of the encoder is left without its factors.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`], with the layer's path.
    pub fn check<'a>(&self, encoder: impl Into<Base<'a>>) -> Result<(), LoraError> {
        let encoder = encoder.into();
        let linears = encoder.linear_layers();
        for (path, layer) in &self.layers {
            let Some(&expected) = linears.get(path) else {
                return Err(LoraError::layer(path, "the model has no such linear layer"));
            };
            if layer.shape() != expected {
                let name = format!("the adapter of {path}");
                return Err(LoraError::Shape {
                    name,
                    expected,
                    actual: layer.shape(),
                });
            }
        }
        self.check_biases(encoder)?;
        match linears.keys().find(|path| self.is_missing(path)) {
            Some(path) => Err(LoraError::layer(path, "it is targeted, but has no factors")),
            None => Ok(()),
        }
    }

    fn is_missing(&self, path: &str) -> bool {
        self.config.targets(path) && !self.layers.contains_key(path)
    }

    /// s · B (A x) for every row x, or `None` for a layer that is not adapted.
    pub(crate) fn change(&self, path: &str, input: ArrayView2<'_, f32>) -> Option<Array2<f32>> {
        let layer = self.layers.get(path)?;
        let narrow = input.dot(&layer.a.view().t());
        Some(narrow.dot(&layer.b.view().t()) * self.config.scale_of(path) as f32)
    }

    /// s · B A.
    pub(super) fn delta(&self, path: &str, layer: &LoraLayer) -> Array2<f32> {
        layer.b.view().dot(&layer.a.view()) * self.config.scale_of(path) as f32
    }

    /// m / ‖W + s · B A‖ for every row of a layer with magnitudes.
    pub(crate) fn ratio(&self, path: &str, weight: ArrayView2<'_, f32>) -> Option<Vec<f32>> {
        let layer = self.layers.get(path)?;
        let magnitude = layer.magnitude.as_ref()?;
        let norms = row_norms((&weight + &self.delta(path, layer)).view());
        Some(
            magnitude
                .iter()
                .zip(norms)
                .map(|(m, norm)| m / norm)
                .collect(),
        )
    }

    /// All values by the names that PEFT gives them, after the prefix and without `base_layer`.
    pub(crate) fn tensors(&self) -> Vec<(String, &[f32])> {
        let mut all = Vec::new();
        for (path, layer) in &self.layers {
            all.push((format!("{path}{LORA_A}"), layer.a.values()));
            all.push((format!("{path}{LORA_B}"), layer.b.values()));
            let magnitude = layer.magnitude.iter();
            all.extend(magnitude.map(|m| (format!("{path}{MAGNITUDE}"), &m[..])));
        }
        let biases = self.biases.iter();
        all.extend(biases.map(|(path, values)| (bias(path), &values[..])));
        all
    }

    /// The same, to be changed.
    pub(crate) fn tensors_mut(&mut self) -> Vec<(String, &mut [f32])> {
        let mut all = Vec::new();
        for (path, layer) in &mut self.layers {
            all.push((format!("{path}{LORA_A}"), layer.a.values_mut()));
            all.push((format!("{path}{LORA_B}"), layer.b.values_mut()));
            let magnitude = layer.magnitude.iter_mut();
            all.extend(magnitude.map(|m| (format!("{path}{MAGNITUDE}"), &mut m[..])));
        }
        let biases = self.biases.iter_mut();
        all.extend(biases.map(|(path, values)| (bias(path), &mut values[..])));
        all
    }
}

/// The last part of each path, once.
fn last_names<'p>(paths: impl Iterator<Item = &'p String>) -> Vec<String> {
    let names: BTreeSet<&str> = paths.filter_map(|path| path.rsplit('.').next()).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn row_norms(matrix: ArrayView2<'_, f32>) -> Vec<f32> {
    let rows = matrix.rows().into_iter();
    rows.map(|row| row.dot(&row).sqrt()).collect()
}
