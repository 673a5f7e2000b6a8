//! The indexes that can be measured, behind one face.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use ranker::core::{CandidateId, Embedding, Fact, Filter, Hit, Profile, ValueError};
use ranker::retrieve::{
    FlatIndex, HnswIndex, HnswOptions, QuantizedIndex, QuantizedOptions, ScanPlan,
};
use ranker_examples::Outcome;

use crate::vecs::Vectors;

/// The fact that a filter asks for.
const FACT: &str = "number";

/// Which index.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// Every vector in f32.
    Exact,
    /// Codes of a bit and a byte a component.
    Quantized,
    /// As quantized, without the codes of a bit.
    Bytes,
    /// A graph.
    Hnsw,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::Quantized => "quantized",
            Self::Bytes => "bytes",
            Self::Hnsw => "hnsw",
        })
    }
}

/// Passes the given share of all vectors.
pub(crate) fn passes(share: f64) -> Filter {
    Filter::at_most(FACT, share)
}

/// The number, in `0..1`, that a filter sees of a vector: spread evenly, without order.
pub(crate) fn number_of(row: u32) -> f64 {
    f64::from(row.wrapping_mul(2_654_435_761)) / 4_294_967_296.0
}

/// An index that was built.
pub(crate) enum Built {
    Exact(FlatIndex),
    Quantized(QuantizedIndex),
    Hnsw(HnswIndex),
}

impl Built {
    /// Indexes all vectors; with facts if they are to be filtered.
    pub(crate) fn new(kind: Kind, base: &Vectors, filtered: bool) -> Outcome<Self> {
        let options = match kind {
            Kind::Bytes => QuantizedOptions::new().without_bits(),
            Kind::Exact | Kind::Quantized | Kind::Hnsw => QuantizedOptions::new(),
        };
        let named = named(base.rows());
        if !filtered {
            let entries = named.map(|(vector, id)| Ok((id?, vector?)));
            let entries = Checked::new(entries);
            return Ok(match kind {
                Kind::Exact => Self::Exact(entries.take(|entries| FlatIndex::new(entries))?),
                Kind::Quantized | Kind::Bytes => Self::Quantized(
                    entries.take(|entries| QuantizedIndex::with_options(entries, options))?,
                ),
                Kind::Hnsw => Self::Hnsw(
                    entries.take(|entries| HnswIndex::build(entries, HnswOptions::new()))?,
                ),
            });
        }
        let entries = named.zip(0_u32..).map(|((vector, id), row)| {
            let profile = Profile::new(id?.as_str(), "a vector")?;
            let profile = profile.with_fact(FACT, Fact::Number(number_of(row)))?;
            Ok((Arc::new(profile), vector?))
        });
        let entries = Checked::new(entries);
        Ok(match kind {
            Kind::Exact => Self::Exact(entries.take(|entries| FlatIndex::with_profiles(entries))?),
            Kind::Quantized | Kind::Bytes => Self::Quantized(
                entries.take(|entries| QuantizedIndex::with_profiles(entries, options))?,
            ),
            Kind::Hnsw => Self::Hnsw(
                entries
                    .take(|entries| HnswIndex::build_with_profiles(entries, HnswOptions::new()))?,
            ),
        })
    }

    /// Opens what [`Self::save`] wrote.
    pub(crate) fn open(path: &Path) -> Outcome<Self> {
        Ok(Self::Quantized(QuantizedIndex::load(path)?))
    }

    /// Writes it to a file.
    pub(crate) fn save(&self, path: &Path) -> Outcome<()> {
        match self {
            Self::Exact(index) => index.save(path)?,
            Self::Quantized(index) => index.save(path)?,
            Self::Hnsw(index) => index.save(path)?,
        }
        Ok(())
    }

    /// How many vectors there are, and of how many components.
    pub(crate) fn shape(&self) -> (usize, usize) {
        let (rows, dimension) = match self {
            Self::Exact(index) => (index.len(), index.dimension()),
            Self::Quantized(index) => (index.len(), index.dimension()),
            Self::Hnsw(index) => (index.len(), index.dimension()),
        };
        (rows, dimension.unwrap_or(0))
    }

    /// The numbers of the best vectors.
    pub(crate) fn search(&self, query: &Embedding, k: usize, filter: &Filter) -> Outcome<Vec<u32>> {
        let hits = match self {
            Self::Exact(index) => index.search(query, k, filter)?,
            Self::Quantized(index) => index.search(query, k, filter)?,
            Self::Hnsw(index) => index.search(query, k, filter)?,
        };
        Ok(numbers(&hits))
    }

    /// All queries at once, where the index can.
    pub(crate) fn search_batch(
        &self,
        queries: &[Embedding],
        k: usize,
        filter: &Filter,
    ) -> Outcome<Vec<Vec<u32>>> {
        match self {
            Self::Quantized(index) => {
                let found = index.search_batch(queries, k, filter)?;
                Ok(found.iter().map(|hits| numbers(hits)).collect())
            }
            Self::Exact(_) | Self::Hnsw(_) => {
                let each = queries.iter().map(|query| self.search(query, k, filter));
                each.collect()
            }
        }
    }

    /// Bytes that the first stage of a search reads; unknown of a graph.
    pub(crate) fn bytes_read(&self, k: usize, filter: &Filter) -> Outcome<Option<usize>> {
        let (rows, dimension) = self.shape();
        let row = match (self, filter.is_all()) {
            (Self::Exact(_), _) => 4 * dimension,
            (_, false) => return Ok(None),
            (Self::Quantized(index), true) => match index.plan(k, filter)? {
                ScanPlan::Bits { .. } => dimension.div_ceil(64) * 8 + 2,
                ScanPlan::Bytes { .. } => dimension.div_ceil(64) * 64 + 4,
                _ => 4 * dimension,
            },
            (Self::Hnsw(_), true) => return Ok(None),
        };
        Ok(Some(rows * row))
    }

    /// What a search does, in words.
    pub(crate) fn plan(&self, k: usize, filter: &Filter) -> Outcome<Option<String>> {
        match self {
            Self::Quantized(index) => {
                let (plan, stats) = (index.plan(k, filter)?, index.stats());
                Ok(Some(format!("{plan:?} on {}", stats.instructions)))
            }
            Self::Exact(_) | Self::Hnsw(_) => Ok(None),
        }
    }
}

/// Vectors with their numbers as ids.
fn named<'v>(
    rows: impl Iterator<Item = &'v [f32]>,
) -> impl Iterator<
    Item = (
        Result<Embedding, ValueError>,
        Result<CandidateId, ValueError>,
    ),
> {
    let vectors = rows.map(|row| Embedding::unit(row.to_vec()));
    vectors.zip((0_u32..).map(|row| CandidateId::new(format!("{row}"))))
}

fn numbers(hits: &[Hit]) -> Vec<u32> {
    let numbers = hits.iter().map(|hit| hit.id().as_str().parse());
    numbers.filter_map(Result::ok).collect()
}

/// Entries up to the first that could not be made, whose error is told in the end.
struct Checked<I> {
    entries: I,
}

impl<T, I: Iterator<Item = Outcome<T>>> Checked<I> {
    fn new(entries: I) -> Self {
        Self { entries }
    }

    fn take<R, E: std::error::Error + 'static>(
        self,
        build: impl FnOnce(&mut dyn Iterator<Item = T>) -> Result<R, E>,
    ) -> Outcome<R> {
        let mut wrong = None;
        let mut entries = self.entries.map_while(|entry| match entry {
            Ok(entry) => Some(entry),
            Err(error) => {
                wrong = Some(error);
                None
            }
        });
        let built = build(&mut entries);
        match wrong {
            Some(error) => Err(error),
            None => Ok(built?),
        }
    }
}
