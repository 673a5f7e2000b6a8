//! Where vectors are looked at from before each component is cut down to its sign.
//!
//! Signs carry most information when a component is as often positive as negative and all components vary alike.
//! Embeddings do neither: they lie in a cone and a few directions carry most of the variance. So a
//! vector is taken relative to the collection's centre and turned by a random rotation, as in RaBitQ
//! (Gao and Long, SIGMOD 2024). The rotation is a product of random signs and Hadamard transforms,
//! which costs `n log n` instead of `n²`.

use crate::kernels::{BitQuery, GROUP, PLANES, Words, narrow};

/// Signs and transforms of either part are alternated so often.
const ROUNDS: usize = 1;

/// The greatest component of a quantized query: four bits with a sign.
const LEVELS: f32 = 7.0;

/// A centre and a rotation about it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    centre: Vec<f32>,
    /// Two rows of signs a round.
    signs: Vec<Vec<f32>>,
}

/// The mean of vectors that come one after the other.
#[derive(Debug)]
pub(super) struct Mean {
    sum: Vec<f64>,
    count: usize,
}

impl Mean {
    pub(super) fn of(dimension: usize) -> Self {
        Self {
            sum: vec![0.0; dimension],
            count: 0,
        }
    }

    pub(super) fn add(&mut self, vector: &[f32]) {
        let sums = self.sum.iter_mut().zip(vector);
        sums.for_each(|(sum, &x)| *sum += f64::from(x));
        self.count += 1;
    }

    /// The origin without any vector.
    pub(super) fn get(self) -> Vec<f32> {
        let count = self.count.max(1) as f64;
        self.sum
            .into_iter()
            .map(|sum| (sum / count) as f32)
            .collect()
    }
}

impl Frame {
    /// The frame with this centre.
    pub(super) fn at(centre: Vec<f32>) -> Self {
        let signs = (0..2 * ROUNDS as u64).map(|row| signs(row, centre.len()));
        Self {
            signs: signs.collect(),
            centre,
        }
    }

    pub(super) fn centre(&self) -> &[f32] {
        &self.centre
    }

    /// Words that a row's signs take.
    pub(super) fn words(&self) -> usize {
        self.centre.len().div_ceil(64)
    }

    /// Writes a row's signs as row `row` of a group's words. Returns what the signs leave out, a bf16:
    /// `|x|² / Σ |xᵢ|` of the row as seen in the frame. Times the product of its signs with a query, it
    /// estimates the product of the row with the query without bias (RaBitQ, theorem 3.2).
    pub(super) fn encode(
        &self,
        vector: &[f32],
        scratch: &mut Vec<f32>,
        row: usize,
        words: &mut [Words],
    ) -> u16 {
        scratch.clear();
        scratch.extend(vector.iter().zip(&self.centre).map(|(x, c)| x - c));
        self.turn(scratch);
        debug_assert!(row < GROUP);
        for (part, word) in scratch.chunks(64).zip(words) {
            word.0[row] = sign_bits(part);
        }
        let (mut squares, mut sizes) = (0.0_f32, 0.0_f32);
        for &x in scratch.iter() {
            squares += x * x;
            sizes += x.abs();
        }
        let factor = if sizes > 0.0 { squares / sizes } else { 0.0 };
        narrow(factor)
    }

    /// A query as it meets codes of this frame. It is turned, not centred: how far the centre is
    /// from it is the same for every row.
    pub(super) fn query(&self, vector: &[f32]) -> BitQuery {
        let mut turned = vector.to_vec();
        self.turn(&mut turned);
        let most = turned.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        let step = most / LEVELS;
        let level = |x: f32| {
            if step > 0.0 {
                (x / step).round() as i64
            } else {
                0
            }
        };
        let levels: Vec<i64> = turned.iter().map(|&x| level(x)).collect();
        let planes = levels.chunks(64).map(|part| {
            let mut planes = [0; PLANES];
            for (&level, at) in part.iter().zip(0_u32..) {
                for (plane, bits) in planes.iter_mut().enumerate() {
                    // Of a negative level these are the bits of its two's complement.
                    *bits |= (level.cast_unsigned() >> plane & 1) << at;
                }
            }
            planes
        });
        let mut centred = vector.to_vec();
        centred
            .iter_mut()
            .zip(&self.centre)
            .for_each(|(x, c)| *x -= c);
        self.turn(&mut centred);
        BitQuery {
            planes: planes.collect(),
            signs: centred.chunks(64).map(sign_bits).collect(),
            cutoff: u64::MAX,
            scale: 2.0 * step,
            shift: -step * levels.iter().sum::<i64>() as f32,
        }
    }

    /// The rotation: it leaves lengths and products as they are, up to rounding.
    pub(super) fn turn(&self, vector: &mut [f32]) {
        let dimension = vector.len();
        let size = (dimension + 1).next_power_of_two() / 2;
        if size < 2 {
            return;
        }
        for (row, signs) in self.signs.iter().enumerate() {
            vector.iter_mut().zip(signs).for_each(|(x, s)| *x *= s);
            // No power of two: the first part and the last, which overlap, take turns.
            let part = match row % 2 {
                0 => &mut vector[..size],
                _ => &mut vector[dimension - size..],
            };
            transform(part);
            let scale = (size as f32).sqrt().recip();
            part.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

/// The signs of at most 64 components.
fn sign_bits(part: &[f32]) -> u64 {
    let bits = part.iter().zip(0_u32..);
    bits.fold(0, |all, (&x, at)| all | u64::from(x > 0.0) << at)
}

/// The Walsh-Hadamard transform, unscaled; the length is a power of two.
fn transform(vector: &mut [f32]) {
    let mut half = 1;
    while half < vector.len() {
        for pair in vector.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

/// Random signs, the same on every machine: bits of SplitMix64.
fn signs(row: u64, count: usize) -> Vec<f32> {
    let mut state = 0x5EED_0000_u64 + row;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let sign = |_| if next() & 1 == 0 { 1.0 } else { -1.0 };
    (0..count).map(sign).collect()
}
