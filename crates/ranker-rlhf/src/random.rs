//! Seeded randomness.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// One stream of numbers for (seed, name): the same on any machine and any thread.
#[derive(Debug)]
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of a name, such as a ranking's id.
    pub(crate) fn named(seed: u64, name: &str) -> Self {
        Self::of(&[&seed.to_le_bytes(), name.as_bytes()])
    }

    /// The stream of two numbers, such as an iteration and a list.
    pub(crate) fn numbered(seed: u64, numbers: [u64; 2]) -> Self {
        let [a, b] = numbers.map(u64::to_le_bytes);
        Self::of(&[&seed.to_le_bytes(), &a, &b])
    }

    fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part);
        }
        Self(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in `(0, 1)`: for logarithms.
    pub(crate) fn open_unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
    }

    /// A fair coin.
    pub(crate) fn coin(&mut self) -> bool {
        self.0.next_u64() >> 63 == 1
    }

    /// Exponential with mean 1.
    pub(crate) fn exponential(&mut self) -> f64 {
        -self.open_unit().ln()
    }

    /// Standard Gumbel.
    pub(crate) fn gumbel(&mut self) -> f64 {
        -self.exponential().ln()
    }
}
