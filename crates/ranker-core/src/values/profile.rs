//! What is known of a candidate.

use std::ops::Range;

use super::error::ValueError;
use super::facts::{Fact, Facts};
use super::id::CandidateId;
use super::job::JobRuns;
use super::reading::Reading;
use super::text::{Of, Said, Uncounted};
use crate::text::plain::plain;

/// A candidate's text and facts.
///
/// Title and text are kept as they were written, for people; [`Self::plain_title`] and [`Self::plain_text`] are what
/// every stage reads: by default without what says who somebody is ([`Reading::Blind`]).
///
/// ```
/// use ranker_core::{Profile, Reading};
///
/// let text = "Ana Lopez\nJava Developer\nana.lopez@example.com\nShe led a team of six.";
/// let blind = Profile::new("p1", text)?;
/// assert_eq!(blind.plain_text(), "Java Developer\nled a team of six.");
/// assert_eq!(blind.text(), text);
/// assert_eq!(blind.read_as(Reading::Whole).plain_text(), text);
/// # Ok::<(), ranker_core::ValueError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    id: CandidateId,
    text: Said,
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
            text: Said::new(Of::Profile(Reading::default()), text.into())?,
            facts: Facts::new(),
        })
    }

    /// Sets the headline, such as a job title, kept in plain form. Empty by default.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.text = self.text.with_title(plain(&title.into()).trim().to_owned());
        self
    }

    /// Sets how much of title and text every stage reads. [`Reading::Blind`] by default.
    #[must_use]
    pub fn read_as(mut self, reading: Reading) -> Self {
        if reading != self.reading() {
            self.text = self.text.of(Of::Profile(reading));
        }
        self
    }

    /// How much of title and text every stage reads.
    #[must_use]
    pub fn reading(&self) -> Reading {
        self.text.reading()
    }

    /// What of title and text is not read, as bytes for a store to keep beside them ([`Self::with_reading_record`]).
    #[must_use]
    pub fn reading_record(&self) -> Vec<u8> {
        self.text.reading_record()
    }

    /// Takes what is not read from [`Self::reading_record`] of a profile with the same title, text and [`Reading`], in the
    /// form of that name, instead of finding it anew, which takes longer than all else that is done to a text. Bytes that do
    /// not fit the text change nothing.
    #[must_use]
    pub fn with_reading_record(mut self, bytes: &[u8]) -> Self {
        self.text = self.text.with_reading_record(bytes);
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

    /// The headline as it was given, in plain form; may be empty.
    #[must_use]
    pub fn title(&self) -> &str {
        self.text.title()
    }

    /// What every stage reads of the headline; empty where that says nothing but who somebody is.
    #[must_use]
    pub fn plain_title(&self) -> &str {
        self.text.read_title()
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

    /// The profile as it counts for a job: without the runs of words that both have
    /// ([`Uncounted::Copied`]), and then without a headline that is the job's title. `None` where there is none.
    #[must_use]
    pub fn without_copied(&self, job: &JobRuns) -> Option<Self> {
        let copied = self.text.in_runs(&job.runs);
        (!copied.is_empty()).then(|| {
            let text = self.text.without(Uncounted::Copied, copied);
            Self {
                text: match job.has_title(self.plain_title()) {
                    true => text.without_title(),
                    false => text,
                },
                ..self.clone()
            }
        })
    }

    /// The bytes of [`Self::text`] that these bytes of [`Self::plain_text`] stand for.
    #[must_use]
    pub fn written_at(&self, plain: Range<usize>) -> Range<usize> {
        self.text.written_at(plain)
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What an encoder reads: the headline, if there is one, on a line before the text, in plain form.
    #[must_use]
    pub fn full_text(&self) -> String {
        match self.plain_title() {
            "" => self.plain_text().to_owned(),
            title => format!("{title}\n{}", self.plain_text()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_reading_is_the_same_as_one_found() {
        for text in [
            "Ana Lopez\nJava Developer\nana@example.com\nNo experience with PHP. She led a team.",
            "Java Developer",
            "Ana Lopez\nana@example.com",
        ] {
            for title in ["", "Ana Lopez, nurse"] {
                let profile = || Profile::new("a", text).unwrap().with_title(title);
                let found = profile();
                let again = profile().with_reading_record(&found.reading_record());
                assert_eq!(again, found);
                assert_eq!(again.full_text(), found.full_text());
                assert!(again.uncounted().eq(found.uncounted()));
                let other = Profile::new("a", format!("{text} more")).unwrap();
                assert_eq!(
                    other.clone().with_reading_record(&found.reading_record()),
                    other
                );
            }
        }
    }

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
        let invisible = Profile::new("p", "\u{200b}\u{a0}");
        assert!(matches!(invisible, Err(ValueError::Empty { .. })));
        let written = Profile::new("p", "of\u{fb01}ce").unwrap();
        assert_eq!(written.text(), "of\u{fb01}ce");
        assert_eq!(
            written.with_title("Of\u{ad}fice").full_text(),
            "Office\noffice"
        );
    }
}
