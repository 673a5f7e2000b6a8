//! The schema of JSON Resume (jsonresume.org, version 1.0.0) as a text with headings.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::document::{Document, Format};
use crate::error::Unreadable;
use crate::flow::{BULLET, tidy};

/// The schema's sections, in the order of a resume, and their headings.
const SECTIONS: [(&str, &str); 11] = [
    ("work", "Experience"),
    ("projects", "Projects"),
    ("education", "Education"),
    ("skills", "Skills"),
    ("languages", "Languages"),
    ("certificates", "Certificates"),
    ("volunteer", "Volunteering"),
    ("awards", "Awards"),
    ("publications", "Publications"),
    ("interests", "Interests"),
    ("references", "References"),
];

/// What names an entry, in the order in which a line shows it.
const NAMES: [&str; 12] = [
    "position",
    "studyType",
    "area",
    "name",
    "title",
    "organization",
    "institution",
    "entity",
    "language",
    "fluency",
    "level",
    "location",
];

/// What tells of an entry, a paragraph each.
const TEXTS: [&str; 3] = ["description", "summary", "reference"];

/// What tells of an entry, an item each.
const ITEMS: [&str; 4] = ["highlights", "courses", "keywords", "roles"];

/// Reads a resume; `None` if the JSON is something else.
pub(crate) fn read(json: &str) -> Result<Option<Document>, Unreadable> {
    let value: Value = serde_json::from_str(json).map_err(Unreadable::damaged)?;
    let Value::Object(resume) = value else {
        return Ok(None);
    };
    let basics = resume.get("basics").and_then(Value::as_object);
    let known = SECTIONS
        .iter()
        .any(|(name, _)| resume.get(*name).is_some_and(Value::is_array));
    if basics.is_none() && !known {
        return Ok(None);
    }
    let mut text = String::new();
    for field in ["name", "label", "summary"] {
        line(&mut text, basics.and_then(|basics| string(basics, field)));
    }
    for (name, heading) in SECTIONS {
        let entries = resume.get(name).and_then(Value::as_array);
        let entries = entries.into_iter().flatten().filter_map(Value::as_object);
        let mut entries = entries.peekable();
        if entries.peek().is_some() {
            line(&mut text, Some(&format!("\n{heading}")));
        }
        entries.for_each(|found| entry(found, &mut text));
    }
    Ok(Some(Document::new(Format::JsonResume, tidy(&text))))
}

fn entry(entry: &Map<String, Value>, text: &mut String) {
    let names = NAMES.iter().filter_map(|name| string(entry, name));
    let mut head = names.collect::<Vec<_>>().join(", ");
    if let Some(dates) = dates(entry) {
        let _ = write!(head, ", {dates}");
    }
    line(text, Some(head.trim_start_matches(", ")));
    TEXTS
        .iter()
        .for_each(|name| line(text, string(entry, name)));
    for name in ITEMS {
        let items = entry.get(name).and_then(Value::as_array);
        let items = items.into_iter().flatten().filter_map(Value::as_str);
        for item in items {
            line(text, Some(&format!("{BULLET}{item}")));
        }
    }
}

/// An entry's time; one that began and has no end goes on.
fn dates(entry: &Map<String, Value>) -> Option<String> {
    match (string(entry, "startDate"), string(entry, "endDate")) {
        (Some(start), Some(end)) => Some(format!("{start} – {end}")),
        (Some(start), None) => Some(format!("{start} – present")),
        (None, end) => end.or_else(|| string(entry, "date")).map(str::to_owned),
    }
}

fn string<'v>(of: &'v Map<String, Value>, field: &str) -> Option<&'v str> {
    let text = of.get(field)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

fn line(text: &mut String, line: Option<&str>) {
    if let Some(line) = line.filter(|line| !line.is_empty()) {
        text.push_str(line);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resume_reads_like_a_resume() {
        let json = r#"{"basics": {"name": "Ana Doe", "label": "Engineer"},
            "work": [{"name": "Norwood", "position": "Rust Engineer", "startDate": "2019-03",
                      "highlights": ["Built search"]}],
            "skills": [{"name": "Languages", "keywords": ["Rust", "SQL"]}]}"#;
        assert_eq!(
            read(json).unwrap().unwrap().text,
            "Ana Doe\nEngineer\n\nExperience\nRust Engineer, Norwood, 2019-03 – present\n\
             • Built search\n\nSkills\nLanguages\n• Rust\n• SQL"
        );
        assert_eq!(read("[1]").unwrap(), None);
        assert_eq!(read("{\"id\": 1}").unwrap(), None);
    }
}
