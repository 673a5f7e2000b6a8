//! What is asked for.

use super::error::{ValueError, said};
use super::filter::Filter;

/// The text of a job, and the hard conditions that a candidate must meet.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDescription {
    title: String,
    text: String,
    filter: Filter,
}

impl JobDescription {
    /// A job with a text and no conditions yet.
    ///
    /// # Errors
    ///
    /// [`ValueError::Empty`] when the text is blank.
    pub fn new(text: impl Into<String>) -> Result<Self, ValueError> {
        Ok(Self {
            title: String::new(),
            text: said("job description", text.into())?,
            filter: Filter::All,
        })
    }

    /// Sets the job's title. Empty by default.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into().trim().to_owned();
        self
    }

    /// Sets the conditions on typed facts. Everyone passes by default.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// The title; may be empty.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text; never blank.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The hard conditions.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What an encoder reads: the title, if there is one, on a line before the text.
    #[must_use]
    pub fn full_text(&self) -> String {
        if self.title.is_empty() {
            self.text.clone()
        } else {
            format!("{}\n{}", self.title, self.text)
        }
    }
}
