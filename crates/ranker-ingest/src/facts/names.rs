//! What found facts are called.

/// The names of found facts: those that the features of `ranker` look for by default.
pub mod fact_names {
    /// Years of work, a number.
    pub const YEARS: &str = "years_experience";
    /// `intern`, `junior`, `senior`, `lead`, `principal`, `manager`, `director` or `executive`.
    pub const SENIORITY: &str = "seniority";
    /// The highest degree: `secondary`, `vocational`, `associate`, `bachelor`, `master` or
    /// `doctorate`.
    pub const EDUCATION: &str = "education";
    /// Languages that are spoken, by their English names.
    pub const LANGUAGES: &str = "languages";
    /// Skills, by the names that the finder was given.
    pub const SKILLS: &str = "skills";
}
