//! One transformer layer, forward and backward.

use std::ops::Range;

use super::attention::{Heads, Three};
use super::frozen::FrozenLayer;
use super::linear::Linear;
use super::model::Ready;
use super::norm::TrainedNorm;
use super::parameters::LayerSlots;
use crate::family::Part;
use crate::kernel::activation::{gelu, gelu_backward};
use crate::kernel::norm::Normed;

/// What a layer's forward pass keeps: ten numbers for each of the hidden size and token. Whatever
/// follows from these by cheap arithmetic is computed again.
#[derive(Debug)]
pub(crate) struct KeptLayer {
    /// Queries, keys and values.
    rows: Three<Vec<f32>>,
    context: Vec<f32>,
    attended: Normed,
    /// Before GELU.
    up: Vec<f32>,
    output: Normed,
}

impl KeptLayer {
    /// What the layer hands on.
    pub(crate) fn output(&self, norm: TrainedNorm<'_>) -> Vec<f32> {
        self.output.scaled(norm.affine)
    }
}

/// One layer and the texts that go through it.
pub(crate) struct LayerPass<'p> {
    pub(crate) layer: &'p FrozenLayer<'p>,
    pub(crate) slots: &'p LayerSlots,
    pub(crate) index: usize,
    pub(crate) pass: Ready<'p>,
    pub(crate) heads: Heads<'p>,
    pub(crate) epsilon: f32,
    pub(crate) texts: &'p [Range<usize>],
    /// How many tokens of the batch come before these.
    pub(crate) first: usize,
}

/// The maps that read a layer's input.
const INPUTS: Three<Part> = [Part::Query, Part::Key, Part::Value];

impl<'p> LayerPass<'p> {
    fn linear(&self, part: Part) -> Linear<'p> {
        let number = (self.index * Part::ALL.len() + part as usize) as u64;
        Linear {
            weight: self.layer.weight(part),
            bias: self.layer.bias(part),
            slot: self.slots.part(part),
            values: self.pass.values,
            norms: self.pass.norms,
            dropout: self.pass.dropout.map(|dropout| dropout.part(number)),
            first: self.first,
        }
    }

    fn attention_norm(&self) -> TrainedNorm<'p> {
        let norm = self.layer.attention_norm();
        TrainedNorm::new(norm, &self.slots.attention_norm, self.pass.values)
    }

    pub(crate) fn output_norm(&self) -> TrainedNorm<'p> {
        let norm = self.layer.output_norm();
        TrainedNorm::new(norm, &self.slots.output_norm, self.pass.values)
    }

    fn normed(&self, rows: Vec<f32>) -> Normed {
        let mut normed = Normed::default();
        normed.keep(rows, (self.heads.width(), self.epsilon));
        normed
    }

    pub(crate) fn forward(&self, input: Vec<f32>) -> KeptLayer {
        let rows = INPUTS.map(|part| self.linear(part).forward(&input, None));
        let context = self.heads.forward(&rows, self.texts);
        let joined = self.linear(Part::Join).forward(&context, Some(input));
        let attended = self.normed(joined);
        let middle = attended.scaled(self.attention_norm().affine);
        let up = self.linear(Part::Up).forward(&middle, None);
        let mut active = vec![0.0; up.len()];
        gelu(&mut active, &up);
        let down = self.linear(Part::Down).forward(&active, Some(middle));
        KeptLayer {
            rows,
            context,
            attended,
            up,
            output: self.normed(down),
        }
    }

    /// Adds to the gradient of the trained values, and turns that of the output into that of the
    /// input, which is left empty where nobody needs it.
    pub(crate) fn backward(
        &self,
        (input, kept): (&[f32], &KeptLayer),
        (mut rows, below): (Vec<f32>, bool),
        gradient: &mut [f32],
    ) -> Vec<f32> {
        self.output_norm()
            .backward(&kept.output, &mut rows, gradient);
        rows = self.feed_forward(kept, rows, gradient);
        self.attention_norm()
            .backward(&kept.attended, &mut rows, gradient);
        let mut context = vec![0.0; rows.len()];
        let known = (&kept.context[..], &rows[..]);
        let join = self.linear(Part::Join);
        join.backward(known, Some(&mut context), gradient);
        let three = self.heads.backward(&kept.rows, &context, self.texts);
        for (part, dy) in INPUTS.into_iter().zip(&three) {
            let dx = below.then_some(&mut rows[..]);
            self.linear(part).backward((input, dy), dx, gradient);
        }
        if below { rows } else { Vec::new() }
    }

    /// From the gradient of the second sum to that of the first normalisation's output.
    fn feed_forward(&self, kept: &KeptLayer, mut rows: Vec<f32>, gradient: &mut [f32]) -> Vec<f32> {
        let mut active = vec![0.0; kept.up.len()];
        gelu(&mut active, &kept.up);
        let mut up = vec![0.0; kept.up.len()];
        let down = self.linear(Part::Down);
        down.backward((&active, &rows), Some(&mut up), gradient);
        gelu_backward(&mut up, &kept.up);
        let middle = kept.attended.scaled(self.attention_norm().affine);
        let known = (&middle[..], &up[..]);
        self.linear(Part::Up)
            .backward(known, Some(&mut rows), gradient);
        rows
    }
}
