//! The contract of [`Explainer`].

use super::{Violation, check};
use crate::{Explainer, Explanation, Ranked, Scorer};

/// Checks that an explainer keeps the contract of [`Explainer`] on a ranking of the caller's, made
/// with `scorer`.
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn explainer(
    explainer: &dyn Explainer,
    scorer: &dyn Scorer,
    ranked: &[Ranked],
) -> Result<(), Violation> {
    let contract = "one explanation a candidate, in the same order, of the score given";
    let explain = |ranked| {
        explainer
            .explain(ranked, scorer)
            .map_err(|e| Violation::failed(contract, e))
    };
    let explanations = explain(ranked)?;
    check(contract, explain(&[])?.is_empty(), || {
        "explanations of nobody".to_owned()
    })?;
    let who = |e: &Explanation| (e.id().clone(), e.score());
    let asked = ranked
        .iter()
        .map(|ranked| (ranked.id().clone(), ranked.score));
    check(contract, explanations.iter().map(who).eq(asked), || {
        format!("{explanations:?}")
    })?;

    for (ranked, explanation) in ranked.iter().zip(&explanations) {
        let (job, profile) = (ranked.query.job(), ranked.candidate.profile());
        let sound = explanation.matches().iter().all(|found| {
            job.text().get(found.requirement.clone()).is_some()
                && profile.text().get(found.passage.clone()).is_some()
                && (-1.001..=1.001).contains(&found.similarity)
        });
        let rationale = explanation.rationale().iter();
        let rests = rationale.chain(explanation.rationale_words()).all(|found| {
            profile.text().get(found.passage.clone()).is_some() && found.weight.is_finite()
        });
        let sound = sound && rests;
        for part in explanation.parts() {
            let sum: f64 = part.terms.iter().map(|term| term.contribution).sum();
            let told = !part.terms.is_empty();
            // A NaN gap must fail too, so the comparison asks for what is right.
            let additive = (sum - part.contribution).abs() <= Explanation::TOLERANCE;
            check("terms sum to their part", !told || additive, || {
                format!("{part:?}")
            })?;
        }
        check("passages are byte ranges of their texts", sound, || {
            format!("{explanation:?}")
        })?;
    }
    Ok(())
}
