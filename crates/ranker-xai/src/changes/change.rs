//! One changed fact.

use std::fmt;

use ranker_core::{Fact, Facts, ValueError};

use crate::render::text::Line;

/// A job-related fact that is otherwise. There is no other kind: who somebody is, how old, from where, and what stands
/// for such things can not be said here.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// Years of work.
    Years {
        /// As they are; `None` where they are not known.
        from: Option<f64>,
        /// As they would be.
        to: f64,
    },
    /// A skill more.
    Skill(String),
    /// A language more.
    Language(String),
    /// The highest degree.
    Degree {
        /// As it is; `None` where it is not known.
        from: Option<String>,
        /// As it would be.
        to: String,
    },
    /// The level that the headline names.
    Seniority {
        /// The headline as it is.
        from: String,
        /// The headline as it would be.
        to: String,
    },
}

/// What the facts are called that may change: those that `ranker`'s features and finder of facts read, by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNames {
    /// Years of work, a number. `years_experience` by default.
    pub years: String,
    /// Skills, keywords. `skills` by default.
    pub skills: String,
    /// Languages, keywords. `languages` by default.
    pub languages: String,
    /// The highest degree, a keyword. `education` by default.
    pub degree: String,
}

impl Default for ChangeNames {
    fn default() -> Self {
        Self {
            years: "years_experience".to_owned(),
            skills: "skills".to_owned(),
            languages: "languages".to_owned(),
            degree: "education".to_owned(),
        }
    }
}

impl Change {
    /// Changes the facts; a headline is no fact.
    ///
    /// # Errors
    ///
    /// As [`Facts::insert`].
    pub fn apply(&self, facts: &mut Facts, names: &ChangeNames) -> Result<(), ValueError> {
        match self {
            Self::Years { to, .. } => facts.insert(&names.years, Fact::Number(*to)),
            Self::Skill(skill) => add(facts, &names.skills, skill),
            Self::Language(language) => add(facts, &names.languages, language),
            Self::Degree { to, .. } => facts.insert(&names.degree, Fact::keyword(to)),
            Self::Seniority { .. } => Ok(()),
        }
    }

    /// The sentence that says it in a profile's text; empty where the headline does.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Years { to, .. } if *to == 1.0 => "1 year of experience.".to_owned(),
            Self::Years { to, .. } => format!("{to} years of experience."),
            Self::Skill(skill) => format!("Skills: {skill}."),
            Self::Language(language) => format!("Languages: {language}."),
            Self::Degree { to, .. } if matches!(to.as_str(), "bachelor" | "master") => {
                format!("Education: {to}'s degree.")
            }
            Self::Degree { to, .. } => format!("Education: {to}."),
            Self::Seniority { .. } => String::new(),
        }
    }
}

/// Adds a word to a set of keywords.
fn add(facts: &mut Facts, name: &str, word: &str) -> Result<(), ValueError> {
    let held = facts.get(name).into_iter().flat_map(Fact::words);
    let words = Fact::keywords(held.chain([word]));
    facts.insert(name, words)
}

/// `years of work: 2 → 5`, `skill: + rust`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Years { from: None, to } => write!(f, "years of work: not known → {to}"),
            Self::Years {
                from: Some(from),
                to,
            } => write!(f, "years of work: {from} → {to}"),
            Self::Skill(skill) => write!(f, "skill: + {}", Line(skill)),
            Self::Language(language) => write!(f, "language: + {}", Line(language)),
            Self::Degree { from, to } => {
                let from = from.as_deref().unwrap_or("not known");
                write!(f, "degree: {} → {}", Line(from), Line(to))
            }
            Self::Seniority { from, to } => write!(f, "title: {} → {}", Line(from), Line(to)),
        }
    }
}
