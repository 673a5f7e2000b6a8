//! A whole ranking.

use std::collections::HashMap;
use std::fmt;

use ranker_core::{CandidateId, Explanation, Ranking};

use super::bar::{Legend, Scale};
use super::card::Card;
use super::document;
use super::escape::Escaped;
use super::labels::{Labels, note as note_in};
use super::palette::Palette;
use crate::plain_words::Language;

/// A page of its own: the job, what the reader should know, and the candidates, each with a bar of
/// the parts of its score and a card that opens.
///
/// Explanations are found by candidate, in any order; a candidate without one is shown without. The
/// page holds no script and loads nothing, and tells the browser to allow neither.
///
/// All that the page says of its own is in this language. What exists in English alone (the words of an assessor or an
/// expander, descriptions of features of your own) stays so, and is marked as English.
#[must_use]
pub fn page(
    title: &str,
    ranking: &Ranking,
    explanations: &[Explanation],
    language: Language,
) -> String {
    let explained = explanations.iter().map(|e| (e.id(), e)).collect();
    Page {
        labels: Labels::of(language),
        title,
        ranking,
        explained,
    }
    .to_string()
}

struct Page<'a> {
    labels: &'static Labels,
    title: &'a str,
    ranking: &'a Ranking,
    explained: HashMap<&'a CandidateId, &'a Explanation>,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explained = |ranked: &ranker_core::Ranked| self.explained.get(ranked.id()).copied();
        let shown: Vec<&Explanation> = self.ranking.iter().filter_map(explained).collect();
        let (palette, scale) = (Palette::new(&shown), Scale::new(&shown));
        document::begin(f, (self.title, self.labels.tag))?;
        self.head(f)?;
        if !shown.is_empty() {
            write!(f, "{}", Legend(&palette, self.labels))?;
        }
        f.write_str("<section class=\"ranking\">\n")?;
        for ranked in self.ranking {
            let card = Card {
                labels: self.labels,
                ranked,
                explanation: explained(ranked),
                palette: &palette,
                scale,
            };
            write!(f, "{card}")?;
        }
        if self.ranking.is_empty() {
            writeln!(f, "<p class=\"empty\">{}</p>", self.labels.nobody)?;
        }
        f.write_str("</section>\n")?;
        document::end(f)
    }
}

impl Page<'_> {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job = self.ranking.query().job();
        let labels = self.labels;
        let about = (labels.about)(self.ranking.len(), Escaped(self.ranking.model()));
        writeln!(
            f,
            "<header><h1><bdi>{}</bdi></h1>\n\
             <p class=\"about\">{about}</p></header>",
            Escaped(self.title),
        )?;
        let notes = self.ranking.notes();
        if !notes.is_empty() {
            let heading = labels.please_note;
            writeln!(f, "<aside class=\"notes\"><b>{heading}</b><ul>")?;
            for note in notes {
                let note = note_in(note, labels.language());
                writeln!(f, "<li>{note}</li>")?;
            }
            f.write_str("</ul></aside>\n")?;
        }
        let name = match job.title() {
            "" => labels.the_job,
            title => title,
        };
        writeln!(
            f,
            "<details class=\"job\"><summary><bdi>{}</bdi> <span>{}</span></summary>\
             <div class=\"text\">{}</div></details>",
            Escaped(name),
            labels.job_description,
            Escaped(job.text()),
        )
    }
}
