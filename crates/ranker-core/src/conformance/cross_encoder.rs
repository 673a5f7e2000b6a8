//! The contract of a cross-encoder: a [`FeatureExtractor`] of one column that reads both texts at once.

use std::sync::Arc;

use super::{Violation, check, feature_extractor, pool};
use crate::{Candidate, FeatureExtractor, Query};

/// Checks that a cross-encoder keeps the contract of [`FeatureExtractor`], gives one column in which
/// greater is better, and reads both texts: each of four jobs, which say what one profile says, has that
/// profile above those of the other trades.
///
/// A model of random weights fails the last of these; it is a check of the wiring (which text is the
/// query, which output is the score) with a trained one.
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn cross_encoder(cross_encoder: &dyn FeatureExtractor) -> Result<(), Violation> {
    feature_extractor(cross_encoder)?;
    let columns = cross_encoder.schema().len();
    check("a cross-encoder has one column", columns == 1, || {
        format!("{columns} columns")
    })?;
    let contract = "a job that says what one profile says scores it above other trades";
    for job in 0..4 {
        let scores = scores(cross_encoder, &pool::query(job), contract)?;
        let (own, others) = (scores[job], &scores);
        let best = others.iter().enumerate();
        let above = best.filter(|&(at, &score)| at != job && score >= own);
        let above: Vec<(usize, &f32)> = above.collect();
        check(contract, above.is_empty(), || {
            format!(
                "the job of profile {job} scores it {own}, others no lower: {above:?} (are query and \
                 document swapped, or the score's sign?)"
            )
        })?;
    }
    Ok(())
}

/// The scores of one profile of each trade.
fn scores(
    cross_encoder: &dyn FeatureExtractor,
    query: &Query,
    contract: &'static str,
) -> Result<Vec<f32>, Violation> {
    let candidates = pool::hits().into_iter().zip(pool::pool()).take(4);
    let candidates = candidates.map(|(hit, entry)| Candidate::new(hit, Arc::new(entry.profile)));
    let candidates: Vec<Candidate> = candidates.collect();
    let scores = cross_encoder.extract(query, &candidates);
    let scores = scores.map_err(|e| Violation::failed(contract, e))?;
    Ok(scores.rows().map(|row| row[0]).collect())
}
