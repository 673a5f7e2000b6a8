//! What search by sparse vectors says.

use std::sync::Arc;

use ranker_core::legs::SPARSE;
use ranker_core::{
    Candidate, Direction, FeatureError, FeatureExtractor, FeatureMatrix, FeatureSchema,
    FeatureSpec, Query,
};

/// The feature `sparse`: the score of the leg [`SPARSE`] as a share of the query's best, in `0..=1`; 0 where that leg did
/// not score the candidate. It goes beside [`Features`](crate::Features), whose `retrieved` leaves that leg to it.
///
/// ```
/// use ranker_score::{FeatureExtractor, Features, SparseShare};
///
/// let features = Features::new().and(SparseShare::new("splade@0123456789abcdef"))?;
/// assert_eq!(features.schema().names().last(), Some("sparse"));
/// # Ok::<(), ranker_core::FeatureError>(())
/// ```
#[derive(Debug, Clone)]
pub struct SparseShare(Arc<FeatureSchema>);

impl SparseShare {
    /// Of the encoder of this [`model_id`](ranker_core::SparseEmbedder::model_id), which is part of what the feature is.
    ///
    /// # Panics
    ///
    /// Never: one feature has one name.
    #[must_use]
    pub fn new(model_id: &str) -> Self {
        let description = "match of weighed words as a share of the query's best";
        let column = FeatureSpec::new(SPARSE, description, 0.0..=1.0)
            .with_direction(Direction::Increasing)
            .with_model(model_id);
        Self(Arc::new(
            FeatureSchema::new(vec![column]).expect("one column"),
        ))
    }
}

impl FeatureExtractor for SparseShare {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.0
    }

    fn extract(
        &self,
        _query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        let share = |candidate: &Candidate| {
            let leg = candidate.hit().leg(SPARSE);
            leg.map_or(0.0, |leg| leg.share()) as f32
        };
        FeatureMatrix::new(Arc::clone(&self.0), candidates.iter().map(share).collect())
    }
}

#[cfg(test)]
mod tests {
    use ranker_core::legs::DENSE;
    use ranker_core::{Hit, JobDescription, LegScore, Profile, Score, conformance};

    use super::*;
    use crate::{Features, LinearScorer};

    #[test]
    fn the_leg_is_counted_once_and_by_its_own_feature() {
        conformance::feature_extractor(&SparseShare::new("m")).unwrap();
        let score = |value| Score::new(value).unwrap();
        let profile = Arc::new(Profile::new("p", "rust").unwrap());
        let hit = Hit::new(profile.id().clone(), score(1.0))
            .with_leg(LegScore::new(DENSE, score(0.5), score(1.0)))
            .with_leg(LegScore::new(SPARSE, score(3.0), score(4.0)));
        let candidate = Candidate::new(hit, profile);
        let query = Query::new(JobDescription::new("rust").unwrap());
        let features = Features::new().and(SparseShare::new("m")).unwrap();
        let matrix = features.extract(&query, &[candidate]).unwrap();
        let value = |name| matrix.row(0).unwrap()[matrix.schema().position(name).unwrap()];
        assert_eq!(
            [value("dense"), value("retrieved"), value("sparse")],
            [0.5, 0.0, 0.75]
        );
        let prior = LinearScorer::prior(features.schema());
        assert_eq!(prior.weight("sparse"), prior.weight("bm25"));
    }
}
