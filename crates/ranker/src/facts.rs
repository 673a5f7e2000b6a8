//! Facts that texts state (feature `facts`).

use ranker_expand::Taxonomy;
use ranker_ingest::{FactFinder, Month};

/// A finder that knows the skills of the shipped taxonomy.
#[must_use]
pub fn fact_finder(today: Month) -> FactFinder {
    let taxonomy = Taxonomy::acronyms_and_skills();
    let skills = taxonomy
        .skills()
        .map(|(name, labels)| (name.to_owned(), labels));
    let as_written = taxonomy
        .skills_as_written()
        .map(|(name, labels)| (name.to_owned(), labels));
    FactFinder::new(today)
        .with_skills(skills)
        .with_skills_as_written(as_written)
}
