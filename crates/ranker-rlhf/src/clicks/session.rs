//! A list as one person saw it, and what they clicked.

use std::collections::HashSet;
use std::sync::Arc;

use ranker_core::CandidateId;

use super::error::ClickError;

/// A list as one person saw it, top first, and what they clicked.
///
/// "Clicked" is the answer that is learned from: a click or, where there are enough, a shortlisting
/// or an invitation. Everything weaker goes to [`Session::with_opened`] and [`Session::with_seen`]:
/// it says that a candidate was examined, which spares the models a guess.
///
/// ```
/// use ranker_core::CandidateId;
/// use ranker_rlhf::clicks::Session;
///
/// let shown = ["ann", "bob", "eve"].map(CandidateId::new);
/// let shown = shown.into_iter().collect::<Result<Vec<_>, _>>()?;
/// let session = Session::new("job 7", shown, vec![false, true, false])?
///     .with_seen(vec![true, true, false])?
///     .from_source("recruiter 3");
/// assert_eq!(session.examined(), [Some(true), Some(true), Some(false)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    job: Arc<str>,
    shown: Vec<CandidateId>,
    clicked: Vec<bool>,
    opened: Option<Vec<bool>>,
    seen: Option<Vec<bool>>,
    propensities: Option<Vec<f64>>,
    source: Option<Arc<str>>,
    id: Option<Arc<str>>,
}

impl Session {
    /// Candidates shown for a job, top first, and whether each was clicked.
    ///
    /// # Errors
    ///
    /// [`ClickError::Length`] and [`ClickError::ShownTwice`].
    pub fn new(
        job: impl Into<Arc<str>>,
        shown: Vec<CandidateId>,
        clicked: Vec<bool>,
    ) -> Result<Self, ClickError> {
        one_each("clicked", shown.len(), clicked.len())?;
        let mut met = HashSet::new();
        if let Some(candidate) = shown.iter().find(|candidate| !met.insert(*candidate)) {
            let candidate = candidate.clone();
            return Err(ClickError::ShownTwice { candidate });
        }
        Ok(Self {
            job: job.into(),
            shown,
            clicked,
            opened: None,
            seen: None,
            propensities: None,
            source: None,
            id: None,
        })
    }

    /// Sets whose profile was opened: they were examined. Of the others it says nothing.
    ///
    /// # Errors
    ///
    /// [`ClickError::Length`].
    pub fn with_opened(mut self, opened: Vec<bool>) -> Result<Self, ClickError> {
        one_each("opened", self.shown.len(), opened.len())?;
        self.opened = Some(opened);
        Ok(self)
    }

    /// Sets who was scrolled to: they were examined, and the others were not, unless clicked or
    /// opened.
    ///
    /// # Errors
    ///
    /// [`ClickError::Length`].
    pub fn with_seen(mut self, seen: Vec<bool>) -> Result<Self, ClickError> {
        one_each("seen", self.shown.len(), seen.len())?;
        self.seen = Some(seen);
        Ok(self)
    }

    /// Sets the chance of each position to be examined, where an experiment measured it. Inverse
    /// propensities are then taken of it instead of a model's.
    ///
    /// # Errors
    ///
    /// [`ClickError::Length`], and [`ClickError::Propensity`] unless each lies in `(0, 1]`.
    pub fn with_propensities(mut self, propensities: Vec<f64>) -> Result<Self, ClickError> {
        one_each("propensities", self.shown.len(), propensities.len())?;
        let bad = |value: &&f64| !(**value > 0.0 && **value <= 1.0);
        if let Some(&value) = propensities.iter().find(bad) {
            return Err(ClickError::Propensity { value });
        }
        self.propensities = Some(propensities);
        Ok(self)
    }

    /// Sets who clicked: a person, an account, an address. What one source can weigh is bounded.
    #[must_use]
    pub fn from_source(mut self, source: impl Into<Arc<str>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets an id: of sessions with one id for one job only the first counts.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The job.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job
    }

    /// Who was shown, top first.
    #[must_use]
    pub fn shown(&self) -> &[CandidateId] {
        &self.shown
    }

    /// Whether each was clicked.
    #[must_use]
    pub fn clicked(&self) -> &[bool] {
        &self.clicked
    }

    /// Whether each was examined, as far as that is known.
    #[must_use]
    pub fn examined(&self) -> Vec<Option<bool>> {
        let at = |flags: &Option<Vec<bool>>, at: usize| flags.as_ref().map(|flags| flags[at]);
        let known = |place: usize| {
            let opened = at(&self.opened, place) == Some(true);
            (self.clicked[place] || opened).then_some(true)
        };
        (0..self.shown.len())
            .map(|place| known(place).or_else(|| at(&self.seen, place)))
            .collect()
    }

    /// The measured chance of each position to be examined.
    #[must_use]
    pub fn propensities(&self) -> Option<&[f64]> {
        self.propensities.as_deref()
    }

    /// Who clicked.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn shared_job(&self) -> &Arc<str> {
        &self.job
    }
}

fn one_each(what: &'static str, shown: usize, given: usize) -> Result<(), ClickError> {
    if shown == given {
        return Ok(());
    }
    Err(ClickError::Length { what, shown, given })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(ids: &[&str]) -> Vec<CandidateId> {
        ids.iter()
            .map(|id| CandidateId::new(*id).unwrap())
            .collect()
    }

    #[test]
    fn what_is_known_of_examination() {
        let plain = Session::new("j", who(&["a", "b"]), vec![true, false]).unwrap();
        assert_eq!(plain.examined(), [Some(true), None]);
        let opened = plain.clone().with_opened(vec![false, true]).unwrap();
        assert_eq!(opened.examined(), [Some(true), Some(true)]);
        let seen = plain.with_seen(vec![false, false]).unwrap();
        assert_eq!(seen.examined(), [Some(true), Some(false)]);
    }

    #[test]
    fn one_value_a_candidate_and_nobody_twice() {
        let short = Session::new("j", who(&["a", "b"]), vec![true]);
        assert!(matches!(
            short,
            Err(ClickError::Length {
                what: "clicked",
                ..
            })
        ));
        let twice = Session::new("j", who(&["a", "a"]), vec![true, false]);
        assert!(matches!(twice, Err(ClickError::ShownTwice { .. })));
        let plain = Session::new("j", who(&["a"]), vec![true]).unwrap();
        assert!(plain.clone().with_seen(vec![]).is_err());
        for bad in [0.0, 1.5, f64::NAN] {
            let chance = plain.clone().with_propensities(vec![bad]);
            assert!(matches!(chance, Err(ClickError::Propensity { .. })));
        }
    }
}
