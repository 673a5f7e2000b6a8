//! The tokenizer of a GGUF file, as a `tokenizer.json`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Gguf;
use crate::error::LoraError;

/// Kinds of tokens, by their numbers in `tokenizer.ggml.token_type`.
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

/// Byte pairs over bytes that are written as characters (Radford et al. 2019).
pub(crate) struct Tokenizer<'g> {
    file: &'g Gguf,
    tokens: &'g [String],
    merges: &'g [String],
    kinds: &'g [i64],
    /// What cuts a text into words.
    words: Value,
}

impl<'g> Tokenizer<'g> {
    /// Reads it.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for a tokenizer of another kind, [`LoraError::Format`] for one whose keys are missing
    /// or contradict each other.
    pub(crate) fn read(file: &'g Gguf) -> Result<Self, LoraError> {
        let text = |key: &str| file.value(key).and_then(|value| value.as_str());
        let model = text("tokenizer.ggml.model").unwrap_or("none");
        if model != "gpt2" {
            let advice = "byte pairs (gpt2) are written as a tokenizer.json";
            return Err(LoraError::unsupported(
                "tokenizer.ggml.model",
                model,
                advice,
            ));
        }
        let tokens = file.value("tokenizer.ggml.tokens");
        let merges = file.value("tokenizer.ggml.merges");
        let kinds = file.value("tokenizer.ggml.token_type");
        let own = Self {
            file,
            tokens: tokens
                .and_then(|value| value.as_texts())
                .unwrap_or_default(),
            merges: merges
                .and_then(|value| value.as_texts())
                .unwrap_or_default(),
            kinds: kinds
                .and_then(|value| value.as_integers())
                .unwrap_or_default(),
            words: words(text("tokenizer.ggml.pre").unwrap_or("none"))?,
        };
        own.check()?;
        Ok(own)
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    fn check(&self) -> Result<(), LoraError> {
        let wrong = |what: String| Err(LoraError::format(self.file.path(), "GGUF")(what));
        if self.tokens.is_empty() {
            return wrong("it has no `tokenizer.ggml.tokens`".to_owned());
        }
        if self.kinds.len() != self.tokens.len() {
            let (kinds, tokens) = (self.kinds.len(), self.tokens.len());
            return wrong(format!("it has {kinds} types of {tokens} tokens"));
        }
        let ids = self.ids();
        if ids.len() != self.tokens.len() {
            return wrong("a token is in `tokenizer.ggml.tokens` twice".to_owned());
        }
        for merge in self.merges {
            let known = merge.split_once(' ').is_some_and(|(left, right)| {
                let joined = format!("{left}{right}");
                [left, right, &joined]
                    .iter()
                    .all(|part| ids.contains_key(part))
            });
            if !known {
                return wrong(format!(
                    "`tokenizer.ggml.merges` joins {merge:?}, which are no tokens"
                ));
            }
        }
        Ok(())
    }

    fn ids(&self) -> BTreeMap<&str, usize> {
        let ids = self.tokens.iter().enumerate();
        ids.map(|(id, token)| (token.as_str(), id)).collect()
    }

    /// The token whose id a key holds.
    fn named(&self, key: &str) -> Option<(usize, &str)> {
        let id = self.file.value(key)?.as_usize()?;
        Some((id, self.tokens.get(id)?))
    }

    fn flag(&self, key: &str) -> bool {
        let value = self.file.value(key);
        value.and_then(|value| value.as_bool()).unwrap_or(false)
    }

    /// The id of a token for padding, else of the one that ends a text.
    pub(crate) fn pad(&self) -> Option<usize> {
        let pad = self.named("tokenizer.ggml.padding_token_id");
        let end = || self.named("tokenizer.ggml.eos_token_id");
        pad.or_else(end).map(|(id, _)| id)
    }

    /// `tokenizer.json`.
    pub(crate) fn file(&self) -> Value {
        let kinds = self.kinds.iter().zip(self.tokens).enumerate();
        let added = kinds.filter(|(_, (kind, _))| [CONTROL, USER_DEFINED].contains(kind));
        let added = added.map(|(id, (&kind, content))| {
            json!({
                "id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": kind == CONTROL,
            })
        });
        let added: Vec<Value> = added.collect();
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
            "pre_tokenizer": self.words, "post_processor": self.frame(),
            "decoder": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true },
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": self.ids(), "merges": self.merges,
            },
        })
    }

    /// What stands around a text.
    fn frame(&self) -> Value {
        let asked = |flag: &str, key: &str| self.named(key).filter(|_| self.flag(flag));
        let first = asked(
            "tokenizer.ggml.add_bos_token",
            "tokenizer.ggml.bos_token_id",
        );
        let last = asked(
            "tokenizer.ggml.add_eos_token",
            "tokenizer.ggml.eos_token_id",
        );
        let special =
            |(_, token): &(usize, &str)| json!({ "SpecialToken": { "id": token, "type_id": 0 } });
        let text = json!({ "Sequence": { "id": "A", "type_id": 0 } });
        let single = first.iter().map(special).chain([text]);
        let single: Vec<Value> = single.chain(last.iter().map(special)).collect();
        let mut pair = single.clone();
        pair.push(json!({ "Sequence": { "id": "B", "type_id": 0 } }));
        let known = first.iter().chain(&last).map(|(id, token)| {
            let token = (*token).to_owned();
            (
                token.clone(),
                json!({ "id": token, "ids": [id], "tokens": [token] }),
            )
        });
        let known: serde_json::Map<String, Value> = known.collect();
        json!({ "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known })
    }

    /// `tokenizer_config.json`, with a limit of tokens.
    pub(crate) fn settings(&self, max_tokens: usize) -> Value {
        let token = |key: &str| self.named(key).map(|(_, token)| token);
        let pad = self.pad().map(|id| &self.tokens[id]);
        json!({
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": max_tokens,
            "add_bos_token": self.flag("tokenizer.ggml.add_bos_token"),
            "add_eos_token": self.flag("tokenizer.ggml.add_eos_token"),
            "bos_token": token("tokenizer.ggml.bos_token_id"), "eos_token": token("tokenizer.ggml.eos_token_id"),
            "pad_token": pad,
        })
    }
}

/// How a text is cut into words, by llama.cpp's name of it.
fn words(name: &str) -> Result<Value, LoraError> {
    let bytes = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true });
    match name {
        "gpt-2" => Ok(bytes),
        // As GPT-2, with each digit a word.
        "smollm" => {
            let digits = json!({ "type": "Digits", "individual_digits": true });
            Ok(json!({ "type": "Sequence", "pretokenizers": [digits, bytes] }))
        }
        other => {
            let advice = "texts are cut into words as gpt-2 and smollm do";
            Err(LoraError::unsupported("tokenizer.ggml.pre", other, advice))
        }
    }
}
