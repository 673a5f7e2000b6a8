//! Two extractors side by side.

use std::fmt;
use std::sync::Arc;

use ranker_core::{
    Candidate, FeatureError, FeatureExtractor, FeatureMatrix, FeatureSchema, Profile, Query,
    Remark, TokenVectors,
};

/// Two extractors as one: the columns of the first, then those of the second.
///
/// ```
/// # use std::sync::Arc;
/// # use ranker_core::{Candidate, FeatureError, FeatureMatrix, FeatureSchema, FeatureSpec, Query};
/// use ranker_score::{FeatureExtractor, Features};
///
/// /// How long the profile is.
/// struct Length(Arc<FeatureSchema>);
///
/// impl FeatureExtractor for Length {
///     fn schema(&self) -> &Arc<FeatureSchema> {
///         &self.0
///     }
///
///     fn extract(&self, _: &Query, candidates: &[Candidate]) -> Result<FeatureMatrix, FeatureError> {
///         let length = |c: &Candidate| (c.profile().text().len() as f32 / 10_000.0).min(1.0);
///         FeatureMatrix::new(self.0.clone(), candidates.iter().map(length).collect())
///     }
/// }
///
/// let description = "bytes of the profile's text, in ten thousands";
/// let column = FeatureSpec::new("length", description, 0.0..=1.0);
/// let length = Length(Arc::new(FeatureSchema::new(vec![column])?));
/// let both = Features::new().and(length)?;
/// assert_eq!(both.schema().names().last(), Some("length"));
/// # Ok::<(), FeatureError>(())
/// ```
#[derive(Clone)]
pub struct Joined {
    first: Arc<dyn FeatureExtractor>,
    second: Arc<dyn FeatureExtractor>,
    schema: Arc<FeatureSchema>,
}

impl Joined {
    /// Joins two extractors.
    ///
    /// # Errors
    ///
    /// [`FeatureError::DuplicateName`] when both have a feature of the same name.
    pub fn new(
        first: impl FeatureExtractor + 'static,
        second: impl FeatureExtractor + 'static,
    ) -> Result<Self, FeatureError> {
        let columns = [first.schema(), second.schema()].map(|schema| schema.columns());
        let schema = Arc::new(FeatureSchema::new(columns.concat())?);
        Ok(Self {
            first: Arc::new(first),
            second: Arc::new(second),
            schema,
        })
    }

    /// These features and another extractor's, side by side.
    ///
    /// # Errors
    ///
    /// As [`Joined::new`].
    pub fn and(self, other: impl FeatureExtractor + 'static) -> Result<Self, FeatureError> {
        Self::new(self, other)
    }
}

impl FeatureExtractor for Joined {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        let first = checked(&*self.first, query, candidates)?;
        let second = checked(&*self.second, query, candidates)?;
        let values = first
            .rows()
            .zip(second.rows())
            .flat_map(|(a, b)| a.iter().chain(b));
        FeatureMatrix::new(Arc::clone(&self.schema), values.copied().collect())
    }

    fn token_vectors(&self) -> TokenVectors {
        match self.first.token_vectors() {
            TokenVectors::Read => TokenVectors::Read,
            TokenVectors::Skip => self.second.token_vectors(),
        }
    }

    fn remarks(&self, query: &Query, profile: &Profile) -> Vec<Remark> {
        let mut remarks = self.first.remarks(query, profile);
        remarks.extend(self.second.remarks(query, profile));
        remarks
    }
}

/// Features of the shape that the extractor promised: a row missing here would shift all others.
fn checked(
    extractor: &dyn FeatureExtractor,
    query: &Query,
    candidates: &[Candidate],
) -> Result<FeatureMatrix, FeatureError> {
    let matrix = extractor.extract(query, candidates)?;
    let columns = extractor.schema().len();
    if matrix.len() == candidates.len() && matrix.schema().len() == columns {
        return Ok(matrix);
    }
    Err(FeatureError::Shape {
        values: matrix.len() * matrix.schema().len(),
        columns,
    })
}

impl fmt::Debug for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joined")
            .field("names", &self.schema.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
