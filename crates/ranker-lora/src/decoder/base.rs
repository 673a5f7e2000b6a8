//! A decoder in whatever form it keeps its weights.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::config::DecoderConfig;
use super::maps::DecoderMap;
use super::weights::DecoderWeights;
use crate::base::{LayerPaths, Paths};
use crate::encoder::{FrozenLinear, Rows, Weight};

/// A [`Decoder`](crate::Decoder) or a [`QuantizedDecoder`](crate::QuantizedDecoder), borrowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecoderBase<'a>(&'a dyn Frozen);

impl<'a, W: Weight> From<&'a DecoderWeights<W>> for DecoderBase<'a> {
    fn from(decoder: &'a DecoderWeights<W>) -> Self {
        Self(decoder)
    }
}

/// The scales of a layer's normalisations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scales<'a> {
    pub(crate) attention: &'a [f32],
    pub(crate) forward: &'a [f32],
    /// Of each head's queries and keys.
    pub(crate) heads: Option<[&'a [f32]; 2]>,
}

/// What computing and training read of a decoder.
trait Frozen: Debug + Send + Sync {
    fn config(&self) -> &DecoderConfig;
    fn words(&self) -> &dyn Rows;
    fn map(&self, layer: usize, map: DecoderMap) -> FrozenLinear<'_>;
    fn scales(&self, layer: usize) -> Scales<'_>;
    fn norm(&self) -> &[f32];
    fn tensors(&self) -> Vec<(String, &[f32])>;
}

impl<W: Weight> Frozen for DecoderWeights<W> {
    fn config(&self) -> &DecoderConfig {
        &self.config
    }

    fn words(&self) -> &dyn Rows {
        &self.words
    }

    fn map(&self, layer: usize, map: DecoderMap) -> FrozenLinear<'_> {
        self.layers[layer].map(map).into()
    }

    fn scales(&self, layer: usize) -> Scales<'_> {
        let layer = &self.layers[layer];
        let [attention, forward] = &layer.norms;
        let heads = layer.head_norms.as_ref();
        Scales {
            attention,
            forward,
            heads: heads.map(|[query, key]| [&query[..], &key[..]]),
        }
    }

    fn norm(&self) -> &[f32] {
        &self.norm
    }

    fn tensors(&self) -> Vec<(String, &[f32])> {
        self.tensors()
    }
}

impl<'a> DecoderBase<'a> {
    pub(crate) fn config(self) -> &'a DecoderConfig {
        self.0.config()
    }

    pub(crate) fn words(self) -> &'a dyn Rows {
        self.0.words()
    }

    /// A layer's linear map, by its place in [`DecoderMap::ALL`].
    pub(crate) fn map(self, layer: usize, number: usize) -> FrozenLinear<'a> {
        self.0.map(layer, DecoderMap::ALL[number])
    }

    pub(crate) fn scales(self, layer: usize) -> Scales<'a> {
        self.0.scales(layer)
    }

    /// The scale of the last normalisation.
    pub(crate) fn norm(self) -> &'a [f32] {
        self.0.norm()
    }

    pub(crate) fn linears(self) -> BTreeMap<String, FrozenLinear<'a>> {
        let layers = 0..self.config().layers;
        let layers = layers.flat_map(|layer| {
            DecoderMap::ALL.map(|which| (which.path(layer), self.0.map(layer, which)))
        });
        layers.collect()
    }

    pub(crate) fn tensors(self) -> Vec<(String, &'a [f32])> {
        self.0.tensors()
    }

    /// Of a decoder, only what an adapter brings is trained.
    pub(crate) fn paths(self) -> Paths {
        let layer = |index| LayerPaths {
            linears: DecoderMap::ALL.map(|which| which.path(index)).to_vec(),
            norms: Vec::new(),
        };
        Paths {
            layers: (0..self.config().layers).map(layer).collect(),
            ..Paths::default()
        }
    }
}
