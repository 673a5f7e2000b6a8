//! The contract of [`SparseEmbedder`].

use super::embedder::TEXTS;
use super::{Violation, check};
use crate::{EmbedError, Role, SparseEmbedded, SparseEmbedder};

/// How far a weight may move with its batch, as a share of the text's greatest.
const BATCH_TOLERANCE: f32 = 1e-4;

/// Checks that an encoder keeps the contract of [`SparseEmbedder`].
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn sparse_embedder(embedder: &dyn SparseEmbedder) -> Result<(), Violation> {
    for role in [Role::Query, Role::Document] {
        weighs_in_order(embedder, role)?;
        refuses_empty_texts(embedder, role)?;
    }
    Ok(())
}

fn weighs_in_order(embedder: &dyn SparseEmbedder, role: Role) -> Result<(), Violation> {
    let contract = "one sparse vector a text, in the same order, whatever the batch";
    let weigh = |texts: &[&str]| {
        let weighed = embedder.embed_sparse(texts, role);
        weighed.map_err(|e| Violation::failed(contract, e))
    };
    let together = weigh(&TEXTS)?;
    check(contract, together.len() == TEXTS.len(), || {
        format!("{} results", together.len())
    })?;
    check(contract, weigh(&[])?.is_empty(), || {
        "results for no texts".to_owned()
    })?;
    for (text, in_batch) in TEXTS.iter().zip(&together) {
        let alone = weigh(&[text])?;
        check(contract, alone.len() == 1, || {
            format!("{} results for one text", alone.len())
        })?;
        let gap = gap(&alone[0], in_batch);
        check(contract, gap <= BATCH_TOLERANCE, || {
            format!(
                "a weight of {text:?} moves by {gap} of the greatest between alone and in a batch"
            )
        })?;
        let last = in_batch.vector.ids().last().map_or(0, |&id| id as usize);
        check(
            "every id is below the vocabulary",
            last < embedder.vocabulary().max(1),
            || format!("{last} of {} for {text:?}", embedder.vocabulary()),
        )?;
        let usage = in_batch.usage;
        let sound = usage.used >= 1 && usage.used <= usage.tokens;
        check("usage counts the tokens read", sound, || {
            format!("{usage:?}")
        })?;
    }
    Ok(())
}

/// The greatest difference in a weight, as a share of the greatest weight of either.
fn gap(a: &SparseEmbedded, b: &SparseEmbedded) -> f32 {
    let (a, b) = (&a.vector, &b.vector);
    let ids = a.ids().iter().chain(b.ids());
    let gap = ids
        .map(|&id| (a.weight(id) - b.weight(id)).abs())
        .fold(0.0, f32::max);
    let weights = a.weights().iter().chain(b.weights());
    gap / weights.copied().fold(f32::MIN_POSITIVE, f32::max)
}

fn refuses_empty_texts(embedder: &dyn SparseEmbedder, role: Role) -> Result<(), Violation> {
    let contract = "an empty text is an error that says which";
    for empty in ["", " \n\t"] {
        let refused = embedder.embed_sparse(&["text", empty], role);
        let right = matches!(refused, Err(EmbedError::EmptyText { index: 1 }));
        check(contract, right, || format!("{empty:?} gave {refused:?}"))?;
    }
    Ok(())
}
