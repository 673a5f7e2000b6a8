//! AVX2, FMA and POPCNT.

use std::arch::x86_64::*;

use super::super::{
    BitQuery, BitRows, ByteQuery, Estimates, GROUP, Kernels, LINE, Line, NearRows, PLANES,
    ScaledProducts, SignQueries, SignQuery, Words, portable,
};
use super::{AHEAD, fetch, fetch_rows};

/// The most words whose popcounts, at most 8 a byte, a byte can add up.
const BYTE_WORDS: usize = 31;

pub(super) const KERNELS: Kernels = Kernels {
    name: "avx2",
    // SAFETY (all that need it): only `available` hands this table out, where AVX2, FMA and POPCNT were found.
    signs: |signs, rows, out| unsafe { hamming(signs, rows, out) },
    near: |queries, rows, out| unsafe { near(queries, rows, out) },
    within: |query, rows, picks| unsafe { within(query, rows, picks) },
    bits: |query, rows, threshold, out| unsafe { bits(query, rows, threshold, out) },
    bytes: |query, rows, out| unsafe { bytes(query, rows, out) },
    picked: |query, rows, picks, out| unsafe { picked(query, rows, picks, out) },
    fetch: |rows, width, picks| fetch_rows(rows, width, picks),
    exceed: |scaled, least, out| unsafe { exceed(scaled, least, out) },
};

/// The compiler finds the instructions by itself.
#[target_feature(enable = "avx2,popcnt")]
fn hamming(signs: &[u64], rows: &[Words], out: &mut [[u64; GROUP]]) {
    portable::hamming(signs, rows, out);
}

/// As [`hamming`].
#[target_feature(enable = "avx2,popcnt")]
fn near(queries: &SignQueries, rows: &[Words], out: &mut [u8]) {
    portable::near(queries, rows, out);
}

/// As [`hamming`].
#[target_feature(enable = "avx2,popcnt")]
fn within(query: SignQuery<'_>, rows: NearRows<'_>, picks: &mut [u32]) -> usize {
    portable::within(query, rows, picks)
}

#[target_feature(enable = "avx2,popcnt")]
fn bits(query: &BitQuery, rows: BitRows<'_>, threshold: f32, out: Estimates<'_>) {
    let width = query.planes.len();
    let (scale, shift) = (_mm256_set1_ps(query.scale), _mm256_set1_ps(query.shift));
    let threshold = _mm256_set1_ps(threshold);
    let out = out.values.iter_mut().zip(out.above);
    for (group, (factors, (values, above))) in rows.factors.iter().zip(out).enumerate() {
        let words = &rows.words[group * width..][..width];
        let near = *above & group_within(query, words);
        if near == 0 {
            *above = 0;
            continue;
        }
        let mut sums = [_mm256_setzero_si256(); 2];
        for (words, planes) in words
            .chunks(BYTE_WORDS)
            .zip(query.planes.chunks(BYTE_WORDS))
        {
            let added = weighted(words, planes);
            sums = [
                _mm256_add_epi64(sums[0], added[0]),
                _mm256_add_epi64(sums[1], added[1]),
            ];
        }
        let sum = _mm256_cvtepi32_ps(low_halves(sums));
        let value = _mm256_add_ps(_mm256_mul_ps(sum, scale), shift);
        // SAFETY: 8 factors are 16 bytes.
        let halves = unsafe { _mm_loadu_si128(factors.as_ptr().cast()) };
        let factor = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(halves));
        let value = _mm256_mul_ps(value, _mm256_castsi256_ps(factor));
        // SAFETY: 8 values are 32 bytes.
        unsafe { _mm256_storeu_ps(values.as_mut_ptr(), value) };
        let exceeds = _mm256_cmp_ps::<_CMP_GT_OQ>(value, threshold);
        *above = near & _mm256_movemask_ps(exceeds) as u8;
    }
}

/// Which rows of a group are within the cutoff.
#[target_feature(enable = "avx2,popcnt")]
fn group_within(query: &BitQuery, words: &[Words]) -> u8 {
    let mut hamming = [[0; GROUP]];
    portable::hamming(&query.signs, words, &mut hamming);
    portable::no_more(&hamming[0], query.cutoff)
}

/// The sums of at most [`BYTE_WORDS`] words of 8 rows, weighted by plane, as 64-bit lanes.
#[target_feature(enable = "avx2")]
fn weighted(words: &[Words], planes: &[[u64; PLANES]]) -> [__m256i; 2] {
    let zero = _mm256_setzero_si256();
    let mut counts = [[zero; PLANES]; 2];
    for (word, planes) in words.iter().zip(planes) {
        // SAFETY: `Words` is 64 bytes, aligned to 64: two halves of 32.
        let halves = unsafe {
            let at = (&raw const word.0).cast::<__m256i>();
            [_mm256_load_si256(at), _mm256_load_si256(at.add(1))]
        };
        for (half, counts) in halves.iter().zip(&mut counts) {
            for (count, &plane) in counts.iter_mut().zip(planes) {
                let both = _mm256_and_si256(*half, _mm256_set1_epi64x(plane.cast_signed()));
                *count = _mm256_add_epi8(*count, popcount_bytes(both));
            }
        }
    }
    counts.map(|counts| {
        let [p0, p1, p2, p3] = counts.map(|bytes| _mm256_sad_epu8(bytes, zero));
        let low = _mm256_add_epi64(p0, _mm256_slli_epi64::<1>(p1));
        let high = _mm256_sub_epi64(_mm256_slli_epi64::<2>(p2), _mm256_slli_epi64::<3>(p3));
        _mm256_add_epi64(low, high)
    })
}

/// The set bits of every byte (Muła, Kurz and Lemire, "Faster population counts using AVX2
/// instructions", 2018).
#[target_feature(enable = "avx2")]
fn popcount_bytes(bytes: __m256i) -> __m256i {
    let table = _mm256_setr_epi8(
        0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3,
        3, 4,
    );
    let nibble = _mm256_set1_epi8(0x0F);
    let low = _mm256_and_si256(bytes, nibble);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
    _mm256_add_epi8(
        _mm256_shuffle_epi8(table, low),
        _mm256_shuffle_epi8(table, high),
    )
}

/// Eight 64-bit lanes, all within 32 bits, as eight lanes of 32.
#[target_feature(enable = "avx2")]
fn low_halves(lanes: [__m256i; 2]) -> __m256i {
    let even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    let [first, second] = lanes.map(|lane| _mm256_permutevar8x32_epi32(lane, even));
    _mm256_blend_epi32::<0b1111_0000>(first, second)
}

#[target_feature(enable = "avx2")]
fn bytes(query: &ByteQuery, rows: &[Line], out: &mut [i32]) {
    let query = &query.lines;
    let width = query.len();
    for (row, out) in out.iter_mut().enumerate() {
        *out = product(query, &rows[row * width..][..width]);
    }
}

#[target_feature(enable = "avx2")]
fn picked(query: &ByteQuery, rows: &[Line], picks: &[u32], out: &mut [i32]) {
    let query = &query.lines;
    let width = query.len();
    for (at, (&pick, out)) in picks.iter().zip(out).enumerate() {
        fetch(rows, width, picks.get(at + AHEAD));
        *out = product(query, &rows[pick as usize * width..][..width]);
    }
}

/// As [`hamming`].
#[target_feature(enable = "avx2")]
fn exceed(scaled: ScaledProducts<'_>, threshold: f32, out: &mut [u64]) {
    portable::exceed(scaled, threshold, out);
}

#[target_feature(enable = "avx2")]
fn product(query: &[Line], row: &[Line]) -> i32 {
    let mut sums = [_mm256_setzero_si256(); LINE / 16];
    for (a, b) in query.iter().zip(row) {
        for (part, sum) in sums.iter_mut().enumerate() {
            let (a, b) = (widened(a, part), widened(b, part));
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(a, b));
        }
    }
    let [a, b, c, d] = sums;
    let sum = _mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d));
    let sum = _mm_add_epi32(
        _mm256_castsi256_si128(sum),
        _mm256_extracti128_si256::<1>(sum),
    );
    let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b00_00_11_10>(sum));
    let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0b00_00_00_01>(sum));
    _mm_cvtsi128_si32(sum)
}

/// Sixteen components of a line as 16-bit lanes.
#[target_feature(enable = "avx2")]
fn widened(line: &Line, part: usize) -> __m256i {
    let components: &[i8; 16] = &line.0.as_chunks().0[part];
    // SAFETY: 16 components are 16 bytes.
    _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(components.as_ptr().cast()) })
}
