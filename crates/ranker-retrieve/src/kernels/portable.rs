//! The loops in plain Rust: what runs everywhere, and what the others are compared with.

use super::{
    BitQuery, BitRows, ByteQuery, Estimates, GROUP, Kernels, Line, NearRows, PLANES,
    ScaledProducts, SignQueries, SignQuery, Words, widen,
};

pub(super) const KERNELS: Kernels = Kernels {
    name: "portable",
    signs: hamming,
    near,
    within,
    bits,
    bytes,
    picked,
    exceed,
    fetch: |_, _, _| {},
};

/// Inlined into functions that are compiled for more than the least machine.
#[inline(always)]
pub(super) fn hamming(signs: &[u64], rows: &[Words], out: &mut [[u64; GROUP]]) {
    for (group, out) in out.iter_mut().enumerate() {
        *out = [0; GROUP];
        let words = &rows[group * signs.len()..][..signs.len()];
        for (word, sign) in words.iter().zip(signs) {
            for (out, word) in out.iter_mut().zip(word.0) {
                *out += u64::from((word ^ sign).count_ones());
            }
        }
    }
}

/// Which of a group's rows are no farther than that. Inlined as [`hamming`] is.
#[inline(always)]
pub(super) fn no_more(hamming: &[u64; GROUP], most: u64) -> u8 {
    let rows = hamming.iter().zip(0..);
    rows.fold(0, |all, (&hamming, row)| {
        all | u8::from(hamming <= most) << row
    })
}

/// Inlined as [`hamming`] is.
#[inline(always)]
pub(super) fn near(queries: &SignQueries, rows: &[Words], out: &mut [u8]) {
    let width = queries.width.max(1);
    let groups = rows.len() / width;
    let each = queries.signs.chunks_exact(width).zip(&queries.cutoffs);
    for ((signs, cutoff), out) in each.zip(out.chunks_exact_mut(groups.max(1))) {
        let (from, most) = (width - cutoff.words, cutoff.most);
        for (group, out) in out.iter_mut().enumerate() {
            let mut apart = [[0; GROUP]];
            let words = &rows[group * width..][..width];
            hamming(&signs[from..], &words[from..], &mut apart);
            *out = no_more(&apart[0], most);
        }
    }
}

/// Inlined as [`hamming`] is.
#[inline(always)]
pub(super) fn within(query: SignQuery<'_>, rows: NearRows<'_>, picks: &mut [u32]) -> usize {
    let mut kept = 0;
    let (eights, rest) = rows.near.as_chunks::<GROUP>();
    let mut last = [0; GROUP];
    last[..rest.len()].copy_from_slice(rest);
    let eights = eights.iter().chain((!rest.is_empty()).then_some(&last));
    for (at, (near, allowed)) in eights.zip(rows.allowed).enumerate() {
        let near = u64::from_le_bytes(*near) & allowed;
        kept += keep(query, rows, NearWord { at, near }, &mut picks[kept..]);
    }
    kept
}

/// Sixty-four rows, a bit each for those that are near and allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct NearWord {
    /// Of the words of [`NearRows::allowed`].
    pub(super) at: usize,
    pub(super) near: u64,
}

/// [`within`] for 64 rows; returns how many are kept. Inlined as [`hamming`] is.
#[inline(always)]
pub(super) fn keep(
    query: SignQuery<'_>,
    rows: NearRows<'_>,
    NearWord { at, mut near }: NearWord,
    picks: &mut [u32],
) -> usize {
    let (signs, mut kept) = (query.signs, 0);
    while near != 0 {
        let row = 64 * at + near.trailing_zeros() as usize;
        near &= near - 1;
        let words = &rows.words[row / GROUP * signs.len()..][..signs.len()];
        let differ = words.iter().zip(signs);
        let differ = differ.map(|(word, sign)| (word.0[row % GROUP] ^ sign).count_ones());
        let apart: u32 = differ.sum();
        // Written in any case and overwritten by the next: no branch that a processor would mispredict.
        picks[kept] = rows.first + row as u32;
        kept += usize::from(u64::from(apart) <= query.cutoff);
    }
    kept
}

fn bits(query: &BitQuery, rows: BitRows<'_>, threshold: f32, out: Estimates<'_>) {
    let width = query.planes.len();
    for (group, factors) in rows.factors.iter().enumerate() {
        let words = &rows.words[group * width..][..width];
        let mut apart = [[0; GROUP]];
        hamming(&query.signs, words, &mut apart);
        let near = std::mem::take(&mut out.above[group]) & no_more(&apart[0], query.cutoff);
        if near == 0 {
            continue;
        }
        let mut above = 0;
        let values = out.values[group].iter_mut().zip(factors);
        for (row, (value, &factor)) in values.enumerate() {
            let mut sums = [0_i32; PLANES];
            for (word, planes) in words.iter().zip(&query.planes) {
                for (sum, plane) in sums.iter_mut().zip(planes) {
                    *sum += (word.0[row] & plane).count_ones() as i32;
                }
            }
            let sum = sums[0] + 2 * sums[1] + 4 * sums[2] - 8 * sums[3];
            *value = (query.scale * sum as f32 + query.shift) * widen(factor);
            above |= u8::from(*value > threshold) << row;
        }
        out.above[group] = above & near;
    }
}

fn bytes(query: &ByteQuery, rows: &[Line], out: &mut [i32]) {
    let query = &query.lines;
    for (row, out) in out.iter_mut().enumerate() {
        *out = product(query, &rows[row * query.len()..][..query.len()]);
    }
}

fn picked(query: &ByteQuery, rows: &[Line], picks: &[u32], out: &mut [i32]) {
    let query = &query.lines;
    for (&pick, out) in picks.iter().zip(out) {
        *out = product(query, &rows[pick as usize * query.len()..][..query.len()]);
    }
}

/// Inlined as [`hamming`] is.
#[inline(always)]
pub(super) fn exceed(scaled: ScaledProducts<'_>, threshold: f32, out: &mut [u64]) {
    let words = scaled.products.chunks(64).zip(scaled.scales.chunks(64));
    for ((products, scales), out) in words.zip(out) {
        let rows = products.iter().zip(scales).zip(0..);
        *out = rows.fold(0, |all, ((&product, scale), row)| {
            all | u64::from(product as f32 * scale > threshold) << row
        });
    }
}

fn product(query: &[Line], row: &[Line]) -> i32 {
    let lines = query.iter().zip(row);
    let components = lines.flat_map(|(a, b)| a.0.iter().zip(&b.0));
    components.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}
