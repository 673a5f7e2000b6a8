//! Why a candidate stands where it stands.

use std::fmt;
use std::ops::Range;

use super::assessment::Assessment;
use super::because::Remark;
use super::expansion::Term;
use super::id::CandidateId;
use super::score::Score;
use crate::seams::explainer::ExplainError;

/// One feature's part in a score.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// The feature's name.
    pub feature: String,
    /// The feature's value.
    pub value: f32,
    /// What it adds to the score; negative where it takes away.
    pub contribution: f64,
    /// What its contribution is the sum of, greatest first by size; empty where that is not told.
    pub terms: Vec<PartTerm>,
}

/// One of the terms that a part is the sum of.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PartTerm {
    /// What it comes from.
    pub of: TermOf,
    /// What it adds to the score.
    pub contribution: f64,
}

/// What a term of a part comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TermOf {
    /// A word or phrase of the query, as it is compared, and the field that has it.
    Word {
        /// The word.
        term: String,
        /// `text`, `title`, or the name of a fact.
        field: String,
    },
    /// A word or phrase that was not in the job and was added to the query, and the field that has it.
    Added {
        /// The word or phrase, as it is compared.
        term: String,
        /// `text`, `title`, or the name of a fact.
        field: String,
        /// The term of the expansion: its source, its weight, and why it was added.
        from: Term,
    },
    /// A place of the job: what it asks for.
    Job(Place),
    /// A place of the profile.
    Profile(Place),
}

/// A place in a job description or a profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// The title, which is no part of the text.
    Title,
    /// Bytes of the text as it was written.
    Text(Range<usize>),
}

impl Place {
    /// What stands there, in a text with this title; nothing for bytes that are no part of it.
    #[must_use]
    pub fn of<'t>(&self, title: &'t str, text: &'t str) -> &'t str {
        match self {
            Self::Title => title,
            Self::Text(bytes) => text.get(bytes.clone()).unwrap_or_default(),
        }
    }
}

/// What a term of a query adds to a candidate's keyword score.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TermScore {
    /// The term as the store compares it, often in lower case and stemmed; of a phrase, its words with spaces between.
    pub term: String,
    /// Where it was found: `text` (the title and the text), `title` where that counts apart, or the name of a fact.
    pub field: String,
    /// Its part of the score.
    pub score: f32,
    /// Where it was added to the query: which of the terms of the query's expansion it is. `None` for a word of the job, and
    /// where the store cannot tell.
    pub added: Option<usize>,
}

impl TermScore {
    /// A term, the field that has it, and its part of the score.
    #[must_use]
    pub fn new(term: impl Into<String>, field: impl Into<String>, score: f32) -> Self {
        Self {
            term: term.into(),
            field: field.into(),
            score,
            added: None,
        }
    }

    /// The same, as a term of this place in the query's [`crate::Expansion::terms`].
    #[must_use]
    pub fn added(mut self, at: Option<usize>) -> Self {
        self.added = at;
        self
    }
}

/// A passage of the profile that answers a requirement of the job.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PassageMatch {
    /// Bytes of [`crate::JobDescription::text`].
    pub requirement: Range<usize>,
    /// Bytes of [`crate::Profile::text`].
    pub passage: Range<usize>,
    /// How alike they are, in `-1..=1`.
    pub similarity: f32,
}

/// A passage of the profile, or a word, that the score rests on: one of its rationale (DeYoung et al. 2020, *ERASER*).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RationalePassage {
    /// Bytes of [`crate::Profile::text`].
    pub passage: Range<usize>,
    /// What the explainer measures without it, such as the similarity that is lost; greater is more.
    pub weight: f64,
}

impl RationalePassage {
    /// Bytes of the profile's text, and how much rests on them.
    #[must_use]
    pub fn new(passage: Range<usize>, weight: f64) -> Self {
        Self { passage, weight }
    }
}

impl Part {
    /// A feature's value, and what it adds to the score.
    #[must_use]
    pub fn new(feature: impl Into<String>, value: f32, contribution: f64) -> Self {
        Self {
            feature: feature.into(),
            value,
            contribution,
            terms: Vec::new(),
        }
    }

    /// Tells what its contribution is made of: what counts for each term, in any unit. Each gets as much of the
    /// contribution as it is of their sum; weights whose sum is not above zero tell nothing.
    #[must_use]
    pub fn divided(mut self, weights: impl IntoIterator<Item = (TermOf, f64)>) -> Self {
        self.divide(weights);
        self
    }

    fn divide(&mut self, weights: impl IntoIterator<Item = (TermOf, f64)>) {
        let weights: Vec<(TermOf, f64)> = weights.into_iter().collect();
        let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
        if !(sum > 0.0 && sum.is_finite()) {
            return;
        }
        let whole = self.contribution;
        let term = |(of, weight): (TermOf, f64)| PartTerm {
            of,
            contribution: whole * weight / sum,
        };
        self.terms = weights.into_iter().map(term).collect();
        self.terms
            .sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    }
}

impl PassageMatch {
    /// Bytes of the job's text, bytes of the profile's text, and how alike they are.
    #[must_use]
    pub fn new(requirement: Range<usize>, passage: Range<usize>, similarity: f32) -> Self {
        Self {
            requirement,
            passage,
            similarity,
        }
    }
}

/// An additive account of one score, and the passages behind it.
///
/// `score = base + Σ parts`, checked in the constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    id: CandidateId,
    score: Score,
    base: f64,
    parts: Vec<Part>,
    matches: Vec<PassageMatch>,
    rationale: Vec<RationalePassage>,
    words: Vec<RationalePassage>,
    remarks: Vec<Remark>,
    assessments: Vec<Assessment>,
}

impl Explanation {
    /// The greatest gap between a score and the sum of its parts, relative to
    /// `max(1, |score|)`.
    pub const TOLERANCE: f64 = 1e-6;

    /// Checks that `base` and `parts` sum to `score`, and orders the parts by size.
    ///
    /// # Errors
    ///
    /// [`ExplainError::NotAdditive`] when they do not: such an account would not be true.
    pub fn new(
        id: CandidateId,
        score: Score,
        base: f64,
        mut parts: Vec<Part>,
    ) -> Result<Self, ExplainError> {
        let sum = base + parts.iter().map(|part| part.contribution).sum::<f64>();
        let gap = (sum - score.get()).abs();
        // A NaN gap must fail too, so the comparison asks for what is right.
        let additive = gap <= Self::TOLERANCE * score.get().abs().max(1.0);
        if !additive {
            return Err(ExplainError::NotAdditive {
                id,
                score: score.get(),
                sum,
            });
        }
        parts.sort_by(|a, b| {
            let by_size = b.contribution.abs().total_cmp(&a.contribution.abs());
            by_size.then_with(|| a.feature.cmp(&b.feature))
        });
        Ok(Self {
            id,
            score,
            base,
            parts,
            matches: Vec::new(),
            rationale: Vec::new(),
            words: Vec::new(),
            remarks: Vec::new(),
            assessments: Vec::new(),
        })
    }

    /// Tells what the part of a feature is made of, as [`Part::divided`] does; a feature that is not there is passed over.
    #[must_use]
    pub fn with_terms(
        mut self,
        feature: &str,
        weights: impl IntoIterator<Item = (TermOf, f64)>,
    ) -> Self {
        if let Some(part) = self.parts.iter_mut().find(|part| part.feature == feature) {
            part.divide(weights);
        }
        self
    }

    /// What the terms that were added to the query give of the score, over all parts that tell them; `None` where no part
    /// has such a term. A negative number: they take from it.
    #[must_use]
    pub fn expanded(&self) -> Option<f64> {
        let added = self.added_terms();
        let adds: Vec<f64> = added.map(|(_, term)| term.contribution).collect();
        (!adds.is_empty()).then(|| adds.iter().sum())
    }

    /// The terms that were added to the query, each with the part that it is of, in the order of the parts.
    pub fn added_terms(&self) -> impl Iterator<Item = (&Part, &PartTerm)> {
        let parts = self.parts.iter();
        let terms = parts.flat_map(|part| part.terms.iter().map(move |term| (part, term)));
        terms.filter(|(_, term)| matches!(term.of, TermOf::Added { .. }))
    }

    /// Adds the passages that answer the job's requirements.
    #[must_use]
    pub fn with_matches(mut self, matches: Vec<PassageMatch>) -> Self {
        self.matches = matches;
        self
    }

    /// Who it is about.
    #[must_use]
    pub fn id(&self) -> &CandidateId {
        &self.id
    }

    /// The score it explains.
    #[must_use]
    pub fn score(&self) -> Score {
        self.score
    }

    /// What the score would be without any part.
    #[must_use]
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The parts, greatest first by size.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Sets what its reader should know beside the numbers, a phrase each.
    #[must_use]
    pub fn with_remarks(mut self, remarks: Vec<Remark>) -> Self {
        self.remarks = remarks;
        self
    }

    /// What its reader should know beside the numbers: "asks 10 years, has 1".
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// Sets the verdict on each of the job's requirements.
    #[must_use]
    pub fn with_assessments(mut self, assessments: Vec<Assessment>) -> Self {
        self.assessments = assessments;
        self
    }

    /// The verdict on each of the job's requirements, in the job's order; empty where nobody assesses them.
    #[must_use]
    pub fn assessments(&self) -> &[Assessment] {
        &self.assessments
    }

    /// Sets the passages that the score rests on, the weightiest first.
    #[must_use]
    pub fn with_rationale(mut self, rationale: Vec<RationalePassage>) -> Self {
        self.rationale = rationale;
        self
    }

    /// The passages that the score rests on, the weightiest first; empty where the explainer reads no texts.
    #[must_use]
    pub fn rationale(&self) -> &[RationalePassage] {
        &self.rationale
    }

    /// Sets the single words that the score rests on, the weightiest first.
    #[must_use]
    pub fn with_rationale_words(mut self, words: Vec<RationalePassage>) -> Self {
        self.words = words;
        self
    }

    /// The single words that the score rests on, the weightiest first, wherever they stand in the profile; empty where the
    /// explainer does not tell words apart.
    #[must_use]
    pub fn rationale_words(&self) -> &[RationalePassage] {
        &self.words
    }

    /// The passages that answer the job's requirements.
    #[must_use]
    pub fn matches(&self) -> &[PassageMatch] {
        &self.matches
    }
}

/// One line: the score and its greatest parts.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} =", self.score)?;
        if self.base != 0.0 {
            write!(f, " {:+.3} base", self.base)?;
        }
        let shown = self
            .parts
            .iter()
            .filter(|part| part.contribution != 0.0)
            .take(4);
        let mut rest = self.score.get() - self.base;
        for part in shown {
            write!(f, " {:+.3} {}", part.contribution, part.feature)?;
            rest -= part.contribution;
        }
        if rest.abs() >= 5e-4 {
            write!(f, " {rest:+.3} other")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TermSource;

    fn part(feature: &str, contribution: f64) -> Part {
        Part::new(feature, 1.0, contribution)
    }

    #[test]
    fn terms_sum_to_their_part() {
        let word = |term: &str| TermOf::Word {
            term: term.to_owned(),
            field: "text".to_owned(),
        };
        let part = part("bm25", -0.5).divided([(word("a"), 1.0), (word("b"), 3.0)]);
        let terms: Vec<f64> = part.terms.iter().map(|term| term.contribution).collect();
        assert_eq!(terms, [-0.375, -0.125]);
        assert_eq!(part.terms[0].of, word("b"));
        for nothing in [0.0, -1.0, f64::NAN] {
            let part = super::Part::new("bm25", 1.0, 0.5).divided([(word("a"), nothing)]);
            assert_eq!(part.terms, []);
        }
    }

    #[test]
    fn what_was_added_is_told_apart() {
        let from = Term::new("k8s", 0.5, TermSource::Acronym, "K8s is Kubernetes").unwrap();
        let of = |added: bool| {
            let (term, field) = ("k8s".to_owned(), "text".to_owned());
            match added {
                true => TermOf::Added {
                    term,
                    field,
                    from: from.clone(),
                },
                false => TermOf::Word { term, field },
            }
        };
        let id = CandidateId::new("p").unwrap();
        let parts = vec![part("bm25", 0.8), part("expansion", -0.1)];
        let score = Score::new(0.7).unwrap();
        let plain = Explanation::new(id, score, 0.0, parts).unwrap();
        assert_eq!(plain.expanded(), None);
        let told = plain
            .with_terms("bm25", [(of(false), 3.0), (of(true), 1.0)])
            .with_terms("expansion", [(of(true), 0.5)]);
        assert!((told.expanded().unwrap() - 0.1).abs() < 1e-12);
        let parts: Vec<&str> = told
            .added_terms()
            .map(|(part, _)| part.feature.as_str())
            .collect();
        assert_eq!(parts, ["bm25", "expansion"]);
        let sum: f64 = told.parts().iter().map(|part| part.contribution).sum();
        assert!((sum - told.score().get()).abs() < Explanation::TOLERANCE);
    }

    #[test]
    fn parts_must_sum_to_the_score() {
        let id = CandidateId::new("p").unwrap();
        let score = Score::new(1.0).unwrap();
        let parts = vec![part("small", 0.25), part("big", 0.5)];
        let explanation = Explanation::new(id.clone(), score, 0.25, parts).unwrap();
        assert_eq!(
            explanation.to_string(),
            "1.000 = +0.250 base +0.500 big +0.250 small"
        );
        for wrong in [0.7, f64::NAN] {
            let refused = Explanation::new(id.clone(), score, 0.25, vec![part("big", wrong)]);
            assert!(matches!(refused, Err(ExplainError::NotAdditive { .. })));
        }
    }
}
