use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

use crate::encoder::{Layer, Linear, Norm, Reader};
use crate::family::Part;
use crate::files::Staged;
use crate::folder::{CONFIG, own_config};
use crate::nf4::{self, Nf4Matrix};
use crate::relative::RelativeBias;
use crate::save::{MODEL, serialize};
use crate::table::{Table, to_bytes};
use crate::tensors::Tensors;
use crate::{Encoder, EncoderConfig, LoraError, Matrix};

/// An encoder whose linear maps are in NF4 ([`Nf4Matrix`]): the base of QLoRA. Everything else is as
/// in its file: tables of embeddings in their own type, norms and biases as `f32`.
///
/// An adapter can be trained on it ([`Trainer::builder`](crate::Trainer::builder)) and applied to it
/// ([`QuantizedEncoder::with_adapter`]). To export the result, merge the adapter into the *original*
/// encoder, as is usual with PEFT: that restores what the base lost by rounding, though the adapter
/// was trained beside the rounded weights. Merged into [`QuantizedEncoder::dequantize`], it computes
/// what was trained, to 1e-5.
///
/// ```no_run
/// use ranker_lora::{LoraConfig, Loss, QuantizedEncoder, Task, TextTokenizer, Trainer, read_pairs};
///
/// let encoder = QuantizedEncoder::read("all-MiniLM-L6-v2")?;
/// let tokenizer = TextTokenizer::read("all-MiniLM-L6-v2")?;
/// let pairs = tokenizer.pairs(&read_pairs("pairs.jsonl")?)?;
/// let config = LoraConfig::new(16, 32.0, ["query", "key", "value", "dense"])?;
/// let trainer = Trainer::builder(&encoder, config)
///     .task(Task::new(pairs, Loss::Symmetric))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedEncoder {
    pub(crate) config: EncoderConfig,
    /// `[vocabulary, hidden]`
    pub(crate) words: Table,
    /// `[positions, hidden]`
    pub(crate) positions: Table,
    /// `[types, hidden]`
    pub(crate) types: Table,
    pub(crate) norm: Norm,
    pub(crate) relative: Option<RelativeBias>,
    pub(crate) layers: Vec<Layer<Nf4Matrix>>,
    pub(crate) pooler: Option<Linear<Nf4Matrix>>,
}

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
        let path = folder.join(MODEL);
        if !path.exists() && folder.join("model.onnx").exists() {
            return Self::read_onnx(folder);
        }
        let config = EncoderConfig::read(folder.join(CONFIG))?;
        let mut tensors = Tensors::open(&path)?;
        tensors.rename(|name| config.family.tensor_name(name));
        let mut table = |name: &str, rows: usize| {
            let shape = (rows, config.hidden);
            Table::take(&mut tensors, &format!("{name}.weight"), shape)
        };
        let words = table(config.family.words, config.vocabulary)?;
        let positions = table(config.family.positions, config.position_rows())?;
        let types = match config.family.types {
            Some(name) => table(name, config.types)?,
            None => Table::F32(Matrix::zeros(config.types, config.hidden)),
        };
        let mut reader = Reader {
            tensors: &mut tensors,
            config: &config,
        };
        let encoder = Self {
            words,
            positions,
            types,
            norm: reader.norm(config.family.embedding_norm)?,
            relative: reader.relative()?,
            layers: reader.layers()?,
            pooler: reader.pooler()?,
            config: config.clone(),
        };
        tensors.finish()?;
        Ok(encoder)
    }

    /// The encoder's sizes.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// How many bytes the weights take in memory.
    pub fn bytes(&self) -> usize {
        let tables = [&self.words, &self.positions, &self.types];
        let floats = |norm: &Norm| size_of_val(&norm.weight[..]) + size_of_val(&norm.bias[..]);
        let linear =
            |linear: &Linear<Nf4Matrix>| linear.weight.bytes() + size_of_val(&linear.bias[..]);
        let norms = self
            .layers
            .iter()
            .flat_map(|layer| [&layer.attention_norm, &layer.output_norm]);
        tables.map(Table::bytes).iter().sum::<usize>()
            + norms.chain([&self.norm]).map(floats).sum::<usize>()
            + self
                .linears()
                .values()
                .map(|own| linear(own))
                .sum::<usize>()
    }

    /// The encoder that this one computes as, with all its weights as `f32`.
    pub fn dequantize(&self) -> Encoder {
        let columns = self.config.hidden;
        Encoder {
            words: self.words.to_matrix(columns),
            positions: self.positions.to_matrix(columns),
            types: self.types.to_matrix(columns),
            norm: self.norm.clone(),
            relative: self.relative.clone(),
            layers: self.layers.iter().map(dense_layer).collect(),
            pooler: self.pooler.as_ref().map(dense),
            config: self.config.clone(),
        }
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
        let path = source.as_ref().join(CONFIG);
        let bytes = own_config(&path, &self.config)?;
        let mut config: Value =
            serde_json::from_slice(&bytes).map_err(LoraError::format(&path, "JSON"))?;
        config["quantization_config"] = quantization_config();
        let mut staged = Staged::new(out.as_ref())?;
        staged.add(CONFIG, format!("{config:#}\n").as_bytes())?;
        staged.add(MODEL, &self.tensor_bytes(&out.as_ref().join(MODEL))?)?;
        staged.commit()
    }

    fn tensor_bytes(&self, path: &Path) -> Result<Vec<u8>, LoraError> {
        let parts = self.parts();
        let mut views = Vec::with_capacity(parts.len());
        for (name, kind, shape, bytes) in &parts {
            let view = TensorView::new(*kind, shape.clone(), bytes);
            views.push((name, view.map_err(LoraError::format(path, "safetensors"))?));
        }
        serialize(path, views)
    }

    /// Every tensor of the file.
    fn parts(&self) -> Vec<nf4::Part> {
        let mut parts = self.table_parts();
        let family = self.config.family;
        parts.extend(norm_parts(family.embedding_norm, &self.norm));
        for (index, layer) in self.layers.iter().enumerate() {
            for (name, norm) in [
                (family.attention_norm, &layer.attention_norm),
                (family.output_norm, &layer.output_norm),
            ] {
                parts.extend(norm_parts(
                    &format!("{}.{index}.{name}", family.layer),
                    norm,
                ));
            }
        }
        if let (Some(name), Some(relative)) = (family.relative, &self.relative) {
            let table = &relative.table;
            let shape = vec![table.rows(), table.columns()];
            let name = format!("{name}.weight");
            parts.push((name, Dtype::F32, shape, to_bytes(table.values())));
        }
        for (path, linear) in self.linears() {
            parts.extend(linear.weight.parts(&format!("{path}.weight")));
            parts.push(vector(format!("{path}.bias"), &linear.bias));
        }
        parts
    }

    fn table_parts(&self) -> Vec<nf4::Part> {
        let config = &self.config;
        let part = |(name, table, rows): (&str, &Table, usize)| {
            let (kind, bytes) = table.stored(config.hidden);
            (
                format!("{name}.weight"),
                kind,
                vec![rows, config.hidden],
                bytes,
            )
        };
        let tables = [
            (Some(config.family.words), &self.words, config.vocabulary),
            (
                Some(config.family.positions),
                &self.positions,
                config.position_rows(),
            ),
            (config.family.types, &self.types, config.types),
        ];
        let named = tables.into_iter();
        let named = named.filter_map(|(name, table, rows)| Some((name?, table, rows)));
        named.map(part).collect()
    }

    pub(crate) fn linears(&self) -> BTreeMap<String, &Linear<Nf4Matrix>> {
        let family = self.config.family;
        let layers = self.layers.iter().enumerate().flat_map(|(index, layer)| {
            Part::ALL.map(|part| (family.part(index, part), layer.part(part)))
        });
        let pooler = self.pooler.iter();
        layers
            .chain(pooler.map(|pooler| (family.pooler.to_owned(), pooler)))
            .collect()
    }
}

impl Encoder {
    /// The same encoder with its linear maps in NF4. [`QuantizedEncoder::read`] needs less memory.
    ///
    /// # Errors
    /// [`LoraError::NotFinite`] where weights are so great that a scale overflows.
    pub fn quantize(&self) -> Result<QuantizedEncoder, LoraError> {
        let layers = self.layers.iter();
        Ok(QuantizedEncoder {
            config: self.config.clone(),
            words: Table::F32(self.words.clone()),
            positions: Table::F32(self.positions.clone()),
            types: Table::F32(self.types.clone()),
            norm: self.norm.clone(),
            relative: self.relative.clone(),
            layers: layers
                .map(|layer| layer.try_map(Nf4Matrix::quantize))
                .collect::<Result<_, _>>()?,
            pooler: self
                .pooler
                .as_ref()
                .map(|pooler| pooler.try_map(Nf4Matrix::quantize))
                .transpose()?,
        })
    }
}

fn norm_parts(path: &str, norm: &Norm) -> [nf4::Part; 2] {
    [
        vector(format!("{path}.weight"), &norm.weight),
        vector(format!("{path}.bias"), &norm.bias),
    ]
}

fn vector(name: String, values: &[f32]) -> nf4::Part {
    (name, Dtype::F32, vec![values.len()], to_bytes(values))
}

fn dense_layer(layer: &Layer<Nf4Matrix>) -> Layer {
    let Ok(layer) = layer.try_map(|weight| Ok::<_, Infallible>(weight.dequantize()));
    layer
}

fn dense(linear: &Linear<Nf4Matrix>) -> Linear {
    let Ok(linear) = linear.try_map(|weight| Ok::<_, Infallible>(weight.dequantize()));
    linear
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
