//! An encoder in whatever form it keeps its weights.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;

use ranker_folder::Projection;

use super::config::EncoderConfig;
use super::form::{FrozenWeight, Weight};
use super::names::norm_paths;
use super::relative::RelativeBias;
use super::table::Rows;
use super::weights::{Encoder, EncoderWeights, Linear, Norm};
use crate::base::{LayerPaths, Paths};

/// An [`Encoder`] or a [`QuantizedEncoder`](crate::QuantizedEncoder), borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EncoderBase<'a>(&'a dyn Frozen);

impl<'a, W: Weight> From<&'a EncoderWeights<W>> for EncoderBase<'a> {
    fn from(encoder: &'a EncoderWeights<W>) -> Self {
        Self(encoder)
    }
}

/// The tables whose rows make a token's first vector: words, positions and types.
pub(crate) type Tables<'a> = [&'a dyn Rows; 3];

/// A linear map that is only read; its bias is empty where it has none.
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

impl<'a> EncoderBase<'a> {
    pub(crate) fn config(self) -> &'a EncoderConfig {
        self.0.config()
    }

    /// The encoder itself, where its weights are `f32`.
    pub(crate) fn full(self) -> Option<&'a Encoder> {
        self.0.full()
    }

    /// A layer's linear map.
    pub(crate) fn linear(self, layer: usize, projection: Projection) -> FrozenLinear<'a> {
        self.0.linear(layer, projection)
    }

    /// The same, by its place in [`Projection::ALL`].
    pub(crate) fn map(self, layer: usize, number: usize) -> FrozenLinear<'a> {
        self.linear(layer, Projection::ALL[number])
    }

    /// The pooler, which embeddings do not use, and its path.
    pub(crate) fn pooler(self) -> Option<(&'static str, FrozenLinear<'a>)> {
        Some((self.config().family.pooler, self.0.pooler()?))
    }

    /// All linear maps by their paths, the pooler too.
    pub(crate) fn linears(self) -> BTreeMap<String, FrozenLinear<'a>> {
        let family = self.config().family;
        let layers = 0..self.config().layers;
        let layers = layers.flat_map(|layer| {
            Projection::ALL.map(|which| (family.path(layer, which), self.linear(layer, which)))
        });
        let pooler = self.pooler().into_iter();
        layers
            .chain(pooler.map(|(path, pooler)| (path.to_owned(), pooler)))
            .collect()
    }

    pub(crate) fn paths(self) -> Paths {
        let family = self.config().family;
        let layer = |index| LayerPaths {
            linears: Projection::ALL
                .map(|which| family.path(index, which))
                .to_vec(),
            norms: norm_paths(family, index).to_vec(),
        };
        Paths {
            norm: Some(family.embedding_norm),
            positions: Some(family.positions),
            types: family.types,
            words: Some(family.words),
            layers: (0..self.config().layers).map(layer).collect(),
        }
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

    /// The norms of a layer: behind the attention and at its end.
    pub(crate) fn layer_norms(self, layer: usize) -> [&'a Norm; 2] {
        self.0.layer_norms(layer)
    }
}
