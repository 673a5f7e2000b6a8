//! Groups of occupations in an encoder's space, and their file.

use std::io;
use std::path::Path;

use ranker_core::{
    EmbedError, Embedder, Embedding, Role, TokenEmbeddings, ValueError, replace_file,
};
use serde::{Deserialize, Serialize};

use super::OccupationError;
use crate::models::file;

/// What the file says of its form.
const FORMAT: &str = "ranker-occupations-1";

/// Cosine from which on two embeddings of one text are one encoder's, in whatever precision.
const SAME: f32 = 0.98;

/// Cosine from which on the mean of a text's token vectors is its embedding: special tokens are not among them, and they are
/// of one length.
const MEAN: f32 = 0.9;

/// The greatest code of a component in the file.
const MOST: f32 = 127.0;

/// Groups of occupations: a name and a vector each, the mean of the embeddings of what describes the group.
///
/// The one of the bundled encoder lies beside it (`models/jobs-MiniLM-L6/occupations.json`): the 426 unit groups of
/// ISCO-08 by the occupations of ESCO. For another encoder, or another division of work, [`Self::embedded`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct OccupationTable {
    names: Vec<String>,
    /// Row-major, a unit vector a group.
    vectors: Vec<f32>,
    dimension: usize,
    /// A text and its embedding, by which an encoder is known.
    known: (String, Embedding),
}

/// The table as JSON. Vectors are in 8 bits a component: codes of -127 to 127, of which the direction alone counts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    format: String,
    /// BLAKE3 over names and codes.
    hash: String,
    known_text: String,
    known_vector: Vec<i8>,
    groups: Vec<Group>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    vector: Vec<i8>,
}

impl OccupationTable {
    /// Groups by their names and the texts that describe each, such as the titles and descriptions of its occupations. All
    /// texts are embedded as documents.
    ///
    /// # Errors
    ///
    /// [`OccupationError::Empty`] without groups or for one without texts, [`OccupationError::Embed`], and
    /// [`OccupationError::Value`] for texts whose mean has no direction.
    pub fn embedded(
        embedder: &dyn Embedder,
        groups: &[(String, Vec<String>)],
    ) -> Result<Self, OccupationError> {
        let empty = |group: &str| OccupationError::Empty {
            group: group.to_owned(),
        };
        let dimension = embedder.dimension();
        let (mut names, mut vectors) = (Vec::new(), Vec::new());
        for (name, texts) in groups {
            if texts.is_empty() {
                return Err(empty(name));
            }
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut mean = vec![0.0; dimension];
            for text in embedder.embed(&texts, Role::Document)? {
                let vector = text.embedding.as_slice();
                mean.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
            }
            vectors.extend_from_slice(Embedding::normalized(mean)?.as_slice());
            names.push(name.clone());
        }
        // The longest, of which special tokens are the smallest part.
        let first = groups.first().map(|group| &group.1);
        let text = first.and_then(|texts| texts.iter().max_by_key(|text| text.len()));
        let text = text.ok_or_else(|| empty(""))?;
        let embedding = embedder
            .embed(&[text], Role::Document)?
            .swap_remove(0)
            .embedding;
        Ok(Self {
            names,
            vectors,
            dimension,
            known: (text.clone(), embedding),
        })
    }

    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none: never, once made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The groups that are nearest to a text, nearest first, with the cosine of each.
    ///
    /// # Errors
    ///
    /// [`OccupationError::Value`] for an embedding of another dimension.
    pub fn nearest(
        &self,
        text: &Embedding,
        count: usize,
    ) -> Result<Vec<(&str, f32)>, OccupationError> {
        let cosines = self.cosines(text)?;
        let names = self.names.iter().map(String::as_str);
        let mut nearest: Vec<(&str, f32)> = names.zip(cosines).collect();
        nearest.sort_by(|a, b| b.1.total_cmp(&a.1));
        nearest.truncate(count);
        Ok(nearest)
    }

    /// The cosine to each group.
    pub(super) fn cosines(&self, text: &Embedding) -> Result<Vec<f32>, OccupationError> {
        if text.dimension() != self.dimension {
            let (expected, actual) = (self.dimension, text.dimension());
            return Err(ValueError::Dimension { expected, actual }.into());
        }
        let rows = self.vectors.chunks_exact(self.dimension.max(1));
        Ok(rows.map(|row| dot(row, text.as_slice())).collect())
    }

    /// Whether this encoder made the table, and takes the mean of its token vectors.
    pub(super) fn check(&self, embedder: &dyn Embedder) -> Result<(), OccupationError> {
        let (text, known) = &self.known;
        if embedder.dimension() != self.dimension {
            let (expected, actual) = (self.dimension, embedder.dimension());
            return Err(ValueError::Dimension { expected, actual }.into());
        }
        let encoder = || embedder.model_id().to_owned();
        let cosine = match embedder.embed(&[text], Role::Document)?.first() {
            Some(now) => now.embedding.cosine(known)?,
            None => 0.0,
        };
        if cosine < SAME {
            let encoder = encoder();
            return Err(OccupationError::OtherEncoder { encoder, cosine });
        }
        let mean = match embedder.embed_tokens(&[text], Role::Document) {
            Ok(tokens) => tokens.first().and_then(TokenEmbeddings::mean),
            Err(EmbedError::NoTokenVectors { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        match mean.map_or(Ok(0.0), |mean| mean.cosine(known)) {
            Ok(cosine) if cosine >= MEAN => Ok(()),
            _ => Err(OccupationError::NotTheMean { encoder: encoder() }),
        }
    }

    /// Writes the table as JSON, with 8 bits a component. The file is replaced as a whole or not at all.
    ///
    /// # Errors
    ///
    /// [`OccupationError::Io`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), OccupationError> {
        let path = path.as_ref();
        let rows = self.vectors.chunks_exact(self.dimension.max(1));
        let groups: Vec<Group> = self
            .names
            .iter()
            .zip(rows)
            .map(|(name, row)| Group {
                name: name.clone(),
                vector: codes(row),
            })
            .collect();
        let known_vector = codes(self.known.1.as_slice());
        let file = TableFile {
            format: FORMAT.to_owned(),
            hash: hash(&groups, (&self.known.0, &known_vector)),
            known_text: self.known.0.clone(),
            known_vector,
            groups,
        };
        let written = serde_json::to_vec(&file).map_err(io::Error::other);
        written
            .and_then(|bytes| replace_file(path, &bytes))
            .map_err(|source| OccupationError::Io {
                path: path.to_owned(),
                action: "written",
                source,
            })
    }

    /// Reads a table that was saved.
    ///
    /// # Errors
    ///
    /// [`OccupationError::Io`] and [`OccupationError::Malformed`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, OccupationError> {
        let path = path.as_ref();
        let bytes = file::read(path).map_err(|source| OccupationError::Io {
            path: path.to_owned(),
            action: "read",
            source,
        })?;
        Self::parse(&bytes).map_err(|what| OccupationError::Malformed {
            path: path.to_owned(),
            what,
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let file: TableFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if file.format != FORMAT {
            return Err(format!("its format is {:?}", file.format));
        }
        if file.hash != hash(&file.groups, (&file.known_text, &file.known_vector)) {
            return Err("it does not fit its hash".to_owned());
        }
        let known = vector(&file.known_vector).map_err(|error| error.to_string())?;
        let dimension = known.dimension();
        let (mut names, mut vectors) = (Vec::new(), Vec::new());
        for group in file.groups {
            let unit = vector(&group.vector).map_err(|error| format!("{}: {error}", group.name))?;
            if unit.dimension() != dimension {
                return Err(format!(
                    "{} has {} components",
                    group.name,
                    unit.dimension()
                ));
            }
            vectors.extend_from_slice(unit.as_slice());
            names.push(group.name);
        }
        if names.is_empty() {
            return Err("it has no groups".to_owned());
        }
        Ok(Self {
            names,
            vectors,
            dimension,
            known: (file.known_text, known),
        })
    }
}

fn codes(vector: &[f32]) -> Vec<i8> {
    let most = vector
        .iter()
        .fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
    vector
        .iter()
        .map(|x| (x / most * MOST).round() as i8)
        .collect()
}

fn vector(codes: &[i8]) -> Result<Embedding, ValueError> {
    Embedding::normalized(codes.iter().copied().map(f32::from).collect())
}

fn hash(groups: &[Group], (text, known): (&str, &[i8])) -> String {
    let mut bits = file::Bits::new(FORMAT);
    let named = groups
        .iter()
        .map(|group| (group.name.as_str(), group.vector.as_slice()));
    for (name, codes) in named.chain([(text, known)]) {
        bits.text(name);
        bits.bytes(codes);
    }
    bits.hex()
}

/// Of sixteen products at once, which a sum of one after the other could not be.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut sums = [0.0_f32; 16];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.into_iter().chain(rest).sum()
}
