//! The table as text and as Markdown.

use std::fmt;

use super::{Cell, Comparison, Row, Verdict};
use crate::significance::Method;

const COLUMNS: usize = 6;
type Line = [String; COLUMNS];

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let mut widths = [0; COLUMNS];
        for line in &lines {
            for (width, text) in widths.iter_mut().zip(line) {
                *width = text.chars().count().max(*width);
            }
        }
        for line in &lines {
            writeln!(f, "{}", aligned(line, &widths).trim_end())?;
        }
        write!(f, "\n{}", self.legend())
    }
}

impl Comparison {
    /// The table in Markdown, with lines that say how the numbers were found.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        for (number, line) in self.lines().iter().enumerate() {
            let cells = line.each_ref().map(|cell| cell.replace('|', "\\|"));
            text += &format!("| {} |\n", cells.join(" | "));
            if number == 0 {
                text += "| --- | --- | ---: | ---: | ---: | :--- |\n";
            }
        }
        text + "\n" + &self.legend()
    }

    fn lines(&self) -> Vec<Line> {
        let interval = format!("{} % interval", 100.0 - round(100.0 * self.alpha));
        let head = ["metric", "system", "mean", "difference", &interval, "p"];
        let rows = self.rows.iter().flat_map(|row| self.row_lines(row));
        std::iter::once(head.map(str::to_owned))
            .chain(rows)
            .collect()
    }

    fn row_lines(&self, row: &Row) -> Vec<Line> {
        let first = [
            row.metric.to_string(),
            one_line(&self.baseline),
            format!("{:.4}", row.baseline),
            String::new(),
            String::new(),
            String::new(),
        ];
        let systems = self.systems.iter().zip(&row.cells);
        let others = systems.map(|(system, cell)| cell_line(&one_line(system), cell));
        std::iter::once(first).chain(others).collect()
    }

    fn legend(&self) -> String {
        let queries = format!("Queries: {}.\n", self.queries());
        let comparisons = self.systems.len() * self.rows.len();
        if comparisons == 0 {
            return queries;
        }
        format!(
            "{BETTER} better, {WORSE} worse than {} at p < {}.\n\
             p: two-sided paired randomisation test{}, Holm-corrected for {comparisons} comparisons.\n\
             Interval: percentile bootstrap of the difference, not corrected.\n{queries}",
            one_line(&self.baseline),
            self.alpha,
            self.draws(),
        )
    }

    /// The number of random draws, where any were needed.
    fn draws(&self) -> String {
        let cells = self.rows.iter().flat_map(|row| &row.cells);
        let draws = cells.filter_map(|cell| match cell.test.method {
            Method::Exact => None,
            Method::MonteCarlo { draws } => Some(draws),
        });
        draws
            .max()
            .map_or(String::new(), |draws| format!(" ({draws} draws)"))
    }

    /// The number of queries, or the numbers of each metric if they differ.
    fn queries(&self) -> String {
        let counts: Vec<_> = self.rows.iter().map(|row| row.queries).collect();
        match counts.as_slice() {
            [] => "0".to_owned(),
            [first, rest @ ..] if rest.iter().all(|count| count == first) => first.to_string(),
            _ => {
                let each = self
                    .rows
                    .iter()
                    .map(|row| format!("{} {}", row.metric, row.queries));
                each.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

const BETTER: char = '▲';
const WORSE: char = '▼';

fn cell_line(system: &str, cell: &Cell) -> Line {
    [
        String::new(),
        system.to_owned(),
        format!("{:.4}", cell.mean),
        signed(cell.test.mean_difference),
        format!(
            "[{}, {}]",
            signed(cell.interval.lower),
            signed(cell.interval.upper)
        ),
        match cell.verdict {
            Verdict::Better => format!("{} {BETTER}", p_value(cell.p_holm)),
            Verdict::Worse => format!("{} {WORSE}", p_value(cell.p_holm)),
            Verdict::Undecided => p_value(cell.p_holm),
        },
    ]
}

/// Numbers to the right, words and the p column (whose markers hang over) to the left.
fn aligned(line: &Line, widths: &[usize; COLUMNS]) -> String {
    let [metric, system, mean, difference, interval, p] = line;
    let [w0, w1, w2, w3, w4, _] = widths;
    format!("{metric:<w0$}  {system:<w1$}  {mean:>w2$}  {difference:>w3$}  {interval:>w4$}  {p}")
}

fn signed(value: f64) -> String {
    let text = format!("{value:+.4}");
    // A rounded zero has no sign.
    if text == "-0.0000" || text == "+0.0000" {
        "0.0000".to_owned()
    } else {
        text
    }
}

fn p_value(p: f64) -> String {
    if p < 0.0001 {
        "<0.0001".to_owned()
    } else {
        format!("{p:.4}")
    }
}

/// Hides the rounding of `100 * alpha`.
fn round(percent: f64) -> f64 {
    (percent * 1e6).round() / 1e6
}

fn one_line(name: &str) -> String {
    name.replace(char::is_control, " ")
}
