//! Vectors as a scan reads them: a bit or a byte a component.

use super::frame::Frame;
use crate::kernels::{BitRows, GROUP, LINE, Line, Words};

/// Adding it to a small f32 rounds that to a whole number, which the low bits then hold.
const ROUND: f32 = 12_582_912.0; // 1.5 · 2²³

/// Components as bytes, `round(x / scale)` with a scale a row: rows of whole cache lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ByteCodes {
    pub(super) lines: Vec<Line>,
    pub(super) scales: Vec<f32>,
}

impl ByteCodes {
    /// The codes of row-major vectors.
    pub(super) fn of(vectors: &[f32], dimension: usize) -> Self {
        let (rows, width) = (vectors.len() / dimension.max(1), dimension.div_ceil(LINE));
        let mut lines = vec![Line::ZERO; rows * width];
        let scales = vectors
            .chunks_exact(dimension.max(1))
            .zip(lines.chunks_exact_mut(width.max(1)))
            .map(|(vector, lines)| encode_bytes(vector, lines))
            .collect();
        Self { lines, scales }
    }

    /// The codes of all rows, one part's after the other's.
    pub(super) fn join<'c>(parts: impl Iterator<Item = &'c Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.lines.extend_from_slice(&part.lines);
            all.scales.extend_from_slice(&part.scales);
        }
        all
    }

    /// One row's lines.
    pub(super) fn row(&self, at: usize) -> &[Line] {
        let width = self.lines.len() / self.scales.len().max(1);
        &self.lines[at * width..][..width]
    }

    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.lines) + size_of_val(&*self.scales)
    }

    /// One vector's codes and scale.
    pub(super) fn query(vector: &[f32]) -> (Vec<Line>, f32) {
        let mut lines = vec![Line::ZERO; vector.len().div_ceil(LINE)];
        let scale = encode_bytes(vector, &mut lines);
        (lines, scale)
    }
}

/// Writes a vector's codes and returns its scale. Codes lie in -127..=127.
fn encode_bytes(vector: &[f32], lines: &mut [Line]) -> f32 {
    let most = vector.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    let steps = if most > 0.0 { 127.0 / most } else { 0.0 };
    for (part, line) in vector.chunks(LINE).zip(lines) {
        for (&x, code) in part.iter().zip(&mut line.0) {
            *code = (x * steps + ROUND).to_bits() as i8;
        }
    }
    most / 127.0
}

/// Components as signs, eight rows interleaved, and a factor a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct BitCodes {
    pub(super) words: Vec<Words>,
    pub(super) factors: Vec<[u16; GROUP]>,
}

impl BitCodes {
    /// The codes of row-major vectors.
    pub(super) fn of(frame: &Frame, vectors: &[f32], dimension: usize) -> Self {
        let (width, rows) = (frame.words(), vectors.len() / dimension.max(1));
        let groups = rows.div_ceil(GROUP);
        let mut codes = Self {
            words: vec![Words::default(); groups * width],
            factors: vec![[0; GROUP]; groups],
        };
        let mut scratch = Vec::with_capacity(dimension);
        for (row, vector) in vectors.chunks_exact(dimension.max(1)).enumerate() {
            let (group, at) = (row / GROUP, row % GROUP);
            let words = &mut codes.words[group * width..][..width];
            codes.factors[group][at] = frame.encode(vector, &mut scratch, at, words);
        }
        codes
    }

    /// The codes of all rows, one part's after the other's; parts are whole groups, of one frame.
    pub(super) fn join<'c>(parts: impl Iterator<Item = &'c Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.words.extend_from_slice(&part.words);
            all.factors.extend_from_slice(&part.factors);
        }
        all
    }

    pub(super) fn memory(&self) -> usize {
        size_of_val(&*self.words) + size_of_val(&*self.factors)
    }

    pub(super) fn groups(&self) -> usize {
        self.factors.len()
    }

    /// Words of a group.
    pub(super) fn width(&self) -> usize {
        self.words.len() / self.groups().max(1)
    }

    /// Some groups' codes.
    pub(super) fn rows(&self, groups: std::ops::Range<usize>) -> BitRows<'_> {
        let width = self.width();
        BitRows {
            words: &self.words[groups.start * width..groups.end * width],
            factors: &self.factors[groups],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::frame::Mean;
    use super::*;
    use crate::dot::dot;
    use crate::kernels::{Estimates, kernels};

    fn vectors(count: usize) -> impl Strategy<Value = (usize, Vec<f32>)> {
        (1_usize..200).prop_flat_map(move |dimension| {
            let component = (-1000_i16..=1000).prop_map(|x| f32::from(x) / 1e3);
            (
                Just(dimension),
                prop::collection::vec(component, dimension * count),
            )
        })
    }

    proptest! {
        #[test]
        fn bytes_are_the_nearest_steps((_, vector) in vectors(1)) {
            let (lines, scale) = ByteCodes::query(&vector);
            let codes = lines.iter().flat_map(|line| line.0);
            for (code, x) in codes.zip(&vector) {
                prop_assert!((f32::from(code) * scale - x).abs() <= scale * 0.501);
                prop_assert!(code != i8::MIN);
            }
        }

        #[test]
        fn a_turn_keeps_products((dimension, vectors) in vectors(2)) {
            let (a, b) = vectors.split_at(dimension);
            let frame = Frame::at(vec![0.0; dimension]);
            let [mut x, mut y] = [a.to_vec(), b.to_vec()];
            frame.turn(&mut x);
            frame.turn(&mut y);
            let tolerance = 1e-5 * dimension as f32;
            prop_assert!((dot(&x, &y) - dot(a, b)).abs() < tolerance);
        }

        /// A row that is all of one size in the frame loses nothing but the query's rounding.
        #[test]
        fn estimates_follow_products((dimension, vectors) in vectors(9)) {
            let mut mean = Mean::of(dimension);
            vectors.chunks_exact(dimension).for_each(|vector| mean.add(vector));
            let frame = Frame::at(mean.get());
            let codes = BitCodes::of(&frame, &vectors, dimension);
            let query = frame.query(&vectors[..dimension]);
            let (mut values, mut above) = (vec![[0.0; GROUP]; 2], vec![u8::MAX; 2]);
            let out = Estimates { values: &mut values, above: &mut above };
            kernels().estimate(&query, codes.rows(0..2), f32::INFINITY, out);
            let length = |x: &[f32]| dot(x, x).sqrt();
            for (row, vector) in vectors.chunks_exact(dimension).enumerate() {
                let centred: Vec<f32> = vector.iter().zip(frame.centre()).map(|(x, c)| x - c).collect();
                let bound = 1.5 * length(&centred) * length(&vectors[..dimension]) + 1e-3;
                let gap = values[row / GROUP][row % GROUP] - dot(&centred, &vectors[..dimension]);
                prop_assert!(gap.abs() <= bound, "{gap} beyond {bound}");
            }
        }
    }
}
