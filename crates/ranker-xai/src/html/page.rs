//! A whole ranking.

use std::collections::HashMap;
use std::fmt;

use ranker_core::{CandidateId, Explanation, Ranking};

use super::bar::{Legend, Scale};
use super::card::Card;
use super::document;
use super::escape::Escaped;
use super::palette::Palette;

/// A page of its own: the job, what the reader should know, and the candidates, each with a bar of
/// the parts of its score and a card that opens.
///
/// Explanations are found by candidate, in any order; a candidate without one is shown without. The
/// page holds no script and loads nothing, and tells the browser to allow neither.
#[must_use]
pub fn page(title: &str, ranking: &Ranking, explanations: &[Explanation]) -> String {
    let explained = explanations.iter().map(|e| (e.id(), e)).collect();
    Page {
        title,
        ranking,
        explained,
    }
    .to_string()
}

struct Page<'a> {
    title: &'a str,
    ranking: &'a Ranking,
    explained: HashMap<&'a CandidateId, &'a Explanation>,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explained = |ranked: &ranker_core::Ranked| self.explained.get(ranked.id()).copied();
        let shown: Vec<&Explanation> = self.ranking.iter().filter_map(explained).collect();
        let (palette, scale) = (Palette::new(&shown), Scale::new(&shown));
        document::begin(f, self.title)?;
        self.head(f)?;
        if !shown.is_empty() {
            write!(f, "{}", Legend(&palette))?;
        }
        f.write_str("<section class=\"ranking\">\n")?;
        for ranked in self.ranking {
            let card = Card {
                ranked,
                explanation: explained(ranked),
                palette: &palette,
                scale,
            };
            write!(f, "{card}")?;
        }
        if self.ranking.is_empty() {
            f.write_str("<p class=\"empty\">No candidates.</p>\n")?;
        }
        f.write_str("</section>\n")?;
        document::end(f)
    }
}

impl Page<'_> {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job = self.ranking.query().job();
        let count = self.ranking.len();
        let plural = if count == 1 { "" } else { "s" };
        let model = Escaped(self.ranking.model());
        writeln!(
            f,
            "<header><h1><bdi>{}</bdi></h1>\n\
             <p class=\"about\">{count} candidate{plural}, scored by <bdi>{model}</bdi></p></header>",
            Escaped(self.title),
        )?;
        let notes = self.ranking.notes();
        if !notes.is_empty() {
            f.write_str("<aside class=\"notes\"><b>Please note</b><ul>\n")?;
            for note in notes {
                let note = note.to_string();
                writeln!(f, "<li>{}</li>", Escaped(&note))?;
            }
            f.write_str("</ul></aside>\n")?;
        }
        let name = match job.title() {
            "" => "The job",
            title => title,
        };
        writeln!(
            f,
            "<details class=\"job\"><summary><bdi>{}</bdi> <span>job description</span></summary>\
             <div class=\"text\">{}</div></details>",
            Escaped(name),
            Escaped(job.text()),
        )
    }
}
