//! Weights of linear maps, as they are or in codes.

use super::Precision;
use super::graph::{Graph, int};
use super::proto::data_type;
use super::quantize::{self, Quantized};

/// How many weights of an output share a scale. One scale for a whole output would save 5 % of the
/// space, but all-MiniLM-L6-v2's worst text would move six times as far from the original.
const BLOCK: usize = 32;

impl Graph {
    /// The weight of a linear map, rows of so many `columns`, transposed to `[in, out]` as MatMul wants it.
    pub(super) fn weight(
        &mut self,
        name: &str,
        (values, columns): (&[f32], usize),
        precision: Precision,
    ) -> String {
        match precision {
            Precision::Float32 => {
                let out = values.len() / columns.max(1);
                self.floats(name, &[columns, out], &transposed(values, columns))
            }
            Precision::Int8 => self.coded_weight(name, (values, columns)),
        }
    }

    /// `[blocks, block, out]` codes and `[blocks, 1, out]` scales, multiplied and joined to
    /// `[in, out]`. Runtimes compute this once, at load.
    fn coded_weight(&mut self, name: &str, (values, columns): (&[f32], usize)) -> String {
        let out = values.len() / columns.max(1);
        let block = if columns.is_multiple_of(BLOCK) {
            BLOCK
        } else {
            columns
        };
        let Quantized { codes, scales } = quantize::blocks(values, block);
        let count = columns / block;
        let (codes, scales) = (transposed(&codes, columns), transposed(&scales, count));
        let at = |what: &str| format!("{name}.{what}");
        let codes = self.bytes(&at("codes"), &[count, block, out], &codes);
        let scales = self.floats(&at("scales"), &[count, 1, out], &scales);
        let shape = self.integers(&at("shape"), &[2], &[columns as i64, out as i64]);
        let blocks = self.product(&at("blocks"), &codes, &scales);
        self.node("Reshape", name, &[&blocks, &shape])
    }

    /// Codes times scales, as `f32`. DequantizeLinear would compute the same, but ONNX Runtime fuses it
    /// with MatMul into a kernel that also rounds the activations to 8 bits, and then the
    /// embeddings differ visibly.
    pub(super) fn product(&mut self, name: &str, codes: &str, scales: &str) -> String {
        let to = vec![int("to", i64::from(data_type::FLOAT))];
        let values = self.node_with("Cast", &format!("{name}.values"), &[codes], to);
        self.node("Mul", name, &[&values, scales])
    }
}

/// Rows of `columns` values, turned into columns.
fn transposed<T: Copy>(values: &[T], columns: usize) -> Vec<T> {
    let column = |index: usize| values.iter().skip(index).step_by(columns).copied();
    (0..columns).flat_map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes() {
        assert_eq!(transposed(&[1, 2, 3, 4, 5, 6], 3), [1, 4, 2, 5, 3, 6]);
    }
}
