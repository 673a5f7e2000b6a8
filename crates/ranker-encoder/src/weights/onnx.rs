//! The part of ONNX's messages that weights are read from. Tags are those of `onnx.proto`.

use super::tensor::Kind;
use super::wire::{Fields, Value, varint};

/// What is wrong with a graph.
type Fault = String;

#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    pub(super) producer: &'a str,
    pub(super) operator_sets: usize,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) tensors: Vec<Initializer<'a>>,
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
}

#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) inputs: Vec<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    pub(super) operator: &'a str,
    /// Whether `Gemm` reads its second input with rows and columns exchanged.
    pub(super) turns: bool,
}

/// A constant of the graph.
#[derive(Debug)]
pub(super) struct Initializer<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Result<Kind, String>,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: &'a [u8],
}

impl<'a> Model<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut model = Self::default();
        for field in Fields::of(bytes) {
            match field? {
                (2, Value::Bytes(name)) => model.producer = text(name)?,
                (7, Value::Bytes(graph)) => model.graph(graph)?,
                (8, Value::Bytes(_)) => model.operator_sets += 1,
                _ => {}
            }
        }
        match model.operator_sets {
            0 => Err("the file names no operator set: it is cut short, or no graph".to_owned()),
            _ => Ok(model),
        }
    }

    fn graph(&mut self, message: &'a [u8]) -> Result<(), Fault> {
        for field in Fields::of(message) {
            match field? {
                (1, Value::Bytes(node)) => self.nodes.push(Node::parse(node)?),
                (5, Value::Bytes(tensor)) => self.tensors.push(Initializer::parse(tensor)?),
                (11, Value::Bytes(input)) => self.inputs.push(name_of(input)?),
                (12, Value::Bytes(output)) => self.outputs.push(name_of(output)?),
                _ => {}
            }
        }
        Ok(())
    }
}

impl<'a> Node<'a> {
    fn parse(message: &'a [u8]) -> Result<Self, Fault> {
        let mut node = Self::default();
        for field in Fields::of(message) {
            match field? {
                (1, Value::Bytes(name)) => node.inputs.push(text(name)?),
                (2, Value::Bytes(name)) => node.outputs.push(text(name)?),
                (4, Value::Bytes(name)) => node.operator = text(name)?,
                (5, Value::Bytes(attribute)) => node.turns |= is_turn(attribute)?,
                _ => {}
            }
        }
        Ok(node)
    }
}

/// Whether an attribute is `transB = 1`.
fn is_turn(attribute: &[u8]) -> Result<bool, Fault> {
    let (mut named, mut set) = (false, false);
    for field in Fields::of(attribute) {
        match field? {
            (1, Value::Bytes(name)) => named = name == b"transB",
            (3, Value::Number(number)) => set = number == 1,
            _ => {}
        }
    }
    Ok(named && set)
}

impl<'a> Initializer<'a> {
    fn parse(message: &'a [u8]) -> Result<Self, Fault> {
        let mut tensor = Self {
            name: "",
            kind: Err("none".to_owned()),
            shape: Vec::new(),
            bytes: &[],
        };
        let mut elsewhere = false;
        for field in Fields::of(message) {
            match field? {
                (1, Value::Number(size)) => tensor.shape.push(index(size)?),
                (1, Value::Bytes(mut sizes)) => {
                    while !sizes.is_empty() {
                        let size = varint(&mut sizes).ok_or("a shape is malformed")?;
                        tensor.shape.push(index(size)?);
                    }
                }
                (2, Value::Number(kind)) => tensor.kind = kind_of(kind),
                // `float_data`, packed, has the same bytes as `raw_data`.
                (4 | 9, Value::Bytes(bytes)) => tensor.bytes = bytes,
                (8, Value::Bytes(name)) => tensor.name = text(name)?,
                (14, Value::Number(location)) => elsewhere = location == 1,
                _ => {}
            }
        }
        if elsewhere {
            let name = tensor.name;
            return Err(format!(
                "tensor `{name}` lies in another file: ONNX Runtime is needed"
            ));
        }
        tensor.check()?;
        Ok(tensor)
    }

    fn check(&self) -> Result<(), Fault> {
        let Ok(kind) = self.kind else {
            return Ok(());
        };
        let sizes = self
            .shape
            .iter()
            .try_fold(kind.size(), |all, &size| all.checked_mul(size));
        if sizes == Some(self.bytes.len()) {
            return Ok(());
        }
        let (name, shape, length) = (self.name, &self.shape, self.bytes.len());
        Err(format!(
            "tensor `{name}` of shape {shape:?} has {length} bytes"
        ))
    }
}

/// The name of an input or output.
fn name_of(message: &[u8]) -> Result<&str, Fault> {
    for field in Fields::of(message) {
        if let (1, Value::Bytes(name)) = field? {
            return text(name);
        }
    }
    Ok("")
}

fn text(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| format!("a name is no text: {error}"))
}

fn index(size: u64) -> Result<usize, Fault> {
    usize::try_from(size).map_err(|_| "a tensor's size is out of bounds".to_owned())
}

/// `TensorProto.DataType`.
fn kind_of(kind: u64) -> Result<Kind, String> {
    match kind {
        1 => Ok(Kind::F32),
        3 => Ok(Kind::I8),
        10 => Ok(Kind::F16),
        16 => Ok(Kind::Bf16),
        other => Err(format!("ONNX {other}")),
    }
}
