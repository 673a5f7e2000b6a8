//! The contract of [`FeatureExtractor`].

use std::sync::Arc;

use super::{Violation, check, pool};
use crate::{Candidate, FeatureExtractor, FeatureMatrix};

/// Checks that an extractor keeps the contract of [`FeatureExtractor`].
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn feature_extractor(extractor: &dyn FeatureExtractor) -> Result<(), Violation> {
    let query = pool::query(0);
    let candidates: Vec<Candidate> = pool::hits()
        .into_iter()
        .zip(pool::pool())
        .map(|(hit, entry)| Candidate::new(hit, Arc::new(entry.profile)))
        .collect();
    let contract = "one row a candidate, in the same order";
    let extract = |candidates: &[Candidate]| {
        extractor
            .extract(&query, candidates)
            .map_err(|e| Violation::failed(contract, e))
    };
    let together = extract(&candidates)?;
    check(contract, together.len() == candidates.len(), || {
        format!("{together:?}")
    })?;
    check(contract, extract(&[])?.is_empty(), || {
        "rows for no candidates".to_owned()
    })?;
    keeps_bounds(extractor, &together)?;

    let contract = "a row depends on its own pair alone";
    for (row, candidate) in together.rows().zip(&candidates) {
        let alone = extract(std::slice::from_ref(candidate))?;
        let close = |alone: &[f32]| alone.iter().zip(row).all(|(a, b)| (a - b).abs() <= 1e-5);
        check(contract, alone.row(0).is_some_and(close), || {
            format!(
                "{}: {row:?} among others, {:?} alone",
                candidate.id(),
                alone.row(0)
            )
        })?;
    }
    Ok(())
}

fn keeps_bounds(extractor: &dyn FeatureExtractor, matrix: &FeatureMatrix) -> Result<(), Violation> {
    check(
        "the matrix has the extractor's schema",
        matrix.schema() == extractor.schema(),
        || format!("{:?}", matrix.schema()),
    )?;
    for row in matrix.rows() {
        for (value, column) in row.iter().zip(matrix.schema().columns()) {
            let within = (column.min..=column.max).contains(value);
            check("every value is within its column's bounds", within, || {
                format!(
                    "{} is {value}, outside {}..={}",
                    column.name, column.min, column.max
                )
            })?;
        }
    }
    Ok(())
}
