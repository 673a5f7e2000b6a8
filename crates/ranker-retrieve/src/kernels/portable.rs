//! The loops in plain Rust: what runs everywhere, and what the others are compared with.

use super::{
    BitQuery, BitRows, ByteQuery, Estimates, GROUP, Kernels, Line, PLANES, SignQueries, Words,
    widen,
};
use crate::dot::dot;

pub(super) const KERNELS: Kernels = Kernels {
    name: "portable",
    signs: unlike,
    near,
    bits,
    bytes,
    picked,
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
    let groups = rows.len() / queries.width.max(1);
    let signs = queries.signs.chunks_exact(queries.width.max(1));
    let each = signs.zip(&queries.cutoffs);
    for ((signs, &cutoff), out) in each.zip(out.chunks_exact_mut(groups.max(1))) {
        for (group, out) in out.iter_mut().enumerate() {
            let mut apart = [[0; GROUP]];
            unlike(
                signs,
                &rows[group * signs.len()..][..signs.len()],
                &mut apart,
            );
            let near = apart[0].iter().zip(0..);
            *out = near.fold(0, |all, (&apart, row)| {
                all | u8::from(apart <= cutoff) << row
            });
        }
    }
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
