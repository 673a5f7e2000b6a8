//! The built-in features' names, meanings and bounds.

use ranker_core::{Direction, FeatureSchema, FeatureSpec};

pub(crate) const DENSE: &str = "dense";
pub(crate) const BM25: &str = "bm25";
pub(crate) const MAXSIM: &str = "maxsim";

/// Name, description, least value, direction; the greatest value is 1 throughout.
type Column = (&'static str, &'static str, f32, Direction);

/// In the order in which `Asked::row` gives the values.
const COLUMNS: [Column; 11] = [
    (
        DENSE,
        "cosine similarity of job and profile",
        -1.0,
        Direction::Increasing,
    ),
    (
        BM25,
        "keyword score as a share of the query's best",
        0.0,
        Direction::Increasing,
    ),
    (
        MAXSIM,
        "mean similarity of the job's tokens to the profile's most similar ones",
        -1.0,
        Direction::Increasing,
    ),
    (
        "title_overlap",
        "share of the job title's words found in the profile's title",
        0.0,
        Direction::Increasing,
    ),
    (
        "skills_found",
        "how many of the candidate's skills the job names, n / (n + 3)",
        0.0,
        Direction::Increasing,
    ),
    (
        "skills_missing",
        "share of the skills named by the job's filter that the candidate lacks",
        0.0,
        Direction::Decreasing,
    ),
    (
        "years_met",
        "whether the candidate has the years asked for; 0.5 if unknown",
        0.0,
        Direction::Increasing,
    ),
    (
        "years_over",
        "years beyond those asked for, in tens",
        -1.0,
        Direction::Any,
    ),
    (
        "seniority",
        "how much more senior the profile's title is than the job's",
        -1.0,
        Direction::Any,
    ),
    (
        "location",
        "whether the job names where the candidate is; 0.5 if unknown",
        0.0,
        Direction::Increasing,
    ),
    (
        "expansion",
        "share, by weight, of the expansion terms that the profile names",
        0.0,
        Direction::Increasing,
    ),
];

pub(super) fn with_late_interaction() -> FeatureSchema {
    schema(|_| true)
}

pub(super) fn without_late_interaction() -> FeatureSchema {
    schema(|name| name != MAXSIM)
}

fn schema(chosen: impl Fn(&str) -> bool) -> FeatureSchema {
    let columns = COLUMNS.into_iter().filter(|column| chosen(column.0));
    let spec = |(name, description, min, direction): Column| FeatureSpec {
        name: name.into(),
        description: description.into(),
        min,
        max: 1.0,
        direction,
    };
    FeatureSchema::new(columns.map(spec).collect()).expect("the names above differ")
}
