//! The layers of a pass, spread over threads by rows.
//!
//! Only attention reads the rows of other tokens. So a thread takes some rows through
//! everything between the queries, keys and values of one layer and those of the next, and threads wait
//! for one another once a layer.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::attention::{Attention, HeadScratch};
use crate::encoder::{Encoder, Layer};
use crate::kernels::{Codes, Left, Then};
use crate::linear::normalise;

/// The most and the fewest rows that a thread takes at once. Of more rows, what they become between the
/// feed-forward maps leaves the caches; of fewer, the weights are read too often.
const MOST: usize = 256;
const FEWEST: usize = 24;
/// Rows are divided at multiples of this, so that few tiles of a product are lower than they could be.
const STEP: usize = 6;

/// Ranges of as many rows each as keep all threads busy.
fn blocks(rows: usize, threads: usize) -> Vec<Range<usize>> {
    let most = rows.div_ceil(threads.max(1)).clamp(FEWEST, MOST);
    let pieces = rows.div_ceil(most).max(1);
    let height = rows.div_ceil(pieces).next_multiple_of(STEP).max(STEP);
    let block = |start| start..rows.min(start + height);
    (0..rows).step_by(height).map(block).collect()
}

/// Where a text lies among the rows of all texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) rows: Range<usize>,
    /// How many of its rows are attended to, from the first on.
    pub(crate) attended: usize,
}

/// The texts that have rows in a block, and which of the text's rows these are.
fn parts<'a>(
    texts: &'a [Text],
    block: &'a Range<usize>,
) -> impl Iterator<Item = (&'a Text, Range<usize>)> + 'a {
    let first = texts.partition_point(|text| text.rows.end <= block.start);
    let within = texts[first..]
        .iter()
        .take_while(|text| text.rows.start < block.end);
    within.map(|text| {
        let Range { start, end } = text.rows;
        let from = block.start.max(start) - start;
        (text, from..block.end.min(end) - start)
    })
}

/// What a thread computes in.
#[derive(Default)]
struct Scratch {
    head: HeadScratch,
    context: Vec<f32>,
    attended: Vec<f32>,
    up: Vec<f32>,
    codes: Codes,
}

/// What no thread computes in at the moment. Its memory is asked of the system once a pass, not once a layer.
#[derive(Default)]
struct Idle(Mutex<Vec<Scratch>>);

impl Idle {
    fn with(&self, work: impl FnOnce(&mut Scratch)) {
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = all().pop();
        let mut scratch = idle.unwrap_or_default();
        work(&mut scratch);
        all().push(scratch);
    }
}

/// A block's rows: the hidden states, and the queries, keys and values for the layer behind.
struct Rows<'a> {
    hidden: &'a mut [f32],
    joined: &'a mut [f32],
}

impl Encoder {
    /// Takes the rows of all texts through all layers.
    pub(crate) fn layers(&self, texts: &[Text], hidden: &mut [f32]) {
        let size = self.sizes.hidden;
        let blocks = blocks(hidden.len() / size, rayon::current_num_threads());
        let mut joined = vec![0.0; 3 * hidden.len()];
        let mut next = joined.clone();
        let rows = split(&blocks, size, (hidden, &mut joined));
        let idle = Idle::default();
        rows.into_par_iter().for_each(|rows| {
            if let Some(layer) = self.layers.first() {
                idle.with(|scratch| self.join(layer, rows, &mut scratch.codes));
            }
        });
        for index in 0..self.layers.len() {
            let rows = split(&blocks, size, (hidden, &mut next));
            let work = rows.into_par_iter().zip(&blocks);
            work.for_each(|(rows, block)| {
                idle.with(|scratch| {
                    self.attend(&joined, (texts, block), scratch);
                    self.block(index, rows, scratch);
                });
            });
            std::mem::swap(&mut joined, &mut next);
        }
    }

    /// The attention of a block's rows, given the queries, keys and values of all rows.
    fn attend(
        &self,
        joined: &[f32],
        (texts, block): (&[Text], &Range<usize>),
        scratch: &mut Scratch,
    ) {
        let size = self.sizes.hidden;
        let attention = Attention {
            kernels: &self.kernels,
            heads: self.sizes.heads,
            size: self.sizes.head_size(),
            relative: self.relative.as_ref(),
        };
        scratch.context.resize(block.len() * size, 0.0);
        let mut rest = &mut scratch.context[..];
        for (text, tokens) in parts(texts, block) {
            let (own, others) = rest.split_at_mut(tokens.len() * size);
            rest = others;
            let rows = &joined[3 * size * text.rows.start..3 * size * text.rows.end];
            let rows = (Left::new(rows, 3 * size), tokens);
            attention.apply(&mut scratch.head, (rows, text.attended), own);
        }
    }

    /// Takes a block's rows, whose attention is given, through a layer, and on to the queries, keys and
    /// values of the next one.
    fn block(&self, index: usize, rows: Rows<'_>, scratch: &mut Scratch) {
        let (kernels, size, layer) = (&self.kernels, self.sizes.hidden, &self.layers[index]);
        let Scratch {
            context,
            attended,
            up,
            codes,
            ..
        } = scratch;
        attended.resize(rows.hidden.len(), 0.0);
        up.resize(rows.hidden.len() / size * self.sizes.intermediate, 0.0);
        let input = (Left::new(context, size), &mut *codes);
        let add = Then::Add(Left::new(rows.hidden, size));
        layer.output.apply(kernels, input, attended, add);
        normalise(kernels, attended, &layer.attention_norm);
        let input = (Left::new(attended, size), &mut *codes);
        layer.up.apply(kernels, input, up, Then::Gelu);
        let input = (Left::new(up, self.sizes.intermediate), &mut *codes);
        let add = Then::Add(Left::new(attended, size));
        layer.down.apply(kernels, input, rows.hidden, add);
        normalise(kernels, rows.hidden, &layer.output_norm);
        if let Some(next) = self.layers.get(index + 1) {
            self.join(next, rows, codes);
        }
    }

    /// The queries, keys and values of a layer.
    fn join(&self, layer: &Layer, rows: Rows<'_>, codes: &mut Codes) {
        let input = (Left::new(rows.hidden, self.sizes.hidden), codes);
        let joined = &layer.joined;
        joined.apply(&self.kernels, input, rows.joined, Then::Nothing);
    }
}

/// The rows of each block.
fn split<'a>(
    blocks: &[Range<usize>],
    size: usize,
    (mut hidden, mut joined): (&'a mut [f32], &'a mut [f32]),
) -> Vec<Rows<'a>> {
    let each = blocks.iter().map(|block| {
        let count = block.len() * size;
        let hidden = hidden.split_off_mut(..count).unwrap_or_default();
        let joined = joined.split_off_mut(..3 * count).unwrap_or_default();
        Rows { hidden, joined }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_row_and_know_its_text() {
        let texts = [0..5, 5..135, 135..136, 136..648].map(|rows| Text {
            attended: rows.len(),
            rows,
        });
        for threads in [1, 2, 16] {
            let blocks = blocks(648, threads);
            assert!(blocks.iter().all(|block| block.len() <= MOST + STEP));
            let rows = blocks.iter().flat_map(|block| {
                let rows = parts(&texts, block);
                rows.flat_map(|(text, rows)| rows.map(move |row| text.rows.start + row))
            });
            assert!(rows.eq(0..648), "{threads}");
        }
        assert_eq!(blocks(128, 2), [0..66, 66..128]);
        assert!(blocks(0, 4).is_empty());
    }
}
