//! AVX-512 with VPOPCNTDQ and VNNI.

use std::arch::x86_64::*;

use super::super::{
    BitQuery, BitRows, ByteQuery, Estimates, GROUP, Kernels, Line, NearRows, PLANES,
    ScaledProducts, SignQueries, SignQuery, Words, early,
    portable::{self, NearWord},
    tokens::{self, FOUR, TILE, Tile, TokenRows},
};
use super::{AHEAD, LINES_AHEAD, WORDS_AHEAD, fetch, fetch_after, fetch_rows};

pub(super) const KERNELS: Kernels = Kernels {
    name: "avx512",
    // SAFETY (all that need it): only `available` hands this table out, where AVX-512 F, BW, DQ, VL,
    // VPOPCNTDQ and VNNI were found.
    signs: |signs, rows, out| unsafe { hamming(signs, rows, out) },
    near: |queries, rows, out| unsafe { near(queries, rows, out) },
    within: |query, rows, picks| unsafe { within(query, rows, picks) },
    bits: |query, rows, threshold, out| unsafe { bits(query, rows, threshold, out) },
    bytes: |query, rows, out| unsafe { bytes(query, rows, out) },
    picked: |query, rows, picks, out| unsafe { picked(query, rows, picks, out) },
    fetch: |rows, width, picks| fetch_rows(rows, width, picks),
    exceed: |scaled, least, out| unsafe { exceed(scaled, least, out) },
    nearest: |query, rows, out| {
        tokens::by_tiles(query, rows, out, |tile, rows, out| unsafe {
            nearest_tile(tile, rows, out);
        });
    },
};

/// The compiler finds the instructions by itself.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn hamming(signs: &[u64], rows: &[Words], out: &mut [[u64; GROUP]]) {
    portable::hamming(signs, rows, out);
}

#[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq,popcnt")]
fn within(query: SignQuery<'_>, rows: NearRows<'_>, picks: &mut [u32]) -> usize {
    // Where the compiler knows how many words there are, no loop is left.
    match query.signs.len() {
        6 => within_lines::<6>(query, rows, picks),
        _ => within_lines::<0>(query, rows, picks),
    }
}

/// As [`within`] with `WIDTH` words a row, or as many as there are signs for 0. Finds which of eight words
/// hold any row at once: most hold none.
#[target_feature(enable = "avx512f,avx512vl,avx512vpopcntdq,popcnt")]
fn within_lines<const WIDTH: usize>(
    query: SignQuery<'_>,
    rows: NearRows<'_>,
    picks: &mut [u32],
) -> usize {
    let width = if WIDTH > 0 { WIDTH } else { query.signs.len() };
    let query = SignQuery {
        signs: &query.signs[..width],
        cutoff: query.cutoff,
    };
    let mut kept = 0;
    let (lines, rest) = rows.near.as_chunks::<64>();
    let eights = rows.allowed.as_chunks::<8>().0;
    for (line, (near, allowed)) in lines.iter().zip(eights).enumerate() {
        // SAFETY: 64 bytes, and eight words.
        let both = unsafe {
            let near = _mm512_loadu_si512(near.as_ptr().cast());
            _mm512_and_si512(near, _mm512_loadu_si512(allowed.as_ptr().cast()))
        };
        let mut some = _mm512_test_epi64_mask(both, both);
        let mut words = [0_u64; 8];
        // SAFETY: as above.
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), both) };
        while some != 0 {
            let at = some.trailing_zeros() as usize;
            some &= some - 1;
            let word = NearWord {
                at: 8 * line + at,
                near: words[at],
            };
            kept += portable::keep(query, rows, word, &mut picks[kept..]);
        }
    }
    let done = 64 * lines.len();
    let rest = NearRows {
        words: &rows.words[done * width..],
        near: rest,
        allowed: &rows.allowed[done / 8..],
        first: rows.first + (done * GROUP) as u32,
    };
    kept + portable::within(query, rest, &mut picks[kept..])
}

/// Rows stay in registers while all queries pass by, as many groups of them as there are registers for.
///
/// A batch compares each row with each query, so a loop over queries inside a loop over rows would load a
/// word for each XOR and POPCNT and wait for the load port. As in a tiled matrix product, a tile of
/// `TILE` groups (eight rows each) is loaded once; a query's sign word is then broadcast once and used
/// for all groups of the tile. `TILE` is the power of two with which `TILE · EARLY` words and `TILE` sums
/// fill most of the 32 vector registers without spilling.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn near(queries: &SignQueries, rows: &[Words], out: &mut [u8]) {
    match queries.width {
        6 => near_tiles::<6, 3, 8>(queries, rows, out),
        8 => near_tiles::<8, 4, 4>(queries, rows, out),
        12 => near_tiles::<12, 6, 4>(queries, rows, out),
        16 => near_tiles::<16, 8, 2>(queries, rows, out),
        _ => portable::near(queries, rows, out),
    }
}

#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn near_tiles<const WIDTH: usize, const EARLY: usize, const TILE: usize>(
    queries: &SignQueries,
    rows: &[Words],
    out: &mut [u8],
) {
    const { assert!(EARLY == early(WIDTH)) };
    let rows = rows.as_chunks::<WIDTH>().0;
    let whole = rows.len() - rows.len() % TILE;
    for group in (0..whole).step_by(TILE) {
        near_tile::<WIDTH, EARLY, TILE>(queries, rows, group, out);
    }
    for group in whole..rows.len() {
        near_tile::<WIDTH, EARLY, 1>(queries, rows, group, out);
    }
}

/// As [`near`], for `TILE` groups from `first` on. Their last `EARLY` words, those compared first
/// ([`early`]), stay in registers; the other words are loaded, from the first-level cache, for a query
/// whose cutoff needs all of them because the last ones alone have too little contrast.
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn near_tile<const WIDTH: usize, const EARLY: usize, const TILE: usize>(
    queries: &SignQueries,
    rows: &[[Words; WIDTH]],
    first: usize,
    out: &mut [u8],
) {
    let groups = rows.len();
    let rows = &rows[first..first + TILE];
    fetch_after(rows.as_flattened(), WORDS_AHEAD);
    // The loop over queries below touches nothing but these registers, its signs and its result.
    let mut late = [[_mm512_setzero_si512(); EARLY]; TILE];
    for (late, words) in late.iter_mut().zip(rows) {
        for (late, word) in late.iter_mut().zip(&words[WIDTH - EARLY..]) {
            *late = load_words(word);
        }
    }
    let each = queries.signs.as_chunks::<WIDTH>().0.iter();
    let each = each.zip(&queries.cutoffs).zip(out.chunks_exact_mut(groups));
    for ((signs, cutoff), out) in each {
        let mut sums = [_mm512_setzero_si512(); TILE];
        for at in 0..EARLY {
            let sign = _mm512_set1_epi64(signs[WIDTH - EARLY + at].cast_signed());
            for (sum, words) in sums.iter_mut().zip(&late) {
                *sum = _mm512_add_epi64(*sum, distances(words[at], sign));
            }
        }
        if cutoff.words > EARLY {
            for at in 0..WIDTH - EARLY {
                let sign = _mm512_set1_epi64(signs[at].cast_signed());
                for (sum, words) in sums.iter_mut().zip(rows) {
                    *sum = _mm512_add_epi64(*sum, distances(load_words(&words[at]), sign));
                }
            }
        }
        // Lane `i` of a sum is the distance of the group's row `i`: the compare's mask is the result byte.
        let most = _mm512_set1_epi64(cutoff.most.cast_signed());
        for (out, &sum) in out[first..first + TILE].iter_mut().zip(&sums) {
            *out = _mm512_cmple_epu64_mask(sum, most);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vpopcntdq")]
fn distances(word: __m512i, sign: __m512i) -> __m512i {
    _mm512_popcnt_epi64(_mm512_xor_si512(word, sign))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_words(words: &Words) -> __m512i {
    // SAFETY: `Words` is 64 bytes, aligned to 64.
    unsafe { _mm512_load_si512((&raw const words.0).cast()) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
fn bits(query: &BitQuery, rows: BitRows<'_>, threshold: f32, out: Estimates<'_>) {
    // Where the compiler knows how many planes there are, they stay in registers.
    match query.planes.len() {
        6 => groups::<6>(query, rows, threshold, out),
        _ => groups::<0>(query, rows, threshold, out),
    }
}

/// As [`bits`] with `WIDTH` words a group, or as many as there are planes for 0.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq")]
fn groups<const WIDTH: usize>(
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
        let mut hamming = _mm512_setzero_si512();
        for (word, &sign) in words.iter().zip(signs) {
            // SAFETY: `Words` is 64 bytes, aligned to 64.
            let word = unsafe { _mm512_load_si512((&raw const word.0).cast()) };
            let differ = _mm512_xor_si512(word, _mm512_set1_epi64(sign.cast_signed()));
            hamming = _mm512_add_epi64(hamming, _mm512_popcnt_epi64(differ));
        }
        let near = *above & _mm512_cmple_epu64_mask(hamming, cutoff);
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

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn bytes(query: &ByteQuery, rows: &[Line], out: &mut [i32]) {
    // Where the compiler knows how many lines there are, the query stays in registers.
    match <&[Line; 6]>::try_from(query.lines.as_slice()) {
        Ok(lines) => bytes_halves(lines, query.shift, rows, out),
        Err(_) => bytes_halves(&query.lines, query.shift, rows, out),
    }
}

/// The rows of both halves by turns: one thread reads two places at once faster than one.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn bytes_halves(lines: &[Line], shift: i32, rows: &[Line], out: &mut [i32]) {
    let width = lines.len();
    let product_of = |at: usize| {
        let row = &rows[at * width..][..width];
        fetch_after(row, LINES_AHEAD);
        product(lines, row) - shift
    };
    let half = out.len() / 2;
    let (low, high) = out.split_at_mut(half);
    for (at, (low, high)) in low.iter_mut().zip(&mut *high).enumerate() {
        *low = product_of(at);
        *high = product_of(half + at);
    }
    if let Some(last) = high.get_mut(half) {
        *last = product_of(2 * half);
    }
}

/// Products as f32, 16 at a time.
#[target_feature(enable = "avx512f")]
fn exceed(scaled: ScaledProducts<'_>, threshold: f32, out: &mut [u64]) {
    let ScaledProducts { products, scales } = scaled;
    let least = _mm512_set1_ps(threshold);
    let words = products.chunks(64).zip(scales.chunks(64)).zip(out);
    for ((products, scales), out) in words {
        let (whole, rest) = products.as_chunks::<16>();
        let (scales, scales_rest) = scales.as_chunks::<16>();
        *out = 0;
        for (at, (products, scales)) in whole.iter().zip(scales).enumerate() {
            // SAFETY: 16 products and as many scales are 64 bytes each.
            let (products, scales) = unsafe {
                let products = _mm512_loadu_si512(products.as_ptr().cast());
                (products, _mm512_loadu_ps(scales.as_ptr()))
            };
            let values = _mm512_mul_ps(_mm512_cvtepi32_ps(products), scales);
            let above = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(values, least);
            *out |= u64::from(above) << (16 * at);
        }
        let mut last = [0];
        let rest_scaled = ScaledProducts {
            products: rest,
            scales: scales_rest,
        };
        portable::exceed(rest_scaled, threshold, &mut last);
        if !rest.is_empty() {
            *out |= last[0] << (16 * whole.len());
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn picked(query: &ByteQuery, rows: &[Line], picks: &[u32], out: &mut [i32]) {
    // Where the compiler knows how many lines there are, the query stays in registers.
    match <&[Line; 6]>::try_from(query.lines.as_slice()) {
        Ok(lines) => picked_fours(lines, rows, picks, out),
        Err(_) => picked_fours(&query.lines, rows, picks, out),
    }
    out[..picks.len()]
        .iter_mut()
        .for_each(|out| *out -= query.shift);
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn picked_fours(lines: &[Line], rows: &[Line], picks: &[u32], out: &mut [i32]) {
    let width = lines.len();
    let row = |pick: u32| &rows[pick as usize * width..][..width];
    let (fours, rest) = picks.as_chunks::<4>();
    let (outs, rest_out) = out[..picks.len()].as_chunks_mut::<4>();
    for (at, (four, out)) in fours.iter().zip(outs).enumerate() {
        for ahead in 0..4 {
            fetch(rows, width, picks.get(4 * at + AHEAD + ahead));
        }
        *out = products(lines, four.map(row));
    }
    for (&pick, out) in rest.iter().zip(rest_out) {
        *out = product(lines, row(pick));
    }
}

/// The product of the query with a row whose components were raised by 128.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn product(query: &[Line], row: &[Line]) -> i32 {
    let [sum] = sums(query, [row]);
    _mm512_reduce_add_epi32(sum)
}

/// The same of four rows, whose sums are added up across lanes together.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn products(query: &[Line], rows: [&[Line]; 4]) -> [i32; 4] {
    let [a, b, c, d] = sums(query, rows).map(|sum| {
        let high = _mm512_extracti64x4_epi64::<1>(sum);
        _mm256_add_epi32(_mm512_castsi512_si256(sum), high)
    });
    let sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    let high = _mm256_extracti128_si256::<1>(sums);
    let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), high);
    let mut out = [0; 4];
    // SAFETY: four numbers of four bytes are the register's 16 bytes.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), sums) };
    out
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn sums<const N: usize>(query: &[Line], rows: [&[Line]; N]) -> [__m512i; N] {
    let mut sums = [_mm512_setzero_si512(); N];
    for (at, line) in query.iter().enumerate() {
        let line = load512(line);
        for (sum, row) in sums.iter_mut().zip(&rows) {
            *sum = _mm512_dpbusd_epi32(*sum, unsign(load512(&row[at])), line);
        }
    }
    sums
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

/// How many rows meet a tile at once: enough to keep the multipliers busy while sums wait.
const ROWS: usize = 8;

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn nearest_tile(tile: Tile<'_>, rows: TokenRows<'_>, best: &mut [f32; TILE]) {
    let width = tile.lines.len();
    let (blocks, rest) = rows.scales.as_chunks::<ROWS>();
    for (at, scales) in blocks.iter().enumerate() {
        let block = &rows.codes[at * ROWS * width..][..ROWS * width];
        let block = std::array::from_fn::<_, ROWS, _>(|row| &block[row * width..][..width]);
        keep_nearest(tile, block, *scales, best);
    }
    let whole = blocks.len() * ROWS;
    for (at, &scale) in rest.iter().enumerate() {
        let row = &rows.codes[(whole + at) * width..][..width];
        keep_nearest(tile, [row], [scale], best);
    }
}

/// Raises the best of each token to its products with these rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn keep_nearest<const N: usize>(
    tile: Tile<'_>,
    rows: [&[[u8; FOUR]]; N],
    scales: [f32; N],
    best: &mut [f32; TILE],
) {
    let mut sums = [_mm512_setzero_si512(); N];
    for (at, line) in tile.lines.iter().enumerate() {
        // SAFETY: a line is 64 bytes, aligned to 64.
        let line = unsafe { _mm512_load_si512((&raw const line.0).cast()) };
        for (row, sum) in rows.iter().zip(&mut sums) {
            let codes = _mm512_set1_epi32(i32::from_le_bytes(row[at]));
            *sum = _mm512_dpbusd_epi32(*sum, codes, line);
        }
    }
    // SAFETY: 16 shifts, and 16 floats to read and write, are 64 bytes each.
    unsafe {
        let shift = _mm512_loadu_si512(tile.shifts.as_ptr().cast());
        let mut most = _mm512_loadu_ps(best.as_ptr());
        for (sum, &scale) in sums.iter().zip(&scales) {
            let sum = _mm512_sub_epi32(_mm512_slli_epi32::<1>(*sum), shift);
            let product = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(scale));
            most = _mm512_max_ps(most, product);
        }
        _mm512_storeu_ps(best.as_mut_ptr(), most);
    }
}
