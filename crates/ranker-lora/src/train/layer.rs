//! One layer of a BERT-like encoder, forward and backward.

use std::ops::Range;

use ranker_folder::Projection;

use super::attention::{Heads, Three};
use super::linear::Linear;
use super::lowrank::Slopes;
use super::norm::TrainedNorm;
use super::parameters::LayerSlots;
use super::pass::Ready;
use crate::encoder::EncoderBase;
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
    pub(crate) base: EncoderBase<'p>,
    pub(crate) index: usize,
    pub(crate) slots: &'p LayerSlots,
    /// Whether anything is trained below this layer, so that the gradient of its input is needed.
    pub(crate) below: bool,
    pub(crate) pass: Ready<'p>,
    pub(crate) heads: Heads<'p>,
    pub(crate) epsilon: f32,
    pub(crate) texts: &'p [Range<usize>],
    /// How many tokens of the batch come before these.
    pub(crate) first: usize,
}

/// The maps that read a layer's input.
const INPUTS: Three<Projection> = [Projection::Query, Projection::Key, Projection::Value];

impl<'p> LayerPass<'p> {
    fn linear(&self, projection: Projection) -> Linear<'p> {
        let number = (self.index * Projection::ALL.len() + projection as usize) as u64;
        Linear {
            frozen: self.base.linear(self.index, projection),
            slot: self.slots.linear(projection as usize),
            values: self.pass.values,
            norms: self.pass.norms,
            dropout: self.pass.dropout.map(|dropout| dropout.part(number)),
            first: self.first,
        }
    }

    fn attention_norm(&self) -> TrainedNorm<'p> {
        let [norm, _] = self.base.layer_norms(self.index);
        TrainedNorm::new(norm, self.slots.norm(0), self.pass.values)
    }

    pub(crate) fn output_norm(&self) -> TrainedNorm<'p> {
        let [_, norm] = self.base.layer_norms(self.index);
        TrainedNorm::new(norm, self.slots.norm(1), self.pass.values)
    }

    fn normed(&self, rows: Vec<f32>) -> Normed {
        let mut normed = Normed::default();
        normed.keep(rows, self.heads.width(), self.epsilon);
        normed
    }

    pub(crate) fn forward(&self, input: Vec<f32>) -> KeptLayer {
        let rows = INPUTS.map(|which| self.linear(which).forward(&input, None));
        let context = self.heads.forward(&rows, self.texts);
        let joined = self
            .linear(Projection::Output)
            .forward(&context, Some(input));
        let attended = self.normed(joined);
        let middle = attended.scaled(self.attention_norm().affine);
        let up = self.linear(Projection::Up).forward(&middle, None);
        let mut active = vec![0.0; up.len()];
        gelu(&mut active, &up);
        let down = self.linear(Projection::Down).forward(&active, Some(middle));
        KeptLayer {
            rows,
            context,
            attended,
            up,
            output: self.normed(down),
        }
    }

    /// Adds to the gradient of the trained values, and turns that of the output into that of the
    /// input, which is left empty where nothing below is trained.
    pub(crate) fn backward(
        &self,
        input: &[f32],
        kept: &KeptLayer,
        mut rows: Vec<f32>,
        gradient: &mut [f32],
    ) -> Vec<f32> {
        self.output_norm()
            .backward(&kept.output, &mut rows, gradient);
        rows = self.feed_forward(kept, rows, gradient);
        self.attention_norm()
            .backward(&kept.attended, &mut rows, gradient);
        let mut context = vec![0.0; rows.len()];
        let slopes = Slopes {
            x: &kept.context,
            dy: &rows,
        };
        let output = self.linear(Projection::Output);
        output.backward(slopes, Some(&mut context), gradient);
        let three = self.heads.backward(&kept.rows, &context, self.texts);
        for (which, dy) in INPUTS.into_iter().zip(&three) {
            let dx = self.below.then_some(&mut rows[..]);
            let slopes = Slopes { x: input, dy };
            self.linear(which).backward(slopes, dx, gradient);
        }
        if self.below { rows } else { Vec::new() }
    }

    /// From the gradient of the second sum to that of the first normalisation's output.
    fn feed_forward(&self, kept: &KeptLayer, mut rows: Vec<f32>, gradient: &mut [f32]) -> Vec<f32> {
        let mut active = vec![0.0; kept.up.len()];
        gelu(&mut active, &kept.up);
        let mut up = vec![0.0; kept.up.len()];
        let slopes = Slopes {
            x: &active,
            dy: &rows,
        };
        let down = self.linear(Projection::Down);
        down.backward(slopes, Some(&mut up), gradient);
        gelu_backward(&mut up, &kept.up);
        let middle = kept.attended.scaled(self.attention_norm().affine);
        let slopes = Slopes {
            x: &middle,
            dy: &up,
        };
        self.linear(Projection::Up)
            .backward(slopes, Some(&mut rows), gradient);
        rows
    }
}
