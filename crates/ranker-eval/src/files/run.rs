//! TREC run files: `query Q0 document rank score tag`.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, Write};
use std::path::Path;

use super::columns::writable;
use super::lines::{Line, Lines, open};
use crate::error::{ReadError, WriteError};
use crate::run::{Run, ScoredDocument};

const NAMES: &str = "query Q0 document rank score tag";

impl Run {
    /// Reads a TREC run file: `query Q0 document rank score tag`, white space between.
    ///
    /// The documents of a query keep the order of their lines. As in `trec_eval`, the rank
    /// column does not order anything. An empty file is a run without rankings and tag.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the line, for a wrong number of columns, a rank that is not a whole
    /// number, a score that is not a finite number, a document that a query has twice, a
    /// second tag, or text that is not UTF-8.
    pub fn read_trec(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        Self::from_trec(open(path)?, path)
    }

    /// As [`Run::read_trec`], from a reader; `name` stands for the path in errors.
    ///
    /// # Errors
    ///
    /// As [`Run::read_trec`].
    pub fn from_trec(reader: impl BufRead, name: impl AsRef<Path>) -> Result<Self, ReadError> {
        let mut lines = Lines::new(reader, name.as_ref());
        let mut rows = Rows::default();
        while let Some(line) = lines.next()? {
            rows.add(&line)?;
        }
        let by_query = rows.by_query.into_iter();
        Ok(Run::from_checked(
            rows.tag.unwrap_or_default(),
            by_query
                .map(|(query, rows)| (query, rows.ranking))
                .collect(),
        ))
    }

    /// Writes a TREC run file, by query id. The documents of a query keep the order in which
    /// they were given, which is also their rank, from 1. Scores read back exactly.
    ///
    /// A query with an empty ranking has no line, so it is not in the file.
    ///
    /// # Errors
    ///
    /// [`WriteError`] for an id or a tag that is empty or has white space, or if writing fails.
    pub fn write_trec(&self, mut to: impl Write) -> Result<(), WriteError> {
        let tag = writable("run tag", self.tag())?;
        for (query, ranking) in self.iter() {
            let query = writable("query id", query)?;
            for (scored, rank) in ranking.iter().zip(1_usize..) {
                let document = writable("document id", scored.document())?;
                let score = scored.score();
                writeln!(to, "{query} Q0 {document} {rank} {score:?} {tag}")?;
            }
        }
        Ok(to.flush()?)
    }
}

/// What has been read so far.
#[derive(Default)]
struct Rows {
    tag: Option<String>,
    by_query: BTreeMap<String, QueryRows>,
}

#[derive(Default)]
struct QueryRows {
    ranking: Vec<ScoredDocument>,
    seen: HashSet<String>,
}

impl Rows {
    fn add(&mut self, line: &Line<'_>) -> Result<(), ReadError> {
        let [query, _, document, rank, score, tag] =
            line.columns(line.text.split_ascii_whitespace(), NAMES)?;
        line.check_rank(rank)?;
        let score = line.score(score)?;
        self.check_tag(line, tag)?;
        let rows = match self.by_query.get_mut(query) {
            Some(rows) => rows,
            None => self.by_query.entry(query.to_owned()).or_default(),
        };
        if !rows.seen.insert(document.to_owned()) {
            return Err(ReadError::DuplicatePair {
                at: line.at(),
                query: query.to_owned(),
                document: document.to_owned(),
            });
        }
        rows.ranking
            .push(ScoredDocument::new(document.to_owned(), score));
        Ok(())
    }

    fn check_tag(&mut self, line: &Line<'_>, tag: &str) -> Result<(), ReadError> {
        let first = self.tag.get_or_insert_with(|| tag.to_owned());
        if first == tag {
            return Ok(());
        }
        Err(ReadError::MixedTags {
            at: line.at(),
            expected: first.clone(),
            found: tag.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Run, ReadError> {
        Run::from_trec(text.as_bytes(), "run")
    }

    #[test]
    fn lines_of_a_query_need_not_stand_together() {
        let run = read("b Q0 x 1 2.5 t\na Q0 x 1 -1e-3 t\nb\tQ0\ty\t7\t3\tt\n").unwrap();
        assert_eq!(run.tag(), "t");
        let documents: Vec<_> = run
            .ranking("b")
            .unwrap()
            .iter()
            .map(|d| d.document())
            .collect();
        assert_eq!(documents, ["x", "y"]);
        let mut written = Vec::new();
        run.write_trec(&mut written).unwrap();
        assert_eq!(
            std::str::from_utf8(&written).unwrap(),
            "a Q0 x 1 -0.001 t\nb Q0 x 1 2.5 t\nb Q0 y 2 3.0 t\n"
        );
    }

    #[test]
    fn an_empty_file_is_an_empty_run() {
        assert!(read("\n").unwrap().is_empty());
    }

    #[test]
    fn broken_lines_are_named() {
        for (text, expected) in [
            (
                "q Q0 d 1 1.0",
                "run:1: 5 columns where 6 are needed (query Q0 document rank score tag)",
            ),
            (
                "q Q0 d 1 1.0 my run",
                "run:1: 7 columns where 6 are needed (query Q0 document rank score tag)",
            ),
            (
                "q Q0 d 1 NaN t",
                "run:1: the score `NaN` is not a finite number",
            ),
            (
                "q Q0 d 1 -inf t",
                "run:1: the score `-inf` is not a finite number",
            ),
            (
                "q Q0 d 1 1e999 t",
                "run:1: the score `1e999` is not a finite number",
            ),
            (
                "q Q0 1 d 1.0 t",
                "run:1: the rank `d` is not a whole number",
            ),
            (
                "q Q0 d 1 1 t\nq Q0 d 2 0 t",
                "run:2: document `d` occurs a second time for query `q`",
            ),
            (
                "q Q0 d 1 1 t\nq Q0 e 2 0 u",
                "run:2: run tag `u` in the run `t`; put each run in its own file",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_tag_must_be_one_word() {
        let error = Run::new("my run").write_trec(Vec::new()).unwrap_err();
        assert!(matches!(
            error,
            WriteError::Column {
                column: "run tag",
                ..
            }
        ));
    }
}
