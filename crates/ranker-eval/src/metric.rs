//! The names of the metrics.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use crate::error::ParseMetricError;

/// A measure of a ranking, between 0 and 1; greater is better.
///
/// The field is the cut-off: `NonZeroUsize::new(10)` looks at the first ten documents, `None`
/// at the whole ranking. Parsed from and shown as `mrr`, `ndcg@10`, and so on; the names
/// `rr`, `ap`, `r`, `p` and `hit` are understood too, in any case.
///
/// ```
/// use ranker_eval::Metric;
/// use std::num::NonZeroUsize;
///
/// let metric: Metric = "nDCG@10".parse()?;
/// assert_eq!(metric, Metric::Ndcg(NonZeroUsize::new(10)));
/// assert_eq!(metric.to_string(), "ndcg@10");
/// # Ok::<(), ranker_eval::ParseMetricError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Metric {
    /// Reciprocal rank of the first relevant document: `1 / rank`, 0 if there is none.
    Mrr(Option<NonZeroUsize>),
    /// Normalised discounted cumulative gain with the grade as gain:
    /// `sum(grade / log2(rank + 1))` over that of the best order of all judged documents
    /// (Järvelin and Kekäläinen 2002, in the form of `trec_eval`).
    Ndcg(Option<NonZeroUsize>),
    /// As [`Metric::Ndcg`], with the gain `2^grade - 1` (Burges et al. 2005).
    NdcgExp(Option<NonZeroUsize>),
    /// Average precision: the mean over all relevant documents of the precision at their rank,
    /// 0 for those not found.
    Map(Option<NonZeroUsize>),
    /// Part of the relevant documents that is found.
    Recall(Option<NonZeroUsize>),
    /// Part of the first `k` places that holds a relevant document; a ranking shorter than `k`
    /// is divided by `k` all the same. Without a cut-off: part of what is retrieved.
    Precision(Option<NonZeroUsize>),
    /// 1 if any relevant document is found, 0 otherwise.
    Success(Option<NonZeroUsize>),
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Self::Mrr(_) => "mrr",
            Self::Ndcg(_) => "ndcg",
            Self::NdcgExp(_) => "ndcg_exp",
            Self::Map(_) => "map",
            Self::Recall(_) => "recall",
            Self::Precision(_) => "precision",
            Self::Success(_) => "success",
        }
    }

    /// How many of the first documents are looked at; `None` for all.
    pub fn cutoff(self) -> Option<NonZeroUsize> {
        match self {
            Self::Mrr(k)
            | Self::Ndcg(k)
            | Self::NdcgExp(k)
            | Self::Map(k)
            | Self::Recall(k)
            | Self::Precision(k)
            | Self::Success(k) => k,
        }
    }

    fn from_name(name: &str, cutoff: Option<NonZeroUsize>) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "mrr" | "rr" => Self::Mrr(cutoff),
            "ndcg" => Self::Ndcg(cutoff),
            "ndcg_exp" => Self::NdcgExp(cutoff),
            "map" | "ap" => Self::Map(cutoff),
            "recall" | "r" => Self::Recall(cutoff),
            "precision" | "p" => Self::Precision(cutoff),
            "success" | "hit" => Self::Success(cutoff),
            _ => return None,
        })
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cutoff() {
            Some(k) => write!(f, "{}@{k}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

impl FromStr for Metric {
    type Err = ParseMetricError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = match text.split_once('@') {
            None => Self::from_name(text, None),
            Some((name, k)) => k
                .parse::<NonZeroUsize>()
                .ok()
                .and_then(|k| Self::from_name(name, Some(k))),
        };
        parsed.ok_or_else(|| ParseMetricError { text: text.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["mrr", "mrr@10", "ndcg@10", "ndcg_exp@10", "map", "map@5"] {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
        for name in ["recall@100", "precision@5", "success@10", "ndcg_exp"] {
            assert_eq!(name.parse::<Metric>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn usual_other_names_are_understood() {
        for (other, name) in [
            ("RR@3", "mrr@3"),
            ("AP", "map"),
            ("P@1", "precision@1"),
            ("hit@9", "success@9"),
        ] {
            assert_eq!(other.parse::<Metric>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn no_metric_is_an_error() {
        for text in [
            "", "@", "ndcg@", "ndcg@0", "ndcg@-1", "dcg@10", "mrr@1@2", "mrr ",
        ] {
            let error = text.parse::<Metric>().unwrap_err();
            assert_eq!(error.text, text);
        }
    }
}
