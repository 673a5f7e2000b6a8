//! Words and their vectors, read from the files that others have trained.

mod error;
mod key2row;
mod npy;
mod spacy;
mod string_id;
mod table;
mod text;
mod word2vec;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use ranker_core::ValueError;

pub use error::WordVectorsError;

use table::{Table, dot};

/// A table of words and their vectors, such as word2vec, GloVe, fastText or spaCy's models hold.
///
/// Words are as written in the file: `Rust` and `rust` may have two vectors. Several words may share a row:
/// spaCy *prunes* its tables, that is, most words take over the row of the nearest word that was kept. A row's
/// own word is the first that has it ([`WordVectors::is_pruned`]).
///
/// Cloning is cheap: the table is shared. In memory a row takes 4 bytes a component.
///
/// ```
/// use ranker_expand::WordVectors;
///
/// let words = [("solr", vec![1.0, 0.1]), ("lucene", vec![2.0, 0.3]), ("nurse", vec![0.0, 3.0])];
/// let vectors = WordVectors::new(words)?;
/// let near = vectors.neighbours("solr", 1);
/// assert_eq!(near[0].word, "lucene");
/// assert!(near[0].similarity > 0.99);
/// # Ok::<(), ranker_core::ValueError>(())
/// ```
#[derive(Clone)]
pub struct WordVectors(Arc<Table>);

/// A word near another.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Neighbour<'a> {
    /// The word, as written in the table.
    pub word: &'a str,
    /// The cosine of the two vectors, in `-1..=1`.
    pub similarity: f32,
}

impl WordVectors {
    /// A table of vectors made elsewhere. A word that comes twice keeps its first vector; words whose vector
    /// is zero are left out.
    ///
    /// # Errors
    ///
    /// [`ValueError::Dimension`] for vectors of different lengths, [`ValueError::NotFinite`] for a component
    /// that is no number, [`ValueError::Empty`] if nothing is left.
    pub fn new<W: AsRef<str>>(
        words: impl IntoIterator<Item = (W, Vec<f32>)>,
    ) -> Result<Self, ValueError> {
        let mut words = words.into_iter().peekable();
        let expected = words.peek().map_or(0, |(_, vector)| vector.len());
        let mut table = Table::new(expected);
        for (word, vector) in words {
            let actual = vector.len();
            if actual != expected {
                return Err(ValueError::Dimension { expected, actual });
            }
            let odd = |odd: f32| ValueError::NotFinite {
                what: "component of a word vector",
                value: odd.into(),
            };
            table.add(word.as_ref(), &vector).map_err(odd)?;
        }
        let what = "table of word vectors";
        table.build().ok_or(ValueError::Empty { what })
    }

    /// Reads the vectors of a spaCy model: the model's folder, or its `vocab`.
    ///
    /// Read are `vectors` (NumPy's format), `key2row` (MessagePack), `strings.json` and `vectors.cfg`.
    ///
    /// ```no_run
    /// # use ranker_expand::WordVectors;
    /// let vectors = WordVectors::from_spacy("en_core_web_md/en_core_web_md-3.8.0")?;
    /// # Ok::<(), ranker_expand::WordVectorsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WordVectorsError`], with the file and the place, for what is missing, cut off or malformed.
    pub fn from_spacy(folder: impl AsRef<Path>) -> Result<Self, WordVectorsError> {
        spacy::read(folder.as_ref())
    }

    /// Reads a text file with a word and its numbers on each line, parted by single spaces: GloVe's, and
    /// those of word2vec and fastText (`.vec`), whose first line gives the number of words and of dimensions.
    ///
    /// # Errors
    ///
    /// [`WordVectorsError`], with the line, for anything that is not such a file.
    pub fn from_text(path: impl AsRef<Path>) -> Result<Self, WordVectorsError> {
        text::read(path.as_ref())
    }

    /// Reads word2vec's binary file: a line as above, then each word with its numbers as 32-bit floats.
    ///
    /// # Errors
    ///
    /// [`WordVectorsError`], with the place of the word, for anything that is not such a file.
    pub fn from_word2vec(path: impl AsRef<Path>) -> Result<Self, WordVectorsError> {
        word2vec::read(path.as_ref())
    }

    /// How many words have a vector.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.rows.len()
    }

    /// Whether no word has one, which no constructor allows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.rows.is_empty()
    }

    /// The number of components of a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.0.dimension
    }

    /// The vector of a word, scaled to unit length.
    #[must_use]
    pub fn vector(&self, word: &str) -> Option<&[f32]> {
        self.row_of(word).map(|row| self.0.row(row))
    }

    /// Whether a word has the vector of another, nearest word instead of its own.
    #[must_use]
    pub fn is_pruned(&self, word: &str) -> bool {
        self.row_of(word).is_some() && self.own_row(word).is_none()
    }

    /// The `n` nearest words by cosine, nearest first, equals in the order of the file; none for an unknown
    /// word. Each row is named by its own word, and the row of `word` itself is not among them. Exact: every
    /// row is compared.
    #[must_use]
    pub fn neighbours(&self, word: &str, n: usize) -> Vec<Neighbour<'_>> {
        let Some(row) = self.row_of(word) else {
            return Vec::new();
        };
        let others = (0..self.0.owners.len() as u32).filter(|&other| other != row);
        let named =
            others.filter_map(|other| Some((other, self.0.owners[other as usize].as_deref()?)));
        let mut near: Vec<(Neighbour<'_>, u32)> = named
            .map(|(other, word)| {
                let similarity = self.similarity(row, other);
                (Neighbour { word, similarity }, other)
            })
            .collect();
        let nearer = |a: &(Neighbour<'_>, u32), b: &(Neighbour<'_>, u32)| {
            b.0.similarity
                .total_cmp(&a.0.similarity)
                .then(a.1.cmp(&b.1))
        };
        if n < near.len() {
            near.select_nth_unstable_by(n, nearer);
            near.truncate(n);
        }
        near.sort_unstable_by(nearer);
        near.into_iter().map(|(neighbour, _)| neighbour).collect()
    }

    /// The row of a word, whosever it was.
    fn row_of(&self, word: &str) -> Option<u32> {
        self.0.rows.get(word).copied()
    }

    /// The row of a word that did not take over another's.
    pub(crate) fn own_row(&self, word: &str) -> Option<u32> {
        let row = self.row_of(word)?;
        let owner = self.0.owners[row as usize].as_deref();
        (owner == Some(word)).then_some(row)
    }

    /// The cosine of two rows.
    pub(crate) fn similarity(&self, a: u32, b: u32) -> f32 {
        dot(self.0.row(a), self.0.row(b)).clamp(-1.0, 1.0)
    }
}

impl fmt::Debug for WordVectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordVectors")
            .field("words", &self.len())
            .field("rows", &self.0.owners.len())
            .field("dimension", &self.dimension())
            .finish()
    }
}
