//! An audit's numbers together.

use std::fmt;

use super::error::AuditError;
use super::exposure::{GroupExposure, exposures};
use super::groups::{Groups, Served};
use super::mixture::{Mixture, ndkl, rkl, skew};
use super::rates::{GroupRate, Rates};

/// The audit of rankings by one attribute, or by the intersection of two
/// ([`Groups::intersected`]). [`Display`](fmt::Display) prints it as tables.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Audit {
    /// How many rankings were audited.
    pub rankings: usize,
    /// Who stands among the first places.
    pub selection: Rates,
    /// Who scores above the median; `None` where no scores are known.
    pub scoring: Option<Rates>,
    /// What the places of each group are worth.
    pub exposure: Vec<GroupExposure>,
    /// For each group, the mean over rankings of its skew among the first places, from the mixture of all
    /// candidates; rankings where the group is not among them are left out of the mean and counted.
    pub skew: Vec<GroupSkew>,
    /// The mean NDKL of the rankings from the mixture of all candidates.
    pub ndkl: f64,
    /// Their mean rKL.
    pub rkl: f64,
}

/// A group's mean skew.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GroupSkew {
    /// The group.
    pub group: String,
    /// The mean logarithm of its share of the first places over its share of all; `None` where it never
    /// stands among them.
    pub mean: Option<f64>,
    /// In how many rankings nobody of it stands among the first places.
    pub absent: usize,
}

impl Audit {
    /// Audits rankings: the first `k` places are what is looked at. The wanted mixture is that of everyone
    /// of known group who stands in a ranking.
    ///
    /// # Errors
    ///
    /// [`AuditError::NobodyKnown`]; [`AuditError::Option`] for no place.
    pub fn of(served: &[Served], groups: &Groups, k: usize) -> Result<Self, AuditError> {
        let mixture = Mixture::of(served, groups)?;
        let mean = |measure: fn(&Served, &Groups, &Mixture) -> Result<f64, AuditError>| {
            let each = served
                .iter()
                .map(|served| measure(served, groups, &mixture));
            let each = each.collect::<Result<Vec<f64>, _>>()?;
            Ok(each.iter().sum::<f64>() / each.len().max(1) as f64)
        };
        let scored = served.iter().any(|served| !served.scores().is_empty());
        Ok(Self {
            rankings: served.len(),
            selection: Rates::selection(served, groups, k)?,
            scoring: scored.then(|| Rates::scoring(served, groups)).transpose()?,
            exposure: exposures(served, groups),
            skew: skews(served, groups, &mixture, k)?,
            ndkl: mean(ndkl)?,
            rkl: mean(rkl)?,
        })
    }
}

fn skews(
    served: &[Served],
    groups: &Groups,
    mixture: &Mixture,
    k: usize,
) -> Result<Vec<GroupSkew>, AuditError> {
    let each = served.iter().map(|served| skew(served, groups, mixture, k));
    let each = each.collect::<Result<Vec<_>, _>>()?;
    let of = |(group, _): (&str, f64)| {
        let values = each.iter().filter_map(|skews| skews.get(group).copied());
        let there: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        GroupSkew {
            group: group.to_owned(),
            mean: (!there.is_empty()).then(|| there.iter().sum::<f64>() / there.len() as f64),
            absent: each.len() - there.len(),
        }
    };
    Ok(mixture.iter().map(of).collect())
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rankings, by {}",
            self.rankings, self.selection.attribute
        )?;
        write!(f, "\n{}", self.selection)?;
        if let Some(scoring) = &self.scoring {
            write!(f, "\n{scoring}")?;
        }
        writeln!(f, "\nexposure of places, 1 / log2(1 + place)")?;
        writeln!(
            f,
            "{:<24} {:>10} {:>8} {:>8}",
            "group", "candidates", "mean", "ratio"
        )?;
        for row in &self.exposure {
            let (group, mean) = (&row.group, row.mean);
            writeln!(
                f,
                "{group:<24} {:>10} {mean:>8.4} {:>8.3}",
                row.candidates, row.ratio
            )?;
        }
        writeln!(
            f,
            "\nskew among the first places (0: as among all candidates)"
        )?;
        for row in &self.skew {
            let mean = row
                .mean
                .map_or("-".to_owned(), |mean| format!("{mean:+.3}"));
            let absent = row.absent;
            writeln!(
                f,
                "{:<24} {mean:>8}   absent in {absent} rankings",
                row.group
            )?;
        }
        writeln!(
            f,
            "\nNDKL {:.4}, rKL {:.4} (0: as among all candidates)",
            self.ndkl, self.rkl
        )
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.chosen_by)?;
        writeln!(
            f,
            "{:<24} {:>10} {:>7} {:>7} {:>15} {:>15} {:>7} {:>8}",
            "group", "candidates", "chosen", "rate", "Wilson 95 %", "exact 95 %", "impact", "p"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        let (unknown, chosen) = (self.unknown, self.unknown_chosen);
        writeln!(f, "{:<24} {unknown:>10} {chosen:>7}", "(unknown)")
    }
}

impl fmt::Display for GroupRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [candidates, chosen, rate, wilson, exact, impact, p] = self.cells("to");
        write!(
            f,
            "{:<24} {candidates:>10} {chosen:>7} {rate:>7} {wilson:>15} {exact:>15} {impact:>7} {p:>8}",
            self.group,
        )?;
        let remarks: Vec<&str> = self.remarks().map(RateRemark::english).collect();
        match remarks.is_empty() {
            true => Ok(()),
            false => write!(f, "  {}", remarks.join("; ")),
        }
    }
}

/// What the reader of a group's row should know.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RateRemark {
    BelowFourFifths,
    Few,
    /// The group is below 2 % of all.
    NoImpactRatio,
}

impl RateRemark {
    pub(crate) fn english(self) -> &'static str {
        match self {
            Self::BelowFourFifths => "below four fifths",
            Self::Few => "few",
            Self::NoImpactRatio => "below 2 % of all: no impact ratio",
        }
    }
}

impl GroupRate {
    /// Its numbers as they are shown: candidates, chosen, rate, both intervals (with this word between their ends), impact
    /// ratio, p.
    pub(crate) fn cells(&self, to: &str) -> [String; 7] {
        let number = |value: Option<f64>, digits: usize| match value {
            Some(value) => format!("{value:.digits$}"),
            None => "-".to_owned(),
        };
        let interval = |(low, high): (f64, f64)| format!("{low:.3} {to} {high:.3}");
        [
            self.candidates.to_string(),
            self.chosen.to_string(),
            number(self.rate, 3),
            interval(self.wilson),
            interval(self.exact),
            number(self.impact_ratio, 3),
            number(self.p, 4),
        ]
    }

    /// What the reader of the row should know.
    pub(crate) fn remarks(&self) -> impl Iterator<Item = RateRemark> + use<> {
        let below = self
            .below_four_fifths
            .then_some(RateRemark::BelowFourFifths);
        let few = self.few.then_some(RateRemark::Few);
        let left_out = (self.impact_ratio.is_none() && self.candidates > 0 && self.chosen > 0)
            .then_some(RateRemark::NoImpactRatio);
        [below, few, left_out].into_iter().flatten()
    }
}
