//! What differs between a record and the ranking made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::parts::{CandidatePart, Making};
use super::record::DecisionRecord;

/// One thing in which a ranking made again differs from the one that was recorded.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// How it was made: the library's version, the processor, the encoder, the model, a setting.
    Making {
        /// What of it.
        what: &'static str,
        /// As it was recorded.
        was: String,
        /// As it is now.
        is: String,
    },
    /// Somebody's title or text is another.
    Text {
        /// Whose.
        id: String,
    },
    /// The text is the same, and other parts of it are read.
    Read {
        /// Whose.
        id: String,
    },
    /// Somebody's facts are others.
    Facts {
        /// Whose.
        id: String,
        /// The names of the facts that differ.
        names: Vec<String>,
    },
    /// A feature of somebody has another value: the greatest such difference of that person.
    Feature {
        /// Whose.
        id: String,
        /// The feature's name.
        feature: String,
        /// As it was recorded.
        was: f32,
        /// As it is now.
        is: f32,
    },
    /// Somebody's score is another.
    Score {
        /// Whose.
        id: String,
        /// As it was recorded.
        was: f64,
        /// As it is now.
        is: f64,
    },
    /// Somebody stands at another place.
    Place {
        /// Who.
        id: String,
        /// As it was recorded, from 1.
        was: usize,
        /// As it is now, from 1.
        is: usize,
    },
    /// Somebody was in the ranking, and is no longer.
    Gone {
        /// Who.
        id: String,
        /// The place that was recorded, from 1.
        was: usize,
    },
    /// Somebody is in the ranking who is not in the record, or was erased from it.
    New {
        /// Who.
        id: String,
        /// The place, from 1.
        is: usize,
    },
    /// What is said of somebody's text is another.
    Notes {
        /// Whose.
        id: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Making { what, was, is } => {
                write!(f, "{what}: was {}, is {}", shortened(was), shortened(is))
            }
            Self::Text { id } => write!(f, "{id}: title or text is another"),
            Self::Read { id } => write!(f, "{id}: the text is the same, and is read otherwise"),
            Self::Facts { id, names } => {
                write!(f, "{id}: other facts: {}", names.join(", "))
            }
            Self::Feature {
                id,
                feature,
                was,
                is,
            } => {
                let by = f64::from(*is) - f64::from(*was);
                write!(f, "{id}: {feature} was {was}, is {is} ({by:+.2e})")
            }
            Self::Score { id, was, is } => {
                write!(f, "{id}: score was {was}, is {is} ({:+.2e})", is - was)
            }
            Self::Place { id, was, is } => write!(f, "{id}: place was {was}, is {is}"),
            Self::Gone { id, was } => write!(f, "{id}: was at place {was}, is not in the ranking"),
            Self::New { id, is } => {
                write!(f, "{id}: is at place {is}, and the record does not have it")
            }
            Self::Notes { id } => write!(f, "{id}: what is said of the text is another"),
        }
    }
}

/// A job's text, say, as far as one line has room.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 160;
    let line = text.replace('\n', " ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// All differences: of the making first, then of people in the order of their places.
pub(super) fn differences(was: &DecisionRecord, is: &DecisionRecord) -> Vec<Difference> {
    let mut all = Vec::new();
    if let (Some(was), Some(is)) = (&was.0.making.part, &is.0.making.part) {
        makings(was, is, &mut all);
    }
    let of = |record: &'_ DecisionRecord| -> BTreeMap<String, CandidatePart> {
        let parts = record
            .0
            .candidates
            .iter()
            .filter_map(|slot| slot.part.clone());
        parts.map(|part| (part.id.clone(), part)).collect()
    };
    let (recorded, now) = (of(was), of(is));
    let names = was.0.making.part.as_ref().map(|making| &making.features);
    let names = names.map(Vec::as_slice).unwrap_or_default();
    let parts = |record: &'_ DecisionRecord| -> Vec<String> {
        let parts = record
            .0
            .candidates
            .iter()
            .filter_map(|slot| slot.part.as_ref());
        parts.map(|part| part.id.clone()).collect()
    };
    for id in parts(was) {
        match now.get(&id) {
            Some(is) => people(&recorded[&id], is, names, &mut all),
            None => all.push(Difference::Gone {
                was: recorded[&id].place,
                id,
            }),
        }
    }
    let new = parts(is)
        .into_iter()
        .filter(|id| !recorded.contains_key(id));
    all.extend(new.map(|id| Difference::New {
        is: now[&id].place,
        id,
    }));
    all
}

fn makings(was: &Making, is: &Making, all: &mut Vec<Difference>) {
    let none = || "not said".to_owned();
    let index = |making: &Making| {
        let index = making.index.as_ref();
        index.map_or_else(none, |index| {
            format!("{} at version {}", index.name, index.version)
        })
    };
    let hash = |making: &Making| making.model.blake3.clone().unwrap_or_else(none);
    let terms = |making: &Making| {
        let terms = making.expansion.iter();
        let terms: Vec<String> = terms
            .map(|term| format!("{} {}", term.text, term.weight))
            .collect();
        terms.join(", ")
    };
    let weights = |making: &Making| format!("{:?}", making.model.linear);
    let engine = |making: &Making| making.engine.clone().unwrap_or_else(none);
    let pairs: [(&'static str, String, String); 18] = [
        ("library version", was.library.clone(), is.library.clone()),
        ("processor", was.machine.clone(), is.machine.clone()),
        ("encoder", was.encoder.clone(), is.encoder.clone()),
        ("engine", engine(was), engine(is)),
        ("model", was.model.id.clone(), is.model.id.clone()),
        ("model's hash", hash(was), hash(is)),
        ("model's weights", weights(was), weights(is)),
        ("features", was.features.join(", "), is.features.join(", ")),
        (
            "definitions of features",
            was.definitions.clone(),
            is.definitions.clone(),
        ),
        ("job as written", was.job.written(), is.job.written()),
        (
            "form in which the job is read",
            was.job.form.clone(),
            is.job.form.clone(),
        ),
        ("job as read", was.job.read.clone(), is.job.read.clone()),
        ("terms of expansion", terms(was), terms(is)),
        ("index", index(was), index(is)),
        ("retriever", was.retriever.clone(), is.retriever.clone()),
        (
            "places asked for",
            was.settings.top_k.to_string(),
            is.settings.top_k.to_string(),
        ),
        (
            "candidates scored",
            was.settings.candidates.to_string(),
            is.settings.candidates.to_string(),
        ),
        (
            "form in which profiles are read",
            was.settings.profiles.clone(),
            is.settings.profiles.clone(),
        ),
    ];
    let differing = pairs.into_iter().filter(|(_, was, is)| was != is);
    all.extend(differing.map(|(what, was, is)| Difference::Making { what, was, is }));
    if was.notes != is.notes {
        let [was, is] = [was, is].map(|making| making.notes.join("; "));
        all.push(Difference::Making {
            what: "notes",
            was,
            is,
        });
    }
}

fn people(was: &CandidatePart, is: &CandidatePart, names: &[String], all: &mut Vec<Difference>) {
    let id = || was.id.clone();
    if was.text_sha256 != is.text_sha256 {
        all.push(Difference::Text { id: id() });
    } else if was.read_sha256 != is.read_sha256 {
        all.push(Difference::Read { id: id() });
    }
    let facts: BTreeSet<&String> = was.facts.keys().chain(is.facts.keys()).collect();
    let facts = facts
        .into_iter()
        .filter(|name| was.facts.get(*name) != is.facts.get(*name));
    let facts: Vec<String> = facts.cloned().collect();
    if !facts.is_empty() {
        all.push(Difference::Facts {
            id: id(),
            names: facts,
        });
    }
    all.extend(feature(was, is, names));
    if was.score.to_bits() != is.score.to_bits() {
        all.push(Difference::Score {
            id: id(),
            was: was.score,
            is: is.score,
        });
    }
    if was.place != is.place {
        all.push(Difference::Place {
            id: id(),
            was: was.place,
            is: is.place,
        });
    }
    if was.notes != is.notes {
        all.push(Difference::Notes { id: id() });
    }
}

/// The feature that differs most.
fn feature(was: &CandidatePart, is: &CandidatePart, names: &[String]) -> Option<Difference> {
    let values = names.iter().zip(was.features.iter().zip(&is.features));
    let differing = values.filter(|(_, (was, is))| was.to_bits() != is.to_bits());
    let gap = |was: f32, is: f32| (f64::from(is) - f64::from(was)).abs();
    let greatest = differing.max_by(|a, b| gap(*a.1.0, *a.1.1).total_cmp(&gap(*b.1.0, *b.1.1)));
    greatest.map(|(feature, (&was_value, &is_value))| Difference::Feature {
        id: was.id.clone(),
        feature: feature.clone(),
        was: was_value,
        is: is_value,
    })
}
