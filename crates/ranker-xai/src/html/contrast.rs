//! Two candidates side by side.

use std::fmt;
use std::ops::Range;

use ranker_core::{Assessment, PassageMatch, Ranked};

use super::escape::Escaped;
use super::labels::{Labels, asked, feature, verdict};
use crate::contrast::{Contrast, Difference, Sides};
use crate::plain_words::Language;
use crate::render::number::{Fixed, Short, Signed, is_small};

/// Two candidates side by side, as a `<section>`: what each feature adds to the one and to the other, the
/// requirements on which they differ, and the passages of both.
///
/// `ranked` is the two that the contrast is of, who are called by their titles where they have one. Rows and columns have headings, and what a colour says is said in a
/// sign too. For a page of your own; its style is that of [`super::page`].
#[must_use]
pub fn contrast(contrast: &Contrast, ranked: Sides<&Ranked>, language: Language) -> String {
    SideBySide {
        contrast,
        ranked,
        labels: Labels::of(language),
    }
    .to_string()
}

struct SideBySide<'a> {
    contrast: &'a Contrast,
    ranked: Sides<&'a Ranked>,
    labels: &'static Labels,
}

impl fmt::Display for SideBySide<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Sides { above, below }, labels) = (self.names(), self.labels);
        let heading = (labels.why)(Escaped(&above), Escaped(&below));
        writeln!(f, "<section class=\"contrast\"><h2>{heading}</h2>")?;
        self.differences(f)?;
        if !self.contrast.verdicts().is_empty() {
            self.head(f, (labels.differ, labels.requirement, ""))?;
            for verdicts in self.contrast.verdicts() {
                self.verdict_row(f, verdicts)?;
            }
            f.write_str("</tbody></table>\n")?;
        }
        if !self.contrast.passages().is_empty() {
            self.head(f, (labels.closest, labels.job_asks, ""))?;
            self.passages(f)?;
            f.write_str("</tbody></table>\n")?;
        }
        f.write_str("</section>\n")
    }
}

impl SideBySide<'_> {
    /// What both are called: by their places and titles, or else their ids.
    fn names(&self) -> Sides<String> {
        let name = |ranked: &Ranked| {
            let name = match ranked.candidate.profile().title() {
                "" => ranked.id().as_str(),
                title => title,
            };
            format!("{}. {name}", ranked.rank)
        };
        Sides {
            above: name(self.ranked.above),
            below: name(self.ranked.below),
        }
    }

    /// The beginning of a table: caption, the heading of its first column and that of a last one, if any.
    fn head(
        &self,
        f: &mut fmt::Formatter<'_>,
        (caption, first, last): (&str, &str, &str),
    ) -> fmt::Result {
        let names = self.names();
        let (above, below) = (Escaped(&names.above), Escaped(&names.below));
        let last = match last {
            "" => String::new(),
            last => format!("<th scope=\"col\">{last}</th>"),
        };
        writeln!(
            f,
            "<table><caption>{caption}</caption><thead><tr><th scope=\"col\">{first}</th>\
             <th scope=\"col\"><bdi>{above}</bdi></th><th scope=\"col\"><bdi>{below}</bdi></th>{last}</tr></thead><tbody>"
        )
    }

    fn differences(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels;
        let heads = (labels.both_made_of, labels.feature, labels.difference);
        self.head(f, heads)?;
        let all = self.contrast.differences().iter();
        let (shown, idle): (Vec<&Difference>, Vec<&Difference>) =
            all.partition(|one| !is_small(one.adds()));
        shown.iter().try_for_each(|one| self.difference(f, one))?;
        f.write_str("</tbody><tfoot>\n")?;
        let base = self.contrast.base();
        if !idle.is_empty() {
            let sum: f64 = idle.iter().map(|one| one.adds()).sum();
            let name = labels.others(idle.len());
            foot(
                f,
                &name,
                [String::new(), String::new(), labels.number(Signed(sum))],
            )?;
        }
        if !is_small(base) {
            foot(
                f,
                labels.base,
                [String::new(), String::new(), labels.number(Signed(base))],
            )?;
        }
        let Sides { above, below } = self.contrast.scores();
        let scores = [
            labels.number(Fixed(above.get())),
            labels.number(Fixed(below.get())),
        ];
        let [above, below] = scores;
        foot(
            f,
            labels.score,
            [above, below, labels.number(Signed(self.contrast.gap()))],
        )?;
        f.write_str("</tfoot></table>\n")
    }

    fn difference(&self, f: &mut fmt::Formatter<'_>, one: &Difference) -> fmt::Result {
        let labels = self.labels;
        let columns = self.ranked.above.features.schema().columns();
        let column = columns.iter().find(|column| column.name == one.feature);
        let sign = if one.adds() < 0.0 { "minus" } else { "plus" };
        let side = |value: f32, adds: f64| {
            format!(
                "<td>{} <small>{}</small></td>",
                labels.number(Signed(adds)),
                labels.number(Short(value.into()))
            )
        };
        writeln!(
            f,
            "<tr><th scope=\"row\">{} <small>{}</small></th>{}{}<td class=\"{sign}\">{}</td></tr>",
            feature(&one.feature, labels.language()),
            labels.description(
                &one.feature,
                column.map_or("", |column| &column.description),
            ),
            side(one.values.above, one.contributions.above),
            side(one.values.below, one.contributions.below),
            labels.number(Signed(one.adds())),
        )
    }

    fn passages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job = self.ranked.above.query.job().text();
        for passage in self.contrast.passages() {
            let asked = quote(job, &passage.requirement);
            let found = |found: &Option<PassageMatch>, ranked: &Ranked| match found {
                None => format!("<td>{}</td>", self.labels.none),
                Some(found) => {
                    let text = ranked.candidate.profile().text();
                    let quote = quote(text, &found.passage);
                    let alike = self.labels.number(format_args!("{:.2}", found.similarity));
                    format!("<td><bdi>{quote}</bdi> <small>{alike}</small></td>")
                }
            };
            writeln!(
                f,
                "<tr><th scope=\"row\"><bdi>{asked}</bdi></th>{}{}</tr>",
                found(&passage.found.above, self.ranked.above),
                found(&passage.found.below, self.ranked.below),
            )?;
        }
        Ok(())
    }

    fn verdict_row(&self, f: &mut fmt::Formatter<'_>, verdicts: &Sides<Assessment>) -> fmt::Result {
        let (requirement, labels) = (&verdicts.above.requirement, self.labels);
        let side = |one: &Assessment| {
            let reason = labels.because(&one.reason);
            format!(
                "<td>{} {reason}</td>",
                verdict(one.verdict, labels.language())
            )
        };
        writeln!(
            f,
            "<tr><th scope=\"row\"><bdi>{}</bdi> <small>{}</small></th>{}{}</tr>",
            asked(&requirement.asked, labels.language()),
            (labels.of_demand)(requirement.demand),
            side(&verdicts.above),
            side(&verdicts.below),
        )
    }
}

fn quote(text: &str, bytes: &Range<usize>) -> String {
    Escaped(text.get(bytes.clone()).unwrap_or_default()).to_string()
}

fn foot(f: &mut fmt::Formatter<'_>, name: &str, cells: [String; 3]) -> fmt::Result {
    let cells = cells.map(|cell| format!("<td>{cell}</td>")).concat();
    writeln!(f, "<tr><th scope=\"row\">{name}</th>{cells}</tr>")
}
