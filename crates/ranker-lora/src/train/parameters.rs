//! The trained values: every factor of an adapter in one vector.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::family::Part;
use crate::{LoraAdapter, LoraConfig, LoraError, LoraLayer, Matrix};

/// Where the factors of one linear map lie among the trained values.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// A: `[rank, in]`
    pub(crate) a: Range<usize>,
    /// B: `[out, rank]`
    pub(crate) b: Range<usize>,
    pub(crate) rank: usize,
    /// s in y = W x + b + s · B (A x).
    pub(crate) scale: f32,
    shape: (usize, usize),
}

/// The order of an adapter's values in one vector, and which linear map each part belongs to.
#[derive(Debug)]
pub(crate) struct Slots {
    config: LoraConfig,
    by_path: BTreeMap<String, Slot>,
    /// The slots of every layer, in the order of [`Part::ALL`].
    layers: Vec<[Option<Slot>; 6]>,
    count: usize,
}

impl Slots {
    /// Lays the factors of `adapter` one after the other, by their paths; `path` names the parts of
    /// an encoder with `layers` layers.
    pub(crate) fn new(
        adapter: &LoraAdapter,
        layers: usize,
        path: impl Fn(usize, Part) -> String,
    ) -> Self {
        let mut count = 0;
        let mut next = |length: usize| {
            count += length;
            count - length..count
        };
        let by_path: BTreeMap<String, Slot> = adapter
            .layers()
            .iter()
            .map(|(path, layer)| {
                let slot = Slot {
                    a: next(layer.a().values().len()),
                    b: next(layer.b().values().len()),
                    rank: layer.rank(),
                    scale: adapter.config().scale_of(path) as f32,
                    shape: layer.shape(),
                };
                (path.clone(), slot)
            })
            .collect();
        let layers = (0..layers)
            .map(|layer| Part::ALL.map(|part| by_path.get(&path(layer, part)).cloned()))
            .collect();
        Self {
            config: adapter.config().clone(),
            by_path,
            layers,
            count,
        }
    }

    /// How many values are trained.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn config(&self) -> &LoraConfig {
        &self.config
    }

    pub(crate) fn get(&self, layer: usize, part: Part) -> Option<&Slot> {
        self.layers[layer][part as usize].as_ref()
    }

    /// The lowest layer that has a slot: no gradient is needed below it.
    pub(crate) fn lowest(&self) -> usize {
        let trained = |slots: &[Option<Slot>; 6]| slots.iter().any(Option::is_some);
        self.layers.iter().position(trained).unwrap_or(0)
    }

    /// Whether an embedding depends on any of the trained values.
    pub(crate) fn any_used(&self) -> bool {
        self.layers.iter().flatten().any(Option::is_some)
    }

    /// The values of an adapter with these slots.
    pub(crate) fn values_of(&self, adapter: &LoraAdapter) -> Vec<f32> {
        let mut values = Vec::with_capacity(self.count);
        for layer in adapter.layers().values() {
            values.extend_from_slice(layer.a().values());
            values.extend_from_slice(layer.b().values());
        }
        values
    }

    /// The adapter with these values.
    pub(crate) fn adapter(&self, values: &[f32]) -> Result<LoraAdapter, LoraError> {
        let mut layers = BTreeMap::new();
        for (path, slot) in &self.by_path {
            let (out, columns) = slot.shape;
            let a = Matrix::new(slot.rank, columns, values[slot.a.clone()].to_vec())?;
            let b = Matrix::new(out, slot.rank, values[slot.b.clone()].to_vec())?;
            layers.insert(path.clone(), LoraLayer::new(a, b)?);
        }
        LoraAdapter::new(self.config.clone(), layers)
    }

    /// Whether every B is still zero, as before training.
    pub(crate) fn untouched(&self, values: &[f32]) -> bool {
        let zero = |slot: &Slot| values[slot.b.clone()].iter().all(|&value| value == 0.0);
        self.by_path.values().all(zero)
    }
}
