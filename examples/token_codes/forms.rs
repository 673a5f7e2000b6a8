//! Ways to keep vectors in few bits a component.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use ranker::core::{CodecError, Embedding, TokenCodec, TokenEmbeddings};
use ranker::retrieve::TwoBitCodec;
use ranker_examples::{Outcome, dot};
use rayon::prelude::*;

use crate::pools::Pool;

/// What is kept of a document's tokens.
pub(crate) struct Kept {
    /// Unit vectors as they come back.
    pub(crate) vectors: TokenEmbeddings,
    /// What MaxSim is multiplied with.
    pub(crate) gain: f32,
    pub(crate) bytes: usize,
}

/// How vectors are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bits {
    /// As they are.
    F32,
    /// Levels of each component after a random rotation.
    Rotated(u32),
    /// As `TwoBitCodec` keeps them, which joins tokens itself.
    Codec,
    /// What is left of the nearest of so many centroids, in two bits a component.
    Residual(usize),
}

/// How tokens are pooled and kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pool: Pool,
    bits: Bits,
}

impl Form {
    /// Everything that is compared; the first is what the others are compared with.
    pub(crate) fn all() -> Vec<Self> {
        let pools = [
            Pool::None,
            Pool::Anywhere(4),
            Pool::Neighbours(4),
            Pool::Windows(4),
        ];
        let mut all: Vec<Self> = pools
            .map(|pool| Self {
                pool,
                bits: Bits::F32,
            })
            .to_vec();
        all.extend([1, 2, 4].map(|bits| Self {
            pool: Pool::None,
            bits: Bits::Rotated(bits),
        }));
        all.extend([1, 2, 3].map(|bits| Self {
            pool: Pool::Anywhere(4),
            bits: Bits::Rotated(bits),
        }));
        all.extend([2, 3].map(|bits| Self {
            pool: Pool::Neighbours(4),
            bits: Bits::Rotated(bits),
        }));
        all.push(Self {
            pool: Pool::Anywhere(4),
            bits: Bits::Codec,
        });
        all.extend(
            [Pool::NeighboursTo(80), Pool::AnywhereTo(80)].map(|pool| Self {
                pool,
                bits: Bits::Rotated(2),
            }),
        );
        all.push(Self {
            pool: Pool::Anywhere(8),
            bits: Bits::Rotated(4),
        });
        all.push(Self {
            pool: Pool::Neighbours(3),
            bits: Bits::Rotated(2),
        });
        all.push(Self {
            pool: Pool::Anywhere(3),
            bits: Bits::Rotated(2),
        });
        all.push(Self {
            pool: Pool::Anywhere(4),
            bits: Bits::Residual(1024),
        });
        all.push(Self {
            pool: Pool::Neighbours(4),
            bits: Bits::Residual(1024),
        });
        all
    }

    pub(crate) fn name(self) -> String {
        format!("{:?} {:?}", self.pool, self.bits)
    }

    pub(crate) fn keep(self, documents: &[&TokenEmbeddings]) -> Outcome<Vec<Kept>> {
        if self.bits == Bits::Codec {
            let kept: Result<_, CodecError> = documents.par_iter().map(|one| coded(one)).collect();
            return Ok(kept?);
        }
        let pooled: Vec<Vec<Vec<f32>>> = documents
            .par_iter()
            .map(|tokens| self.pooled(tokens))
            .collect();
        let dimension = documents.first().map_or(0, |tokens| tokens.dimension());
        let book = match self.bits {
            Bits::Residual(count) => Some(Codebook::train(&pooled, count)),
            _ => None,
        };
        let rotation = Rotation::new(dimension);
        let keep = |vectors: &Vec<Vec<f32>>| {
            let (mut back, mut bytes) = (Vec::new(), 0);
            for vector in vectors {
                let (restored, each) = match (self.bits, &book) {
                    (Bits::Rotated(bits), _) => (
                        rotation.through(vector, bits),
                        (bits as usize * dimension).div_ceil(8),
                    ),
                    (Bits::Residual(_), Some(book)) => (book.through(vector), dimension / 4 + 2),
                    _ => (vector.clone(), 4 * dimension),
                };
                back.extend_from_slice(Embedding::normalized(restored)?.as_slice());
                bytes += each;
            }
            let spans = (0..vectors.len()).map(|at| at..at + 1).collect();
            Ok(Kept {
                vectors: TokenEmbeddings::new(dimension, back, spans)?,
                gain: 1.0,
                bytes,
            })
        };
        pooled
            .par_iter()
            .map(keep)
            .collect::<Result<_, ranker::core::ValueError>>()
            .map_err(Into::into)
    }

    fn pooled(self, tokens: &TokenEmbeddings) -> Vec<Vec<f32>> {
        let vectors: Vec<&[f32]> = tokens.vectors().collect();
        let mean = |group: &Vec<usize>| {
            let mut sum = vec![0.0; tokens.dimension()];
            for &token in group {
                sum.iter_mut()
                    .zip(vectors[token])
                    .for_each(|(sum, x)| *sum += x);
            }
            unit(sum)
        };
        self.pool.groups(tokens).iter().map(mean).collect()
    }
}

/// What comes back from a collection: a vector once for each of its places.
fn coded(tokens: &TokenEmbeddings) -> Result<Kept, CodecError> {
    let codes = TwoBitCodec.encode(tokens)?;
    Ok(Kept {
        vectors: TwoBitCodec.decode(&codes)?,
        gain: 1.0,
        bytes: codes.len(),
    })
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = dot(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

/// A rotation by random signs and Hadamard transforms, and levels of equal distance.
struct Rotation(Vec<Vec<f32>>);

impl Rotation {
    fn new(dimension: usize) -> Self {
        use rand::RngExt;
        let mut random = ChaCha8Rng::seed_from_u64(7);
        Self(
            (0..2)
                .map(|_| {
                    (0..dimension)
                        .map(|_| if random.random::<bool>() { 1.0 } else { -1.0 })
                        .collect()
                })
                .collect(),
        )
    }

    /// What comes back; in the rotated space turned back.
    fn through(&self, vector: &[f32], bits: u32) -> Vec<f32> {
        let mut turned = vector.to_vec();
        for (round, signs) in self.0.iter().enumerate() {
            turned.iter_mut().zip(signs).for_each(|(x, s)| *x *= s);
            hadamard(part(&mut turned, round));
        }
        // Steps that suit a normal distribution (Max, 1960).
        let step = [1.596, 0.9957, 0.586, 0.3352][bits as usize - 1] / (vector.len() as f32).sqrt();
        let most = f32::from((1_u16 << (bits - 1)) - 1) + 0.5;
        turned
            .iter_mut()
            .for_each(|x| *x = ((*x / step).floor() + 0.5).clamp(-most, most) * step);
        for (round, signs) in self.0.iter().enumerate().rev() {
            hadamard(part(&mut turned, round));
            turned.iter_mut().zip(signs).for_each(|(x, s)| *x *= s);
        }
        turned
    }
}

fn part(vector: &mut [f32], round: usize) -> &mut [f32] {
    let (dimension, size) = (vector.len(), (vector.len() + 1).next_power_of_two() / 2);
    if round == 0 {
        &mut vector[..size]
    } else {
        &mut vector[dimension - size..]
    }
}

fn hadamard(vector: &mut [f32]) {
    let scale = (vector.len() as f32).sqrt().recip();
    let mut half = 1;
    while half < vector.len() {
        for pair in vector.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            low.iter_mut()
                .zip(high)
                .for_each(|(a, b)| (*a, *b) = (*a + *b, *a - *b));
        }
        half *= 2;
    }
    vector.iter_mut().for_each(|x| *x *= scale);
}

/// Centroids, and levels of what they leave (as in ColBERTv2, Santhanam et al., 2022).
struct Codebook {
    centroids: Vec<Vec<f32>>,
    cuts: [f32; 3],
    levels: [f32; 4],
}

impl Codebook {
    const ROUNDS: usize = 4;
    const SAMPLE: usize = 20_000;

    fn train(documents: &[Vec<Vec<f32>>], count: usize) -> Self {
        let mut sample: Vec<&Vec<f32>> = documents.iter().flatten().collect();
        sample.shuffle(&mut ChaCha8Rng::seed_from_u64(7));
        sample.truncate(Self::SAMPLE);
        let mut book = Self {
            centroids: sample
                .iter()
                .take(count)
                .map(|&vector| vector.clone())
                .collect(),
            cuts: [0.0; 3],
            levels: [0.0; 4],
        };
        for _ in 0..Self::ROUNDS {
            let homes: Vec<usize> = sample
                .par_iter()
                .map(|vector| book.nearest(vector))
                .collect();
            let mut sums = vec![vec![0.0; sample[0].len()]; book.centroids.len()];
            for (vector, &home) in sample.iter().zip(&homes) {
                sums[home]
                    .iter_mut()
                    .zip(vector.iter())
                    .for_each(|(sum, x)| *sum += x);
            }
            for (centroid, sum) in book.centroids.iter_mut().zip(sums) {
                if dot(&sum, &sum) > 0.0 {
                    *centroid = unit(sum);
                }
            }
        }
        let rest = |vector: &&Vec<f32>| -> Vec<f32> {
            let centroid = &book.centroids[book.nearest(vector)];
            vector.iter().zip(centroid).map(|(x, c)| x - c).collect()
        };
        let mut left: Vec<f32> = sample.par_iter().flat_map(rest).collect();
        left.par_sort_unstable_by(f32::total_cmp);
        let at = |share: f32| left[((left.len() - 1) as f32 * share) as usize];
        book.cuts = [0.25, 0.5, 0.75].map(at);
        book.levels = [0, 1, 2, 3].map(|part: usize| {
            let part = &left[part * left.len() / 4..(part + 1) * left.len() / 4];
            (part.iter().map(|&x| f64::from(x)).sum::<f64>() / part.len() as f64) as f32
        });
        book
    }

    fn nearest(&self, vector: &[f32]) -> usize {
        let each = self
            .centroids
            .iter()
            .map(|centroid| dot(vector, centroid))
            .enumerate();
        each.fold((0, f32::NEG_INFINITY), |best, next| {
            if next.1 > best.1 { next } else { best }
        })
        .0
    }

    fn through(&self, vector: &[f32]) -> Vec<f32> {
        let centroid = &self.centroids[self.nearest(vector)];
        let restored = |(x, c): (&f32, &f32)| {
            c + self.levels[self.cuts.iter().filter(|&&cut| x - c > cut).count()]
        };
        vector.iter().zip(centroid).map(restored).collect()
    }
}
