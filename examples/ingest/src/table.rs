//! Tables in Markdown.

use crate::print;

/// Prints a row.
pub(crate) fn row<S: AsRef<str>>(cells: &[S]) {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    print(&format!("| {} |", cells.join(" | ")));
}

/// Prints a header, the first columns for words and the others for numbers.
pub(crate) fn header(columns: &[&str], words: usize) {
    row(columns);
    let rules = (0..columns.len()).map(|at| if at < words { "---" } else { "--:" });
    row(&rules.collect::<Vec<_>>());
}
