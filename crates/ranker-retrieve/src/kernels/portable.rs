//! The loops in plain Rust: what runs everywhere, and what the others are compared with.

use super::{
    BitQuery, BitRows, ByteQuery, Estimates, GROUP, Kernels, Line, PLANES, SignQueries, Words,
    late, widen,
};
use crate::dot::dot;

pub(super) const KERNELS: Kernels = Kernels {
    name: "portable",
    signs: unlike,
    near,
    within,
    bits,
    bytes,
    picked,
    exceed,
    floats,
};

/// Inlined into functions that are compiled for more than the least machine.
#[inline(always)]
pub(super) fn unlike(signs: &[u64], rows: &[Words], out: &mut [[u64; GROUP]]) {
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

/// Inlined as [`unlike`] is.
#[inline(always)]
pub(super) fn near(queries: &SignQueries, rows: &[Words], out: &mut [u8]) {
    let width = queries.width.max(1);
    let groups = rows.len() / width;
    let each = queries.signs.chunks_exact(width).zip(&queries.cutoffs);
    for ((signs, cutoff), out) in each.zip(out.chunks_exact_mut(groups.max(1))) {
        let (from, most) = match cutoff.late {
            None => (0, cutoff.all),
            Some(late_most) => (width - late(width), late_most),
        };
        for (group, out) in out.iter_mut().enumerate() {
            let mut apart = [[0; GROUP]];
            let words = &rows[group * width..][..width];
            unlike(&signs[from..], &words[from..], &mut apart);
            let near = apart[0].iter().zip(0..);
            *out = near.fold(0, |all, (&apart, row)| all | u8::from(apart <= most) << row);
        }
    }
}

/// Inlined as [`unlike`] is.
#[inline(always)]
pub(super) fn within((signs, cutoff): (&[u64], u64), rows: &[Words], picks: &mut [u32]) -> usize {
    let mut kept = 0;
    for at in 0..picks.len() {
        let (group, row) = (picks[at] as usize / GROUP, picks[at] as usize % GROUP);
        let words = &rows[group * signs.len()..][..signs.len()];
        let differ = words
            .iter()
            .zip(signs)
            .map(|(word, sign)| word.0[row] ^ sign);
        let apart: u32 = differ.map(u64::count_ones).sum();
        // Written in any case, and overwritten by the next: whether it counts is no branch.
        picks[kept] = picks[at];
        kept += usize::from(u64::from(apart) <= cutoff);
    }
    kept
}

fn bits(query: &BitQuery, rows: BitRows<'_>, threshold: f32, out: Estimates<'_>) {
    let width = query.planes.len();
    for (group, factors) in rows.factors.iter().enumerate() {
        let words = &rows.words[group * width..][..width];
        let mut unlike_query = [[0; GROUP]];
        unlike(&query.signs, words, &mut unlike_query);
        let near = unlike_query[0].map(|unlike| unlike <= query.cutoff);
        out.above[group] = 0;
        if near == [false; GROUP] {
            continue;
        }
        let mut above = 0;
        for row in 0..GROUP {
            let mut sums = [0_i32; PLANES];
            for (word, planes) in words.iter().zip(&query.planes) {
                for (sum, plane) in sums.iter_mut().zip(planes) {
                    *sum += (word.0[row] & plane).count_ones() as i32;
                }
            }
            let sum = sums[0] + 2 * sums[1] + 4 * sums[2] - 8 * sums[3];
            let value = (query.scale * sum as f32 + query.shift) * widen(factors[row]);
            out.values[group][row] = value;
            above |= u8::from(near[row] && value > threshold) << row;
        }
        out.above[group] = above;
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

/// Inlined as [`unlike`] is.
#[inline(always)]
pub(super) fn exceed(products: &[i32], scales: &[f32], threshold: f32, out: &mut [u64]) {
    let words = products.chunks(64).zip(scales.chunks(64));
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

fn floats(queries: &[f32], rows: &[f32], dimension: usize, out: &mut [f32]) {
    if dimension == 0 {
        return;
    }
    let pairs = queries
        .chunks_exact(dimension)
        .flat_map(|query| rows.chunks_exact(dimension).map(move |row| dot(query, row)));
    for (out, product) in out.iter_mut().zip(pairs) {
        *out = product;
    }
}
