//! Every score as a sum, with the passages behind it.

use std::fmt;
use std::sync::Arc;

use ranker_core::{
    Contributions, Embedder, ExplainError, Explainer, Explanation, FeatureMatrix, Part, Ranked,
    ScoreError, Scorer, TermOf, legs,
};

use crate::align::{Aligner, Alignment};
use crate::shapley::{Shapley, missing};

/// Explains scores as `base + Σ parts`, and points at the passages of the profile that answer the
/// job's requirements and at those that the score rests on.
///
/// The parts are the model's own ([`Scorer::contributions`]) where it has such, and [`Shapley`]
/// values elsewhere. If they do not sum to the score the ranking shows, the answer is
/// [`ExplainError::NotAdditive`]: most likely the ranking was made with another model.
#[derive(Clone, Default)]
pub struct AdditiveExplainer {
    shapley: Shapley,
    aligner: Option<Aligner>,
}

impl AdditiveExplainer {
    /// Explains by parts alone.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how scores are split whose model does not split them.
    #[must_use]
    pub fn with_shapley(mut self, shapley: Shapley) -> Self {
        self.shapley = shapley;
        self
    }

    /// Adds passages, found with the token vectors of this encoder: best the one that the features
    /// come from. As [`Self::with_aligner`] with [`Aligner::new`].
    #[must_use]
    pub fn with_alignment(self, embedder: Arc<dyn Embedder>) -> Self {
        self.with_aligner(Aligner::new(embedder))
    }

    /// Adds passages, found by this aligner.
    #[must_use]
    pub fn with_aligner(mut self, aligner: Aligner) -> Self {
        self.aligner = Some(aligner);
        self
    }

    fn contributions(
        &self,
        rows: &FeatureMatrix,
        scorer: &dyn Scorer,
    ) -> Result<Vec<Contributions>, ScoreError> {
        let splits = match scorer.contributions(rows) {
            Err(ScoreError::NotAdditive { .. }) => self.shapley.contributions(scorer, rows),
            answer => answer,
        }?;
        if splits.len() != rows.len() {
            return Err(missing(rows.len(), splits.len()));
        }
        match splits
            .iter()
            .find(|split| split.parts.len() != rows.schema().len())
        {
            Some(split) => Err(missing(rows.schema().len(), split.parts.len())),
            None => Ok(splits),
        }
    }

    fn alignments(&self, ranked: &[Ranked]) -> Result<Vec<Alignment>, ExplainError> {
        match &self.aligner {
            Some(aligner) => aligner.align(ranked).map_err(ExplainError::Embedder),
            None => Ok(vec![Alignment::default(); ranked.len()]),
        }
    }
}

impl Explainer for AdditiveExplainer {
    fn explain(
        &self,
        ranked: &[Ranked],
        scorer: &dyn Scorer,
    ) -> Result<Vec<Explanation>, ExplainError> {
        if ranked.is_empty() {
            return Ok(Vec::new());
        }
        let rows = joined_rows(ranked, scorer)?;
        let splits = self
            .contributions(&rows, scorer)
            .map_err(ExplainError::Scorer)?;
        let found = self.alignments(ranked)?;
        let explained = ranked.iter().zip(rows.rows()).zip(splits).zip(found);
        explained
            .map(|(((ranked, row), split), found)| {
                let parts = parts(&rows, row, &split);
                let id = ranked.id().clone();
                let explanation = Explanation::new(id, ranked.score, split.base, parts)?;
                Ok(with_passages(explanation, found))
            })
            .collect()
    }
}

/// An account with the passages behind it, and what late interaction and vector search are made of: MaxSim by what the job
/// asks, the similarity of the embeddings by what the profile says.
fn with_passages(explanation: Explanation, found: Alignment) -> Explanation {
    let asked = found.shares.into_iter();
    let asked = asked.map(|share| (TermOf::Job(share.requirement), share.share.into()));
    let said = found.cosine.into_iter();
    let said = said.map(|(place, share)| (TermOf::Profile(place), share));
    explanation
        .with_matches(found.matches)
        .with_rationale(found.rationale)
        .with_rationale_words(found.words)
        .with_terms(legs::MAXSIM, asked)
        .with_terms(legs::DENSE, said)
}

/// The candidates' rows in one matrix.
fn joined_rows(ranked: &[Ranked], scorer: &dyn Scorer) -> Result<FeatureMatrix, ExplainError> {
    let mut values = Vec::new();
    for one in ranked {
        ScoreError::check_schema(scorer.schema(), one.features.schema())
            .map_err(ExplainError::Scorer)?;
        if one.features.len() != 1 {
            return Err(ExplainError::Rows {
                id: one.id().clone(),
                rows: one.features.len(),
            });
        }
        values.extend(one.features.rows().flatten());
    }
    Ok(FeatureMatrix::new(Arc::clone(scorer.schema()), values)
        .expect("whole rows of values from finite matrices"))
}

fn parts(rows: &FeatureMatrix, row: &[f32], split: &Contributions) -> Vec<Part> {
    let names = rows.schema().names();
    names
        .zip(row)
        .zip(&split.parts)
        .map(|((name, &value), &contribution)| Part::new(name, value, contribution))
        .collect()
}

impl fmt::Debug for AdditiveExplainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdditiveExplainer")
            .field("shapley", &self.shapley)
            .field("aligner", &self.aligner)
            .finish()
    }
}
