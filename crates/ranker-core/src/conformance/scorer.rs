//! The contract of [`Scorer`].

use std::sync::Arc;

use super::{Violation, check};
use crate::{FeatureMatrix, FeatureSchema, FeatureSpec, ScoreError, Scorer};

/// Checks that a scorer keeps the contract of [`Scorer`].
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn scorer(scorer: &dyn Scorer) -> Result<(), Violation> {
    let contract = "one finite score a row, in the same order";
    let rows = rows(scorer.schema());
    let score = |rows: &[Vec<f32>]| {
        let matrix = FeatureMatrix::new(scorer.schema().clone(), rows.concat());
        let matrix = matrix.map_err(|e| Violation::failed(contract, e))?;
        let scores = scorer
            .score(&matrix)
            .map_err(|e| Violation::failed(contract, e))?;
        Ok::<_, Violation>((matrix, scores))
    };
    let (matrix, scores) = score(&rows)?;
    check(contract, scores.len() == rows.len(), || {
        format!("{} scores", scores.len())
    })?;
    check(contract, score(&[])?.1.is_empty(), || {
        "scores for no rows".to_owned()
    })?;
    for (row, &expected) in rows.iter().zip(&scores) {
        let alone = score(std::slice::from_ref(row))?.1;
        check(
            "a row's score depends on that row alone",
            alone == [expected],
            || format!("{expected} among others, {alone:?} alone"),
        )?;
    }
    sums_its_parts(scorer, &matrix)?;
    refuses_other_features(scorer)
}

/// Rows that reach from each column's least to its greatest value.
fn rows(schema: &FeatureSchema) -> Vec<Vec<f32>> {
    let at = |step: usize, column: usize, spec: &FeatureSpec| {
        let share = ((step * 7 + column * 3) % 5) as f32 / 4.0;
        let (min, max) = (spec.min.max(-1e6), spec.max.min(1e6));
        min + (max - min) * share
    };
    (0..5)
        .map(|step| {
            schema
                .columns()
                .iter()
                .enumerate()
                .map(|(c, spec)| at(step, c, spec))
                .collect()
        })
        .collect()
}

fn sums_its_parts(scorer: &dyn Scorer, matrix: &FeatureMatrix) -> Result<(), Violation> {
    let contract = "the parts sum to the score";
    let fail = |e| Violation::failed(contract, e);
    let contributions = match scorer.contributions(matrix) {
        Err(ScoreError::NotAdditive { .. }) => return Ok(()),
        answer => answer.map_err(fail)?,
    };
    let scores = scorer.score(matrix).map_err(fail)?;
    check(contract, contributions.len() == scores.len(), || {
        format!("{contributions:?}")
    })?;
    for (split, score) in contributions.iter().zip(scores) {
        check(contract, split.parts.len() == matrix.schema().len(), || {
            format!("{split:?}")
        })?;
        let gap = split.base + split.parts.iter().sum::<f64>() - score.get();
        let kept = gap.abs() <= 1e-9 * score.get().abs().max(1.0);
        check(contract, kept, || format!("{split:?} for {score}"))?;
    }
    Ok(())
}

fn refuses_other_features(scorer: &dyn Scorer) -> Result<(), Violation> {
    let contract = "features of another schema are refused";
    let fail = |e| Violation::failed(contract, e);
    let description = "a feature that no model knows";
    let foreign = FeatureSpec::new("no_such_feature", description, 0.0..=1.0);
    let schema = Arc::new(FeatureSchema::new(vec![foreign]).map_err(fail)?);
    let matrix = FeatureMatrix::new(schema, vec![0.5]).map_err(fail)?;
    let refused = scorer.score(&matrix);
    let right = matches!(refused, Err(ScoreError::Schema { .. }));
    check(contract, right, || format!("{refused:?}"))
}
