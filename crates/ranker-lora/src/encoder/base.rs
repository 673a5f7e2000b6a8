//! An encoder in whatever form it keeps its weights.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;

use ranker_folder::Projection;

use super::config::EncoderConfig;
use super::form::{FrozenWeight, Weight};
use super::names::bias_path;
use super::relative::RelativeBias;
use super::table::Rows;
use super::weights::{Encoder, EncoderWeights, Linear, Norm};
use crate::digest::Digest;
use crate::error::LoraError;

/// The encoder that an adapter is trained for or applied to: an [`Encoder`] or a
/// [`QuantizedEncoder`](crate::QuantizedEncoder), borrowed. Functions take either by `impl Into<Base>`.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a>(&'a dyn Frozen);

impl<'a, W: Weight> From<&'a EncoderWeights<W>> for Base<'a> {
    fn from(encoder: &'a EncoderWeights<W>) -> Self {
        Self(encoder)
    }
}

/// The tables whose rows make a token's first vector: words, positions and types.
pub(crate) type Tables<'a> = [&'a dyn Rows; 3];

/// A linear map that is only read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrozenLinear<'a> {
    pub(crate) weight: &'a dyn FrozenWeight,
    pub(crate) bias: &'a [f32],
}

/// What computing and training read of an encoder.
trait Frozen: Debug + Send + Sync {
    fn config(&self) -> &EncoderConfig;
    fn full(&self) -> Option<&Encoder>;
    fn tables(&self) -> Tables<'_>;
    fn norm(&self) -> &Norm;
    fn relative(&self) -> Option<&RelativeBias>;
    fn linear(&self, layer: usize, projection: Projection) -> FrozenLinear<'_>;
    fn layer_norms(&self, layer: usize) -> [&Norm; 2];
    fn pooler(&self) -> Option<FrozenLinear<'_>>;
    fn tensors(&self) -> Vec<(String, &[f32])>;
}

impl<W: Weight> Frozen for EncoderWeights<W> {
    fn config(&self) -> &EncoderConfig {
        &self.config
    }

    fn full(&self) -> Option<&Encoder> {
        (self as &dyn Any).downcast_ref()
    }

    fn tables(&self) -> Tables<'_> {
        [&self.words, &self.positions, &self.types]
    }

    fn norm(&self) -> &Norm {
        &self.norm
    }

    fn relative(&self) -> Option<&RelativeBias> {
        self.relative.as_ref()
    }

    fn linear(&self, layer: usize, projection: Projection) -> FrozenLinear<'_> {
        self.layers[layer].linear(projection).into()
    }

    fn layer_norms(&self, layer: usize) -> [&Norm; 2] {
        let layer = &self.layers[layer];
        [&layer.attention_norm, &layer.output_norm]
    }

    fn pooler(&self) -> Option<FrozenLinear<'_>> {
        self.pooler.as_ref().map(FrozenLinear::from)
    }

    fn tensors(&self) -> Vec<(String, &[f32])> {
        self.tensors()
    }
}

impl<'a, W: FrozenWeight> From<&'a Linear<W>> for FrozenLinear<'a> {
    fn from(linear: &'a Linear<W>) -> Self {
        Self {
            weight: &linear.weight,
            bias: &linear.bias,
        }
    }
}

impl<'a> Base<'a> {
    /// The encoder's sizes.
    pub fn config(self) -> &'a EncoderConfig {
        self.0.config()
    }

    /// The paths of all linear maps that an adapter may change, each with its `(out, in)` size.
    pub fn linear_layers(self) -> BTreeMap<String, (usize, usize)> {
        let linears = self.linears().into_iter();
        linears
            .map(|(path, linear)| (path, linear.weight.shape()))
            .collect()
    }

    /// The encoder with all its weights as `f32`.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for a quantized one.
    pub(crate) fn full(self) -> Result<&'a Encoder, LoraError> {
        let advice = "weights in NF4 are only read; train an adapter beside them";
        let refused = || LoraError::unsupported("trainable", "Full", advice);
        self.0.full().ok_or_else(refused)
    }

    /// Adds all weights to a fingerprint.
    pub(crate) fn digest(self, digest: &mut Digest) {
        for (name, values) in self.tensors() {
            digest.text(&name).floats(values);
        }
        // Codes are not among the tensors of `f32`.
        for (path, linear) in self.linears() {
            if linear.weight.values().is_none() {
                linear.weight.digest(digest.text(&path));
            }
        }
    }

    /// The linear map of this path.
    pub(crate) fn at(self, path: &str) -> Option<FrozenLinear<'a>> {
        self.linears().remove(path)
    }

    /// A layer's linear map.
    pub(crate) fn linear(self, layer: usize, projection: Projection) -> FrozenLinear<'a> {
        self.0.linear(layer, projection)
    }

    fn linears(self) -> BTreeMap<String, FrozenLinear<'a>> {
        let family = self.config().family;
        let layers = 0..self.config().layers;
        let layers = layers.flat_map(|layer| {
            Projection::ALL.map(|which| (family.path(layer, which), self.linear(layer, which)))
        });
        let pooler = self.0.pooler().into_iter();
        layers
            .chain(pooler.map(|pooler| (family.pooler.to_owned(), pooler)))
            .collect()
    }

    pub(crate) fn tables(self) -> Tables<'a> {
        self.0.tables()
    }

    /// The norm behind the tables.
    pub(crate) fn norm(self) -> &'a Norm {
        self.0.norm()
    }

    /// The bias of attention scores by distance, where the family has one.
    pub(crate) fn relative(self) -> Option<&'a RelativeBias> {
        self.0.relative()
    }

    /// The tensors that are kept as `f32`, by name, without the pooler's.
    pub(crate) fn tensors(self) -> Vec<(String, &'a [f32])> {
        self.0.tensors()
    }

    /// The bias of every linear map and norm, by its path: of the pooler as well, since PEFT counts it
    /// among all biases.
    pub(crate) fn biases(self) -> Vec<(String, &'a [f32])> {
        let path = self.config().family.pooler.to_owned();
        let all = self.tensors().into_iter();
        let biases = all.filter_map(|(name, values)| Some((bias_path(&name)?.to_owned(), values)));
        let pooler = self.0.pooler().map(|pooler| (path, pooler.bias));
        biases.chain(pooler).collect()
    }

    /// The norms of a layer: behind the attention and at its end.
    pub(crate) fn layer_norms(self, layer: usize) -> [&'a Norm; 2] {
        self.0.layer_norms(layer)
    }
}
