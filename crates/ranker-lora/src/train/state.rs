//! What a training is besides its data: written to a checkpoint and read again.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::adamw::AdamW;
use super::error::TrainError;
use super::log::{FIELDS, StepRecord, TrainingLog};
use crate::digest::Fingerprint;
use crate::error::LoraError;
use crate::files::{self, Staged};

/// The file in a checkpoint's folder.
pub(super) const FILE: &str = "checkpoint.safetensors";
const KIND: &str = "ranker-lora checkpoint 2";
/// Its fingerprint depended on the version of the compiler.
const EARLIER: &str = "ranker-lora checkpoint 1";

/// Everything that changes from step to step. The order of the data, and dropout, follow from the
/// seed and the step's number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct State {
    pub(super) values: Vec<f32>,
    pub(super) adam: AdamW,
    /// How many steps are done.
    pub(super) step: usize,
    pub(super) log: TrainingLog,
    pub(super) best: Option<Best>,
}

/// The adapter of the greatest metric so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    pub(super) step: usize,
    pub(super) metric: f64,
    pub(super) values: Vec<f32>,
}

impl State {
    pub(super) fn new(values: Vec<f32>) -> Self {
        Self {
            adam: AdamW::new(values.len()),
            values,
            step: 0,
            log: TrainingLog::default(),
            best: None,
        }
    }

    /// Writes the state; `fingerprint` identifies the training that it belongs to. The file before stays
    /// until the new one is whole and on the disk.
    pub(super) fn write(&self, folder: &Path, fingerprint: Fingerprint) -> Result<(), TrainError> {
        let bytes = self
            .to_bytes(fingerprint)
            .map_err(LoraError::format(&folder.join(FILE), "safetensors"))?;
        let mut staged = Staged::new(folder)?;
        staged.add(FILE, &bytes)?;
        Ok(staged.commit()?)
    }

    fn to_bytes(&self, fingerprint: Fingerprint) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        let floats =
            |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|v| v.to_le_bytes()).collect() };
        let log = self.log.steps.iter().flat_map(|record| record.to_numbers());
        let log: Vec<u8> = log.flat_map(f64::to_le_bytes).collect();
        let mut parts = vec![
            ("values", floats(&self.values)),
            ("first_moment", floats(&self.adam.first)),
            ("second_moment", floats(&self.adam.second)),
        ];
        let mut notes = HashMap::from([
            ("kind".to_owned(), KIND.to_owned()),
            ("training".to_owned(), fingerprint.to_string()),
            ("step".to_owned(), self.step.to_string()),
            ("updates".to_owned(), self.adam.updates.to_string()),
        ]);
        if let Some(best) = &self.best {
            parts.push(("best", floats(&best.values)));
            notes.insert("best_step".to_owned(), best.step.to_string());
            // Bits, so that nothing is rounded.
            notes.insert("best_metric".to_owned(), best.metric.to_bits().to_string());
        }
        let mut views = vec![(
            "log",
            TensorView::new(Dtype::F64, vec![self.log.steps.len(), FIELDS], &log)?,
        )];
        for (name, bytes) in &parts {
            views.push((
                name,
                TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes)?,
            ));
        }
        safetensors::serialize(views, Some(notes))
    }

    /// Reads what [`State::write`] wrote for the same training, or `None` where there is nothing.
    pub(super) fn read(
        folder: &Path,
        fingerprint: Fingerprint,
        count: usize,
    ) -> Result<Option<Self>, TrainError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path)?;
        let wrong = |problem| TrainError::Checkpoint {
            path: path.clone(),
            problem,
        };
        let file = Checkpoint::parse(&path, &bytes)?;
        if file.note("kind") == Some(EARLIER) {
            return Err(wrong(
                "an earlier version of ranker-lora wrote it; finish the training with that version, \
                 or delete the file to begin anew",
            ));
        }
        if file.note("kind") != Some(KIND) {
            return Err(wrong("it is no checkpoint of this version"));
        }
        if file.note("training") != Some(&fingerprint.to_string()) {
            return Err(wrong(
                "it was written with other settings, other data or another encoder",
            ));
        }
        let state = file
            .state()
            .ok_or_else(|| wrong("a part of it is missing"))?;
        let lengths = [&state.values, &state.adam.first, &state.adam.second];
        if lengths.iter().any(|part| part.len() != count) {
            return Err(wrong("it has another number of values"));
        }
        Ok(Some(state))
    }
}

/// A checkpoint's file, taken apart.
struct Checkpoint<'a> {
    tensors: SafeTensors<'a>,
    notes: HashMap<String, String>,
}

impl<'a> Checkpoint<'a> {
    fn parse(path: &Path, bytes: &'a [u8]) -> Result<Self, LoraError> {
        let invalid = || LoraError::format(path, "safetensors");
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(invalid())?;
        Ok(Self {
            tensors: SafeTensors::deserialize(bytes).map_err(invalid())?,
            notes: header.metadata().clone().unwrap_or_default(),
        })
    }

    fn note(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.note(name)?.parse().ok()
    }

    fn floats(&self, name: &str) -> Option<Vec<f32>> {
        let view = self.tensors.tensor(name).ok()?;
        let (fours, _) = view.data().as_chunks::<4>();
        Some(fours.iter().map(|four| f32::from_le_bytes(*four)).collect())
    }

    fn state(&self) -> Option<State> {
        let view = self.tensors.tensor("log").ok()?;
        let (eights, _) = view.data().as_chunks::<8>();
        let numbers: Vec<f64> = eights
            .iter()
            .map(|eight| f64::from_le_bytes(*eight))
            .collect();
        let (records, _) = numbers.as_chunks::<FIELDS>();
        Some(State {
            values: self.floats("values")?,
            adam: AdamW {
                first: self.floats("first_moment")?,
                second: self.floats("second_moment")?,
                updates: self.number("updates")?,
            },
            step: self.number("step")? as usize,
            log: TrainingLog {
                steps: records.iter().map(StepRecord::of_numbers).collect(),
            },
            best: self.best(),
        })
    }

    fn best(&self) -> Option<Best> {
        Some(Best {
            step: self.number("best_step")? as usize,
            metric: f64::from_bits(self.number("best_metric")?),
            values: self.floats("best")?,
        })
    }
}
