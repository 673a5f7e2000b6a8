//! MaxSim of a job and its candidates, by token vectors that are kept or made now.

use std::sync::Arc;

use ranker_core::{
    BoxError, Candidate, Embedder, Query, Role, TokenCodec, TokenCodes, TokenEmbeddings,
};
use rayon::prelude::*;

/// MaxSim of each candidate.
///
/// Where any candidate comes with token codes, all are compared by that codec: those without are encoded
/// and compressed first, so that all values of a ranking are measured with one rule.
pub(super) fn max_similarities(
    embedder: &dyn Embedder,
    query: &Query,
    candidates: &[Candidate],
) -> Result<Vec<f32>, BoxError> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let job = job_tokens(embedder, query)?;
    let kept = candidates.iter().map(|candidate| kept(embedder, candidate));
    let Some(codec) = kept.clone().flatten().next().map(TokenCodes::codec) else {
        let made = encode(embedder, &candidates.iter().collect::<Vec<_>>())?;
        let similarities = made.par_iter().map(|profile| job.max_similarity(profile));
        return Ok(similarities.collect::<Result<_, _>>()?);
    };
    let kept: Vec<Option<&TokenCodes>> = kept
        .map(|codes| codes.filter(|codes| codes.codec().name() == codec.name()))
        .collect();
    let lacking = kept
        .iter()
        .zip(candidates)
        .filter(|(codes, _)| codes.is_none());
    let lacking: Vec<&Candidate> = lacking.map(|(_, candidate)| candidate).collect();
    let made = compress(embedder, &lacking, &**codec)?;
    let mut made = made.iter().map(Vec::as_slice);
    let codes = kept.into_iter();
    let codes: Vec<&[u8]> = codes
        .filter_map(|kept| kept.map(TokenCodes::bytes).or_else(|| made.next()))
        .collect();
    Ok(codec.max_similarities(&job, &codes)?)
}

fn job_tokens(embedder: &dyn Embedder, query: &Query) -> Result<Arc<TokenEmbeddings>, BoxError> {
    if let Some(tokens) = query.tokens() {
        return Ok(Arc::clone(tokens));
    }
    let job = embedder.embed_tokens(&[&query.job().full_text()], Role::Query)?;
    match <[TokenEmbeddings; 1]>::try_from(job) {
        Ok([job]) => Ok(Arc::new(job)),
        Err(_) => Err(wrong_count(embedder)),
    }
}

/// What the retriever keeps of a candidate's tokens, from this encoder.
fn kept<'a>(embedder: &dyn Embedder, candidate: &'a Candidate) -> Option<&'a TokenCodes> {
    candidate.hit().tokens_of(embedder.model_id())
}

fn encode(
    embedder: &dyn Embedder,
    candidates: &[&Candidate],
) -> Result<Vec<TokenEmbeddings>, BoxError> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let texts: Vec<String> = candidates.iter().map(|c| c.profile().full_text()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let made = embedder.embed_tokens(&texts, Role::Document)?;
    match made.len() == texts.len() {
        true => Ok(made),
        false => Err(wrong_count(embedder)),
    }
}

fn compress(
    embedder: &dyn Embedder,
    candidates: &[&Candidate],
    codec: &dyn TokenCodec,
) -> Result<Vec<Vec<u8>>, BoxError> {
    let made = encode(embedder, candidates)?;
    let codes = made.par_iter().map(|tokens| codec.encode(tokens));
    Ok(codes.collect::<Result<_, _>>()?)
}

/// An embedder that did not give one answer a text.
#[derive(Debug, thiserror::Error)]
#[error("encoder {model} did not give one answer a text")]
pub(super) struct WrongCount {
    pub(super) model: String,
}

fn wrong_count(embedder: &dyn Embedder) -> BoxError {
    let model = embedder.model_id().to_owned();
    WrongCount { model }.into()
}
