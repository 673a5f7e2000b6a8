//! Why one candidate stands above another.

use std::collections::BTreeSet;
use std::ops::Range;

use ranker_core::{Assessment, CandidateId, Explanation, Part, PassageMatch, Score};

/// What is known of both candidates of a [`Contrast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides<T> {
    /// Of the one with the better score.
    pub above: T,
    /// Of the other.
    pub below: T,
}

/// One feature in both accounts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The feature's name.
    pub feature: String,
    /// The feature's values.
    pub values: Sides<f32>,
    /// What it adds to each score.
    pub contributions: Sides<f64>,
}

impl Difference {
    /// What the feature adds to the difference of the scores: negative where it speaks for the lower one.
    #[must_use]
    pub fn adds(&self) -> f64 {
        self.contributions.above - self.contributions.below
    }
}

/// What the job asks, and the passage of each profile that lies closest to it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PassageDifference {
    /// Bytes of [`ranker_core::JobDescription::text`].
    pub requirement: Range<usize>,
    /// The passages, where there are such.
    pub found: Sides<Option<PassageMatch>>,
}

/// Why two accounts cannot be set against each other.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContrastError {
    /// Both are of one candidate.
    #[error("both accounts are of candidate {id}: name two candidates")]
    Same {
        /// Who it is.
        id: CandidateId,
    },
    /// The accounts are of other features.
    #[error("only one of the accounts has feature {feature}: explain both by one model")]
    OtherFeatures {
        /// A feature of one of them.
        feature: String,
    },
    /// The accounts answer other requirements.
    #[error("the accounts answer other requirements: explain both for one job by one assessor")]
    OtherRequirements,
    /// The differences do not sum to the difference of the scores: the contrast would not be true.
    #[error(
        "the differences of {above} and {below} sum to {sum}, but their scores differ by {gap}"
    )]
    NotAdditive {
        /// Who has the better score.
        above: CandidateId,
        /// The other.
        below: CandidateId,
        /// By how much the scores differ.
        gap: f64,
        /// What the differences sum to.
        sum: f64,
    },
}

/// Why one candidate stands above another: `gap = base + Σ differences`, checked when it is made by
/// [`contrast`].
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    ids: Sides<CandidateId>,
    scores: Sides<Score>,
    base: f64,
    differences: Vec<Difference>,
    verdicts: Vec<Sides<Assessment>>,
    passages: Vec<PassageDifference>,
}

impl Contrast {
    /// Who they are.
    #[must_use]
    pub fn ids(&self) -> &Sides<CandidateId> {
        &self.ids
    }

    /// Their scores.
    #[must_use]
    pub fn scores(&self) -> Sides<Score> {
        self.scores
    }

    /// By how much the better score is greater; never negative.
    #[must_use]
    pub fn gap(&self) -> f64 {
        self.scores.above.get() - self.scores.below.get()
    }

    /// By how much the scores would differ without any feature; 0 for most models.
    #[must_use]
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Every feature, greatest difference first by size, equal ones by name.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// The requirements on which the verdicts differ, in the job's order.
    #[must_use]
    pub fn verdicts(&self) -> &[Sides<Assessment>] {
        &self.verdicts
    }

    /// What the job asks for which any of the two has a close passage, in the job's order.
    #[must_use]
    pub fn passages(&self) -> &[PassageDifference] {
        &self.passages
    }
}

/// Sets the accounts of two candidates of one ranking against each other, in any order: the one with the better
/// score is above, of equal ones the one whose id comes first, as in a ranking.
///
/// # Errors
///
/// [`ContrastError`]; among them where the differences do not sum to the difference of the scores, within
/// [`Explanation::TOLERANCE`] relative to `max(1, |score|)` of the greater score.
pub fn contrast(one: &Explanation, other: &Explanation) -> Result<Contrast, ContrastError> {
    if one.id() == other.id() {
        return Err(ContrastError::Same {
            id: one.id().clone(),
        });
    }
    let (above, below) =
        match Score::best_first((one.score(), one.id()), (other.score(), other.id())) {
            std::cmp::Ordering::Greater => (other, one),
            _ => (one, other),
        };
    let contrast = Contrast {
        ids: Sides {
            above: above.id().clone(),
            below: below.id().clone(),
        },
        scores: Sides {
            above: above.score(),
            below: below.score(),
        },
        base: above.base() - below.base(),
        differences: differences(above.parts(), below.parts())?,
        verdicts: verdicts(above.assessments(), below.assessments())?,
        passages: passages(above.matches(), below.matches()),
    };
    additive(&contrast)?;
    Ok(contrast)
}

fn additive(contrast: &Contrast) -> Result<(), ContrastError> {
    let adds = contrast.differences.iter().map(Difference::adds);
    let (sum, gap) = (contrast.base + adds.sum::<f64>(), contrast.gap());
    let Sides { above, below } = contrast.scores;
    let greatest = above.get().abs().max(below.get().abs()).max(1.0);
    // A NaN must fail too, so the comparison asks for what is right.
    let additive = (sum - gap).abs() <= Explanation::TOLERANCE * greatest;
    match additive {
        true => Ok(()),
        false => Err(ContrastError::NotAdditive {
            above: contrast.ids.above.clone(),
            below: contrast.ids.below.clone(),
            gap,
            sum,
        }),
    }
}

fn differences(above: &[Part], below: &[Part]) -> Result<Vec<Difference>, ContrastError> {
    let by_name = |parts: &[Part]| {
        let mut parts = parts.to_vec();
        parts.sort_by(|a, b| a.feature.cmp(&b.feature));
        parts
    };
    let (above, below) = (by_name(above), by_name(below));
    let pairs = above.iter().zip(&below);
    let mut other = pairs.filter(|(above, below)| above.feature != below.feature);
    // Both are in order: the name that comes first at the first difference is in one of them alone.
    let alone = other
        .next()
        .map(|(above, below)| above.feature.as_str().min(&below.feature));
    let surplus = above.get(below.len()).or_else(|| below.get(above.len()));
    if let Some(feature) = alone.or(surplus.map(|part| part.feature.as_str())) {
        let feature = feature.to_owned();
        return Err(ContrastError::OtherFeatures { feature });
    }
    let difference = |(above, below): (Part, Part)| Difference {
        feature: above.feature,
        values: Sides {
            above: above.value,
            below: below.value,
        },
        contributions: Sides {
            above: above.contribution,
            below: below.contribution,
        },
    };
    let mut all: Vec<Difference> = above.into_iter().zip(below).map(difference).collect();
    // Stable: equal ones stay in the order of their names.
    all.sort_by(|a, b| b.adds().abs().total_cmp(&a.adds().abs()));
    Ok(all)
}

fn verdicts(
    above: &[Assessment],
    below: &[Assessment],
) -> Result<Vec<Sides<Assessment>>, ContrastError> {
    let pairs = || above.iter().zip(below);
    let same = pairs().all(|(above, below)| above.requirement == below.requirement);
    if above.len() != below.len() || !same {
        return Err(ContrastError::OtherRequirements);
    }
    let differing = pairs().filter(|(above, below)| above.verdict != below.verdict);
    let sides = |(above, below): (&Assessment, &Assessment)| Sides {
        above: above.clone(),
        below: below.clone(),
    };
    Ok(differing.map(sides).collect())
}

fn passages(above: &[PassageMatch], below: &[PassageMatch]) -> Vec<PassageDifference> {
    let asked = above.iter().chain(below);
    let asked: BTreeSet<(usize, usize)> = asked
        .map(|found| (found.requirement.start, found.requirement.end))
        .collect();
    let closest = |matches: &[PassageMatch], requirement: &Range<usize>| {
        let of_it = matches.iter().filter(|m| m.requirement == *requirement);
        of_it
            .max_by(|a, b| a.similarity.total_cmp(&b.similarity))
            .cloned()
    };
    let difference = |(start, end)| {
        let requirement = start..end;
        PassageDifference {
            found: Sides {
                above: closest(above, &requirement),
                below: closest(below, &requirement),
            },
            requirement,
        }
    };
    asked.into_iter().map(difference).collect()
}
