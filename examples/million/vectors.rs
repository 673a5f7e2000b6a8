//! Where vectors come from: an encoder, or a fast stand-in for one.
//!
//! The stand-in hashes words, each with a random direction of its own, and adds them up. Texts with words in common lie near each other, as they do for an encoder, which would need hours
//! for a million profiles on two cores. It knows no meaning: two words for one thing are unrelated.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker::core::{Embedding, Profile, Role, ValueError};
use ranker::embed::embed_all;
use ranker::retrieve::Encoded;
use ranker_examples::{AnyEncoder, Computing, Outcome, open_encoder_in};
use rayon::prelude::*;

use crate::people::People;
use crate::stand_in::StandIn;

/// Directions that words are hashed to.
const BUCKETS: usize = 1 << 15;

/// What makes vectors of texts.
pub(crate) enum Source {
    Words(Directions),
    Encoder(Box<AnyEncoder>),
    /// The stand-in for profiles, with token vectors, and an encoder for jobs.
    Both(Arc<StandIn>),
}

impl Source {
    /// The encoder of a folder; without one, the stand-in.
    pub(crate) fn open(
        (model, computing): (Option<&Path>, Computing),
        (dimension, seed): (usize, u64),
    ) -> Outcome<Self> {
        match model {
            Some(_) => Ok(Self::Encoder(Box::new(open_encoder_in(model, computing)?))),
            None => Ok(Self::Words(Directions::new(dimension, seed))),
        }
    }

    pub(crate) fn embed(&self, texts: &[String], role: Role) -> Outcome<Vec<Embedding>> {
        match self {
            Self::Words(directions) => directions.embed_all(texts),
            Self::Both(stand_in) => stand_in.directions().embed_all(texts),
            Self::Encoder(encoder) => {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let embedded = embed_all(&**encoder, &texts, role, &mut |_, _| {})?;
                Ok(embedded.into_iter().map(|one| one.embedding).collect())
            }
        }
    }
}

/// Profiles with their vectors, and their tokens' where the source has such.
pub(crate) fn profiles(
    people: People,
    source: &Source,
    numbers: Range<u64>,
) -> Outcome<Vec<(Profile, Encoded)>> {
    let made = numbers.into_par_iter().map(|number| people.profile(number));
    let made = made.collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<String> = made.par_iter().map(Profile::full_text).collect();
    let encoded: Vec<Encoded> = match source {
        Source::Both(stand_in) => stand_in.encode(&texts)?,
        source => {
            let vectors = source.embed(&texts, Role::Document)?;
            vectors.into_iter().map(Encoded::from).collect()
        }
    };
    Ok(made.into_iter().zip(encoded).collect())
}

/// A direction for each of many buckets of words.
pub(crate) struct Directions {
    dimension: usize,
    components: Vec<f32>,
}

impl Directions {
    pub(crate) fn new(dimension: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let components = (0..dimension * BUCKETS).map(|_| rng.random_range(-1.0_f32..1.0));
        Self {
            dimension,
            components: components.collect(),
        }
    }

    pub(crate) fn dimension(&self) -> usize {
        self.dimension
    }

    /// The direction of a word.
    pub(crate) fn of(&self, word: &str) -> &[f32] {
        &self.components[bucket(word) * self.dimension..][..self.dimension]
    }

    fn embed_all(&self, texts: &[String]) -> Outcome<Vec<Embedding>> {
        let embedded = texts.par_iter().map(|text| self.embed(text));
        Ok(embedded.collect::<Result<_, _>>()?)
    }

    /// The direction of a text: the sum of its words', each as often as the root of its count says,
    /// short words not at all.
    ///
    /// # Errors
    ///
    /// [`ValueError::ZeroVector`] for a text without words.
    pub(crate) fn embed(&self, text: &str) -> Result<Embedding, ValueError> {
        let text = text.to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric());
        let mut buckets: Vec<usize> = words.filter(|word| word.len() > 3).map(bucket).collect();
        buckets.sort_unstable();
        let mut sum = vec![0.0_f32; self.dimension];
        for same in buckets.chunk_by(|a, b| a == b) {
            let weight = (same.len() as f32).sqrt();
            let direction = &self.components[same[0] * self.dimension..][..self.dimension];
            for (sum, x) in sum.iter_mut().zip(direction) {
                *sum += weight * x;
            }
        }
        Embedding::normalized(sum)
    }
}

/// FNV-1a, which is the same on every machine.
fn bucket(word: &str) -> usize {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    (hash ^ hash >> 32) as usize % BUCKETS
}
