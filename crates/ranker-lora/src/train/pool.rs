//! From a row for each token to one embedding a text.

use std::ops::Range;

use crate::Pooling;
use crate::kernel::{sums, vectorised};

/// Embeddings and what their backward pass needs.
#[derive(Debug, Default)]
pub(crate) struct Pooled {
    /// A row of unit length for each text.
    pub(crate) embeddings: Vec<f32>,
    /// 1 / the length of each row before.
    factors: Vec<f32>,
}

/// The least length that an embedding is divided by, as in PyTorch's `normalize`.
const SHORTEST: f32 = 1e-12;

impl Pooling {
    /// The tokens of a text that its embedding is the mean of.
    fn tokens(self, text: &Range<usize>) -> Range<usize> {
        match self {
            Self::Mean => text.clone(),
            Self::Cls => text.start..text.start + 1,
        }
    }

    /// Pools rows of `columns` and scales each result to unit length.
    pub(crate) fn forward(self, rows: &[f32], columns: usize, texts: &[Range<usize>]) -> Pooled {
        let mut pooled = Pooled {
            embeddings: vec![0.0; texts.len() * columns],
            factors: Vec::with_capacity(texts.len()),
        };
        vectorised(|| {
            let embeddings = pooled.embeddings.chunks_exact_mut(columns);
            for (embedding, text) in embeddings.zip(texts) {
                let tokens = self.tokens(text);
                let share = (tokens.len() as f32).recip();
                for row in rows[tokens.start * columns..tokens.end * columns].chunks_exact(columns)
                {
                    sums::add_scaled(embedding, share, row);
                }
                let factor = sums::dot(embedding, embedding).sqrt().max(SHORTEST).recip();
                embedding.iter_mut().for_each(|value| *value *= factor);
                pooled.factors.push(factor);
            }
        });
        pooled
    }

    /// The gradient of the rows from that of the embeddings: with e of unit length, that of the
    /// mean is (g − e (e · g)) / length.
    pub(crate) fn backward(
        self,
        pooled: &Pooled,
        gradient: &[f32],
        texts: &[Range<usize>],
    ) -> Vec<f32> {
        let columns = pooled.embeddings.len() / texts.len().max(1);
        let mut rows = vec![0.0; texts.last().map_or(0, |text| text.end) * columns];
        vectorised(|| {
            let embeddings = pooled.embeddings.chunks_exact(columns);
            let known = embeddings.zip(gradient.chunks_exact(columns));
            for ((text, factor), (e, g)) in texts.iter().zip(&pooled.factors).zip(known) {
                let tokens = self.tokens(text);
                let share = factor / tokens.len() as f32;
                let along = sums::dot(e, g);
                let values = &mut rows[tokens.start * columns..tokens.end * columns];
                for row in values.chunks_exact_mut(columns) {
                    for (row, (e, g)) in row.iter_mut().zip(e.iter().zip(g)) {
                        *row = share * (g - e * along);
                    }
                }
            }
        });
        rows
    }
}
