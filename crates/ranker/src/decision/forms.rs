//! Facts, filters and jobs as they stand in a record.

use std::collections::{BTreeMap, BTreeSet};

use ranker_core::{Fact, Facts, Filter, JobDescription, JobReading, ValueError};
use serde::{Deserialize, Serialize};

use super::RecordError;

/// How deep filters may stand within filters.
const DEEPEST: usize = 32;

/// A fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FactForm {
    Number(f64),
    Keyword(String),
    Keywords(BTreeSet<String>),
    Flag(bool),
}

/// All facts of somebody.
pub(super) fn facts(facts: &Facts) -> Result<BTreeMap<String, FactForm>, RecordError> {
    let form = |(name, fact): (&str, &Fact)| {
        let form = match fact {
            Fact::Number(number) => FactForm::Number(*number),
            Fact::Keyword(word) => FactForm::Keyword(word.clone()),
            Fact::Keywords(words) => FactForm::Keywords(words.clone()),
            Fact::Flag(flag) => FactForm::Flag(*flag),
            other => {
                let what = format!("a fact of a kind that records do not know: {other}");
                return Err(RecordError::Unsound { what });
            }
        };
        Ok((name.to_owned(), form))
    };
    facts.iter().map(form).collect()
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum FilterForm {
    Everyone,
    /// Without a bound where there is none.
    Range {
        fact: String,
        min: Option<f64>,
        max: Option<f64>,
    },
    Flag {
        fact: String,
        value: bool,
    },
    AnyOf {
        fact: String,
        words: BTreeSet<String>,
    },
    AllOf {
        fact: String,
        words: BTreeSet<String>,
    },
    And(Vec<FilterForm>),
    Or(Vec<FilterForm>),
    Not(Box<FilterForm>),
}

impl FilterForm {
    pub(super) fn of(filter: &Filter) -> Result<Self, RecordError> {
        Self::within(filter, DEEPEST)
    }

    fn within(filter: &Filter, left: usize) -> Result<Self, RecordError> {
        let left = left
            .checked_sub(1)
            .ok_or(RecordError::TooDeep { most: DEEPEST })?;
        let all = |filters: &[Filter]| -> Result<Vec<Self>, RecordError> {
            filters.iter().map(|one| Self::within(one, left)).collect()
        };
        Ok(match filter {
            Filter::Range { fact, min, max } => Self::Range {
                fact: fact.clone(),
                min: bound(*min, f64::NEG_INFINITY)?,
                max: bound(*max, f64::INFINITY)?,
            },
            Filter::Flag { fact, value } => Self::Flag {
                fact: fact.clone(),
                value: *value,
            },
            Filter::AnyOf { fact, words } => Self::AnyOf {
                fact: fact.clone(),
                words: words.clone(),
            },
            Filter::AllOf { fact, words } => Self::AllOf {
                fact: fact.clone(),
                words: words.clone(),
            },
            Filter::And(filters) => Self::And(all(filters)?),
            Filter::Or(filters) => Self::Or(all(filters)?),
            Filter::Not(filter) => Self::Not(Box::new(Self::within(filter, left)?)),
            Filter::All => Self::Everyone,
            other => {
                let what = format!("a filter of a kind that records do not know: {other}");
                return Err(RecordError::Unsound { what });
            }
        })
    }

    fn filter(&self) -> Filter {
        match self {
            Self::Everyone => Filter::All,
            Self::Range { fact, min, max } => Filter::Range {
                fact: fact.clone(),
                min: min.unwrap_or(f64::NEG_INFINITY),
                max: max.unwrap_or(f64::INFINITY),
            },
            Self::Flag { fact, value } => Filter::flag(fact.clone(), *value),
            Self::AnyOf { fact, words } => Filter::AnyOf {
                fact: fact.clone(),
                words: words.clone(),
            },
            Self::AllOf { fact, words } => Filter::AllOf {
                fact: fact.clone(),
                words: words.clone(),
            },
            Self::And(filters) => Filter::And(filters.iter().map(Self::filter).collect()),
            Self::Or(filters) => Filter::Or(filters.iter().map(Self::filter).collect()),
            Self::Not(filter) => Filter::Not(Box::new(filter.filter())),
        }
    }
}

/// A bound; none where it is `unbounded`.
fn bound(value: f64, unbounded: f64) -> Result<Option<f64>, RecordError> {
    match value {
        value if value == unbounded => Ok(None),
        value if value.is_finite() => Ok(Some(value)),
        _ => Err(RecordError::NotFinite {
            what: "a bound of the job's filter",
        }),
    }
}

/// A job as it was written, and the name of the form in which it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JobForm {
    title: String,
    text: String,
    filter: FilterForm,
    pub(super) form: String,
    /// What every stage read of title and text.
    pub(super) read: String,
}

impl JobForm {
    pub(super) fn of(job: &JobDescription) -> Result<Self, RecordError> {
        Ok(Self {
            title: job.title().to_owned(),
            text: job.text().to_owned(),
            filter: FilterForm::of(job.filter())?,
            form: job.reading().form().to_owned(),
            read: job.full_text(),
        })
    }

    /// As somebody wrote it.
    pub(super) fn written(&self) -> String {
        let Self {
            title,
            text,
            filter,
            ..
        } = self;
        format!("{title:?} {text:?} {filter:?}")
    }

    /// The job to rank for again.
    pub(super) fn job(&self) -> Result<JobDescription, ValueError> {
        let job = JobDescription::new(self.text.clone())?;
        let job = job.with_title(self.title.clone());
        let job = job.with_filter(self.filter.filter());
        Ok(match self.reading() {
            Some(reading) => job.read_as(reading),
            None => job,
        })
    }

    /// How it was read, where this library still reads so.
    pub(super) fn reading(&self) -> Option<JobReading> {
        let all = [JobReading::Asked, JobReading::Whole];
        all.into_iter().find(|reading| reading.form() == self.form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_come_back_as_they_were() {
        let filter = Filter::at_least("years", 5.0)
            .and(Filter::Not(Box::new(Filter::any_of("skills", ["PHP"]))))
            .and(Filter::Or(vec![
                Filter::flag("permit", true),
                Filter::at_most("distance", -0.5),
                Filter::all_of("skills", ["rust", "c++"]),
            ]))
            .and(Filter::And(vec![Filter::All]));
        let form = FilterForm::of(&filter).unwrap();
        let json = serde_json::to_string(&form).unwrap();
        let again: FilterForm = serde_json::from_str(&json).unwrap();
        assert_eq!(again.filter(), filter);
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for (min, max) in [
            (f64::NAN, 1.0),
            (0.0, f64::NAN),
            (f64::INFINITY, f64::INFINITY),
        ] {
            let fact = "years".to_owned();
            let refused = FilterForm::of(&Filter::Range { fact, min, max });
            assert!(matches!(refused, Err(RecordError::NotFinite { .. })));
        }
        let mut deep = Filter::All;
        for _ in 0..DEEPEST {
            deep = Filter::Not(Box::new(deep));
        }
        let refused = FilterForm::of(&deep);
        assert!(matches!(refused, Err(RecordError::TooDeep { .. })));
    }
}
