//! Tab-separated tables: ours and the user's.

use std::io::{BufRead, BufReader, Read};

use super::builder::{Builder, Row};
use super::concept::Kind;
use super::error::{TaxonomyError, cut};

const COLUMNS: &str = "kind, name, aliases, short, context, related (the last four may be missing)";
const NAMES: [&str; 6] = ["kind", "name", "aliases", "short", "context", "related"];

/// Adds every row of a table.
pub(super) fn read(builder: &mut Builder, reader: impl Read) -> Result<(), TaxonomyError> {
    let mut has_header = false;
    for (line, text) in (1..).zip(BufReader::new(reader).lines()) {
        let text = text.map_err(|source| TaxonomyError::Read {
            line,
            source: source.into(),
        })?;
        if text.trim().is_empty() || text.starts_with('#') {
            continue;
        }
        let columns: Vec<&str> = text.split('\t').map(str::trim).collect();
        if has_header {
            builder.add(line, &row(line, &columns)?)?;
        } else {
            check_header(line, &columns)?;
            has_header = true;
        }
    }
    Ok(())
}

fn check_header(line: u64, columns: &[&str]) -> Result<(), TaxonomyError> {
    if columns.len() < 2 || !NAMES.starts_with(columns) {
        let expected = COLUMNS;
        return Err(TaxonomyError::Header { line, expected });
    }
    Ok(())
}

fn row<'a>(line: u64, columns: &[&'a str]) -> Result<Row<'a>, TaxonomyError> {
    let (found, min, max) = (columns.len(), 2, NAMES.len());
    if !(min..=max).contains(&found) {
        return Err(TaxonomyError::Columns {
            line,
            found,
            min,
            max,
        });
    }
    let column = |at: usize| columns.get(at).copied().unwrap_or_default();
    let parts = |at: usize| match column(at) {
        "" => Vec::new(),
        text => text.split('|').collect(),
    };
    Ok(Row {
        kind: Some(kind(line, column(0))?),
        name: column(1),
        aliases: parts(2),
        short: parts(3),
        context: column(4),
        related: parts(5),
    })
}

fn kind(line: u64, name: &str) -> Result<Kind, TaxonomyError> {
    match name {
        "skill" => Ok(Kind::Skill),
        "occupation" => Ok(Kind::Occupation),
        "term" => Ok(Kind::Term),
        other => Err(TaxonomyError::Kind {
            line,
            found: cut(other),
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Taxonomy;
    use super::*;

    fn read_text(text: &str) -> Result<Taxonomy, TaxonomyError> {
        Taxonomy::from_reader("test", text.as_bytes())
    }

    fn refusal(row: &str) -> String {
        let text = format!("# a comment\nkind\tname\taliases\n\n{row}\n");
        read_text(&text).unwrap_err().to_string()
    }

    #[test]
    fn a_table_is_read() {
        let text =
            "\nkind\tname\taliases\tshort\nskill\tRust\tRust language|rustlang\t=RS\nterm\tx\n";
        assert_eq!(read_text(text).unwrap().len(), 2);
    }

    #[test]
    fn every_error_says_the_line_and_what_to_do() {
        let long = format!("skill\t{}", "x".repeat(201));
        let wordy = format!("skill\t{}", "a ".repeat(25));
        for (row, said) in [
            ("skill", "line 4 has 1 columns"),
            ("skill\ta\tb\tc\td\te\tf", "line 4 has 7 columns"),
            ("tool\tx", "use skill, occupation or term"),
            ("skill\t", "it holds no word"),
            ("skill\tx\ty||z", "it holds no word"),
            ("skill\tx\t\t=", "it holds no word"),
            ("skill\tx\ty\u{0}", "control character"),
            (long.as_str(), "longer than 200 bytes"),
            (wordy.as_str(), "more than 24 words"),
        ] {
            let error = refusal(row);
            assert!(
                error.contains(said) && error.contains("line 4"),
                "{row:?}: {error}"
            );
        }
        let many = format!("skill\tx\t{}", vec!["y"; 1000].join("|"));
        assert!(refusal(&many).contains("too many labels"));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(matches!(read_text(""), Err(TaxonomyError::Empty)));
        assert!(matches!(
            read_text("kind\tname\n"),
            Err(TaxonomyError::Empty)
        ));
        assert!(matches!(
            read_text("skill\tRust\n"),
            Err(TaxonomyError::Header { line: 1, .. })
        ));
        let broken = Taxonomy::from_reader("test", &b"kind\tname\nskill\t\xff\n"[..]);
        assert!(matches!(broken, Err(TaxonomyError::Read { line: 2, .. })));
    }

    proptest! {
        #[test]
        fn hostile_tables_are_refused_or_read_but_never_panic(
            body in "(skill|term|x)?[\t|=#\\PC]{0,60}(\n[\t|=\\PC]{0,40}){0,4}",
        ) {
            let _ = read_text(&format!("kind\tname\taliases\tshort\tcontext\trelated\n{body}"));
        }
    }
}
