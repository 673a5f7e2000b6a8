//! A folder that is served: the ONNX graph, the tokenizer, and how texts are read and pooled.

use std::path::Path;

use ranker_folder::ModelFolder;
use serde_json::{Value, json};

use super::config::DecoderConfig;
use super::maps::WORDS;
use super::weights::{Decoder, DecoderWeights};
use crate::encoder::{
    NamedTensor, Rows as _, Stored, Weight, copy_companions, full_config, serialize, weight,
};
use crate::error::LoraError;
use crate::files::{self, MODEL, Staged};
use crate::onnx::Precision;

impl Decoder {
    /// Writes a whole folder in the layout of sentence-transformers, as [`Encoder::write_folder`](crate::Encoder::write_folder)
    /// does: `model.onnx` from these weights, and of `source` all files that define how texts are read and pooled. Where
    /// `source` names no pooling, the last token is written.
    ///
    /// [`Precision::Float32`] also writes `model.safetensors`, from which [`Decoder::read`] has the same weights again.
    ///
    /// All files are written under temporary names and renamed when the last one is complete.
    ///
    /// # Errors
    /// [`LoraError::Io`] for a file that cannot be read or written, [`LoraError::Folder`] for one of
    /// `source` that is damaged, [`LoraError::Setting`] where the configuration in `source` is of
    /// another decoder, or where texts may be longer than its sliding window.
    pub fn write_folder(
        &self,
        source: impl AsRef<Path>,
        out: impl AsRef<Path>,
        precision: Precision,
    ) -> Result<(), LoraError> {
        let (source, out) = (ModelFolder::read(source)?, out.as_ref());
        let most = source.limits.default_tokens();
        if let Some(most) = most.filter(|most| *most > self.config.positions) {
            let rule = "texts must not be longer than the decoder's sliding window: \
                        set max_seq_length in sentence_bert_config.json to that";
            return Err(LoraError::setting("max_seq_length", most, rule));
        }
        let mut staged = Staged::new(out)?;
        staged.add(
            ModelFolder::CONFIG,
            &self.config_beside(&source, precision)?,
        )?;
        copy_companions(&source, &mut staged)?;
        let lengths = json!({
            "max_seq_length": most.unwrap_or(self.config.positions),
            "do_lower_case": false,
        });
        let mut defaults = vec![(ModelFolder::LENGTHS, lengths)];
        // A list of modules names its own pooling.
        if !source.companions().contains(&ModelFolder::MODULES) {
            defaults.push((ModelFolder::MODULES, modules()));
            defaults.push((ModelFolder::POOLING, pooling(self.config.hidden)));
        }
        for (name, content) in defaults {
            if !source.companions().contains(&name) {
                staged.add(name, format!("{content:#}\n").as_bytes())?;
            }
        }
        self.onnx(precision)?.stage(&mut staged)?;
        if precision == Precision::Float32 {
            staged.add(MODEL, &self.to_safetensors(&out.join(MODEL))?)?;
        }
        staged.commit()
    }

    /// The bytes of a `config.json`, which must describe this decoder, with what is true of the weights beside it.
    fn config_beside(
        &self,
        source: &ModelFolder,
        precision: Precision,
    ) -> Result<Vec<u8>, LoraError> {
        let path = source.config_file();
        let bytes = files::read(&path)?;
        if DecoderConfig::parse(&path, &bytes)? != self.config {
            let rule = "it must describe the decoder that is written";
            return Err(LoraError::setting(
                ModelFolder::CONFIG,
                path.display(),
                rule,
            ));
        }
        match precision {
            Precision::Float32 => Ok(full_config(&path, &bytes)?.unwrap_or(bytes)),
            Precision::Int8 => Ok(bytes),
        }
    }
}

impl<W: Weight> DecoderWeights<W> {
    /// The bytes of a `model.safetensors` with the names of transformers; `path` is for messages.
    pub(super) fn to_safetensors(&self, path: &Path) -> Result<Vec<u8>, LoraError> {
        let words = (weight(WORDS), self.words.stored(self.config.hidden));
        let mut all: Vec<NamedTensor<'_>> = vec![words];
        let norms = self.vectors().into_iter();
        all.extend(norms.map(|(path, values)| (weight(&path), Stored::vector(values))));
        for (path, linear) in self.linears() {
            all.extend(linear.stored(&path));
        }
        serialize(path, all)
    }
}

/// The list of modules of an encoder that takes the last token.
pub(super) fn modules() -> Value {
    json!([
        { "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" },
        { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
    ])
}

/// The file of the second.
pub(super) fn pooling(hidden: usize) -> Value {
    json!({ "word_embedding_dimension": hidden, "pooling_mode_lasttoken": true })
}
