//! How keywords are weighed.

use crate::error::IndexError;

/// Options of a [`super::KeywordIndex`].
///
/// ```
/// let options = ranker_retrieve::KeywordOptions::new().with_max_terms(50)?.with_title_boost(2.0)?;
/// let options = options.with_fact_boost("skills", 1.5)?;
/// # Ok::<(), ranker_retrieve::IndexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeywordOptions {
    pub(super) max_terms: usize,
    pub(super) title_boost: f32,
    pub(super) facts: [Option<BoostedFact>; BoostedFact::MOST],
}

/// A fact whose words are searched, and how much they count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BoostedFact {
    pub(super) name: &'static str,
    pub(super) boost: f32,
}

impl BoostedFact {
    /// How many there may be.
    pub(super) const MOST: usize = 4;
}

impl KeywordOptions {
    /// The most terms of a job description that a search may use.
    pub const MAX_TERMS: usize = 10_000;

    /// `max_terms` 64, `title_boost` 1, no facts.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_terms: 64,
            title_boost: 1.0,
            facts: [None; BoostedFact::MOST],
        }
    }

    /// How many of a job description's terms are looked for: those with the greatest product of
    /// count and inverse document frequency. The terms of an expansion come on top. A search takes
    /// time in proportion to how often the terms occur, so leaving out the common ones is what
    /// saves it.
    ///
    /// The default was chosen on the Cranfield and CISI collections, where it ranks as well as all
    /// terms do: mean reciprocal rank .812 and .625, with all terms .812 and .627, with 20 terms
    /// .812 and .591.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] outside `1..=`[`Self::MAX_TERMS`].
    pub fn with_max_terms(mut self, terms: usize) -> Result<Self, IndexError> {
        let range = 1.0..=Self::MAX_TERMS as f64;
        IndexError::check_option("max_terms", terms as f64, range)?;
        self.max_terms = terms;
        Ok(self)
    }

    /// How often a title counts. The title is always part of the text; `boost - 1` times the score
    /// of the title alone is added to the score of both.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] outside `1..=100`.
    pub fn with_title_boost(mut self, boost: f32) -> Result<Self, IndexError> {
        IndexError::check_option("title_boost", boost.into(), 1.0..=100.0)?;
        self.title_boost = boost;
        Ok(self)
    }

    /// Searches the words of a fact too, such as skills or former employers, which need not stand in the
    /// text: `boost` times the score of those words alone is added. A fact that is boosted again takes the
    /// last boost. Other facts are for filters only.
    ///
    /// # Errors
    ///
    /// [`IndexError::Option`] outside `0..=100`, and for a fifth fact.
    pub fn with_fact_boost(mut self, fact: &'static str, boost: f32) -> Result<Self, IndexError> {
        IndexError::check_option("fact_boost", boost.into(), 0.0..=100.0)?;
        let taken = |slot: &Option<BoostedFact>| slot.is_none_or(|own| own.name == fact);
        let slot = self.facts.iter().position(taken);
        let slot = slot.unwrap_or(BoostedFact::MOST);
        let most = BoostedFact::MOST as f64;
        IndexError::check_option("facts boosted", slot as f64 + 1.0, 1.0..=most)?;
        self.facts[slot] = Some(BoostedFact { name: fact, boost });
        Ok(self)
    }
}

impl Default for KeywordOptions {
    fn default() -> Self {
        Self::new()
    }
}
