//! What is asked for in other words.

use std::fmt;

use super::error::{ValueError, said};

/// Where an expansion term comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TermSource {
    /// An acronym or its long form.
    Acronym,
    /// Another name of the same occupation.
    Occupation,
    /// A skill, or another name of one.
    Skill,
    /// A synonym from a dictionary such as WordNet.
    Synonym,
    /// A word whose vector lies near that of one in the job.
    WordVectors,
    /// A term of well-ranked profiles (pseudo-relevance feedback).
    Feedback,
    /// A language model or another source of the user's.
    Other,
}

impl fmt::Display for TermSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Acronym => "acronym",
            Self::Occupation => "occupation",
            Self::Skill => "skill",
            Self::Synonym => "synonym",
            Self::WordVectors => "word vectors",
            Self::Feedback => "feedback",
            Self::Other => "other",
        })
    }
}

/// A word or phrase that was not in the job description, and why it was added.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    text: String,
    weight: f32,
    source: TermSource,
    reason: String,
}

impl Term {
    /// A term of `weight` in `(0, 1]`, relative to the whole original query's 1.
    ///
    /// `reason` is shown to people: "NLP stands for natural language processing".
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] for a blank text, [`ValueError::OutOfRange`] for another weight.
    pub fn new(
        text: impl Into<String>,
        weight: f32,
        source: TermSource,
        reason: impl Into<String>,
    ) -> Result<Self, ValueError> {
        if !(weight > 0.0 && weight <= 1.0) {
            let value = weight.into();
            return Err(ValueError::OutOfRange {
                what: "term weight",
                value,
                min: 0.0,
                max: 1.0,
            });
        }
        Ok(Self {
            text: said("term", text.into())?,
            weight,
            source,
            reason: reason.into(),
        })
    }

    /// The word or phrase.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its weight, relative to the whole original query's 1.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.weight
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> TermSource {
        self.source
    }

    /// Why it was added.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// The terms that were added to a query: together never more than the original, whose mass is 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expansion(Vec<Term>);

impl Expansion {
    /// Takes the terms, heaviest first, and scales all weights down alike where their sum exceeds
    /// the original's 1: the original's mass is then exactly half.
    #[must_use]
    pub fn new(mut terms: Vec<Term>) -> Self {
        let total: f32 = terms.iter().map(Term::weight).sum();
        if total > 1.0 {
            for term in &mut terms {
                term.weight /= total;
            }
        }
        terms.sort_by(|a, b| {
            b.weight
                .total_cmp(&a.weight)
                .then_with(|| a.text.cmp(&b.text))
        });
        Self(terms)
    }

    /// The terms, heaviest first.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.0
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The original's share of the whole query's mass: never under a half.
    #[must_use]
    pub fn original_mass(&self) -> f32 {
        1.0 / (1.0 + self.0.iter().map(Term::weight).sum::<f32>().min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn term(text: &str, weight: f32) -> Term {
        Term::new(text, weight, TermSource::Skill, "test").unwrap()
    }

    #[test]
    fn weights_lie_between_zero_and_one() {
        for weight in [0.0, -1.0, 1.1, f32::NAN] {
            let refused = Term::new("x", weight, TermSource::Skill, "");
            assert!(
                matches!(refused, Err(ValueError::OutOfRange { .. })),
                "{weight}"
            );
        }
        assert_eq!(Expansion::default().original_mass(), 1.0);
    }

    proptest! {
        #[test]
        fn the_original_is_never_under_half(
            weights in prop::collection::vec((1_u16..=1000).prop_map(|x| f32::from(x) / 1000.0), 0..40),
        ) {
            let terms = weights.iter().map(|&weight| term("x", weight)).collect();
            let expansion = Expansion::new(terms);
            prop_assert!(expansion.original_mass() >= 0.5);
            let total: f32 = expansion.terms().iter().map(Term::weight).sum();
            prop_assert!(total <= 1.0 + 1e-4);
            prop_assert!(expansion.terms().is_sorted_by(|a, b| a.weight() >= b.weight()));
        }
    }
}
