//! Explanations for `ranker`: every score as a sum of parts, and the passages of the profile that
//! answer the job's requirements. And audits: whether rankings treat groups of people alike.
//!
//! An explanation that does not add up is an error here, never an answer.
//!
//! # Primary types
//!
//! - [`AdditiveExplainer`]: the [`Explainer`]. Parts come from the model where it has them, else
//!   from [`Shapley`]; passages from an [`Aligner`].
//! - [`Shapley`] and its [`Baseline`]: the parts of any model's scores, from outside.
//! - [`Aligner`]: which passage answers which requirement, and which requirement has which share of
//!   the MaxSim of job and profile.
//! - [`segments`]: a text as headings, lines, sentences and items of lists.
//! - [`contrast`]: why one candidate stands above another, feature by feature.
//! - [`PlainWords`]: accounts in two or three sentences, in English and German.
//! - [`changes`]: the smallest changes of job-related facts that would move a candidate up.
//! - [`unmet`]: which conditions of a filter leave somebody out.
//! - [`render`] and [`html`]: explanations as plain text and as a page for a browser.
//! - [`faithfulness`]: whether what an account points at is what the score rests on.
//! - [`audit`]: whether rankings treat groups of candidates alike: rates, intervals, tests, exposure.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! # use ranker_core::{Candidate, Contributions, Direction, FeatureMatrix, FeatureSchema, FeatureSpec};
//! # use ranker_core::{Hit, JobDescription, Profile, Query, Ranking, Score, ScoreError, Scorer};
//! use ranker_xai::{AdditiveExplainer, Explainer, render};
//!
//! # struct Weighted(Arc<FeatureSchema>);
//! # impl Scorer for Weighted {
//! #     fn model_id(&self) -> &str { "weighted" }
//! #     fn schema(&self) -> &Arc<FeatureSchema> { &self.0 }
//! #     fn score(&self, rows: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
//! #         Ok(rows.rows().map(|row| Score::new(0.5 * f64::from(row[0])).unwrap()).collect())
//! #     }
//! #     fn contributions(&self, rows: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
//! #         let split = |row: &[f32]| Contributions::new(0.0, vec![0.5 * f64::from(row[0])]);
//! #         Ok(rows.rows().map(split).collect())
//! #     }
//! # }
//! # let years = FeatureSpec::new("years", "Years of experience.", 0.0..=50.0);
//! # let years = years.with_direction(Direction::Increasing);
//! # let scorer = Weighted(Arc::new(FeatureSchema::new(vec![years]).unwrap()));
//! # let profile = Profile::new("ada", "Six years of Rust.").unwrap().with_title("Engineer");
//! # let hit = Hit::new(profile.id().clone(), Score::default());
//! # let features = FeatureMatrix::new(scorer.schema().clone(), vec![6.0]).unwrap();
//! # let score = scorer.score(&features)?[0];
//! # let query = Arc::new(Query::new(JobDescription::new("Rust").unwrap()));
//! # let candidate = Candidate::new(hit, Arc::new(profile));
//! # let ranking = Ranking::new(query, "weighted", vec![(score, candidate, features)]);
//! // A ranking, and the scorer that made it. `with_alignment(embedder)` would add passages.
//! let explanations = AdditiveExplainer::new().explain(ranking.as_slice(), &scorer)?;
//! assert_eq!(
//!     render::text(&explanations[0], &ranking.as_slice()[0]),
//!     "1. ada (Engineer): score 3.000\nFor it:\n  +3.000  Years of experience: years = 6\n"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! None.

mod additive;
mod align;
pub mod audit;
pub mod changes;
mod contrast;
pub mod faithfulness;
pub mod html;
mod plain_words;
pub mod render;
mod segment;
mod shapley;
mod unmet;

pub use additive::AdditiveExplainer;
pub use align::{Aligner, Alignment, Division, PassagePart, SegmentShare};
pub use contrast::{Contrast, ContrastError, Difference, PassageDifference, Sides, contrast};
pub use plain_words::{Claim, Ground, Language, PlainWords, paragraph};
pub use ranker_core::{
    ExplainError, Explainer, Explanation, Part, PartTerm, PassageMatch, Place, RationalePassage,
    TermOf,
};
pub use segment::{MAX_WORDS, Segment, SegmentKind, segments, words};
pub use shapley::{Baseline, Shapley};
pub use unmet::{Unmet, unmet};
