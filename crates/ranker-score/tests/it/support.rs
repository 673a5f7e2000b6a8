//! What several tests need.

use std::sync::Arc;

use ranker_core::{Direction, FeatureSchema, FeatureSpec};

/// Features `f0`, `f1` ..., from -5 to 5, with these directions.
pub(crate) fn schema(directions: &[Direction]) -> Arc<FeatureSchema> {
    let spec = |(at, &direction): (usize, &Direction)| {
        FeatureSpec::new(format!("f{at}"), "a test's", -5.0..=5.0).with_direction(direction)
    };
    let columns = directions.iter().enumerate().map(spec).collect();
    Arc::new(FeatureSchema::new(columns).unwrap())
}

/// An error and its causes, a line each.
pub(crate) fn report(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(|error| format!("{error}\n")).collect()
}
