//! NEON, which every aarch64 has.

use std::arch::aarch64::*;

use super::{
    BitQuery, BitRows, ByteQuery, Estimates, GROUP, Kernels, LINE, Line, PLANES, Words, portable,
    widen,
};

/// The most words whose popcounts, at most 8 a byte, a byte can add up.
const BYTE_WORDS: usize = 31;

pub(super) const KERNELS: Kernels = Kernels {
    name: "neon",
    signs: portable::hamming,
    near: portable::near,
    within: portable::within,
    bits,
    bytes,
    picked,
    exceed: portable::exceed,
    fetch: portable::KERNELS.fetch,
};

fn bits(query: &BitQuery, rows: BitRows<'_>, threshold: f32, out: Estimates<'_>) {
    let width = query.planes.len();
    for (group, factors) in rows.factors.iter().enumerate() {
        let words = &rows.words[group * width..][..width];
        let mut hamming = [[0; GROUP]];
        portable::hamming(&query.signs, words, &mut hamming);
        let near = portable::no_more(&hamming[0], query.cutoff);
        let near = std::mem::take(&mut out.above[group]) & near;
        if near == 0 {
            continue;
        }
        let mut sums = [0_i64; GROUP];
        for (words, planes) in words
            .chunks(BYTE_WORDS)
            .zip(query.planes.chunks(BYTE_WORDS))
        {
            for pair in 0..GROUP / 2 {
                // SAFETY: every aarch64 has NEON.
                let added = unsafe { weighted(words, planes, pair) };
                sums[2 * pair] += added[0];
                sums[2 * pair + 1] += added[1];
            }
        }
        let mut above = 0;
        let values = out.values[group].iter_mut().zip(factors).zip(sums);
        for (row, ((value, &factor), sum)) in values.enumerate() {
            *value = (query.scale * sum as f32 + query.shift) * widen(factor);
            above |= u8::from(*value > threshold) << row;
        }
        out.above[group] = above & near;
    }
}

/// The sums of at most [`BYTE_WORDS`] words of the rows `2 pair` and `2 pair + 1`, weighted by plane.
#[target_feature(enable = "neon")]
fn weighted(words: &[Words], planes: &[[u64; PLANES]], pair: usize) -> [i64; 2] {
    let mut counts = [vdupq_n_u8(0); PLANES];
    for (word, planes) in words.iter().zip(planes) {
        let two: &[u64; 2] = &word.0.as_chunks().0[pair];
        // SAFETY: two words are 16 bytes.
        let two = unsafe { vld1q_u64(two.as_ptr()) };
        for (count, &plane) in counts.iter_mut().zip(planes) {
            let both = vandq_u64(two, vdupq_n_u64(plane));
            *count = vaddq_u8(*count, vcntq_u8(vreinterpretq_u8_u64(both)));
        }
    }
    let [p0, p1, p2, p3] =
        counts.map(|bytes| vreinterpretq_s64_u64(vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(bytes)))));
    let low = vaddq_s64(p0, vshlq_n_s64::<1>(p1));
    let high = vsubq_s64(vshlq_n_s64::<2>(p2), vshlq_n_s64::<3>(p3));
    let sum = vaddq_s64(low, high);
    [vgetq_lane_s64::<0>(sum), vgetq_lane_s64::<1>(sum)]
}

fn bytes(query: &ByteQuery, rows: &[Line], out: &mut [i32]) {
    let query = &query.lines;
    for (row, out) in out.iter_mut().enumerate() {
        // SAFETY: every aarch64 has NEON.
        *out = unsafe { product(query, &rows[row * query.len()..][..query.len()]) };
    }
}

fn picked(query: &ByteQuery, rows: &[Line], picks: &[u32], out: &mut [i32]) {
    let query = &query.lines;
    for (&pick, out) in picks.iter().zip(out) {
        // SAFETY: every aarch64 has NEON.
        *out = unsafe { product(query, &rows[pick as usize * query.len()..][..query.len()]) };
    }
}

#[target_feature(enable = "neon")]
fn product(query: &[Line], row: &[Line]) -> i32 {
    let mut sums = [vdupq_n_s32(0); 2];
    for (a, b) in query.iter().zip(row) {
        for part in 0..LINE / 16 {
            let (a, b): (&[i8; 16], &[i8; 16]) =
                (&a.0.as_chunks().0[part], &b.0.as_chunks().0[part]);
            // SAFETY: 16 components are 16 bytes.
            let (a, b) = unsafe { (vld1q_s8(a.as_ptr()), vld1q_s8(b.as_ptr())) };
            // Added up at once: two products of -128 by -128 are too much for 16 bits.
            let low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
            sums[0] = vpadalq_s16(sums[0], low);
            sums[1] = vpadalq_s16(sums[1], vmull_high_s8(a, b));
        }
    }
    vaddvq_s32(vaddq_s32(sums[0], sums[1]))
}
