use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::LoraConfig;
use crate::{Base, LoraError, Matrix};

/// The two factors of one layer's change, B A.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraLayer {
    a: Matrix,
    b: Matrix,
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
        Ok(Self { a, b })
    }

    /// A: `[r, in]`.
    pub fn a(&self) -> &Matrix {
        &self.a
    }

    /// B: `[out, r]`.
    pub fn b(&self) -> &Matrix {
        &self.b
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

/// A trained low-rank change of an encoder: for each layer y = W x + b + s · B (A x).
///
/// It can be applied beside the weights ([`Encoder::with_adapter`](crate::Encoder::with_adapter)), merged into them
/// ([`LoraAdapter::merge`]), and read and written as PEFT does ([`LoraAdapter::read`]).
#[derive(Clone, Debug, PartialEq)]
pub struct LoraAdapter {
    config: LoraConfig,
    layers: BTreeMap<String, LoraLayer>,
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
        }
        Ok(Self { config, layers })
    }

    /// An untrained adapter for every layer of `encoder` that the configuration targets: A uniform
    /// within ±1/√in, as PEFT draws it, and B zero, so that nothing changes yet.
    ///
    /// # Errors
    /// [`LoraError::Setting`] where it targets none.
    pub fn untrained<'a>(
        config: LoraConfig,
        encoder: impl Into<Base<'a>>,
        seed: u64,
    ) -> Result<Self, LoraError> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut layers = BTreeMap::new();
        for (path, (out, columns)) in encoder.into().linear_layers() {
            if config.targets(&path) {
                let r = config.rank_of(&path);
                let bound = (columns as f32).sqrt().recip();
                let values = (0..r * columns)
                    .map(|_| random.random_range(-bound..bound))
                    .collect();
                let layer =
                    LoraLayer::new(Matrix::new(r, columns, values)?, Matrix::zeros(out, r))?;
                layers.insert(path, layer);
            }
        }
        Self::new(config, layers)
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
        let size = |layer: &LoraLayer| layer.a.values().len() + layer.b.values().len();
        self.layers.values().map(size).sum()
    }

    /// Checks that the adapter belongs to this encoder: every layer exists in the right size, and
    /// no targeted layer of the encoder is left without its factors.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`], with the layer's path.
    pub fn check<'a>(&self, encoder: impl Into<Base<'a>>) -> Result<(), LoraError> {
        let linears = encoder.into().linear_layers();
        for (path, layer) in &self.layers {
            let Some(&expected) = linears.get(path) else {
                return Err(LoraError::layer(
                    path,
                    "the encoder has no such linear layer",
                ));
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
}
