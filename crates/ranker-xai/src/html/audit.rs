//! An audit.

use std::fmt;

use super::document;
use super::escape::Escaped;
use crate::audit::{Audit, GroupRate, Rates};

/// A page of its own: the rates of each group with their intervals, as tables and as bars, the exposure of
/// places, and how far the heads of the rankings are from the mixture of all candidates.
///
/// The page holds no script and loads nothing; every bar's numbers stand beside it as text.
#[must_use]
pub fn audit(title: &str, audit: &Audit) -> String {
    Page { title, audit }.to_string()
}

/// The tables of [`audit`], for a page of your own.
#[must_use]
pub fn audit_tables(audit: &Audit) -> String {
    struct Tables<'a>(Page<'a>);

    impl fmt::Display for Tables<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.tables(f)
        }
    }

    Tables(Page { title: "", audit }).to_string()
}

struct Page<'a> {
    title: &'a str,
    audit: &'a Audit,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audit = self.audit;
        document::begin(f, (self.title, "en"))?;
        writeln!(
            f,
            "<header><h1><bdi>{}</bdi></h1><p class=\"about\">{} rankings, by <bdi>{}</bdi></p></header>",
            Escaped(self.title),
            audit.rankings,
            Escaped(&audit.selection.attribute),
        )?;
        self.tables(f)?;
        document::end(f)
    }
}

impl Page<'_> {
    fn tables(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        rates(f, &self.audit.selection)?;
        if let Some(scoring) = &self.audit.scoring {
            rates(f, scoring)?;
        }
        self.exposure(f)?;
        self.mixture(f)
    }

    fn attribute(&self) -> &str {
        &self.audit.selection.attribute
    }

    fn exposure(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        begin_table(
            f,
            (self.attribute(), "Exposure of places"),
            &["group", "candidates", "mean", "ratio"],
        )?;
        for row in &self.audit.exposure {
            let (group, count) = (Escaped(&row.group), row.candidates);
            let (mean, ratio) = (row.mean, row.ratio);
            writeln!(
                f,
                "<tr><th scope=\"row\"><bdi>{group}</bdi></th><td>{count}</td>\
                 <td>{mean:.4}</td><td>{ratio:.3}</td></tr>"
            )?;
        }
        f.write_str("</tbody></table></div>\n")
    }

    fn mixture(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = ["group", "mean skew", "rankings without"];
        begin_table(
            f,
            (
                self.attribute(),
                "Shares of the first places beside those of all",
            ),
            &columns,
        )?;
        for row in &self.audit.skew {
            let mean = row
                .mean
                .map_or("-".to_owned(), |mean| format!("{mean:+.3}"));
            writeln!(
                f,
                "<tr><th scope=\"row\"><bdi>{}</bdi></th><td>{mean}</td><td>{}</td></tr>",
                Escaped(&row.group),
                row.absent,
            )?;
        }
        let (ndkl, rkl) = (self.audit.ndkl, self.audit.rkl);
        writeln!(
            f,
            "</tbody></table></div>\n<p>NDKL {ndkl:.4}, rKL {rkl:.4}</p>"
        )
    }
}

/// A table of rates, each with its intervals and a bar.
fn rates(f: &mut fmt::Formatter<'_>, rates: &Rates) -> fmt::Result {
    let columns = [
        "group",
        "candidates",
        "chosen",
        "rate",
        "Wilson 95 %",
        "exact 95 %",
        "impact ratio",
        "p",
        "remarks",
    ];
    begin_table(f, (&rates.attribute, &rates.chosen_by), &columns)?;
    rates.rows.iter().try_for_each(|row| rate(f, row))?;
    writeln!(
        f,
        "<tr><th scope=\"row\">unknown</th><td>{}</td><td>{}</td></tr>\n</tbody></table></div>",
        rates.unknown, rates.unknown_chosen
    )
}

fn rate(f: &mut fmt::Formatter<'_>, row: &GroupRate) -> fmt::Result {
    let group = Escaped(&row.group);
    write!(f, "<tr><th scope=\"row\"><bdi>{group}</bdi></th>")?;
    for cell in row.cells() {
        write!(f, "<td>{cell}</td>")?;
    }
    f.write_str("<td class=\"remarks\">")?;
    bar(f, row)?;
    writeln!(f, "{}</td></tr>", Escaped(row.remarks().trim()))
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
