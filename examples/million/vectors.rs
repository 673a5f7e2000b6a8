//! A fast stand-in for an encoder: hashed words, each with a random direction of its own, added up.
//!
//! Texts with words in common lie near each other, as they do for an encoder, which would need hours
//! for a million profiles on two cores. It knows no meaning: two words for one thing are unrelated.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker::core::{Embedding, ValueError};

/// Directions that words are hashed to.
const BUCKETS: usize = 1 << 15;

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
