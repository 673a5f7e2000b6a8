//! The weights of a decoder.

use std::collections::BTreeMap;

use super::config::DecoderConfig;
use super::maps::{self, DecoderMap, HEAD_NORMS, NORM, NORMS, WORDS};
use crate::encoder::{Linear, Rows as _, Weight, weight};
use crate::matrix::Matrix;
use crate::nf4::Nf4Matrix;

/// A decoder in memory: its sizes and all its weights but those of the words to come, with the linear maps in
/// the form `W`. Use it as [`Decoder`] or [`QuantizedDecoder`].
///
/// Rotary positions, normalisation by the root of the mean square, gated feed-forward with SiLU, heads that may
/// share keys and values: what Llama (Touvron et al. 2023, <https://arxiv.org/abs/2307.09288>), Mistral (Jiang et al. 2023,
/// <https://arxiv.org/abs/2310.06825>) and Qwen share. Of Qwen2 the biases, of Qwen3 the normalised queries and keys.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderWeights<W: Weight> {
    pub(crate) config: DecoderConfig,
    /// `[vocabulary, hidden]`
    pub(crate) words: W::Table,
    pub(crate) layers: Vec<DecoderLayer<W>>,
    /// The scale of the last normalisation: `[hidden]`
    pub(crate) norm: Vec<f32>,
}

/// A decoder with all its weights as `f32`.
///
/// ```no_run
/// use ranker_lora::{Decoder, Precision};
///
/// let decoder = Decoder::read("Qwen3-Embedding-0.6B")?;
/// println!("{} layers", decoder.config().layers());
/// let onnx: Vec<u8> = decoder.to_onnx(Precision::Int8)?;
/// # Ok::<(), ranker_lora::LoraError>(())
/// ```
pub type Decoder = DecoderWeights<Matrix>;

/// A decoder whose linear maps are in NF4 ([`Nf4Matrix`]): the base of QLoRA. Everything else is as in its
/// file. An adapter that was trained beside it is merged into [`QuantizedDecoder::dequantize`], or into the original.
///
/// ```no_run
/// use ranker_lora::{LoraConfig, Loss, QuantizedDecoder, Task, TextTokenizer, Trainer, read_pairs};
///
/// let decoder = QuantizedDecoder::read("e5-mistral-7b-instruct")?;
/// let tokenizer = TextTokenizer::read("e5-mistral-7b-instruct")?.with_max_tokens(256)?;
/// let pairs = tokenizer.pairs(&read_pairs("pairs.jsonl")?)?;
/// let config = LoraConfig::new(16, 32.0, ["q_proj", "v_proj"])?;
/// let trainer = Trainer::builder(&decoder, config)
///     .task(Task::new(pairs, Loss::Symmetric))
///     .pooling(tokenizer.pooling())
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type QuantizedDecoder = DecoderWeights<Nf4Matrix>;

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DecoderLayer<W = Matrix> {
    /// In the order of [`DecoderMap::ALL`].
    pub(crate) maps: [Linear<W>; 7],
    /// The scales of the normalisations before the attention and before the feed-forward network: `[hidden]`
    /// each.
    pub(crate) norms: [Vec<f32>; 2],
    /// Those of each head's queries and keys: `[head]` each.
    pub(crate) head_norms: Option<[Vec<f32>; 2]>,
}

impl<W> DecoderLayer<W> {
    pub(crate) fn map(&self, map: DecoderMap) -> &Linear<W> {
        &self.maps[map as usize]
    }

    /// The layer with another form of its weights.
    fn try_map<V, E>(&self, form: &impl Fn(&W) -> Result<V, E>) -> Result<DecoderLayer<V>, E> {
        Ok(DecoderLayer {
            maps: each_map(|map| self.map(map).try_map(form))?,
            norms: self.norms.clone(),
            head_norms: self.head_norms.clone(),
        })
    }
}

/// An array of what `make` gives for each map, in the order of [`DecoderMap::ALL`].
pub(super) fn each_map<T, E>(
    mut make: impl FnMut(DecoderMap) -> Result<T, E>,
) -> Result<[T; 7], E> {
    let [query, key, value, output, gate, up, down] = DecoderMap::ALL;
    Ok([
        make(query)?,
        make(key)?,
        make(value)?,
        make(output)?,
        make(gate)?,
        make(up)?,
        make(down)?,
    ])
}

impl<W: Weight> DecoderWeights<W> {
    /// The decoder's sizes.
    pub fn config(&self) -> &DecoderConfig {
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
        let norms = self.vectors().into_iter();
        let linears = self.linears().into_values();
        let linear = |linear: &Linear<W>| linear.weight.size() + size_of_val(&linear.bias[..]);
        W::table_size(&self.words)
            + norms.map(|(_, values)| size_of_val(values)).sum::<usize>()
            + linears.map(linear).sum::<usize>()
    }

    /// The decoder with other forms of its table and weights.
    pub(super) fn try_map<V: Weight, E>(
        &self,
        table: impl Fn(&W::Table) -> V::Table,
        form: impl Fn(&W) -> Result<V, E>,
    ) -> Result<DecoderWeights<V>, E> {
        let layers = self.layers.iter().map(|layer| layer.try_map(&form));
        Ok(DecoderWeights {
            config: self.config.clone(),
            words: table(&self.words),
            layers: layers.collect::<Result<_, E>>()?,
            norm: self.norm.clone(),
        })
    }

    /// The scales of all normalisations, by their paths.
    pub(super) fn vectors(&self) -> Vec<(String, &[f32])> {
        let mut all = vec![(NORM.to_owned(), &self.norm[..])];
        for (index, layer) in self.layers.iter().enumerate() {
            let own = NORMS.iter().zip(&layer.norms);
            let heads = HEAD_NORMS.iter().zip(layer.head_norms.iter().flatten());
            let named = |(name, values): (&&str, _)| (maps::of_layer(index, name), values);
            all.extend(own.chain(heads).map(named).map(|(path, v)| (path, &v[..])));
        }
        all
    }

    /// Every tensor that is kept as `f32`.
    pub(crate) fn tensors(&self) -> Vec<(String, &[f32])> {
        let words = self.words.values().map(|values| (weight(WORDS), values));
        let mut all: Vec<_> = words.into_iter().collect();
        let norms = self.vectors().into_iter();
        all.extend(norms.map(|(path, values)| (weight(&path), values)));
        for (path, linear) in self.linears() {
            all.extend(linear.tensors(&path));
        }
        all
    }

    pub(crate) fn linears(&self) -> BTreeMap<String, &Linear<W>> {
        let layers = self.layers.iter().enumerate().flat_map(|(index, layer)| {
            DecoderMap::ALL.map(|which| (which.path(index), layer.map(which)))
        });
        layers.collect()
    }

    pub(crate) fn linears_mut(&mut self) -> BTreeMap<String, &mut Linear<W>> {
        let layers = self.layers.iter_mut().enumerate();
        let layers = layers.flat_map(|(index, layer)| {
            let maps = DecoderMap::ALL.into_iter().zip(&mut layer.maps);
            maps.map(move |(which, linear)| (which.path(index), linear))
        });
        layers.collect()
    }
}
