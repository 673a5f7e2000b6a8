//! The vectors that are compared, as files of numpy, for peers in Python.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use ranker_core::EmbeddedTokens;

use crate::Outcome;

/// Writes the token vectors of documents and queries, how many each has, and the candidates of each query.
pub(crate) fn write(
    folder: &Path,
    [documents, queries]: [&[EmbeddedTokens]; 2],
    candidates: &[Vec<usize>],
) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    for (name, texts) in [("documents", documents), ("queries", queries)] {
        let vectors = texts.iter().flat_map(|text| text.tokens.vectors());
        let width = texts.first().map_or(0, |text| text.tokens.dimension());
        let lengths = texts.iter().map(|text| text.tokens.len());
        let rows = lengths.clone().sum();
        let components = vectors.flatten().flat_map(|x| x.to_le_bytes());
        numbers(
            &folder.join(format!("{name}.npy")),
            ("<f4", rows, width),
            components,
        )?;
        let lengths = lengths.flat_map(|length| (length as i64).to_le_bytes());
        numbers(
            &folder.join(format!("{name}-lengths.npy")),
            ("<i8", texts.len(), 1),
            lengths,
        )?;
    }
    let width = candidates.first().map_or(0, Vec::len);
    let each = candidates.iter().flatten();
    let each = each.flat_map(|&at| (at as i64).to_le_bytes());
    numbers(
        &folder.join("candidates.npy"),
        ("<i8", candidates.len(), width),
        each,
    )
}

/// An array of a type of numpy, of so many rows of so many numbers, in the first version of its format.
fn numbers(
    path: &Path,
    (kind, rows, width): (&str, usize, usize),
    bytes: impl Iterator<Item = u8>,
) -> Outcome<()> {
    let mut header =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    // Magic bytes, version and length take ten bytes; all of it a multiple of 64.
    let padding = 63 - (10 + header.len()) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(&u16::try_from(header.len())?.to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for byte in bytes {
        file.write_all(&[byte])?;
    }
    Ok(file.flush()?)
}
