//! AVX2 and AVX-512.

use std::arch::x86_64::*;

use super::{BitQuery, BitRows, Estimates, GROUP, Kernels, LINE, Line, PLANES, Words, portable};
use crate::dot::dot;

/// How far ahead rows that do not follow one another are fetched.
const AHEAD: usize = 6;

/// How many lines ahead a scan of int8 codes fetches, and one of 1-bit codes, which has more to
/// compute: as measured on one machine, where a quarter as many cost a tenth of the speed.
const LINES_AHEAD: usize = 384;
const WORDS_AHEAD: usize = 128;

/// The most words whose popcounts, at most 8 a byte, a byte can add up.
const BYTE_WORDS: usize = 31;

pub(super) fn available() -> impl Iterator<Item = Kernels> {
    let avx2 = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("popcnt");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    let counts = is_x86_feature_detected!("avx512vpopcntdq");
    let products = is_x86_feature_detected!("avx512vnni");
    let avx2 = avx2.then_some(AVX2);
    let avx512 = (avx2.is_some() && avx512 && counts && products).then_some(AVX512);
    avx2.into_iter().chain(avx512)
}

const AVX2: Kernels = Kernels {
    name: "avx2",
    // SAFETY (all five): only `available` hands this table out, where AVX2, FMA and POPCNT were found.
    signs: |signs, rows, out| unsafe { unlike_avx2(signs, rows, out) },
    bits: |query, rows, threshold, out| unsafe { bits_avx2(query, rows, threshold, out) },
    bytes: |query, rows, out| unsafe { bytes_avx2(query, rows, out) },
    picked: |query, rows, picks, out| unsafe { picked_avx2(query, rows, picks, out) },
    floats: |queries, rows, dimension, out| unsafe { floats_avx2(queries, rows, dimension, out) },
};

const AVX512: Kernels = Kernels {
    name: "avx512",
    // SAFETY (all five): only `available` hands this table out, where AVX-512 F, BW, DQ, VL,
    // VPOPCNTDQ and VNNI were found.
    signs: |signs, rows, out| unsafe { unlike_avx512(signs, rows, out) },
    bits: |query, rows, threshold, out| unsafe { bits_avx512(query, rows, threshold, out) },
    bytes: |query, rows, out| unsafe { bytes_avx512(query, rows, out) },
    picked: |query, rows, picks, out| unsafe { picked_avx512(query, rows, picks, out) },
    floats: |queries, rows, dimension, out| unsafe { floats_avx512(queries, rows, dimension, out) },
};

/// The compiler finds the instructions by itself.
#[target_feature(enable = "avx2,popcnt")]
fn unlike_avx2(signs: &[u64], rows: &[Words], out: &mut [[u64; GROUP]]) {
    portable::unlike(signs, rows, out);
}

/// As [`unlike_avx2`].
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn unlike_avx512(signs: &[u64], rows: &[Words], out: &mut [[u64; GROUP]]) {
    portable::unlike(signs, rows, out);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
fn bits_avx512(query: &BitQuery, rows: BitRows<'_>, threshold: f32, out: Estimates<'_>) {
    // Where the compiler knows how many planes there are, they stay in registers.
    match query.planes.len() {
        6 => groups_avx512::<6>(query, rows, threshold, out),
        _ => groups_avx512::<0>(query, rows, threshold, out),
    }
}

/// As [`bits_avx512`] with `WIDTH` words a group, or as many as there are planes for 0.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
fn groups_avx512<const WIDTH: usize>(
    query: &BitQuery,
    rows: BitRows<'_>,
    threshold: f32,
    out: Estimates<'_>,
) {
    let width = if WIDTH > 0 { WIDTH } else { query.planes.len() };
    let (planes, signs) = (&query.planes[..width], &query.signs[..width]);
    let cutoff = _mm512_set1_epi64(query.cutoff.cast_signed());
    let (scale, shift) = (_mm256_set1_ps(query.scale), _mm256_set1_ps(query.shift));
    let threshold = _mm256_set1_ps(threshold);
    let out = out.values.iter_mut().zip(out.above);
    for (group, (factors, (values, above))) in rows.factors.iter().zip(out).enumerate() {
        let words = &rows.words[group * width..][..width];
        fetch_after(words, WORDS_AHEAD);
        let mut unlike = _mm512_setzero_si512();
        for (word, &sign) in words.iter().zip(signs) {
            // SAFETY: `Words` is 64 bytes, aligned to 64.
            let word = unsafe { _mm512_load_si512((&raw const word.0).cast()) };
            let differ = _mm512_xor_si512(word, _mm512_set1_epi64(sign.cast_signed()));
            unlike = _mm512_add_epi64(unlike, _mm512_popcnt_epi64(differ));
        }
        let near = _mm512_cmple_epu64_mask(unlike, cutoff);
        if near == 0 {
            *above = 0;
            continue;
        }
        let mut sums = [_mm512_setzero_si512(); PLANES];
        for (word, planes) in words.iter().zip(planes) {
            // SAFETY: `Words` is 64 bytes, aligned to 64.
            let word = unsafe { _mm512_load_si512((&raw const word.0).cast()) };
            for (sum, &plane) in sums.iter_mut().zip(planes) {
                let both = _mm512_and_si512(word, _mm512_set1_epi64(plane.cast_signed()));
                *sum = _mm512_add_epi64(*sum, _mm512_popcnt_epi64(both));
            }
        }
        let low = _mm512_add_epi64(sums[0], _mm512_slli_epi64::<1>(sums[1]));
        let high = _mm512_sub_epi64(
            _mm512_slli_epi64::<2>(sums[2]),
            _mm512_slli_epi64::<3>(sums[3]),
        );
        let sum = _mm512_cvtepi64_ps(_mm512_add_epi64(low, high));
        // Two roundings, as in the plain loop: the estimates are the same everywhere.
        let value = _mm256_add_ps(_mm256_mul_ps(sum, scale), shift);
        // SAFETY: 8 factors are 16 bytes.
        let halves = unsafe { _mm_loadu_si128(factors.as_ptr().cast()) };
        let factor = _mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(halves));
        let value = _mm256_mul_ps(value, _mm256_castsi256_ps(factor));
        // SAFETY: 8 values are 32 bytes.
        unsafe { _mm256_storeu_ps(values.as_mut_ptr(), value) };
        *above = near & _mm256_cmp_ps_mask::<_CMP_GT_OQ>(value, threshold);
    }
}

#[target_feature(enable = "avx2,fma,popcnt")]
fn bits_avx2(query: &BitQuery, rows: BitRows<'_>, threshold: f32, out: Estimates<'_>) {
    let width = query.planes.len();
    let (scale, shift) = (_mm256_set1_ps(query.scale), _mm256_set1_ps(query.shift));
    let threshold = _mm256_set1_ps(threshold);
    let out = out.values.iter_mut().zip(out.above);
    for (group, (factors, (values, above))) in rows.factors.iter().zip(out).enumerate() {
        let words = &rows.words[group * width..][..width];
        let near = near_avx2(query, words);
        if near == 0 {
            *above = 0;
            continue;
        }
        let mut sums = [_mm256_setzero_si256(); 2];
        for (words, planes) in words
            .chunks(BYTE_WORDS)
            .zip(query.planes.chunks(BYTE_WORDS))
        {
            let added = weighted_avx2(words, planes);
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
fn near_avx2(query: &BitQuery, words: &[Words]) -> u8 {
    let mut unlike = [[0; GROUP]];
    portable::unlike(&query.signs, words, &mut unlike);
    let near = unlike[0].iter().zip(0..);
    near.fold(0, |all, (&unlike, row)| {
        all | u8::from(unlike <= query.cutoff) << row
    })
}

/// The sums of at most [`BYTE_WORDS`] words of 8 rows, weighted by plane, as 64-bit lanes.
#[target_feature(enable = "avx2")]
fn weighted_avx2(words: &[Words], planes: &[[u64; PLANES]]) -> [__m256i; 2] {
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

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn bytes_avx512(query: &[Line], rows: &[Line], out: &mut [i32]) {
    let width = query.len();
    let shift = offset(query);
    let (fours, rest) = out.as_chunks_mut::<4>();
    let done = fours.len() * 4;
    for (four, out) in fours.iter_mut().enumerate() {
        let rows = &rows[four * 4 * width..][..4 * width];
        fetch_after(rows, LINES_AHEAD);
        let mut sums = [_mm512_setzero_si512(); 4];
        for (at, line) in query.iter().enumerate() {
            let line = load512(line);
            for (row, sum) in sums.iter_mut().enumerate() {
                let codes = unsign(load512(&rows[row * width + at]));
                *sum = _mm512_dpbusd_epi32(*sum, codes, line);
            }
        }
        *out = sums.map(|sum| _mm512_reduce_add_epi32(sum) - shift);
    }
    for (row, out) in rest.iter_mut().enumerate() {
        *out = product_avx512(query, &rows[(done + row) * width..][..width]) - shift;
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn picked_avx512(query: &[Line], rows: &[Line], picks: &[u32], out: &mut [i32]) {
    let width = query.len();
    let shift = offset(query);
    for (at, (&pick, out)) in picks.iter().zip(out).enumerate() {
        fetch(rows, width, picks.get(at + AHEAD));
        *out = product_avx512(query, &rows[pick as usize * width..][..width]) - shift;
    }
}

/// The product of the query with a row whose components were raised by 128.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn product_avx512(query: &[Line], row: &[Line]) -> i32 {
    let mut sum = _mm512_setzero_si512();
    for (a, b) in query.iter().zip(row) {
        sum = _mm512_dpbusd_epi32(sum, unsign(load512(b)), load512(a));
    }
    _mm512_reduce_add_epi32(sum)
}

#[target_feature(enable = "avx512f")]
fn load512(line: &Line) -> __m512i {
    // SAFETY: `Line` is 64 bytes, aligned to 64.
    unsafe { _mm512_load_si512((&raw const line.0).cast()) }
}

/// Components raised by 128: the instruction multiplies unsigned bytes with signed ones.
#[target_feature(enable = "avx512f,avx512bw")]
fn unsign(line: __m512i) -> __m512i {
    _mm512_xor_si512(line, _mm512_set1_epi8(i8::MIN))
}

/// What raising every row component by 128 adds to a product.
fn offset(query: &[Line]) -> i32 {
    let components = query.iter().flat_map(|line| line.0);
    128 * components.map(i32::from).sum::<i32>()
}

/// Asks for the lines `distance` beyond these, which a scan will come to: a machine's own prefetching
/// stops where a page ends.
fn fetch_after<T>(lines: &[T], distance: usize) {
    for line in lines {
        let ahead = (&raw const *line).wrapping_add(distance);
        // SAFETY: a hint, which may point anywhere; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.cast()) };
    }
}

/// Asks for a row that will be read soon.
fn fetch(rows: &[Line], width: usize, pick: Option<&u32>) {
    let Some(&pick) = pick else { return };
    for line in &rows[pick as usize * width..][..width] {
        // SAFETY: a hint about memory that is borrowed here; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>((&raw const line.0).cast()) };
    }
}

#[target_feature(enable = "avx2")]
fn bytes_avx2(query: &[Line], rows: &[Line], out: &mut [i32]) {
    let width = query.len();
    for (row, out) in out.iter_mut().enumerate() {
        *out = product_avx2(query, &rows[row * width..][..width]);
    }
}

#[target_feature(enable = "avx2")]
fn picked_avx2(query: &[Line], rows: &[Line], picks: &[u32], out: &mut [i32]) {
    let width = query.len();
    for (at, (&pick, out)) in picks.iter().zip(out).enumerate() {
        fetch(rows, width, picks.get(at + AHEAD));
        *out = product_avx2(query, &rows[pick as usize * width..][..width]);
    }
}

#[target_feature(enable = "avx2")]
fn product_avx2(query: &[Line], row: &[Line]) -> i32 {
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

/// The vector at `place` of many, row-major.
fn vector(all: &[f32], dimension: usize, place: usize) -> &[f32] {
    &all[place * dimension..][..dimension]
}

/// Multiplies tiles of queries and rows, so that a component read once is used four times.
macro_rules! floats {
    ($name:ident, $tile:ident, $features:literal, $lanes:literal, $queries:literal, $zero:ident, $load:ident, $fma:ident, $sum:ident) => {
        #[target_feature(enable = $features)]
        fn $name(queries: &[f32], rows: &[f32], dimension: usize, out: &mut [f32]) {
            let count = rows.len() / dimension.max(1);
            let many = queries.len() / dimension.max(1);
            for row in (0..count).step_by(4) {
                for query in (0..many).step_by($queries) {
                    let tiled = row + 4 <= count && query + $queries <= many;
                    if tiled {
                        let tile = $tile(
                            std::array::from_fn(|i| vector(queries, dimension, query + i)),
                            std::array::from_fn(|i| vector(rows, dimension, row + i)),
                        );
                        for (i, products) in tile.iter().enumerate() {
                            out[(query + i) * count + row..][..4].copy_from_slice(products);
                        }
                        continue;
                    }
                    for q in query..many.min(query + $queries) {
                        for r in row..count.min(row + 4) {
                            let (q_at, r_at) =
                                (vector(queries, dimension, q), vector(rows, dimension, r));
                            out[q * count + r] = dot(q_at, r_at);
                        }
                    }
                }
            }
        }

        #[target_feature(enable = $features)]
        fn $tile(a: [&[f32]; $queries], b: [&[f32]; 4]) -> [[f32; 4]; $queries] {
            let dimension = a[0].len();
            let whole = dimension - dimension % $lanes;
            let mut sums = [[$zero(); 4]; $queries];
            for at in (0..whole).step_by($lanes) {
                // SAFETY: all slices have `dimension` components, and `at + lanes <= whole`.
                let b = b.map(|b| unsafe { $load(b.as_ptr().add(at)) });
                for (sums, a) in sums.iter_mut().zip(&a) {
                    // SAFETY: as above.
                    let a = unsafe { $load(a.as_ptr().add(at)) };
                    for (sum, &b) in sums.iter_mut().zip(&b) {
                        *sum = $fma(a, b, *sum);
                    }
                }
            }
            let mut out = [[0.0; 4]; $queries];
            for (i, out) in out.iter_mut().enumerate() {
                for (j, out) in out.iter_mut().enumerate() {
                    let rest = a[i][whole..].iter().zip(&b[j][whole..]);
                    *out = $sum(sums[i][j]) + rest.map(|(a, b)| a * b).sum::<f32>();
                }
            }
            out
        }
    };
}

floats!(
    floats_avx512,
    tile_avx512,
    "avx512f",
    16,
    4,
    _mm512_setzero_ps,
    _mm512_loadu_ps,
    _mm512_fmadd_ps,
    _mm512_reduce_add_ps
);
floats!(
    floats_avx2,
    tile_avx2,
    "avx2,fma",
    8,
    2,
    _mm256_setzero_ps,
    _mm256_loadu_ps,
    _mm256_fmadd_ps,
    sum_avx2
);

#[target_feature(enable = "avx2")]
fn sum_avx2(lanes: __m256) -> f32 {
    let sum = _mm_add_ps(
        _mm256_castps256_ps128(lanes),
        _mm256_extractf128_ps::<1>(lanes),
    );
    let sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    _mm_cvtss_f32(_mm_add_ss(sum, _mm_shuffle_ps::<1>(sum, sum)))
}

const _: () = assert!(GROUP == 8 && LINE == 64);
