//! How much of a profile and of a job is read.

use std::fmt;

/// How much of a profile every stage reads: encoder, keyword search, features, hashes and learner alike.
///
/// Whoever looks sees the profile as it was written, whatever its reading; evidence points into that, and
/// [`crate::Profile::uncounted`] says what was taken out. It is part of the form of a text ([`Self::form`]): what was
/// made of texts in one reading does not mix with what was made in another.
///
/// What says who somebody is: names (at the head, after labels, titles and phrases, and wherever the text names them
/// again), pronouns of one sex, postal and e-mail addresses, telephone numbers, links to pages, captions of photographs,
/// and what a head or a label says of birth, age, nationality, family and sex. It is found by shapes, labels and
/// places in English, German, French, Spanish, Italian and Dutch; in other scripts where labels say so. Spaces beside
/// others, and blank lines, are not read either. Rules find most of it and not all: see `docs/AUDIT.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Reading {
    /// Without what says who somebody is. The default.
    #[default]
    Blind,
    /// As [`Self::Blind`], and without the years of studies, which tell an age.
    BlindToStudies,
    /// All of it.
    Whole,
}

impl Reading {
    /// The name of the form in which texts are then read, from title and text; another name with every change of what is
    /// read. What is kept of a text (embeddings, token codes, rows of features, models) belongs to one form.
    #[must_use]
    pub fn form(self) -> &'static str {
        match self {
            Self::Whole => "title-then-text-2",
            Self::Blind => "title-then-text-2-blind-1",
            Self::BlindToStudies => "title-then-text-2-blind-to-studies-1",
        }
    }

    /// The reading whose form has this name, as this version reads texts.
    #[must_use]
    pub fn of_form(form: &str) -> Option<Self> {
        let all = [Self::Blind, Self::BlindToStudies, Self::Whole];
        all.into_iter().find(|reading| reading.form() == form)
    }
}

/// As it goes on after "read".
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blind => "blind",
            Self::BlindToStudies => "blind to people and to years of studies",
            Self::Whole => "whole",
        })
    }
}

/// How much of a job every stage reads: encoder, keyword search, features, evidence and requirements alike.
///
/// Whoever looks sees the job as it was written; [`crate::JobDescription::uncounted`] says what was taken out. What an
/// employer says of itself draws those who do the same work as the employer, not those who do the work that is asked:
/// recruiters, for a hiring platform that looks for a search engineer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum JobReading {
    /// Without who the employer is, what it offers (pay, benefits, equal opportunity) and how to apply, as far as headings
    /// and the beginnings of sentences tell, in English, German, French, Spanish, Italian and Dutch. Where the work is
    /// stays. The default.
    #[default]
    Asked,
    /// All of it.
    Whole,
}

impl JobReading {
    /// The name of the form in which jobs are then read; another name with every change of what is read. Models and
    /// rows of features belong to one form.
    #[must_use]
    pub fn form(self) -> &'static str {
        match self {
            Self::Asked => "job-asked-1",
            Self::Whole => "job-whole-1",
        }
    }
}
