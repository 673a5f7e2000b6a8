//! Made-up vectors: clusters of unequal size, by seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_examples::dot;

/// Clusters; their sizes fall as their rank to the power of 0.7.
const CLUSTERS: usize = 2000;
const FALL: f64 = 0.7;

/// How far vectors lie from their centre, whose components have a deviation of 1.
const SPREAD: f32 = 0.7;

/// Rows that are made at a time, by a generator of their own: any thread may make any of them.
pub(crate) const BLOCK: usize = 1024;

/// Random streams: one for the centres, one for the queries, one a block.
const CENTRES: u64 = 0;
const QUERIES: u64 = 1;
const BLOCKS: u64 = 2;

/// Where vectors lie.
pub(crate) struct World {
    dimension: usize,
    seed: u64,
    centres: Vec<f32>,
    /// The share of vectors in each cluster and those before it.
    shares: Vec<f64>,
}

impl World {
    pub(crate) fn new(dimension: usize, seed: u64) -> Self {
        let mut centres = vec![0.0; CLUSTERS * dimension];
        normal(&mut stream(seed, CENTRES), &mut centres);
        let sizes = (1..=CLUSTERS).map(|rank| (rank as f64).powf(-FALL));
        let all: f64 = sizes.clone().sum();
        let shares = sizes.scan(0.0, |sum, size| {
            *sum += size / all;
            Some(*sum)
        });
        Self {
            dimension,
            seed,
            centres,
            shares: shares.collect(),
        }
    }

    /// The first `rows` vectors of a block, row-major.
    pub(crate) fn block(&self, number: usize, rows: usize) -> Vec<f32> {
        self.draw(BLOCKS + number as u64, rows)
    }

    /// Queries from where the vectors lie.
    pub(crate) fn queries(&self, count: usize) -> Vec<Vec<f32>> {
        let flat = self.draw(QUERIES, count);
        flat.chunks(self.dimension).map(<[f32]>::to_vec).collect()
    }

    fn draw(&self, number: u64, rows: usize) -> Vec<f32> {
        let mut random = stream(self.seed, number);
        let mut vectors = vec![0.0; rows * self.dimension];
        for row in vectors.chunks_exact_mut(self.dimension) {
            let share: f64 = random.random();
            let cluster = self.shares.partition_point(|&upto| upto < share);
            let centre = cluster.min(CLUSTERS - 1) * self.dimension;
            normal(&mut random, row);
            for (x, centre) in row.iter_mut().zip(&self.centres[centre..]) {
                *x = centre + SPREAD * *x;
            }
            let length = dot(row, row).sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        vectors
    }
}

fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number);
    random
}

/// Sums of four random bytes, with a mean of 0 and a deviation of 1: near enough to normal here, and ten
/// million vectors need billions of them.
fn normal(random: &mut ChaCha8Rng, out: &mut [f32]) {
    const MEAN: f32 = 4.0 * 127.5;
    /// A byte has a variance of (256² - 1) / 12.
    const DEVIATION: f32 = 147.8;
    let mut bytes = [[0_u8; 4]; 256];
    for out in out.chunks_mut(bytes.len()) {
        let bytes = &mut bytes[..out.len()];
        random.fill(bytes.as_flattened_mut());
        for (x, bytes) in out.iter_mut().zip(bytes) {
            let sum: u16 = bytes.iter().copied().map(u16::from).sum();
            *x = (f32::from(sum) - MEAN) / DEVIATION;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_drawn_by_seed() {
        let world = World::new(32, 1);
        let (few, more) = (world.block(3, 5), world.block(3, 9));
        assert_eq!(few, more[..few.len()]);
        assert_ne!(few, world.block(4, 5));
        assert_ne!(few, World::new(32, 2).block(3, 5));
        let unit = |row: &[f32]| (dot(row, row) - 1.0).abs() < 1e-5;
        assert!(world.queries(7).iter().all(|row| unit(row)));
    }

    #[test]
    fn is_nearly_normal() {
        let mut drawn = vec![0.0; 100_000];
        normal(&mut stream(1, 0), &mut drawn);
        let mean = |of: fn(f64) -> f64| {
            drawn.iter().map(|&x| of(f64::from(x))).sum::<f64>() / drawn.len() as f64
        };
        assert!(mean(|x| x).abs() < 0.02 && (mean(|x| x * x) - 1.0).abs() < 0.02);
    }
}
