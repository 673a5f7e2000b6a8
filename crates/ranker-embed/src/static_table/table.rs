//! The table, and its file.

use std::path::Path;

use half::f16;
use ranker_core::BoxError;
use ranker_folder::FolderError;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::LoadError;
use crate::builder::invalid;
use crate::floats::{floats, parts};

/// The table's tensor with model2vec.
const EMBEDDINGS: &str = "embeddings";
/// The same with sentence-transformers.
const WEIGHT: &str = "embedding.weight";

/// A vector a token.
pub(super) struct Table {
    dimension: usize,
    /// Row after row.
    vectors: Vec<f32>,
    /// The row of each token, where it is not the token's own.
    mapping: Option<Vec<u32>>,
    /// A factor a token.
    weights: Option<Vec<f32>>,
    /// Whether `f16` holds the vectors exactly.
    is_half: bool,
    /// Whether the file is model2vec's, which leaves unknown tokens out.
    is_model2vec: bool,
}

impl Table {
    /// Of rows that are one a token, rounded to `f16`.
    pub(super) fn of_rows(dimension: usize, rows: &[f32]) -> Self {
        let half = |value: &f32| f16::from_f32(*value).to_f32();
        Self {
            dimension,
            vectors: rows.iter().map(half).collect(),
            mapping: None,
            weights: None,
            is_half: true,
            is_model2vec: true,
        }
    }

    pub(super) fn read(path: &Path) -> Result<Self, LoadError> {
        let bytes = std::fs::read(path).map_err(|source| FolderError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let file = SafeTensors::deserialize(&bytes).map_err(|source| invalid(path, source))?;
        Self::parse(&file).map_err(|source| invalid(path, source))
    }

    fn parse(file: &SafeTensors<'_>) -> Result<Self, BoxError> {
        let find = |name: &'static str| Some((name, file.tensor(name).ok()?));
        let Some((name, tensor)) = find(EMBEDDINGS).or_else(|| find(WEIGHT)) else {
            let names = file.names().join("`, `");
            return Err(format!(
                "it has neither a tensor `{EMBEDDINGS}` nor `{WEIGHT}`, but `{names}`"
            )
            .into());
        };
        let &[rows, dimension] = tensor.shape() else {
            let shape = tensor.shape();
            return Err(format!("tensor `{name}` has shape {shape:?} instead of two axes").into());
        };
        if rows == 0 || dimension == 0 {
            return Err(format!("tensor `{name}` of {rows} × {dimension} holds nothing").into());
        }
        let vectors = floats(name, &tensor)?;
        let beside = |name| match name == EMBEDDINGS {
            true => (file.tensor("mapping").ok(), file.tensor("weights").ok()),
            false => (None, None),
        };
        let (mapping, weights) = beside(name);
        let mapping = mapping.map(|tensor| integers(&tensor, rows)).transpose()?;
        let tokens = mapping.as_ref().map_or(rows, Vec::len);
        let weights = weights.map(|tensor| {
            if tensor.shape() != [tokens] {
                let shape = tensor.shape();
                return Err(BoxError::from(format!(
                    "tensor `weights` has shape {shape:?} for {tokens} tokens"
                )));
            }
            floats("weights", &tensor)
        });
        Ok(Self {
            dimension,
            is_half: matches!(tensor.dtype(), Dtype::F16 | Dtype::I8),
            vectors,
            mapping,
            weights: weights.transpose()?,
            is_model2vec: name == EMBEDDINGS,
        })
    }

    pub(super) fn dimension(&self) -> usize {
        self.dimension
    }

    /// Token ids that have a vector: those below this number.
    pub(super) fn tokens(&self) -> usize {
        let rows = self.vectors.len() / self.dimension;
        self.mapping.as_ref().map_or(rows, Vec::len)
    }

    /// What the tensor is called that says how many.
    pub(super) fn name(&self) -> &'static str {
        match (&self.mapping, self.is_model2vec) {
            (Some(_), _) => "mapping",
            (None, true) => EMBEDDINGS,
            (None, false) => WEIGHT,
        }
    }

    pub(super) fn skips_unknown(&self) -> bool {
        self.is_model2vec
    }

    /// Adds a token's vector, by its weight. An id without one adds nothing; none is in a tokenizer that fits.
    pub(super) fn add(&self, id: u32, sum: &mut [f32]) {
        let id = id as usize;
        let row = match &self.mapping {
            None => id,
            Some(mapping) => mapping.get(id).map_or(usize::MAX, |&row| row as usize),
        };
        let weight = match &self.weights {
            None => 1.0,
            Some(weights) => weights.get(id).copied().unwrap_or_default(),
        };
        let start = row.saturating_mul(self.dimension);
        let vector = self.vectors.get(start..).unwrap_or_default();
        for (sum, component) in sum.iter_mut().zip(vector) {
            *sum += weight * component;
        }
    }

    /// The first components alone.
    pub(super) fn cut(mut self, dimension: usize) -> Self {
        let rows = self.vectors.chunks_exact(self.dimension);
        self.vectors = rows.flat_map(|row| row[..dimension].to_vec()).collect();
        self.dimension = dimension;
        self
    }

    /// Everything that an embedding depends on.
    pub(super) fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        let floats = |hasher: &mut blake3::Hasher, values: &[f32]| {
            hasher.update(&(values.len() as u64).to_le_bytes());
            for values in values.chunks(4096) {
                let bytes: Vec<u8> = values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect();
                hasher.update(&bytes);
            }
        };
        hasher.update(&[u8::from(self.is_model2vec)]);
        hasher.update(&(self.dimension as u64).to_le_bytes());
        floats(&mut hasher, &self.vectors);
        floats(&mut hasher, self.weights.as_deref().unwrap_or_default());
        for row in self.mapping.iter().flatten() {
            hasher.update(&row.to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// Whether a token's vector is made of finite numbers.
    pub(super) fn is_finite(&self, id: u32) -> bool {
        let mut vector = vec![0.0; self.dimension];
        self.add(id, &mut vector);
        vector.iter().all(|value| value.is_finite())
    }

    /// The file, which `parse` reads back.
    pub(super) fn to_safetensors(&self) -> Result<Vec<u8>, BoxError> {
        let rows = self.vectors.len() / self.dimension;
        let vectors: Vec<u8> = match self.is_half {
            true => (self.vectors.iter())
                .flat_map(|&value| f16::from_f32(value).to_le_bytes())
                .collect(),
            false => (self.vectors.iter())
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        };
        let kind = match self.is_half {
            true => Dtype::F16,
            false => Dtype::F32,
        };
        let name = match self.is_model2vec {
            true => EMBEDDINGS,
            false => WEIGHT,
        };
        let mapping = self.mapping.as_ref().map(|mapping| {
            let wide = mapping.iter().map(|&row| i64::from(row));
            let bytes: Vec<u8> = wide.flat_map(i64::to_le_bytes).collect();
            (mapping.len(), bytes)
        });
        let weights = self.weights.as_ref().map(|weights| {
            let bytes: Vec<u8> = weights
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            (weights.len(), bytes)
        });
        let mut tensors = vec![(
            name,
            TensorView::new(kind, vec![rows, self.dimension], &vectors)?,
        )];
        if let Some((length, bytes)) = &mapping {
            tensors.push((
                "mapping",
                TensorView::new(Dtype::I64, vec![*length], bytes)?,
            ));
        }
        if let Some((length, bytes)) = &weights {
            tensors.push((
                "weights",
                TensorView::new(Dtype::F32, vec![*length], bytes)?,
            ));
        }
        Ok(safetensors::serialize(tensors, None)?)
    }

    /// The files beside it that say what it is.
    pub(super) fn companions(&self) -> Vec<(&'static str, String)> {
        let kind = match self.is_half {
            true => "float16",
            false => "float32",
        };
        let mut config = serde_json::json!({
            "model_type": "model2vec",
            "architectures": ["StaticModel"],
            "hidden_dim": self.dimension,
            "normalize": true,
            // Texts are read to their end.
            "max_length": null,
            "embedding_dtype": kind,
        });
        if self.mapping.is_some() {
            config["vocabulary_quantization"] = (self.vectors.len() / self.dimension).into();
        }
        let module = |index: usize, path: &str, class: &str| {
            serde_json::json!({
                "idx": index,
                "name": index.to_string(),
                "path": path,
                "type": format!("sentence_transformers.models.{class}"),
            })
        };
        let modules = serde_json::json!([
            module(0, ".", "StaticEmbedding"),
            module(1, "1_Normalize", "Normalize"),
        ]);
        let mut files = vec![("modules.json", format!("{modules:#}\n"))];
        files.push(match self.is_model2vec {
            true => ("config.json", format!("{config:#}\n")),
            // By this file model2vec knows that the tensor has the other name.
            false => ("config_sentence_transformers.json", "{}\n".to_owned()),
        });
        files
    }
}

/// The row of each token.
fn integers(tensor: &TensorView<'_>, rows: usize) -> Result<Vec<u32>, BoxError> {
    if tensor.shape().len() != 1 {
        let shape = tensor.shape();
        return Err(format!("tensor `mapping` has shape {shape:?} instead of one axis").into());
    }
    let data = tensor.data();
    let numbers: Vec<i64> = match tensor.dtype() {
        Dtype::I64 => parts(data).map(i64::from_le_bytes).collect(),
        Dtype::I32 => parts(data)
            .map(|bytes| i32::from_le_bytes(bytes).into())
            .collect(),
        Dtype::U32 => parts(data)
            .map(|bytes| u32::from_le_bytes(bytes).into())
            .collect(),
        other => return Err(format!("tensor `mapping` holds {other:?}, not integers").into()),
    };
    let row = |(token, &row): (usize, &i64)| match u32::try_from(row) {
        Ok(row) if (row as usize) < rows => Ok(row),
        _ => Err(format!("tensor `mapping` sends token {token} to row {row} of {rows}").into()),
    };
    numbers.iter().enumerate().map(row).collect()
}
