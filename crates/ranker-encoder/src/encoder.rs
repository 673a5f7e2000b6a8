//! The encoder and its pass over a batch of texts.

use std::fmt;
use std::ops::Range;

use crate::error::EncoderError;
use crate::kernels::{Codes, Kernels, Left, Norm, Then};
use crate::layers::Text;
use crate::linear::{Linear, normalise};
use crate::precision::Precision;
use crate::relative::RelativeBias;
use crate::sizes::Sizes;
use crate::table::Table;

/// A BERT-like encoder, with or without the head of a cross-encoder. One value serves any number of
/// threads.
///
/// Texts of a batch are not padded, and no text's result depends, in any bit, on the texts beside it nor
/// on the number of threads. Work is spread over the rayon pool that it is called in.
pub struct Encoder {
    pub(crate) sizes: Sizes,
    /// `[vocabulary, hidden]`
    pub(crate) words: Table,
    /// `[positions, hidden]`
    pub(crate) positions: Table,
    /// `[types, hidden]`
    pub(crate) types: Table,
    pub(crate) norm: Norm,
    pub(crate) relative: Option<RelativeBias>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) head: Option<Head>,
    pub(crate) kernels: Kernels,
    pub(crate) precision: Precision,
}

/// One transformer layer.
#[derive(Debug)]
pub(crate) struct Layer {
    /// To the queries, the keys and the values.
    pub(crate) joined: Linear,
    pub(crate) output: Linear,
    pub(crate) attention_norm: Norm,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) output_norm: Norm,
}

/// A cross-encoder's head: tanh between two linear maps of the first token's hidden state.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) dense: Linear,
    pub(crate) out: Linear,
}

/// The tokens of a text, special tokens included.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a> {
    /// Their ids.
    pub ids: &'a [u32],
    /// Their types (segments), as many; 0 for all where there is one text. An encoder that does not
    /// tell types apart takes no notice.
    pub types: &'a [u32],
    /// How many of them, from the first on, are attended to, by themselves and by the others; at least 1.
    pub attended: usize,
}

impl<'a> Tokens<'a> {
    /// Tokens that are all attended to.
    #[must_use]
    pub fn new(ids: &'a [u32], types: &'a [u32]) -> Self {
        Self {
            ids,
            types,
            attended: ids.len(),
        }
    }

    /// The same, of which only the first so many are attended to. Those behind them have hidden states too,
    /// and change nobody else's: the masks that fill up a query of late interaction.
    #[must_use]
    pub fn attending(self, attended: usize) -> Self {
        Self { attended, ..self }
    }
}

/// The last hidden states of some texts: a row of the hidden size for each token.
#[derive(Debug, Clone, PartialEq)]
pub struct HiddenStates {
    size: usize,
    texts: Vec<Range<usize>>,
    values: Vec<f32>,
}

impl HiddenStates {
    /// The hidden size.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// The rows of all texts, one text after the other.
    #[must_use]
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The rows of one text, token by token.
    ///
    /// # Panics
    /// Where there is no such text.
    #[must_use]
    pub fn text(&self, index: usize) -> &[f32] {
        let rows = &self.texts[index];
        &self.values[rows.start * self.size..rows.end * self.size]
    }
}

impl Encoder {
    /// The hidden size: the length of a token's vector.
    #[must_use]
    pub fn hidden_size(&self) -> usize {
        self.sizes.hidden
    }

    /// The loops that it runs with. Default: [`Kernels::best`].
    #[must_use]
    pub fn with_kernels(mut self, kernels: Kernels) -> Self {
        self.kernels = kernels;
        self
    }

    /// The loops that it runs with.
    #[must_use]
    pub fn kernels(&self) -> Kernels {
        self.kernels
    }

    /// How exactly it computes.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The last hidden states of some texts.
    ///
    /// # Errors
    /// [`EncoderError::Text`] for a text without tokens, with more than the encoder has positions, or
    /// with an unknown id; [`EncoderError::Output`] for a cross-encoder.
    pub fn hidden_states(&self, texts: &[Tokens<'_>]) -> Result<HiddenStates, EncoderError> {
        if self.head.is_some() {
            return Err(EncoderError::Output {
                has: "one score a text",
                wants: "hidden states",
            });
        }
        self.pass(texts)
    }

    /// The scores that a cross-encoder's head gives, one a text.
    ///
    /// # Errors
    /// As for [`Self::hidden_states`]; [`EncoderError::Output`] for an encoder without a head.
    pub fn scores(&self, texts: &[Tokens<'_>]) -> Result<Vec<f32>, EncoderError> {
        let Some(head) = &self.head else {
            return Err(EncoderError::Output {
                has: "hidden states",
                wants: "one score a text",
            });
        };
        let (hidden, size) = (self.pass(texts)?, self.sizes.hidden);
        let mut first = Vec::with_capacity(texts.len() * size);
        for text in 0..texts.len() {
            first.extend_from_slice(&hidden.text(text)[..size]);
        }
        let mut active = vec![0.0; first.len()];
        let mut codes = Codes::default();
        let mut apply = |linear: &Linear, input: &[f32], out: &mut [f32]| {
            let input = (Left::new(input, size), &mut codes);
            linear.apply(&self.kernels, input, out, Then::Nothing);
        };
        apply(&head.dense, &first, &mut active);
        active.iter_mut().for_each(|value| *value = value.tanh());
        let mut scores = vec![0.0; texts.len()];
        apply(&head.out, &active, &mut scores);
        Ok(scores)
    }

    fn pass(&self, texts: &[Tokens<'_>]) -> Result<HiddenStates, EncoderError> {
        for (index, text) in texts.iter().enumerate() {
            self.check(index, text)?;
        }
        let mut end = 0;
        let rows = texts.iter().map(|text| {
            end += text.ids.len();
            end - text.ids.len()..end
        });
        let rows: Vec<Range<usize>> = rows.collect();
        let mut values = self.embeddings(texts);
        let spread = rows.iter().zip(texts).map(|(rows, text)| Text {
            rows: rows.clone(),
            attended: text.attended,
        });
        self.layers(&spread.collect::<Vec<_>>(), &mut values);
        Ok(HiddenStates {
            size: self.sizes.hidden,
            texts: rows,
            values,
        })
    }

    fn check(&self, index: usize, text: &Tokens<'_>) -> Result<(), EncoderError> {
        let refused = |what, value, limit| {
            Err(EncoderError::Text {
                index,
                what,
                value,
                limit,
            })
        };
        let length = text.ids.len();
        if length == 0 || length > self.sizes.positions {
            return refused("a number of tokens of", length, self.sizes.positions);
        }
        if text.types.len() != length {
            return refused("a number of types of", text.types.len(), length);
        }
        if text.attended == 0 || text.attended > length {
            return refused("a number of attended tokens of", text.attended, length);
        }
        let unknown = |&&id: &&u32| id as usize >= self.sizes.vocabulary;
        match text.ids.iter().find(unknown) {
            Some(&id) => refused("the token id", id as usize, self.sizes.vocabulary),
            None => Ok(()),
        }
    }

    /// The normalised sums of the tables' rows, text after text.
    fn embeddings(&self, texts: &[Tokens<'_>]) -> Vec<f32> {
        let mut all = Vec::new();
        for text in texts {
            let tokens = text.ids.iter().zip(text.types);
            for ((&id, &kind), place) in tokens.zip(self.sizes.places(text.ids)) {
                let kind = (kind as usize).min(self.types.rows() - 1);
                let start = all.len();
                self.words.append(id as usize, &mut all);
                self.types.add(kind, &mut all[start..]);
                self.positions.add(place, &mut all[start..]);
            }
        }
        normalise(&self.kernels, &mut all, &self.norm);
        all
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("sizes", &self.sizes)
            .field("kernels", &self.kernels.name())
            .field("precision", &self.precision)
            .finish_non_exhaustive()
    }
}
