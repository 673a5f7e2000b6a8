//! The encoder's own arithmetic: plain, one text at a time, and the oracle for what is exported.

use ndarray::{Array2, ArrayView1, ArrayView2, s};

use crate::encoder::Norm;
use crate::family::Part;
use crate::{Base, Encoder, LoraAdapter, LoraError, Matrix, QuantizedEncoder};

/// An encoder together with an adapter that is applied while it computes; the weights stay as they
/// are. Made by [`Encoder::with_adapter`] and [`QuantizedEncoder::with_adapter`].
#[derive(Clone, Copy, Debug)]
pub struct AdaptedEncoder<'a> {
    base: Base<'a>,
    adapter: &'a LoraAdapter,
}

impl Encoder {
    /// Joins the encoder with an adapter, without merging.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`] where they do not fit each other.
    pub fn with_adapter<'a>(
        &'a self,
        adapter: &'a LoraAdapter,
    ) -> Result<AdaptedEncoder<'a>, LoraError> {
        AdaptedEncoder::new(self.into(), adapter)
    }

    /// The last hidden state of one text: a row of the hidden size for each token. All tokens are
    /// of type 0 and none is padding; `ids` includes the special tokens.
    ///
    /// This is a straightforward forward pass to check weights and exports with. Serve the exported
    /// ONNX file instead: a runtime is much faster.
    ///
    /// # Errors
    /// [`LoraError::Token`] for no tokens, more than the encoder has positions, or an unknown id;
    /// [`LoraError::NotFinite`] where the numbers overflow.
    pub fn forward(&self, ids: &[u32]) -> Result<Matrix, LoraError> {
        Pass::plain(self.into()).run(ids)
    }
}

impl QuantizedEncoder {
    /// Joins the encoder with an adapter; its weights stay in NF4.
    ///
    /// # Errors
    /// As for [`Encoder::with_adapter`].
    pub fn with_adapter<'a>(
        &'a self,
        adapter: &'a LoraAdapter,
    ) -> Result<AdaptedEncoder<'a>, LoraError> {
        AdaptedEncoder::new(self.into(), adapter)
    }

    /// The last hidden state of one text, as [`Encoder::forward`] has it for what the codes stand
    /// for. One linear map at a time is whole as `f32`.
    ///
    /// # Errors
    /// As for [`Encoder::forward`].
    pub fn forward(&self, ids: &[u32]) -> Result<Matrix, LoraError> {
        Pass::plain(self.into()).run(ids)
    }
}

impl<'a> AdaptedEncoder<'a> {
    fn new(base: Base<'a>, adapter: &'a LoraAdapter) -> Result<Self, LoraError> {
        adapter.check(base)?;
        Ok(Self { base, adapter })
    }

    /// The last hidden state, as [`Encoder::forward`] has it, with the adapter applied.
    ///
    /// # Errors
    /// As for [`Encoder::forward`].
    pub fn forward(&self, ids: &[u32]) -> Result<Matrix, LoraError> {
        self.pass().run(ids)
    }

    /// One linear layer with its adapter: y = W x + b + s · B (A x) for every row x of `input`
    /// (Hu et al. 2021, equation 3). A layer without an adapter is y = W x + b.
    ///
    /// # Errors
    /// [`LoraError::Layer`] for a path that the encoder lacks, [`LoraError::Shape`] for rows of
    /// another length, [`LoraError::NotFinite`] where the numbers overflow.
    pub fn linear(&self, path: &str, input: &Matrix) -> Result<Matrix, LoraError> {
        let (weight, bias) = self
            .base
            .linear(path)
            .ok_or_else(|| LoraError::layer(path, "the encoder has no such linear layer"))?;
        if input.columns() != weight.columns() {
            return Err(LoraError::Shape {
                name: format!("the input of {path}"),
                expected: (input.rows(), weight.columns()),
                actual: input.shape(),
            });
        }
        let output = self.pass().linear(path, (&*weight, bias), input.view());
        Matrix::checked(output, || path.to_owned())
    }

    fn pass(&self) -> Pass<'a> {
        Pass {
            base: self.base,
            adapter: Some(self.adapter),
        }
    }
}

struct Pass<'a> {
    base: Base<'a>,
    adapter: Option<&'a LoraAdapter>,
}

impl<'a> Pass<'a> {
    fn plain(base: Base<'a>) -> Self {
        Self {
            base,
            adapter: None,
        }
    }

    fn run(&self, ids: &[u32]) -> Result<Matrix, LoraError> {
        self.check(ids)?;
        let mut hidden = self.embeddings(ids);
        for index in 0..self.base.config().layers {
            hidden = self.layer(index, &hidden);
        }
        Matrix::checked(hidden, || "the last hidden state".to_owned())
    }

    fn check(&self, ids: &[u32]) -> Result<(), LoraError> {
        let config = self.base.config();
        let (length, limit) = (ids.len() as u64, config.positions as u64);
        if length == 0 || length > limit {
            return Err(LoraError::Token {
                what: "the length",
                value: length,
                limit,
            });
        }
        let limit = config.vocabulary as u64 - 1;
        match ids.iter().map(|&id| u64::from(id)).find(|&id| id > limit) {
            Some(value) => Err(LoraError::Token {
                what: "the token id",
                value,
                limit,
            }),
            None => Ok(()),
        }
    }

    fn embeddings(&self, ids: &[u32]) -> Array2<f32> {
        let mut sum = Array2::zeros((ids.len(), self.base.config().hidden));
        let [words, positions, types] = self.base.tables();
        for (position, (&id, mut row)) in ids.iter().zip(sum.rows_mut()).enumerate() {
            let Some(row) = row.as_slice_mut() else {
                continue;
            };
            words.add_row(id as usize, row);
            positions.add_row(position, row);
            types.add_row(0, row);
        }
        self.norm(sum, self.base.norm())
    }

    fn layer(&self, index: usize, input: &Array2<f32>) -> Array2<f32> {
        let part = |part, input: &Array2<f32>| {
            let path = self.base.config().family.part(index, part);
            let (weight, bias) = self.base.part(index, part);
            self.linear(&path, (&*weight, bias), input.view())
        };
        let [attention_norm, output_norm] = self.base.layer_norms(index);
        let [query, key, value] =
            [Part::Query, Part::Key, Part::Value].map(|which| part(which, input));
        let context = self.attention(&query, &key, &value);
        let attended = self.norm(part(Part::Join, &context) + input, attention_norm);
        let active = part(Part::Up, &attended).mapv_into(gelu);
        self.norm(part(Part::Down, &active) + attended, output_norm)
    }

    /// softmax(Q Kᵀ / √d) V, head by head.
    fn attention(
        &self,
        query: &Array2<f32>,
        key: &Array2<f32>,
        value: &Array2<f32>,
    ) -> Array2<f32> {
        let size = self.base.config().head_size();
        let scale = (size as f32).sqrt().recip();
        let mut context = Array2::zeros(query.raw_dim());
        for head in 0..self.base.config().heads {
            let columns = s![.., head * size..(head + 1) * size];
            let mut weights = query.slice(columns).dot(&key.slice(columns).t()) * scale;
            for mut row in weights.rows_mut() {
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
        (weight, bias): (&Matrix, &[f32]),
        input: ArrayView2<'_, f32>,
    ) -> Array2<f32> {
        let mut output = input.dot(&weight.view().t());
        output += &ArrayView1::from(bias);
        if let Some(change) = self.adapter.and_then(|adapter| adapter.change(path, input)) {
            output += &change;
        }
        output
    }

    fn norm(&self, mut rows: Array2<f32>, norm: &Norm) -> Array2<f32> {
        let epsilon = self.base.config().norm_epsilon;
        for mut row in rows.rows_mut() {
            let size = row.len() as f32;
            row -= row.sum() / size;
            let variance = row.dot(&row) / size;
            let factor = (variance + epsilon).sqrt().recip();
            for (value, (weight, bias)) in row.iter_mut().zip(norm.weight.iter().zip(&norm.bias)) {
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
