//! Inner products of many queries with many vectors.

use std::arch::x86_64::*;

use crate::dot::dot;

/// The vector at `place` of many, row-major.
fn vector(all: &[f32], dimension: usize, place: usize) -> &[f32] {
    &all[place * dimension..][..dimension]
}

/// Multiplies tiles of queries and rows, so that a component read once is used four times.
macro_rules! floats {
    ($name:ident, $tile:ident, $features:literal, $lanes:literal, $queries:literal, $zero:ident, $load:ident, $fma:ident, $sum:ident) => {
        #[target_feature(enable = $features)]
        pub(super) fn $name(queries: &[f32], rows: &[f32], dimension: usize, out: &mut [f32]) {
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
