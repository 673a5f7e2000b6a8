//! The weights of an encoder.

use std::collections::BTreeMap;

use ranker_folder::Projection;

use super::config::EncoderConfig;
use super::form::Weight;
use super::relative::RelativeBias;
use crate::matrix::Matrix;
use crate::nf4::Nf4Matrix;

/// An encoder in memory: its sizes and all its weights, with the linear maps in the form `W`. Use it
/// as [`Encoder`] or [`QuantizedEncoder`].
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderWeights<W: Weight> {
    pub(crate) config: EncoderConfig,
    /// `[vocabulary, hidden]`
    pub(crate) words: W::Table,
    /// `[positions, hidden]`, after the rows that [`EncoderConfig::skipped_positions`] counts.
    pub(crate) positions: W::Table,
    /// `[types, hidden]`; zeros for a family without types.
    pub(crate) types: W::Table,
    pub(crate) norm: Norm,
    pub(crate) relative: Option<RelativeBias>,
    pub(crate) layers: Vec<Layer<W>>,
    pub(crate) pooler: Option<Linear<W>>,
}

/// An encoder with all its weights as `f32`.
///
/// ```no_run
/// use ranker_lora::{Encoder, Precision};
///
/// let encoder = Encoder::read("all-MiniLM-L6-v2")?;
/// println!("{} layers", encoder.config().layers());
/// let onnx: Vec<u8> = encoder.to_onnx(Precision::Int8)?;
/// # Ok::<(), ranker_lora::LoraError>(())
/// ```
pub type Encoder = EncoderWeights<Matrix>;

/// An encoder whose linear maps are in NF4 ([`Nf4Matrix`]): the base of QLoRA. Everything else is as
/// in its file: tables of embeddings in their own type, norms and biases as `f32`.
///
/// An adapter can be trained on it ([`Trainer::builder`](crate::Trainer::builder)) and applied to it
/// ([`EncoderWeights::with_adapter`]). To export the result, merge the adapter into the *original*
/// encoder, as is usual with PEFT: that restores the precision that the base lost by quantisation,
/// though the adapter was trained beside the quantised weights. Merged into
/// [`QuantizedEncoder::dequantize`], it computes what was trained, to 1e-5.
///
/// ```no_run
/// use ranker_lora::{LoraConfig, Loss, QuantizedEncoder, Task, TextTokenizer, Trainer, read_pairs};
///
/// let encoder = QuantizedEncoder::read("all-MiniLM-L6-v2")?;
/// let tokenizer = TextTokenizer::read("all-MiniLM-L6-v2")?;
/// let pairs = tokenizer.pairs(&read_pairs("pairs.jsonl")?)?;
/// let config = LoraConfig::new(16, 32.0, ["query", "key", "value", "dense"])?;
/// let trainer = Trainer::builder(&encoder, config)
///     .task(Task::new(pairs, Loss::Symmetric))
///     .pooling(tokenizer.pooling())
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type QuantizedEncoder = EncoderWeights<Nf4Matrix>;

/// `y = W x + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear<W = Matrix> {
    /// W: `[out, in]`
    pub(crate) weight: W,
    /// b: `[out]`, or empty for a map without one.
    pub(crate) bias: Vec<f32>,
}

/// The scale and shift after a layer normalisation, each of the hidden size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// One transformer layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer<W = Matrix> {
    /// In the order of [`Projection::ALL`].
    pub(crate) linears: [Linear<W>; 6],
    pub(crate) attention_norm: Norm,
    pub(crate) output_norm: Norm,
}

impl<W> Layer<W> {
    pub(crate) fn linear(&self, projection: Projection) -> &Linear<W> {
        &self.linears[projection as usize]
    }

    /// The layer with another form of its weights.
    pub(crate) fn try_map<V, E>(&self, map: impl Fn(&W) -> Result<V, E>) -> Result<Layer<V>, E> {
        Ok(Layer {
            linears: each_projection(|projection| self.linear(projection).try_map(&map))?,
            attention_norm: self.attention_norm.clone(),
            output_norm: self.output_norm.clone(),
        })
    }
}

/// An array of what `make` gives for each projection, in the order of [`Projection::ALL`].
pub(crate) fn each_projection<T, E>(
    mut make: impl FnMut(Projection) -> Result<T, E>,
) -> Result<[T; 6], E> {
    let [query, key, value, output, up, down] = Projection::ALL;
    Ok([
        make(query)?,
        make(key)?,
        make(value)?,
        make(output)?,
        make(up)?,
        make(down)?,
    ])
}

impl<W> Linear<W> {
    /// The map with another form of its weight.
    pub(crate) fn try_map<V, E>(&self, map: impl Fn(&W) -> Result<V, E>) -> Result<Linear<V>, E> {
        Ok(Linear {
            weight: map(&self.weight)?,
            bias: self.bias.clone(),
        })
    }
}

impl<W: Weight> EncoderWeights<W> {
    /// The encoder's sizes.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// The paths of all linear maps that an adapter may change, each with its `(out, in)` size.
    pub fn linear_layers(&self) -> BTreeMap<String, (usize, usize)> {
        let linears = self.linears().into_iter();
        linears
            .map(|(path, linear)| (path, linear.weight.shape()))
            .collect()
    }

    /// The memory that the weights take, in bytes.
    pub fn bytes(&self) -> usize {
        let tables = [&self.words, &self.positions, &self.types];
        let floats = |norm: &Norm| size_of_val(&norm.weight[..]) + size_of_val(&norm.bias[..]);
        let linear = |linear: &Linear<W>| linear.weight.size() + size_of_val(&linear.bias[..]);
        let norms = self
            .layers
            .iter()
            .flat_map(|layer| [&layer.attention_norm, &layer.output_norm]);
        tables.map(W::table_size).iter().sum::<usize>()
            + norms.chain([&self.norm]).map(floats).sum::<usize>()
            + self.linears().into_values().map(linear).sum::<usize>()
    }

    /// The encoder with other forms of its tables and weights.
    pub(crate) fn try_map<V: Weight, E>(
        &self,
        table: impl Fn(&W::Table) -> V::Table,
        weight: impl Fn(&W) -> Result<V, E>,
    ) -> Result<EncoderWeights<V>, E> {
        let layers = self.layers.iter().map(|layer| layer.try_map(&weight));
        let pooler = self.pooler.as_ref().map(|pooler| pooler.try_map(&weight));
        Ok(EncoderWeights {
            config: self.config.clone(),
            words: table(&self.words),
            positions: table(&self.positions),
            types: table(&self.types),
            norm: self.norm.clone(),
            relative: self.relative.clone(),
            layers: layers.collect::<Result<_, E>>()?,
            pooler: pooler.transpose()?,
        })
    }

    pub(crate) fn linears(&self) -> BTreeMap<String, &Linear<W>> {
        let family = self.config.family;
        let layers = self.layers.iter().enumerate().flat_map(|(index, layer)| {
            Projection::ALL.map(|which| (family.path(index, which), layer.linear(which)))
        });
        let pooler = self.pooler.iter();
        layers
            .chain(pooler.map(|pooler| (family.pooler.to_owned(), pooler)))
            .collect()
    }

    pub(crate) fn linears_mut(&mut self) -> BTreeMap<String, &mut Linear<W>> {
        let family = self.config.family;
        let layers = self.layers.iter_mut().enumerate();
        let layers = layers.flat_map(|(index, layer)| {
            let linears = Projection::ALL.into_iter().zip(&mut layer.linears);
            linears.map(move |(which, linear)| (family.path(index, which), linear))
        });
        let pooler = self.pooler.iter_mut();
        layers
            .chain(pooler.map(|pooler| (family.pooler.to_owned(), pooler)))
            .collect()
    }
}
