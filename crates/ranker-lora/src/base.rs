use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher};

use crate::encoder::{Linear, Norm};
use crate::family::Part;
use crate::nf4::Nf4Matrix;
use crate::relative::RelativeBias;
use crate::table::Rows;
use crate::weights::bias_path;
use crate::{Encoder, EncoderConfig, LoraError, Matrix, QuantizedEncoder};

/// The encoder that an adapter is trained for or applied to: an [`Encoder`] or a
/// [`QuantizedEncoder`], borrowed. Functions take either by `impl Into<Base>`.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a>(pub(crate) Kind<'a>);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind<'a> {
    Full(&'a Encoder),
    Quantized(&'a QuantizedEncoder),
}

impl<'a> From<&'a Encoder> for Base<'a> {
    fn from(encoder: &'a Encoder) -> Self {
        Self(Kind::Full(encoder))
    }
}

impl<'a> From<&'a QuantizedEncoder> for Base<'a> {
    fn from(encoder: &'a QuantizedEncoder) -> Self {
        Self(Kind::Quantized(encoder))
    }
}

/// The tables whose rows make a token's first vector: words, positions and types.
pub(crate) type Tables<'a> = [&'a dyn Rows; 3];

impl<'a> Base<'a> {
    /// The encoder's sizes.
    pub fn config(self) -> &'a EncoderConfig {
        match self.0 {
            Kind::Full(encoder) => &encoder.config,
            Kind::Quantized(encoder) => &encoder.config,
        }
    }

    /// The encoder with all its weights as `f32`.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for a quantized one.
    pub(crate) fn full(self) -> Result<&'a Encoder, LoraError> {
        match self.0 {
            Kind::Full(encoder) => Ok(encoder),
            Kind::Quantized(_) => {
                let advice = "weights in NF4 are only read; train an adapter beside them";
                Err(LoraError::unsupported("trainable", "Full", advice))
            }
        }
    }

    /// The paths of all linear maps that an adapter may change, each with its `(out, in)` size.
    pub fn linear_layers(self) -> BTreeMap<String, (usize, usize)> {
        match self.0 {
            Kind::Full(encoder) => shapes(encoder.linears(), Matrix::shape),
            Kind::Quantized(encoder) => shapes(encoder.linears(), Nf4Matrix::shape),
        }
    }

    /// A number that tells encoders with other weights apart.
    pub(crate) fn fingerprint(self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (_, values) in self.tensors() {
            hash_floats(values, &mut hasher);
        }
        // Codes are no tensors of `f32`.
        if let Kind::Quantized(encoder) = self.0 {
            for linear in encoder.linears().values() {
                linear.weight.hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// The weight and bias of the linear map of this path.
    pub(crate) fn linear(self, path: &str) -> Option<(Cow<'a, Matrix>, &'a [f32])> {
        match self.0 {
            Kind::Full(encoder) => encoder.linears().get(path).map(|linear| plain(linear)),
            Kind::Quantized(encoder) => encoder.linears().get(path).map(|linear| dense(linear)),
        }
    }

    /// The weight and bias of a layer's linear map.
    pub(crate) fn part(self, layer: usize, part: Part) -> (Cow<'a, Matrix>, &'a [f32]) {
        match self.0 {
            Kind::Full(encoder) => plain(encoder.layers[layer].part(part)),
            Kind::Quantized(encoder) => dense(encoder.layers[layer].part(part)),
        }
    }

    pub(crate) fn tables(self) -> Tables<'a> {
        match self.0 {
            Kind::Full(encoder) => [&encoder.words, &encoder.positions, &encoder.types],
            Kind::Quantized(encoder) => [&encoder.words, &encoder.positions, &encoder.types],
        }
    }

    /// The norm behind the tables.
    pub(crate) fn norm(self) -> &'a Norm {
        match self.0 {
            Kind::Full(encoder) => &encoder.norm,
            Kind::Quantized(encoder) => &encoder.norm,
        }
    }

    /// The bias of attention scores by distance, where the family has one.
    pub(crate) fn relative(self) -> Option<&'a RelativeBias> {
        match self.0 {
            Kind::Full(encoder) => encoder.relative.as_ref(),
            Kind::Quantized(encoder) => encoder.relative.as_ref(),
        }
    }

    /// The tensors that are kept as `f32`, by name, without the pooler's.
    pub(crate) fn tensors(self) -> Vec<(String, &'a [f32])> {
        match self.0 {
            Kind::Full(encoder) => encoder.tensors(),
            Kind::Quantized(encoder) => encoder.tensors(),
        }
    }

    /// The shift at the end of every linear map and norm, by the path of that: of the pooler as well,
    /// since PEFT counts it among all biases.
    pub(crate) fn biases(self) -> Vec<(String, &'a [f32])> {
        let pooler = match self.0 {
            Kind::Full(encoder) => encoder.pooler.as_ref().map(|pooler| &pooler.bias[..]),
            Kind::Quantized(encoder) => encoder.pooler.as_ref().map(|pooler| &pooler.bias[..]),
        };
        let path = self.config().family.pooler.to_owned();
        let all = self.tensors().into_iter();
        let biases = all.filter_map(|(name, values)| Some((bias_path(&name)?.to_owned(), values)));
        biases.chain(pooler.map(|bias| (path, bias))).collect()
    }

    /// The norms of a layer: behind the attention and at its end.
    pub(crate) fn layer_norms(self, index: usize) -> [&'a Norm; 2] {
        match self.0 {
            Kind::Full(encoder) => {
                let layer = &encoder.layers[index];
                [&layer.attention_norm, &layer.output_norm]
            }
            Kind::Quantized(encoder) => {
                let layer = &encoder.layers[index];
                [&layer.attention_norm, &layer.output_norm]
            }
        }
    }
}

pub(crate) fn hash_floats(values: &[f32], hasher: &mut impl Hasher) {
    values.iter().for_each(|value| value.to_bits().hash(hasher));
}

fn plain(linear: &Linear) -> (Cow<'_, Matrix>, &[f32]) {
    (Cow::Borrowed(&linear.weight), &linear.bias)
}

fn dense(linear: &Linear<Nf4Matrix>) -> (Cow<'_, Matrix>, &[f32]) {
    (Cow::Owned(linear.weight.dequantize()), &linear.bias)
}

fn shapes<W>(
    linears: BTreeMap<String, &Linear<W>>,
    shape: impl Fn(&W) -> (usize, usize),
) -> BTreeMap<String, (usize, usize)> {
    let linears = linears.into_iter();
    linears
        .map(|(path, linear)| (path, shape(&linear.weight)))
        .collect()
}
