//! The contract of [`Embedder`].

use std::sync::{Mutex, PoisonError};

use super::{Violation, check};
use crate::{EmbedError, Embedded, Embedder, Role};

/// How far a text's embedding may move with its batch.
const BATCH_TOLERANCE: f32 = 1e-5;

pub(super) const TEXTS: [&str; 5] = [
    "nurse",
    "Rust engineer for search and databases",
    "Prepares audits, balance sheets and corporate tax returns for mid-sized firms.",
    "Électricienne à Zürich ⚡ 電気工事士",
    "Installs wiring, switchgear and lighting on building sites; reads plans, tests circuits, \
     trains apprentices, keeps the books of a small crew and answers for its safety.",
];

/// Checks that an embedder keeps the contract of [`Embedder`].
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn embedder(embedder: &dyn Embedder) -> Result<(), Violation> {
    for role in [Role::Query, Role::Document] {
        embeds_in_order(embedder, role)?;
        refuses_empty_texts(embedder, role)?;
        offers_sound_token_vectors(embedder, role)?;
        hands_each_text_over_once(embedder, role)?;
    }
    Ok(())
}

fn embeds_in_order(embedder: &dyn Embedder, role: Role) -> Result<(), Violation> {
    let contract = "one embedding a text, in the same order, whatever the batch";
    let embed = |texts: &[&str]| {
        embedder
            .embed(texts, role)
            .map_err(|e| Violation::failed(contract, e))
    };
    let together = embed(&TEXTS)?;
    check(contract, together.len() == TEXTS.len(), || {
        format!("{} results", together.len())
    })?;
    check(contract, embed(&[])?.is_empty(), || {
        "results for no texts".to_owned()
    })?;
    for (text, in_batch) in TEXTS.iter().zip(&together) {
        let alone = embed(&[text])?;
        check(contract, alone.len() == 1, || {
            format!("{} results for one text", alone.len())
        })?;
        let gap = gap(&alone[0], in_batch);
        check(contract, gap <= BATCH_TOLERANCE, || {
            format!("{text:?} moves by {gap} between alone and in a batch")
        })?;
        for vector in in_batch.vectors() {
            let dimension = vector.dimension();
            check(
                "every embedding has the dimension",
                dimension == embedder.dimension(),
                || format!("{dimension} instead of {}", embedder.dimension()),
            )?;
        }
        let further = in_batch.further.len();
        check(
            "a query has one vector",
            further == 0 || role == Role::Document,
            || format!("{further} further vectors of {text:?}"),
        )?;
        let usage = in_batch.usage;
        let sound = usage.used >= 1 && usage.used <= usage.tokens;
        check("usage counts the tokens read", sound, || {
            format!("{usage:?}")
        })?;
    }
    Ok(())
}

/// The greatest difference in any component of any vector; infinite when their numbers or dimensions differ.
fn gap(a: &Embedded, b: &Embedded) -> f32 {
    if a.further.len() != b.further.len() {
        return f32::INFINITY;
    }
    let pairs = a.vectors().zip(b.vectors());
    let gaps = pairs.map(|(a, b)| match a.dimension() == b.dimension() {
        true => {
            let components = a.as_slice().iter().zip(b.as_slice());
            components.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        }
        false => f32::INFINITY,
    });
    gaps.fold(0.0, f32::max)
}

fn refuses_empty_texts(embedder: &dyn Embedder, role: Role) -> Result<(), Violation> {
    let contract = "an empty text is an error that says which";
    for empty in ["", " \n\t"] {
        let refused = embedder.embed(&["text", empty], role);
        let right = matches!(refused, Err(EmbedError::EmptyText { index: 1 }));
        check(contract, right, || format!("{empty:?} gave {refused:?}"))?;
    }
    Ok(())
}

fn offers_sound_token_vectors(embedder: &dyn Embedder, role: Role) -> Result<(), Violation> {
    let contract = "token vectors point at bytes of their text";
    let texts = match embedder.embed_tokens(&TEXTS, role) {
        Err(EmbedError::NoTokenVectors { .. }) => return Ok(()),
        answer => answer.map_err(|e| Violation::failed(contract, e))?,
    };
    check(contract, texts.len() == TEXTS.len(), || {
        format!("{} results", texts.len())
    })?;
    for (text, tokens) in TEXTS.iter().zip(&texts) {
        check(contract, !tokens.is_empty(), || {
            format!("no tokens for {text:?}")
        })?;
        let sound = tokens
            .spans()
            .iter()
            .all(|span| text.get(span.clone()).is_some());
        check(contract, sound, || {
            format!("{:?} for {text:?}", tokens.spans())
        })?;
    }
    Ok(())
}

fn hands_each_text_over_once(embedder: &dyn Embedder, role: Role) -> Result<(), Violation> {
    let contract = "each text's embedding and token vectors are handed over once, under its place";
    let together = match embedder.embed_with_tokens(&TEXTS, role) {
        Err(EmbedError::NoTokenVectors { .. }) => return Ok(()),
        answer => answer.map_err(|e| Violation::failed(contract, e))?,
    };
    let taken = Mutex::new(Vec::new());
    let take = |index, both| {
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.push((index, both));
    };
    let handed = embedder.embed_each_with_tokens(&TEXTS, role, &take);
    handed.map_err(|e| Violation::failed(contract, e))?;
    let mut taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    taken.sort_by_key(|(index, _)| *index);
    let places: Vec<usize> = taken.iter().map(|(index, _)| *index).collect();
    check(contract, places.iter().copied().eq(0..TEXTS.len()), || {
        format!("{places:?} were handed over")
    })?;
    for ((_, one), other) in taken.iter().zip(&together) {
        let gap = gap(&one.embedded, &other.embedded);
        let is_same = gap <= BATCH_TOLERANCE && one.tokens.spans() == other.tokens.spans();
        check(contract, is_same, || {
            format!("a text moves by {gap}, or its tokens lie elsewhere")
        })?;
    }
    Ok(())
}
