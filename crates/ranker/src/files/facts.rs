//! Facts as they stand in records.

use std::collections::{BTreeMap, BTreeSet};

use ranker_core::{BoxError, Fact};
use serde_json::{Map, Value};

use super::records::shown;

/// A fact before it is known whether others give the same one as a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    Flag(bool),
    Number(f64),
    Word(String),
    Words(Vec<String>),
}

/// The facts of one record; null is none.
pub(super) fn given(facts: Option<Value>) -> Result<BTreeMap<String, Given>, BoxError> {
    let facts = match facts {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(facts)) => facts,
        Some(other) => {
            let other = shown(&other);
            return Err(
                format!("field `facts` is {other}, where an object of facts is expected").into(),
            );
        }
    };
    let mut all = BTreeMap::new();
    for (name, value) in facts {
        if let Some(given) = fact(&name, value)? {
            all.insert(name, given);
        }
    }
    Ok(all)
}

fn fact(name: &str, value: Value) -> Result<Option<Given>, BoxError> {
    let refused = |value: &Value, why: &str| -> BoxError {
        let value = shown(value);
        format!("fact `{name}` is {value}: {why}").into()
    };
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Bool(flag) => Given::Flag(flag),
        Value::Number(ref number) => match number.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Given::Number(number),
            None => return Err(refused(&value, "a number must be finite")),
        },
        Value::String(word) => Given::Word(word),
        Value::Array(ref items) => {
            let words = items.iter().map(|item| item.as_str().map(str::to_owned));
            match words.collect::<Option<Vec<String>>>() {
                Some(words) => Given::Words(words),
                None => {
                    let wrong = items.iter().find(|item| !item.is_string());
                    let wrong = wrong.map(shown).unwrap_or_default();
                    let why = format!("a list holds words in quotes only, and {wrong} is none");
                    return Err(refused(&value, &why));
                }
            }
        }
        Value::Object(_) => {
            let why = "a fact is a number, a word, a list of words, or true or false";
            return Err(refused(&value, why));
        }
    }))
}

/// Facts that a file gives as numbers: words of theirs are read as numbers too.
#[derive(Debug, Default)]
pub(super) struct Numeric(BTreeSet<String>);

impl Numeric {
    /// A fact is a number if any record gives one, or if every word for it is one.
    pub(super) fn of<'f>(records: impl Iterator<Item = &'f BTreeMap<String, Given>>) -> Self {
        let (mut numbers, mut words) = (BTreeSet::new(), BTreeMap::new());
        for (name, given) in records.flatten() {
            match given {
                Given::Number(_) => drop(numbers.insert(name.clone())),
                Given::Word(word) => {
                    *words.entry(name.clone()).or_insert(true) &= plain_number(word).is_some();
                }
                Given::Words(_) | Given::Flag(_) => drop(words.insert(name.clone(), false)),
            }
        }
        let all_numbers = words
            .into_iter()
            .filter(|(_, numbers)| *numbers)
            .map(|(name, _)| name);
        numbers.extend(all_numbers);
        Self(numbers)
    }

    /// The fact, and a note where it was read otherwise than it was written.
    pub(super) fn fact(&self, name: &str, given: Given) -> (Fact, Option<String>) {
        let wanted = self.0.contains(name);
        let quoted = match &given {
            Given::Word(word) => Some(word.as_str()),
            Given::Words(words) if words.len() == 1 => words.first().map(String::as_str),
            _ => None,
        };
        if let Some(word) = quoted.filter(|_| wanted) {
            return match number_in(word) {
                Some(number) if plain_number(word).is_some() => (Fact::Number(number), None),
                Some(number) => {
                    let note = format!("fact `{name}` is {word:?}, read as the number {number}");
                    (Fact::Number(number), Some(note))
                }
                None => {
                    let note = format!(
                        "fact `{name}` is the word {word:?}, where others have a number: no filter \
                         on a number passes it"
                    );
                    (Fact::keyword(word), Some(note))
                }
            };
        }
        let fact = match given {
            Given::Flag(flag) => Fact::flag(flag),
            Given::Number(number) => Fact::Number(number),
            Given::Word(word) => Fact::keyword(word),
            Given::Words(words) => {
                let note = wanted.then(|| {
                    format!("fact `{name}` is a list of words, where others have a number")
                });
                return (Fact::keywords(words), note);
            }
        };
        (fact, None)
    }
}

/// A number written as JSON writes one; "02134" is a code.
fn plain_number(word: &str) -> Option<f64> {
    let number: serde_json::Number = serde_json::from_str(word.trim()).ok()?;
    number.as_f64().filter(|number| number.is_finite())
}

/// A number with a mark or a unit beside it: "6+ years", "1,5", "ca. 3".
fn number_in(word: &str) -> Option<f64> {
    let start = word.find(|c: char| c.is_ascii_digit())?;
    let negative = word[..start].trim_end().ends_with('-') && start > 0;
    let digits = word[start..].split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    let mut numbers = digits.filter(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let first = numbers
        .next()?
        .trim_end_matches(['.', ','])
        .replace(',', ".");
    // A range or a date is not one number.
    if numbers.next().is_some() {
        return None;
    }
    let number: f64 = first.parse().ok()?;
    Some(if negative { -number } else { number })
}
