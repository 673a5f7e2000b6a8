use std::ops::Range;

use super::code::{DYNAMIC, NF4, PAIRS, dynamic_code, nf4_code};
use crate::digest::Digest;
use crate::error::LoraError;
use crate::kernel::vectorised;
use crate::matrix::Matrix;

/// How many values share a scale.
pub(super) const BLOCK: usize = 64;
/// How many scales share a scale.
pub(super) const NESTED_BLOCK: usize = 256;
/// The least scale that bitsandbytes divides by.
const LEAST: f32 = 1e-38;

/// A matrix in NF4 with double quantisation: 4 bits a value, 8 bits for each block of 64 values,
/// 32 bits for each 256 blocks, which are 4.127 bits a value.
///
/// A block's scale is its greatest absolute value; the scales less their mean are themselves kept in
/// 8 bits, of the dynamic map. The rules are those of bitsandbytes' portable implementation, which
/// decides as its CUDA kernels do. (Its vectorised CPU kernel looks scales up in a coarse table, and
/// may put one a step of the map away from the nearest.) The mean is rounded once; bitsandbytes adds
/// in single precision, which may differ in the last bit.
///
/// ```
/// use ranker_lora::{Matrix, Nf4Matrix};
///
/// let matrix = Matrix::new(2, 64, (0..128).map(|i| i as f32 / 127.0).collect())?;
/// let small = Nf4Matrix::quantize(&matrix)?;
/// assert_eq!(small.bytes(), 64 + 2 + 4 + 4);
/// let back = small.dequantize();
/// assert!((back.values()[127] - 1.0).abs() < 0.01);
/// # Ok::<(), ranker_lora::LoraError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Nf4Matrix {
    pub(super) shape: (usize, usize),
    /// Two codes a byte, the first in the high half.
    pub(super) codes: Vec<u8>,
    /// Each block's scale less the mean of all, as a code of the dynamic map.
    pub(super) scales: Vec<u8>,
    /// The greatest of each 256 of those differences.
    pub(super) nested: Vec<f32>,
    /// The mean of all scales.
    pub(super) offset: f32,
}

impl Nf4Matrix {
    /// Rounds every value to its nearest code. Blocks go through the matrix row after row and may
    /// reach from one row into the next.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`] where values are so great that a scale overflows.
    pub fn quantize(matrix: &Matrix) -> Result<Self, LoraError> {
        let values = matrix.values();
        let mut codes = Vec::with_capacity(values.len().div_ceil(2));
        let mut scales = Vec::with_capacity(values.len().div_ceil(BLOCK));
        vectorised(|| {
            for block in values.chunks(BLOCK) {
                scales.push(quantize_block(block, &mut codes));
            }
        });
        let (scales, nested, offset) = quantize_scales(&scales);
        let quantized = Self {
            shape: matrix.shape(),
            codes,
            scales,
            nested,
            offset,
        };
        quantized.checked(|| "a scale of a matrix in NF4".to_owned())
    }

    /// Refuses scales that are not finite; `name` is for the error.
    pub(super) fn checked(self, name: impl FnOnce() -> String) -> Result<Self, LoraError> {
        match (0..self.scales.len()).all(|block| self.scale(block).is_finite()) {
            true => Ok(self),
            false => Err(LoraError::NotFinite { name: name() }),
        }
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        self.shape
    }

    /// How many bytes the matrix takes.
    pub fn bytes(&self) -> usize {
        self.codes.len() + self.scales.len() + size_of::<f32>() * (self.nested.len() + 1)
    }

    /// How many bytes a matrix of so many values takes.
    pub(crate) fn bytes_of(values: usize) -> usize {
        let blocks = values.div_ceil(BLOCK);
        let floats = blocks.div_ceil(NESTED_BLOCK) + 1;
        values.div_ceil(2) + blocks + size_of::<f32>() * floats
    }

    /// The dequantised values.
    pub fn dequantize(&self) -> Matrix {
        let (rows, columns) = self.shape;
        let mut matrix = Matrix::zeros(rows, columns);
        self.read_rows(0..rows, matrix.values_mut());
        matrix
    }

    /// Writes the dequantised values of some rows.
    pub(crate) fn read_rows(&self, rows: Range<usize>, out: &mut [f32]) {
        let columns = self.shape.1;
        let (mut place, end) = (rows.start * columns, rows.end * columns);
        assert_eq!(out.len(), end - place, "a place for every value");
        let pairs = &*PAIRS;
        vectorised(|| {
            let mut out = out;
            while place < end {
                let stop = end.min((place / BLOCK + 1) * BLOCK);
                let (own, rest) = out.split_at_mut(stop - place);
                self.read(place, own, pairs);
                (out, place) = (rest, stop);
            }
        });
    }

    /// Writes values of one block, the first of them at `place`; `pairs` are the values of every byte
    /// of two codes.
    #[inline(always)]
    fn read(&self, place: usize, out: &mut [f32], pairs: &[[f32; 2]; 256]) {
        let scale = self.scale(place / BLOCK);
        let (head, out) = out.split_at_mut(out.len().min(place % 2));
        if let [head] = head {
            *head = NF4[usize::from(self.codes[place / 2] & 15)] * scale;
        }
        let first = place.div_ceil(2);
        let (twos, last) = out.as_chunks_mut::<2>();
        let codes = &self.codes[first..];
        for (two, &byte) in twos.iter_mut().zip(codes) {
            let [high, low] = pairs[usize::from(byte)];
            *two = [high * scale, low * scale];
        }
        if let [last] = last {
            *last = NF4[usize::from(codes[twos.len()] >> 4)] * scale;
        }
    }

    /// Adds everything that the values depend on to a fingerprint.
    pub(crate) fn add_to(&self, digest: &mut Digest) {
        digest
            .number(self.shape.0 as u64)
            .number(self.shape.1 as u64);
        digest.bytes(&self.codes).bytes(&self.scales);
        digest.floats(&self.nested).floats(&[self.offset]);
    }

    #[inline(always)]
    fn scale(&self, block: usize) -> f32 {
        let code = usize::from(self.scales[block]);
        DYNAMIC[code] * self.nested[block / NESTED_BLOCK] + self.offset
    }
}

/// Appends the codes of up to 64 values and returns their scale.
#[inline(always)]
fn quantize_block(block: &[f32], codes: &mut Vec<u8>) -> f32 {
    let (scale, scaled) = scaled(block, BLOCK);
    let mut own = [nf4_code(0.0); BLOCK];
    for (code, value) in own.iter_mut().zip(scaled) {
        *code = nf4_code(value);
    }
    let (twos, _) = own[..block.len().next_multiple_of(2)].as_chunks::<2>();
    codes.extend(twos.iter().map(|[high, low]| high << 4 | low));
    scale
}

/// The codes of the scales, the scale of each 256, and the mean.
fn quantize_scales(scales: &[f32]) -> (Vec<u8>, Vec<f32>, f32) {
    let sum: f64 = scales.iter().map(|&scale| f64::from(scale)).sum();
    let offset = (sum / scales.len().max(1) as f64) as f32;
    let centred: Vec<f32> = scales.iter().map(|scale| scale - offset).collect();
    let (mut codes, mut nested) = (Vec::with_capacity(scales.len()), Vec::new());
    for block in centred.chunks(NESTED_BLOCK) {
        let (scale, scaled) = scaled(block, NESTED_BLOCK);
        codes.extend(scaled.map(dynamic_code));
        nested.push(scale);
    }
    (codes, nested, offset)
}

/// The greatest absolute value of a block and all its values divided by that. A whole block is
/// multiplied by the reciprocal and the last, shorter one divided, as bitsandbytes does: the results
/// may differ in the last bit, and so in a code.
#[inline(always)]
fn scaled(values: &[f32], whole: usize) -> (f32, impl Iterator<Item = f32>) {
    let top = values.iter().fold(0.0_f32, |top, v| top.max(v.abs()));
    let short = values.len() < whole;
    let divisor = top.max(LEAST);
    let factor = divisor.recip();
    let scaled = values.iter().map(move |value| match short {
        true => (value / divisor).clamp(-1.0, 1.0),
        false => (value * factor).clamp(-1.0, 1.0),
    });
    (if short { divisor } else { top }, scaled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn matrix(rows: usize, columns: usize, values: Vec<f32>) -> Matrix {
        Matrix::new(rows, columns, values).unwrap()
    }

    /// Normally distributed values, by Box and Muller.
    fn normal(count: usize, seed: u64) -> Vec<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = || {
            let [u, v] = [(); 2].map(|()| (random.next_u32() as f64 + 0.5) / 4_294_967_296.0);
            ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
        };
        (0..count).map(|_| draw()).collect()
    }

    #[test]
    fn the_error_of_normal_values_is_the_published_one() {
        // bitsandbytes' own tests: 0.072798 ± 0.000074 for blocks of 64.
        let values = matrix(1024, 1024, normal(1 << 20, 5));
        let back = Nf4Matrix::quantize(&values).unwrap().dequantize();
        let distances = values.values().iter().zip(back.values());
        let sum: f64 = distances.map(|(a, b)| f64::from((a - b).abs())).sum();
        let mean = sum / f64::from(1 << 20);
        assert!((mean - 0.0728).abs() < 0.0005, "{mean}");
    }

    #[test]
    fn a_value_takes_4_127_bits() {
        let small = Nf4Matrix::quantize(&Matrix::zeros(1024, 1024)).unwrap();
        let bits = (8 * (small.bytes() - 4)) as f64 / f64::from(1 << 20);
        assert!((bits - (4.0 + 8.0 / 64.0 + 32.0 / (64.0 * 256.0))).abs() < 1e-12);
        assert_eq!(format!("{bits:.3}"), "4.127");
    }

    #[test]
    fn zeros_stay_zero_and_overflow_is_refused() {
        for columns in [3, 64, 70] {
            let zeros = Matrix::zeros(3, columns);
            let back = Nf4Matrix::quantize(&zeros).unwrap().dequantize();
            assert_eq!(back, zeros);
        }
        let mut values = vec![0.0; 640];
        values[70] = f32::MAX;
        values[201] = f32::MAX;
        values[3] = f32::from_bits(1);
        let result = Nf4Matrix::quantize(&matrix(10, 64, values));
        if let Ok(small) = result {
            assert!(small.dequantize().values().iter().all(|v| v.is_finite()));
        }
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_whole(
            (rows, columns) in (1usize..9, 1usize..150), seed in 0u64..100, start in 0usize..9,
        ) {
            let values = matrix(rows, columns, normal(rows * columns, seed));
            let small = Nf4Matrix::quantize(&values).unwrap();
            let whole = small.dequantize();
            let start = start.min(rows - 1);
            let mut out = vec![0.0; (rows - start) * columns];
            small.read_rows(start..rows, &mut out);
            prop_assert_eq!(&out[..], &whole.values()[start * columns..]);
            // A code is at most half the widest gap from its value; the scale errs by a step of its map.
            for (block, back) in values.values().chunks(BLOCK).zip(whole.values().chunks(BLOCK)) {
                let top = block.iter().fold(0.0_f32, |top, v| top.max(v.abs()));
                for (value, back) in block.iter().zip(back) {
                    prop_assert!((value - back).abs() < 0.153 * top + 0.05, "{} {}", value, back);
                }
            }
        }
    }
}
