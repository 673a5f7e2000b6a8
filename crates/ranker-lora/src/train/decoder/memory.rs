//! What training an adapter beside a decoder takes in memory, computed from the decoder's shape.

use super::super::chunk::chunk_tokens;
use super::super::pass::Activations;
use crate::decoder::{DecoderConfig, DecoderMap};
use crate::error::LoraError;
use crate::lora::LoraConfig;
use crate::nf4::Nf4Matrix;

/// Bytes of an `f32`.
const FLOAT: usize = 4;

/// Sizes of decoders may be such that products of them pass 64 bits.
type Wide = u128;

fn bytes(wide: Wide) -> u64 {
    u64::try_from(wide).unwrap_or(u64::MAX)
}

/// A step that is to be planned: [`DecoderConfig::training_memory`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct TrainingPlan {
    texts: usize,
    tokens: usize,
    quantized: bool,
    word_bytes: usize,
    activations: Activations,
    token_budget: usize,
    threads: usize,
}

impl TrainingPlan {
    /// So many texts a step, of so many tokens each; the linear maps and the table of words in `f32`, everything kept,
    /// and one thread.
    pub fn new(texts: usize, tokens: usize) -> Self {
        Self {
            texts,
            tokens,
            quantized: false,
            word_bytes: FLOAT,
            activations: Activations::Keep,
            token_budget: usize::MAX,
            threads: 1,
        }
    }

    /// With the linear maps in NF4, and the table of words in so many bytes a value, as its file has it: 2 for F16 and
    /// BF16, 4 for F32.
    pub fn quantized(mut self, word_bytes: usize) -> Self {
        self.quantized = true;
        self.word_bytes = word_bytes;
        self
    }

    /// What is kept of every layer, as for [`TrainerBuilder::activations`](crate::TrainerBuilder::activations).
    pub fn activations(mut self, activations: Activations) -> Self {
        self.activations = activations;
        self
    }

    /// Above so many tokens a step is computed in parts, as for
    /// [`TrainerBuilder::token_budget`](crate::TrainerBuilder::token_budget).
    pub fn token_budget(mut self, tokens: usize) -> Self {
        self.token_budget = tokens;
        self
    }

    /// On how many threads parts are computed.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }
}

/// The parts of a training's memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrainingMemory {
    /// The linear maps and normalisations.
    pub weights: u64,
    /// The table of words.
    pub words: u64,
    /// The adapter's values, as it starts and as it is.
    pub adapter: u64,
    /// AdamW's two moments.
    pub optimiser: u64,
    /// The gradient, and that of each part that is being computed.
    pub gradients: u64,
    /// What is kept from the way there to the way back.
    pub activations: u64,
    /// What the parts that are being computed have besides.
    pub work: u64,
}

impl TrainingMemory {
    /// All of it.
    pub fn total(&self) -> u64 {
        let Self {
            weights,
            words,
            adapter,
            optimiser,
            gradients,
            activations,
            work,
        } = self;
        let parts = [
            weights,
            words,
            adapter,
            optimiser,
            gradients,
            activations,
            work,
        ];
        let sum = |sum: u64, part: &u64| sum.saturating_add(*part);
        parts.into_iter().fold(0, sum)
    }
}

impl DecoderConfig {
    /// What training an adapter with this configuration takes in memory. It is what the vectors hold; the program
    /// itself, and what its memory allocator keeps beside them, come on top.
    ///
    /// ```no_run
    /// use ranker_lora::{Activations, DecoderConfig, LoraConfig, TrainingPlan};
    ///
    /// let mistral = DecoderConfig::read("e5-mistral-7b-instruct/config.json")?;
    /// let plan = TrainingPlan::new(32, 128).quantized(2).activations(Activations::Checkpoint);
    /// let memory = mistral.training_memory(&LoraConfig::new(16, 32.0, ["q_proj", "v_proj"])?, plan)?;
    /// println!("{:.1} GB", memory.total() as f64 / 1e9);
    /// # Ok::<(), ranker_lora::LoraError>(())
    /// ```
    ///
    /// # Errors
    /// [`LoraError::Setting`] for a step without tokens, or with more than the decoder's positions in a text.
    pub fn training_memory(
        &self,
        config: &LoraConfig,
        plan: TrainingPlan,
    ) -> Result<TrainingMemory, LoraError> {
        if plan.texts == 0 || plan.tokens == 0 || plan.tokens > self.positions {
            let value = format!("{} x {}", plan.texts, plan.tokens);
            let rule = "it must have texts, and texts tokens, no more than the decoder's positions";
            return Err(LoraError::setting("plan", value, rule));
        }
        let floats = |values: Wide| bytes(values.saturating_mul(FLOAT as Wide));
        let trained = self.trained(config);
        let all = plan.texts.saturating_mul(plan.tokens);
        let part = chunk_tokens(all, plan.tokens);
        let threads = plan.threads.min(all.div_ceil(part)) as Wide;
        let (all, part) = (all as Wide, part as Wide);
        let kept = match all > plan.token_budget as Wide {
            true => part * threads,
            false => all,
        };
        let (whole, layers, hidden) = (self.kept(), self.layers as Wide, self.hidden as Wide);
        let (stored, recomputed) = match plan.activations {
            Activations::Keep => (layers * whole, 0),
            Activations::Checkpoint => (layers * hidden, whole),
        };
        let tokens = plan.tokens as Wide;
        let work = part * (recomputed + self.besides()) + 2 * tokens * tokens;
        let words = self.vocabulary as Wide * hidden * plan.word_bytes as Wide;
        Ok(TrainingMemory {
            weights: bytes(self.weights(plan.quantized)),
            words: bytes(words),
            adapter: floats(2 * trained),
            optimiser: floats(2 * trained),
            gradients: floats(trained.saturating_mul(1 + threads)),
            // Once more behind the last layer.
            activations: floats(kept * (stored + hidden)),
            work: floats(threads * work),
        })
    }

    fn weights(&self, quantized: bool) -> Wide {
        let map = |which: DecoderMap| {
            let (out, columns) = self.shape(which);
            let bias = if self.has_bias(which) { out } else { 0 };
            let weight = match quantized {
                true => Nf4Matrix::bytes_of(out * columns),
                false => FLOAT * out * columns,
            };
            weight + FLOAT * bias
        };
        let heads = if self.head_norms { 2 * self.head } else { 0 };
        let norms = FLOAT * (2 * self.hidden + heads);
        let layer = DecoderMap::ALL.into_iter().map(map).sum::<usize>() + norms;
        self.layers as Wide * layer as Wide + (FLOAT * self.hidden) as Wide
    }

    /// How many values an adapter has.
    fn trained(&self, config: &LoraConfig) -> Wide {
        let layers = 0..self.layers;
        let maps = layers.flat_map(|layer| DecoderMap::ALL.map(|which| (which.path(layer), which)));
        let targeted = maps.filter(|(path, _)| config.targets(path));
        let values = targeted.map(|(path, which)| {
            let (out, columns) = self.shape(which);
            let magnitude = if config.is_dora() { out } else { 0 };
            config.rank_of(&path) as Wide * (out + columns) as Wide + magnitude as Wide
        });
        values.sum()
    }

    /// How many numbers the forward pass over a layer keeps of a token ([`KeptLayer`](super::layer::KeptLayer)).
    fn kept(&self) -> Wide {
        let (queries, keys) = (self.heads * self.head, self.key_heads * self.head);
        2 * (queries + keys + self.hidden + self.intermediate) as Wide
    }

    /// How many numbers the backward pass over a layer has of a token at its fullest, which is the feed-forward part: the
    /// layer's input and the gradient of its output, its own input and the gradient of that, and three of the inner width.
    fn besides(&self) -> Wide {
        (4 * self.hidden + 3 * self.intermediate) as Wide
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::Weight;
    use crate::{Decoder, DecoderWeights};

    fn read<W: Weight>(of: impl Fn(&Decoder) -> DecoderWeights<W>) -> Vec<(usize, DecoderConfig)> {
        let shapes = ["llama", "mistral", "qwen2", "qwen3"].map(|shape| {
            let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/decoders");
            let decoder = of(&Decoder::read(format!("{golden}/{shape}")).unwrap());
            (decoder.bytes(), decoder.config().clone())
        });
        shapes.to_vec()
    }

    #[test]
    fn weights_take_what_they_are_said_to() {
        let config = LoraConfig::new(2, 2.0, ["q_proj"]).unwrap();
        let check = |(bytes, shape): (usize, DecoderConfig), plan: TrainingPlan| {
            let memory = shape.training_memory(&config, plan).unwrap();
            assert_eq!(memory.weights + memory.words, bytes as u64);
        };
        let plan = TrainingPlan::new(2, 3);
        let full = read(Decoder::clone).into_iter();
        full.for_each(|shape| check(shape, plan));
        let small = read(|decoder| decoder.quantize().unwrap()).into_iter();
        small.for_each(|shape| check(shape, plan.quantized(4)));
    }

    #[test]
    fn memory_of_no_size_is_past_counting() {
        let (_, mut shape) = read(Decoder::clone).remove(0);
        let config = LoraConfig::new(usize::MAX, 2.0, ["q_proj"]).unwrap();
        (shape.hidden, shape.intermediate, shape.layers) = (1 << 24, 1 << 24, 1000);
        let plan = TrainingPlan::new(usize::MAX, 64).threads(usize::MAX);
        let memory = shape.training_memory(&config, plan).unwrap();
        assert_eq!(memory.total(), u64::MAX);
    }

    #[test]
    fn a_step_without_tokens_or_beyond_the_positions_is_refused() {
        let config = LoraConfig::new(2, 2.0, ["q_proj"]).unwrap();
        let (_, shape) = read(Decoder::clone).remove(0);
        for plan in [(0, 1), (1, 0), (1, 65)] {
            let plan = TrainingPlan::new(plan.0, plan.1);
            assert!(shape.training_memory(&config, plan).is_err());
        }
    }
}
