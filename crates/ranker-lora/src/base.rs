//! The model that an adapter is trained for or applied to, of whatever architecture and form.

use std::collections::BTreeMap;

use crate::decoder::{DecoderBase, DecoderWeights};
use crate::digest::Digest;
use crate::encoder::{Encoder, EncoderBase, EncoderWeights, FrozenLinear, Weight, bias_path};
use crate::error::LoraError;

/// The model that an adapter is trained for or applied to, borrowed: an [`Encoder`] or a
/// [`Decoder`](crate::Decoder), or one of them in 4 bits ([`QuantizedEncoder`](crate::QuantizedEncoder),
/// [`QuantizedDecoder`](crate::QuantizedDecoder)). Functions take any of them by `impl Into<Base>`.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a>(Kind<'a>);

/// The architectures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'a> {
    Encoder(EncoderBase<'a>),
    Decoder(DecoderBase<'a>),
}

impl<'a, W: Weight> From<&'a EncoderWeights<W>> for Base<'a> {
    fn from(encoder: &'a EncoderWeights<W>) -> Self {
        Self(Kind::Encoder(encoder.into()))
    }
}

impl<'a, W: Weight> From<&'a DecoderWeights<W>> for Base<'a> {
    fn from(decoder: &'a DecoderWeights<W>) -> Self {
        Self(Kind::Decoder(decoder.into()))
    }
}

/// The paths of all that could be trained, in the order in which trained values lie.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    /// The norm behind the tables.
    pub(crate) norm: Option<&'static str>,
    pub(crate) positions: Option<&'static str>,
    pub(crate) types: Option<&'static str>,
    pub(crate) words: Option<&'static str>,
    pub(crate) layers: Vec<LayerPaths>,
}

/// Those of one layer.
#[derive(Debug)]
pub(crate) struct LayerPaths {
    /// The linear maps, in the order of [`Base::map`].
    pub(crate) linears: Vec<String>,
    pub(crate) norms: Vec<String>,
}

impl<'a> Base<'a> {
    /// The length of an embedding.
    pub fn hidden_size(self) -> usize {
        match self.0 {
            Kind::Encoder(base) => base.config().hidden,
            Kind::Decoder(base) => base.config().hidden,
        }
    }

    /// The number of token ids.
    pub fn vocabulary_size(self) -> usize {
        match self.0 {
            Kind::Encoder(base) => base.config().vocabulary,
            Kind::Decoder(base) => base.config().vocabulary,
        }
    }

    /// The longest sequence, in tokens.
    pub fn max_positions(self) -> usize {
        match self.0 {
            Kind::Encoder(base) => base.config().positions,
            Kind::Decoder(base) => base.config().positions,
        }
    }

    /// The paths of all linear maps that an adapter may change, each with its `(out, in)` size.
    pub fn linear_layers(self) -> BTreeMap<String, (usize, usize)> {
        let linears = self.linears().into_iter();
        linears
            .map(|(path, linear)| (path, linear.weight.shape()))
            .collect()
    }

    pub(crate) fn kind(self) -> Kind<'a> {
        self.0
    }

    /// The encoder with all its weights as `f32`.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for a quantized one and for a decoder.
    pub(crate) fn full(self) -> Result<&'a Encoder, LoraError> {
        let refused = |advice: &str| LoraError::unsupported("trainable", "Full", advice);
        match self.0 {
            Kind::Encoder(base) => base.full().ok_or_else(|| {
                refused("weights in NF4 are only read; train an adapter beside them")
            }),
            Kind::Decoder(_) => Err(refused("a decoder is trained with an adapter beside it")),
        }
    }

    /// Adds all weights to a fingerprint.
    pub(crate) fn digest(self, digest: &mut Digest) {
        if let Kind::Decoder(base) = self.0 {
            base.config().digest(digest);
        }
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

    /// A layer's linear map, by its number in the layer.
    pub(crate) fn map(self, layer: usize, number: usize) -> FrozenLinear<'a> {
        match self.0 {
            Kind::Encoder(base) => base.map(layer, number),
            Kind::Decoder(base) => base.map(layer, number),
        }
    }

    pub(crate) fn linears(self) -> BTreeMap<String, FrozenLinear<'a>> {
        match self.0 {
            Kind::Encoder(base) => base.linears(),
            Kind::Decoder(base) => base.linears(),
        }
    }

    /// The tensors that are kept as `f32`, by name, without a pooler's.
    pub(crate) fn tensors(self) -> Vec<(String, &'a [f32])> {
        match self.0 {
            Kind::Encoder(base) => base.tensors(),
            Kind::Decoder(base) => base.tensors(),
        }
    }

    /// The bias of every linear map and norm that has one, by its path: of the pooler as well, since PEFT
    /// counts it among all biases.
    pub(crate) fn biases(self) -> Vec<(String, &'a [f32])> {
        let all = self.tensors().into_iter();
        let biases = all.filter_map(|(name, values)| Some((bias_path(&name)?.to_owned(), values)));
        let pooler = match self.0 {
            Kind::Encoder(base) => base.pooler(),
            Kind::Decoder(_) => None,
        };
        let pooler = pooler.map(|(path, pooler)| (path.to_owned(), pooler.bias));
        biases.chain(pooler).collect()
    }

    /// The linear map behind the layers, which no embedding uses.
    pub(crate) fn unused(self) -> Option<&'static str> {
        match self.0 {
            Kind::Encoder(base) => Some(base.config().family.pooler),
            Kind::Decoder(_) => None,
        }
    }

    pub(crate) fn paths(self) -> Paths {
        match self.0 {
            Kind::Encoder(base) => base.paths(),
            Kind::Decoder(base) => base.paths(),
        }
    }

    /// Checks that a text can be read.
    pub(crate) fn check_ids(self, ids: &[u32]) -> Result<(), LoraError> {
        check_ids(ids, (self.max_positions(), self.vocabulary_size()))
    }
}

/// Checks that a text has at least one token, no more than there are positions, and no unknown id.
pub(crate) fn check_ids(
    ids: &[u32],
    (positions, vocabulary): (usize, usize),
) -> Result<(), LoraError> {
    let (length, limit) = (ids.len() as u64, positions as u64);
    if length == 0 || length > limit {
        return Err(LoraError::Token {
            what: "the length",
            value: length,
            limit,
        });
    }
    let limit = vocabulary as u64 - 1;
    match ids.iter().map(|&id| u64::from(id)).find(|&id| id > limit) {
        Some(value) => Err(LoraError::Token {
            what: "the token id",
            value,
            limit,
        }),
        None => Ok(()),
    }
}
