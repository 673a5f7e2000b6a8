//! The folder of a cross-encoder.

use std::path::Path;

use ranker_folder::ModelFolder;
use serde_json::{Value, json};

use super::CrossEncoder;
use crate::encoder::{config_beside, copy_companions};
use crate::error::LoraError;
use crate::files::{MODEL, Staged};
use crate::onnx::Precision;

impl CrossEncoder {
    /// Writes a folder that a reranker loads: `model.onnx` ([`CrossEncoder::to_onnx`]), the
    /// tokenizer's files copied from `source`, and its `config.json` with one label. In
    /// [`Precision::Float32`] also `model.safetensors`, which [`CrossEncoder::read`] and
    /// `AutoModelForSequenceClassification.from_pretrained` of `transformers` read.
    ///
    /// All files are written under temporary names and renamed when the last one is complete.
    ///
    /// # Errors
    /// As for [`Encoder::write_folder`](crate::Encoder::write_folder).
    pub fn write_folder(
        &self,
        source: impl AsRef<Path>,
        out: impl AsRef<Path>,
        precision: Precision,
    ) -> Result<(), LoraError> {
        let source = ModelFolder::read(source)?;
        let config = config_beside(&source, self.config(), precision)?;
        let config = self.own_config(&source.config_file(), &config)?;
        let mut staged = Staged::new(out.as_ref())?;
        staged.add(ModelFolder::CONFIG, &config)?;
        copy_companions(&source, &mut staged)?;
        self.onnx(precision).stage(&mut staged)?;
        if precision == Precision::Float32 {
            staged.add(MODEL, &self.to_safetensors(&out.as_ref().join(MODEL))?)?;
        }
        staged.commit()
    }

    /// A `config.json` with one label, as `transformers` reads it.
    fn own_config(&self, path: &Path, bytes: &[u8]) -> Result<Vec<u8>, LoraError> {
        let mut config: Value =
            serde_json::from_slice(bytes).map_err(LoraError::format(path, "JSON"))?;
        config["architectures"] = json!([self.config().family.head.architecture]);
        config["id2label"] = json!({ "0": "LABEL_0" });
        config["label2id"] = json!({ "LABEL_0": 0 });
        Ok(format!("{config:#}\n").into_bytes())
    }
}
