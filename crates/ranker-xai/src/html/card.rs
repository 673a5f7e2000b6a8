//! One candidate.

use std::fmt;
use std::ops::Range;

use ranker_core::{Explanation, Part, Ranked, Verdict};

use super::bar::{Bar, Legend, Scale};
use super::escape::Escaped;
use super::highlight::{Highlighted, class};
use super::palette::Palette;
use crate::plain_words::{Language, PlainWords, paragraph};
use crate::render::number::{Fixed, Short, Signed, is_small};
use crate::render::text::{MOST_ADDED, MOST_TERMS, added, origin, term_of, uncounted};

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

/// What a [`card`] opens to, as a `<div>`: for a page that is about one candidate.
#[must_use]
pub fn account(explanation: &Explanation, ranked: &Ranked) -> String {
    body_of(explanation, ranked, Some(Language::English))
}

/// As [`account`], without its sentences: for a page that says them itself, in its own language ([`PlainWords`]).
#[must_use]
pub fn account_without_words(explanation: &Explanation, ranked: &Ranked) -> String {
    body_of(explanation, ranked, None)
}

fn body_of(explanation: &Explanation, ranked: &Ranked, language: Option<Language>) -> String {
    struct Body<'a>(Card<'a>, Option<Language>);

    impl fmt::Display for Body<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.body(f, self.1)
        }
    }

    let alone = [explanation];
    let card = Card {
        ranked,
        explanation: Some(explanation),
        palette: &Palette::new(&alone),
        scale: Scale::new(&alone),
    };
    Body(card, language).to_string()
}

/// What the job asks and what the candidate has of it, as a table with a caption; empty where nothing was assessed.
#[must_use]
pub fn requirements(explanation: &Explanation, ranked: &Ranked) -> String {
    Required(explanation, ranked).to_string()
}

/// The bars of several scores, on one scale and in the same colours; in the order of the accounts. What they show
/// stands in [`account`] as numbers, so screen readers pass them over.
#[must_use]
pub fn bars(explanations: &[&Explanation]) -> Vec<String> {
    let (palette, scale) = (Palette::new(explanations), Scale::new(explanations));
    let bar = |explanation: &&Explanation| {
        let palette = &palette;
        Bar {
            explanation,
            palette,
            scale,
        }
        .to_string()
    };
    explanations.iter().map(bar).collect()
}

/// What the colours of [`bars`] stand for, as a paragraph; for the same accounts.
#[must_use]
pub fn legend(explanations: &[&Explanation]) -> String {
    Legend(&Palette::new(explanations)).to_string()
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
        self.body(f, Some(Language::English))?;
        f.write_str("</details>\n")
    }
}

impl Card<'_> {
    fn body(&self, f: &mut fmt::Formatter<'_>, language: Option<Language>) -> fmt::Result {
        f.write_str("<div class=\"body\">\n")?;
        match self.explanation {
            Some(explanation) => {
                if let Some(language) = language {
                    self.words(f, explanation, language)?;
                }
                self.remarks(f, explanation)?;
                Required(explanation, self.ranked).section(f)?;
                f.write_str("<div class=\"passages\">\n")?;
                self.rationale(f, explanation)?;
                self.matches(f, explanation)?;
                f.write_str("</div>\n")?;
                self.parts(f, explanation)?;
                self.added(f, explanation)?;
            }
            None => f.write_str("<p class=\"empty\">This place was not explained.</p>\n")?,
        }
        self.profile(f)?;
        f.write_str("</div>\n")
    }

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

    fn words(
        &self,
        f: &mut fmt::Formatter<'_>,
        explanation: &Explanation,
        language: Language,
    ) -> fmt::Result {
        let claims = PlainWords::new(language).account(explanation, self.ranked);
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
            "<section class=\"rationale\"><h2>Passages the score rests on</h2>\n\
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
        f.write_str("<section class=\"matches\"><h2>Closest passages</h2>\n")?;
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
            "<section class=\"parts\"><h2>What the score is made of</h2>\n\
             <table><caption>What each feature adds</caption><thead><tr><th scope=\"col\">Feature</th>\
             <th scope=\"col\">Value</th><th scope=\"col\">Adds</th></tr></thead><tbody>\n",
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

    /// The words that were added to the job, with what each gives.
    fn added(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let Some(sum) = explanation.expanded() else {
            return Ok(());
        };
        f.write_str(
            "<section class=\"parts added\"><h2>Words that were added to the job</h2>\n\
             <table><caption>What each added word gives of the score above</caption><thead><tr><th scope=\"col\">Word</th>\
             <th scope=\"col\">Because</th><th scope=\"col\">Adds</th></tr></thead><tbody>\n",
        )?;
        let added = added(explanation);
        let (shown, others) = added.split_at(MOST_ADDED.min(added.len()));
        for (part, term) in shown {
            let (of, origin) = (
                term_of(&term.of, self.ranked),
                origin(&term.of).unwrap_or_default(),
            );
            writeln!(
                f,
                "<tr><th scope=\"row\"><bdi>{}</bdi> <small>{}</small></th><td><bdi>{}</bdi></td><td>{}</td></tr>",
                Escaped(&of),
                Escaped(&part.feature),
                Escaped(&origin),
                Signed(term.contribution),
            )?;
        }
        f.write_str("</tbody><tfoot>\n")?;
        if !others.is_empty() {
            let sum = others.iter().map(|(_, term)| term.contribution).sum();
            row(f, &format!("{} others", others.len()), Signed(sum))?;
        }
        row(f, "Together", Signed(sum))?;
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
            "<tr><th scope=\"row\"><i class=\"key f{}\"></i><b>{}</b> <small>{}</small>{}</th>\
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
        f.write_str("<section class=\"profile\"><h2>Profile</h2>\n")?;
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
struct Required<'a>(&'a Explanation, &'a Ranked);

impl Required<'_> {
    fn section(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.assessments().is_empty() {
            return Ok(());
        }
        let heading = "<section class=\"requirements\"><h2>What is required</h2>";
        writeln!(f, "{heading}\n{self}</section>")
    }
}

impl fmt::Display for Required<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(explanation, ranked) = self;
        if explanation.assessments().is_empty() {
            return Ok(());
        }
        f.write_str(
            "<table class=\"required\"><caption>What the job asks, and what the profile has of it</caption>\n\
             <thead><tr><th scope=\"col\">Requirement</th><th scope=\"col\">Demand</th>\
             <th scope=\"col\">Verdict</th><th scope=\"col\">Because</th></tr></thead><tbody>\n",
        )?;
        let text = ranked.candidate.profile().text();
        for assessment in explanation.assessments() {
            let passage = assessment.passage.clone();
            let passage = passage.and_then(|bytes| text.get(bytes));
            write!(
                f,
                "<tr><th scope=\"row\"><bdi>{}</bdi></th><td>{}</td>\
                 <td><span class=\"verdict {}\">{}</span></td><td>{}",
                Escaped(&assessment.requirement.asked.to_string()),
                assessment.requirement.demand,
                verdict_class(assessment.verdict),
                assessment.verdict,
                Escaped(&assessment.reason),
            )?;
            if let Some(passage) = passage {
                let passage = Escaped(passage.trim());
                write!(f, " <q class=\"passage\"><bdi>{passage}</bdi></q>")?;
            }
            f.write_str("</td></tr>\n")?;
        }
        f.write_str("</tbody></table>\n")
    }
}

/// The class of an element that says this verdict in words, for the style of [`super::STYLE`].
#[must_use]
pub fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Partly => "partly",
        Verdict::Missing | Verdict::Contradicted => "unmet",
        Verdict::NotSaid => "unsaid",
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(
        f,
        "<tr><th scope=\"row\">{name}</th><td></td><td>{value}</td></tr>"
    )
}
