//! Reads weights back from an ONNX file that this crate wrote, full or in 8 bits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prost::Message as _;
use ranker_folder::Projection;

use super::external;
use super::proto::{ModelProto, TensorProto, data_type};
use crate::encoder::{
    BUCKETS, Encoder, EncoderConfig, EncoderWeights, Layer, Linear, Norm, RelativeBias, Table,
    Weight, each_projection,
};
use crate::error::LoraError;
use crate::files;
use crate::matrix::Matrix;

/// The names of a table in 8 bits, without the endings of its codes and scales, and in full.
#[derive(Clone, Copy)]
struct TableNames {
    coded: &'static str,
    full: &'static str,
}

const WORDS: TableNames = TableNames {
    coded: "embeddings.words",
    full: "embeddings.words.table",
};
const POSITIONS: TableNames = TableNames {
    coded: "embeddings.positions.table",
    full: "embeddings.positions.table",
};

impl Encoder {
    /// Reads `config.json` and `model.onnx` from a folder that [`Encoder::write_folder`] wrote.
    /// Weights in 8 bits are dequantised, which does not give back what they were before they were
    /// rounded. A pooler, which embeddings do not use, is not in such a file.
    ///
    /// # Errors
    /// [`LoraError::Unsupported`] for an ONNX file of another program, and whatever is missing,
    /// truncated or of another shape.
    pub fn read_onnx(folder: impl AsRef<Path>) -> Result<Self, LoraError> {
        Self::of_onnx(folder.as_ref())
    }
}

impl<W: Weight> EncoderWeights<W> {
    /// As [`Encoder::read_onnx`], with at most one layer whole in memory as `f32`.
    pub(crate) fn of_onnx(folder: &Path) -> Result<Self, LoraError> {
        let (reader, config) = Reader::open(folder)?;
        reader.encoder(config)
    }
}

struct Reader {
    path: PathBuf,
    tensors: BTreeMap<String, TensorProto>,
}

impl Reader {
    fn open(folder: &Path) -> Result<(Self, EncoderConfig), LoraError> {
        let config = EncoderConfig::read(folder.join("config.json"))?;
        let path = folder.join("model.onnx");
        let bytes = files::read(&path)?;
        let model =
            ModelProto::decode(&bytes[..]).map_err(LoraError::format(&path, "an ONNX model"))?;
        if model.producer_name != "ranker-lora" {
            let advice = "read the original model.safetensors instead";
            let producer = model.producer_name;
            return Err(LoraError::unsupported("producer_name", producer, advice));
        }
        let tensors = model.graph.into_iter().flat_map(|graph| graph.initializer);
        let tensors = tensors.map(|tensor| {
            let tensor = external::filled(tensor, &path)?;
            Ok((tensor.name.clone(), tensor))
        });
        let tensors = tensors.collect::<Result<_, LoraError>>()?;
        Ok((Self { path, tensors }, config))
    }

    fn encoder<W: Weight>(self, config: EncoderConfig) -> Result<EncoderWeights<W>, LoraError> {
        let hidden = config.hidden;
        let table = |names, rows: usize| {
            let table = self.table(names, (rows, hidden))?;
            Ok::<_, LoraError>(W::of_table(table, hidden))
        };
        let types = self.matrix("embeddings.types.table", (config.types, hidden))?;
        let layers = (0..config.layers).map(|index| self.layer(&config, index));
        Ok(EncoderWeights {
            words: table(WORDS, config.vocabulary)?,
            positions: table(POSITIONS, config.position_rows())?,
            types: W::of_table(Table::F32(types), hidden),
            norm: self.norm("embeddings", hidden)?,
            relative: self.relative(&config)?,
            layers: layers.collect::<Result<_, _>>()?,
            pooler: None,
            config,
        })
    }

    fn layer<W: Weight>(
        &self,
        config: &EncoderConfig,
        index: usize,
    ) -> Result<Layer<W>, LoraError> {
        let output = match index + 1 == config.layers {
            true => "last_hidden_state".to_owned(),
            false => format!("layer.{index}"),
        };
        let linears = each_projection(|which| {
            let name = match which {
                Projection::Query => "attention.query.flat",
                Projection::Key => "attention.key.flat",
                Projection::Value => "attention.value.flat",
                Projection::Output => "join",
                Projection::Up => "up",
                Projection::Down => "down",
            };
            self.linear(&format!("layer.{index}.{name}"), config.shape(which))
        })?;
        let attention_norm = format!("layer.{index}.attention.norm");
        Ok(Layer {
            linears,
            attention_norm: self.norm(&attention_norm, config.hidden)?,
            output_norm: self.norm(&output, config.hidden)?,
        })
    }

    /// A linear map, whose weight lies in the file as `[in, out]`.
    fn linear<W: Weight>(&self, name: &str, shape: (usize, usize)) -> Result<Linear<W>, LoraError> {
        let (out, columns) = shape;
        let weight = format!("{name}.weight");
        let (codes, scales) = (format!("{weight}.codes"), format!("{weight}.scales"));
        let values = if self.tensors.contains_key(&codes) {
            let scales_of = self.get(&scales)?;
            let blocks = scales_of.raw_data.len() / 4 / out.max(1);
            if blocks == 0 || !columns.is_multiple_of(blocks) {
                return Err(self.shape(&scales, &[blocks], &scales_of.dims));
            }
            let scales = self.floats(&scales, blocks * out)?;
            let block = columns / blocks;
            let codes = self.codes(&codes, columns * out)?;
            let scale = |i: usize| scales[i / out / block * out + i % out];
            dequantized(&codes, scale)
        } else {
            self.floats(&weight, columns * out)?
        };
        let turned: Vec<f32> = (0..out)
            .flat_map(|row| values.iter().skip(row).step_by(out).copied())
            .collect();
        Ok(Linear {
            weight: W::of_matrix(Matrix::new(out, columns, turned)?)?,
            bias: self.floats(&format!("{name}.bias"), out)?,
        })
    }

    fn relative(&self, config: &EncoderConfig) -> Result<Option<RelativeBias>, LoraError> {
        if config.family.relative.is_none() {
            return Ok(None);
        }
        let table = self.matrix("relative.table", (BUCKETS, config.heads))?;
        Ok(Some(RelativeBias::new(table, config)))
    }

    /// A table with a scale a row, or in full.
    fn table(&self, names: TableNames, shape: (usize, usize)) -> Result<Table, LoraError> {
        let codes = format!("{}.codes", names.coded);
        if !self.tensors.contains_key(&codes) {
            return Ok(Table::F32(self.matrix(names.full, shape)?));
        }
        let (rows, columns) = shape;
        let scales = self.floats(&format!("{}.scales", names.coded), rows)?;
        Table::int8(self.codes(&codes, rows * columns)?, scales, &codes)
    }

    fn matrix(&self, name: &str, shape: (usize, usize)) -> Result<Matrix, LoraError> {
        let (rows, columns) = shape;
        Matrix::new(rows, columns, self.floats(name, rows * columns)?)
    }

    fn norm(&self, name: &str, size: usize) -> Result<Norm, LoraError> {
        Ok(Norm {
            weight: self.floats(&format!("{name}.norm.weight"), size)?,
            bias: self.floats(&format!("{name}.norm.bias"), size)?,
        })
    }

    fn floats(&self, name: &str, count: usize) -> Result<Vec<f32>, LoraError> {
        let bytes = self.data(name, data_type::FLOAT, 4 * count)?;
        let (fours, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = fours.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            let name = format!("tensor {name} in {}", self.path.display());
            return Err(LoraError::NotFinite { name });
        }
        Ok(values)
    }

    fn codes(&self, name: &str, count: usize) -> Result<Vec<i8>, LoraError> {
        let bytes = self.data(name, data_type::INT8, count)?;
        Ok(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }

    fn data(&self, name: &str, kind: i32, length: usize) -> Result<&[u8], LoraError> {
        let tensor = self.get(name)?;
        if tensor.data_type != kind {
            return Err(LoraError::TensorType {
                path: self.path.clone(),
                tensor: name.to_owned(),
                actual: format!("ONNX type {}", tensor.data_type),
            });
        }
        if tensor.raw_data.len() != length {
            return Err(self.shape(name, &[length], &tensor.dims));
        }
        Ok(&tensor.raw_data)
    }

    fn get(&self, name: &str) -> Result<&TensorProto, LoraError> {
        self.tensors
            .get(name)
            .ok_or_else(|| LoraError::MissingTensor {
                path: self.path.clone(),
                tensor: name.to_owned(),
            })
    }

    fn shape(&self, name: &str, expected: &[usize], actual: &[i64]) -> LoraError {
        let size = |&size: &i64| usize::try_from(size).unwrap_or_default();
        LoraError::TensorShape {
            path: self.path.clone(),
            tensor: name.to_owned(),
            expected: expected.to_vec(),
            actual: actual.iter().map(size).collect(),
        }
    }
}

fn dequantized(codes: &[i8], scale: impl Fn(usize) -> f32) -> Vec<f32> {
    let codes = codes.iter().enumerate();
    codes.map(|(i, &code)| f32::from(code) * scale(i)).collect()
}
