//! The plain product that true neighbours are known by.

/// The scalar product: the cosine of vectors of unit length. Those of unlike length are compared as far
/// as the shorter goes.
#[must_use]
pub fn dot(query: &[f32], row: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 16];
    let (blocks, rest) = query.as_chunks::<16>();
    let (row_blocks, row_rest) = row.as_chunks::<16>();
    for (a, b) in blocks.iter().zip(row_blocks) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = rest.iter().zip(row_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
