//! Reads preferences from a file of records.

use std::path::Path;

use ranker::files::read_records;
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

fn read_file(path: &Path) -> Outcome<Vec<Preference>> {
    let records = read_records(path, "preference")?;
    Ok(records.into_iter().map(|record| record.value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_preference_is_named_by_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            &file,
            "{\"job\": \"j\", \"preferred\": \"a\", \"other\": \"b\"}\n\n{}\n",
        )
        .unwrap();
        let error = read_file(file.path()).unwrap_err();
        assert!(
            error.to_string().ends_with(", line 3: not a preference"),
            "{error}"
        );
        let cause = error.source().unwrap().to_string();
        assert!(cause.contains("missing field `job`"), "{cause}");
    }
}
