//! Text in one form, and the words in it: what every stage reads.

mod compose;
#[rustfmt::skip] // Lists of words.
mod duration_words;
pub(crate) mod durations;
pub(crate) mod employer;
#[rustfmt::skip] // Lists of words.
mod employer_words;
mod hyphen;
#[rustfmt::skip] // Lists of words.
mod job_headings;
pub(crate) mod job_lines;
pub(crate) mod key;
pub(crate) mod language;
pub(crate) mod map;
mod names;
pub(crate) mod negated;
#[rustfmt::skip] // Lists of words.
mod negated_words;
mod numbers;
pub(crate) mod personal;
pub(crate) mod plain;
pub(crate) mod runs;
mod script;
mod time_tokens;
pub(crate) mod trades;
pub(crate) mod wishes;
pub(crate) mod words;
pub(crate) mod years_asked;
#[rustfmt::skip] // Lists of words.
mod years_words;
