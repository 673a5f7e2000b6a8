//! Whether job and profile are of the same occupations.

mod error;
mod table;

use std::fmt;
use std::sync::Arc;

use ranker_core::{
    BoxError, Cancel, Candidate, Direction, Embedder, Embedding, FeatureError, FeatureExtractor,
    FeatureMatrix, FeatureSchema, FeatureSpec, Query, Role, TokenVectors,
};
use rayon::prelude::*;

use super::WrongCount;
pub use error::OccupationError;
pub use table::OccupationTable;

/// The feature's name.
const OCCUPATION: &str = "occupation";

/// A text is described by so many occupations that are nearest to it.
const NEAREST: usize = 10;

/// How much more a nearer one counts: shares grow with `exp(SHARPNESS · cosine)`.
const SHARPNESS: f32 = 30.0;

/// A job whose nearest occupation is no nearer than the first of these tells of none, and one at the second tells all.
const TELLING: [f32; 2] = [0.35, 0.5];

/// One feature, `occupation`: how far job and profile are nearest to the same occupations, from 0 to 1.
///
/// A text is described by the ten groups of occupations of an [`OccupationTable`] that are nearest to it, each with a share,
/// as explicit semantic analysis describes it by articles (Gabrilovich and Markovitch, 2007). The value is the
/// Bhattacharyya coefficient of both texts' shares, `Σ √(p·q)`, and 0 for a job that is near to no occupation. Texts of one
/// occupation agree in it though they share no words, and texts that share phrases of any office do not.
///
/// A profile's embedding is the mean of its token vectors where the retriever keeps them
/// ([`ranker_core::TokenCodes::mean`]); of others the encoder reads the text. Some 20 microseconds a candidate otherwise.
///
/// Join it to the others with [`Features::and`](super::Features::and); `RankerBuilder::occupations` does.
#[derive(Clone)]
pub struct Occupations {
    schema: Arc<FeatureSchema>,
    embedder: Arc<dyn Embedder>,
    table: Arc<OccupationTable>,
}

impl Occupations {
    /// The feature, by the encoder that the table was made by.
    ///
    /// # Errors
    ///
    /// [`OccupationError::OtherEncoder`] when it was made by another one, [`OccupationError::NotTheMean`], and what embeds one
    /// text for either.
    ///
    /// # Panics
    ///
    /// Never: one column has no other of its name.
    pub fn new(
        embedder: Arc<dyn Embedder>,
        table: impl Into<Arc<OccupationTable>>,
    ) -> Result<Self, OccupationError> {
        let table = table.into();
        table.check(&*embedder)?;
        let description = "how far job and profile are nearest to the same occupations";
        let spec = FeatureSpec::new(OCCUPATION, description, 0.0..=1.0)
            .with_direction(Direction::Increasing);
        let schema = FeatureSchema::new(vec![spec]).expect("there is one column");
        Ok(Self {
            schema: Arc::new(schema),
            embedder,
            table,
        })
    }

    fn job(&self, query: &Query) -> Result<Embedding, BoxError> {
        match query.embedding() {
            Some(embedding) => Ok(embedding.clone()),
            None => Ok(self
                .embed(&[&query.job().full_text()], Role::Query)?
                .swap_remove(0)),
        }
    }

    /// The candidates' embeddings, in order; `None` for a text without a direction.
    fn profiles(&self, candidates: &[Candidate]) -> Result<Vec<Option<Embedding>>, BoxError> {
        let kept =
            |candidate: &Candidate| candidate.hit().tokens_of(self.embedder.model_id()).cloned();
        let means = candidates
            .par_iter()
            .map(|candidate| kept(candidate).map(|codes| codes.mean()).transpose());
        let mut means: Vec<Option<Option<Embedding>>> = means.collect::<Result<_, _>>()?;
        let lacking = || {
            means
                .iter()
                .zip(candidates)
                .filter(|(mean, _)| mean.is_none())
        };
        let texts: Vec<String> = lacking()
            .map(|(_, candidate)| candidate.profile().full_text())
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut read = self.embed(&texts, Role::Document)?.into_iter();
        for mean in means.iter_mut().filter(|mean| mean.is_none()) {
            *mean = Some(read.next());
        }
        Ok(means.into_iter().map(Option::flatten).collect())
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedding>, BoxError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let embedded = self.embedder.embed(texts, role)?;
        if embedded.len() != texts.len() {
            let model = self.embedder.model_id().to_owned();
            return Err(WrongCount { model }.into());
        }
        Ok(embedded.into_iter().map(|one| one.embedding).collect())
    }

    fn values(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<Option<Vec<f32>>, BoxError> {
        if candidates.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let job = Described::new(&self.table, &self.job(query)?)?;
        let telling = job.telling();
        if telling == 0.0 {
            return Ok(Some(vec![0.0; candidates.len()]));
        }
        let cancel = Cancel::current();
        let profiles = self.profiles(candidates)?;
        let value = |profile: &Option<Embedding>| {
            let agreement = match profile {
                Some(profile) => job.agreement(&Described::new(&self.table, profile)?),
                None => 0.0,
            };
            Ok((!cancel.is_cancelled()).then_some((telling * agreement).clamp(0.0, 1.0)))
        };
        profiles.par_iter().map(value).collect()
    }
}

impl FeatureExtractor for Occupations {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        let failed = |source| FeatureError::Failed {
            feature: OCCUPATION.to_owned(),
            source,
        };
        let values = self.values(query, candidates).map_err(failed)?;
        FeatureMatrix::new(
            Arc::clone(&self.schema),
            values.ok_or(FeatureError::Cancelled)?,
        )
    }

    fn token_vectors(&self) -> TokenVectors {
        TokenVectors::Read
    }
}

impl fmt::Debug for Occupations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Occupations")
            .field("groups", &self.table.len())
            .field("encoder", &self.embedder.model_id())
            .finish_non_exhaustive()
    }
}

/// A text by the occupations that are nearest to it.
struct Described {
    /// The cosine to the nearest.
    nearest: f32,
    /// Occupations by their numbers, and the square roots of their shares.
    roots: Vec<(usize, f32)>,
}

impl Described {
    fn new(table: &OccupationTable, text: &Embedding) -> Result<Self, OccupationError> {
        let mut cosines: Vec<(usize, f32)> = table.cosines(text)?.into_iter().enumerate().collect();
        let nearer = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if cosines.len() > NEAREST {
            cosines.select_nth_unstable_by(NEAREST - 1, nearer);
            cosines.truncate(NEAREST);
        }
        cosines.sort_unstable_by(nearer);
        let nearest = cosines.first().map_or(0.0, |first| first.1);
        let weight = |cosine: f32| (SHARPNESS * (cosine - nearest)).exp();
        let sum: f32 = cosines.iter().map(|&(_, cosine)| weight(cosine)).sum();
        let root = |(at, cosine)| (at, (weight(cosine) / sum).sqrt());
        Ok(Self {
            nearest,
            roots: cosines.into_iter().map(root).collect(),
        })
    }

    /// How far a job tells an occupation at all, from 0 to 1.
    fn telling(&self) -> f32 {
        let [none, all] = TELLING;
        ((self.nearest - none) / (all - none)).clamp(0.0, 1.0)
    }

    /// The Bhattacharyya coefficient of both texts' shares.
    fn agreement(&self, other: &Self) -> f32 {
        let root = |at| {
            other
                .roots
                .iter()
                .find(|root| root.0 == at)
                .map_or(0.0, |root| root.1)
        };
        self.roots.iter().map(|&(at, mine)| mine * root(at)).sum()
    }
}
