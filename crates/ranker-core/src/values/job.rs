//! What is asked for.

use std::ops::Range;

use super::error::ValueError;
use super::filter::Filter;
use super::reading::JobReading;
use super::text::{Of, Said, Uncounted};
use crate::text::plain::plain;
use crate::text::runs::Runs;

/// The runs of words of one job, and its title; see [`JobDescription::runs`].
#[derive(Debug)]
pub struct JobRuns {
    pub(super) runs: Runs,
    title: String,
}

impl JobRuns {
    /// Whether a profile's title is the job's: whoever copies from the text has that from the job too.
    pub(super) fn has_title(&self, title: &str) -> bool {
        !title.is_empty() && title.to_lowercase() == self.title
    }
}

/// The text of a job, and the hard conditions that a candidate must meet.
#[derive(Debug, Clone, PartialEq)]
pub struct JobDescription {
    title: String,
    text: Said,
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
            text: Said::new(Of::Job(JobReading::default()), text.into())?,
            filter: Filter::All,
        })
    }

    /// Sets the job's title, kept in plain form. Empty by default.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = plain(&title.into()).trim().to_owned();
        self
    }

    /// Sets the conditions on typed facts. Everyone passes by default.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Sets how much of the text is read. [`JobReading::Asked`] by default.
    #[must_use]
    pub fn read_as(mut self, reading: JobReading) -> Self {
        if self.reading() != reading {
            self.text = self.text.of(Of::Job(reading));
        }
        self
    }

    /// How much of the text is read.
    #[must_use]
    pub fn reading(&self) -> JobReading {
        self.text.job_reading()
    }

    /// The title, in plain form; may be empty.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text as it was written; never blank.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.written()
    }

    /// What every stage reads of the text: in plain form ([`crate::PlainText`]), without what is
    /// [`Uncounted`]; never blank.
    #[must_use]
    pub fn plain_text(&self) -> &str {
        self.text.as_str()
    }

    /// What does not count, by the bytes of [`Self::text`] that it takes, in order.
    pub fn uncounted(&self) -> impl Iterator<Item = (Uncounted, Range<usize>)> {
        self.text.uncounted()
    }

    /// The share of the text, in `0..=1` of its bytes, that does not count for this reason.
    #[must_use]
    pub fn uncounted_share(&self, why: Uncounted) -> f32 {
        self.text.share(why)
    }

    /// The bytes of [`Self::text`] that these bytes of [`Self::plain_text`] stand for.
    #[must_use]
    pub fn written_at(&self, plain: Range<usize>) -> Range<usize> {
        self.text.written_at(plain)
    }

    /// The runs of words that tell whether a profile has copied from this job: eight words in a row,
    /// small ones aside. Whoever copies does so with what is about the employer too.
    #[must_use]
    pub fn runs(&self) -> JobRuns {
        let whole = self.clone().read_as(JobReading::Whole);
        let (runs, title) = (Runs::of(&whole.full_text()), self.title.to_lowercase());
        JobRuns { runs, title }
    }

    /// The hard conditions.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What an encoder reads: the title, if there is one, on a line before the text, in plain form.
    #[must_use]
    pub fn full_text(&self) -> String {
        if self.title.is_empty() {
            self.plain_text().to_owned()
        } else {
            format!("{}\n{}", self.title, self.plain_text())
        }
    }
}
