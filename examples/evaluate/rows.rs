//! The features of ranked documents, with their grades, in SVMlight's format.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ranker::eval::{Qrels, QueryText};
use ranker_examples::{Outcome, Progress};

use crate::system::System;

/// Writes a row for each document that `full` ranks: its grade, the number of its query from 1, and
/// its features from 1; what they are and which documents stand in comments.
pub(crate) fn write(
    path: &Path,
    system: &System,
    queries: &[QueryText],
    judged: &Qrels,
) -> Outcome {
    let mut file = BufWriter::new(File::create(path)?);
    for (at, name) in (1..).zip(system.features().schema().names()) {
        writeln!(file, "# {at} {name}")?;
    }
    let mut progress = Progress::new("ranking", queries.len());
    for (number, query) in (1..).zip(queries) {
        let grades = judged.judgments(&query.id);
        for ranked in system.rank(query)?.iter() {
            let id = ranked.id().as_str();
            let grade = grades.and_then(|grades| grades.get(id)).copied();
            write!(file, "{} qid:{number}", grade.unwrap_or(0))?;
            for (at, value) in (1..).zip(ranked.features.rows().flatten()) {
                write!(file, " {at}:{value}")?;
            }
            writeln!(file, " # {} {id}", query.id)?;
        }
        progress.reach(number);
    }
    progress.finish();
    Ok(file.flush()?)
}
