//! Expansion from word vectors.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ranker_core::{
    ExpandError, Expander, Expansion, JobDescription, TermSource, ValueError, async_trait,
};

use crate::checks::share;
use crate::fold::{Phrase, Words};
use crate::statistics::CollectionStatistics;
use crate::stop_words::is_expandable;
use crate::terms::{DEFAULT_MAX_TERMS, Terms};
use crate::vectors::WordVectors;

/// What a neighbour of cosine 1 weighs, relative to the whole job's 1.
const WEIGHT: f32 = 0.2;
/// The least cosine of a neighbour.
const MIN_SIMILARITY: f32 = 0.6;
/// The greatest share of the texts that may hold a word: beyond it the word tells nobody apart.
const MAX_SHARE: f64 = 0.1;
/// How many words of a job are expanded at most, the most telling first.
const MAX_JOB_WORDS: usize = 16;
/// How many neighbours of one word are added at most.
const MAX_NEIGHBOURS: usize = 3;

/// Adds words whose vectors lie near those of the job's telling words.
///
/// Telling are the words that occur most often in the job and seldomest in the profiles. Added are words
///
/// - that the given profiles hold, so that a term can find somebody, in at most a tenth of them;
/// - of a cosine of at least 0.6, at most three a word, each weighing 0.2 times its cosine;
/// - that are no other form of a word of the job, and not listed as its antonym
///   ([`VectorExpander::with_antonyms`]): vectors put *junior* beside *senior*.
///
/// Words that share the row of another ([`WordVectors::is_pruned`]) are neither expanded nor added: in spaCy's
/// `en_core_web_md`, which keeps 20,000 rows for 684,830 words, *nurse* has the vector of *redhead*.
///
/// No default uses it. Near words are used alike, and need not mean the same: `Java` lies near `Python`.
///
/// ```
/// use ranker_core::JobDescription;
/// use ranker_expand::{CollectionStatistics, VectorExpander, WordVectors};
///
/// let words = [("solr", vec![1.0, 0.0]), ("lucene", vec![0.9, 0.3]), ("nurse", vec![0.0, 1.0])];
/// let profiles = ["Search with Lucene", "A nurse", "A welder"];
/// let statistics = CollectionStatistics::of(profiles);
/// let expander = VectorExpander::new(WordVectors::new(words)?, statistics);
///
/// let expansion = expander.expansion(&JobDescription::new("A Solr engineer")?);
/// let reason = "'lucene' is near 'Solr' in the job, cosine 0.95 (word vectors)";
/// assert_eq!(expansion.terms()[0].reason(), reason);
/// # Ok::<(), ranker_core::ValueError>(())
/// ```
#[derive(Debug, Clone)]
pub struct VectorExpander {
    vectors: WordVectors,
    statistics: Arc<CollectionStatistics>,
    vocabulary: Vec<Known>,
    /// Pairs of keys, both ways.
    antonyms: HashSet<[Box<str>; 2]>,
    min_similarity: f32,
    max_share: f64,
    weight: f32,
    max_terms: usize,
}

/// A word of the profiles with a row of its own.
#[derive(Debug, Clone)]
struct Known {
    phrase: Phrase,
    texts: u64,
    row: u32,
}

/// A word of the job with a row of its own.
struct Telling<'a> {
    key: &'a str,
    said: &'a str,
    row: u32,
    count: usize,
}

impl VectorExpander {
    /// Expands with these vectors by the words of the profiles that these statistics were made of.
    pub fn new(vectors: WordVectors, statistics: impl Into<Arc<CollectionStatistics>>) -> Self {
        let statistics = statistics.into();
        let known = statistics.iter().filter(|(key, _)| is_expandable(key));
        let mut vocabulary: Vec<Known> = known
            .filter_map(|(_, entry)| {
                let written = &entry.occurrences.written;
                let row = own_row(&vectors, written)?;
                let (phrase, texts) = (Phrase::of(written), entry.texts);
                Some(Known { phrase, texts, row })
            })
            .collect();
        vocabulary.sort_unstable_by(|a, b| a.phrase.text.cmp(&b.phrase.text));
        Self {
            vectors,
            statistics,
            vocabulary,
            antonyms: HashSet::new(),
            min_similarity: MIN_SIMILARITY,
            max_share: MAX_SHARE,
            weight: WEIGHT,
            max_terms: DEFAULT_MAX_TERMS,
        }
    }

    /// Never adds one word of a pair for the other.
    #[must_use]
    pub fn with_antonyms<W: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = [W; 2]>) -> Self {
        for pair in pairs {
            let [a, b] = pair.map(|word| Phrase::of(word.as_ref()).keys.join(" ").into_boxed_str());
            self.antonyms.insert([b.clone(), a.clone()]);
            self.antonyms.insert([a, b]);
        }
        self
    }

    /// Sets the least cosine of an added word, from 0 to 1. 0.6 by default.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for another cosine.
    pub fn with_min_similarity(mut self, cosine: f32) -> Result<Self, ValueError> {
        self.min_similarity = share("least similarity", cosine)?;
        Ok(self)
    }

    /// Sets the greatest share of the profiles that an added word may be in, from 0 to 1. 0.1 by default; a
    /// word of a single profile is never too frequent.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for another share.
    pub fn with_max_share(mut self, max_share: f64) -> Result<Self, ValueError> {
        self.max_share = share("greatest share of profiles", max_share)?;
        Ok(self)
    }

    /// Sets what a neighbour of cosine 1 weighs, from 0 to 1. 0.2 by default.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for another weight.
    pub fn with_weight(mut self, weight: f32) -> Result<Self, ValueError> {
        self.weight = share("weight", weight)?;
        Ok(self)
    }

    /// Sets the most terms of an expansion. 12 by default.
    #[must_use]
    pub fn with_max_terms(mut self, max_terms: usize) -> Self {
        self.max_terms = max_terms;
        self
    }

    /// The terms to add to the job. [`Expander::expand`] gives the same without a detour: nothing waits.
    #[must_use]
    pub fn expansion(&self, job: &JobDescription) -> Expansion {
        let words = Words::of(&job.full_text());
        let mut terms = Terms::new(&words);
        for telling in self.telling(&words) {
            for (known, similarity) in self.neighbours(&telling, &terms) {
                let text = &known.phrase.text;
                let reason = format!(
                    "'{text}' is near '{}' in the job, cosine {similarity:.2} (word vectors)",
                    telling.said
                );
                let weight = self.weight * similarity;
                terms.add(&known.phrase, weight, TermSource::WordVectors, reason);
            }
        }
        terms.heaviest(self.max_terms)
    }

    /// The job's telling words, most telling first.
    fn telling<'a>(&self, words: &'a Words) -> Vec<Telling<'a>> {
        let mut by_key: BTreeMap<&str, Telling<'a>> = BTreeMap::new();
        for word in words.list().iter().filter(|word| is_expandable(&word.key)) {
            if let Some(known) = by_key.get_mut(word.key.as_str()) {
                known.count += 1;
            } else if let Some(row) = own_row(&self.vectors, &word.surface) {
                let (key, said) = (word.key.as_str(), words.text_of(std::slice::from_ref(word)));
                by_key.insert(
                    key,
                    Telling {
                        key,
                        said,
                        row,
                        count: 1,
                    },
                );
            }
        }
        let score = |word: &Telling<'_>| word.count as f64 * self.statistics.idf(word.key);
        let mut telling: Vec<_> = by_key
            .into_values()
            .filter(|word| score(word) > 0.0)
            .collect();
        telling.sort_by(|a, b| score(b).total_cmp(&score(a)));
        telling.truncate(MAX_JOB_WORDS);
        telling
    }

    /// The nearest words that may be added for a word of the job, nearest first, with their cosines.
    fn neighbours(&self, word: &Telling<'_>, terms: &Terms<'_>) -> Vec<(&Known, f32)> {
        let most = (self.statistics.texts() as f64 * self.max_share).max(1.0);
        let allowed = self
            .vocabulary
            .iter()
            .filter(|known| known.texts as f64 <= most);
        let near = allowed.filter_map(|known| {
            let similarity = self.vectors.similarity(word.row, known.row);
            (similarity >= self.min_similarity).then_some((known, similarity))
        });
        let mut near: Vec<_> = near
            .filter(|(known, _)| terms.is_new(&known.phrase) && !self.are_antonyms(word, known))
            .collect();
        // Stable, so that equals stay in the order of their letters.
        near.sort_by(|a, b| b.1.total_cmp(&a.1));
        near.truncate(MAX_NEIGHBOURS);
        near
    }

    fn are_antonyms(&self, word: &Telling<'_>, known: &Known) -> bool {
        // Asked of every near word: without antonyms nothing is put together.
        !self.antonyms.is_empty()
            && (self.antonyms).contains(&[word.key.into(), known.phrase.keys.join(" ").into()])
    }
}

/// The own row of a word as written, or else in lower case, with a capital, in capitals.
fn own_row(vectors: &WordVectors, written: &str) -> Option<u32> {
    let lower = written.to_lowercase();
    let mut letters = lower.chars();
    let capital = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect::<String>());
    let forms = [Some(lower.clone()), capital, Some(lower.to_uppercase())];
    let own = |form: &str| vectors.own_row(form);
    own(written).or_else(|| forms.iter().flatten().find_map(|form| own(form)))
}

#[async_trait]
impl Expander for VectorExpander {
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError> {
        Ok(self.expansion(job))
    }
}
