//! The seam behind [`crate::OnnxEmbedder`]: what runs the graph.

// With an engine left out, what only that one needs is left over.
#![cfg_attr(not(all(feature = "onnxruntime", feature = "tract")), allow(dead_code))]

#[cfg(feature = "onnxruntime")]
mod onnxruntime;
#[cfg(feature = "tract")]
mod tract;

use std::path::Path;

use ranker_core::BoxError;

use crate::{Backend, LoadError};

/// Runs one encoder graph. Shared by threads.
pub(crate) trait Engine: Send + Sync {
    /// The engine and its version, for display.
    fn name(&self) -> &str;

    /// How many batches it runs at the same time.
    fn lanes(&self) -> usize;

    /// The graph's output for a batch: its shape and its values.
    fn output(&self, batch: &Batch) -> Result<(Vec<usize>, Vec<f32>), BoxError>;

    /// The hidden states of a batch.
    fn run(&self, batch: &Batch) -> Result<Hidden, BoxError> {
        let (shape, values) = self.output(batch)?;
        Hidden::new(batch, &shape, values)
    }

    /// One score a row, from a graph that ends in a classifier of one label.
    fn scores(&self, batch: &Batch) -> Result<Vec<f32>, BoxError> {
        let (shape, values) = self.output(batch)?;
        match shape[..] {
            [rows, 1] if rows == batch.rows && values.len() == rows => Ok(values),
            _ => Err(format!(
                "the graph gave shape {shape:?} for {} pairs; scores have shape [pairs, 1]",
                batch.rows
            )
            .into()),
        }
    }
}

/// What an engine may use of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resources {
    /// Threads in all.
    pub(crate) threads: usize,
    /// Copies of the model, where the engine needs one for each batch that runs at the same time.
    pub(crate) sessions: usize,
}

/// Token sequences, padded to one length; every array is row-major, `rows × columns`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) ids: Vec<i64>,
    pub(crate) mask: Vec<i64>,
    pub(crate) types: Vec<i64>,
}

/// A sequence to be put into a batch: token ids and their segment ids.
pub(crate) type Sequence<'a> = (&'a [u32], &'a [u32]);

impl Batch {
    pub(crate) fn new(sequences: &[Sequence<'_>], pad: u32) -> Self {
        let rows = sequences.len();
        let longest = sequences.iter().map(|(ids, _)| ids.len()).max();
        let columns = longest.unwrap_or(0);
        let mut batch = Self {
            rows,
            columns,
            ids: vec![i64::from(pad); rows * columns],
            mask: vec![0; rows * columns],
            types: vec![0; rows * columns],
        };
        for (row, (ids, types)) in sequences.iter().enumerate() {
            let start = row * columns;
            for (column, (&id, &kind)) in ids.iter().zip(*types).enumerate() {
                batch.ids[start + column] = id.into();
                batch.mask[start + column] = 1;
                batch.types[start + column] = kind.into();
            }
        }
        batch
    }

    fn array(&self, input: Input) -> &[i64] {
        match input {
            Input::Ids => &self.ids,
            Input::Mask => &self.mask,
            Input::Types => &self.types,
        }
    }
}

/// Hidden states, row-major: `rows × columns × dimension` of the batch they were computed from.
#[derive(Debug)]
pub(crate) struct Hidden {
    pub(crate) dimension: usize,
    pub(crate) values: Vec<f32>,
}

impl Hidden {
    /// Checks the shape that an engine reports against the batch it was given.
    fn new(batch: &Batch, shape: &[usize], values: Vec<f32>) -> Result<Self, BoxError> {
        match *shape {
            [rows, columns, dimension]
                if (rows, columns) == (batch.rows, batch.columns)
                    && values.len() == rows * columns * dimension =>
            {
                Ok(Self { dimension, values })
            }
            _ => Err(format!(
                "the graph gave shape {shape:?} for {} texts of {} tokens; hidden states have \
                 shape [texts, tokens, dimension]",
                batch.rows, batch.columns
            )
            .into()),
        }
    }
}

/// An input that an encoder graph may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Ids,
    Mask,
    Types,
}

impl Input {
    fn by_name(name: &str) -> Result<Self, BoxError> {
        match name {
            "input_ids" => Ok(Self::Ids),
            "attention_mask" => Ok(Self::Mask),
            "token_type_ids" => Ok(Self::Types),
            _ => Err(format!(
                "the graph asks for input {name:?}; an encoder has `input_ids`, `attention_mask` \
                 and `token_type_ids`"
            )
            .into()),
        }
    }
}

/// The output that holds the hidden states: by its usual name, or else the first.
fn hidden_output<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<usize, BoxError> {
    let mut first = None;
    for (index, name) in names.into_iter().enumerate() {
        if name == "last_hidden_state" {
            return Ok(index);
        }
        first.get_or_insert(index);
    }
    first.ok_or_else(|| "the graph has no output".into())
}

/// Loads a graph with the engine asked for.
pub(crate) fn load(
    backend: Backend,
    model: &Path,
    resources: Resources,
) -> Result<Box<dyn Engine>, LoadError> {
    match backend {
        Backend::OnnxRuntime => load_onnxruntime(model, resources),
        Backend::Tract => load_tract(model, resources),
        Backend::Auto => match load_onnxruntime(model, resources) {
            Err(LoadError::RuntimeNotLoaded | LoadError::NotCompiled { .. }) => {
                match load_tract(model, resources) {
                    Err(LoadError::NotCompiled { .. }) => Err(LoadError::NoEngine),
                    loaded => loaded,
                }
            }
            loaded => loaded,
        },
    }
}

#[cfg(feature = "onnxruntime")]
fn load_onnxruntime(model: &Path, resources: Resources) -> Result<Box<dyn Engine>, LoadError> {
    let runtime = crate::onnxruntime::runtime().ok_or(LoadError::RuntimeNotLoaded)?;
    let name = format!("ONNX Runtime {}", runtime.version);
    match onnxruntime::OnnxRuntime::load(&runtime, model, resources) {
        Ok(engine) => Ok(Box::new(engine)),
        Err(source) => Err(graph(model, name, source)),
    }
}

#[cfg(not(feature = "onnxruntime"))]
fn load_onnxruntime(_: &Path, _: Resources) -> Result<Box<dyn Engine>, LoadError> {
    Err(LoadError::NotCompiled {
        backend: Backend::OnnxRuntime,
    })
}

#[cfg(feature = "tract")]
fn load_tract(model: &Path, resources: Resources) -> Result<Box<dyn Engine>, LoadError> {
    match tract::Tract::load(model, resources) {
        Ok(engine) => Ok(Box::new(engine)),
        Err(source) => Err(graph(model, tract::NAME.to_owned(), source)),
    }
}

#[cfg(not(feature = "tract"))]
fn load_tract(_: &Path, _: Resources) -> Result<Box<dyn Engine>, LoadError> {
    Err(LoadError::NotCompiled {
        backend: Backend::Tract,
    })
}

#[cfg(any(feature = "onnxruntime", feature = "tract"))]
fn graph(model: &Path, backend: String, source: BoxError) -> LoadError {
    LoadError::Graph {
        path: model.to_path_buf(),
        backend,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_to_the_longest_and_masks_the_padding() {
        let batch = Batch::new(&[(&[5, 6, 7], &[0, 0, 1]), (&[8], &[0])], 1);
        assert_eq!((batch.rows, batch.columns), (2, 3));
        assert_eq!(batch.ids, [5, 6, 7, 8, 1, 1]);
        assert_eq!(batch.mask, [1, 1, 1, 1, 0, 0]);
        assert_eq!(batch.types, [0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn refuses_a_shape_that_is_not_hidden_states() {
        let batch = Batch::new(&[(&[5, 6], &[0, 0])], 0);
        assert!(Hidden::new(&batch, &[1, 2, 2], vec![0.0; 4]).is_ok());
        for shape in [&[1, 2][..], &[1, 3, 2], &[2, 1, 2]] {
            assert!(Hidden::new(&batch, shape, vec![0.0; 4]).is_err());
        }
    }

    #[test]
    fn takes_the_named_output_or_the_first() {
        assert_eq!(hidden_output(["pooled", "last_hidden_state"]).unwrap(), 1);
        assert_eq!(hidden_output(["token_embeddings", "pooled"]).unwrap(), 0);
        assert!(hidden_output([]).is_err());
        assert!(Input::by_name("position_ids").is_err());
    }
}
