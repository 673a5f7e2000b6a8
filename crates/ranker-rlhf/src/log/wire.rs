//! Events as JSON: the one format of the database's bodies and of exported lines.
//!
//! These types freeze the format; the public ones may change. Fields that are not known are refused:
//! a newer writer's must not be lost in silence.

use std::borrow::Cow;

use ranker_core::{BoxError, CandidateId};
use serde::{Deserialize, Serialize};

use super::event::{Action, Event, EventKind, Preference};
use super::ids::{EventId, JobId, RankingId, SourceId, Timestamp};
use super::impression::{Impression, Shown};
use crate::Outcome;

/// An exported line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    id: Cow<'a, str>,
    at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Cow<'a, str>>,
    event: Kind<'a>,
}

/// Tagged from outside: other taggings go through a buffer that would turn f32 into f64 and back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Kind<'a> {
    Impression {
        ranking: Cow<'a, str>,
        job: Cow<'a, str>,
        model: Cow<'a, str>,
        shown: Vec<Place<'a>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        features: Option<Rows<'a>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made_with: Option<Cow<'a, str>>,
    },
    Seen(Act<'a>),
    Click(Act<'a>),
    Opened(Act<'a>),
    Shortlist(Act<'a>),
    Reject {
        ranking: Cow<'a, str>,
        candidate: Cow<'a, str>,
        reason: Cow<'a, str>,
    },
    Preference {
        job: Cow<'a, str>,
        better: Cow<'a, str>,
        worse: Cow<'a, str>,
    },
    Tie {
        job: Cow<'a, str>,
        candidates: [Cow<'a, str>; 2],
    },
    Grade {
        job: Cow<'a, str>,
        candidate: Cow<'a, str>,
        grade: i32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Act<'a> {
    ranking: Cow<'a, str>,
    candidate: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place<'a> {
    candidate: Cow<'a, str>,
    position: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    propensity: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows<'a> {
    names: Cow<'a, [String]>,
    rows: Cow<'a, [Vec<f32>]>,
}

/// The kind's name in the database.
pub(super) fn name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Impression(_) => "impression",
        EventKind::Seen(_) => "seen",
        EventKind::Click(_) => "click",
        EventKind::Opened(_) => "opened",
        EventKind::Shortlist(_) => "shortlist",
        EventKind::Reject { .. } => "reject",
        EventKind::Preference(_) => "preference",
        EventKind::Grade { .. } => "grade",
    }
}

/// What happened, as JSON.
pub(super) fn body(kind: &EventKind) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Kind::of(kind))
}

/// An event's columns in the database: id, time, source and body.
pub(super) type Columns = (String, i64, Option<String>, String);

/// The event of a row of the database.
pub(super) fn event((id, at, source, body): Columns) -> Result<Event, BoxError> {
    let kind: Kind<'_> = serde_json::from_str(&body)?;
    let mut event = Event::new(
        EventId::new(id)?,
        Timestamp::from_millis(at),
        kind.checked()?,
    );
    event.source = source.map(SourceId::new).transpose()?;
    Ok(event)
}

/// An event as one line, without its break.
pub(super) fn line(event: &Event) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Line {
        id: event.id.as_str().into(),
        at: event.at.as_millis(),
        source: event.source.as_ref().map(|source| source.as_str().into()),
        event: Kind::of(&event.kind),
    })
}

/// The event of a line.
pub(super) fn parse(line: &str) -> Result<Event, BoxError> {
    let line: Line<'_> = serde_json::from_str(line)?;
    let mut event = Event::new(
        EventId::new(line.id)?,
        Timestamp::from_millis(line.at),
        line.event.checked()?,
    );
    event.source = line.source.map(SourceId::new).transpose()?;
    Ok(event)
}

impl<'a> Kind<'a> {
    fn of(kind: &'a EventKind) -> Self {
        match kind {
            EventKind::Impression(impression) => Self::of_impression(impression),
            EventKind::Seen(action) => Self::Seen(Act::of(action)),
            EventKind::Click(action) => Self::Click(Act::of(action)),
            EventKind::Opened(action) => Self::Opened(Act::of(action)),
            EventKind::Shortlist(action) => Self::Shortlist(Act::of(action)),
            EventKind::Reject { action, reason } => Self::Reject {
                ranking: action.ranking.as_str().into(),
                candidate: action.candidate.as_str().into(),
                reason: reason.into(),
            },
            EventKind::Preference(preference) => Self::of_preference(preference),
            EventKind::Grade {
                job,
                candidate,
                grade,
            } => Self::Grade {
                job: job.as_str().into(),
                candidate: candidate.as_str().into(),
                grade: *grade,
            },
        }
    }

    fn of_impression(impression: &'a Impression) -> Self {
        let place = |shown: &'a Shown| Place {
            candidate: shown.candidate.as_str().into(),
            position: shown.position,
            propensity: shown.propensity,
        };
        let has_features = !impression.feature_names().is_empty();
        Self::Impression {
            ranking: impression.ranking().as_str().into(),
            job: impression.job().as_str().into(),
            model: impression.model().into(),
            shown: impression.shown().iter().map(place).collect(),
            features: has_features.then(|| Rows {
                names: impression.feature_names().into(),
                rows: impression.rows().into(),
            }),
            made_with: impression.made_with().map(Into::into),
        }
    }

    fn of_preference(preference: &'a Preference) -> Self {
        let job = preference.job().as_str().into();
        let better = preference.better().as_str().into();
        let worse = preference.worse().as_str().into();
        match preference.outcome() {
            Outcome::Preferred => Self::Preference { job, better, worse },
            Outcome::Tie => Self::Tie {
                job,
                candidates: [better, worse],
            },
        }
    }

    fn checked(self) -> Result<EventKind, BoxError> {
        Ok(match self {
            Self::Impression {
                ranking,
                job,
                model,
                shown,
                features,
                made_with,
            } => {
                let shown = shown
                    .into_iter()
                    .map(Place::checked)
                    .collect::<Result<_, _>>()?;
                let (ranking, job) = (RankingId::new(ranking)?, JobId::new(job)?);
                let mut impression = Impression::new(ranking, job, model, shown)?;
                if let Some(made_with) = made_with {
                    impression = impression.with_made_with(made_with);
                }
                EventKind::Impression(match features {
                    Some(Rows { names, rows }) => {
                        impression.with_features(names.into_owned(), rows.into_owned())?
                    }
                    None => impression,
                })
            }
            Self::Seen(act) => EventKind::Seen(act.checked()?),
            Self::Click(act) => EventKind::Click(act.checked()?),
            Self::Opened(act) => EventKind::Opened(act.checked()?),
            Self::Shortlist(act) => EventKind::Shortlist(act.checked()?),
            Self::Reject {
                ranking,
                candidate,
                reason,
            } => EventKind::Reject {
                action: Act { ranking, candidate }.checked()?,
                reason: reason.into_owned(),
            },
            Self::Preference { job, better, worse } => {
                preference(&job, [&better, &worse], Outcome::Preferred)?
            }
            Self::Tie { job, candidates } => {
                preference(&job, candidates.each_ref().map(|c| &**c), Outcome::Tie)?
            }
            Self::Grade {
                job,
                candidate,
                grade,
            } => EventKind::Grade {
                job: JobId::new(job)?,
                candidate: CandidateId::new(candidate)?,
                grade,
            },
        })
    }
}

impl<'a> Act<'a> {
    fn of(action: &'a Action) -> Self {
        Self {
            ranking: action.ranking.as_str().into(),
            candidate: action.candidate.as_str().into(),
        }
    }

    fn checked(self) -> Result<Action, BoxError> {
        let candidate = CandidateId::new(self.candidate)?;
        Ok(Action::new(RankingId::new(self.ranking)?, candidate))
    }
}

impl Place<'_> {
    fn checked(self) -> Result<Shown, BoxError> {
        let mut shown = Shown::new(CandidateId::new(self.candidate)?, self.position);
        shown.propensity = self.propensity;
        Ok(shown)
    }
}

fn preference(job: &str, pair: [&str; 2], outcome: Outcome) -> Result<EventKind, BoxError> {
    let [better, worse] = pair;
    let (better, worse) = (CandidateId::new(better)?, CandidateId::new(worse)?);
    let preference = Preference::new(JobId::new(job)?, better, worse, outcome)?;
    Ok(EventKind::Preference(preference))
}
