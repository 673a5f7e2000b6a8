//! A folder that sentence encoders load: the ONNX model, the tokenizer, and how to pool.

use std::path::Path;

use serde_json::{Value, json};

use crate::files::Staged;
use crate::save::{MODEL, full_config};
use crate::{Encoder, EncoderConfig, LoraError, Precision, files};

/// The file that describes an encoder.
pub(crate) const CONFIG: &str = "config.json";

/// Makes a file's content for an encoder.
type Default = fn(&Encoder) -> Value;

/// The sentence-transformers files, with what to write where the source folder lacks one: the
/// values published with all-MiniLM-L6-v2.
const SIDECARS: [(&str, Default); 3] = [
    ("modules.json", modules),
    ("1_Pooling/config.json", pooling),
    ("sentence_bert_config.json", lengths),
];

/// Tokenizer files beside `tokenizer.json`, copied where they exist.
const TOKENIZER_FILES: [&str; 2] = ["tokenizer_config.json", "special_tokens_map.json"];

impl Encoder {
    /// Writes a whole encoder folder in the layout of sentence-transformers: `model.onnx` from these
    /// weights; `config.json` and `tokenizer.json` copied from `source`; `modules.json`,
    /// `1_Pooling/config.json` and `sentence_bert_config.json` copied where `source` has them, and
    /// otherwise made with the values of all-MiniLM-L6-v2 (mean of the tokens, normalised, at most
    /// 256 tokens).
    ///
    /// [`Precision::Float32`] also writes `model.safetensors`, from which [`Encoder::read`] has the
    /// same weights again, and which `AutoModel.from_pretrained` of `transformers` reads. The
    /// `config.json` then says that all is `f32`. [`Precision::Int8`] leaves one that is there
    /// alone.
    ///
    /// All files are written under temporary names and renamed when the last one is complete.
    ///
    /// # Errors
    /// [`LoraError::Io`] for a file that cannot be read or written, [`LoraError::Setting`] where
    /// the configuration in `source` is of another encoder, [`LoraError::TooLarge`] from
    /// [`Encoder::to_onnx`].
    pub fn write_folder(
        &self,
        source: impl AsRef<Path>,
        out: impl AsRef<Path>,
        precision: Precision,
    ) -> Result<(), LoraError> {
        let source = source.as_ref();
        let mut staged = Staged::new(out.as_ref())?;
        let path = source.join(CONFIG);
        staged.add(CONFIG, &config_beside((&path, &self.config), precision)?)?;
        copy_tokenizer(source, &mut staged)?;
        for (name, default) in SIDECARS {
            let bytes = match read_if_there(&source.join(name))? {
                Some(bytes) => bytes,
                None => format!("{:#}\n", default(self)).into_bytes(),
            };
            staged.add(name, &bytes)?;
        }
        staged.add("model.onnx", &self.to_onnx(precision)?)?;
        if precision == Precision::Float32 {
            staged.add(MODEL, &self.to_safetensors(&out.as_ref().join(MODEL))?)?;
        }
        staged.commit()
    }
}

/// The bytes of a `config.json`, which must describe this encoder.
pub(crate) fn own_config(path: &Path, encoder: &EncoderConfig) -> Result<Vec<u8>, LoraError> {
    let bytes = files::read(path)?;
    if EncoderConfig::parse(path, &bytes)? != *encoder {
        let rule = "it must describe the encoder that is written";
        return Err(LoraError::setting(CONFIG, path.display(), rule));
    }
    Ok(bytes)
}

/// As [`own_config`], saying what is true of the weights that lie beside it: in 8 bits there are none but
/// the graph's, and what it says of others stays.
pub(crate) fn config_beside(
    (path, encoder): (&Path, &EncoderConfig),
    precision: Precision,
) -> Result<Vec<u8>, LoraError> {
    let bytes = own_config(path, encoder)?;
    match precision {
        Precision::Float32 => Ok(full_config(path, &bytes)?.unwrap_or(bytes)),
        Precision::Int8 => Ok(bytes),
    }
}

/// Takes over the tokenizer and what says how it is used.
pub(crate) fn copy_tokenizer(source: &Path, staged: &mut Staged) -> Result<(), LoraError> {
    let tokenizer = files::read(&source.join("tokenizer.json"))?;
    staged.add("tokenizer.json", &tokenizer)?;
    for name in TOKENIZER_FILES {
        if let Some(bytes) = read_if_there(&source.join(name))? {
            staged.add(name, &bytes)?;
        }
    }
    Ok(())
}

pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, LoraError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LoraError::io("read", path)(error)),
    }
}

fn modules(_: &Encoder) -> Value {
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

fn pooling(encoder: &Encoder) -> Value {
    json!({
        "word_embedding_dimension": encoder.config.hidden,
        "pooling_mode_cls_token": false,
        "pooling_mode_mean_tokens": true,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
    })
}

fn lengths(encoder: &Encoder) -> Value {
    json!({ "max_seq_length": encoder.config.positions.min(256), "do_lower_case": false })
}
