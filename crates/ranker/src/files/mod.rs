//! Reads profiles, jobs, preferences and other records from files.
//!
//! A file of records is JSON lines, one JSON object after another over any number of lines, a JSON
//! array, or (feature `tables`) CSV with a header, in UTF-8, UTF-16 or Windows-1252, also compressed by
//! gzip (the same feature); the content tells. A profile is a record such as
//!
//! ```json
//! {"id": "p-7", "title": "Rust engineer", "text": "...", "facts": {"years_experience": 6, "skills": ["rust"]}}
//! ```
//!
//! A fact is a number, a word, a list of words, or true or false; null is no fact. `title` and `facts`
//! may be left out; fields of other names are ignored. A number in quotes is a number where others give
//! one or all are in quotes, and a note names what could not be read so. In CSV a column `facts.NAME`
//! (or any column that is no field) is a fact, and `|` separates words. A job has `id`, `title`, `text` and, optionally, `filter`, which says for each fact what must hold:
//! `{"min": 3}` or `{"min": 3, "max": 8}` of a number, a list of words of which one must be held, or
//! true or false.

#[cfg(feature = "tables")]
mod csv;
mod error;
mod facts;
mod jobs;
mod profiles;
mod records;
#[cfg(test)]
#[cfg(feature = "tables")]
mod tests;
mod text;

pub use error::FileError;
pub use jobs::{NamedJob, read_job_text, read_jobs};
pub use profiles::{Profiles, read_profiles};
pub use records::{Record, read_records};
#[cfg(feature = "ingest")]
pub(crate) use text::titled;
