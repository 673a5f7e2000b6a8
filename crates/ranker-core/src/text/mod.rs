//! Text in one form, and the words in it: what every stage reads.

mod compose;
mod hyphen;
pub(crate) mod key;
pub(crate) mod map;
mod names;
pub(crate) mod negated;
pub(crate) mod plain;
pub(crate) mod runs;
mod script;
pub(crate) mod words;
