//! Several retrievers as one.

mod dense;
mod fusion;
mod leg;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::future::try_join_all;
use ranker_core::{
    CandidateId, Filter, Hit, Profile, Pushdown, Query, Request, RetrieveError, Retriever, Score,
    TermScore, TokenCodes, TokenVectors, async_trait,
};

use crate::error::IndexError;
use crate::{BM25, FUSED};
use dense::Dense;
pub use fusion::Fusion;
use fusion::{Rank, reciprocal, sum};
use leg::{Column, Found, Leg, Pooled};

/// How much vector search and keyword search count by default.
pub(crate) const WEIGHTS: (f64, f64) = (1.0, 0.3);
/// How much search by sparse vectors counts beside them: as much as keywords, which it is most like. No weights of such an
/// encoder were at hand to measure another.
pub const SPARSE_WEIGHT: f64 = 0.3;
/// The least depth to which a leg is searched.
const LEAST_DEPTH: usize = 100;

/// Retrievers searched at once, their scores fused: itself a retriever.
///
/// - Every leg is searched for [`Self::with_overfetch`] times as many hits as are wanted, at least 100. The
///   candidates of all legs are pooled, and each leg scores those that it did not find itself, so
///   every hit carries every leg's score ([`Hit::legs`]), as far as the leg has one.
/// - A candidate without a score in a leg gets nothing from that leg.
/// - A filter is exact if every leg applies it exactly. Shares and ranks are those among all candidates,
///   not among those that pass: a filter leaves candidates out, and the rest stay in their order.
/// - A leg that fails fails the whole: a ranking that silently lacks a leg would be another ranking.
///
/// ```
/// use std::sync::Arc;
/// use ranker_core::{Embedding, Profile};
/// use ranker_retrieve::{FlatIndex, Fused, Fusion, KeywordIndex, Retriever};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let nurse = Arc::new(Profile::new("a", "Nurse on a surgical ward")?);
/// let dense = FlatIndex::with_profiles([(nurse.clone(), Embedding::normalized(vec![1.0, 0.0])?)])?;
/// let keywords = KeywordIndex::new([nurse])?;
/// let legs: [(Arc<dyn Retriever>, f64); 2] = [(Arc::new(dense), 1.0), (Arc::new(keywords), 0.5)];
/// let hybrid = Fused::new(legs, Fusion::Weighted)?;
/// assert!(hybrid.holds_profiles());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Fused {
    name: Arc<str>,
    legs: Vec<Leg>,
    fusion: Fusion,
    overfetch: usize,
    /// Whether the first leg is asked for the profiles that no hit carries.
    asks_for_profiles: bool,
    /// Whether the first is an index that the others only add to.
    has_base: bool,
}

impl Fused {
    /// Fuses retrievers, each with a weight.
    ///
    /// # Errors
    ///
    /// [`IndexError::NoLegs`]; [`IndexError::DuplicateLeg`] for two of one name;
    /// [`IndexError::Option`] for a weight that is negative or not finite.
    pub fn new(
        legs: impl IntoIterator<Item = (Arc<dyn Retriever>, f64)>,
        fusion: Fusion,
    ) -> Result<Self, IndexError> {
        let mut known: Vec<Leg> = Vec::new();
        for (retriever, weight) in legs {
            IndexError::check_option("weight", weight, 0.0..=f64::MAX)?;
            let name: Arc<str> = retriever.name().into();
            if known.iter().any(|leg| leg.name == name) {
                let name = name.to_string();
                return Err(IndexError::DuplicateLeg { name });
            }
            known.push(Leg {
                retriever,
                weight,
                name,
            });
        }
        if known.is_empty() {
            return Err(IndexError::NoLegs);
        }
        Ok(Self {
            name: FUSED.into(),
            legs: known,
            fusion,
            overfetch: 3,
            asks_for_profiles: true,
            has_base: false,
        })
    }

    /// A retriever of vectors that knows no words, such as an engine of others, with one of words, such as a
    /// `KeywordIndex` of the same profiles: fused as `ProfileIndex` fuses its two, by weighted shares, 1 and 0.3.
    ///
    /// Of the first, the leg [`crate::DENSE`] of its hits counts, so that candidates have the features of a ranking over
    /// an index of ours. Searches fail with [`RetrieveError::Rejected`] where its hits have no such leg. One that has words
    /// too must order its hits by that leg, or the nearest may not be among them.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateLeg`] for words that are named [`crate::DENSE`].
    pub fn hybrid(
        vectors: impl Retriever + 'static,
        words: impl Retriever + 'static,
    ) -> Result<Self, IndexError> {
        let legs: [(Arc<dyn Retriever>, f64); 2] = [
            (Arc::new(Dense(Arc::new(vectors))), WEIGHTS.0),
            (Arc::new(words), WEIGHTS.1),
        ];
        Self::new(legs, Fusion::Weighted)
    }

    /// An index with a further leg beside it: a `ProfileIndex`, a `Collection` or a fusion of one's own, and a
    /// [`SparseIndex`](crate::SparseIndex) of the same profiles. Their shares are added, that of the further leg times `weight`
    /// ([`crate::SPARSE_WEIGHT`] for sparse vectors).
    ///
    /// Hits keep the legs that the index gives them, so that features and explanations see what they saw without the
    /// other. Who is not in the index is not found, whatever the further leg has kept. Those whom the further leg alone finds cost the index a
    /// second search, which scores them.
    ///
    /// # Errors
    ///
    /// [`IndexError::DuplicateLeg`] for two of one name; [`IndexError::Option`] for a weight that is negative or not finite.
    pub fn beside(
        index: impl Retriever + 'static,
        further: impl Retriever + 'static,
        weight: f64,
    ) -> Result<Self, IndexError> {
        let legs: [(Arc<dyn Retriever>, f64); 2] =
            [(Arc::new(index), 1.0), (Arc::new(further), weight)];
        let fused = Self::new(legs, Fusion::Weighted)?;
        Ok(Self {
            has_base: true,
            ..fused
        })
    }

    /// Labels its scores where it is itself a leg; [`FUSED`] by default.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// How many times as many hits as are wanted each leg returns; 3 by default, at least 1.
    #[must_use]
    pub fn with_overfetch(mut self, times: usize) -> Self {
        self.overfetch = times.max(1);
        self
    }

    /// Asks no leg for profiles: they are added to the hits afterwards.
    #[cfg(feature = "collection")]
    pub(crate) fn without_profiles(mut self) -> Self {
        self.asks_for_profiles = false;
        self
    }

    fn depth(&self, k: usize) -> usize {
        k.saturating_mul(self.overfetch).max(LEAST_DEPTH)
    }

    /// What candidate `at` gets from all legs.
    fn fuse(&self, columns: &[Column], at: usize) -> Result<Score, RetrieveError> {
        let parts = self.legs.iter().zip(columns).map(|(leg, column)| {
            let scored = column.scores[at].as_ref();
            match self.fusion {
                Fusion::Weighted => scored.map_or(0.0, |scored| leg.weight * scored.share()),
                Fusion::ReciprocalRank { k } => reciprocal(leg.weight, k, column.ranks[at]),
            }
        });
        Score::new(sum(parts)).map_err(|source| RetrieveError::Invalid {
            backend: self.name.to_string(),
            source,
        })
    }

    /// What the legs say of candidate `at`, and the score that this comes to; `None` of one who is not in the index that the
    /// others add to. `base` is that index's hit.
    fn hit(
        &self,
        columns: &[Column],
        (at, id): (usize, &CandidateId),
        base: Option<&Hit>,
    ) -> Result<Option<Hit>, RetrieveError> {
        if self.has_base && columns[0].scores[at].is_none() {
            return Ok(None);
        }
        let hit = Hit::new(id.clone(), self.fuse(columns, at)?);
        let own = base.map_or(&[][..], Hit::legs);
        // A base of one leg is that leg, counted from its floor.
        let is_one = own.iter().any(|leg| leg.leg == self.legs[0].name);
        let (own, columns) = match self.has_base && !own.is_empty() && !is_one {
            true => (own, &columns[1..]),
            false => (&[][..], columns),
        };
        let further = columns.iter();
        let further = further.filter_map(|column| column.scores[at].clone());
        Ok(Some(
            own.iter().cloned().chain(further).fold(hit, Hit::with_leg),
        ))
    }

    /// Whether the legs know enough of candidate `at` to score it. One without a score in a leg is
    /// known only if the leg has shown that it would not return it.
    fn knows(&self, columns: &[Column], at: usize) -> bool {
        let known = columns.iter().all(|column| match self.fusion {
            Fusion::Weighted => column.scores[at].is_some() || column.ranks[at] == Rank::Never,
            Fusion::ReciprocalRank { .. } => column.ranks[at] != Rank::Beyond,
        });
        known && columns.iter().any(|column| column.scores[at].is_some())
    }
}

/// What legs hold of a candidate.
#[derive(Debug, Default)]
struct Held {
    profile: Option<Arc<Profile>>,
    tokens: Option<TokenCodes>,
}

impl Held {
    /// Adds what a leg has of a candidate whom it did not find itself.
    fn complete(&mut self, hit: &Hit, tokens: TokenVectors) {
        if self.profile.is_none() {
            self.profile = hit.profile().cloned();
        }
        if self.tokens.is_none() && tokens == TokenVectors::Read {
            self.tokens = hit.tokens().cloned();
        }
    }

    fn onto(self, mut hit: Hit) -> Hit {
        if let Some(profile) = self.profile {
            hit = hit.with_profile(profile);
        }
        match self.tokens {
            Some(tokens) => hit.with_tokens(tokens),
            None => hit,
        }
    }
}

/// Everyone whom any leg found, by id, with profile and tokens from whichever leg has them.
fn pooled(lists: &[Vec<Hit>]) -> BTreeMap<CandidateId, Held> {
    let mut pooled: BTreeMap<CandidateId, Held> = BTreeMap::new();
    for hit in lists.iter().flatten() {
        let held = pooled.entry(hit.id().clone()).or_default();
        if held.profile.is_none() {
            held.profile = hit.profile().cloned();
        }
        if held.tokens.is_none() {
            held.tokens = hit.tokens().cloned();
        }
    }
    pooled
}

#[async_trait]
impl Retriever for Fused {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        if self.pushdown(&request.filter) != Pushdown::Exact {
            return Err(RetrieveError::UnsupportedFilter {
                retriever: self.name.to_string(),
            });
        }
        let mut deep = request.clone();
        deep.k = self.depth(request.k);
        let lists = try_join_all(self.legs.iter().map(|leg| leg.retrieve(query, &deep))).await?;
        let (ids, held): (Vec<_>, Vec<_>) = pooled(&lists).into_iter().unzip();
        let lacking = ids.iter().zip(&held);
        let lacking = lacking.filter(|(_, held)| held.profile.is_none());
        let lacking: Vec<CandidateId> = lacking.map(|(id, _)| id.clone()).collect();
        let columns = self.legs.iter().zip(&lists).enumerate();
        let columns = columns.map(|(at, (leg, hits))| {
            // In the same call as for the scores that it lacks.
            let asked = at == 0 && self.asks_for_profiles;
            let lacking = if asked { &lacking[..] } else { &[] };
            let pooled = Pooled { ids: &ids, lacking };
            let found = Found {
                hits,
                request: &deep,
            };
            leg.column(query, pooled, found, self.fusion)
        });
        let columns = try_join_all(columns).await?;

        let mut hits = Vec::with_capacity(ids.len());
        let first: HashMap<&CandidateId, &Hit> = match self.has_base {
            true => lists[0].iter().map(|hit| (hit.id(), hit)).collect(),
            false => HashMap::new(),
        };
        for (at, (id, mut held)) in ids.iter().zip(held).enumerate() {
            let completed = columns.iter().filter_map(|column| column.completed.get(id));
            completed.for_each(|hit| held.complete(hit, request.tokens));
            let base = first.get(id).copied();
            let base = base.or_else(|| columns[0].completed.get(id));
            let hit = self.hit(&columns, (at, id), base)?;
            hits.extend(hit.map(|hit| held.onto(hit)));
        }
        Hit::sort(&mut hits);
        hits.truncate(request.k);
        Ok(hits)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn pushdown(&self, filter: &Filter) -> Pushdown {
        let exact =
            |leg: &Leg| filter.is_all() || leg.retriever.pushdown(filter) == Pushdown::Exact;
        if self.legs.iter().all(exact) {
            Pushdown::Exact
        } else {
            Pushdown::Unsupported
        }
    }

    fn holds_profiles(&self) -> bool {
        self.legs.iter().all(|leg| leg.retriever.holds_profiles())
    }

    fn encoder(&self) -> Option<&str> {
        self.legs.iter().find_map(|leg| leg.retriever.encoder())
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let hits = self.complete(query, ids).await?.into_iter();
        Ok(hits.map(|hit| Some(hit?.score())).collect())
    }

    async fn complete(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Hit>>, RetrieveError> {
        let depth = self.depth(0);
        let columns = self.legs.iter();
        let columns = columns.map(|leg| leg.column_of(query, ids, depth));
        let columns = try_join_all(columns).await?;
        let hit = |(at, id): (usize, &CandidateId)| {
            if !self.knows(&columns, at) {
                return Ok(None);
            }
            let base = columns[0].completed.get(id);
            let mut held = Held::default();
            let completed = columns.iter().filter_map(|column| column.completed.get(id));
            completed.for_each(|hit| held.complete(hit, TokenVectors::Read));
            let hit = self.hit(&columns, (at, id), base)?;
            Ok(hit.map(|hit| held.onto(hit)))
        };
        ids.iter().enumerate().map(hit).collect()
    }

    async fn terms(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Vec<TermScore>>>, RetrieveError> {
        let of_words = self.legs.iter().find(|leg| &*leg.name == BM25);
        let base = self.legs.first().filter(|_| self.has_base);
        match of_words.or(base) {
            Some(leg) => leg.retriever.terms(query, ids).await,
            None => Ok(vec![None; ids.len()]),
        }
    }
}
