//! An encoder with its linear maps in NF4.

use std::convert::Infallible;
use std::path::Path;

use ranker_folder::ModelFolder;
use serde_json::{Value, json};

use super::folder::own_config;
use super::table::Table;
use super::weights::{Encoder, QuantizedEncoder};
use crate::error::LoraError;
use crate::files::{MODEL, Staged};
use crate::matrix::Matrix;
use crate::nf4::Nf4Matrix;

impl QuantizedEncoder {
    /// Reads a folder as [`Encoder::read`] does, tensor by tensor: the weights are never whole in
    /// memory as `f32`. Weights that the file has in NF4, as bitsandbytes and
    /// [`QuantizedEncoder::write_folder`] save them, are taken as they are. A folder without
    /// `model.safetensors` is read from its `model.onnx`, as [`Encoder::read_onnx`] does; one in
    /// 8 bits keeps its tables in 8 bits.
    ///
    /// # Errors
    /// As for [`Encoder::read`], and [`LoraError::Unsupported`] for another form of quantisation.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        let folder = folder.as_ref();
        if !folder.join(MODEL).exists() && folder.join("model.onnx").exists() {
            return Self::of_onnx(folder);
        }
        Self::of_safetensors(folder)
    }

    /// The encoder that this one computes as, with all its weights as `f32`.
    pub fn dequantize(&self) -> Encoder {
        let columns = self.config.hidden;
        let dense = |weight: &Nf4Matrix| Ok::<Matrix, Infallible>(weight.dequantize());
        let Ok(encoder) = self.try_map(|table| table.to_matrix(columns), dense);
        encoder
    }

    /// Writes `config.json` and `model.safetensors` as transformers does for an encoder in NF4, so
    /// that `AutoModel.from_pretrained` loads it where bitsandbytes is installed. The rest of the
    /// configuration comes from `source`, a folder of the same encoder.
    ///
    /// # Errors
    /// [`LoraError::Io`] where a file cannot be read or written, [`LoraError::Setting`] where the
    /// configuration in `source` is of another encoder.
    pub fn write_folder(
        &self,
        source: impl AsRef<Path>,
        out: impl AsRef<Path>,
    ) -> Result<(), LoraError> {
        let path = source.as_ref().join(ModelFolder::CONFIG);
        let bytes = own_config(&path, &self.config)?;
        let mut config: Value =
            serde_json::from_slice(&bytes).map_err(LoraError::format(&path, "JSON"))?;
        config["quantization_config"] = quantization_config();
        let mut staged = Staged::new(out.as_ref())?;
        staged.add(ModelFolder::CONFIG, format!("{config:#}\n").as_bytes())?;
        staged.add(MODEL, &self.to_safetensors(&out.as_ref().join(MODEL))?)?;
        staged.commit()
    }
}

impl Encoder {
    /// The same encoder with its linear maps in NF4. [`QuantizedEncoder::read`] needs less memory.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`] where weights are so great that a scale overflows.
    pub fn quantize(&self) -> Result<QuantizedEncoder, LoraError> {
        self.try_map(|table| Table::F32(table.clone()), Nf4Matrix::quantize)
    }
}

/// What transformers needs to know: `BitsAndBytesConfig` as it writes it.
fn quantization_config() -> Value {
    json!({
        "quant_method": "bitsandbytes", "load_in_4bit": true, "load_in_8bit": false,
        "_load_in_4bit": true, "_load_in_8bit": false, "bnb_4bit_quant_type": "nf4",
        "bnb_4bit_use_double_quant": true, "bnb_4bit_compute_dtype": "float32",
        "bnb_4bit_quant_storage": "uint8", "llm_int8_threshold": 6.0,
        "llm_int8_enable_fp32_cpu_offload": false, "llm_int8_has_fp16_weight": false,
        "llm_int8_skip_modules": null,
    })
}
