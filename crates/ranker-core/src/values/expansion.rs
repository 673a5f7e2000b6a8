//! What is asked for in other words.

use std::fmt;

use super::embedding::Embedding;
use super::error::{ValueError, said};
use crate::{EmbedError, Embedder, Role};

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
    /// A resume that a language model wrote for the job.
    HypotheticalResume,
    /// A question that a language model made of a part of the job.
    SubQuestion,
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
            Self::HypotheticalResume => "hypothetical resume",
            Self::SubQuestion => "sub-question",
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

/// A text whose vector stands beside the job's, and why it was added.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpansionText {
    text: String,
    role: Role,
    weight: f32,
    source: TermSource,
    reason: String,
}

impl ExpansionText {
    /// A text that is embedded as `role`, with a `weight` in `(0, 0.5]`: its share of the query's vector.
    ///
    /// `reason` is shown to people: "a resume that the model wrote for the job".
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] for a blank text, [`ValueError::OutOfRange`] for another weight.
    pub fn new(
        (text, role): (impl Into<String>, Role),
        weight: f32,
        source: TermSource,
        reason: impl Into<String>,
    ) -> Result<Self, ValueError> {
        if !(weight > 0.0 && weight <= MOST_OF_TEXTS) {
            return Err(ValueError::OutOfRange {
                what: "text weight",
                value: weight.into(),
                min: 0.0,
                max: MOST_OF_TEXTS.into(),
            });
        }
        Ok(Self {
            text: said("text", text.into())?,
            role,
            weight,
            source,
            reason: reason.into(),
        })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// As what it is embedded.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its share of the query's vector.
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

/// The most that texts have of a query's vector, all together.
const MOST_OF_TEXTS: f32 = 0.5;

/// What was added to a query: terms, together never more than the original, whose mass is 1, and texts, together never more
/// than half of the query's vector.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expansion {
    terms: Vec<Term>,
    texts: Vec<ExpansionText>,
}

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
        Self {
            terms,
            texts: Vec::new(),
        }
    }

    /// Sets the texts, and scales their weights down alike where their sum exceeds a half.
    #[must_use]
    pub fn with_texts(mut self, mut texts: Vec<ExpansionText>) -> Self {
        let total: f32 = texts.iter().map(ExpansionText::weight).sum();
        if total > MOST_OF_TEXTS {
            for text in &mut texts {
                text.weight *= MOST_OF_TEXTS / total;
            }
        }
        self.texts = texts;
        self
    }

    /// The texts whose vectors stand beside the job's.
    #[must_use]
    pub fn texts(&self) -> &[ExpansionText] {
        &self.texts
    }

    /// The query's vector: the job's and those of the texts, each with its share, scaled to unit length. The job keeps half
    /// at least (HyDE, Gao et al. 2023, averages alike). Without texts it is the job's, and nothing is embedded.
    ///
    /// Where the vectors leave no direction, as where a text's is the job's opposite, it is the job's.
    ///
    /// # Errors
    ///
    /// [`EmbedError`]; an encoder that gives another number of components for a text than the job's has.
    pub fn embedded(
        &self,
        job: &Embedding,
        embedder: &dyn Embedder,
    ) -> Result<Embedding, EmbedError> {
        if self.texts.is_empty() {
            return Ok(job.clone());
        }
        let total: f32 = self.texts.iter().map(ExpansionText::weight).sum();
        let own = 1.0 - total.min(MOST_OF_TEXTS);
        let mut sum: Vec<f32> = job.as_slice().iter().map(|x| own * x).collect();
        for role in [Role::Query, Role::Document] {
            let of_role = self.texts.iter().enumerate();
            let of_role = of_role.filter(|(_, text)| text.role == role);
            let (places, texts): (Vec<usize>, Vec<&str>) =
                of_role.map(|(at, text)| (at, text.text())).unzip();
            if texts.is_empty() {
                continue;
            }
            let embedded = embedder.embed(&texts, role)?;
            for (&at, embedded) in places.iter().zip(embedded) {
                let (expected, actual) = (sum.len(), embedded.embedding.dimension());
                if expected != actual {
                    let source = ValueError::Dimension { expected, actual };
                    return Err(EmbedError::Output { index: at, source });
                }
                let weight = self.texts[at].weight;
                let components = embedded.embedding.as_slice();
                sum.iter_mut()
                    .zip(components)
                    .for_each(|(sum, x)| *sum += weight * x);
            }
        }
        Ok(Embedding::normalized(sum).unwrap_or_else(|_| job.clone()))
    }

    /// The terms, heaviest first.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.texts.is_empty()
    }

    /// The original's share of the whole query's mass of words: never under a half.
    #[must_use]
    pub fn original_mass(&self) -> f32 {
        1.0 / (1.0 + self.terms.iter().map(Term::weight).sum::<f32>().min(1.0))
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

    /// A direction for each first letter.
    struct Letters;

    impl Embedder for Letters {
        fn dimension(&self) -> usize {
            3
        }

        fn model_id(&self) -> &str {
            "letters"
        }

        fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<crate::Embedded>, EmbedError> {
            let embed = |text: &&str| {
                let mut vector = match text.as_bytes()[0] {
                    b'a' => vec![1.0, 0.0, 0.0],
                    b'b' => vec![0.0, 1.0, 0.0],
                    b'-' => vec![-1.0, 0.0, 0.0],
                    _ => vec![0.0, 0.0, 1.0],
                };
                if role == Role::Document {
                    vector.rotate_right(1);
                }
                let embedding = Embedding::normalized(vector).unwrap();
                crate::Embedded::new(embedding, crate::TokenUsage::new(1, 1))
            };
            Ok(texts.iter().map(embed).collect())
        }
    }

    fn text(text: &str, role: Role, weight: f32) -> ExpansionText {
        ExpansionText::new((text, role), weight, TermSource::SubQuestion, "test").unwrap()
    }

    #[test]
    fn texts_have_their_shares_of_the_vector_and_the_job_half() {
        let job = Embedding::unit(vec![1.0, 0.0, 0.0]).unwrap();
        let mixed = |texts: Vec<ExpansionText>| {
            let expansion = Expansion::default().with_texts(texts);
            expansion.embedded(&job, &Letters).unwrap()
        };
        assert_eq!(mixed(Vec::new()), job);
        // 0.7 of the job, 0.2 and 0.1 of the texts, each as its role has it.
        let both = mixed(vec![
            text("b", Role::Query, 0.2),
            text("b", Role::Document, 0.1),
        ]);
        let expected = Embedding::normalized(vec![0.7, 0.2, 0.1]).unwrap();
        assert!(both.cosine(&expected).unwrap() > 0.999_999);
        let heavy = mixed(vec![
            text("b", Role::Query, 0.5),
            text("c", Role::Query, 0.5),
        ]);
        let expected = Embedding::normalized(vec![0.5, 0.25, 0.25]).unwrap();
        assert!(heavy.cosine(&expected).unwrap() > 0.999_999);
        assert_eq!(
            mixed(vec![text("-", Role::Query, 0.5)]),
            job,
            "no direction is left"
        );
    }

    #[test]
    fn texts_weigh_half_at_most() {
        for weight in [0.0, 0.6, f32::NAN] {
            let refused = ExpansionText::new(("x", Role::Query), weight, TermSource::Other, "");
            assert!(matches!(refused, Err(ValueError::OutOfRange { .. })));
        }
        let blank = ExpansionText::new((" ", Role::Query), 0.1, TermSource::Other, "");
        assert!(matches!(blank, Err(ValueError::Empty { .. })));
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
