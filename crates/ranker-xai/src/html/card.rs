//! One candidate.

use std::fmt;
use std::ops::Range;

use ranker_core::{Explanation, Part, Ranked, Verdict};

use super::bar::{Bar, Scale};
use super::escape::Escaped;
use super::highlight::{Highlighted, class};
use super::palette::Palette;
use crate::plain_words::{Language, PlainWords, paragraph};
use crate::render::number::{Fixed, Short, Signed, is_small};
use crate::render::text::{MOST_TERMS, term_of, uncounted};

/// A candidate as a `<details>` element: the line of a ranking that opens to the parts of the score,
/// the passages that it rests on, those beside the requirements that they answer, and the marked profile.
///
/// For a page of your own; [`super::page`] makes a whole one, with the style that the classes need.
#[must_use]
pub fn card(explanation: &Explanation, ranked: &Ranked) -> String {
    let alone = [explanation];
    let card = Card {
        ranked,
        explanation: Some(explanation),
        palette: &Palette::new(&alone),
        scale: Scale::new(&alone),
    };
    card.to_string()
}

/// See [`card`].
pub(super) struct Card<'a> {
    pub(super) ranked: &'a Ranked,
    pub(super) explanation: Option<&'a Explanation>,
    pub(super) palette: &'a Palette<'a>,
    pub(super) scale: Scale,
}

impl fmt::Display for Card<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = if self.ranked.rank == 1 { " open" } else { "" };
        writeln!(f, "<details class=\"card\"{open}>")?;
        self.summary(f)?;
        f.write_str("<div class=\"body\">\n")?;
        match self.explanation {
            Some(explanation) => {
                self.words(f, explanation)?;
                self.remarks(f, explanation)?;
                requirements(f, explanation, self.ranked)?;
                f.write_str("<div class=\"passages\">\n")?;
                self.rationale(f, explanation)?;
                self.matches(f, explanation)?;
                f.write_str("</div>\n")?;
                self.parts(f, explanation)?;
            }
            None => f.write_str("<p class=\"empty\">This place was not explained.</p>\n")?,
        }
        self.profile(f)?;
        f.write_str("</div>\n</details>\n")
    }
}

impl Card<'_> {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.ranked.id().as_str();
        let (name, below) = match self.ranked.candidate.profile().title() {
            "" => (id, ""),
            title => (title, id),
        };
        write!(
            f,
            "<summary><span class=\"rank\">{}</span>\
             <span class=\"who\"><bdi class=\"name\">{}</bdi><bdi class=\"id\">{}</bdi></span>",
            self.ranked.rank,
            Escaped(name),
            Escaped(below),
        )?;
        if let Some(explanation) = self.explanation {
            let bar = Bar {
                explanation,
                palette: self.palette,
                scale: self.scale,
            };
            write!(f, "{bar}")?;
        }
        let score = Fixed(self.ranked.score.get());
        writeln!(f, "<span class=\"score\">{score}</span></summary>")
    }

    fn words(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let claims = PlainWords::new(Language::English).account(explanation, self.ranked);
        let words = paragraph(&claims);
        writeln!(f, "<p class=\"words\">{}</p>", Escaped(&words))
    }

    fn remarks(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let uncounted = uncounted(self.ranked.candidate.profile());
        for remark in explanation.remarks().iter().cloned().chain(uncounted) {
            writeln!(f, "<p class=\"remark\">{}</p>", Escaped(&remark))?;
        }
        Ok(())
    }

    fn rationale(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        if explanation.rationale().is_empty() {
            return Ok(());
        }
        f.write_str(
            "<section class=\"rationale\"><h3>Passages the score rests on</h3>\n\
             <p class=\"columns\" aria-hidden=\"true\"><span>The profile says</span>\
             <span>Lost without</span></p>\n<ol>\n",
        )?;
        let profile = self.ranked.candidate.profile().text();
        for (number, found) in (1..).zip(explanation.rationale()) {
            writeln!(
                f,
                "<li><span class=\"number m{}\">{number}</span><bdi class=\"found\">{}</bdi>\
                 <span class=\"alike\" title=\"similarity lost without it\">{:.3}</span></li>",
                class(number),
                quote(profile, &found.passage),
                found.weight,
            )?;
        }
        f.write_str("</ol></section>\n")
    }

    fn matches(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        f.write_str("<section class=\"matches\"><h3>Closest passages</h3>\n")?;
        if explanation.matches().is_empty() {
            return f.write_str(
                "<p class=\"empty\">No passage stands out as close to what the job asks.</p>\
                 </section>\n",
            );
        }
        let (job, profile) = (self.ranked.query.job(), self.ranked.candidate.profile());
        f.write_str(
            "<p class=\"columns\" aria-hidden=\"true\"><span>The job asks</span>\
             <span>The profile says</span><span>Alike</span></p>\n<ol>\n",
        )?;
        for found in explanation.matches() {
            writeln!(
                f,
                "<li><bdi class=\"asked\">{}</bdi><bdi class=\"found\">{}</bdi>\
                 <span class=\"alike\" title=\"similarity\">{:.2}</span></li>",
                quote(job.text(), &found.requirement),
                quote(profile.text(), &found.passage),
                found.similarity,
            )?;
        }
        f.write_str("</ol></section>\n")
    }

    fn parts(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        f.write_str(
            "<section class=\"parts\"><h3>What the score is made of</h3>\n<table>\
             <thead><tr><th>Feature</th><th>Value</th><th>Adds</th></tr></thead><tbody>\n",
        )?;
        let (shown, idle): (Vec<&Part>, Vec<&Part>) = explanation
            .parts()
            .iter()
            .partition(|part| !is_small(part.contribution));
        for part in shown {
            self.part(f, part)?;
        }
        f.write_str("</tbody><tfoot>\n")?;
        if !idle.is_empty() {
            let sum = idle.iter().map(|part| part.contribution).sum();
            row(f, &format!("{} others", idle.len()), Signed(sum))?;
        }
        row(f, "Base", Signed(explanation.base()))?;
        row(f, "Score", Fixed(explanation.score().get()))?;
        f.write_str("</tfoot></table></section>\n")
    }

    fn part(&self, f: &mut fmt::Formatter<'_>, part: &Part) -> fmt::Result {
        let columns = self.ranked.features.schema().columns();
        let column = columns.iter().find(|column| column.name == part.feature);
        let sign = if part.contribution < 0.0 {
            "minus"
        } else {
            "plus"
        };
        writeln!(
            f,
            "<tr><td><i class=\"key f{}\"></i><b>{}</b> <small>{}</small>{}</td>\
             <td>{}</td><td class=\"{sign}\">{}</td></tr>",
            self.palette.colour(&part.feature),
            Escaped(&part.feature),
            Escaped(column.map_or("", |column| &column.description)),
            Terms {
                part,
                ranked: self.ranked,
            },
            Short(part.value.into()),
            Signed(part.contribution),
        )
    }

    fn profile(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = self.ranked.candidate.profile();
        f.write_str("<section class=\"profile\"><h3>Profile</h3>\n")?;
        if !profile.facts().is_empty() {
            f.write_str("<ul class=\"facts\">")?;
            for (name, fact) in profile.facts().iter() {
                let (name, fact) = (name.replace('_', " "), fact.to_string());
                let (name, fact) = (Escaped(&name), Escaped(&fact));
                write!(f, "<li><b>{name}</b> <bdi>{fact}</bdi></li>")?;
            }
            f.write_str("</ul>\n")?;
        }
        let rationale = self.explanation.map_or(&[][..], Explanation::rationale);
        let ranges: Vec<Range<usize>> = rationale.iter().map(|one| one.passage.clone()).collect();
        let text = Highlighted {
            text: profile.text(),
            ranges: &ranges,
        };
        writeln!(f, "<div class=\"text\">{text}</div></section>")
    }
}

/// The greatest terms of a part, and how many others there are.
struct Terms<'a> {
    part: &'a Part,
    ranked: &'a Ranked,
}

impl fmt::Display for Terms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = MOST_TERMS.min(self.part.terms.len());
        let (first, others) = self.part.terms.split_at(shown);
        if first.is_empty() {
            return Ok(());
        }
        f.write_str("<ul class=\"terms\">")?;
        for term in first {
            let (of, adds) = (term_of(&term.of, self.ranked), Signed(term.contribution));
            write!(f, "<li><bdi>{}</bdi> {adds}</li>", Escaped(&of))?;
        }
        if !others.is_empty() {
            let sum = others.iter().map(|term| term.contribution).sum();
            write!(f, "<li>{} others {}</li>", others.len(), Signed(sum))?;
        }
        f.write_str("</ul>")
    }
}

fn quote<'a>(text: &'a str, bytes: &Range<usize>) -> Escaped<'a> {
    Escaped(text.get(bytes.clone()).unwrap_or_default())
}

/// What the job requires, and what the candidate has of it.
fn requirements(
    f: &mut fmt::Formatter<'_>,
    explanation: &Explanation,
    ranked: &Ranked,
) -> fmt::Result {
    if explanation.assessments().is_empty() {
        return Ok(());
    }
    f.write_str(
        "<section class=\"requirements\"><h3>What is required</h3>\n<table>\
         <thead><tr><th>Requirement</th><th>Demand</th><th>Verdict</th><th>Because</th></tr></thead><tbody>\n",
    )?;
    let text = ranked.candidate.profile().text();
    for assessment in explanation.assessments() {
        let passage = assessment.passage.clone();
        let passage = passage
            .and_then(|bytes| text.get(bytes))
            .unwrap_or_default();
        writeln!(
            f,
            "<tr><td><bdi>{}</bdi></td><td>{}</td><td class=\"{}\">{}</td><td>{} <bdi class=\"passage\">{}</bdi></td></tr>",
            Escaped(&assessment.requirement.asked.to_string()),
            assessment.requirement.demand,
            verdict_class(assessment.verdict),
            assessment.verdict,
            Escaped(&assessment.reason),
            Escaped(passage),
        )?;
    }
    f.write_str("</tbody></table></section>\n")
}

pub(super) fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Partly => "partly",
        Verdict::Missing | Verdict::Contradicted => "unmet",
        Verdict::NotSaid => "unsaid",
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "<tr><td>{name}</td><td></td><td>{value}</td></tr>")
}
