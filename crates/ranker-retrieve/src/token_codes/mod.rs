//! Token vectors of profiles in two bits a component.

mod format;
mod pool;
mod rotation;

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use ranker_core::{CodecError, Embedding, TokenCodec, TokenCodes, TokenEmbeddings, ValueError};
use rayon::prelude::*;

use crate::kernels::{FOUR, TokenQuery, TokenRows, kernels};
use format::{Codes, Place};
use rotation::Rotation;

/// Keeps a quarter of a profile's token vectors in two bits a component: about 7 kB for 256 tokens of
/// 384 components, where `f32` takes 393 kB.
///
/// - Tokens that are alike share a vector, their mean, wherever they stand: four tokens a vector on
///   average. The bytes of all places that a vector stands for are kept, and [`TokenCodec::decode`] gives it
///   once for each.
/// - A vector is turned by a random rotation, after which its components vary alike whatever the encoder
///   is, and each is cut to one of four levels. Nothing is trained: the codes of one profile depend on no
///   other, and any two collections of one encoder read each other's.
/// - MaxSim multiplies codes with the job's tokens in eight bits a component, by the widest instructions of
///   the processor, with the same result on all of them.
///
/// Codes of the first version, in which only neighbouring tokens share a vector, are read and compared as
/// they are. `docs/SEARCH.md` has the quality beside other codes: it is that of `f32` within chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct TwoBitCodec;

/// Tokens that a kept vector stands for, on average.
const POOLED: usize = 4;

/// Names the codec: a change of the rotation, the levels, the pooling or the format is another name.
const NAME: &str = "pooled-2bit-2";

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
        Codes::read(codes).is_ok_and(|codes| codes.places().is_ok())
    }

    /// Whether these are codes as this version writes them.
    #[cfg(feature = "collection")]
    pub(crate) fn is_current(codes: &[u8]) -> bool {
        Codes::read(codes).is_ok_and(|codes| codes.is_current())
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
        let groups = pool::groups(tokens, POOLED);
        let mut codes = format::Writer::new(tokens.dimension(), groups.sums.len())?;
        codes.places(&places(&groups.of, tokens.spans()))?;
        for mut sum in groups.sums {
            rotation.turn(&mut sum);
            codes.push(&sum);
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
        let places = codes.places()?.into_iter();
        let (rows, spans) = places.map(|place| (place.vector, place.bytes)).unzip();
        let dimension = codes.dimension();
        Ok(TokenEmbeddings::shared(dimension, vectors, rows, spans)?)
    }

    /// The sum is turned back, once, and not each vector.
    fn mean(&self, codes: &[u8]) -> Result<Option<Embedding>, CodecError> {
        let codes = Codes::read(codes)?;
        let scales = codes.scales();
        let mut weights = vec![0.0; codes.len()];
        for place in codes.places()? {
            weights[place.vector] += scales[place.vector];
        }
        let mut sum = vec![0.0; codes.dimension()];
        let levels = codes.unpacked();
        for (row, weight) in levels.chunks_exact(codes.width().max(1)).zip(weights) {
            let row = row.as_flattened();
            sum.iter_mut()
                .zip(row)
                .for_each(|(sum, &code)| *sum += weight * (f32::from(2 * code) - 3.0));
        }
        Rotation::of(codes.dimension()).turn_back(&mut sum);
        Ok(Embedding::normalized(sum).ok())
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

/// The runs of tokens that share a vector, in the order of the text.
fn places(groups: &[usize], spans: &[Range<usize>]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for (&vector, span) in groups.iter().zip(spans) {
        match places.last_mut() {
            Some(last) if last.vector == vector => {
                last.bytes = last.bytes.start.min(span.start)..last.bytes.end.max(span.end);
            }
            _ => places.push(Place {
                vector,
                bytes: span.clone(),
            }),
        }
    }
    places
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
