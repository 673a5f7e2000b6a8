//! Who belongs to which group, from a file of its own.

use std::collections::BTreeMap;
use std::path::Path;

use ranker::core::CandidateId;
use ranker::files::{Record, read_records};
use ranker::xai::audit::Groups;
use serde_json::{Map, Value};

use crate::Outcome;

/// The groups of a file: records with `id` and one field an attribute (CSV, JSON lines). Who has no value is in no group.
///
/// # Errors
///
/// What cannot be read, a record without an id, and a person in two groups.
pub fn read_groups(path: &Path) -> Outcome<Vec<Groups>> {
    let mut members: BTreeMap<String, Vec<(CandidateId, String)>> = BTreeMap::new();
    for Record { line, value, .. } in read_records::<Map<String, Value>>(path, "group")? {
        let wrong = |what: &str| format!("{}, line {line}: {what}", path.display());
        let mut fields = value;
        // In a table, whatever is no field of a profile comes as a fact.
        if let Some(Value::Object(facts)) = fields.remove("facts") {
            fields.extend(facts);
        }
        let id = fields.remove("id").and_then(group);
        let id = CandidateId::new(id.ok_or_else(|| wrong("it has no field `id`"))?)?;
        for (attribute, value) in fields {
            if value.is_array() || value.is_object() {
                return Err(wrong(&format!("{attribute} is no name of a group")).into());
            }
            if let Some(group) = group(value) {
                members
                    .entry(attribute)
                    .or_default()
                    .push((id.clone(), group));
            }
        }
    }
    let groups = members
        .into_iter()
        .map(|(attribute, members)| Groups::new(attribute, members));
    Ok(groups.collect::<Result<_, _>>()?)
}

/// A value as the name of a group.
fn group(value: Value) -> Option<String> {
    let name = match value {
        Value::String(name) => name,
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!name.trim().is_empty()).then_some(name)
}

/// The attributes, and each pair of them.
#[must_use]
pub fn with_intersections(groups: Vec<Groups>) -> Vec<Groups> {
    let pairs = groups.iter().enumerate();
    let pairs =
        pairs.flat_map(|(at, one)| groups[at + 1..].iter().map(|other| one.intersected(other)));
    let pairs: Vec<Groups> = pairs.collect();
    groups.into_iter().chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(content: &str) -> Outcome<Vec<Groups>> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), content)?;
        read_groups(file.path())
    }

    #[test]
    fn tables_and_json_give_the_same_groups() {
        let table = read("id,sex,age\nana,f,50\nben,m,\n").unwrap();
        let json = "{\"id\": \"ana\", \"sex\": \"f\", \"age\": 50}\n{\"id\": \"ben\", \"sex\": \"m\", \"age\": null}";
        assert_eq!(table, read(json).unwrap());
        assert_eq!(table.len(), 2);
        let age = |id: &str| table[0].group(&CandidateId::new(id).unwrap());
        assert_eq!(
            (table[0].attribute(), age("ana"), age("ben")),
            ("age", Some("50"), None)
        );
        assert_eq!(
            with_intersections(table.clone())[2].attribute(),
            "age × sex"
        );
    }

    #[test]
    fn what_is_no_group_is_refused() {
        for wrong in [
            "id,sex\nana,f|m\n",
            "title,sex\nana,f\n",
            "id,sex\nana,f\nana,m\n",
            "name\nana\n",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
