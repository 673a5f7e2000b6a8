//! Resumes and jobs as people send them: documents, and pasted text.

use std::fmt;

use axum::http::StatusCode;
use ranker::Profile;
use ranker::core::{Fact, ValueError};
use ranker::folder::document_profile;
use ranker::ingest::{DocumentReader, FactFinder, Unreadable, Warning};

use crate::error::ApiError;
use crate::fault::Fault;
use crate::form::Upload;
use crate::wire::{MOST_PROFILE, MOST_TITLE};

/// The fact that says with which forms somebody came: a ranking may be of those alone.
pub(crate) const CAME_WITH: &str = "came_with";

/// What something is called that was sent.
#[derive(Debug, Clone)]
pub(crate) enum Sent {
    /// A document, as the person's computer calls it.
    File(String),
    Pasted,
}

/// What was not read, or with a loss.
#[derive(Debug, Clone)]
pub(crate) enum Note {
    Warned(Sent, Warning),
    Unread(Sent, Unreadable),
    Refused(Sent, ValueError),
    /// It has more KiB of text than these.
    TooLong(Sent, usize),
    Twice(Sent),
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(name) => name,
            Self::Pasted => "a pasted resume",
        })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warned(sent, warning) => write!(f, "{sent}: {warning}"),
            Self::Unread(sent, why) => write!(f, "{sent} was left out: {why}"),
            Self::Refused(sent, why) => write!(f, "{sent} was left out: {why}"),
            Self::TooLong(sent, most) => {
                write!(
                    f,
                    "{sent} was left out: it has more than {most} KiB of text"
                )
            }
            Self::Twice(sent) => write!(f, "{sent} is there twice"),
        }
    }
}

/// What a form held of people.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    pub(crate) profiles: Vec<Profile>,
    pub(crate) notes: Vec<Note>,
}

impl Intake {
    /// Reads documents and a pasted text, in which lines of three or more hyphens divide one resume from the next.
    pub(crate) fn read(
        (files, pasted): (&[&Upload], &str),
        reader: &DocumentReader,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Self {
        let mut intake = Self::default();
        for (done, file) in (1..).zip(files) {
            intake.document(file, reader);
            progress(done, files.len());
        }
        for text in resumes(pasted) {
            let (title, rest) = headline(text);
            intake.keep(Sent::Pasted, Profile::new(id(text), rest), title);
        }
        intake
    }

    fn document(&mut self, file: &Upload, reader: &DocumentReader) {
        let sent = Sent::File(file.name.clone());
        match reader.read(&file.bytes) {
            Ok(document) => {
                for warning in &document.warnings {
                    self.notes.push(Note::Warned(sent.clone(), warning.clone()));
                }
                let profile = document_profile(id(&document.text), &document);
                self.keep(sent, profile, "");
            }
            Err(why) => self.notes.push(Note::Unread(sent, why)),
        }
    }

    /// Keeps a profile, once: who is sent twice is one person.
    fn keep(&mut self, sent: Sent, profile: Result<Profile, ValueError>, title: &str) {
        let profile = match profile {
            Ok(profile) if title.is_empty() => profile,
            Ok(profile) => profile.with_title(title),
            Err(error) => return self.notes.push(Note::Refused(sent, error)),
        };
        if profile.text().len() > MOST_PROFILE {
            return self.notes.push(Note::TooLong(sent, MOST_PROFILE >> 10));
        }
        match self.profiles.iter().any(|kept| kept.id() == profile.id()) {
            true => self.notes.push(Note::Twice(sent)),
            false => self.profiles.push(profile),
        }
    }
}

/// A profile with the facts that its text states, and with the form that it came with beside those of before.
pub(crate) fn completed(
    profile: Profile,
    (finder, came_with): (&FactFinder, &str),
    before: Option<&Profile>,
) -> Result<Profile, ApiError> {
    let profile = finder.complete(profile)?;
    let before = before.and_then(|before| before.facts().get(CAME_WITH));
    let before = before.into_iter().flat_map(Fact::words);
    let all = Fact::keywords(before.chain([came_with]));
    Ok(profile.with_fact(CAME_WITH, all)?)
}

/// An id that says nothing of somebody, and is the same for the same text: a file's name is most often a person's.
fn id(text: &str) -> String {
    let hash = blake3::hash(text.trim().as_bytes()).to_hex();
    format!("person-{}", &hash[..10])
}

fn resumes(pasted: &str) -> Vec<&str> {
    let is_rule = |line: &str| {
        let line = line.trim();
        line.len() >= 3 && line.chars().all(|c| c == '-')
    };
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    for line in pasted.split_inclusive('\n') {
        if is_rule(line) {
            found.push(&pasted[start..at]);
            start = at + line.len();
        }
        at += line.len();
    }
    found.push(&pasted[start..]);
    found.retain(|text| !text.trim().is_empty());
    found
}

/// The first line, where it is short and more follows, and the rest.
fn headline(text: &str) -> (&str, &str) {
    const LONGEST: usize = 100;
    let text = text.trim();
    match text.split_once('\n') {
        Some((first, rest)) if first.chars().count() <= LONGEST && !rest.trim().is_empty() => {
            (first.trim(), rest)
        }
        _ => ("", text),
    }
}

/// A job's title and text out of a form: what is written wins over the document, and the document's first line is the
/// title where none is written.
pub(crate) fn job(
    (title, text): (&str, &str),
    file: Option<&Upload>,
    reader: &DocumentReader,
) -> Result<(String, String), ApiError> {
    if !text.trim().is_empty() || file.is_none() {
        return Ok((title.trim().to_owned(), text.to_owned()));
    }
    let read = file.map(|file| reader.read(&file.bytes)).transpose();
    let document =
        read.map_err(|why| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, Fault::JobUnread(why)))?;
    let text = document.map(|document| document.text).unwrap_or_default();
    match title.trim() {
        "" => {
            let (first, rest) = headline(&text);
            let first = if first.len() <= MOST_TITLE { first } else { "" };
            Ok((first.to_owned(), rest.to_owned()))
        }
        title => Ok((title.to_owned(), text)),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use ranker_examples::finder_of_today;

    use super::*;

    fn upload(name: &str, bytes: &'static [u8]) -> Upload {
        Upload {
            field: "resumes".to_owned(),
            name: name.to_owned(),
            bytes: Bytes::from_static(bytes),
        }
    }

    #[test]
    fn documents_and_pasted_texts_become_people_without_names_for_ids() {
        let reader = DocumentReader::in_process();
        let files = [
            upload("Ana_Lopez.rtf", b"{\\rtf1 Ana Lopez\\par Cook in Lyon.}"),
            upload("broken.docx", b"PK\x03\x04 and no more"),
            upload("again.txt", b"Ana Lopez\nCook in Lyon."),
            upload("empty.txt", b" "),
        ];
        let pasted = "Nurse\nTen years on a ward.\n-----\n\n---\nOne line";
        let mut told = Vec::new();
        let files: Vec<&Upload> = files.iter().collect();
        let intake = Intake::read((&files, pasted), &reader, &mut |done, all| {
            told.push((done, all));
        });
        assert_eq!(told, [(1, 4), (2, 4), (3, 4), (4, 4)]);
        let people: Vec<_> = intake
            .profiles
            .iter()
            .map(|p| (p.title(), p.text()))
            .collect();
        assert_eq!(
            people,
            [
                ("Ana Lopez", "Cook in Lyon."),
                ("Nurse", "Ten years on a ward."),
                ("", "One line")
            ]
        );
        let ids = intake.profiles.iter().map(|p| p.id().as_str());
        assert!(
            ids.clone()
                .all(|id| id.starts_with("person-") && id.len() == 17)
        );
        assert_eq!(intake.notes.len(), 3, "{:?}", intake.notes);
        let notes: Vec<String> = intake.notes.iter().map(ToString::to_string).collect();
        assert!(notes[0].starts_with("broken.docx was left out: "));
        assert_eq!(notes[1], "again.txt is there twice");
    }

    #[test]
    fn who_comes_again_came_with_both_forms() {
        let finder = finder_of_today().unwrap();
        let ana = || Profile::new("ana", "Cook in Lyon.").unwrap();
        let first = completed(ana(), (&finder, "form-1"), None).unwrap();
        let again = completed(ana(), (&finder, "form-2"), Some(&first)).unwrap();
        let came: Vec<&str> = again.facts().get(CAME_WITH).unwrap().words().collect();
        assert_eq!(came, ["form-1", "form-2"]);
    }

    #[test]
    fn a_job_is_what_is_written_or_else_the_document() {
        let reader = DocumentReader::in_process();
        let file = upload("job.txt", b"Cook\nFor a hotel in Lyon.");
        let of = |title, text, file| job((title, text), file, &reader).unwrap();
        let said = |title: &str, text: &str| (title.to_owned(), text.to_owned());
        assert_eq!(
            of("", "", Some(&file)),
            said("Cook", "For a hotel in Lyon.")
        );
        assert_eq!(of("Chef", "", Some(&file)).0, "Chef");
        assert_eq!(of("", "A nurse", Some(&file)), said("", "A nurse"));
        assert_eq!(of(" x ", " ", None), said("x", " "));
    }
}
