//! One candidate.

use std::fmt;
use std::ops::Range;

use ranker_core::{Explanation, Part, Ranked, RationalePassage, TermOf};

use super::bar::{Bar, Legend, Scale};
use super::escape::Escaped;
use super::highlight::{Highlighted, class};
use super::labels::{Labels, asked, feature, verdict};
use super::palette::Palette;
use crate::plain_words::{self, Language, PlainWords, paragraph};
use crate::render::number::{Fixed, Short, Signed, is_small};
use crate::render::text::{MOST_ADDED, MOST_TERMS, added, term_of, uncounted};

/// A candidate as a `<details>` element: the line of a ranking that opens to the parts of the score,
/// the passages that it rests on, those beside the requirements that they answer, and the marked profile.
///
/// For a page of your own; [`super::page`] makes a whole one, with the style that the classes need.
#[must_use]
pub fn card(explanation: &Explanation, ranked: &Ranked, language: Language) -> String {
    let alone = [explanation];
    let card = Card {
        labels: Labels::of(language),
        ranked,
        explanation: Some(explanation),
        palette: &Palette::new(&alone),
        scale: Scale::new(&alone),
    };
    card.to_string()
}

/// What a [`card`] opens to, as a `<div>`: for a page that is about one candidate.
#[must_use]
pub fn account(explanation: &Explanation, ranked: &Ranked, language: Language) -> String {
    body_of(explanation, ranked, (language, true))
}

/// As [`account`], without its sentences: for a page that says them itself ([`PlainWords`]).
#[must_use]
pub fn account_without_words(
    explanation: &Explanation,
    ranked: &Ranked,
    language: Language,
) -> String {
    body_of(explanation, ranked, (language, false))
}

fn body_of(
    explanation: &Explanation,
    ranked: &Ranked,
    (language, with_words): (Language, bool),
) -> String {
    struct Body<'a>(Card<'a>, bool);

    impl fmt::Display for Body<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.body(f, self.1)
        }
    }

    let alone = [explanation];
    let card = Card {
        labels: Labels::of(language),
        ranked,
        explanation: Some(explanation),
        palette: &Palette::new(&alone),
        scale: Scale::new(&alone),
    };
    Body(card, with_words).to_string()
}

/// What the job asks and what the candidate has of it, as a table with a caption; empty where nothing was assessed.
#[must_use]
pub fn requirements(explanation: &Explanation, ranked: &Ranked, language: Language) -> String {
    Required {
        explanation,
        ranked,
        labels: Labels::of(language),
    }
    .to_string()
}

/// The bars of several scores, on one scale and in the same colours; in the order of the accounts. What they show
/// stands in [`account`] as numbers, so screen readers pass them over.
#[must_use]
pub fn bars(explanations: &[&Explanation], language: Language) -> Vec<String> {
    let (palette, scale) = (Palette::new(explanations), Scale::new(explanations));
    let bar = |explanation: &&Explanation| {
        let palette = &palette;
        Bar {
            labels: Labels::of(language),
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
pub fn legend(explanations: &[&Explanation], language: Language) -> String {
    Legend(&Palette::new(explanations), Labels::of(language)).to_string()
}

/// See [`card`].
pub(super) struct Card<'a> {
    pub(super) labels: &'static Labels,
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
        self.body(f, true)?;
        f.write_str("</details>\n")
    }
}

impl Card<'_> {
    fn body(&self, f: &mut fmt::Formatter<'_>, with_words: bool) -> fmt::Result {
        f.write_str("<div class=\"body\">\n")?;
        match self.explanation {
            Some(explanation) => {
                if with_words {
                    self.words(f, explanation)?;
                }
                self.remarks(f, explanation)?;
                let required = Required {
                    explanation,
                    ranked: self.ranked,
                    labels: self.labels,
                };
                required.section(f)?;
                f.write_str("<div class=\"passages\">\n")?;
                self.rationale(f, explanation)?;
                self.matches(f, explanation)?;
                f.write_str("</div>\n")?;
                self.parts(f, explanation)?;
                self.added(f, explanation)?;
            }
            None => writeln!(f, "<p class=\"empty\">{}</p>", self.labels.not_explained)?,
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
                labels: self.labels,
                explanation,
                palette: self.palette,
                scale: self.scale,
            };
            write!(f, "{bar}")?;
        }
        let score = self.labels.number(Fixed(self.ranked.score.get()));
        writeln!(f, "<span class=\"score\">{score}</span></summary>")
    }

    fn words(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let words = PlainWords::new(self.labels.language());
        let claims = words.account(explanation, self.ranked);
        let words = paragraph(&claims);
        writeln!(f, "<p class=\"words\">{}</p>", Escaped(&words))
    }

    fn remarks(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let labels = self.labels;
        let remarks = explanation.remarks().iter();
        let remarks = remarks.map(|remark| labels.remark(remark));
        let uncounted = uncounted(self.ranked.candidate.profile(), labels.language());
        for remark in remarks.chain(uncounted) {
            writeln!(f, "<p class=\"remark\">{remark}</p>")?;
        }
        Ok(())
    }

    fn rationale(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        if explanation.rationale().is_empty() {
            return Ok(());
        }
        let labels = self.labels;
        writeln!(
            f,
            "<section class=\"rationale\"><h2>{}</h2>\n\
             <p class=\"columns\" aria-hidden=\"true\"><span>{}</span>\
             <span>{}</span></p>\n<ol>",
            labels.rests_on, labels.profile_says, labels.lost,
        )?;
        let profile = self.ranked.candidate.profile().text();
        for (number, found) in (1..).zip(explanation.rationale()) {
            writeln!(
                f,
                "<li><span class=\"number m{}\">{number}</span><bdi class=\"found\">{}</bdi>\
                 <span class=\"alike\" title=\"{}\">{}</span></li>",
                class(number),
                quote(profile, &found.passage),
                labels.lost_title,
                labels.number(format_args!("{:.3}", found.weight)),
            )?;
        }
        f.write_str("</ol></section>\n")
    }

    fn matches(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let labels = self.labels;
        let heading = labels.closest;
        writeln!(f, "<section class=\"matches\"><h2>{heading}</h2>")?;
        if explanation.matches().is_empty() {
            let none = labels.none_close;
            return writeln!(f, "<p class=\"empty\">{none}</p></section>");
        }
        let (job, profile) = (self.ranked.query.job(), self.ranked.candidate.profile());
        writeln!(
            f,
            "<p class=\"columns\" aria-hidden=\"true\"><span>{}</span>\
             <span>{}</span><span>{}</span></p>\n<ol>",
            labels.job_asks, labels.profile_says, labels.alike,
        )?;
        for found in explanation.matches() {
            writeln!(
                f,
                "<li><bdi class=\"asked\">{}</bdi><bdi class=\"found\">{}</bdi>\
                 <span class=\"alike\" title=\"{}\">{}</span></li>",
                quote(job.text(), &found.requirement),
                quote(profile.text(), &found.passage),
                labels.similarity,
                labels.number(format_args!("{:.2}", found.similarity)),
            )?;
        }
        f.write_str("</ol></section>\n")
    }

    fn parts(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let labels = self.labels;
        writeln!(
            f,
            "<section class=\"parts\"><h2>{}</h2>\n\
             <table><caption>{}</caption><thead><tr><th scope=\"col\">{}</th>\
             <th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
            labels.made_of, labels.each_adds, labels.feature, labels.value, labels.adds,
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
            row(f, &labels.others(idle.len()), labels.number(Signed(sum)))?;
        }
        let [base, score] = [
            labels.number(Signed(explanation.base())),
            labels.number(Fixed(explanation.score().get())),
        ];
        row(f, labels.base, base)?;
        row(f, labels.score, score)?;
        f.write_str("</tfoot></table></section>\n")
    }

    /// The words that were added to the job, with what each gives.
    fn added(&self, f: &mut fmt::Formatter<'_>, explanation: &Explanation) -> fmt::Result {
        let Some(sum) = explanation.expanded() else {
            return Ok(());
        };
        let labels = self.labels;
        writeln!(
            f,
            "<section class=\"parts added\"><h2>{}</h2>\n\
             <table><caption>{}</caption><thead><tr><th scope=\"col\">{}</th>\
             <th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
            labels.added, labels.each_added, labels.word, labels.because, labels.adds,
        )?;
        let added = added(explanation);
        let (shown, others) = added.split_at(MOST_ADDED.min(added.len()));
        for (part, term) in shown {
            let of = term_of(&term.of, self.ranked, labels.language());
            let origin = match &term.of {
                TermOf::Added { from, .. } => labels.origin(from),
                _ => String::new(),
            };
            writeln!(
                f,
                "<tr><th scope=\"row\"><bdi>{}</bdi> <small><bdi>{}</bdi></small></th><td><bdi>{}</bdi></td><td>{}</td></tr>",
                Escaped(&of),
                Escaped(&part.feature),
                origin,
                labels.number(Signed(term.contribution)),
            )?;
        }
        f.write_str("</tbody><tfoot>\n")?;
        if !others.is_empty() {
            let sum = others.iter().map(|(_, term)| term.contribution).sum();
            row(f, &labels.others(others.len()), labels.number(Signed(sum)))?;
        }
        row(f, labels.together, labels.number(Signed(sum)))?;
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
            feature(&part.feature, self.labels.language()),
            self.labels.description(
                &part.feature,
                column.map_or("", |column| &column.description),
            ),
            Terms {
                part,
                ranked: self.ranked,
                labels: self.labels,
            },
            self.labels.number(Short(part.value.into())),
            self.labels.number(Signed(part.contribution)),
        )
    }

    fn profile(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let profile = self.ranked.candidate.profile();
        let heading = self.labels.profile;
        writeln!(f, "<section class=\"profile\"><h2>{heading}</h2>")?;
        if !profile.facts().is_empty() {
            f.write_str("<ul class=\"facts\">")?;
            for (name, fact) in profile.facts().iter() {
                let (name, fact) = plain_words::fact(name, fact, self.labels.language());
                let (name, fact) = (Escaped(&name), Escaped(&fact));
                write!(f, "<li><b>{name}</b> <bdi>{fact}</bdi></li>")?;
            }
            f.write_str("</ul>\n")?;
        }
        let bytes = |of: fn(&Explanation) -> &[RationalePassage]| -> Vec<Range<usize>> {
            let found = self.explanation.map_or(&[][..], of);
            found.iter().map(|one| one.passage.clone()).collect()
        };
        let text = Highlighted {
            text: profile.text(),
            ranges: &bytes(Explanation::rationale),
            words: &bytes(Explanation::rationale_words),
        };
        if !text.words.is_empty() {
            writeln!(f, "<p class=\"of-words\">{}</p>", self.labels.bold_words)?;
        }
        writeln!(f, "<div class=\"text\">{text}</div></section>")
    }
}

/// The greatest terms of a part, and how many others there are.
struct Terms<'a> {
    part: &'a Part,
    ranked: &'a Ranked,
    labels: &'static Labels,
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
            let of = term_of(&term.of, self.ranked, self.labels.language());
            let adds = self.labels.number(Signed(term.contribution));
            write!(f, "<li><bdi>{}</bdi> {adds}</li>", Escaped(&of))?;
        }
        if !others.is_empty() {
            let sum = others.iter().map(|term| term.contribution).sum();
            let (others, sum) = (
                self.labels.others(others.len()),
                self.labels.number(Signed(sum)),
            );
            write!(f, "<li>{others} {sum}</li>")?;
        }
        f.write_str("</ul>")
    }
}

fn quote<'a>(text: &'a str, bytes: &Range<usize>) -> Escaped<'a> {
    Escaped(text.get(bytes.clone()).unwrap_or_default())
}

/// What the job requires, and what the candidate has of it.
struct Required<'a> {
    explanation: &'a Explanation,
    ranked: &'a Ranked,
    labels: &'static Labels,
}

impl Required<'_> {
    fn section(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.explanation.assessments().is_empty() {
            return Ok(());
        }
        let heading = self.labels.required;
        writeln!(
            f,
            "<section class=\"requirements\"><h2>{heading}</h2>\n{self}</section>"
        )
    }
}

impl fmt::Display for Required<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            explanation,
            ranked,
            labels,
        } = self;
        if explanation.assessments().is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "<table class=\"required\"><caption>{}</caption>\n\
             <thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th>\
             <th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
            labels.asked_and_had, labels.requirement, labels.demand, labels.verdict, labels.because,
        )?;
        let text = ranked.candidate.profile().text();
        for assessment in explanation.assessments() {
            let passage = assessment.passage.clone();
            let passage = passage.and_then(|bytes| text.get(bytes));
            write!(
                f,
                "<tr><th scope=\"row\"><bdi>{}</bdi></th><td>{}</td>\
                 <td>{}</td><td>{}",
                asked(&assessment.requirement.asked, labels.language()),
                (labels.of_demand)(assessment.requirement.demand),
                verdict(assessment.verdict, labels.language()),
                labels.because(&assessment.reason),
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

fn row(f: &mut fmt::Formatter<'_>, name: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(
        f,
        "<tr><th scope=\"row\">{name}</th><td></td><td>{value}</td></tr>"
    )
}
