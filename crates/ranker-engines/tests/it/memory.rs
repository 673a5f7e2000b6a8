//! A store in memory, right in everything, and the same with one thing wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ranker_core::{
    BoxError, CandidateId, Embedding, Filter, Hit, LegScore, Profile, ProfileStore, Pushdown,
    Query, Request, RetrieveError, Retriever, Score, StoreError, async_trait, legs,
};
use ranker_engines::conformance::Place;
use ranker_engines::{Store, WriteError};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Nothing,
    /// Filters what it found, instead of finding those who pass.
    FiltersAfterwards,
    /// Whoever lacks a fact fails its negation too.
    LosesThoseWhoLack,
    /// Says that it cannot apply a filter, and answers without it.
    PassesFiltersOver,
    /// Looks at one of two profiles.
    Forgetful,
    /// Scores that are not the vectors'.
    OtherScores,
    /// Ids in lower case.
    FoldsIds,
    /// An update adds facts to the old ones' row.
    KeepsOldProfiles,
    /// What was deleted is found.
    KeepsTheDeleted,
    /// Counts an id once for each time that it was written.
    CountsWrites,
    /// Stores the good part of a bad call.
    TakesAnyDimension,
    /// Is opened for any encoder.
    TakesAnyEncoder,
    /// Never shows its changes.
    NeverSettles,
    /// Two writers mix a profile of one and a vector of the other.
    TornWrites,
}

type Rows = BTreeMap<CandidateId, (Profile, Embedding)>;

/// All stores of one test, by name.
#[derive(Default)]
pub(crate) struct Memories(Mutex<BTreeMap<String, Arc<Memory>>>);

impl Memories {
    pub(crate) fn open(&self, place: &Place, flaw: Flaw) -> Result<Arc<dyn Store>, BoxError> {
        let mut known = self.0.lock().unwrap();
        let memory = known
            .entry(place.name.clone())
            .or_insert_with(|| Arc::new(Memory::new(place, flaw)));
        if memory.encoder != place.encoder && flaw != Flaw::TakesAnyEncoder {
            return Err("another encoder".into());
        }
        Ok(Arc::clone(memory) as Arc<dyn Store>)
    }
}

pub(crate) struct Memory {
    flaw: Flaw,
    encoder: String,
    dimension: usize,
    rows: Mutex<Rows>,
    writes: Mutex<u64>,
}

impl Memory {
    pub(crate) fn new(place: &Place, flaw: Flaw) -> Self {
        Self {
            flaw,
            encoder: place.encoder.clone(),
            dimension: place.dimension,
            rows: Mutex::default(),
            writes: Mutex::default(),
        }
    }

    fn passes(&self, filter: &Filter, profile: &Profile) -> bool {
        let facts = profile.facts();
        match (self.flaw, filter) {
            (Flaw::PassesFiltersOver, _) => true,
            (Flaw::LosesThoseWhoLack, Filter::Not(inner)) => match &**inner {
                Filter::Range { fact, .. } | Filter::Flag { fact, .. } => {
                    facts.get(fact).is_some() && filter.matches(facts)
                }
                _ => filter.matches(facts),
            },
            _ => filter.matches(facts),
        }
    }

    fn embedding<'q>(&self, query: &'q Query) -> Result<&'q Embedding, RetrieveError> {
        let none = || RetrieveError::NoEmbedding {
            retriever: "memory".to_owned(),
        };
        let embedding = query.embedding().ok_or_else(none)?;
        let (expected, actual) = (self.dimension, embedding.dimension());
        if expected == actual {
            Ok(embedding)
        } else {
            Err(RetrieveError::Dimension { expected, actual })
        }
    }

    fn hit(&self, (profile, own): &(Profile, Embedding), asked: &Embedding, best: f64) -> Hit {
        let mut score = f64::from(own.cosine(asked).unwrap());
        if self.flaw == Flaw::OtherScores {
            score /= 2.0;
        }
        let score = Score::new(score).unwrap();
        let best = Score::new(best).unwrap();
        Hit::new(profile.id().clone(), score)
            .with_leg(LegScore::new(legs::DENSE, score, best))
            .with_profile(Arc::new(profile.clone()))
    }

    fn key(&self, id: &CandidateId) -> CandidateId {
        if self.flaw == Flaw::FoldsIds {
            CandidateId::new(id.as_str().to_lowercase()).unwrap()
        } else {
            id.clone()
        }
    }
}

#[async_trait]
impl Retriever for Memory {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let asked = self.embedding(query)?;
        let rows = self.rows.lock().unwrap();
        let best = rows
            .values()
            .map(|(_, own)| own.cosine(asked).unwrap())
            .fold(0.0, f32::max);
        let all = rows.values().enumerate();
        let seen =
            all.filter(|(at, _)| self.flaw != Flaw::Forgetful || at % 2 == 0 || rows.len() < 100);
        let mut hits: Vec<Hit> = seen
            .map(|(_, row)| self.hit(row, asked, best.into()))
            .collect();
        Hit::sort(&mut hits);
        if self.flaw == Flaw::FiltersAfterwards && rows.len() > 100 {
            hits.truncate(request.k * 3);
        }
        hits.retain(|hit| self.passes(&request.filter, &rows[&self.key(hit.id())].0));
        hits.truncate(request.k);
        Ok(hits)
    }

    fn name(&self) -> &str {
        "memory"
    }

    fn pushdown(&self, _: &Filter) -> Pushdown {
        if self.flaw == Flaw::PassesFiltersOver {
            Pushdown::Unsupported
        } else {
            Pushdown::Exact
        }
    }

    fn holds_profiles(&self) -> bool {
        true
    }

    fn encoder(&self) -> Option<&str> {
        Some(&self.encoder)
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let asked = self.embedding(query)?;
        let rows = self.rows.lock().unwrap();
        let score = |id| Some(self.hit(rows.get(&self.key(id))?, asked, 1.0).score());
        Ok(ids.iter().map(score).collect())
    }
}

#[async_trait]
impl ProfileStore for Memory {
    async fn profiles(&self, ids: &[CandidateId]) -> Result<Vec<Option<Arc<Profile>>>, StoreError> {
        let rows = self.rows.lock().unwrap();
        let profile = |id| {
            rows.get(&self.key(id))
                .map(|(profile, _)| Arc::new(profile.clone()))
        };
        Ok(ids.iter().map(profile).collect())
    }
}

#[async_trait]
impl Store for Memory {
    async fn upsert(&self, entries: &[(Profile, Embedding)]) -> Result<(), WriteError> {
        let expected = self.dimension;
        let odd = entries.iter().find(|(_, own)| own.dimension() != expected);
        let mut rows = self.rows.lock().unwrap();
        if self.flaw != Flaw::TakesAnyDimension
            && let Some((profile, own)) = odd
        {
            let (id, actual) = (profile.id().clone(), own.dimension());
            return Err(WriteError::Dimension {
                id,
                expected,
                actual,
            });
        }
        for (profile, embedding) in entries {
            if embedding.dimension() != expected {
                continue;
            }
            *self.writes.lock().unwrap() += 1;
            let id = self.key(profile.id());
            let mut row = (profile.clone(), embedding.clone());
            match (self.flaw, rows.get(&id)) {
                (Flaw::KeepsOldProfiles, Some((old, _))) => row.0 = old.clone(),
                (Flaw::TornWrites, Some((_, old))) if id.as_str().starts_with("both") => {
                    row.1 = old.clone();
                }
                _ => {}
            }
            rows.insert(id, row);
        }
        Ok(())
    }

    async fn delete(&self, ids: &[CandidateId]) -> Result<(), WriteError> {
        let mut rows = self.rows.lock().unwrap();
        for id in ids {
            if self.flaw != Flaw::KeepsTheDeleted && rows.remove(&self.key(id)).is_some() {
                let mut writes = self.writes.lock().unwrap();
                *writes = writes.saturating_sub(1);
            }
        }
        Ok(())
    }

    async fn entries(
        &self,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<(Profile, Embedding)>>, WriteError> {
        let rows = self.rows.lock().unwrap();
        Ok(ids
            .iter()
            .map(|id| rows.get(&self.key(id)).cloned())
            .collect())
    }

    async fn count(&self) -> Result<u64, WriteError> {
        if self.flaw == Flaw::CountsWrites {
            return Ok(*self.writes.lock().unwrap());
        }
        Ok(self.rows.lock().unwrap().len() as u64)
    }

    async fn settle(&self) -> Result<(), WriteError> {
        if self.flaw == Flaw::NeverSettles {
            let backend = "memory".to_owned();
            return Err(WriteError::NotVisible {
                backend,
                seconds: 0,
            });
        }
        Ok(())
    }
}
