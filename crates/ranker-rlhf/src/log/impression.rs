//! A ranking as it was shown.

use std::collections::HashSet;

use ranker_core::{CandidateId, Ranked, Ranking};

use super::error::EventError;
use super::ids::{JobId, RankingId};

/// One candidate of a shown ranking.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Shown {
    /// Who.
    pub candidate: CandidateId,
    /// Where, from 1; on the second page of ten, from 11.
    pub position: u32,
    /// The chance with which the policy showed this candidate at this position, in `(0, 1]`, where
    /// the ranking was drawn.
    pub propensity: Option<f64>,
}

impl Shown {
    /// A candidate at a position, from 1.
    #[must_use]
    pub fn new(candidate: CandidateId, position: u32) -> Self {
        Self {
            candidate,
            position,
            propensity: None,
        }
    }

    /// Sets the chance with which it was shown there.
    #[must_use]
    pub fn with_propensity(mut self, propensity: f64) -> Self {
        self.propensity = Some(propensity);
        self
    }
}

/// A ranking as it was shown: by which model, in which order, from which features.
#[derive(Debug, Clone, PartialEq)]
pub struct Impression {
    ranking: RankingId,
    job: JobId,
    model: String,
    shown: Vec<Shown>,
    feature_names: Vec<String>,
    rows: Vec<Vec<f32>>,
    made_with: Option<String>,
}

impl Impression {
    /// A ranking as it was shown, without features. Nobody shown is an impression too.
    ///
    /// # Errors
    ///
    /// [`EventError::ShownTwice`], [`EventError::Position`] and [`EventError::Propensity`].
    pub fn new(
        ranking: RankingId,
        job: JobId,
        model: impl Into<String>,
        shown: Vec<Shown>,
    ) -> Result<Self, EventError> {
        check(&shown)?;
        Ok(Self {
            ranking,
            job,
            model: model.into(),
            shown,
            feature_names: Vec::new(),
            rows: Vec::new(),
            made_with: None,
        })
    }

    /// Features of candidates that nobody was shown: what somebody says of them all the same, in a file or an
    /// interview, can then be learned from. No model ordered it, and it is no list that was looked at:
    /// click models and off-policy evaluation leave it out. The ranking id is a hash of all that it holds.
    ///
    /// # Errors
    ///
    /// As [`Impression::of`].
    pub fn measured(
        job: JobId,
        measured: &Ranking,
        made_with: impl Into<String>,
    ) -> Result<Self, EventError> {
        let made_with = made_with.into();
        let mut hasher = blake3::Hasher::new();
        for text in [job.as_str(), &made_with] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        for ranked in measured {
            hasher.update(&(ranked.id().as_str().len() as u64).to_le_bytes());
            hasher.update(ranked.id().as_str().as_bytes());
            for value in ranked.features.row(0).unwrap_or_default() {
                hasher.update(&value.to_le_bytes());
            }
        }
        let hash = hasher.finalize().to_hex();
        let ranking = RankingId::new(format!("measured-{}", &hash[..32]))?;
        let mut impression = Self::of(ranking, job, measured)?;
        impression.model = String::new();
        Ok(impression.with_made_with(made_with))
    }

    /// Whether it was shown to a person, and is not only [`Impression::measured`].
    #[must_use]
    pub fn is_shown(&self) -> bool {
        !self.model.is_empty()
    }

    /// Names what the features come from: encoder, text form and definitions. Rows that were made with
    /// something else are not learned from together ([`crate::FeedbackLog::with_made_with`]).
    #[must_use]
    pub fn with_made_with(mut self, made_with: impl Into<String>) -> Self {
        self.made_with = Some(made_with.into());
        self
    }

    /// What the features come from; `None` where it was not recorded.
    #[must_use]
    pub fn made_with(&self) -> Option<&str> {
        self.made_with.as_deref()
    }

    /// Adds the features that the scores were computed from: a row a candidate, in the order of
    /// `shown`. Without them, preferences between these candidates cannot be learned from.
    ///
    /// # Errors
    ///
    /// [`EventError::DuplicateFeature`], [`EventError::RowCount`], [`EventError::RowLength`] and
    /// [`EventError::NotFinite`].
    pub fn with_features(
        mut self,
        names: Vec<String>,
        rows: Vec<Vec<f32>>,
    ) -> Result<Self, EventError> {
        let mut seen = HashSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(EventError::DuplicateFeature { name: name.clone() });
        }
        if rows.len() != self.shown.len() {
            return Err(EventError::RowCount {
                shown: self.shown.len(),
                rows: rows.len(),
            });
        }
        for (shown, row) in self.shown.iter().zip(&rows) {
            check_row(&shown.candidate, &names, row)?;
        }
        self.rows = if names.is_empty() { Vec::new() } else { rows };
        self.feature_names = names;
        Ok(self)
    }

    /// The impression of a whole ranking, at positions from 1, with its features. Cut the ranking
    /// first if fewer were shown.
    ///
    /// # Errors
    ///
    /// As [`Impression::new`] and [`Impression::with_features`].
    pub fn of(ranking: RankingId, job: JobId, shown: &Ranking) -> Result<Self, EventError> {
        let position = |rank: usize| u32::try_from(rank).unwrap_or(u32::MAX);
        let places = shown
            .iter()
            .map(|r| Shown::new(r.id().clone(), position(r.rank)));
        let impression = Self::new(ranking, job, shown.model(), places.collect())?;
        impression.with_features_of(shown.as_slice())
    }

    /// Adds the features of the ranked candidates, which stand in the order of `shown`.
    ///
    /// # Errors
    ///
    /// As [`Impression::with_features`].
    pub fn with_features_of(self, ranked: &[Ranked]) -> Result<Self, EventError> {
        let Some(first) = ranked.first() else {
            return Ok(self);
        };
        let names = first.features.schema().names().map(str::to_owned).collect();
        let row = |r: &Ranked| r.features.row(0).unwrap_or_default().to_vec();
        self.with_features(names, ranked.iter().map(row).collect())
    }

    /// What is left of it when some are taken out: the others keep position, propensity and row.
    pub(super) fn without(&self, is_out: impl Fn(&CandidateId) -> bool) -> Self {
        let mut left = self.clone();
        let kept = |(shown, _): &(&Shown, &Vec<f32>)| !is_out(&shown.candidate);
        let pairs = self.shown.iter().zip(&self.rows).filter(kept);
        left.rows = pairs.map(|(_, row)| row.clone()).collect();
        left.shown.retain(|shown| !is_out(&shown.candidate));
        left
    }

    /// The ranking.
    #[must_use]
    pub fn ranking(&self) -> &RankingId {
        &self.ranking
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &JobId {
        &self.job
    }

    /// The id of the model that ordered it; empty where none did ([`Impression::measured`]).
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Who was shown where.
    #[must_use]
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// The features' names; empty where none were logged.
    #[must_use]
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The features, a row a candidate, in the order of [`Impression::shown`]; empty where none
    /// were logged.
    #[must_use]
    pub fn rows(&self) -> &[Vec<f32>] {
        &self.rows
    }
}

fn check(shown: &[Shown]) -> Result<(), EventError> {
    let mut candidates = HashSet::new();
    let mut positions = HashSet::new();
    for Shown {
        candidate,
        position,
        propensity,
    } in shown
    {
        let candidate = || candidate.clone();
        if !candidates.insert(candidate()) {
            return Err(EventError::ShownTwice {
                candidate: candidate(),
            });
        }
        if *position == 0 || !positions.insert(*position) {
            return Err(EventError::Position {
                candidate: candidate(),
                position: *position,
            });
        }
        if let Some(value) = propensity.filter(|value| !(*value > 0.0 && *value <= 1.0)) {
            return Err(EventError::Propensity {
                candidate: candidate(),
                value,
            });
        }
    }
    Ok(())
}

fn check_row(candidate: &CandidateId, names: &[String], row: &[f32]) -> Result<(), EventError> {
    if row.len() != names.len() {
        return Err(EventError::RowLength {
            candidate: candidate.clone(),
            expected: names.len(),
            actual: row.len(),
        });
    }
    match row.iter().zip(names).find(|(value, _)| !value.is_finite()) {
        Some((&value, feature)) => Err(EventError::NotFinite {
            candidate: candidate.clone(),
            feature: feature.clone(),
            value,
        }),
        None => Ok(()),
    }
}
