//! The beginning of a graph: its inputs, the mask, and the sum of the embedding tables.

use super::Precision;
use super::bert::Writer;
use super::graph::{int, ints};
use super::proto::data_type;
use super::quantize::{self, Quantized};
use crate::encoder::{RelativeBias, buckets};

impl Writer<'_> {
    pub(super) fn inputs(&mut self) {
        self.graph.input("input_ids");
        self.graph.input("attention_mask");
        if self.encoder.config.types > 1 {
            self.graph.input("token_type_ids");
        }
    }

    /// 0 for a token and a very low score for padding, as `[batch, 1, 1, sequence]`; with the bias
    /// of distances, where there is one, as `[batch, heads, sequence, sequence]`.
    pub(super) fn mask(&mut self) -> String {
        let axes = self.graph.integers("mask.axes", &[2], &[1, 2]);
        let wide = self
            .graph
            .node("Unsqueeze", "mask.wide", &["attention_mask", &axes]);
        let to = vec![int("to", i64::from(data_type::FLOAT))];
        let kept = self.graph.node_with("Cast", "mask.kept", &[&wide], to);
        let padding = self.graph.node("Sub", "mask.padding", &["one", &kept]);
        let mask = self.graph.node("Mul", "mask", &[&padding, "masked"]);
        match &self.encoder.relative {
            Some(relative) => {
                let bias = self.relative(relative);
                self.graph.node("Add", "mask.biased", &[&mask, &bias])
            }
            None => mask,
        }
    }

    /// The bias of every head, query and key, as `[heads, sequence, sequence]`.
    fn relative(&mut self, relative: &RelativeBias) -> String {
        let at = |what: &str| format!("relative.{what}");
        let most = self.encoder.config.positions;
        let table = self.matrix(&at("table"), &relative.table);
        let buckets = buckets(most).into_iter();
        let buckets: Vec<i64> = buckets.map(|bucket| bucket as i64).collect();
        let buckets = self
            .graph
            .integers(&at("buckets"), &[buckets.len()], &buckets);
        let all: Vec<i64> = (0..most as i64).collect();
        let all = self.graph.integers(&at("all"), &[most], &all);
        let places = self.first_rows("relative", &all);
        let graph = &mut self.graph;
        let (first, second) = ("relative.positions.start", "relative.positions.dim");
        let keys = graph.node("Unsqueeze", &at("keys"), &[&places, first]);
        let queries = graph.node("Unsqueeze", &at("queries"), &[&places, second]);
        let distances = graph.node("Sub", &at("distances"), &[&keys, &queries]);
        let start = graph.integers(&at("start"), &[], &[most as i64 - 1]);
        let indices = graph.node("Add", &at("indices"), &[&distances, &start]);
        let buckets = graph.node("Gather", &at("bucket"), &[&buckets, &indices]);
        let values = graph.node("Gather", &at("values"), &[&table, &buckets]);
        let perm = vec![ints("perm", &[2, 0, 1])];
        graph.node_with("Transpose", "relative", &[&values], perm)
    }

    pub(super) fn embeddings(&mut self) -> String {
        let words = self.words();
        let types = self.matrix("embeddings.types.table", &self.encoder.types);
        let types = match self.encoder.config.types {
            // One row for all tokens.
            1 => types,
            _ => {
                let inputs = [&types[..], "token_type_ids"];
                self.graph.node("Gather", "embeddings.types", &inputs)
            }
        };
        let positions = self.positions();
        let sum = self
            .graph
            .node("Add", "embeddings.words_types", &[&words, &types]);
        let sum = self
            .graph
            .node("Add", "embeddings.sum", &[&sum, &positions]);
        self.norm("embeddings", &self.encoder.norm, &sum)
    }

    /// Codes are looked up first and restored after, so the table is never kept as `f32`.
    fn words(&mut self) -> String {
        let table = &self.encoder.words;
        if self.precision == Precision::Float32 {
            let table = self.matrix("embeddings.words.table", table);
            return self
                .graph
                .node("Gather", "embeddings.words", &[&table, "input_ids"]);
        }
        let (rows, columns) = table.shape();
        let Quantized { codes, scales } = quantize::blocks(table.values(), columns);
        let codes = self
            .graph
            .bytes("embeddings.words.codes", &[rows, columns], &codes);
        let scales = self
            .graph
            .floats("embeddings.words.scales", &[rows, 1], &scales);
        let ids = "input_ids";
        let codes = self
            .graph
            .node("Gather", "embeddings.words.code", &[&codes, ids]);
        let scales = self
            .graph
            .node("Gather", "embeddings.words.scale", &[&scales, ids]);
        self.graph.product("embeddings.words", &codes, &scales)
    }

    /// The rows of the position table: the first ones, as many as the sequence has tokens, or those
    /// behind the padding's (see `Family::position_padding`).
    fn positions(&mut self) -> String {
        let table = match self.precision {
            Precision::Float32 => {
                self.matrix("embeddings.positions.table", &self.encoder.positions)
            }
            Precision::Int8 => self.coded_positions(),
        };
        match self.encoder.config.padding {
            None => self.first_rows("embeddings", &table),
            Some(padding) => {
                let inputs = [&table[..], &self.places(padding)];
                self.graph.node("Gather", "embeddings.positions", &inputs)
            }
        }
    }

    /// As many rows as the sequence has tokens.
    fn first_rows(&mut self, name: &str, table: &str) -> String {
        let at = |what: &str| format!("{name}.{what}");
        let graph = &mut self.graph;
        let zero = graph.integers(&at("positions.start"), &[1], &[0]);
        let one = graph.integers(&at("positions.dim"), &[1], &[1]);
        let shape = graph.node("Shape", &at("shape"), &["input_ids"]);
        let length = graph.node("Gather", &at("length"), &[&shape, &one]);
        graph.node("Slice", &at("positions"), &[table, &zero, &length, &zero])
    }

    /// Positions that padding does not count for, as in transformers'
    /// `create_position_ids_from_input_ids`.
    fn places(&mut self, padding: u32) -> String {
        let at = |what: &str| format!("embeddings.places.{what}");
        let graph = &mut self.graph;
        let padding = graph.integers(&at("padding"), &[], &[i64::from(padding)]);
        let same = graph.node("Equal", &at("same"), &["input_ids", &padding]);
        let other = graph.node("Not", &at("other"), &[&same]);
        // In 32 bits, which every runtime counts in; some take 64 for sizes of tensors.
        let to = || vec![int("to", i64::from(data_type::INT32))];
        let counted = graph.node_with("Cast", &at("counted"), &[&other], to());
        let axis = graph.integers(&at("axis"), &[], &[1]);
        let count = graph.node("CumSum", &at("count"), &[&counted, &axis]);
        let count = graph.node("Mul", &at("own"), &[&count, &counted]);
        let start = graph.node_with("Cast", &at("start"), &[&padding], to());
        graph.node("Add", "embeddings.places", &[&count, &start])
    }

    fn coded_positions(&mut self) -> String {
        let (rows, columns) = self.encoder.positions.shape();
        let Quantized { codes, scales } =
            quantize::blocks(self.encoder.positions.values(), columns);
        let name = "embeddings.positions.table";
        let codes = self
            .graph
            .bytes(&format!("{name}.codes"), &[rows, columns], &codes);
        let scales = self
            .graph
            .floats(&format!("{name}.scales"), &[rows, 1], &scales);
        self.graph.product(name, &codes, &scales)
    }
}
