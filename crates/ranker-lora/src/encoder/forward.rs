//! The encoder's own arithmetic: plain, one text at a time, and the oracle for what is exported.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, ArrayView2, s};

use ranker_folder::Projection;

use super::base::{EncoderBase, FrozenLinear};
use super::form::Weight;
use super::names::norm_paths;
use super::weights::{Encoder, EncoderWeights, Norm};
use crate::cross::PairIds;
use crate::error::LoraError;
use crate::lora::LoraAdapter;
use crate::matrix::Matrix;

/// An encoder together with an adapter that is applied while it computes; the weights stay as they
/// are. Made by [`EncoderWeights::with_adapter`].
#[derive(Clone, Debug)]
pub struct AdaptedEncoder<'a> {
    base: EncoderBase<'a>,
    adapter: &'a LoraAdapter,
    /// What the rows of each layer with magnitudes are multiplied by.
    ratios: BTreeMap<&'a str, Vec<f32>>,
}

impl<W: Weight> EncoderWeights<W> {
    /// Joins the encoder with an adapter, without merging; weights in NF4 stay so.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`] where they do not fit each other.
    pub fn with_adapter<'a>(
        &'a self,
        adapter: &'a LoraAdapter,
    ) -> Result<AdaptedEncoder<'a>, LoraError> {
        adapter.check(self)?;
        AdaptedEncoder::new(self.into(), adapter)
    }

    /// The last hidden state of one text: a row of the hidden size for each token. All tokens are
    /// of type 0 and none is padding; `ids` includes the special tokens. One linear map at a time is
    /// whole as `f32`.
    ///
    /// This is a straightforward forward pass to check weights and exports with. Serve the exported
    /// ONNX file instead: a runtime is much faster.
    ///
    /// # Errors
    /// [`LoraError::Token`] for no tokens, more than the encoder has positions, or an unknown id;
    /// [`LoraError::NotFinite`] where the numbers overflow.
    pub fn forward(&self, ids: &[u32]) -> Result<Matrix, LoraError> {
        Pass::plain(self.into()).run(ids, ids.len())
    }
}

impl Encoder {
    /// The last hidden state of two texts in one sequence.
    pub(crate) fn forward_pair(&self, pair: &PairIds) -> Result<Matrix, LoraError> {
        Pass::plain(self.into()).run(pair.ids(), pair.second())
    }
}

impl<'a> AdaptedEncoder<'a> {
    fn new(base: EncoderBase<'a>, adapter: &'a LoraAdapter) -> Result<Self, LoraError> {
        let ratio = |path: &'a String| {
            let weight = base.linears().remove(path)?.weight.dense();
            Some((path.as_str(), adapter.ratio(path, weight.view())?))
        };
        // Plain adapters have none, and need no weight restored.
        let dora = adapter.config().is_dora();
        let paths = adapter.layers().keys().filter(|_| dora);
        Ok(Self {
            base,
            adapter,
            ratios: paths.filter_map(ratio).collect(),
        })
    }

    /// The last hidden state, as [`Encoder::forward`] has it, with the adapter applied.
    ///
    /// # Errors
    /// As for [`Encoder::forward`].
    pub fn forward(&self, ids: &[u32]) -> Result<Matrix, LoraError> {
        self.pass().run(ids, ids.len())
    }

    /// One linear layer with its adapter: y = W x + b + s · B (A x) for every row x of `input`
    /// (Hu et al. 2021, equation 3), or DoRA's y = m / ‖V‖ ⊙ (V x) + b with V = W + s · B A (Liu et al.
    /// 2024, equation 5). A layer without an adapter is y = W x + b.
    ///
    /// # Errors
    /// [`LoraError::Layer`] for a path that the encoder lacks, [`LoraError::Shape`] for rows of
    /// another length, [`LoraError::NotFinite`] where the numbers overflow.
    pub fn linear(&self, path: &str, input: &Matrix) -> Result<Matrix, LoraError> {
        let missing = || LoraError::layer(path, "the encoder has no such linear layer");
        let linear = self.base.linears().remove(path).ok_or_else(missing)?;
        let (_, columns) = linear.weight.shape();
        if input.columns() != columns {
            return Err(LoraError::Shape {
                name: format!("the input of {path}"),
                expected: (input.rows(), columns),
                actual: input.shape(),
            });
        }
        let output = self.pass().linear(path, linear, input.view());
        Matrix::checked(output, || path.to_owned())
    }

    fn pass(&self) -> Pass<'_> {
        Pass {
            base: self.base,
            adapted: Some(self),
        }
    }
}

struct Pass<'a> {
    base: EncoderBase<'a>,
    adapted: Option<&'a AdaptedEncoder<'a>>,
}

impl<'a> Pass<'a> {
    fn plain(base: EncoderBase<'a>) -> Self {
        Self {
            base,
            adapted: None,
        }
    }

    /// The first `second` tokens are of type 0, the others of type 1.
    fn run(&self, ids: &[u32], second: usize) -> Result<Matrix, LoraError> {
        self.base.config().check_ids(ids)?;
        let mut hidden = self.embeddings(ids, second);
        for index in 0..self.base.config().layers {
            hidden = self.layer(index, &hidden);
        }
        Matrix::checked(hidden, || "the last hidden state".to_owned())
    }

    fn embeddings(&self, ids: &[u32], second: usize) -> Array2<f32> {
        let config = self.base.config();
        let mut sum = Array2::zeros((ids.len(), config.hidden));
        let [words, positions, types] = self.base.tables();
        let rows = config.table_rows(ids, second).into_iter().zip(ids);
        for (([place, kind], &id), mut row) in rows.zip(sum.rows_mut()) {
            let Some(row) = row.as_slice_mut() else {
                continue;
            };
            words.add_row(id as usize, row);
            positions.add_row(place, row);
            types.add_row(kind, row);
        }
        self.norm(sum, config.family.embedding_norm, self.base.norm())
    }

    fn layer(&self, index: usize, input: &Array2<f32>) -> Array2<f32> {
        let family = self.base.config().family;
        let linear = |which, input: &Array2<f32>| {
            let linear = self.base.linear(index, which);
            self.linear(&family.path(index, which), linear, input.view())
        };
        let [attention_norm, output_norm] = self.base.layer_norms(index);
        let [first, second] = norm_paths(family, index);
        let [query, key, value] = [Projection::Query, Projection::Key, Projection::Value]
            .map(|which| linear(which, input));
        let context = self.attention(&query, &key, &value);
        let attended = linear(Projection::Output, &context) + input;
        let attended = self.norm(attended, &first, attention_norm);
        let active = linear(Projection::Up, &attended).mapv_into(gelu);
        let output = linear(Projection::Down, &active) + attended;
        self.norm(output, &second, output_norm)
    }

    /// softmax(Q Kᵀ / √d + bias) V, head by head.
    fn attention(
        &self,
        query: &Array2<f32>,
        key: &Array2<f32>,
        value: &Array2<f32>,
    ) -> Array2<f32> {
        let config = self.base.config();
        let size = config.head_size();
        let scale = (size as f32).sqrt().recip();
        let mut context = Array2::zeros(query.raw_dim());
        for head in 0..config.heads {
            let columns = s![.., head * size..(head + 1) * size];
            let mut weights = query.slice(columns).dot(&key.slice(columns).t()) * scale;
            for (token, mut row) in weights.rows_mut().into_iter().enumerate() {
                if let Some(relative) = self.base.relative() {
                    let bias = |other| relative.between(head, token, other);
                    row.iter_mut()
                        .zip(0..)
                        .for_each(|(score, other)| *score += bias(other));
                }
                let top = row.fold(f32::NEG_INFINITY, |top, &score| top.max(score));
                row.mapv_inplace(|score| (score - top).exp());
                row /= row.sum();
            }
            context
                .slice_mut(columns)
                .assign(&weights.dot(&value.slice(columns)));
        }
        context
    }

    fn linear(
        &self,
        path: &str,
        linear: FrozenLinear<'_>,
        input: ArrayView2<'_, f32>,
    ) -> Array2<f32> {
        let mut output = input.dot(&linear.weight.dense().view().t());
        if let Some(adapted) = self.adapted {
            if let Some(change) = adapted.adapter.change(path, input) {
                output += &change;
            }
            if let Some(ratio) = adapted.ratios.get(path) {
                output *= &ArrayView1::from(ratio);
            }
        }
        output += &ArrayView1::from(self.bias(path, linear.bias));
        output
    }

    /// The adapter's own bias, or else the encoder's.
    fn bias<'b>(&'b self, path: &str, own: &'b [f32]) -> &'b [f32] {
        let adapted = self
            .adapted
            .and_then(|adapted| adapted.adapter.biases().get(path));
        adapted.map_or(own, Vec::as_slice)
    }

    fn norm(&self, mut rows: Array2<f32>, path: &str, norm: &Norm) -> Array2<f32> {
        let bias = self.bias(path, &norm.bias);
        let epsilon = self.base.config().norm_epsilon;
        for mut row in rows.rows_mut() {
            let size = row.len() as f32;
            row -= row.sum() / size;
            let variance = row.dot(&row) / size;
            let factor = (variance + epsilon).sqrt().recip();
            for (value, (weight, bias)) in row.iter_mut().zip(norm.weight.iter().zip(bias)) {
                *value = *value * factor * weight + bias;
            }
        }
        rows
    }
}

/// x/2 · (1 + erf(x / √2))
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_by_the_error_function() {
        // From the normal distribution's table: Φ(1) = 0.8413447, Φ(−2) = 0.0227501.
        for (x, expected) in [(0.0, 0.0), (1.0, 0.841_344_7), (-2.0, -0.045_500_2)] {
            assert!((gelu(x) - expected).abs() < 1e-6, "{x}");
        }
    }
}
