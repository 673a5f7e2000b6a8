//! What a store is called, and what its embeddings are.

/// Why no store can be called so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// A name that not every engine takes.
    #[error(
        "{name:?} is no name of a store: use a lower-case letter, then at most 39 letters, digits or underscores"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Embeddings without components.
    #[error("a store needs embeddings of at least one dimension")]
    Dimension,
    /// An encoder without a name.
    #[error("a store needs the model id of its embeddings' encoder")]
    Encoder,
}

/// A store's name in its engine (index, table, collection, namespace), the dimension of its embeddings and
/// the model id of their encoder ([`ranker_core::Embedder::model_id`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    pub(crate) name: String,
    pub(crate) dimension: usize,
    pub(crate) encoder: String,
}

impl Space {
    /// Checks and joins the three.
    ///
    /// # Errors
    ///
    /// [`SpaceError`].
    pub fn new(
        name: impl Into<String>,
        dimension: usize,
        encoder: impl Into<String>,
    ) -> Result<Self, SpaceError> {
        let (name, encoder) = (name.into(), encoder.into());
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let leads = name.starts_with(|first: char| first.is_ascii_lowercase());
        if !leads || name.len() > 40 || !name.bytes().all(plain) {
            return Err(SpaceError::Name { name });
        }
        if dimension == 0 {
            return Err(SpaceError::Dimension);
        }
        if encoder.trim().is_empty() {
            return Err(SpaceError::Encoder);
        }
        Ok(Self {
            name,
            dimension,
            encoder,
        })
    }

    /// The store's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The dimension of its embeddings.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The encoder of its embeddings.
    #[must_use]
    pub fn encoder(&self) -> &str {
        &self.encoder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_every_engine_takes() {
        for bad in [
            "",
            "People",
            "1a",
            "a-b",
            "a.b",
            "_a",
            "a\"b",
            &"a".repeat(41),
        ] {
            assert!(Space::new(bad, 3, "m").is_err(), "{bad}");
        }
        assert!(Space::new("people_2", 3, "m").is_ok());
        assert_eq!(Space::new("a", 0, "m"), Err(SpaceError::Dimension));
        assert_eq!(Space::new("a", 1, " "), Err(SpaceError::Encoder));
    }
}
