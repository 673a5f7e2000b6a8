//! Opening files of word vectors, and why they are refused.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use ranker_core::BoxError;

/// A file or folder that holds no word vectors that can be read, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordVectorsError {
    /// A file cannot be read.
    #[error("{} cannot be read: check the path and its rights", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: BoxError,
    },
    /// A file is not in its format, or cut off.
    #[error("{}, {place}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in it, such as "line 3" or "byte 128".
        place: String,
        /// What is wrong, and what is expected.
        reason: String,
    },
    /// spaCy's table of parts of words, which holds no words.
    #[error("{} is a floret table, which holds parts of words and no words: give a model whose vectors are in the mode \"default\"", path.display())]
    Floret {
        /// The file that says so.
        path: PathBuf,
    },
    /// There are no vectors.
    #[error("{} holds no word vectors; models whose name ends in _sm have none, those in _md and _lg do", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Opens a file, and says how many bytes it has.
pub(super) fn open(path: &Path) -> Result<(BufReader<File>, u64), WordVectorsError> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (size, file) = opened.map_err(|error| unreadable(path, error))?;
    Ok((BufReader::new(file), size))
}

/// A word whose vector has a component that is no number, for an error.
pub(super) fn odd_component(word: &str, odd: f32) -> String {
    let word = cut(word);
    format!("{word:?} has the component {odd}, which is no number")
}

/// The first characters of a text, for an error.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

/// An error of the system.
pub(super) fn unreadable(path: &Path, source: impl Into<BoxError>) -> WordVectorsError {
    WordVectorsError::Read {
        path: path.to_owned(),
        source: source.into(),
    }
}

/// A fault of the file at this place.
pub(super) fn malformed(
    path: &Path,
    place: impl Into<String>,
    reason: impl Into<String>,
) -> WordVectorsError {
    WordVectorsError::Malformed {
        path: path.to_owned(),
        place: place.into(),
        reason: reason.into(),
    }
}
