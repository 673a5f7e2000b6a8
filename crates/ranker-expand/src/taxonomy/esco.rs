//! ESCO's occupations: a CSV file whose fields hold line breaks.

use std::io::Read;

use super::builder::{Builder, Row};
use super::concept::Kind;
use super::error::TaxonomyError;

const EXPECTED: &str = "preferredLabel and altLabels, as in ESCO's occupations_en.csv";

/// Adds every occupation.
pub(super) fn read(builder: &mut Builder, reader: impl Read) -> Result<(), TaxonomyError> {
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
    let headers = csv.headers().map_err(|error| unreadable(1, error))?;
    let column = |name: &str| {
        headers
            .iter()
            .position(|header| header.trim_start_matches('\u{feff}') == name)
    };
    let (Some(preferred), Some(alternative)) = (column("preferredLabel"), column("altLabels"))
    else {
        return Err(TaxonomyError::Header {
            line: 1,
            expected: EXPECTED,
        });
    };
    let min = preferred.max(alternative) + 1;
    let max = headers.len();
    let mut record = csv::StringRecord::new();
    loop {
        let before = csv.position().line();
        match csv.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => return Err(unreadable(before, error)),
        }
        let line = record.position().map_or(before, csv::Position::line);
        let found = record.len();
        if !(min..=max).contains(&found) {
            return Err(TaxonomyError::Columns {
                line,
                found,
                min,
                max,
            });
        }
        let labels = record[alternative].lines().map(str::trim);
        let row = Row {
            kind: Some(Kind::Occupation),
            name: &record[preferred],
            aliases: labels.filter(|label| !label.is_empty()).collect(),
            ..Row::default()
        };
        builder.add(line, &row)?;
    }
}

fn unreadable(line: u64, error: csv::Error) -> TaxonomyError {
    let line = error.position().map_or(line, csv::Position::line);
    TaxonomyError::Read {
        line,
        source: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Taxonomy;
    use super::*;

    const HEADER: &str = "conceptType,preferredLabel,altLabels,description\n";

    fn read_text(text: &str) -> Result<Taxonomy, TaxonomyError> {
        Taxonomy::from_esco_csv(text.as_bytes())
    }

    #[test]
    fn labels_on_lines_of_their_own_are_read() {
        let text = format!(
            "\u{feff}{HEADER}Occupation,nanny,\"child minder\nbaby-sitter\n\",\"Cares, daily.\"\nOccupation,tailor,,\n"
        );
        let esco = read_text(&text).unwrap();
        assert_eq!(esco.name(), "ESCO");
        let labels: Vec<usize> = esco.concepts().iter().map(|c| c.labels.len()).collect();
        assert_eq!(labels, [3, 1]);
    }

    #[test]
    fn errors_name_the_line_where_the_record_starts() {
        let two = format!("{HEADER}Occupation,nanny,\"a\nb\",x\n");
        let short = read_text(&format!("{two}Occupation,tailor\n"));
        assert!(
            matches!(
                short,
                Err(TaxonomyError::Columns {
                    line: 4,
                    found: 2,
                    ..
                })
            ),
            "{short:?}"
        );
        let blank = read_text(&format!("{two}Occupation,,,x\n"));
        assert!(
            matches!(blank, Err(TaxonomyError::Label { line: 4, .. })),
            "{blank:?}"
        );
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        assert!(matches!(
            read_text("a,b\n1,2\n"),
            Err(TaxonomyError::Header { .. })
        ));
        assert!(matches!(read_text(""), Err(TaxonomyError::Header { .. })));
        assert!(matches!(read_text(HEADER), Err(TaxonomyError::Empty)));
        let bytes = [HEADER.as_bytes(), b"Occupation,\xff,,\n"].concat();
        let broken = Taxonomy::from_esco_csv(bytes.as_slice());
        assert!(
            matches!(broken, Err(TaxonomyError::Read { line: 2, .. })),
            "{broken:?}"
        );
    }
}
