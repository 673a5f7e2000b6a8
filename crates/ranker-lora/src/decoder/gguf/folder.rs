//! A decoder as the folder of an encoder that takes its last token.

use std::path::Path;

use ranker_folder::ModelFolder;
use serde_json::{Value, json};

use super::super::folder::{modules, pooling};
use super::{GgufDecoder, Tokenizer};
use crate::error::LoraError;
use crate::files::{MODEL, Staged};
use crate::onnx::Precision;

impl GgufDecoder {
    /// Writes a whole folder in the layout of sentence-transformers: `model.onnx`, `config.json`, `tokenizer.json` and
    /// `tokenizer_config.json` from the file's keys, and the last token for pooling. `max_tokens` of a text are read,
    /// no more than the decoder's positions.
    ///
    /// [`Precision::Float32`] also writes `model.safetensors`, from which [`Decoder::read`](crate::Decoder::read) has
    /// the same weights, to be tuned.
    ///
    /// All files are written under temporary names and renamed when the last one is complete.
    ///
    /// # Errors
    /// [`LoraError::Io`] for a file that cannot be written; what [`GgufDecoder::to_onnx`] says.
    pub fn write_folder(
        &self,
        out: impl AsRef<Path>,
        (precision, max_tokens): (Precision, usize),
    ) -> Result<(), LoraError> {
        let tokenizer = Tokenizer::read(&self.file)?;
        let limit = max_tokens.clamp(1, self.sizes.positions);
        let mut staged = Staged::new(out.as_ref())?;
        for (name, content) in [
            (ModelFolder::CONFIG, self.config(&tokenizer)),
            (ModelFolder::MODULES, modules()),
            (ModelFolder::POOLING, pooling(self.sizes.hidden)),
            (
                ModelFolder::LENGTHS,
                json!({ "max_seq_length": limit, "do_lower_case": false }),
            ),
            ("tokenizer_config.json", tokenizer.settings(limit)),
        ] {
            staged.add(name, format!("{content:#}\n").as_bytes())?;
        }
        staged.add(
            ModelFolder::TOKENIZER,
            tokenizer.file().to_string().as_bytes(),
        )?;
        self.onnx(precision)?.stage(&mut staged)?;
        if precision == Precision::Float32 {
            let path = out.as_ref().join(MODEL);
            staged.add(MODEL, &self.full()?.to_safetensors(&path)?)?;
        }
        staged.commit()
    }

    fn config(&self, tokenizer: &Tokenizer<'_>) -> Value {
        let sizes = &self.sizes;
        json!({
            "architectures": ["LlamaModel"], "model_type": "llama", "hidden_act": "silu",
            "hidden_size": sizes.hidden, "intermediate_size": sizes.intermediate, "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads, "num_key_value_heads": sizes.key_heads, "head_dim": sizes.head,
            "max_position_embeddings": sizes.positions, "vocab_size": sizes.vocabulary, "rms_norm_eps": sizes.epsilon,
            "rope_theta": sizes.base, "pad_token_id": tokenizer.pad(),
        })
    }
}
