//! Features of a profile's passages.

mod split;
mod words;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ranker_core::{
    Candidate, Direction, Embedder, Embedding, FeatureError, FeatureExtractor, FeatureMatrix,
    FeatureSchema, FeatureSpec, Query, Role,
};
use rayon::prelude::*;

use super::{WrongCount, title};
use words::TitleWords;

/// The first passages, where a profile says what its person is.
const OPENING: usize = 3;

/// Name, description, least value, direction; the greatest value is 1 throughout.
type Column = (&'static str, &'static str, f32, Direction);

/// In the order in which [`Passages::row`] gives the values. The first of a kind may only help; what
/// refines it may turn out either way beside it.
const COLUMNS: [Column; 12] = [
    (
        "headline",
        "similarity of the job's title and the profile's headline",
        -1.0,
        Direction::Increasing,
    ),
    (
        "opening",
        "greatest similarity of the job's title and one of the first three passages",
        -1.0,
        Direction::Any,
    ),
    (
        "title_passage",
        "greatest similarity of the job's title and a passage",
        -1.0,
        Direction::Increasing,
    ),
    (
        "title_passages",
        "mean similarity of the job's title and the three most similar passages",
        -1.0,
        Direction::Any,
    ),
    (
        "title_profile",
        "similarity of the job's title and the whole profile",
        -1.0,
        Direction::Any,
    ),
    (
        "job_passage",
        "greatest similarity of the whole job and a passage",
        -1.0,
        Direction::Increasing,
    ),
    (
        "job_passages",
        "mean similarity of the whole job and the five most similar passages",
        -1.0,
        Direction::Any,
    ),
    (
        "job_all_passages",
        "mean similarity of the whole job and all passages",
        -1.0,
        Direction::Any,
    ),
    (
        "title_words",
        "share of the job title's words found in the profile",
        0.0,
        Direction::Increasing,
    ),
    (
        "title_words_opening",
        "share of the job title's words found in one of the first three passages",
        0.0,
        Direction::Any,
    ),
    (
        "title_words_passage",
        "share of the job title's words found in one passage",
        0.0,
        Direction::Any,
    ),
    (
        "title_words_match",
        "words that the job's title and a passage share, of all words that the two have",
        0.0,
        Direction::Any,
    ),
];

/// Features of a profile's passages: which part of it is how close to the job and to its title.
///
/// A passage is a line of the profile, cut every 40 words; the headline is the first, and the first
/// 80 are read. The job's title is its own, or a first sentence of at most twelve words; without
/// either, what compares titles is 0. Similarities are cosines of an encoder's embeddings.
///
/// Each passage is encoded as a text of its own, some thousands for a hundred candidates: give an
/// embedder that remembers what it has encoded.
///
/// Join these to the others with [`Features::and`](super::Features::and); they are worth their cost
/// once a model learns from feedback, since nothing weighs them before.
#[derive(Clone)]
pub struct Passages {
    schema: Arc<FeatureSchema>,
    embedder: Arc<dyn Embedder>,
    most: usize,
}

impl Passages {
    /// How many passages of a profile are read, unless set.
    pub const DEFAULT_MOST: usize = 80;

    /// The features, by this embedder.
    ///
    /// # Panics
    ///
    /// Never: the columns' names differ.
    #[must_use]
    pub fn new(embedder: Arc<dyn Embedder>) -> Self {
        let spec = |(name, description, min, direction): Column| {
            FeatureSpec::new(name, description, min..=1.0).with_direction(direction)
        };
        let schema = FeatureSchema::new(COLUMNS.map(spec).to_vec());
        Self {
            schema: Arc::new(schema.expect("the names above differ")),
            embedder,
            most: Self::DEFAULT_MOST,
        }
    }

    /// Sets how many passages of a profile are read, at least one.
    #[must_use]
    pub fn with_most(mut self, most: usize) -> Self {
        self.most = most.max(1);
        self
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedding>, FeatureError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let embedded = self.embedder.embed(texts, role).map_err(failed)?;
        if embedded.len() != texts.len() {
            return Err(failed(WrongCount {
                model: self.embedder.model_id().to_owned(),
            }));
        }
        Ok(embedded.into_iter().map(|text| text.embedding).collect())
    }

    /// The job's side: its title, if it has one, and the whole.
    fn asked(&self, query: &Query) -> Result<Asked, FeatureError> {
        let (title, whole) = (title::title(query.job()), query.job().full_text());
        let texts = if title.is_empty() {
            vec![whole.as_str()]
        } else {
            vec![whole.as_str(), title]
        };
        let mut embeddings = self.embed(&texts, Role::Query)?.into_iter();
        let whole = embeddings.next().ok_or_else(|| {
            failed(WrongCount {
                model: self.embedder.model_id().to_owned(),
            })
        })?;
        Ok(Asked {
            whole,
            title: embeddings.next(),
            words: TitleWords::of(title),
        })
    }
}

/// A job, as passages are compared with it.
struct Asked {
    whole: Embedding,
    title: Option<Embedding>,
    words: TitleWords,
}

impl Asked {
    /// One candidate's features, in the order of the schema.
    fn row(
        &self,
        passages: &[String],
        embeddings: &[Embedding],
        profile: &Embedding,
    ) -> Result<Vec<f32>, FeatureError> {
        let compare = |with: &Embedding| -> Result<Vec<f32>, FeatureError> {
            let with = embeddings.iter().map(|passage| cosine(with, passage));
            with.collect()
        };
        let titled = self.title.as_ref().map_or(Ok(Vec::new()), compare)?;
        let job = compare(&self.whole)?;
        let title_profile = self.title.as_ref().map(|title| cosine(title, profile));
        let opening = titled.iter().take(OPENING).copied();
        let similarities = [
            titled.first().copied().unwrap_or(0.0),
            opening.reduce(f32::max).unwrap_or(0.0),
            mean_of_best(&titled, 1),
            mean_of_best(&titled, 3),
            title_profile.transpose()?.unwrap_or(0.0),
            mean_of_best(&job, 1),
            mean_of_best(&job, 5),
            mean_of_best(&job, job.len()),
        ];
        let words = self.words.shares(passages);
        Ok(similarities.into_iter().chain(words).collect())
    }
}

fn cosine(a: &Embedding, b: &Embedding) -> Result<f32, FeatureError> {
    let cosine = a.cosine(b).map_err(failed)?;
    // Rounding may lead a hair outside of the range.
    Ok(cosine.clamp(-1.0, 1.0))
}

/// The mean of the `n` greatest values, of all where there are fewer; 0 of none.
fn mean_of_best(values: &[f32], n: usize) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.truncate(n);
    if sorted.is_empty() {
        return 0.0;
    }
    let mean = sorted.iter().sum::<f32>() / sorted.len() as f32;
    mean.clamp(-1.0, 1.0)
}

impl FeatureExtractor for Passages {
    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<FeatureMatrix, FeatureError> {
        let asked = self.asked(query)?;
        let mut passages: Vec<String> = Vec::new();
        let spans: Vec<Range<usize>> = candidates
            .iter()
            .map(|candidate| {
                let start = passages.len();
                passages.extend(split::passages(candidate.profile(), self.most));
                start..passages.len()
            })
            .collect();
        let wholes: Vec<String> = candidates.iter().map(|c| c.profile().full_text()).collect();
        let texts: Vec<&str> = passages.iter().chain(&wholes).map(String::as_str).collect();
        let embeddings = self.embed(&texts, Role::Document)?;
        let (of_passages, of_wholes) = embeddings.split_at(passages.len());
        let rows: Vec<Vec<f32>> = spans
            .par_iter()
            .zip(of_wholes)
            .map(|(span, whole)| {
                let span = span.clone();
                asked.row(&passages[span.clone()], &of_passages[span], whole)
            })
            .collect::<Result<_, _>>()?;
        FeatureMatrix::new(Arc::clone(&self.schema), rows.concat())
    }
}

impl fmt::Debug for Passages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passages")
            .field("encoder", &self.embedder.model_id())
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

fn failed(source: impl Into<ranker_core::BoxError>) -> FeatureError {
    FeatureError::Failed {
        feature: "headline".to_owned(),
        source: source.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_the_greatest() {
        assert_eq!(mean_of_best(&[0.25, 1.0, 0.5], 2), 0.75);
        assert_eq!(mean_of_best(&[0.5], 3), 0.5);
        assert_eq!(mean_of_best(&[], 3), 0.0);
    }
}
