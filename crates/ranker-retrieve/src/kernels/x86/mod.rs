//! AVX2 and AVX-512.

mod avx2;
mod avx512;

use std::arch::x86_64::*;

use super::{GROUP, Kernels, LINE, Line};

/// How far ahead rows that do not follow one another are fetched.
const AHEAD: usize = 6;

/// How many lines ahead a scan of int8 codes fetches at either of the two places where it reads, and
/// one of 1-bit codes: as measured on one machine. Eight times as many lines cost a fifth of the speed.
const LINES_AHEAD: usize = 48;
const WORDS_AHEAD: usize = 128;

pub(super) fn available() -> impl Iterator<Item = Kernels> {
    let has_avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    let counts = is_x86_feature_detected!("avx512vpopcntdq");
    let products = is_x86_feature_detected!("avx512vnni");
    let avx2 = has_avx2.then_some(avx2::KERNELS);
    let avx512 = (has_avx2 && avx512 && counts && products).then_some(avx512::KERNELS);
    avx2.into_iter().chain(avx512)
}

/// Prefetches the lines `distance` beyond these, which a scan reads next: the hardware prefetcher stops at
/// the end of a page.
fn fetch_after<T>(lines: &[T], distance: usize) {
    for line in lines {
        let ahead = (&raw const *line).wrapping_add(distance);
        // SAFETY: a hint, which may point anywhere; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.cast()) };
    }
}

/// Prefetches a row.
fn fetch(rows: &[Line], width: usize, pick: Option<&u32>) {
    let Some(&pick) = pick else { return };
    for line in &rows[pick as usize * width..][..width] {
        // SAFETY: a hint about memory that is borrowed here; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>((&raw const line.0).cast()) };
    }
}

/// Prefetches rows.
fn fetch_rows(rows: &[Line], width: usize, picks: &[u32]) {
    for pick in picks {
        fetch(rows, width, Some(pick));
    }
}

const _: () = assert!(GROUP == 8 && LINE == 64);
