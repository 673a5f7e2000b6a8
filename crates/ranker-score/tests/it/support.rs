//! What several tests need.

use std::sync::Arc;

use ranker_core::{Direction, FeatureSchema, FeatureSpec};

/// Features `f0`, `f1` ..., from -5 to 5, with these directions.
pub(crate) fn schema(directions: &[Direction]) -> Arc<FeatureSchema> {
    let spec = |(at, &direction): (usize, &Direction)| FeatureSpec {
        name: format!("f{at}").into(),
        description: "a test's".into(),
        min: -5.0,
        max: 5.0,
        direction,
    };
    let columns = directions.iter().enumerate().map(spec).collect();
    Arc::new(FeatureSchema::new(columns).unwrap())
}

/// An error and its causes, a line each.
pub(crate) fn report(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(|error| format!("{error}\n")).collect()
}
