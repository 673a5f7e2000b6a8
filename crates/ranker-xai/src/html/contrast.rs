//! Two candidates side by side.

use std::fmt;
use std::ops::Range;

use ranker_core::{Assessment, PassageMatch, Ranked};

use super::card::verdict_class;
use super::escape::Escaped;
use crate::contrast::{Contrast, Difference, Sides};
use crate::render::number::{Fixed, Short, Signed, is_small};

/// Two candidates side by side, as a `<section>`: what each feature adds to the one and to the other, the
/// requirements on which they differ, and the passages of both.
///
/// `ranked` is the two that the contrast is of. Rows and columns have headings, and what a colour says is said in a
/// sign too. For a page of your own; its style is that of [`super::page`].
#[must_use]
pub fn contrast(contrast: &Contrast, ranked: Sides<&Ranked>) -> String {
    SideBySide { contrast, ranked }.to_string()
}

struct SideBySide<'a> {
    contrast: &'a Contrast,
    ranked: Sides<&'a Ranked>,
}

impl fmt::Display for SideBySide<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sides { above, below } = self.names();
        writeln!(
            f,
            "<section class=\"contrast\"><h2>Why <bdi>{above}</bdi> stands above <bdi>{below}</bdi></h2>"
        )?;
        self.differences(f)?;
        if !self.contrast.verdicts().is_empty() {
            self.head(f, ("Requirements on which they differ", "Requirement", ""))?;
            for verdicts in self.contrast.verdicts() {
                verdict_row(f, verdicts)?;
            }
            f.write_str("</tbody></table>\n")?;
        }
        if !self.contrast.passages().is_empty() {
            self.head(f, ("Closest passages", "The job asks", ""))?;
            self.passages(f)?;
            f.write_str("</tbody></table>\n")?;
        }
        f.write_str("</section>\n")
    }
}

impl SideBySide<'_> {
    fn names(&self) -> Sides<Escaped<'_>> {
        let ids = self.contrast.ids();
        Sides {
            above: Escaped(ids.above.as_str()),
            below: Escaped(ids.below.as_str()),
        }
    }

    /// The beginning of a table: caption, the heading of its first column and that of a last one, if any.
    fn head(
        &self,
        f: &mut fmt::Formatter<'_>,
        (caption, first, last): (&str, &str, &str),
    ) -> fmt::Result {
        let Sides { above, below } = self.names();
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
        self.head(f, ("What the scores are made of", "Feature", "Difference"))?;
        let all = self.contrast.differences().iter();
        let (shown, idle): (Vec<&Difference>, Vec<&Difference>) =
            all.partition(|one| !is_small(one.adds()));
        shown.iter().try_for_each(|one| self.difference(f, one))?;
        f.write_str("</tbody><tfoot>\n")?;
        let base = self.contrast.base();
        if !idle.is_empty() {
            let sum: f64 = idle.iter().map(|one| one.adds()).sum();
            let name = format!("{} others", idle.len());
            foot(
                f,
                &name,
                [String::new(), String::new(), Signed(sum).to_string()],
            )?;
        }
        if !is_small(base) {
            foot(
                f,
                "Base",
                [String::new(), String::new(), Signed(base).to_string()],
            )?;
        }
        let Sides { above, below } = self.contrast.scores();
        let scores = [
            Fixed(above.get()).to_string(),
            Fixed(below.get()).to_string(),
        ];
        let [above, below] = scores;
        foot(
            f,
            "Score",
            [above, below, Signed(self.contrast.gap()).to_string()],
        )?;
        f.write_str("</tfoot></table>\n")
    }

    fn difference(&self, f: &mut fmt::Formatter<'_>, one: &Difference) -> fmt::Result {
        let columns = self.ranked.above.features.schema().columns();
        let column = columns.iter().find(|column| column.name == one.feature);
        let sign = if one.adds() < 0.0 { "minus" } else { "plus" };
        let side = |value: f32, adds: f64| {
            format!(
                "<td>{} <small>{}</small></td>",
                Signed(adds),
                Short(value.into())
            )
        };
        writeln!(
            f,
            "<tr><th scope=\"row\">{} <small>{}</small></th>{}{}<td class=\"{sign}\">{}</td></tr>",
            Escaped(&one.feature),
            Escaped(column.map_or("", |column| &column.description)),
            side(one.values.above, one.contributions.above),
            side(one.values.below, one.contributions.below),
            Signed(one.adds()),
        )
    }

    fn passages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let job = self.ranked.above.query.job().text();
        for passage in self.contrast.passages() {
            let asked = quote(job, &passage.requirement);
            let found = |found: &Option<PassageMatch>, ranked: &Ranked| match found {
                None => "<td>none</td>".to_owned(),
                Some(found) => {
                    let text = ranked.candidate.profile().text();
                    let (quote, alike) = (quote(text, &found.passage), found.similarity);
                    format!("<td><bdi>{quote}</bdi> <small>{alike:.2}</small></td>")
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
}

fn quote(text: &str, bytes: &Range<usize>) -> String {
    Escaped(text.get(bytes.clone()).unwrap_or_default()).to_string()
}

fn verdict_row(f: &mut fmt::Formatter<'_>, verdicts: &Sides<Assessment>) -> fmt::Result {
    let requirement = &verdicts.above.requirement;
    let side = |one: &Assessment| {
        let (class, reason) = (verdict_class(one.verdict), Escaped(&one.reason).to_string());
        format!(
            "<td><span class=\"verdict {class}\">{}</span> {reason}</td>",
            one.verdict
        )
    };
    writeln!(
        f,
        "<tr><th scope=\"row\"><bdi>{}</bdi> <small>{}</small></th>{}{}</tr>",
        Escaped(&requirement.asked.to_string()),
        requirement.demand,
        side(&verdicts.above),
        side(&verdicts.below),
    )
}

fn foot(f: &mut fmt::Formatter<'_>, name: &str, cells: [String; 3]) -> fmt::Result {
    let cells = cells.map(|cell| format!("<td>{cell}</td>")).concat();
    writeln!(f, "<tr><th scope=\"row\">{name}</th>{cells}</tr>")
}
