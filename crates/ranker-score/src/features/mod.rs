//! Features of a (query, candidate) pair.

mod joined;
mod late_interaction;
mod occupations;
mod passages;
mod prepared_query;
mod seniority;
mod sparse_share;
pub(crate) mod table;
mod title;
mod words;

use std::fmt;
use std::sync::Arc;

use ranker_core::legs::MAXSIM;
use ranker_core::{
    Cancel, Candidate, Direction, Embedder, FeatureError, FeatureExtractor, FeatureMatrix,
    FeatureSchema, Profile, Query, Remark, TokenVectors,
};
use rayon::prelude::*;

pub use joined::Joined;
use late_interaction::WrongCount;
pub use occupations::{OccupationError, OccupationTable, Occupations};
pub use passages::Passages;
use prepared_query::PreparedQuery;
pub use prepared_query::named_expansion_terms;
pub use sparse_share::SparseShare;
use table::{Feature, Pair};
use words::Words;

/// The names of the facts that features read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactNames {
    /// The candidate's skills, as keywords. `skills` by default.
    pub skills: String,
    /// The candidate's years of work, as a number. `years_experience` by default.
    pub years_experience: String,
    /// Where the candidate is, as a keyword or several. `location` by default.
    pub location: String,
}

impl Default for FactNames {
    fn default() -> Self {
        Self {
            skills: "skills".to_owned(),
            years_experience: "years_experience".to_owned(),
            location: "location".to_owned(),
        }
    }
}

/// The built-in features: what retrieval found, and what job and profile have in common.
///
/// | feature | what it measures | range | more |
/// | --- | --- | --- | --- |
/// | `dense` | cosine of the embeddings, from the hit's leg `dense`; 0 where that leg did not score the candidate | -1 to 1 | helps |
/// | `bm25` | keyword score as a share of the query's best, from the leg `bm25` or else `full text`; 0 likewise | 0 to 1 | helps |
/// | `retrieved` | score of any other leg but `sparse` ([`SparseShare`]), or of a retriever without legs, as a share of the query's best; the greatest where there are several | 0 to 1 | helps |
/// | `maxsim` | mean over the job's tokens of the cosine to the most similar token of the profile (ColBERT's MaxSim, as a mean); only with [`Features::with_late_interaction`] | -1 to 1 | helps |
/// | `title_overlap` | 2c / (j + p), with c words in common between the j of the job's title and the p of the profile's (its first 20; without a title those of its first line), those of seniority aside; a job without title is called by a short first sentence, if it has one | 0 to 1 | helps |
/// | `trade` | 1 where both titles name the same trade by their head nouns ([`ranker_core::trade_of`]), else 0 | 0 to 1 | helps |
/// | `skills_found` | n / (n + 3), with n of the candidate's skills named in the job | 0 to 1 | helps |
/// | `skills_missing` | share of the skills named by the job's filter that are not among the candidate's | 0 to 1 | hurts |
/// | `years_met` | 1 with the years of work asked for, 0 with fewer, 0.5 where either is unknown | 0 to 1 | helps |
/// | `years_over` | years of work beyond those asked for, in tens; 0 where either is unknown | -1 to 1 | either |
/// | `seniority` | levels (of six, by words such as junior, senior, head) by which the profile's title is above the job's, over 5 | -1 to 1 | either |
/// | `seniority_gap` | `seniority` without its sign | 0 to 1 | hurts |
/// | `location` | 1 where the job's text names the candidate's location, else 0; 0.5 where that is unknown | 0 to 1 | helps |
/// | `expansion` | share, by weight, of the query's expansion terms that the profile names; 0 without terms | 0 to 1 | helps |
///
/// Words are those of [`ranker_core::words`], compared in lower case and without English endings (plural,
/// `-ing`, final `e`), skills and terms as whole phrases of at most six words. The years asked for are
/// read from English text, else from a bound that the job's filter sets on that fact.
///
/// A profile of a million words takes time linear in its length.
///
/// ```
/// use std::sync::Arc;
/// use ranker_core::{Candidate, Fact, FeatureExtractor, Hit, JobDescription, Profile, Query, Score};
/// use ranker_score::Features;
///
/// let job = JobDescription::new("Rust and SQL, at least 5 years of experience")?
///     .with_title("Search engineer");
/// let profile = Profile::new("p1", "Engineering of search in Rust.")?
///     .with_fact("skills", Fact::keywords(["Rust", "SQL", "Go"]))?
///     .with_fact("years_experience", Fact::integer(8))?;
/// let hit = Hit::new(profile.id().clone(), Score::default());
/// let candidate = Candidate::new(hit, Arc::new(profile));
///
/// let features = Features::new();
/// let matrix = features.extract(&Query::new(job), &[candidate])?;
/// let value = |name| matrix.row(0).unwrap()[matrix.schema().position(name).unwrap()];
/// assert_eq!(value("title_overlap"), 0.8);
/// assert_eq!(value("skills_found"), 0.4);
/// assert_eq!((value("years_met"), value("years_over")), (1.0, 0.3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Features {
    features: Arc<[Feature]>,
    schema: Arc<FeatureSchema>,
    facts: FactNames,
    embedder: Option<Arc<dyn Embedder>>,
}

impl Features {
    /// All features but `maxsim`: nothing is encoded.
    #[must_use]
    pub fn new() -> Self {
        Self::of(table::features(false), None)
    }

    /// All features. The token vectors of job and profiles are those that come with the query
    /// ([`Query::tokens`]) and the hits ([`ranker_core::Hit::tokens`]). What does not come with them, or
    /// from another encoder, is encoded in each call, which takes long: use it on the few candidates
    /// that retrieval returned.
    ///
    /// The embedder must give token vectors. The schema has one column more than that of
    /// [`Features::new`], so models of the two do not mix.
    #[must_use]
    pub fn with_late_interaction(embedder: Arc<dyn Embedder>) -> Self {
        Self::of(table::features(true), Some(embedder))
    }

    fn of(features: Arc<[Feature]>, embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self {
            schema: Arc::new(table::schema(&features)),
            features,
            facts: FactNames::default(),
            embedder,
        }
    }

    /// Sets the names of the facts that are read.
    #[must_use]
    pub fn with_fact_names(mut self, names: FactNames) -> Self {
        self.facts = names;
        self
    }

    /// These features and another extractor's, side by side.
    ///
    /// # Errors
    ///
    /// [`FeatureError::DuplicateName`] when both have a feature of the same name.
    pub fn and(self, other: impl FeatureExtractor + 'static) -> Result<Joined, FeatureError> {
        Joined::new(self, other)
    }

    /// `maxsim` of each candidate; `None` without an embedder.
    fn late_interaction(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<Option<Vec<f32>>, FeatureError> {
        let Some(embedder) = &self.embedder else {
            return Ok(None);
        };
        let values = late_interaction::max_similarities(&**embedder, query, candidates);
        let values = values.map_err(failed)?.into_iter();
        // Rounding may lead a hair outside of the range.
        Ok(Some(values.map(|value| value.clamp(-1.0, 1.0)).collect()))
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::new()
    }
}

impl FeatureExtractor for Features {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        let maxsim = self.late_interaction(query, candidates)?;
        let cancel = Cancel::current();
        let job = Words::of(&query.job().full_text());
        let prepared = PreparedQuery::new(query, &job, &self.facts);
        let row = |(at, candidate)| {
            let maxsim = maxsim.as_ref().map(|values| values[at]);
            let pair = Pair::new(&prepared, candidate, maxsim);
            let values = self.features.iter().map(|feature| (feature.value)(&pair));
            values.collect::<Vec<f32>>()
        };
        let unless_cancelled = |pair| (!cancel.is_cancelled()).then(|| row(pair));
        let rows = candidates.par_iter().enumerate().map(unless_cancelled);
        let rows: Option<Vec<Vec<f32>>> = rows.collect();
        let rows = rows.ok_or(FeatureError::Cancelled)?;
        FeatureMatrix::new(Arc::clone(&self.schema), rows.concat())
    }

    fn token_vectors(&self) -> TokenVectors {
        match &self.embedder {
            Some(_) => TokenVectors::Read,
            None => TokenVectors::Skip,
        }
    }

    fn remarks(&self, query: &Query, profile: &Profile) -> Vec<Remark> {
        prepared_query::remarks(query, profile, &self.facts)
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Features")
            .field("names", &self.schema.names().collect::<Vec<_>>())
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

/// A hash of what features are: names, bounds, directions and the models that compute them, in their order. Models and logged rows of
/// different definitions do not mix.
#[must_use]
pub fn definitions(schema: &FeatureSchema) -> String {
    let mut hasher = blake3::Hasher::new();
    for column in schema.columns() {
        let direction: &[u8] = match column.direction {
            Direction::Any => b"any",
            Direction::Increasing => b"increasing",
            Direction::Decreasing => b"decreasing",
        };
        hasher.update(&(column.name.len() as u64).to_le_bytes());
        hasher.update(column.name.as_bytes());
        hasher.update(&column.min.to_le_bytes());
        hasher.update(&column.max.to_le_bytes());
        hasher.update(direction);
        if let Some(model) = &column.model {
            hasher.update(&(model.len() as u64).to_le_bytes());
            hasher.update(model.as_bytes());
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn failed(source: impl Into<ranker_core::BoxError>) -> FeatureError {
    FeatureError::Failed {
        feature: MAXSIM.to_owned(),
        source: source.into(),
    }
}
