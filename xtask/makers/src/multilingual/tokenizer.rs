//! The tokenizer as a `tokenizer.json`: SentencePiece's unigrams (Kudo 2018) as XLM-RoBERTa reads them.

use std::error::Error;

use serde_json::{Value, json};
use tokenizers::{NormalizedString, Normalizer as _, Tokenizer};

use super::packed::Packed;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The one character of the compatibility decompositions that the model's normalisation leaves alone, and what
/// stands for it while they are applied: a character of private use.
const KEPT: (&str, &str) = ("～", "\u{f8fe}");

/// The bytes of the file.
///
/// # Errors
/// Where its normalisation would read a character in another way than the package does.
pub(super) fn file(packed: &Packed<'_>) -> Outcome<Vec<u8>> {
    let bytes = serde_json::to_vec(&content(packed)?)?;
    let tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| error.to_string())?;
    let normalizer = tokenizer.get_normalizer().ok_or("no normaliser")?;
    for (&from, to) in &packed.characters {
        let mut found = NormalizedString::from(from.to_string());
        let done = normalizer.normalize(&mut found);
        done.map_err(|error| error.to_string())?;
        if found.get() != to {
            let found = found.get();
            return Err(format!("{from:?} is read as {found:?} and not as {to:?}").into());
        }
    }
    Ok(bytes)
}

fn content(packed: &Packed<'_>) -> Outcome<Value> {
    let piece = |id: u32| packed.pieces.get(id as usize).map(|&(piece, _)| piece);
    let [begin, end, pad, unknown] = packed.special;
    let mask = u32::try_from(packed.pieces.len())?.saturating_sub(1);
    let (Some(first), Some(last)) = (piece(begin), piece(end)) else {
        return Err("the vocabulary lacks the tokens around a text".into());
    };
    let added = [begin, pad, end, unknown, mask].map(|id| {
        json!({
            "id": id, "content": piece(id), "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        })
    });
    let vocabulary = packed.pieces.iter();
    let vocabulary = vocabulary.map(|&(piece, score)| json!([piece, f64::from(score)]));
    let metaspace = json!({
        "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true,
    });
    Ok(json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": normalizer(),
        "pre_tokenizer": metaspace,
        "post_processor": frame((first, begin), (last, end)),
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": unknown, "vocab": vocabulary.collect::<Vec<_>>()},
    }))
}

/// SentencePiece's rules `nmt_nfkc`: control characters go, white space of every kind is a blank, letters are
/// composed and their compatibility forms are read as the plain ones.
fn normalizer() -> Value {
    let replace =
        |from: Value, to: &str| json!({"type": "Replace", "pattern": from, "content": to});
    let steps = [
        replace(json!({"String": KEPT.0}), KEPT.1),
        json!({"type": "Nmt"}),
        json!({"type": "NFKC"}),
        replace(json!({"String": KEPT.1}), KEPT.0),
        replace(json!({"Regex": " {2,}"}), " "),
    ];
    json!({"type": "Sequence", "normalizers": steps})
}

/// One text as `<s> A </s>`, two as `<s> A </s> </s> B </s>`.
fn frame(first: (&str, u32), last: (&str, u32)) -> Value {
    let token = |name: &str| json!({"SpecialToken": {"id": name, "type_id": 0}});
    let text = |name: &str| json!({"Sequence": {"id": name, "type_id": 0}});
    let (first_token, last_token) = (token(first.0), token(last.0));
    let known = |(name, id): (&str, u32)| json!({"id": name, "ids": [id], "tokens": [name]});
    json!({
        "type": "TemplateProcessing",
        "single": [first_token, text("A"), last_token],
        "pair": [first_token, text("A"), last_token, last_token, text("B"), last_token],
        "special_tokens": {first.0: known(first), last.0: known(last)},
    })
}
