//! Shown lists with what was done with them, for click models and for off-policy evaluation.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::vec;

use ranker_core::{CandidateId, FeatureMatrix, FeatureSchema};

use super::error::LogError;
use super::event::{Event, EventKind};
use super::ids::{JobId, RankingId, SourceId, Timestamp};
use super::impression::{Impression, Shown};
use super::read::Kinds;
use super::rows;
use super::store::FeedbackLog;

/// A ranking as it was shown to one person, and what they did with it.
///
/// All impressions of one ranking for one job are one list, page after page. Shown again, or at a
/// position that is taken, a candidate keeps its first place.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShownList {
    /// The ranking.
    pub ranking: RankingId,
    /// The job.
    pub job: JobId,
    /// The id of the model that ordered it; of several, the first's.
    pub model: String,
    /// Who saw it.
    pub source: Option<SourceId>,
    /// When it was shown first.
    pub at: Timestamp,
    /// Who was shown, by position. There are gaps where a page was not logged or somebody was
    /// erased.
    pub places: Vec<Place>,
    /// A row a place; `None` unless all were logged with every feature asked for.
    pub features: Option<FeatureMatrix>,
}

/// A candidate of a shown list, and what was done with it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Place {
    /// Who.
    pub candidate: CandidateId,
    /// Where, from 1.
    pub position: u32,
    /// The chance with which the policy showed it there; not that of being looked at.
    pub propensity: Option<f64>,
    /// Whether it was on the screen; `None` where the ranking has no event of that kind at all, as
    /// then nobody may have watched.
    pub seen: Option<bool>,
    /// Whether it was clicked.
    pub clicked: bool,
    /// Whether its profile was opened.
    pub opened: bool,
    /// Whether it was put on the shortlist.
    pub shortlisted: bool,
    /// Whether it was turned down.
    pub rejected: bool,
}

/// The shown lists of a log, in the order in which they were stored first. Ends at the first error.
#[derive(Debug)]
pub struct ShownLists<'l> {
    log: &'l FeedbackLog,
    schema: Arc<FeatureSchema>,
    acts: HashMap<RankingId, Acts>,
    /// The places in the log of each list's impressions.
    lists: vec::IntoIter<Vec<u64>>,
}

/// What was done with the candidates of a ranking.
#[derive(Debug, Default)]
struct Acts {
    seen: BTreeSet<CandidateId>,
    clicked: BTreeSet<CandidateId>,
    opened: BTreeSet<CandidateId>,
    shortlisted: BTreeSet<CandidateId>,
    rejected: BTreeSet<CandidateId>,
}

impl FeedbackLog {
    /// The lists that were shown, with what was done with each candidate, and their features in the
    /// columns of `schema`.
    ///
    /// An act belongs to the list of its ranking, whichever was stored first, and however often it
    /// was done counts once. Acts on rankings that are not in the log, or on candidates that they
    /// did not show, are left out.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log. It is read twice: the acts are held in memory, the lists
    /// are not.
    pub fn shown_lists(&self, schema: &Arc<FeatureSchema>) -> Result<ShownLists<'_>, LogError> {
        let mut acts: HashMap<RankingId, Acts> = HashMap::new();
        for logged in self.select(Kinds::Actions) {
            add(&mut acts, logged?.event.kind);
        }
        let mut numbers: HashMap<(RankingId, JobId), usize> = HashMap::new();
        let mut lists: Vec<Vec<u64>> = Vec::new();
        for logged in self.select(Kinds::Impressions) {
            let logged = logged?;
            if let EventKind::Impression(impression) = logged.event.kind
                && impression.is_shown()
            {
                let key = (impression.ranking().clone(), impression.job().clone());
                let number = *numbers.entry(key).or_insert(lists.len());
                if number == lists.len() {
                    lists.push(Vec::new());
                }
                lists[number].push(logged.seq);
            }
        }
        Ok(ShownLists {
            log: self,
            schema: Arc::clone(schema),
            acts,
            lists: lists.into_iter(),
        })
    }
}

fn add(acts: &mut HashMap<RankingId, Acts>, kind: EventKind) {
    let (action, to): (_, fn(&mut Acts) -> &mut BTreeSet<CandidateId>) = match kind {
        EventKind::Seen(action) => (action, |acts| &mut acts.seen),
        EventKind::Click(action) => (action, |acts| &mut acts.clicked),
        EventKind::Opened(action) => (action, |acts| &mut acts.opened),
        EventKind::Shortlist(action) => (action, |acts| &mut acts.shortlisted),
        EventKind::Reject { action, .. } => (action, |acts| &mut acts.rejected),
        EventKind::Impression(_) | EventKind::Preference(_) | EventKind::Grade { .. } => return,
    };
    to(acts.entry(action.ranking).or_default()).insert(action.candidate);
}

impl Iterator for ShownLists<'_> {
    type Item = Result<ShownList, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let impressions = self.lists.next()?;
            let list = self.list(&impressions);
            if list.is_err() {
                self.lists = Vec::new().into_iter();
            }
            // Erased since the iterator was made.
            if let Some(list) = list.transpose() {
                return Some(list);
            }
        }
    }
}

impl ShownLists<'_> {
    fn list(&self, impressions: &[u64]) -> Result<Option<ShownList>, LogError> {
        let mut pages = Vec::with_capacity(impressions.len());
        for seq in impressions {
            pages.extend(self.log.at(*seq)?);
        }
        Ok(self.joined(&pages))
    }

    /// One list of all its impressions.
    fn joined(&self, pages: &[Event]) -> Option<ShownList> {
        let impressions = pages.iter().filter_map(|event| match &event.kind {
            EventKind::Impression(impression) => Some(impression),
            _ => None,
        });
        let impressions: Vec<&Impression> = impressions.collect();
        let (event, first) = (pages.first()?, impressions.first()?);
        let all = impressions.iter().flat_map(|page| self.rows(page));
        let mut all: Vec<(&Shown, Option<Vec<f32>>)> = all.collect();
        let (mut candidates, mut positions) = (BTreeSet::new(), BTreeSet::new());
        all.retain(|(shown, _)| {
            !candidates.contains(&shown.candidate)
                && positions.insert(shown.position)
                && candidates.insert(&shown.candidate)
        });
        all.sort_by_key(|(shown, _)| shown.position);
        let none = Acts::default();
        let acts = self.acts.get(first.ranking()).unwrap_or(&none);
        let values: Option<Vec<Vec<f32>>> = all.iter().map(|(_, row)| row.clone()).collect();
        let features = values.and_then(|rows| {
            let schema = Arc::clone(&self.schema);
            FeatureMatrix::new(schema, rows.concat()).ok()
        });
        Some(ShownList {
            ranking: first.ranking().clone(),
            job: first.job().clone(),
            model: first.model().to_owned(),
            source: event.source.clone(),
            at: event.at,
            places: all.iter().map(|(shown, _)| acts.place(shown)).collect(),
            features,
        })
    }

    /// Who was shown, each with its row if it has all features asked for.
    fn rows<'i>(
        &self,
        page: &'i Impression,
    ) -> impl Iterator<Item = (&'i Shown, Option<Vec<f32>>)> + use<'i> {
        let places = rows::usable(self.log, &self.schema, page).ok();
        page.shown().iter().enumerate().map(move |(at, shown)| {
            let row = places.as_ref().zip(page.rows().get(at));
            let row = row.map(|(places, row)| places.iter().map(|&place| row[place]).collect());
            (shown, row)
        })
    }
}

impl Acts {
    fn place(&self, shown: &Shown) -> Place {
        let has = |acted: &BTreeSet<CandidateId>| acted.contains(&shown.candidate);
        Place {
            candidate: shown.candidate.clone(),
            position: shown.position,
            propensity: shown.propensity,
            seen: (!self.seen.is_empty()).then(|| has(&self.seen)),
            clicked: has(&self.clicked),
            opened: has(&self.opened),
            shortlisted: has(&self.shortlisted),
            rejected: has(&self.rejected),
        }
    }
}
