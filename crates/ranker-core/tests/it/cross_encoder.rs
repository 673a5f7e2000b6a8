//! The contract of cross-encoders, against faulty ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use ranker_core::{
    Candidate, Direction, FeatureError, FeatureExtractor, FeatureMatrix, FeatureSchema,
    FeatureSpec, Query, conformance,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Scores the document alone.
    IgnoresJob,
    /// The negated output is read.
    WrongSign,
    TwoColumns,
    /// A document's score depends on the others of its batch.
    ByBatch,
}

/// The share of a profile's words that the job has too.
struct Overlap {
    schema: Arc<FeatureSchema>,
    fault: Fault,
}

impl Overlap {
    fn with(fault: Fault) -> Self {
        let columns = if fault == Fault::TwoColumns { 2 } else { 1 };
        let spec = |at| {
            FeatureSpec::new(format!("overlap{at}"), "shared words", -1.0..=1.0)
                .with_direction(Direction::Increasing)
        };
        Self {
            schema: Arc::new(FeatureSchema::new((0..columns).map(spec).collect()).unwrap()),
            fault,
        }
    }
}

impl FeatureExtractor for Overlap {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn extract(&self, query: &Query, pool: &[Candidate]) -> Result<FeatureMatrix, FeatureError> {
        let job: BTreeSet<&str> = query.job().text().split_whitespace().collect();
        let score = |candidate: &Candidate| {
            let text = candidate.profile().text();
            let words: BTreeSet<&str> = text.split_whitespace().collect();
            let share = words.intersection(&job).count() as f32 / words.len() as f32;
            match self.fault {
                Fault::IgnoresJob => 1.0 / words.len() as f32,
                Fault::WrongSign => -share,
                Fault::ByBatch => share / pool.len() as f32,
                _ => share,
            }
        };
        let columns = self.schema.len();
        let values = pool
            .iter()
            .flat_map(|one| std::iter::repeat_n(score(one), columns));
        FeatureMatrix::new(Arc::clone(&self.schema), values.collect())
    }
}

#[test]
fn faults_are_found_and_named() {
    let run = |fault| conformance::cross_encoder(&Overlap::with(fault));
    run(Fault::None).unwrap();
    let above = "a job that says what one profile says scores it above other trades";
    for (fault, contract) in [
        (Fault::IgnoresJob, above),
        (Fault::WrongSign, above),
        (Fault::TwoColumns, "a cross-encoder has one column"),
        (Fault::ByBatch, "a row depends on its own pair alone"),
    ] {
        let violation = run(fault).unwrap_err();
        assert_eq!(violation.contract(), contract, "{fault:?}: {violation}");
    }
}
