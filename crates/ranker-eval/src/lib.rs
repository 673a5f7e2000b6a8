//! Evaluation for ranker: BEIR and TREC files, ranking metrics and paired significance tests.
//!
//! Judgments ([`Qrels`]) and rankings ([`Run`]) go into [`evaluate`], which gives one value per
//! query and metric. Two evaluations over the same judgments go into [`Comparison`], which says
//! which differences are larger than chance explains.
//!
//! ```
//! use ranker_eval::{Comparison, Metric, Options, Qrels, Run, evaluate};
//!
//! let mut qrels = Qrels::new();
//! qrels.insert("q1", "d1", 2)?;
//! qrels.insert("q1", "d2", 1)?;
//! qrels.insert("q2", "d3", 1)?;
//!
//! let mut bm25 = Run::new("bm25");
//! bm25.insert("q1", [("d9", 7.0), ("d1", 6.5), ("d2", 6.0)])?;
//! bm25.insert("q2", [("d3", 4.0)])?;
//! let mut hybrid = Run::new("hybrid");
//! hybrid.insert("q1", [("d1", 0.9), ("d2", 0.8), ("d9", 0.1)])?;
//! hybrid.insert("q2", [("d3", 0.7)])?;
//!
//! let metrics: [Metric; 2] = ["mrr@10".parse()?, "ndcg@10".parse()?];
//! let baseline = evaluate(&qrels, &bm25, &metrics, &Options::new());
//! let system = evaluate(&qrels, &hybrid, &metrics, &Options::new());
//! assert_eq!(baseline.mean(metrics[0]), Some(0.75));
//! assert_eq!(system.mean(metrics[0]), Some(1.0));
//!
//! let table = Comparison::against(bm25.tag(), &baseline)
//!     .system(hybrid.tag(), &system)
//!     .build()?;
//! assert!(table.to_string().contains("+0.2500"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Rules
//!
//! - **Ties** ([`Ties`]): by default as in `trec_eval`: score descending, then document id
//!   descending by bytes. Or the order as given, or the expectation over all orders of the tied
//!   documents (McSherry and Najork 2008).
//! - **Unjudged documents** are not relevant. Grades of zero and below gain nothing.
//! - **Judged queries that the run does not answer** count 0 in every metric.
//! - **Queries without a relevant document** ([`EmptyQuery`]) are left out by default.
//!   `trec_eval` gives them 0 and averages them in: [`EmptyQuery::Zero`].
//! - **Queries of the run without judgments** are not evaluated; the evaluation lists them.
//!
//! # Features
//!
//! None: the crate is small and always whole.

mod compare;
mod error;
mod evaluate;
mod files;
mod judged;
mod measures;
mod metric;
mod options;
mod qrels;
mod run;
mod significance;

pub use compare::{Cell, Comparison, ComparisonBuilder, Row, Verdict};
pub use error::{CompareError, Location, ParseMetricError, ReadError, ValueError, WriteError};
pub use evaluate::{Evaluation, MetricValues, evaluate};
pub use files::{BeirDataset, Document, Documents, QueryText, Warning, read_queries};
pub use metric::Metric;
pub use options::{EmptyQuery, Options, Ties};
pub use qrels::Qrels;
pub use run::{Run, ScoredDocument};
pub use significance::{
    Interval, Method, Resampling, SignFlipTest, bootstrap_interval, holm, paired_differences,
    sign_flip_test,
};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}

    #[test]
    fn public_types_cross_threads() {
        is_send_and_sync::<super::Qrels>();
        is_send_and_sync::<super::Run>();
        is_send_and_sync::<super::Evaluation>();
        is_send_and_sync::<super::Comparison>();
        is_send_and_sync::<super::BeirDataset>();
        is_send_and_sync::<super::ReadError>();
        is_send_and_sync::<super::WriteError>();
        is_send_and_sync::<super::CompareError>();
    }
}
