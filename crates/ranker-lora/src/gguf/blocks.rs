//! How values are stored: whole, or as codes of a few bits with scales that a block of them shares, as `ggml` lays
//! them out.

use half::{bf16, f16};

/// How a tensor's values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(
    non_camel_case_types,
    reason = "the names that everybody knows them by"
)]
pub enum GgufType {
    /// 32 bits a value.
    F32,
    /// 16 bits a value.
    F16,
    /// 16 bits a value, the first of its 32.
    BF16,
    /// 4 bits a value, a scale for 32.
    Q4_0,
    /// 4 bits a value, a scale and a least value for 32.
    Q4_1,
    /// 5 bits a value, a scale for 32.
    Q5_0,
    /// 5 bits a value, a scale and a least value for 32.
    Q5_1,
    /// 8 bits a value, a scale for 32.
    Q8_0,
    /// 4 bits a value, a scale and a least value of 6 bits each for 32, and their scales for 256.
    Q4_K,
    /// 5 bits a value, the same.
    Q5_K,
    /// 6 bits a value, a scale of 8 bits for 16, and its scale for 256.
    Q6_K,
}

/// Values in a block of the simple types, and in one of those with scales of scales.
const BLOCK: usize = 32;
const SUPER: usize = 256;

impl GgufType {
    /// The type of a number in the file.
    pub(super) fn of(number: u32) -> Result<Self, String> {
        Ok(match number {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            12 => Self::Q4_K,
            13 => Self::Q5_K,
            14 => Self::Q6_K,
            30 => Self::BF16,
            other => {
                let name = match other {
                    9 => "Q8_1",
                    10 => "Q2_K",
                    11 => "Q3_K",
                    15 => "Q8_K",
                    16..=23 | 29 => "one of the IQ types",
                    24..=28 => "integers or F64",
                    34 | 35 => "a ternary type",
                    39 => "MXFP4",
                    _ => "unknown",
                };
                return Err(format!(
                    "its values have type {other} ({name}); F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K and \
                     Q6_K are read"
                ));
            }
        })
    }

    /// Values in a block, and its bytes.
    pub(super) fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::BF16 => (1, 2),
            Self::Q4_0 => (BLOCK, 2 + 16),
            Self::Q4_1 => (BLOCK, 4 + 16),
            Self::Q5_0 => (BLOCK, 2 + 4 + 16),
            Self::Q5_1 => (BLOCK, 4 + 4 + 16),
            Self::Q8_0 => (BLOCK, 2 + 32),
            Self::Q4_K => (SUPER, 4 + 12 + 128),
            Self::Q5_K => (SUPER, 4 + 12 + 32 + 128),
            Self::Q6_K => (SUPER, 128 + 64 + 16 + 2),
        }
    }

    /// The values of whole blocks.
    pub(super) fn values(self, bytes: &[u8]) -> Vec<f32> {
        let (count, size) = self.block();
        let mut values = Vec::with_capacity(bytes.len() / size * count);
        for block in bytes.chunks_exact(size) {
            match self {
                Self::F32 => values.extend(block.first_chunk().copied().map(f32::from_le_bytes)),
                Self::F16 => values.push(half(block, 0)),
                Self::BF16 => {
                    let value = block.first_chunk().copied().map(bf16::from_le_bytes);
                    values.extend(value.map(bf16::to_f32));
                }
                Self::Q4_0 => nibbles(&block[2..], 0, &mut values, |code| {
                    (f32::from(code) - 8.0) * half(block, 0)
                }),
                Self::Q4_1 => nibbles(&block[4..], 0, &mut values, |code| {
                    f32::from(code) * half(block, 0) + half(block, 2)
                }),
                Self::Q5_0 => nibbles(&block[6..], bits(block, 2), &mut values, |code| {
                    (f32::from(code) - 16.0) * half(block, 0)
                }),
                Self::Q5_1 => nibbles(&block[8..], bits(block, 4), &mut values, |code| {
                    f32::from(code) * half(block, 0) + half(block, 2)
                }),
                Self::Q8_0 => {
                    let scale = half(block, 0);
                    let codes = block[2..].iter();
                    values.extend(codes.map(|code| f32::from(code.cast_signed()) * scale));
                }
                Self::Q4_K => four_or_five(block, &[], &block[16..], &mut values),
                Self::Q5_K => four_or_five(block, &block[16..48], &block[48..], &mut values),
                Self::Q6_K => six(block, &mut values),
            }
        }
        values
    }
}

fn half(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

fn bits(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
}

/// The codes of 32 values: 16 in the lower halves of the bytes and 16 in the upper ones, each with a fifth bit.
fn nibbles(codes: &[u8], fifth: u32, values: &mut Vec<f32>, value: impl Fn(u8) -> f32) {
    let bit = |at: usize| ((fifth >> at) as u8 & 1) << 4;
    let lower = codes
        .iter()
        .enumerate()
        .map(|(at, byte)| byte & 0xF | bit(at));
    let upper = codes.iter().enumerate();
    let upper = upper.map(|(at, byte)| byte >> 4 | bit(at + BLOCK / 2));
    values.extend(lower.chain(upper).map(value));
}

/// `Q4_K`, and `Q5_K` with the fifth bits of all codes: eight groups of 32 values.
fn four_or_five(block: &[u8], fifth: &[u8], codes: &[u8], values: &mut Vec<f32>) {
    let (scale, least) = (half(block, 0), half(block, 2));
    for (group, codes) in (0..8).zip(codes.chunks_exact(32).flat_map(|codes| [codes, codes])) {
        let (own, low) = six_bits(&block[4..16], group);
        let (own, low) = (scale * f32::from(own), least * f32::from(low));
        for (at, byte) in codes.iter().enumerate() {
            let code = byte >> (4 * (group % 2)) & 0xF;
            let bit = fifth.get(at).map_or(0, |bits| bits >> group & 1);
            values.push(own * f32::from(code | bit << 4) - low);
        }
    }
}

/// The scale and the least value of a group, 6 bits each, of the 12 bytes of all.
fn six_bits(scales: &[u8], group: usize) -> (u8, u8) {
    match group {
        0..4 => (scales[group] & 63, scales[group + 4] & 63),
        _ => (
            scales[group + 4] & 0xF | (scales[group - 4] >> 6) << 4,
            scales[group + 4] >> 4 | (scales[group] >> 6) << 4,
        ),
    }
}

/// `Q6_K`: two halves of four groups of 32 values.
fn six(block: &[u8], values: &mut Vec<f32>) {
    let scale = half(block, 208);
    for part in 0..2 {
        let (low, high) = (&block[64 * part..][..64], &block[128 + 32 * part..][..32]);
        let scales = &block[192 + 8 * part..][..8];
        for group in 0..4 {
            for at in 0..32 {
                let lower = low[at + 32 * (group % 2)] >> (4 * (group / 2)) & 0xF;
                let upper = high[at] >> (2 * group) & 3;
                let code = f32::from(lower | upper << 4) - 32.0;
                let own = f32::from(scales[2 * group + at / 16].cast_signed());
                values.push(scale * own * code);
            }
        }
    }
}
