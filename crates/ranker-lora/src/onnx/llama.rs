//! The graph of a decoder as Llama (Touvron et al. 2023), Mistral or Qwen, up to its hidden states.

use super::Precision;
use super::graph::{Graph, int, ints};
use super::proto::data_type;
use super::quantize::{self, Quantized};
use crate::decoder::{DecoderConfig, DecoderMap, DecoderTensors};
use crate::error::LoraError;

pub(super) fn graph(
    decoder: &dyn DecoderTensors,
    precision: Precision,
) -> Result<Graph, LoraError> {
    let mut writer = Writer {
        graph: Graph::default(),
        decoder,
        sizes: decoder.config(),
        precision,
    };
    let hidden = writer.write()?;
    writer.graph.output(&hidden, decoder.config().hidden);
    Ok(writer.graph)
}

struct Writer<'d> {
    graph: Graph,
    decoder: &'d dyn DecoderTensors,
    sizes: &'d DecoderConfig,
    precision: Precision,
}

impl Writer<'_> {
    fn write(&mut self) -> Result<String, LoraError> {
        self.graph.input("input_ids");
        self.graph.input("attention_mask");
        self.constants();
        self.positions();
        self.mask();
        let mut hidden = self.words()?;
        for layer in 0..self.sizes.layers {
            hidden = self.layer(layer, &hidden)?;
        }
        let scale = self.decoder.last_norm()?;
        Ok(self.norm("last_hidden_state", (&scale, &hidden)))
    }

    /// The small numbers that several nodes share.
    fn constants(&mut self) {
        let sizes = self.sizes;
        let (heads, keys, head) = (
            sizes.heads as i64,
            sizes.key_heads as i64,
            sizes.head as i64,
        );
        let graph = &mut self.graph;
        graph.floats("sqrt_head", &[], &[(sizes.head as f32).sqrt()]);
        graph.floats("epsilon", &[], &[sizes.epsilon as f32]);
        graph.floats("kept", &[], &[0.0]);
        graph.floats("masked", &[], &[f32::MIN]);
        // 0 keeps the input's size.
        graph.integers("split_heads", &[4], &[0, 0, heads, head]);
        graph.integers("split_keys", &[4], &[0, 0, keys, head]);
        graph.integers("join_heads", &[3], &[0, 0, heads * head]);
        graph.integers("shared", &[5], &[1, 1, heads / keys, 1, 1]);
        graph.integers("all_heads", &[4], &[0, heads, -1, head]);
        graph.integers("axis_0", &[1], &[0]);
        graph.integers("axis_1", &[1], &[1]);
        graph.integers("axis_2", &[1], &[2]);
        graph.integers("axis_last", &[1], &[3]);
        graph.integers("half_head", &[1], &[head / 2]);
        graph.integers("whole_head", &[1], &[head]);
    }

    /// Cosines and sines of the angles of all positions (Su et al. 2021), as `[sequence, head]`.
    fn positions(&mut self) {
        let sizes = self.sizes;
        let (half, turns) = (sizes.head / 2, sizes.turns());
        let graph = &mut self.graph;
        let turns = graph.floats("positions.turns", &[1, half], &turns);
        let shape = graph.node("Shape", "positions.shape", &["input_ids"]);
        let second = graph.integers("positions.second", &[], &[1]);
        let length = graph.node("Gather", "positions.length", &[&shape, &second]);
        let zero = graph.integers("positions.zero", &[], &[0]);
        graph.node("Range", "positions", &[&zero, &length, &second]);
        let to = vec![int("to", i64::from(data_type::FLOAT))];
        let places = graph.node_with("Cast", "positions.places", &["positions"], to);
        let places = graph.node("Unsqueeze", "positions.rows", &[&places, "axis_1"]);
        let angles = graph.node("Mul", "positions.angles", &[&places, &turns]);
        let axis = vec![int("axis", -1)];
        let angles = graph.node_with("Concat", "positions.both", &[&angles, &angles], axis);
        graph.node("Cos", "cosines", &[&angles]);
        graph.node("Sin", "sines", &[&angles]);
    }

    /// 0 for what a token reads, itself and the tokens before it, else a very low score: `[batch, 1, sequence, sequence]`.
    fn mask(&mut self) {
        let graph = &mut self.graph;
        let keys = graph.node("Unsqueeze", "mask.keys", &["positions", "axis_0"]);
        let queries = graph.node("Unsqueeze", "mask.queries", &["positions", "axis_1"]);
        let before = graph.node("LessOrEqual", "mask.before", &[&keys, &queries]);
        let to = vec![int("to", i64::from(data_type::BOOL))];
        let real = graph.node_with("Cast", "mask.real", &["attention_mask"], to);
        let axes = graph.integers("mask.axes", &[2], &[1, 2]);
        let real = graph.node("Unsqueeze", "mask.wide", &[&real, &axes]);
        let read = graph.node("And", "mask.read", &[&before, &real]);
        graph.node("Where", "mask", &[&read, "kept", "masked"]);
    }

    /// Codes are looked up first and restored after, so the table is never kept as `f32`.
    fn words(&mut self) -> Result<String, LoraError> {
        let sizes = self.sizes;
        let (rows, columns) = (sizes.vocabulary, sizes.hidden);
        let values = self.decoder.words()?;
        let graph = &mut self.graph;
        if self.precision == Precision::Float32 {
            let table = graph.floats("words.table", &[rows, columns], &values);
            return Ok(graph.node("Gather", "words", &[&table, "input_ids"]));
        }
        let Quantized { codes, scales } = quantize::blocks(&values, columns);
        let codes = graph.bytes("words.codes", &[rows, columns], &codes);
        let scales = graph.floats("words.scales", &[rows, 1], &scales);
        let codes = graph.node("Gather", "words.code", &[&codes, "input_ids"]);
        let scales = graph.node("Gather", "words.scale", &[&scales, "input_ids"]);
        Ok(graph.product("words", &codes, &scales))
    }

    fn layer(&mut self, layer: usize, input: &str) -> Result<String, LoraError> {
        let at = |what: &str| format!("layer.{layer}.{what}");
        let scale = self.decoder.norm(layer, 0)?;
        let read = self.norm(&at("attention.norm"), (&scale, input));
        let context = self.attention(layer, &read)?;
        let joined = self.linear(&at("join"), (layer, DecoderMap::Output), &context)?;
        let attended = self
            .graph
            .node("Add", &at("attention.sum"), &[&joined, input]);
        let scale = self.decoder.norm(layer, 1)?;
        let read = self.norm(&at("norm"), (&scale, &attended));
        let gate = self.linear(&at("gate"), (layer, DecoderMap::Gate), &read)?;
        let up = self.linear(&at("up"), (layer, DecoderMap::Up), &read)?;
        let open = self.graph.node("Sigmoid", &at("open"), &[&gate]);
        let active = self.graph.node("Mul", &at("silu"), &[&gate, &open]);
        let gated = self.graph.node("Mul", &at("gated"), &[&active, &up]);
        let down = self.linear(&at("down"), (layer, DecoderMap::Down), &gated)?;
        Ok(self.graph.node("Add", &at("sum"), &[&down, &attended]))
    }

    /// softmax(Q Kᵀ / √d + mask) V for every head, with Q and K turned by their positions.
    fn attention(&mut self, layer: usize, input: &str) -> Result<String, LoraError> {
        let at = |what: &str| format!("layer.{layer}.attention.{what}");
        let [query_norm, key_norm] = match self.decoder.head_norms(layer) {
            Some(norms) => norms.map(Some),
            None => [None; 2],
        };
        let query = self.linear(&at("query.flat"), (layer, DecoderMap::Query), input)?;
        let query = self.heads(&at("query"), (&query, query_norm), "split_heads");
        let query = self.turned(&at("query.turned"), &query);
        let key = self.linear(&at("key.flat"), (layer, DecoderMap::Key), input)?;
        let key = self.heads(&at("key"), (&key, key_norm), "split_keys");
        let key = self.turned(&at("key.turned"), &key);
        let key = self.shared(&at("key.shared"), key);
        let value = self.linear(&at("value.flat"), (layer, DecoderMap::Value), input)?;
        let value = self.heads(&at("value"), (&value, None), "split_keys");
        let value = self.shared(&at("value.shared"), value);
        let graph = &mut self.graph;
        let perm = |axes: &[i64]| vec![ints("perm", axes)];
        let key = graph.node_with("Transpose", &at("keys"), &[&key], perm(&[0, 1, 3, 2]));
        let scores = graph.node("MatMul", &at("products"), &[&query, &key]);
        let scores = graph.node("Div", &at("scores"), &[&scores, "sqrt_head"]);
        let scores = graph.node("Add", &at("masked"), &[&scores, "mask"]);
        let axis = vec![int("axis", -1)];
        let weights = graph.node_with("Softmax", &at("weights"), &[&scores], axis);
        let context = graph.node("MatMul", &at("heads"), &[&weights, &value]);
        let context = graph.node_with("Transpose", &at("tokens"), &[&context], perm(&[0, 2, 1, 3]));
        Ok(graph.node("Reshape", &at("context"), &[&context, "join_heads"]))
    }

    /// What a linear map gave, as `[batch, heads, sequence, size]`, normalised head by head where there is a scale.
    fn heads(&mut self, name: &str, (flat, scale): (&str, Option<&[f32]>), split: &str) -> String {
        let mut parts = self
            .graph
            .node("Reshape", &format!("{name}.split"), &[flat, split]);
        if let Some(scale) = scale {
            parts = self.norm(&format!("{name}.norm"), (scale, &parts));
        }
        let perm = vec![ints("perm", &[0, 2, 1, 3])];
        self.graph.node_with("Transpose", name, &[&parts], perm)
    }

    /// Turns each pair of components, one of either half of a head, by the angle of its position.
    fn turned(&mut self, name: &str, input: &str) -> String {
        let at = |what: &str| format!("{name}.{what}");
        let graph = &mut self.graph;
        let first = [input, "axis_0", "half_head", "axis_last"];
        let first = graph.node("Slice", &at("first"), &first);
        let second = [input, "half_head", "whole_head", "axis_last"];
        let second = graph.node("Slice", &at("second"), &second);
        let second = graph.node("Neg", &at("minus"), &[&second]);
        let axis = vec![int("axis", -1)];
        let crossed = graph.node_with("Concat", &at("crossed"), &[&second, &first], axis);
        let straight = graph.node("Mul", &at("straight"), &[input, "cosines"]);
        let crossed = graph.node("Mul", &at("across"), &[&crossed, "sines"]);
        graph.node("Add", name, &[&straight, &crossed])
    }

    /// Keys or values of as many heads as there are queries.
    fn shared(&mut self, name: &str, input: String) -> String {
        if self.sizes.heads == self.sizes.key_heads {
            return input;
        }
        let at = |what: &str| format!("{name}.{what}");
        let graph = &mut self.graph;
        let wide = graph.node("Unsqueeze", &at("wide"), &[&input, "axis_2"]);
        let each = graph.node("Expand", &at("each"), &[&wide, "shared"]);
        graph.node("Reshape", name, &[&each, "all_heads"])
    }

    fn linear(
        &mut self,
        name: &str,
        (layer, map): (usize, DecoderMap),
        input: &str,
    ) -> Result<String, LoraError> {
        let values = self.decoder.map(layer, map)?;
        let (_, columns) = self.sizes.shape(map);
        let weight = format!("{name}.weight");
        let weight = self
            .graph
            .weight(&weight, (&values, columns), self.precision);
        let bias = self.decoder.bias(layer, map);
        if bias.is_empty() {
            return Ok(self.graph.node("MatMul", name, &[input, &weight]));
        }
        let graph = &mut self.graph;
        let bias = graph.floats(&format!("{name}.bias"), &[bias.len()], bias);
        let product = graph.node("MatMul", &format!("{name}.product"), &[input, &weight]);
        Ok(graph.node("Add", name, &[&product, &bias]))
    }

    /// x / √(mean of x² + ε), times a scale a component, over the last axis.
    fn norm(&mut self, name: &str, (scale, input): (&[f32], &str)) -> String {
        let at = |what: &str| format!("{name}.{what}");
        let graph = &mut self.graph;
        let weight = graph.floats(&at("weight"), &[scale.len()], scale);
        let squares = graph.node("Mul", &at("squares"), &[input, input]);
        let axes = vec![ints("axes", &[-1]), int("keepdims", 1)];
        let mean = graph.node_with("ReduceMean", &at("mean"), &[&squares], axes);
        let sum = graph.node("Add", &at("shifted"), &[&mean, "epsilon"]);
        let root = graph.node("Sqrt", &at("root"), &[&sum]);
        let unit = graph.node("Div", &at("unit"), &[input, &root]);
        graph.node("Mul", name, &[&unit, &weight])
    }
}
