//! An audit.

use std::fmt;

use super::audit_labels::AuditLabels;
use super::document;
use super::escape::Escaped;
use super::labels::Labels;
use crate::audit::{Audit, GroupRate, Rates};
use crate::plain_words::Language;

/// A page of its own: the rates of each group with their intervals, as tables and as bars, the exposure of
/// places, and how far the heads of the rankings are from the mixture of all candidates.
///
/// The page holds no script and loads nothing; every bar's numbers stand beside it as text.
#[must_use]
pub fn audit(title: &str, audit: &Audit, language: Language) -> String {
    Page::new(title, audit, language).to_string()
}

/// The tables of [`audit`], for a page of your own.
#[must_use]
pub fn audit_tables(audit: &Audit, language: Language) -> String {
    struct Tables<'a>(Page<'a>);

    impl fmt::Display for Tables<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.tables(f)
        }
    }

    Tables(Page::new("", audit, language)).to_string()
}

struct Page<'a> {
    title: &'a str,
    audit: &'a Audit,
    labels: &'static Labels,
    words: &'static AuditLabels,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audit = self.audit;
        document::begin(f, (self.title, self.labels.tag))?;
        let attribute = format!("<bdi>{}</bdi>", Escaped(self.attribute()));
        writeln!(
            f,
            "<header><h1><bdi>{}</bdi></h1><p class=\"about\">{}</p></header>",
            Escaped(self.title),
            (self.words.about)(audit.rankings, &attribute),
        )?;
        self.tables(f)?;
        document::end(f)
    }
}

impl<'a> Page<'a> {
    fn new(title: &'a str, audit: &'a Audit, language: Language) -> Self {
        Self {
            title,
            audit,
            labels: Labels::of(language),
            words: AuditLabels::of(language),
        }
    }

    fn tables(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rates(f, &self.audit.selection)?;
        if let Some(scoring) = &self.audit.scoring {
            self.rates(f, scoring)?;
        }
        self.exposure(f)?;
        self.mixture(f)
    }

    fn attribute(&self) -> &str {
        &self.audit.selection.attribute
    }

    fn exposure(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.words;
        begin_table(
            f,
            (self.attribute(), words.exposure),
            &[words.group, words.candidates, words.mean, words.ratio],
        )?;
        for row in &self.audit.exposure {
            let (group, count) = (Escaped(&row.group), row.candidates);
            let mean = self.labels.number(format_args!("{:.4}", row.mean));
            let ratio = self.labels.number(format_args!("{:.3}", row.ratio));
            writeln!(
                f,
                "<tr><th scope=\"row\"><bdi>{group}</bdi></th><td>{count}</td>\
                 <td>{mean}</td><td>{ratio}</td></tr>"
            )?;
        }
        f.write_str("</tbody></table></div>\n")
    }

    fn mixture(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.words;
        let columns = [words.group, words.mean_skew, words.absent];
        begin_table(f, (self.attribute(), words.mixture), &columns)?;
        for row in &self.audit.skew {
            let mean = row
                .mean
                .map_or("-".to_owned(), |mean| format!("{mean:+.3}"));
            let mean = self.labels.number(mean);
            writeln!(
                f,
                "<tr><th scope=\"row\"><bdi>{}</bdi></th><td>{mean}</td><td>{}</td></tr>",
                Escaped(&row.group),
                row.absent,
            )?;
        }
        let [ndkl, rkl] = [self.audit.ndkl, self.audit.rkl]
            .map(|number| self.labels.number(format_args!("{number:.4}")));
        writeln!(f, "</tbody></table></div>\n<p>NDKL {ndkl}; rKL {rkl}</p>")
    }

    /// A table of rates, each with its intervals and a bar.
    fn rates(&self, f: &mut fmt::Formatter<'_>, rates: &Rates) -> fmt::Result {
        let words = self.words;
        let columns = [
            words.group,
            words.candidates,
            words.chosen,
            words.rate,
            words.wilson,
            words.exact,
            words.impact_ratio,
            "p",
            words.remarks,
        ];
        let chosen_by = (words.chosen_by)(self.labels, rates.chosen_by);
        begin_table(f, (&rates.attribute, &chosen_by), &columns)?;
        rates.rows.iter().try_for_each(|row| self.rate(f, row))?;
        writeln!(
            f,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n</tbody></table></div>",
            words.unknown, rates.unknown, rates.unknown_chosen
        )
    }

    fn rate(&self, f: &mut fmt::Formatter<'_>, row: &GroupRate) -> fmt::Result {
        let group = Escaped(&row.group);
        write!(f, "<tr><th scope=\"row\"><bdi>{group}</bdi></th>")?;
        for cell in row.cells(self.words.to) {
            write!(f, "<td>{}</td>", self.labels.number(cell))?;
        }
        f.write_str("<td class=\"remarks\">")?;
        bar(f, row)?;
        let remarks: Vec<&str> = row.remarks().map(self.words.of_remark).collect();
        writeln!(f, "{}</td></tr>", remarks.join("; "))
    }
}

/// The rate as a bar from 0 to 1, and its Wilson interval as a line over it.
fn bar(f: &mut fmt::Formatter<'_>, row: &GroupRate) -> fmt::Result {
    let percent = |share: f64| 100.0 * share;
    let (low, high) = row.wilson;
    write!(
        f,
        "<svg class=\"rate\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect class=\"track\" width=\"100\" height=\"8\"/>\
         <rect class=\"share\" width=\"{:.2}\" height=\"8\"/>\
         <rect class=\"interval\" x=\"{:.2}\" y=\"3\" width=\"{:.2}\" height=\"2\"/></svg>",
        percent(row.rate.unwrap_or(0.0)),
        percent(low),
        percent(high - low),
    )
}

/// Who has no mouse scrolls a wide table by its region, which therefore has a name of its own.
fn begin_table(
    f: &mut fmt::Formatter<'_>,
    (attribute, caption): (&str, &str),
    columns: &[&str],
) -> fmt::Result {
    let (attribute, caption) = (Escaped(attribute), Escaped(caption));
    write!(
        f,
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{attribute}: {caption}\"><table class=\"audit\"><caption>{caption}</caption><thead><tr>"
    )?;
    for column in columns {
        write!(f, "<th scope=\"col\">{column}</th>")?;
    }
    f.write_str("</tr></thead><tbody>\n")
}
