//! Token vectors of profiles in two bits a component.

mod format;
mod pool;
mod rotation;

use std::sync::{Arc, LazyLock};

use ranker_core::{CodecError, Embedding, TokenCodec, TokenCodes, TokenEmbeddings, ValueError};
use rayon::prelude::*;

use crate::kernels::{FOUR, TokenQuery, TokenRows, kernels};
use format::Codes;
use rotation::Rotation;

/// Keeps a quarter of a profile's token vectors in two bits a component: about 6.4 kB for 256 tokens of
/// 384 components, where `f32` takes 393 kB.
///
/// - Neighbouring tokens share a vector, their mean, where that costs least: four tokens a vector on
///   average. So each vector stands for one run of bytes of the text.
/// - A vector is turned by a random rotation, after which its components vary alike whatever the encoder
///   is, and each is cut to one of four levels. Nothing is trained: the codes of one profile depend on no
///   other, and any two collections of one encoder read each other's.
/// - MaxSim multiplies codes with the job's tokens in eight bits a component, by the widest instructions of
///   the processor, with the same result on all of them.
///
/// `docs/SEARCH.md` has the quality beside other codes: it is that of `f32` within chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct TwoBitCodec;

/// Tokens that a kept vector stands for, on average.
const POOLED: usize = 4;

/// Names the codec: a change of the rotation, the levels, the pooling or the format is another name.
const NAME: &str = "pooled-2bit-1";

static CODEC: LazyLock<Arc<dyn TokenCodec>> = LazyLock::new(|| Arc::new(TwoBitCodec));

impl TwoBitCodec {
    /// The codec as codes hold it.
    #[must_use]
    pub fn shared() -> Arc<dyn TokenCodec> {
        Arc::clone(&CODEC)
    }

    /// Whether these are codes that this version reads.
    #[cfg(feature = "collection")]
    pub(crate) fn reads(codes: &[u8]) -> bool {
        Codes::read(codes).is_ok_and(|codes| codes.spans().is_ok())
    }

    /// The codes of a profile's token vectors, made by the encoder of this
    /// [`ranker_core::Embedder::model_id`].
    ///
    /// # Errors
    ///
    /// As [`TokenCodec::encode`].
    pub fn compress(
        encoder: &Arc<str>,
        tokens: &TokenEmbeddings,
    ) -> Result<TokenCodes, CodecError> {
        let bytes = Self.encode(tokens)?;
        Ok(TokenCodes::new(Self::shared(), Arc::clone(encoder), bytes))
    }
}

impl TokenCodec for TwoBitCodec {
    fn name(&self) -> &str {
        NAME
    }

    fn encode(&self, tokens: &TokenEmbeddings) -> Result<Vec<u8>, CodecError> {
        let rotation = Rotation::of(tokens.dimension());
        let runs = pool::runs(tokens, POOLED);
        let mut codes = format::Writer::new(tokens.dimension(), runs.len())?;
        for run in runs {
            let mut mean = run.sum;
            rotation.turn(&mut mean);
            codes.push(&run.bytes, &mean);
        }
        Ok(codes.finish())
    }

    fn decode(&self, codes: &[u8]) -> Result<TokenEmbeddings, CodecError> {
        let codes = Codes::read(codes)?;
        let rotation = Rotation::of(codes.dimension());
        let levels = codes.unpacked();
        let width = codes.width();
        let mut vectors = Vec::with_capacity(codes.dimension() * codes.len());
        for row in levels.chunks_exact(width.max(1)) {
            let row = row.as_flattened().iter().take(codes.dimension());
            let mut vector: Vec<f32> = row.map(|&code| f32::from(2 * code) - 3.0).collect();
            rotation.turn_back(&mut vector);
            vectors.extend_from_slice(Embedding::normalized(vector)?.as_slice());
        }
        Ok(TokenEmbeddings::new(
            codes.dimension(),
            vectors,
            codes.spans()?,
        )?)
    }

    fn max_similarities(
        &self,
        job: &TokenEmbeddings,
        profiles: &[&[u8]],
    ) -> Result<Vec<f32>, CodecError> {
        let job = Job::new(job);
        let each = profiles.par_iter().with_min_len(AT_ONCE);
        each.map(|codes| job.max_similarity(codes)).collect()
    }
}

/// Profiles that a thread takes at once: each takes some ten microseconds.
const AT_ONCE: usize = 8;

/// A job's tokens as rows of codes meet them.
struct Job {
    dimension: usize,
    query: TokenQuery,
    /// What a token's products are multiplied with.
    steps: Vec<f32>,
}

impl Job {
    /// The most that a component's code is.
    const MOST: f32 = 127.0;

    fn new(tokens: &TokenEmbeddings) -> Self {
        let rotation = Rotation::of(tokens.dimension());
        let (mut codes, mut steps) = (Vec::new(), Vec::new());
        for vector in tokens.vectors() {
            let mut turned = vector.to_vec();
            rotation.turn(&mut turned);
            let most = turned.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let step = (most / Self::MOST).max(f32::MIN_POSITIVE);
            codes.extend(turned.iter().map(|x| (x / step).round() as i8));
            steps.push(step);
        }
        Self {
            dimension: tokens.dimension(),
            query: TokenQuery::new(&codes, tokens.dimension()),
            steps,
        }
    }

    fn max_similarity(&self, codes: &[u8]) -> Result<f32, CodecError> {
        let codes = Codes::read(codes)?;
        if codes.dimension() != self.dimension {
            let (expected, actual) = (codes.dimension(), self.dimension);
            return Err(ValueError::Dimension { expected, actual }.into());
        }
        if codes.is_empty() || self.steps.is_empty() {
            return Ok(0.0);
        }
        let mut best = vec![0.0; self.query.tokens()];
        let (levels, scales) = (codes.unpacked(), codes.scales());
        let rows = TokenRows {
            codes: &levels,
            scales: &scales,
        };
        kernels().nearest(&self.query, rows, &mut best);
        let sum: f32 = best.iter().zip(&self.steps).map(|(x, step)| x * step).sum();
        Ok(sum / best.len() as f32)
    }
}

const _: () = assert!(FOUR == 4, "a byte holds four codes");

#[cfg(test)]
mod tests;
