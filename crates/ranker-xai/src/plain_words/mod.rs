//! Accounts in two or three sentences, in English and in German.

mod account;
mod against;
mod grammar;
mod names;
mod phrases;

use std::collections::BTreeMap;

use ranker_core::{
    Asked, Because, CandidateId, Explanation, Fact, Note, Ranked, Remark, TermSource, Uncounted,
};

use crate::contrast::Contrast;
use grammar::Grammar;

/// What a sentence is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// English, with a decimal point.
    #[default]
    English,
    /// German, with a decimal comma.
    German,
}

/// What a sentence rests on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ground {
    /// The place or the score; of a contrast, the difference of the scores.
    Score,
    /// The part of this feature, or the difference of it.
    Part(String),
    /// The verdict at this place of [`Explanation::assessments`], or of [`Contrast::verdicts`].
    Verdict(usize),
}

/// One sentence of an account, and all of the account that it says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// The sentence. Names in it are foreign: they are on one line, without control characters.
    pub sentence: String,
    /// What it rests on: never empty.
    pub grounds: Vec<Ground>,
}

/// Says accounts in sentences, from templates: no number or verdict is in them that is not in the account, and no
/// model writes them.
///
/// ```
/// # use std::sync::Arc;
/// # use ranker_core::{Candidate, FeatureMatrix, FeatureSchema, FeatureSpec, Hit, JobDescription};
/// # use ranker_core::{Explanation, Part, Profile, Query, Ranking, Score};
/// use ranker_xai::{Ground, Language, PlainWords};
///
/// # let profile = Profile::new("p-1", "Six years of Rust.")?;
/// # let hit = Hit::new(profile.id().clone(), Score::default());
/// # let years = FeatureSpec::new("years_met", "Whether the years are met.", 0.0..=1.0);
/// # let schema = Arc::new(FeatureSchema::new(vec![years])?);
/// # let row = FeatureMatrix::new(schema, vec![1.0])?;
/// # let query = Arc::new(Query::new(JobDescription::new("Rust")?));
/// # let scored = vec![(Score::new(0.5)?, Candidate::new(hit, Arc::new(profile)), row)];
/// # let ranking = Ranking::new(query, "model", scored);
/// # let ranked = &ranking.as_slice()[0];
/// # let parts = vec![Part::new("years_met", 1.0, 0.5)];
/// # let explanation = Explanation::new(ranked.id().clone(), ranked.score, 0.0, parts)?;
/// let claims = PlainWords::new(Language::German).account(&explanation, ranked);
/// assert_eq!(claims[0].sentence, "Dieses Profil steht mit einem Wert von 0,500 auf Platz 1.");
/// assert_eq!(
///     claims[1].sentence,
///     "Dafür spricht vor allem die Erfüllung der geforderten Berufsjahre (+0,500)."
/// );
/// assert_eq!(claims[1].grounds, [Ground::Part("years_met".to_owned())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct PlainWords {
    language: Language,
    features: BTreeMap<String, String>,
    people: BTreeMap<CandidateId, String>,
}

impl PlainWords {
    /// Sentences in this language. The built-in features have words of their own; any other feature is called by its
    /// name.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            language,
            features: BTreeMap::new(),
            people: BTreeMap::new(),
        }
    }

    /// Sets what a feature is called in sentences: a noun phrase in the singular, with its article where it has one,
    /// in German in the nominative. "the distance to work", "die Entfernung zur Arbeit".
    #[must_use]
    pub fn with_feature(mut self, name: impl Into<String>, words: impl Into<String>) -> Self {
        self.features.insert(name.into(), words.into());
        self
    }

    /// Sets what somebody is called in contrasts, instead of by the id: by a headline, say.
    #[must_use]
    pub fn with_name(mut self, id: CandidateId, name: impl Into<String>) -> Self {
        self.people.insert(id, name.into());
        self
    }

    /// An account in two or three sentences: place and score; the parts that speak most for it and against it; what
    /// is met of the requirements and what is not, where they were assessed.
    #[must_use]
    pub fn account(&self, explanation: &Explanation, ranked: &Ranked) -> Vec<Claim> {
        account::claims(&self.grammar(), explanation, ranked.rank)
    }

    /// A contrast in one to three sentences: by how much the scores differ; the features that speak most for either;
    /// the requirements that one of the two meets alone.
    #[must_use]
    pub fn contrast(&self, contrast: &Contrast) -> Vec<Claim> {
        against::claims(&self.grammar(), contrast)
    }

    fn grammar(&self) -> Grammar<'_> {
        Grammar {
            language: self.language,
            features: &self.features,
            people: &self.people,
        }
    }
}

/// What a built-in feature is called, at the beginning of a cell.
pub(crate) fn feature(name: &str, language: Language) -> Option<String> {
    names::feature(name, language).map(grammar::capital)
}

/// What a requirement asks for.
pub(crate) fn asked(asked: &Asked, language: Language) -> String {
    PlainWords::new(language).grammar().asked(asked)
}

/// Why a verdict is as it is; this and the following are `None` for words that exist in one language alone.
pub(crate) fn because(because: &Because, language: Language) -> Option<String> {
    PlainWords::new(language).grammar().because(because)
}

/// What a reader should know of a pair.
pub(crate) fn remark(remark: &Remark, language: Language) -> Option<String> {
    PlainWords::new(language).grammar().remark(remark)
}

/// What a reader should know of a ranking.
pub(crate) fn note(note: &Note, language: Language) -> Option<String> {
    PlainWords::new(language).grammar().note(note)
}

/// How much of a text does not count, and why.
pub(crate) fn uncounted(why: Uncounted, share: f32, language: Language) -> Option<String> {
    PlainWords::new(language).grammar().uncounted(why, share)
}

/// Where an added word comes from, and how much it weighs.
pub(crate) fn origin(source: TermSource, weight: f32, language: Language) -> String {
    PlainWords::new(language).grammar().origin(source, weight)
}

/// What a fact is called, and what it is.
pub(crate) fn fact(name: &str, fact: &Fact, language: Language) -> (String, String) {
    let words = PlainWords::new(language);
    let grammar = words.grammar();
    (grammar.fact_name(name), grammar.fact(name, fact))
}

/// The sentences one after the other, as a paragraph.
#[must_use]
pub fn paragraph(claims: &[Claim]) -> String {
    let sentences: Vec<&str> = claims.iter().map(|claim| claim.sentence.as_str()).collect();
    sentences.join(" ")
}
