//! Builds a graph node by node. The order of the calls is the order in the file, so the same calls
//! give the same bytes.

use super::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, attribute_type,
    data_type,
};

/// The values of a tensor.
struct Raw {
    kind: i32,
    bytes: Vec<u8>,
}

/// A graph under construction. Every value is known by its name.
#[derive(Default)]
pub(super) struct Graph {
    proto: GraphProto,
}

impl Graph {
    /// Adds a node and returns the name of its one output, which is also the node's name.
    pub(super) fn node(&mut self, op: &str, name: &str, inputs: &[&str]) -> String {
        self.node_with(op, name, inputs, Vec::new())
    }

    pub(super) fn node_with(
        &mut self,
        op: &str,
        name: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> String {
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: op.to_owned(),
            attribute,
        });
        name.to_owned()
    }

    pub(super) fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) -> String {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(
            name,
            dims,
            Raw {
                kind: data_type::FLOAT,
                bytes: raw,
            },
        )
    }

    pub(super) fn bytes(&mut self, name: &str, dims: &[usize], values: &[i8]) -> String {
        let raw = values.iter().map(|value| value.cast_unsigned()).collect();
        self.constant(
            name,
            dims,
            Raw {
                kind: data_type::INT8,
                bytes: raw,
            },
        )
    }

    pub(super) fn integers(&mut self, name: &str, dims: &[usize], values: &[i64]) -> String {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.constant(
            name,
            dims,
            Raw {
                kind: data_type::INT64,
                bytes: raw,
            },
        )
    }

    fn constant(&mut self, name: &str, dims: &[usize], raw: Raw) -> String {
        self.proto.initializer.push(TensorProto {
            dims: dims.iter().map(|&dim| dim as i64).collect(),
            data_type: raw.kind,
            name: name.to_owned(),
            raw_data: raw.bytes,
            ..TensorProto::default()
        });
        name.to_owned()
    }

    /// Declares an input of token ids: int64, `[batch, sequence]`.
    pub(super) fn input(&mut self, name: &str) {
        let dims = [named("batch"), named("sequence")];
        self.proto.input.push(value(name, data_type::INT64, dims));
    }

    /// Declares the output: f32, `[batch, sequence, hidden]`.
    pub(super) fn output(&mut self, name: &str, hidden: usize) {
        let dims = [named("batch"), named("sequence"), sized(hidden)];
        self.proto.output.push(value(name, data_type::FLOAT, dims));
    }

    /// Declares the output: f32, `[batch, 1]`.
    pub(super) fn scores(&mut self, name: &str) {
        let dims = [named("batch"), sized(1)];
        self.proto.output.push(value(name, data_type::FLOAT, dims));
    }

    /// The finished model.
    pub(super) fn into_model(mut self, ir_version: i64, opset: i64) -> ModelProto {
        "encoder".clone_into(&mut self.proto.name);
        ModelProto {
            ir_version,
            producer_name: "ranker-lora".to_owned(),
            graph: Some(self.proto),
            opset_import: vec![OperatorSetIdProto {
                domain: Some(String::new()),
                version: opset,
            }],
        }
    }
}

fn named(name: &str) -> DimensionProto {
    DimensionProto {
        dim_param: Some(name.to_owned()),
        dim_value: None,
    }
}

fn sized(size: usize) -> DimensionProto {
    DimensionProto {
        dim_value: Some(size as i64),
        dim_param: None,
    }
}

fn value<const N: usize>(name: &str, elem_type: i32, dims: [DimensionProto; N]) -> ValueInfoProto {
    let tensor = TensorTypeProto {
        elem_type,
        shape: Some(TensorShapeProto { dim: dims.into() }),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(tensor),
        }),
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        i: Some(value),
        r#type: attribute_type::INT,
        ..AttributeProto::default()
    }
}

pub(super) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        ints: values.to_vec(),
        r#type: attribute_type::INTS,
        ..AttributeProto::default()
    }
}

pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        f: Some(value),
        r#type: attribute_type::FLOAT,
        ..AttributeProto::default()
    }
}
