//! Reads preferences, a line each.

use std::fs;
use std::path::Path;

use ranker_examples::Outcome;
use serde::Deserialize;

use crate::Args;

/// One candidate is better than another for a job.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Preference {
    pub(crate) job: String,
    pub(crate) preferred: String,
    pub(crate) other: String,
}

/// Reads the preferences that the arguments name, if they name any.
pub(crate) fn read(args: &Args) -> Outcome<Option<Vec<Preference>>> {
    args.preferences.as_deref().map(read_file).transpose()
}

/// Reads preferences from a JSONL file, skipping blank lines.
fn read_file(path: &Path) -> Outcome<Vec<Preference>> {
    let shown = path.display();
    let content = fs::read_to_string(path).map_err(|e| format!("cannot read {shown}: {e}"))?;
    let lines = (1..)
        .zip(content.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let preference = serde_json::from_str(line);
            preference.map_err(|e| format!("{shown}, line {number}: no preference: {e}").into())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_preference_is_named_by_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(
            &file,
            "{\"job\": \"j\", \"preferred\": \"a\", \"other\": \"b\"}\n\n{}\n",
        )
        .unwrap();
        let error = read_file(file.path()).unwrap_err().to_string();
        assert!(
            error.contains(", line 3: no preference: missing field `job`"),
            "{error}"
        );
    }
}
