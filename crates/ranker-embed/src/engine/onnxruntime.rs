//! ONNX Runtime: the fast engine.

mod batch;
mod inputs;
mod outputs;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use ort::session::Session;
use ranker_core::BoxError;
use rayon::ThreadPool;

use super::{Engine, Hidden, Logits, Model, Resources, Sequence};
use crate::onnxruntime::Runtime;
use batch::{Batch, Padding};
use inputs::Input;
use outputs::{Axes, Output};

/// A pool of sessions over one graph.
///
/// `ort` takes `&mut Session` to run, since not everything inside ONNX Runtime is safe to share, so
/// each batch has a session to itself while it runs. Nothing is locked meanwhile but that session.
pub(crate) struct OnnxRuntime {
    name: String,
    inputs: Vec<Input>,
    output: Output,
    pool: Option<ThreadPool>,
    padding: Padding,
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
        let folder = model.folder;
        let inputs = first.inputs().iter();
        let inputs = inputs.map(|input| Input::new(input, folder.heads));
        let outputs: Vec<Axes<'_>> = first.outputs().iter().map(Axes::of).collect();
        Ok(Self {
            name: format!("ONNX Runtime {}", runtime.version),
            inputs: inputs.collect::<Result<_, _>>()?,
            output: Output::choose(&outputs, model.purpose)?,
            pool,
            padding: Padding {
                id: folder.pad,
                place: folder.position_padding(),
            },
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
        let inputs = self.inputs.iter();
        let inputs = inputs
            .map(|input| Ok((input.name.as_str(), input.value(batch)?)))
            .collect::<Result<Vec<_>, ort::Error>>()?;
        let mut session = self.checkout();
        let outputs = session.run(inputs)?;
        let output = outputs.get(self.output.name());
        outputs::floats(output.ok_or("the graph gave no output")?)
    }

    fn batch(&self, texts: &[Sequence<'_>]) -> Batch {
        Batch::new(texts, self.padding)
    }

    /// Texts of one length at a time: a graph that pools by itself may take the last column for the last
    /// token, on whichever side its model was padded.
    fn pooled(&self, texts: &[Sequence<'_>]) -> Result<Hidden, BoxError> {
        let (mut found, mut all) = (None, Vec::new());
        for alike in texts.chunk_by(|a, b| a.ids.len() == b.ids.len()) {
            let (shape, values) = self.output(&self.batch(alike))?;
            match (&shape[..], found) {
                (&[rows, size], None) if rows == alike.len() => found = Some(size),
                (&[rows, size], Some(before)) if rows == alike.len() && size == before => {}
                _ => {
                    return Err(format!(
                        "the graph gave shape {shape:?} for {} texts; their vectors have shape \
                         [texts, dimension]",
                        alike.len()
                    )
                    .into());
                }
            }
            all.extend(values);
        }
        Ok(Hidden::pooled(found.unwrap_or(0), texts.len(), all))
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
        if let Output::Texts(_) = self.output {
            return self.pooled(texts);
        }
        let batch = self.batch(texts);
        let (shape, values) = self.output(&batch)?;
        let dimension = batch.dimension(&shape, values.len())?;
        let rows = texts.iter().enumerate().map(|(row, text)| {
            let start = row * batch.columns;
            start..start + text.ids.len()
        });
        Ok(Hidden::new(dimension, rows, values))
    }

    fn logits(&self, texts: &[Sequence<'_>]) -> Result<Logits, BoxError> {
        let (shape, values) = self.output(&self.batch(texts))?;
        let labels = match shape[..] {
            [rows] if rows == texts.len() => 1,
            [rows, labels] if rows == texts.len() && labels > 0 => labels,
            _ => {
                return Err(format!(
                    "the graph gave shape {shape:?} for {} pairs; scores have shape [pairs, labels]",
                    texts.len()
                )
                .into());
            }
        };
        Ok(Logits { labels, values })
    }
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
