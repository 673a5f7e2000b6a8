//! What is said in words beside verdicts and numbers, kept as data: [`fmt::Display`] says it in English, and a page may say it
//! in its reader's language.

use std::fmt;

/// Why a verdict on a requirement is as it is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Because {
    /// The profile has so many years of work.
    Years(f64),
    /// It has so many years of work, under no title like the job's.
    YearsElsewhere(f64),
    /// It has so many years of work, and too few of them under titles like the job's.
    YearsPartly {
        /// All of them.
        years: f64,
        /// Those under titles like the job's.
        alike: f64,
    },
    /// Its text names this.
    Names(String),
    /// A given fact of it has this.
    Has(String),
    /// It says that it has no such thing.
    Denies(String),
    /// It lists skills, and what is asked is not among them.
    OtherSkills,
    /// It has these degrees, by the names of facts: `bachelor`.
    Degrees(Vec<String>),
    /// It speaks these languages, by their English names in lower case.
    Speaks(Vec<String>),
    /// Its text is written in this language, by its English name in lower case.
    WrittenIn(String),
    /// The words of an [`crate::Assessor`] of your own; nothing is said where they are empty.
    Words(String),
}

impl Because {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Words(words) if words.is_empty())
    }
}

impl Default for Because {
    fn default() -> Self {
        Self::Words(String::new())
    }
}

impl From<String> for Because {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&str> for Because {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

/// In a few words: "has 12 years".
impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Years(years) => write!(f, "has {}", in_years(*years)),
            Self::YearsElsewhere(years) => {
                write!(f, "has {}, under no title like the job's", in_years(*years))
            }
            Self::YearsPartly { years, alike } => write!(
                f,
                "has {}, {alike} of them under titles like the job's",
                in_years(*years)
            ),
            Self::Names(what) => write!(f, "names {what}"),
            Self::Has(what) => write!(f, "has {what}"),
            Self::Denies(what) => write!(f, "says that it has no {what}"),
            Self::OtherSkills => f.write_str("lists other skills"),
            Self::Degrees(degrees) => write!(f, "has {}", degrees.join(", ")),
            Self::Speaks(languages) => write!(f, "speaks {}", languages.join(", ")),
            Self::WrittenIn(language) => write!(f, "is written in {language}"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

/// What a reader should know of a pair beside its numbers.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Remark {
    /// The job asks for so many years of work.
    Years {
        /// As many as it asks for.
        asked: f64,
        /// As many as the profile has, where that is known.
        had: Option<f64>,
    },
    /// The profile's facts lack these skills, which the job's filter requires.
    Lacks(Vec<String>),
    /// The words of a [`crate::FeatureExtractor`] of your own.
    Words(String),
}

impl From<String> for Remark {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<&str> for Remark {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

/// In a few words: "asks 10 years, has 1".
impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Years { asked, had } => {
                write!(f, "asks {}", in_years(*asked))?;
                match had {
                    Some(had) => write!(f, ", has {had}"),
                    None => f.write_str("; how many the profile has is not known"),
                }
            }
            Self::Lacks(skills) => write!(f, "lacks {}", skills.join(", ")),
            Self::Words(words) => f.write_str(words),
        }
    }
}

fn in_years(years: f64) -> String {
    let unit = if years == 1.0 { "year" } else { "years" };
    format!("{years} {unit}")
}
