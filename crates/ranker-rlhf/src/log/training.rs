//! Comparisons for the learners, out of the log.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ranker_core::{CandidateId, FeatureSchema};

use super::error::LogError;
use super::event::{EventKind, Preference};
use super::ids::{EventId, JobId, SourceId};
use super::read::Kinds;
use super::rows::{Rows, Skipped};
use super::store::FeedbackLog;
use crate::{Comparison, JudgedList, Outcome};

/// How much one source weighs for one job at most, unless it is said otherwise.
const MOST: f64 = 100.0;

/// What learners can use of a log, and what they cannot.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Training {
    /// Preferences in the order of the log, then grades by job and source.
    pub comparisons: Vec<Comparison>,
    /// How many of them, the first ones, are preferences.
    pub preferences: usize,
    /// Candidates whose features are not known, so that what was said of them was left out.
    pub skipped: Vec<Skipped>,
    /// Sources that said more of a job than one may weigh, by job and source.
    pub capped: Vec<Capped>,
    /// Sources that said more of all jobs together than one may weigh.
    pub bounded: Vec<Bounded>,
}

/// A source whose comparisons for all jobs were made to weigh less.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Bounded {
    /// The source.
    pub source: SourceId,
    /// What its comparisons would have weighed together.
    pub weight: f64,
    /// What they weigh.
    pub most: f64,
}

/// A source whose comparisons for a job were made to weigh less.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Capped {
    /// The job.
    pub job: JobId,
    /// The source; `None` for all events without one, together.
    pub source: Option<SourceId>,
    /// What its comparisons would have weighed together.
    pub weight: f64,
}

impl FeedbackLog {
    /// Preferences and grades as comparisons of feature rows, in the columns of `schema`; all that
    /// one source said of one job weighs at most 100.
    ///
    /// - **Features.** A candidate's are those of the last impression for the same job that was
    ///   stored before the judgement; failing that, of the first after it. Columns are found by name.
    /// - **Preferences** weigh 1. What one source says of the same two candidates for a job again
    ///   takes the place of what it said before. Without a source nobody can tell who said it: each
    ///   counts. Other contradictions (between sources, or in circles) all stay.
    /// - **Grades.** Of a candidate that a source graded several times for a job, its last grade
    ///   counts. Each two candidates with different grades of one source are compared, as scales
    ///   differ between people; equal grades say nothing finer than the scale. The comparisons of a
    ///   source that graded n candidates of a job weigh n - 1 together, as much as it takes to put
    ///   them in order. Their number grows with the square of n.
    /// - **Floods.** Where the comparisons of one source for one job weigh more than 100 together,
    ///   each is made lighter by the same factor. All events without a source count as one source.
    ///   Of all jobs together, one named source weighs at most as much as all others, or 100 where that is
    ///   more: whoever sends events for many jobs does not decide alone either. Sources that the log trusts
    ///   ([`FeedbackLog::with_trusted`]) are not bounded so.
    /// - **Clocks** decide nothing: "last" is by the order in which events were stored.
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn comparisons(&self, schema: &FeatureSchema) -> Result<Training, LogError> {
        self.comparisons_capped(schema, MOST)
    }

    /// What was preferred, in the order of the log: of what one source said of the same two candidates
    /// for a job, the last.
    pub(crate) fn preferences(&self) -> Result<Vec<Preference>, LogError> {
        let opinions = Opinions::read(self)?;
        Ok(opinions
            .preferences
            .into_iter()
            .map(|said| said.3)
            .collect())
    }

    /// What was preferred, each time as a list of two of which the better gains 1 and the other 0, with its
    /// source: as a gate judges by it. Ties say nothing there. Features are found, and what was said again
    /// counts, as by [`FeedbackLog::comparisons`].
    ///
    /// # Errors
    ///
    /// [`LogError`], from reading the log.
    pub fn preferred_pairs(
        &self,
        schema: &Arc<FeatureSchema>,
    ) -> Result<Vec<JudgedList>, LogError> {
        let opinions = Opinions::read(self)?;
        let rows = opinions.rows().read(self, schema)?;
        let compared = opinions.compared(&rows, &mut Vec::new()).into_iter();
        let pairs = compared.filter(|(_, one)| one.outcome() == Outcome::Preferred);
        let pair = |((_, source), one): (By<'_>, Comparison)| {
            let pair = JudgedList::of_preference(&one, schema)
                .expect("logged rows are finite, and as long as the schema");
            match source.filter(|source| !self.trusts(source)) {
                Some(source) => pair.with_source(source.as_str()),
                None => pair,
            }
        };
        Ok(pairs.map(pair).collect())
    }

    /// As [`FeedbackLog::comparisons`], with another bound on what one source weighs for one job.
    ///
    /// # Errors
    ///
    /// [`LogError::Cap`] unless `most` lies in `0.001..=1e9`; [`LogError`], from reading the log.
    pub fn comparisons_capped(
        &self,
        schema: &FeatureSchema,
        most: f64,
    ) -> Result<Training, LogError> {
        if !(0.001..=1e9).contains(&most) {
            return Err(LogError::Cap { most });
        }
        let opinions = Opinions::read(self)?;
        let rows = opinions.rows().read(self, schema)?;
        let mut training = Training::default();
        let mut compared = opinions.compared(&rows, &mut training.skipped);
        training.preferences = compared.len();
        compared.extend(opinions.graded(&rows, &mut training.skipped));
        training.capped = over(&compared, most);
        let factors: HashMap<_, f64> = training
            .capped
            .iter()
            .map(|capped| ((&capped.job, capped.source.as_ref()), most / capped.weight))
            .collect();
        let lighter = |(from, comparison): (By<'_>, Comparison)| match factors.get(&from) {
            Some(factor) => weighing(comparison.weight() * factor, comparison),
            None => comparison,
        };
        let from: Vec<By<'_>> = compared.iter().map(|(from, _)| *from).collect();
        let lighter: Vec<Comparison> = compared.into_iter().map(lighter).collect();
        training.bounded = bounded(&from, &lighter, most);
        training.bounded.retain(|bound| !self.trusts(&bound.source));
        training.comparisons = within(&from, lighter, &training.bounded);
        Ok(training)
    }
}

/// For which job, and by whom.
type By<'o> = (&'o JobId, Option<&'o SourceId>);

/// What weighs more than `most`, by job and source.
fn over(compared: &[(By<'_>, Comparison)], most: f64) -> Vec<Capped> {
    let mut weights: BTreeMap<By<'_>, f64> = BTreeMap::new();
    for (from, comparison) in compared {
        *weights.entry(*from).or_default() += comparison.weight();
    }
    let over = weights.into_iter().filter(|(_, weight)| *weight > most);
    let capped = over.map(|((job, source), weight)| Capped {
        job: job.clone(),
        source: source.cloned(),
        weight,
    });
    capped.collect()
}

/// Named sources that weigh more than `most`, and more than all others together.
fn bounded(from: &[By<'_>], comparisons: &[Comparison], most: f64) -> Vec<Bounded> {
    let mut weights: BTreeMap<&SourceId, f64> = BTreeMap::new();
    for ((_, source), comparison) in from.iter().zip(comparisons) {
        if let Some(source) = source {
            *weights.entry(source).or_default() += comparison.weight();
        }
    }
    let all: f64 = comparisons.iter().map(Comparison::weight).sum();
    let over = weights.into_iter().filter_map(|(source, weight)| {
        let most = most.max(all - weight);
        (weight > most).then(|| Bounded {
            source: source.clone(),
            weight,
            most,
        })
    });
    over.collect()
}

/// The comparisons, those of bounded sources lighter.
fn within(from: &[By<'_>], comparisons: Vec<Comparison>, bounded: &[Bounded]) -> Vec<Comparison> {
    let lighter = |((_, source), comparison): (&By<'_>, Comparison)| {
        let bound = bounded.iter().find(|bound| Some(&bound.source) == *source);
        match bound {
            Some(bound) => weighing(comparison.weight() * bound.most / bound.weight, comparison),
            None => comparison,
        }
    };
    from.iter().zip(comparisons).map(lighter).collect()
}

fn compared(job: &JobId, outcome: Outcome, [better, worse]: [Arc<[f32]>; 2]) -> Comparison {
    Comparison::new(job.as_str(), outcome, better, worse)
        .expect("logged rows are finite, and as long as the schema")
}

fn weighing(weight: f64, comparison: Comparison) -> Comparison {
    comparison
        .with_weight(weight)
        .expect("weights are shares of what few enough comparisons weigh")
}

/// Each two candidates of different grades, the better first.
fn ordered(job: &JobId, graded: &[(i32, Arc<[f32]>)]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for (i, a) in graded.iter().enumerate() {
        for b in &graded[i + 1..] {
            let (better, worse) = if a.0 > b.0 { (a, b) } else { (b, a) };
            if better.0 != worse.0 {
                let pair = [&better.1, &worse.1].map(Arc::clone);
                comparisons.push(compared(job, Outcome::Preferred, pair));
            }
        }
    }
    let weight = graded.len().saturating_sub(1) as f64 / comparisons.len() as f64;
    let weighted = |comparison| weighing(weight, comparison);
    comparisons.into_iter().map(weighted).collect()
}

/// The last grade of each candidate: where it is, which event said it, and the grade.
type Grades = BTreeMap<CandidateId, (u64, EventId, i32)>;

/// A preference: where it is, which event said it, by whom, and what.
type Said = (u64, EventId, Option<SourceId>, Preference);

#[derive(Default)]
struct Opinions {
    preferences: Vec<Said>,
    grades: BTreeMap<JobId, BTreeMap<Option<SourceId>, Grades>>,
}

impl Opinions {
    fn read(log: &FeedbackLog) -> Result<Self, LogError> {
        let mut opinions = Self::default();
        for logged in log.select(Kinds::Opinions) {
            let logged = logged?;
            let (seq, id, source) = (logged.seq, logged.event.id, logged.event.source);
            match logged.event.kind {
                EventKind::Preference(said) => {
                    opinions.preferences.push((seq, id, source, said));
                }
                EventKind::Grade {
                    job,
                    candidate,
                    grade,
                } => {
                    let grades = opinions.grades.entry(job).or_default();
                    let grades = grades.entry(source).or_default();
                    grades.insert(candidate, (seq, id, grade));
                }
                EventKind::Impression(_)
                | EventKind::Seen(_)
                | EventKind::Click(_)
                | EventKind::Opened(_)
                | EventKind::Shortlist(_)
                | EventKind::Reject { .. } => {}
            }
        }
        opinions.keep_last();
        Ok(opinions)
    }

    /// Drops what a source said of two candidates before it said something of them again.
    fn keep_last(&mut self) {
        let mut last = HashMap::new();
        for (seq, _, source, said) in &self.preferences {
            if let Some(source) = source {
                last.insert(about(source, said), *seq);
            }
        }
        let is_last = |(seq, _, source, said): &&Said| {
            let source = source.as_ref();
            source.is_none_or(|source| last[&about(source, said)] == *seq)
        };
        self.preferences = self.preferences.iter().filter(is_last).cloned().collect();
    }

    /// The rows that are needed.
    fn rows(&self) -> Rows<'_> {
        let mut rows = Rows::default();
        for (_, _, _, said) in &self.preferences {
            rows.want(said.job(), [said.better(), said.worse()]);
        }
        for (job, sources) in &self.grades {
            rows.want(job, sources.values().flat_map(BTreeMap::keys));
        }
        rows
    }

    fn compared(&self, rows: &Rows<'_>, skipped: &mut Vec<Skipped>) -> Vec<(By<'_>, Comparison)> {
        let mut comparisons = Vec::new();
        for (seq, event, source, said) in &self.preferences {
            let pair = [said.better(), said.worse()];
            let found =
                pair.map(|candidate| rows.find(*seq, (event, said.job(), candidate), skipped));
            if let [Some(better), Some(worse)] = found {
                let comparison = compared(said.job(), said.outcome(), [better, worse]);
                comparisons.push(((said.job(), source.as_ref()), comparison));
            }
        }
        comparisons
    }

    fn graded(&self, rows: &Rows<'_>, skipped: &mut Vec<Skipped>) -> Vec<(By<'_>, Comparison)> {
        let mut comparisons = Vec::new();
        let sources = self.grades.iter();
        let sources = sources.flat_map(|(job, sources)| sources.iter().map(move |s| (job, s)));
        for (job, (source, grades)) in sources {
            let graded: Vec<(i32, Arc<[f32]>)> = grades
                .iter()
                .filter_map(|(candidate, (seq, event, grade))| {
                    let row = rows.find(*seq, (event, job, candidate), skipped);
                    row.map(|row| (*grade, row))
                })
                .collect();
            let ordered = ordered(job, &graded).into_iter();
            comparisons.extend(ordered.map(|comparison| ((job, source.as_ref()), comparison)));
        }
        comparisons
    }
}

/// Of whom a source said something: the same pair either way round.
fn about<'s>(
    source: &'s SourceId,
    said: &'s Preference,
) -> (&'s SourceId, &'s JobId, [&'s CandidateId; 2]) {
    let mut pair = [said.better(), said.worse()];
    pair.sort();
    (source, said.job(), pair)
}
