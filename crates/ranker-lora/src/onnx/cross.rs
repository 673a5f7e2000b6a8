//! The graph of a cross-encoder: the encoder's, then the head.

use super::bert::Writer;
use super::graph::Graph;
use super::{OnnxModel, Precision};
use crate::cross::{CrossEncoder, Head};
use crate::error::LoraError;

impl CrossEncoder {
    /// Writes the cross-encoder as ONNX: inputs as for [`Encoder::to_onnx`](crate::Encoder::to_onnx),
    /// output `logits` (f32, `[batch, 1]`), the scores.
    ///
    /// # Errors
    /// [`LoraError::TooLarge`] where the file would pass 2 GiB.
    pub fn to_onnx(&self, precision: Precision) -> Result<Vec<u8>, LoraError> {
        self.onnx(precision).bytes()
    }

    pub(crate) fn onnx(&self, precision: Precision) -> OnnxModel {
        let mut writer = Writer {
            graph: Graph::default(),
            encoder: &self.encoder,
            precision,
        };
        let hidden = writer.write();
        writer.head(&self.head, &hidden);
        OnnxModel::new(writer.graph)
    }
}

impl Writer<'_> {
    fn head(&mut self, head: &Head, hidden: &str) {
        let index = self.graph.integers("head.index", &[], &[0]);
        let axis = vec![super::graph::int("axis", 1)];
        let first = self
            .graph
            .node_with("Gather", "head.first", &[hidden, &index], axis);
        let dense = self.linear("head.dense", &head.dense, &first);
        let active = self.graph.node("Tanh", "head.active", &[&dense]);
        self.linear("logits", &head.out, &active);
        self.graph.scores("logits");
    }
}
