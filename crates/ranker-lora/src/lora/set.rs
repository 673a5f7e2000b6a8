use std::collections::BTreeMap;

use ranker_folder::Pooling;

use super::LoraAdapter;
use crate::base::Base;
use crate::error::LoraError;
use crate::train::AdaptedModel;

/// Several adapters side by side over one encoder, full or quantized: embeddings by an adapter's name, without reading
/// or copying the encoder's weights again.
///
/// ```no_run
/// use ranker_lora::{AdapterSet, Encoder, LoraAdapter, Pooling};
///
/// let encoder = Encoder::read("all-MiniLM-L6-v2")?;
/// let mut adapters = AdapterSet::new(&encoder, Pooling::Mean);
/// adapters.insert("titles", LoraAdapter::read("titles-adapter")?)?;
/// adapters.insert("documents", LoraAdapter::read("documents-adapter")?)?;
/// let rows = adapters.embed("titles", &[&[101, 2003, 102]])?;
/// assert_eq!(rows[0].len(), encoder.config().hidden_size());
/// # Ok::<(), ranker_lora::LoraError>(())
/// ```
#[derive(Debug)]
pub struct AdapterSet<'a> {
    base: Base<'a>,
    pooling: Pooling,
    models: BTreeMap<String, AdaptedModel<'a>>,
}

impl<'a> AdapterSet<'a> {
    /// No adapters yet.
    pub fn new(base: impl Into<Base<'a>>, pooling: Pooling) -> Self {
        Self {
            base: base.into(),
            pooling,
            models: BTreeMap::new(),
        }
    }

    /// Adds an adapter, in place of one with the same name.
    ///
    /// # Errors
    /// [`LoraError::Layer`] or [`LoraError::Shape`] where it does not belong to the encoder; the set
    /// stays as it is.
    pub fn insert(
        &mut self,
        name: impl Into<String>,
        adapter: LoraAdapter,
    ) -> Result<(), LoraError> {
        adapter.check(self.base)?;
        let model = AdaptedModel::new(self.base, adapter, self.pooling);
        self.models.insert(name.into(), model);
        Ok(())
    }

    /// Takes an adapter out; `false` where there is none of this name.
    pub fn remove(&mut self, name: &str) -> bool {
        self.models.remove(name).is_some()
    }

    /// The names, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// The embeddings that the encoder has with one of the adapters: a row of unit length for each
    /// text of token ids, special tokens included.
    ///
    /// # Errors
    /// [`LoraError::UnknownAdapter`] with the names that there are; [`LoraError::Token`] for a text
    /// that the encoder cannot read.
    pub fn embed(&self, name: &str, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, LoraError> {
        let model = self.models.get(name);
        let model = model.ok_or_else(|| LoraError::UnknownAdapter {
            name: name.to_owned(),
            known: self.names().map(str::to_owned).collect(),
        })?;
        for ids in texts {
            self.base.check_ids(ids)?;
        }
        Ok(model.embed(texts))
    }
}
