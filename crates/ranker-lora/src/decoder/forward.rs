//! The decoder's own arithmetic: plain, one text at a time, and the oracle for training and exports.

use ndarray::{Array2, ArrayView1, s};

use super::base::DecoderBase;
use super::maps::DecoderMap;
use super::weights::DecoderWeights;
use crate::base::check_ids;
use crate::encoder::Weight;
use crate::error::LoraError;
use crate::matrix::Matrix;

impl<W: Weight> DecoderWeights<W> {
    /// The last hidden state of one text: a row of the hidden size for each token, which knows of the tokens before
    /// it and of itself. None of them is padding; `ids` includes the special tokens. One linear map at a time is whole
    /// as `f32`.
    ///
    /// This is a straightforward forward pass to check weights and exports with. Serve the exported ONNX file
    /// instead: a runtime is much faster.
    ///
    /// # Errors
    /// [`LoraError::Token`] for no tokens, more than the decoder has positions, or an unknown id;
    /// [`LoraError::NotFinite`] where the numbers overflow.
    pub fn forward(&self, ids: &[u32]) -> Result<Matrix, LoraError> {
        check_ids(ids, (self.config.positions, self.config.vocabulary))?;
        let pass = Pass(self.into());
        let mut hidden = Array2::zeros((ids.len(), self.config.hidden));
        for (&id, mut row) in ids.iter().zip(hidden.rows_mut()) {
            if let Some(row) = row.as_slice_mut() {
                pass.0.words().add_row(id as usize, row);
            }
        }
        for layer in 0..self.config.layers {
            hidden = pass.layer(layer, &hidden);
        }
        let hidden = pass.norm(hidden, &self.norm);
        Matrix::checked(hidden, || "the last hidden state".to_owned())
    }
}

struct Pass<'a>(DecoderBase<'a>);

impl Pass<'_> {
    fn layer(&self, layer: usize, input: &Array2<f32>) -> Array2<f32> {
        let scales = self.0.scales(layer);
        let linear = |map, rows: &Array2<f32>| self.linear((layer, map), rows);
        let read = self.norm(input.clone(), scales.attention);
        let [query, key, value] = [DecoderMap::Query, DecoderMap::Key, DecoderMap::Value]
            .map(|which| linear(which, &read));
        let [query_scale, key_scale] = [0, 1].map(|at| scales.heads.map(|heads| heads[at]));
        let query = self.turned(query, query_scale);
        let key = self.turned(key, key_scale);
        let context = self.attention(&query, &key, &value);
        let attended = linear(DecoderMap::Output, &context) + input;
        let read = self.norm(attended.clone(), scales.forward);
        let gate = linear(DecoderMap::Gate, &read).mapv_into(|x| x / (1.0 + (-x).exp()));
        let active = gate * linear(DecoderMap::Up, &read);
        linear(DecoderMap::Down, &active) + attended
    }

    fn linear(&self, (layer, map): (usize, DecoderMap), rows: &Array2<f32>) -> Array2<f32> {
        let linear = self.0.map(layer, map as usize);
        let mut output = rows.dot(&linear.weight.dense().view().t());
        if !linear.bias.is_empty() {
            output += &ArrayView1::from(linear.bias);
        }
        output
    }

    /// x / √(mean of x² + ε), times a scale a component, for every row or part of one that is as long as `scale`.
    fn norm(&self, mut rows: Array2<f32>, scale: &[f32]) -> Array2<f32> {
        let epsilon = self.0.config().epsilon as f32;
        for mut row in rows.rows_mut() {
            for mut part in row.exact_chunks_mut(scale.len()) {
                let mean = part.dot(&part) / scale.len() as f32;
                let factor = (mean + epsilon).sqrt().recip();
                let values = part.iter_mut().zip(scale);
                values.for_each(|(value, scale)| *value *= factor * scale);
            }
        }
        rows
    }

    /// Queries or keys, normalised where they are, and turned by their positions: the first half of a head is the
    /// cosines' and the second the sines' part of each pair.
    fn turned(&self, rows: Array2<f32>, scale: Option<&[f32]>) -> Array2<f32> {
        let mut rows = match scale {
            Some(scale) => self.norm(rows, scale),
            None => rows,
        };
        let (turns, half) = (self.0.config().turns(), self.0.config().head / 2);
        for (place, mut row) in rows.rows_mut().into_iter().enumerate() {
            for mut head in row.exact_chunks_mut(2 * half) {
                for (at, turn) in turns.iter().enumerate() {
                    let (sine, cosine) = (place as f32 * turn).sin_cos();
                    let (x, y) = (head[at], head[at + half]);
                    head[at] = x * cosine - y * sine;
                    head[at + half] = y * cosine + x * sine;
                }
            }
        }
        rows
    }

    /// softmax(Q Kᵀ / √d) V, head by head; a token reads itself and those before it.
    fn attention(
        &self,
        query: &Array2<f32>,
        key: &Array2<f32>,
        value: &Array2<f32>,
    ) -> Array2<f32> {
        let config = self.0.config();
        let size = config.head;
        let scale = (size as f32).sqrt().recip();
        let mut context = Array2::zeros(query.raw_dim());
        for head in 0..config.heads {
            let shared = head * config.key_heads / config.heads;
            let own = s![.., head * size..(head + 1) * size];
            let keys = s![.., shared * size..(shared + 1) * size];
            let mut weights = query.slice(own).dot(&key.slice(keys).t()) * scale;
            for (token, mut row) in weights.rows_mut().into_iter().enumerate() {
                row.slice_mut(s![token + 1..]).fill(f32::NEG_INFINITY);
                let top = row.fold(f32::NEG_INFINITY, |top, &score| top.max(score));
                row.mapv_inplace(|score| (score - top).exp());
                row /= row.sum();
            }
            let part = weights.dot(&value.slice(keys));
            context.slice_mut(own).assign(&part);
        }
        context
    }
}
