//! What is known of a candidate.

use super::error::{ValueError, said};
use super::facts::{Fact, Facts};
use super::id::CandidateId;

/// A candidate's text and facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    id: CandidateId,
    title: String,
    text: String,
    facts: Facts,
}

impl Profile {
    /// A profile with a text and nothing else yet.
    ///
    /// # Errors
    ///
    /// As [`CandidateId::new`]; [`ValueError::Empty`] when the text is blank.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Result<Self, ValueError> {
        Ok(Self {
            id: CandidateId::new(id)?,
            title: String::new(),
            text: said("profile text", text.into())?,
            facts: Facts::new(),
        })
    }

    /// Sets the headline, such as a job title. Empty by default.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into().trim().to_owned();
        self
    }

    /// Adds or replaces a fact.
    ///
    /// # Errors
    ///
    /// As [`Facts::insert`].
    pub fn with_fact(mut self, name: impl Into<String>, fact: Fact) -> Result<Self, ValueError> {
        self.facts.insert(name, fact)?;
        Ok(self)
    }

    /// Replaces all facts.
    #[must_use]
    pub fn with_facts(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Who this is.
    #[must_use]
    pub fn id(&self) -> &CandidateId {
        &self.id
    }

    /// The headline; may be empty.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text; never blank.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What an encoder reads: the headline, if there is one, on a line before the text.
    #[must_use]
    pub fn full_text(&self) -> String {
        if self.title.is_empty() {
            self.text.clone()
        } else {
            format!("{}\n{}", self.title, self.text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_an_id_and_a_text() {
        assert!(matches!(
            Profile::new("p", " \n"),
            Err(ValueError::Empty { .. })
        ));
        assert!(matches!(
            Profile::new("", "text"),
            Err(ValueError::Empty { .. })
        ));
        let profile = Profile::new("p", "text").unwrap().with_title(" Nurse ");
        assert_eq!(profile.full_text(), "Nurse\ntext");
    }
}
