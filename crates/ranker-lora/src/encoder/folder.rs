//! A folder that sentence encoders load: the ONNX model, the tokenizer, and how texts are read.

use std::path::Path;

use ranker_folder::ModelFolder;
use serde_json::{Value, json};

use super::config::EncoderConfig;
use super::save::full_config;
use super::weights::Encoder;
use crate::error::LoraError;
use crate::files::{self, MODEL, Staged};
use crate::onnx::Precision;

impl Encoder {
    /// Writes a whole encoder folder in the layout of sentence-transformers: `model.onnx` from these
    /// weights; `config.json` and `tokenizer.json` copied from `source`, and every other file there
    /// that defines how texts are read and pooled ([`ModelFolder::companions`]: pooling, limits,
    /// prompts), so that the written encoder is served as this one was trained. Of those, where
    /// `source` lacks them, `modules.json`, `1_Pooling/config.json` and `sentence_bert_config.json`
    /// are made: mean of the tokens, normalised, the limit of `source`.
    ///
    /// [`Precision::Float32`] also writes `model.safetensors`, from which [`Encoder::read`] has the
    /// same weights again, and which `AutoModel.from_pretrained` of `transformers` reads. The
    /// `config.json` then has the type `float32`. [`Precision::Int8`] leaves one that is there
    /// alone.
    ///
    /// Where `model.onnx` would pass 2 GiB, its weights lie beside it in `model.onnx_data`, which ONNX Runtime reads with it.
    ///
    /// All files are written under temporary names and renamed when the last one is complete.
    ///
    /// # Errors
    /// [`LoraError::Io`] for a file that cannot be read or written, [`LoraError::Folder`] for one of
    /// `source` that is damaged, [`LoraError::Setting`] where the configuration in `source` is of
    /// another encoder.
    pub fn write_folder(
        &self,
        source: impl AsRef<Path>,
        out: impl AsRef<Path>,
        precision: Precision,
    ) -> Result<(), LoraError> {
        let (source, out) = (ModelFolder::read(source)?, out.as_ref());
        let mut staged = Staged::new(out)?;
        let config = config_beside(&source, &self.config, precision)?;
        staged.add(ModelFolder::CONFIG, &config)?;
        copy_companions(&source, &mut staged)?;
        for (name, content) in self.defaults(&source) {
            if !source.companions().contains(&name) {
                staged.add(name, format!("{content:#}\n").as_bytes())?;
            }
        }
        self.onnx(precision).stage(&mut staged)?;
        if precision == Precision::Float32 {
            staged.add(MODEL, &self.to_safetensors(&out.join(MODEL))?)?;
        }
        staged.commit()
    }

    /// The files of sentence-transformers that are made where the source has none, with the values
    /// published with all-MiniLM-L6-v2.
    fn defaults(&self, source: &ModelFolder) -> Vec<(&'static str, Value)> {
        let most = source.limits.default_tokens();
        let lengths = json!({
            "max_seq_length": most.unwrap_or(self.config.positions),
            "do_lower_case": false,
        });
        let mut files = vec![(ModelFolder::LENGTHS, lengths)];
        // A list of modules names its own pooling.
        if !source.companions().contains(&ModelFolder::MODULES) {
            files.push((ModelFolder::MODULES, modules()));
            files.push((ModelFolder::POOLING, pooling(self.config.hidden)));
        }
        files
    }
}

/// The bytes of a `config.json`, which must describe this encoder.
pub(crate) fn own_config(path: &Path, encoder: &EncoderConfig) -> Result<Vec<u8>, LoraError> {
    let bytes = files::read(path)?;
    if EncoderConfig::parse(path, &bytes)? != *encoder {
        let rule = "it must describe the encoder that is written";
        return Err(LoraError::setting(
            ModelFolder::CONFIG,
            path.display(),
            rule,
        ));
    }
    Ok(bytes)
}

/// As [`own_config`], with what is true of the weights that lie beside it: in 8 bits there are none but
/// the graph's, and its settings for others stay.
pub(crate) fn config_beside(
    source: &ModelFolder,
    encoder: &EncoderConfig,
    precision: Precision,
) -> Result<Vec<u8>, LoraError> {
    let path = source.config_file();
    let bytes = own_config(&path, encoder)?;
    match precision {
        Precision::Float32 => Ok(full_config(&path, &bytes)?.unwrap_or(bytes)),
        Precision::Int8 => Ok(bytes),
    }
}

/// Copies the tokenizer and the files that define how texts are read and pooled.
pub(crate) fn copy_companions(source: &ModelFolder, staged: &mut Staged) -> Result<(), LoraError> {
    for name in [ModelFolder::TOKENIZER].iter().chain(&source.companions()) {
        staged.add(name, &files::read(&source.root.join(name))?)?;
    }
    Ok(())
}

fn modules() -> Value {
    let module = |index: usize, path: &str, kind: &str| {
        let kind = format!("sentence_transformers.models.{kind}");
        json!({ "idx": index, "name": index.to_string(), "path": path, "type": kind })
    };
    json!([
        module(0, "", "Transformer"),
        module(1, "1_Pooling", "Pooling"),
        module(2, "2_Normalize", "Normalize"),
    ])
}

fn pooling(hidden: usize) -> Value {
    json!({
        "word_embedding_dimension": hidden,
        "pooling_mode_cls_token": false,
        "pooling_mode_mean_tokens": true,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
    })
}
