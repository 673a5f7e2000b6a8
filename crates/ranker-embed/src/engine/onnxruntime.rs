//! ONNX Runtime: the fast engine.

mod batch;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use ort::session::Session;
use ort::value::TensorRef;
use ranker_core::BoxError;
use rayon::ThreadPool;

use super::{Engine, Hidden, Model, Resources, Sequence};
use crate::onnxruntime::Runtime;
use batch::{Batch, Input};

/// A pool of sessions over one graph.
///
/// `ort` takes `&mut Session` to run, since not everything inside ONNX Runtime is safe to share, so
/// each batch has a session to itself while it runs. Nothing is locked meanwhile but that session.
pub(crate) struct OnnxRuntime {
    name: String,
    inputs: Vec<(String, Input)>,
    output: String,
    pool: Option<ThreadPool>,
    /// The id that fills up shorter texts.
    pad: u32,
    idle: Mutex<Vec<Session>>,
    returned: Condvar,
}

impl OnnxRuntime {
    pub(crate) fn load(
        runtime: &Runtime,
        model: Model<'_>,
        (resources, pool): (Resources, Option<ThreadPool>),
    ) -> Result<Self, BoxError> {
        let threads = (resources.threads / resources.sessions).max(1);
        let sessions = (0..resources.sessions)
            .map(|_| session(runtime, model.file, threads))
            .collect::<Result<Vec<_>, ort::Error>>()?;
        let first = sessions.first().ok_or("no session was asked for")?;
        let inputs = first
            .inputs()
            .iter()
            .map(|input| Ok((input.name().to_owned(), Input::by_name(input.name())?)))
            .collect::<Result<Vec<_>, BoxError>>()?;
        let output = hidden_output(first.outputs().iter().map(|output| output.name()))?;
        Ok(Self {
            name: format!("ONNX Runtime {}", runtime.version),
            inputs,
            output: first.outputs()[output].name().to_owned(),
            pool,
            pad: model.folder.pad,
            idle: Mutex::new(sessions),
            returned: Condvar::new(),
        })
    }

    /// Takes a session, waiting for one to be returned where all are in use.
    fn checkout(&self) -> Checkout<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(session) = idle.pop() {
                return Checkout {
                    pool: self,
                    session: Some(session),
                };
            }
            let waited = self.returned.wait(idle);
            idle = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn session(runtime: &Runtime, model: &Path, threads: usize) -> Result<Session, ort::Error> {
    Session::builder(&runtime.environment)?
        .with_intra_threads(threads)?
        // Its threads would go on looking for work after a text, where others search for what it said.
        .with_config_entry("session.force_spinning_stop", "1")?
        // Patterns are kept for each shape seen, and texts come in hundreds of shapes.
        .with_memory_pattern(false)?
        .commit_from_file(model)
}

impl OnnxRuntime {
    /// The graph's output for a batch: its shape and its values.
    fn output(&self, batch: &Batch) -> Result<(Vec<usize>, Vec<f32>), BoxError> {
        let shape = [batch.rows, batch.columns];
        let inputs = self
            .inputs
            .iter()
            .map(|(name, input)| {
                let tensor = TensorRef::from_array_view((shape, batch.array(*input)))?;
                Ok((name.as_str(), tensor))
            })
            .collect::<Result<Vec<_>, ort::Error>>()?;
        let mut session = self.checkout();
        let outputs = session.run(inputs)?;
        let hidden = outputs
            .get(&self.output)
            .ok_or("the graph gave no output")?;
        let (shape, values) = hidden.try_extract_tensor::<f32>()?;
        let shape = shape.iter().map(|&size| usize::try_from(size));
        let shape = shape.collect::<Result<Vec<_>, _>>()?;
        Ok((shape, values.to_vec()))
    }
}

impl Engine for OnnxRuntime {
    fn name(&self) -> &str {
        &self.name
    }

    fn pool(&self) -> Option<&ThreadPool> {
        self.pool.as_ref()
    }

    fn run(&self, texts: &[Sequence<'_>]) -> Result<Hidden, BoxError> {
        let batch = Batch::new(texts, self.pad);
        let (shape, values) = self.output(&batch)?;
        let dimension = batch.dimension(&shape, values.len())?;
        let rows = texts.iter().enumerate().map(|(row, (ids, _))| {
            let start = row * batch.columns;
            start..start + ids.len()
        });
        Ok(Hidden::new(dimension, rows, values))
    }

    fn scores(&self, texts: &[Sequence<'_>]) -> Result<Vec<f32>, BoxError> {
        let (shape, values) = self.output(&Batch::new(texts, self.pad))?;
        match shape[..] {
            [rows, 1] if rows == texts.len() && values.len() == rows => Ok(values),
            _ => Err(format!(
                "the graph gave shape {shape:?} for {} pairs; scores have shape [pairs, 1]",
                texts.len()
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

/// A session on loan: returned when dropped, so that a panic loses none.
struct Checkout<'a> {
    pool: &'a OnnxRuntime,
    session: Option<Session>,
}

impl Deref for Checkout<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session.as_ref().expect("present until dropped")
    }
}

impl DerefMut for Checkout<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session.as_mut().expect("present until dropped")
    }
}

impl Drop for Checkout<'_> {
    fn drop(&mut self) {
        let idle = self.pool.idle.lock();
        let mut idle = idle.unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.session.take());
        self.pool.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_named_output_or_the_first() {
        assert_eq!(hidden_output(["pooled", "last_hidden_state"]).unwrap(), 1);
        assert_eq!(hidden_output(["token_embeddings", "pooled"]).unwrap(), 0);
        assert!(hidden_output([]).is_err());
    }
}
