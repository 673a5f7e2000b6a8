//! Judgments in columns: TREC's four and BEIR's three.

use std::io::{BufRead, Write};
use std::path::Path;

use super::columns::writable;
use super::lines::{Line, Lines, open};
use crate::error::{ReadError, WriteError};
use crate::qrels::Qrels;

/// What the third column of a header line says.
const HEADERS: [&str; 5] = ["score", "grade", "relevance", "rel", "label"];

impl Qrels {
    /// Reads a TREC qrels file: `query iteration document grade`, white space between.
    ///
    /// # Errors
    ///
    /// [`ReadError`] with the line, for a wrong number of columns, a grade that is not a whole
    /// number, a document judged twice for a query, or text that is not UTF-8.
    pub fn read_trec(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        Self::from_trec(open(path)?, path)
    }

    /// As [`Qrels::read_trec`], from a reader; `name` stands for the path in errors.
    ///
    /// # Errors
    ///
    /// As [`Qrels::read_trec`].
    pub fn from_trec(reader: impl BufRead, name: impl AsRef<Path>) -> Result<Self, ReadError> {
        read(reader, name.as_ref(), trec_columns)
    }

    /// Reads a BEIR qrels file: `query-id`, `corpus-id`, `score`, tabs between. The header
    /// line may be missing.
    ///
    /// # Errors
    ///
    /// As [`Qrels::read_trec`], and for an empty id.
    pub fn read_beir(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        Self::from_beir(open(path)?, path)
    }

    /// As [`Qrels::read_beir`], from a reader; `name` stands for the path in errors.
    ///
    /// # Errors
    ///
    /// As [`Qrels::read_beir`].
    pub fn from_beir(reader: impl BufRead, name: impl AsRef<Path>) -> Result<Self, ReadError> {
        read(reader, name.as_ref(), beir_columns)
    }

    /// Writes a TREC qrels file, by query and document id.
    ///
    /// # Errors
    ///
    /// [`WriteError`] for an id that is empty or has white space, or if writing fails.
    pub fn write_trec(&self, mut to: impl Write) -> Result<(), WriteError> {
        for (query, judgments) in self.iter() {
            let query = writable("query id", query)?;
            for (document, grade) in judgments {
                let document = writable("document id", document)?;
                writeln!(to, "{query} 0 {document} {grade}")?;
            }
        }
        Ok(to.flush()?)
    }
}

/// Query, document and grade; `None` for a header.
type Columns<'a> = Option<[&'a str; 3]>;

fn trec_columns<'a>(line: &Line<'a>) -> Result<Columns<'a>, ReadError> {
    let [query, _, document, grade] = line.columns(
        line.text.split_ascii_whitespace(),
        "query iteration document grade",
    )?;
    Ok(Some([query, document, grade]))
}

fn beir_columns<'a>(line: &Line<'a>) -> Result<Columns<'a>, ReadError> {
    let columns @ [_, _, grade] = line.columns(
        line.text.split('\t'),
        "query-id, corpus-id and score, with tabs between",
    )?;
    let header = line.number == 1 && HEADERS.iter().any(|name| grade.eq_ignore_ascii_case(name));
    Ok((!header).then_some(columns))
}

fn read<R, C>(reader: R, path: &Path, columns: C) -> Result<Qrels, ReadError>
where
    R: BufRead,
    C: for<'a> Fn(&Line<'a>) -> Result<Columns<'a>, ReadError>,
{
    let mut lines = Lines::new(reader, path);
    let mut qrels = Qrels::new();
    while let Some(line) = lines.next()? {
        let Some([query, document, grade]) = columns(&line)? else {
            continue;
        };
        let query = line.id("query id", query)?;
        let document = line.id("document id", document)?;
        let inserted = qrels.insert(query, document, line.grade(grade.trim())?);
        inserted.map_err(|_| ReadError::DuplicatePair {
            at: line.at(),
            query: query.to_owned(),
            document: document.to_owned(),
        })?;
    }
    Ok(qrels)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trec(text: &str) -> Result<Qrels, ReadError> {
        Qrels::from_trec(text.as_bytes(), "q.txt")
    }

    fn beir(text: &str) -> Result<Qrels, ReadError> {
        Qrels::from_beir(text.as_bytes(), "q.tsv")
    }

    #[test]
    fn the_beir_header_is_optional() {
        let plain = beir("q 1\td\t2\nq 1\te\t-1\r\n").unwrap();
        let headed = beir("query-id\tcorpus-id\tscore\nq 1\td\t2\nq 1\te\t-1\n").unwrap();
        assert_eq!(plain, headed);
        assert_eq!(plain.grade("q 1", "e"), Some(-1));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let qrels = trec("b Q0 x 1\na\t0  y -2\n").unwrap();
        let mut written = Vec::new();
        qrels.write_trec(&mut written).unwrap();
        assert_eq!(written, b"a 0 y -2\nb 0 x 1\n");
        assert_eq!(Qrels::from_trec(&written[..], "again").unwrap(), qrels);
    }

    #[test]
    fn ids_with_spaces_do_not_fit_trec_columns() {
        let error = beir("q 1\td\t2\n").unwrap().write_trec(Vec::new());
        assert!(matches!(
            error,
            Err(WriteError::Column {
                column: "query id",
                ..
            })
        ));
    }

    #[test]
    fn a_reader_would_take_a_byte_order_mark_off_the_first_id() {
        let qrels = trec("a 0 x 1\n\u{feff}b 0 y 1\n").unwrap();
        let error = qrels.write_trec(Vec::new());
        assert!(matches!(error, Err(WriteError::Column { .. })));
    }

    #[test]
    fn broken_lines_are_named() {
        for (error, expected) in [
            (
                trec("a 0 b 1\na 0 b"),
                "q.txt:2: 3 columns where 4 are needed (query iteration document grade)",
            ),
            (
                trec("a 0 b 1 x"),
                "q.txt:1: 5 columns where 4 are needed (query iteration document grade)",
            ),
            (
                trec("a 0 b 1.0"),
                "q.txt:1: the grade `1.0` is not a whole number",
            ),
            (
                trec("a 0 b 1\n\na 0 b 1"),
                "q.txt:3: document `b` occurs a second time for query `a`",
            ),
            (
                beir("a b 1"),
                "q.tsv:1: 1 columns where 3 are needed (query-id, corpus-id and score, with tabs between)",
            ),
            (
                beir("a\tb\tscore\na\tb\tscore"),
                "q.tsv:2: the grade `score` is not a whole number",
            ),
            (
                beir("a\tb\tx"),
                "q.tsv:1: the grade `x` is not a whole number",
            ),
            (beir("\tb\t1"), "q.tsv:1: the query id is empty"),
        ] {
            assert_eq!(error.unwrap_err().to_string(), expected);
        }
    }
}
