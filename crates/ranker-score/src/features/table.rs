//! The built-in features: a row each.

use std::sync::Arc;

use ranker_core::legs::{BM25, DENSE, FULL_TEXT, MAXSIM, SPARSE};
use ranker_core::{Candidate, CosineBaseline, Direction, FeatureSchema, FeatureSpec};

use super::prepared_query::{PreparedQuery, headline};

/// What a candidate's features are computed from.
pub(super) struct Pair<'a> {
    query: &'a PreparedQuery<'a>,
    candidate: &'a Candidate,
    /// Late interaction of the pair, where token vectors are compared.
    maxsim: Option<f32>,
    /// What the profile is called.
    headline: String,
    /// How much more senior than the job's title that is.
    seniority: f32,
}

impl<'a> Pair<'a> {
    pub(super) fn new(
        query: &'a PreparedQuery<'a>,
        candidate: &'a Candidate,
        maxsim: Option<f32>,
    ) -> Self {
        let headline = headline(candidate.profile());
        let seniority = query.seniority(&headline);
        Self {
            query,
            candidate,
            maxsim,
            headline,
            seniority,
        }
    }
}

/// A built-in feature.
#[derive(Clone, Copy)]
pub(super) struct Feature {
    name: &'static str,
    description: &'static str,
    /// The least value; the greatest is 1 throughout.
    min: f32,
    direction: Direction,
    /// The value of a pair. Called for each candidate, on any thread.
    pub(super) value: fn(&Pair<'_>) -> f32,
}

const FEATURES: [Feature; 14] = [
    Feature {
        name: DENSE,
        description: "cosine similarity of job and profile",
        min: -1.0,
        direction: Direction::Increasing,
        value: |pair| {
            let leg = pair.candidate.hit().leg(DENSE);
            let cosine = leg.map(|leg| leg.score.get().clamp(-1.0, 1.0) as f32);
            let baseline = pair.query.baseline().embeddings();
            cosine.map_or(0.0, |cosine| CosineBaseline::rescaled(cosine, baseline))
        },
    },
    Feature {
        name: BM25,
        description: "keyword score as a share of the query's best",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| {
            let words = pair.candidate.hit().words();
            words.map_or(0.0, |leg| leg.share()) as f32
        },
    },
    Feature {
        name: RETRIEVED,
        description: "score of any other retriever as a share of the query's best",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| {
            let legs = pair.candidate.hit().legs().iter();
            let own = |leg: &str| matches!(leg, DENSE | BM25 | FULL_TEXT | MAXSIM | SPARSE);
            let others = legs.filter(|leg| !own(&leg.leg));
            others.map(|leg| leg.share()).fold(0.0, f64::max) as f32
        },
    },
    Feature {
        name: MAXSIM,
        description: "mean similarity of the job's tokens to the profile's most similar ones",
        min: -1.0,
        direction: Direction::Increasing,
        value: |pair| {
            let baseline = pair.query.baseline().tokens();
            let similarity = pair.maxsim;
            similarity.map_or(0.0, |one| CosineBaseline::rescaled(one, baseline))
        },
    },
    Feature {
        name: "title_overlap",
        description: "words that the titles of job and profile share, those of seniority aside, as a share of both (Dice)",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| pair.query.title_overlap(&pair.headline),
    },
    Feature {
        name: "trade",
        description: "whether the profile's title names the trade that the job's names",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| pair.query.trade(&pair.headline),
    },
    Feature {
        name: "skills_found",
        description: "how many of the candidate's skills the job names, n / (n + 3)",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| pair.query.skills_found(pair.candidate.profile()),
    },
    Feature {
        name: "skills_missing",
        description: "share of the skills named by the job's filter that the candidate lacks",
        min: 0.0,
        direction: Direction::Decreasing,
        value: |pair| pair.query.skills_missing(pair.candidate.profile()),
    },
    Feature {
        name: "years_met",
        description: "whether the candidate has the years asked for; 0.5 if unknown",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| pair.query.years_met(pair.candidate.profile()),
    },
    Feature {
        name: "years_over",
        description: "years beyond those asked for, in tens",
        min: -1.0,
        direction: Direction::Any,
        value: |pair| pair.query.years_over(pair.candidate.profile()),
    },
    Feature {
        name: "seniority",
        description: "how much more senior the profile's title is than the job's",
        min: -1.0,
        direction: Direction::Any,
        value: |pair| pair.seniority,
    },
    Feature {
        name: "seniority_gap",
        description: "how far the profile's title is above or below the job's",
        min: 0.0,
        direction: Direction::Decreasing,
        value: |pair| pair.seniority.abs(),
    },
    Feature {
        name: "location",
        description: "whether the job names where the candidate is; 0.5 if unknown",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| pair.query.location(pair.candidate.profile()),
    },
    Feature {
        name: "expansion",
        description: "share, by weight, of the expansion terms that the profile names",
        min: 0.0,
        direction: Direction::Increasing,
        value: |pair| pair.query.expansion(pair.candidate.profile()),
    },
];

/// The feature of legs that have no feature of their own.
pub(crate) const RETRIEVED: &str = "retrieved";

/// All features, or all that need no token vectors.
pub(super) fn features(late_interaction: bool) -> Arc<[Feature]> {
    let chosen = FEATURES.into_iter();
    chosen
        .filter(|feature| late_interaction || feature.name != MAXSIM)
        .collect()
}

/// The names, meanings and bounds of these features.
pub(super) fn schema(features: &[Feature]) -> FeatureSchema {
    let spec = |feature: &Feature| {
        FeatureSpec::new(feature.name, feature.description, feature.min..=1.0)
            .with_direction(feature.direction)
    };
    FeatureSchema::new(features.iter().map(spec).collect()).expect("the names above differ")
}
