//! Random draws that are the same for a seed, whatever the number of threads.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use crate::error::CompareError;

/// Draws that share one random stream. Part of what a seed means: changing it changes results.
const DRAWS_PER_STREAM: u32 = 2048;

/// How many random draws are made, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resampling {
    pub(super) draws: u32,
    seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self::new()
    }
}

impl Resampling {
    /// 100 000 draws from seed 0.
    pub fn new() -> Self {
        Self {
            draws: 100_000,
            seed: 0,
        }
    }

    /// Sets the number of draws. Default: 100 000.
    ///
    /// A p-value from `n` draws is never below `1 / (n + 1)`.
    #[must_use]
    pub fn with_draws(mut self, draws: u32) -> Self {
        self.draws = draws;
        self
    }

    /// Sets the seed. Default: 0.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes the draws, in parallel, and returns them in order. `work` makes the given number
    /// of draws from one stream.
    pub(super) fn run<T, W>(&self, work: W) -> Result<Vec<T>, CompareError>
    where
        T: Send,
        W: Fn(&mut ChaCha8Rng, u32) -> T + Sync,
    {
        if self.draws == 0 {
            return Err(CompareError::NoDraws);
        }
        let streams = self.draws.div_ceil(DRAWS_PER_STREAM);
        let results = (0..streams).into_par_iter().map(|stream| {
            let left = self.draws - stream * DRAWS_PER_STREAM;
            work(&mut self.rng(stream), left.min(DRAWS_PER_STREAM))
        });
        Ok(results.collect())
    }

    fn rng(&self, stream: u32) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream.into());
        rng
    }
}
