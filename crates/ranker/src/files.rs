//! Reads profiles and jobs from files: JSONL, and folders of text.
//!
//! A profile is a line such as
//!
//! ```json
//! {"id": "p-7", "title": "Rust engineer", "text": "...", "facts": {"years_experience": 6, "skills": ["rust"]}}
//! ```
//!
//! A fact is a number, a word, a list of words, or true or false. `title` and `facts` may be left
//! out; fields of other names are ignored. A job has `id`, `title`, `text` and, optionally, `filter`,
//! which says for each fact what must hold: `{"min": 3}` or `{"min": 3, "max": 8}` of a number, a
//! list of words of which one must be held, or true or false.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use ranker_core::{BoxError, Fact, Filter, JobDescription, Profile};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file or folder cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no profile or job.
    #[error("{}, line {line}: {what}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the line should have been.
        what: &'static str,
        /// What is wrong with it.
        source: BoxError,
    },
    /// An id stands on two lines.
    #[error("{}, line {line}: id {id:?} was used before", path.display())]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// The second line, from 1.
        line: usize,
        /// The id.
        id: String,
    },
    /// A text file that holds no profile.
    #[error("{} holds no profile", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BoxError,
    },
    /// Nothing was found.
    #[error("{} holds no {what}", path.display())]
    Nothing {
        /// The file or folder.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
}

/// A job description with the id that its file gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedJob {
    /// The id.
    pub id: String,
    /// The job.
    pub job: JobDescription,
}

/// Reads profiles from a JSONL file, or from the `.txt` and `.md` files of a folder (the file's
/// name without its ending is the id).
///
/// # Errors
///
/// [`FileError`], with the line where there is one. A pool of nobody is [`FileError::Nothing`].
pub fn read_profiles(path: &Path) -> Result<Vec<Profile>, FileError> {
    let profiles = if path.is_dir() {
        read_folder(path)?
    } else {
        read_profile_lines(path)?
    };
    if profiles.is_empty() {
        let what = if path.is_dir() {
            "profiles (.txt or .md files)"
        } else {
            "profiles"
        };
        return Err(FileError::Nothing {
            path: path.to_owned(),
            what,
        });
    }
    Ok(profiles)
}

fn read_profile_lines(path: &Path) -> Result<Vec<Profile>, FileError> {
    let mut seen = BTreeMap::new();
    read_lines(path, "not a profile", |line: ProfileLine, number| {
        if seen.insert(line.id.clone(), number).is_some() {
            let path = path.to_owned();
            return Err(Refused::File(FileError::DuplicateId {
                path,
                line: number,
                id: line.id,
            }));
        }
        line.profile().map_err(Refused::Line)
    })
}

/// Reads jobs from a JSONL file.
///
/// # Errors
///
/// [`FileError`], with the line where there is one.
pub fn read_jobs(path: &Path) -> Result<Vec<NamedJob>, FileError> {
    read_lines(path, "not a job", |line: JobLine, _| {
        line.job().map_err(Refused::Line)
    })
}

/// Reads one job from a text file; its first line is the title when more lines follow.
///
/// # Errors
///
/// [`FileError`].
pub fn read_job_text(path: &Path) -> Result<JobDescription, FileError> {
    let (title, text) = titled(&read_text(path)?);
    let job = JobDescription::new(text);
    let job = job.map_err(|e| FileError::Text {
        path: path.to_owned(),
        source: e.into(),
    })?;
    Ok(job.with_title(title))
}

fn read_folder(folder: &Path) -> Result<Vec<Profile>, FileError> {
    let unreadable = |source| FileError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|ending| ending == "txt" || ending == "md")
        {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read_text_profile(path)).collect()
}

fn read_text_profile(path: &Path) -> Result<Profile, FileError> {
    let (title, text) = titled(&read_text(path)?);
    let id = path.file_stem().unwrap_or_default().to_string_lossy();
    let profile = Profile::new(id, text);
    let profile = profile.map_err(|e| FileError::Text {
        path: path.to_owned(),
        source: e.into(),
    })?;
    Ok(profile.with_title(title))
}

fn read_text(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Splits a first line that looks like a headline from the rest.
fn titled(text: &str) -> (String, String) {
    const LONGEST_TITLE: usize = 100;
    let text = text.trim_start_matches('\u{feff}').trim();
    match text.split_once('\n') {
        Some((first, rest)) if first.chars().count() <= LONGEST_TITLE => (
            first.trim_start_matches('#').trim().to_owned(),
            rest.trim().to_owned(),
        ),
        _ => (String::new(), text.to_owned()),
    }
}

/// Why a line was refused: with its place still to be added, or already whole.
enum Refused {
    Line(BoxError),
    File(FileError),
}

/// Reads a JSONL file, skipping blank lines.
fn read_lines<L: DeserializeOwned, T>(
    path: &Path,
    what: &'static str,
    mut parse: impl FnMut(L, usize) -> Result<T, Refused>,
) -> Result<Vec<T>, FileError> {
    let unreadable = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut values = Vec::new();
    for (number, bytes) in (1..).zip(file.split(b'\n')) {
        let bytes = bytes.map_err(unreadable)?;
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let parsed = serde_json::from_slice(&bytes).map_err(|e| Refused::Line(e.into()));
        let value = parsed.and_then(|line| parse(line, number));
        values.push(value.map_err(|refused| match refused {
            Refused::File(error) => error,
            Refused::Line(source) => FileError::Line {
                path: path.to_owned(),
                line: number,
                what,
                source,
            },
        })?);
    }
    Ok(values)
}

/// A profile as it stands in a file.
#[derive(Deserialize)]
struct ProfileLine {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    facts: BTreeMap<String, FactValue>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum FactValue {
    Flag(bool),
    Number(f64),
    Keyword(String),
    Keywords(Vec<String>),
}

impl ProfileLine {
    fn profile(self) -> Result<Profile, BoxError> {
        let mut profile = Profile::new(self.id, self.text)?.with_title(self.title);
        for (name, value) in self.facts {
            let fact = match value {
                FactValue::Flag(value) => Fact::flag(value),
                FactValue::Number(value) => Fact::Number(value),
                FactValue::Keyword(word) => Fact::keyword(word),
                FactValue::Keywords(words) => Fact::keywords(words),
            };
            profile = profile.with_fact(name, fact)?;
        }
        Ok(profile)
    }
}

/// A job as it stands in a file.
#[derive(Deserialize)]
struct JobLine {
    id: String,
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    filter: BTreeMap<String, Condition>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Condition {
    Flag(bool),
    Range(Bounds),
    Word(String),
    Words(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    #[serde(default = "unbounded_below")]
    min: f64,
    #[serde(default = "unbounded_above")]
    max: f64,
}

fn unbounded_below() -> f64 {
    f64::NEG_INFINITY
}

fn unbounded_above() -> f64 {
    f64::INFINITY
}

impl JobLine {
    fn job(self) -> Result<NamedJob, BoxError> {
        let condition = |(fact, condition)| match condition {
            Condition::Flag(value) => Filter::flag(fact, value),
            Condition::Range(Bounds { min, max }) => Filter::Range { fact, min, max },
            Condition::Word(word) => Filter::any_of(fact, [word]),
            Condition::Words(words) => Filter::any_of(fact, words),
        };
        let filter = self
            .filter
            .into_iter()
            .map(condition)
            .fold(Filter::All, Filter::and);
        let job = JobDescription::new(self.text)?
            .with_title(self.title)
            .with_filter(filter);
        Ok(NamedJob { id: self.id, job })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn error(content: &[u8]) -> String {
        let file = file(content);
        let error = read_profiles(file.path()).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let text = format!("{error}: {}", source.unwrap_or_default());
        text.replace(&file.path().display().to_string(), "FILE")
    }

    #[test]
    fn reads_typed_facts() {
        let file = file(
            br#"{"id": "a", "title": "T", "text": "x", "facts": {"y": 3, "w": "Rome", "s": ["A"], "f": true}, "other": 1}

"#,
        );
        let profiles = read_profiles(file.path()).unwrap();
        let facts = profiles[0].facts();
        assert_eq!(facts.get("y"), Some(&Fact::Number(3.0)));
        assert_eq!(facts.get("w"), Some(&Fact::keyword("rome")));
        assert_eq!(facts.get("s"), Some(&Fact::keywords(["a"])));
        assert_eq!(facts.get("f"), Some(&Fact::flag(true)));
    }

    #[test]
    fn says_the_line_of_what_is_wrong() {
        let good = r#"{"id": "a", "text": "x"}"#;
        let with = |second: &str| format!("{good}\n{second}\n");
        assert_eq!(
            error(with(good).as_bytes()),
            "FILE, line 2: id \"a\" was used before: "
        );
        let cut = error(with(r#"{"id": "b", "text": "#).as_bytes());
        assert!(
            cut.starts_with("FILE, line 2: not a profile: EOF while parsing"),
            "{cut}"
        );
        let blank = error(with(r#"{"id": "b", "text": " "}"#).as_bytes());
        assert_eq!(
            blank,
            "FILE, line 2: not a profile: profile text is empty: give it some text"
        );
        let invalid = error(b"{\"id\": \"b\", \"text\": \"\xff\"}");
        assert!(
            invalid.starts_with("FILE, line 1: not a profile: invalid unicode"),
            "{invalid}"
        );
        let huge = error(br#"{"id": "b", "text": "x", "facts": {"y": 1e999}}"#);
        assert!(huge.starts_with("FILE, line 1: not a profile: "), "{huge}");
        let deep = error("[".repeat(100_000).as_bytes());
        assert!(deep.starts_with("FILE, line 1: not a profile: "), "{deep}");
        assert_eq!(error(b"\n"), "FILE holds no profiles: ");
    }

    #[test]
    fn reads_folders_in_order() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("b.md"),
            "# Nurse\n\nTen years on a ward.",
        )
        .unwrap();
        fs::write(folder.path().join("a.txt"), "One line only").unwrap();
        fs::write(folder.path().join("c.pdf"), b"%PDF").unwrap();
        let profiles = read_profiles(folder.path()).unwrap();
        let seen: Vec<_> = profiles
            .iter()
            .map(|p| (p.id().as_str(), p.title(), p.text()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a", "", "One line only"),
                ("b", "Nurse", "Ten years on a ward.")
            ]
        );

        fs::write(folder.path().join("a.txt"), " \n").unwrap();
        let blank = read_profiles(folder.path()).unwrap_err();
        assert!(matches!(blank, FileError::Text { .. }), "{blank}");
        fs::write(folder.path().join("a.txt"), b"\xff\xfe").unwrap();
        let invalid = read_profiles(folder.path()).unwrap_err();
        assert!(matches!(invalid, FileError::Read { .. }), "{invalid}");
    }

    #[test]
    fn a_job_filter_reads_as_it_is_written() {
        let file = file(
            br#"{"id": "j", "text": "x", "filter": {"years": {"min": 3}, "permit": true, "location": ["Rome", "Oslo"]}}"#,
        );
        let jobs = read_jobs(file.path()).unwrap();
        let expected = Filter::any_of("location", ["rome", "oslo"])
            .and(Filter::flag("permit", true))
            .and(Filter::at_least("years", 3.0));
        assert_eq!(jobs[0].job.filter(), &expected);
    }
}
