//! The trained values: all that the optimiser changes, in one vector, and where each part belongs.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::Paths;
use crate::encoder::{LORA_A, LORA_B, MAGNITUDE, bias, weight};
use crate::lora::LoraAdapter;

/// The name of a cross-encoder's head, whose values belong together.
pub(crate) const HEAD: &str = "head";

/// Where the trained values of one linear map lie. What is not trained is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    /// W: `[out, in]`
    pub(crate) weight: Option<Range<usize>>,
    /// b: `[out]`
    pub(crate) bias: Option<Range<usize>>,
    pub(crate) factors: Option<Factors>,
}

/// Where the factors of one linear map lie.
#[derive(Clone, Debug)]
pub(crate) struct Factors {
    /// A: `[rank, in]`
    pub(crate) a: Range<usize>,
    /// B: `[out, rank]`
    pub(crate) b: Range<usize>,
    pub(crate) rank: usize,
    /// s in y = W x + b + s · B (A x).
    pub(crate) scale: f32,
    pub(crate) magnitude: Option<Magnitude>,
}

/// A linear map that has factors, by its number in its layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdaptedMap<'s> {
    pub(crate) layer: usize,
    pub(crate) number: usize,
    pub(crate) factors: &'s Factors,
}

/// Where the magnitudes of a DoRA layer lie: `[out]` each.
#[derive(Clone, Debug)]
pub(crate) struct Magnitude {
    pub(crate) values: Range<usize>,
    /// The norms of the rows of W + s · B A, in a vector of their own.
    pub(crate) norms: Range<usize>,
}

/// Where the scale and shift of a norm lie.
#[derive(Clone, Debug, Default)]
pub(crate) struct NormSlot {
    pub(crate) weight: Option<Range<usize>>,
    pub(crate) bias: Option<Range<usize>>,
}

/// One transformer layer, in the order of [`LayerPaths`](crate::base::LayerPaths).
#[derive(Clone, Debug)]
pub(crate) struct LayerSlots {
    linears: Vec<Slot>,
    norms: Vec<NormSlot>,
}

/// The order of all trained values.
#[derive(Debug)]
pub(crate) struct Slots {
    by_name: BTreeMap<String, Range<usize>>,
    pub(crate) layers: Vec<LayerSlots>,
    /// Of the embedding tables.
    pub(crate) norm: NormSlot,
    pub(crate) positions: Option<Range<usize>>,
    pub(crate) types: Option<Range<usize>>,
    /// The last values of all, so that a part of a batch, which has a gradient for few words, can
    /// do without them.
    pub(crate) words: Option<Range<usize>>,
    count: usize,
    norms: usize,
}

impl NormSlot {
    fn is_empty(&self) -> bool {
        self.weight.is_none() && self.bias.is_none()
    }
}

impl Slot {
    fn is_empty(&self) -> bool {
        self.weight.is_none() && self.bias.is_none() && self.factors.is_none()
    }
}

impl LayerSlots {
    pub(crate) fn linear(&self, number: usize) -> &Slot {
        &self.linears[number]
    }

    pub(crate) fn norm(&self, number: usize) -> &NormSlot {
        &self.norms[number]
    }

    fn is_empty(&self) -> bool {
        self.linears.iter().all(Slot::is_empty) && self.norms.iter().all(NormSlot::is_empty)
    }
}

impl Slots {
    /// Lays tensors of these sizes one after the other, as far as embeddings depend on them; of an
    /// adapter, with its ranks and scales.
    pub(crate) fn new(
        sizes: BTreeMap<String, usize>,
        adapter: Option<&LoraAdapter>,
        paths: &Paths,
    ) -> Self {
        let mut layout = Layout {
            sizes,
            adapter,
            by_name: BTreeMap::new(),
            count: 0,
            norms: 0,
        };
        let norm = paths.norm.map(|path| layout.norm(path)).unwrap_or_default();
        let mut table = |path: Option<&str>| path.and_then(|path| layout.take(weight(path)));
        let (positions, types) = (table(paths.positions), table(paths.types));
        let layers = paths.layers.iter().map(|layer| LayerSlots {
            linears: layer
                .linears
                .iter()
                .map(|path| layout.linear(path))
                .collect(),
            norms: layer.norms.iter().map(|path| layout.norm(path)).collect(),
        });
        let layers = layers.collect();
        let words = paths.words.and_then(|path| layout.take(weight(path)));
        Self {
            by_name: layout.by_name,
            layers,
            norm,
            positions,
            types,
            words,
            count: layout.count,
            norms: layout.norms,
        }
    }

    /// Lays further values behind all others, where words are not trained.
    pub(crate) fn append(&mut self, name: &str, length: usize) -> Range<usize> {
        debug_assert!(self.words.is_none());
        let range = self.count..self.count + length;
        self.count = range.end;
        self.by_name.insert(name.to_owned(), range.clone());
        range
    }

    /// How many values are trained.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// How many of them are not of the table of words.
    pub(crate) fn dense(&self) -> usize {
        self.words.as_ref().map_or(self.count, |words| words.start)
    }

    /// How many rows have a magnitude.
    pub(crate) fn norms(&self) -> usize {
        self.norms
    }

    /// The values of every trained tensor, by its name.
    pub(crate) fn by_name(&self) -> &BTreeMap<String, Range<usize>> {
        &self.by_name
    }

    /// The lowest layer whose gradient is needed, and whether the tables' is.
    pub(crate) fn lowest(&self) -> (usize, bool) {
        let tables = [&self.words, &self.positions, &self.types];
        if !self.norm.is_empty() || tables.iter().any(|table| table.is_some()) {
            return (0, true);
        }
        let trained = |layer: &LayerSlots| !layer.is_empty();
        (self.layers.iter().position(trained).unwrap_or(0), false)
    }

    /// The factors of all linear maps.
    pub(crate) fn factors(&self) -> impl Iterator<Item = AdaptedMap<'_>> {
        let layers = self.layers.iter().enumerate();
        layers.flat_map(|(layer, slots)| {
            let linears = slots.linears.iter().enumerate();
            linears.filter_map(move |(number, slot)| {
                Some(AdaptedMap {
                    layer,
                    number,
                    factors: slot.factors.as_ref()?,
                })
            })
        })
    }

    /// Whether `values` compute the same as `neutral`, which leave the encoder as it is.
    pub(crate) fn untouched(&self, values: &[f32], neutral: &[f32]) -> bool {
        let zero = |range: &Range<usize>| values[range.clone()].iter().all(|&value| value == 0.0);
        // While B is zero, A does not matter; a head can learn above an encoder that does not.
        let idle = |name: &str| name.ends_with(LORA_A) || name == HEAD;
        self.by_name.iter().all(|(name, range)| {
            idle(name)
                || (name.ends_with(LORA_B) && zero(range))
                || values[range.clone()] == neutral[range.clone()]
        })
    }
}

/// Slots in the making.
struct Layout<'s> {
    /// Of the tensors that could be trained.
    sizes: BTreeMap<String, usize>,
    adapter: Option<&'s LoraAdapter>,
    by_name: BTreeMap<String, Range<usize>>,
    count: usize,
    norms: usize,
}

impl Layout<'_> {
    fn take(&mut self, name: String) -> Option<Range<usize>> {
        let range = self.count..self.count + self.sizes.get(&name)?;
        self.count = range.end;
        self.by_name.insert(name, range.clone());
        Some(range)
    }

    fn norm(&mut self, path: &str) -> NormSlot {
        NormSlot {
            weight: self.take(weight(path)),
            bias: self.take(bias(path)),
        }
    }

    fn linear(&mut self, path: &str) -> Slot {
        Slot {
            weight: self.take(weight(path)),
            bias: self.take(bias(path)),
            factors: self.factors(path),
        }
    }

    fn factors(&mut self, path: &str) -> Option<Factors> {
        let adapter = self.adapter?;
        let layer = adapter.layers().get(path)?;
        Some(Factors {
            a: self.take(format!("{path}{LORA_A}"))?,
            b: self.take(format!("{path}{LORA_B}"))?,
            rank: layer.rank(),
            scale: adapter.config().scale_of(path) as f32,
            magnitude: self.magnitude(path),
        })
    }

    fn magnitude(&mut self, path: &str) -> Option<Magnitude> {
        let values = self.take(format!("{path}{MAGNITUDE}"))?;
        let norms = self.norms..self.norms + values.len();
        self.norms = norms.end;
        Some(Magnitude { values, norms })
    }
}
