//! The graph of BERT (Devlin et al. 2019) and its relatives, written in the form that PyTorch's exporter
//! gives it, which is the form that ONNX Runtime's fusions look for.

use ranker_folder::Projection;

use super::Precision;
use super::graph::{Graph, float, int, ints};
use crate::encoder::{Encoder, Layer, Linear, Norm};
use crate::matrix::Matrix;

/// What is added to the score of a masked token: its softmax becomes exactly 0.
const MASKED: f32 = f32::MIN;

pub(super) fn graph(encoder: &Encoder, precision: Precision) -> Graph {
    let mut writer = Writer {
        graph: Graph::default(),
        encoder,
        precision,
    };
    let hidden = writer.write();
    writer.graph.output(&hidden, encoder.config.hidden);
    writer.graph
}

/// The names of what every layer reads.
#[derive(Clone, Copy)]
struct Inputs<'n> {
    hidden: &'n str,
    mask: &'n str,
}

/// Writes a graph part by part. Its nodes are known by their names.
pub(super) struct Writer<'a> {
    pub(super) graph: Graph,
    pub(super) encoder: &'a Encoder,
    pub(super) precision: Precision,
}

impl Writer<'_> {
    /// Everything up to the last hidden state, whose name is returned.
    pub(super) fn write(&mut self) -> String {
        let encoder = self.encoder;
        self.inputs();
        self.constants();
        let mask = self.mask();
        let mut hidden = self.embeddings();
        for index in 0..encoder.layers.len() {
            let inputs = Inputs {
                hidden: &hidden,
                mask: &mask,
            };
            hidden = self.layer(index, inputs);
        }
        hidden
    }

    /// The small numbers that several nodes share.
    fn constants(&mut self) {
        let config = &self.encoder.config;
        let (heads, size) = (config.heads as i64, config.head_size() as i64);
        self.graph.floats("one", &[], &[1.0]);
        self.graph.floats("half", &[], &[0.5]);
        self.graph
            .floats("sqrt_two", &[], &[std::f32::consts::SQRT_2]);
        self.graph.floats("sqrt_head", &[], &[(size as f32).sqrt()]);
        self.graph.floats("masked", &[], &[MASKED]);
        // 0 keeps the input's size.
        self.graph
            .integers("split_heads", &[4], &[0, 0, heads, size]);
        self.graph
            .integers("join_heads", &[3], &[0, 0, heads * size]);
    }

    fn layer(&mut self, index: usize, inputs: Inputs<'_>) -> String {
        let encoder = self.encoder;
        let layer = &encoder.layers[index];
        let name = match index + 1 == encoder.layers.len() {
            true => "last_hidden_state".to_owned(),
            false => format!("layer.{index}"),
        };
        let at = |what: &str| format!("layer.{index}.{what}");
        let context = self.attention(&at("attention"), layer, inputs);
        let joined = self.linear(&at("join"), layer.linear(Projection::Output), &context);
        let sum = self
            .graph
            .node("Add", &at("attention.sum"), &[&joined, inputs.hidden]);
        let attended = self.norm(&at("attention.norm"), &layer.attention_norm, &sum);
        let up = self.linear(&at("up"), layer.linear(Projection::Up), &attended);
        let active = self.gelu(&at("gelu"), &up);
        let down = self.linear(&at("down"), layer.linear(Projection::Down), &active);
        let sum = self.graph.node("Add", &at("sum"), &[&down, &attended]);
        self.norm(&name, &layer.output_norm, &sum)
    }

    /// softmax(Q Kᵀ / √d + mask) V for every head.
    fn attention(&mut self, name: &str, layer: &Layer, inputs: Inputs<'_>) -> String {
        let at = |what: &str| format!("{name}.{what}");
        let mut heads = |what: &str, which, perm: &[i64]| {
            let split = self.split_heads(&at(what), layer.linear(which), inputs.hidden);
            let perm = vec![ints("perm", perm)];
            self.graph
                .node_with("Transpose", &at(what), &[&split], perm)
        };
        let query = heads("query", Projection::Query, &[0, 2, 1, 3]);
        // Keys come out transposed, for Q Kᵀ.
        let key = heads("key", Projection::Key, &[0, 2, 3, 1]);
        let value = heads("value", Projection::Value, &[0, 2, 1, 3]);
        let scores = self.graph.node("MatMul", &at("products"), &[&query, &key]);
        let scores = self
            .graph
            .node("Div", &at("scores"), &[&scores, "sqrt_head"]);
        let scores = self
            .graph
            .node("Add", &at("masked"), &[&scores, inputs.mask]);
        let weights =
            self.graph
                .node_with("Softmax", &at("weights"), &[&scores], vec![int("axis", -1)]);
        let context = self.graph.node("MatMul", &at("heads"), &[&weights, &value]);
        let perm = vec![ints("perm", &[0, 2, 1, 3])];
        let context = self
            .graph
            .node_with("Transpose", &at("tokens"), &[&context], perm);
        self.graph
            .node("Reshape", &at("context"), &[&context, "join_heads"])
    }

    /// A linear map of the input, as `[batch, sequence, heads, size]`.
    fn split_heads(&mut self, name: &str, linear: &Linear, input: &str) -> String {
        let flat = self.linear(&format!("{name}.flat"), linear, input);
        self.graph
            .node("Reshape", &format!("{name}.split"), &[&flat, "split_heads"])
    }

    /// x/2 · (1 + erf(x / √2))
    fn gelu(&mut self, name: &str, input: &str) -> String {
        let at = |what: &str| format!("{name}.{what}");
        let scaled = self.graph.node("Div", &at("scaled"), &[input, "sqrt_two"]);
        let erf = self.graph.node("Erf", &at("erf"), &[&scaled]);
        let sum = self.graph.node("Add", &at("sum"), &[&erf, "one"]);
        let product = self.graph.node("Mul", &at("product"), &[input, &sum]);
        self.graph.node("Mul", name, &[&product, "half"])
    }

    pub(super) fn norm(&mut self, name: &str, norm: &Norm, input: &str) -> String {
        let size = norm.weight.len();
        let weight = self
            .graph
            .floats(&format!("{name}.norm.weight"), &[size], &norm.weight);
        let bias = self
            .graph
            .floats(&format!("{name}.norm.bias"), &[size], &norm.bias);
        let attributes = vec![
            int("axis", -1),
            float("epsilon", self.encoder.config.norm_epsilon),
        ];
        self.graph.node_with(
            "LayerNormalization",
            name,
            &[input, &weight, &bias],
            attributes,
        )
    }

    pub(super) fn linear(&mut self, name: &str, linear: &Linear, input: &str) -> String {
        let (_, columns) = linear.weight.shape();
        let weight = (linear.weight.values(), columns);
        let name_of = format!("{name}.weight");
        let weight = self.graph.weight(&name_of, weight, self.precision);
        let bias = self
            .graph
            .floats(&format!("{name}.bias"), &[linear.bias.len()], &linear.bias);
        let product = self
            .graph
            .node("MatMul", &format!("{name}.product"), &[input, &weight]);
        self.graph.node("Add", name, &[&product, &bias])
    }

    pub(super) fn matrix(&mut self, name: &str, matrix: &Matrix) -> String {
        self.graph
            .floats(name, &[matrix.rows(), matrix.columns()], matrix.values())
    }
}
