//! Profiles as JSON, for engines and for files.
//!
//! ```json
//! {"id": "a7", "title": "Nurse", "text": "Ten years on a ward.",
//!  "facts": {"years": {"number": "10"}, "permit": {"flag": true},
//!            "place": {"keyword": "berlin"}, "skills": {"keywords": ["care", "triage"]}},
//!  "embedding": [0.6, 0.8]}
//! ```
//!
//! Numbers of facts are text, so that every reader gives back the same bits.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

use ranker_core::{BoxError, Embedding, Fact, Facts, Profile, Reading};
use serde_json::{Map, Value, json};

/// A line that holds no profile with an embedding.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is no profile with an embedding: {what}")]
pub struct RecordError {
    /// From 1.
    line: usize,
    what: String,
    #[source]
    source: Option<BoxError>,
}

/// The profiles of a file of JSON lines, as [`write()`] writes them. Blank lines are passed over.
pub fn read(
    lines: impl BufRead,
) -> impl Iterator<Item = Result<(Profile, Embedding), RecordError>> {
    let told =
        |line: usize, what: String, source: Option<BoxError>| RecordError { line, what, source };
    lines.lines().zip(1..).filter_map(move |(text, line)| {
        let text = match text {
            Ok(text) if text.trim().is_empty() => return None,
            Ok(text) => text,
            Err(error) => {
                return Some(Err(told(
                    line,
                    "it cannot be read".to_owned(),
                    Some(error.into()),
                )));
            }
        };
        Some(entry(&text).map_err(|what| told(line, what, None)))
    })
}

/// Writes one profile and its embedding as a line.
///
/// # Errors
///
/// Those of the writer.
pub fn write(mut to: impl Write, profile: &Profile, embedding: &Embedding) -> io::Result<()> {
    let mut record = of(profile);
    record["embedding"] = embedding.as_slice().into();
    writeln!(to, "{record}")
}

fn entry(text: &str) -> Result<(Profile, Embedding), String> {
    let record: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let embedding = embedding(&record["embedding"])?;
    Ok((profile(&record)?, embedding))
}

/// A profile as JSON.
pub(crate) fn of(profile: &Profile) -> Value {
    json!({
        "id": profile.id().as_str(),
        "title": profile.title(),
        "text": profile.text(),
        "form": profile.reading().form(),
        "facts": facts(profile.facts()),
    })
}

/// Facts as JSON, each under its kind.
pub(crate) fn facts(facts: &Facts) -> Value {
    let facts = facts.iter().map(|(name, fact)| {
        let fact = match fact {
            Fact::Number(number) => json!({ "number": number.to_string() }),
            Fact::Keyword(word) => json!({ "keyword": word }),
            Fact::Keywords(words) => json!({ "keywords": words }),
            Fact::Flag(flag) => json!({ "flag": flag }),
            // Kinds of a later version of ranker-core.
            other => json!({ "keyword": other.to_string() }),
        };
        (name.to_owned(), fact)
    });
    Value::Object(facts.collect::<Map<_, _>>())
}

/// The profile that [`of`] wrote.
pub(crate) fn profile(record: &Value) -> Result<Profile, String> {
    let text = |key: &str| {
        record[key]
            .as_str()
            .ok_or_else(|| format!("{key} is missing"))
    };
    let profile = Profile::new(text("id")?, text("text")?).map_err(|error| error.to_string())?;
    let title = record["title"].as_str().unwrap_or_default();
    let profile = profile
        .with_title(title)
        .read_as(reading(record["form"].as_str())?);
    Ok(profile.with_facts(facts_of(&record["facts"])?))
}

/// The reading of a profile by its form's name; those that have none are of an earlier version, which read all.
pub(crate) fn reading(form: Option<&str>) -> Result<Reading, String> {
    let Some(form) = form else {
        return Ok(Reading::Whole);
    };
    Reading::of_form(form).ok_or_else(|| format!("{form} is a form of texts of another version"))
}

/// The facts that [`facts`] wrote.
pub(crate) fn facts_of(value: &Value) -> Result<Facts, String> {
    let mut facts = Facts::new();
    for (name, fact) in value.as_object().into_iter().flatten() {
        let fact = fact_of(fact).ok_or_else(|| format!("the fact {name:?} cannot be read"))?;
        facts
            .insert(name.as_str(), fact)
            .map_err(|error| error.to_string())?;
    }
    Ok(facts)
}

fn fact_of(fact: &Value) -> Option<Fact> {
    let (kind, value) = fact.as_object()?.iter().next()?;
    Some(match (kind.as_str(), value) {
        ("number", Value::String(number)) => Fact::Number(number.parse().ok()?),
        ("number", Value::Number(number)) => Fact::Number(number.as_f64()?),
        ("keyword", Value::String(word)) => Fact::Keyword(word.clone()),
        ("keywords", Value::Array(words)) => {
            let words = words.iter().map(|word| word.as_str().map(str::to_owned));
            Fact::Keywords(words.collect::<Option<BTreeSet<String>>>()?)
        }
        ("flag", Value::Bool(flag)) => Fact::Flag(*flag),
        _ => return None,
    })
}

/// An array of numbers of unit length.
pub(crate) fn embedding(value: &Value) -> Result<Embedding, String> {
    let numbers = value.as_array().ok_or("the embedding is no array")?;
    let numbers = numbers
        .iter()
        .map(|number| number.as_f64().map(|number| number as f32));
    let numbers: Option<Vec<f32>> = numbers.collect();
    Embedding::unit(numbers.ok_or("the embedding holds what is no number")?)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let profile = Profile::new("Zoë/7", "of\u{fb01}ce, \"quoted\"\nsecond line").unwrap();
        let profile = profile.with_title("Chef");
        let facts = [
            ("years", Fact::Number(0.1 + 0.2)),
            ("tiny", Fact::Number(5e-324)),
            ("place", Fact::keyword("Zürich")),
            ("skills", Fact::keywords(["NodeJS", "Rust"])),
            ("none", Fact::keywords([""; 0])),
            ("permit", Fact::flag(false)),
        ];
        let add = |profile: Profile, (name, fact)| profile.with_fact(name, fact).unwrap();
        let profile = facts.into_iter().fold(profile, add);
        let embedding = Embedding::normalized(vec![0.3, -0.7, 0.1]).unwrap();
        let mut file = Vec::new();
        write(&mut file, &profile, &embedding).unwrap();
        let back: Vec<_> = read(&file[..]).map(Result::unwrap).collect();
        assert_eq!(back, [(profile, embedding)]);
    }

    #[test]
    fn what_is_no_record_is_named() {
        let lines = "\n{\"id\":\"a\"}\nnot json";
        let errors: Vec<String> = read(lines.as_bytes())
            .map(|entry| entry.unwrap_err().to_string())
            .collect();
        assert!(errors[0].starts_with("line 2") && errors[0].contains("embedding"));
        assert!(errors[1].starts_with("line 3"));
    }
}
