//! One layer of a decoder, forward and backward.

use std::ops::Range;

use super::attention::{Heads, Three};
use super::rotary::{Rotary, Way};
use crate::decoder::{DecoderBase, DecoderMap, Scales};
use crate::kernel::activation::{gated, gated_backward};
use crate::kernel::rms::Rms;
use crate::train::architecture::Part;
use crate::train::linear::Linear;
use crate::train::lowrank::Slopes;

/// What a layer's forward pass keeps, for each token: three numbers for each of the hidden size, two for each of the
/// feed-forward part's, and one for each component of keys and values. Whatever follows from these, and from the
/// layer's input, by cheap arithmetic is computed again.
#[derive(Debug)]
pub(crate) struct KeptLayer {
    /// Queries, keys and values as the linear maps give them.
    rows: Three,
    context: Vec<f32>,
    /// Behind the attention.
    middle: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    output: Vec<f32>,
}

impl KeptLayer {
    /// What the layer hands on.
    pub(super) fn output(&self) -> &[f32] {
        &self.output
    }
}

/// One layer and the texts that go through it.
pub(super) struct LayerPass<'p> {
    base: DecoderBase<'p>,
    part: Part<'p>,
    index: usize,
    scales: Scales<'p>,
    heads: Heads,
}

/// The maps that read a layer's input.
const INPUTS: [DecoderMap; 3] = [DecoderMap::Query, DecoderMap::Key, DecoderMap::Value];

impl<'p> LayerPass<'p> {
    pub(super) fn new(base: DecoderBase<'p>, part: Part<'p>, index: usize) -> Self {
        let config = base.config();
        Self {
            base,
            part,
            index,
            scales: base.scales(index),
            heads: Heads {
                queries: config.heads,
                keys: config.key_heads,
                size: config.head,
            },
        }
    }

    fn linear(&self, map: DecoderMap) -> Linear<'p> {
        let pass = self.part.pass;
        let number = (self.index * DecoderMap::ALL.len() + map as usize) as u64;
        Linear {
            frozen: self.base.map(self.index, map as usize),
            slot: self.part.slots.layers[self.index].linear(map as usize),
            values: pass.values,
            norms: pass.norms,
            dropout: pass.dropout.map(|dropout| dropout.part(number)),
            first: self.part.chunk.first,
        }
    }

    fn norm(&self, weight: &'p [f32]) -> Rms<'p> {
        Rms {
            weight,
            epsilon: self.base.config().epsilon as f32,
        }
    }

    fn texts(&self) -> &'p [Range<usize>] {
        &self.part.chunk.ranges
    }

    fn rotary(&self) -> Rotary {
        let longest = self.texts().iter().map(ExactSizeIterator::len).max();
        Rotary::new(&self.base.config().turns(), longest.unwrap_or(0))
    }

    /// How many columns queries and keys have.
    fn widths(&self) -> [usize; 2] {
        [self.heads.queries, self.heads.keys].map(|heads| heads * self.heads.size)
    }

    /// Queries and keys, normalised where they are, and turned by their positions; values as they are.
    fn placed(&self, rows: &Three, rotary: &Rotary) -> Three {
        let [query, key, value] = rows;
        let mut placed = [(query, 0), (key, 1)].map(|(rows, which)| match self.scales.heads {
            Some(scales) => self.norm(scales[which]).forward(rows),
            None => rows.clone(),
        });
        for (rows, width) in placed.iter_mut().zip(self.widths()) {
            rotary.turn(rows, width, self.texts(), Way::There);
        }
        let [query, key] = placed;
        [query, key, value.clone()]
    }

    pub(super) fn forward(&self, input: Vec<f32>) -> KeptLayer {
        let read = self.norm(self.scales.attention).forward(&input);
        let rows = INPUTS.map(|which| self.linear(which).forward(&read, None));
        let placed = self.placed(&rows, &self.rotary());
        let context = self.heads.forward(&placed, self.texts());
        let output = self.linear(DecoderMap::Output);
        let middle = output.forward(&context, Some(input));
        let read = self.norm(self.scales.forward).forward(&middle);
        let [gate, up] =
            [DecoderMap::Gate, DecoderMap::Up].map(|which| self.linear(which).forward(&read, None));
        let mut active = vec![0.0; up.len()];
        gated(&mut active, &gate, &up);
        let down = self.linear(DecoderMap::Down);
        let output = down.forward(&active, Some(middle.clone()));
        KeptLayer {
            rows,
            context,
            middle,
            gate,
            up,
            output,
        }
    }

    /// Adds to the gradient of the trained values, and turns that of the output into that of the
    /// input, which is left empty where nothing below is trained.
    pub(super) fn backward(
        &self,
        (input, kept): (&[f32], &KeptLayer),
        rows: Vec<f32>,
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let rows = self.feed_forward(kept, rows, gradient);
        let mut context = vec![0.0; kept.context.len()];
        let slopes = Slopes {
            x: &kept.context,
            dy: &rows,
        };
        let output = self.linear(DecoderMap::Output);
        output.backward(slopes, Some(&mut context), gradient);
        let three = self.attention(kept, &context);
        let norm = self.norm(self.scales.attention);
        let read = norm.forward(input);
        let below = self.part.below(self.index);
        let mut inner = vec![0.0; if below { rows.len() } else { 0 }];
        for (which, dy) in INPUTS.into_iter().zip(&three) {
            let dx = below.then_some(&mut inner[..]);
            let slopes = Slopes { x: &read, dy };
            self.linear(which).backward(slopes, dx, gradient);
        }
        if !below {
            return Vec::new();
        }
        norm.backward(input, &mut inner);
        added(rows, &inner)
    }

    /// From the gradient of the context to those of what the maps of queries, keys and values gave.
    fn attention(&self, kept: &KeptLayer, context: &[f32]) -> Three {
        let rotary = self.rotary();
        let placed = self.placed(&kept.rows, &rotary);
        let mut three = self.heads.backward(&placed, context, self.texts());
        for (which, width) in self.widths().into_iter().enumerate() {
            rotary.turn(&mut three[which], width, self.texts(), Way::Back);
            if let Some(scales) = self.scales.heads {
                self.norm(scales[which])
                    .backward(&kept.rows[which], &mut three[which]);
            }
        }
        three
    }

    /// From the gradient of the output to that of what came out of the attention.
    fn feed_forward(&self, kept: &KeptLayer, rows: Vec<f32>, gradient: &mut [f32]) -> Vec<f32> {
        let mut active = vec![0.0; kept.up.len()];
        gated(&mut active, &kept.gate, &kept.up);
        let mut up = vec![0.0; kept.up.len()];
        let slopes = Slopes {
            x: &active,
            dy: &rows,
        };
        let down = self.linear(DecoderMap::Down);
        down.backward(slopes, Some(&mut up), gradient);
        let gate = gated_backward(&mut up, &kept.gate, &kept.up);
        let norm = self.norm(self.scales.forward);
        let read = norm.forward(&kept.middle);
        let mut inner = vec![0.0; rows.len()];
        for (which, dy) in [(DecoderMap::Gate, &gate), (DecoderMap::Up, &up)] {
            let slopes = Slopes { x: &read, dy };
            self.linear(which)
                .backward(slopes, Some(&mut inner), gradient);
        }
        norm.backward(&kept.middle, &mut inner);
        added(rows, &inner)
    }
}

fn added(mut rows: Vec<f32>, other: &[f32]) -> Vec<f32> {
    rows.iter_mut().zip(other).for_each(|(row, x)| *row += x);
    rows
}
