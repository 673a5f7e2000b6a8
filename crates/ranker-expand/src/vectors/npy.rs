//! Tables of 32-bit floats in NumPy's file format (NEP 1): `magic, version, length, header, data`.

use std::io::Read;
use std::path::Path;

use super::error::{WordVectorsError, malformed, open, unreadable};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// What NumPy itself reads of a header without being told to trust the file.
const MAX_HEADER: usize = 10_000;

/// A table, row by row.
#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: Vec<f32>,
}

/// Reads a file of two dimensions and little-endian 32-bit floats, row by row.
pub(super) fn read(path: &Path) -> Result<Matrix, WordVectorsError> {
    let (mut reader, size) = open(path)?;
    let header = header(path, &mut reader)?;
    let (rows, columns) = shape(&header).map_err(|reason| malformed(path, "its header", reason))?;
    let start = header.start as u64;
    let cells = rows.checked_mul(columns);
    let end = cells.and_then(|cells| (cells as u64).checked_mul(4)?.checked_add(start));
    let Some(cells) = cells.filter(|_| end == Some(size)) else {
        let reason = format!(
            "it tells of {rows} x {columns} floats, which a file of {size} bytes does not hold"
        );
        return Err(malformed(path, "its header", reason));
    };
    if cells == 0 {
        // Its columns may be any number: nothing is allocated for them.
        let path = path.to_owned();
        return Err(WordVectorsError::Empty { path });
    }
    let mut values = Vec::with_capacity(cells);
    let mut bytes = vec![0; columns * 4];
    for _ in 0..rows {
        reader
            .read_exact(&mut bytes)
            .map_err(|error| unreadable(path, error))?;
        values.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|&bytes| f32::from_le_bytes(bytes)),
        );
    }
    Ok(Matrix {
        rows,
        columns,
        values,
    })
}

/// The header's text, and where the data starts.
struct Header {
    text: String,
    start: usize,
}

fn header(path: &Path, reader: &mut impl Read) -> Result<Header, WordVectorsError> {
    let cut = |_| {
        malformed(
            path,
            "its first bytes",
            "it is cut off, or no file of NumPy's",
        )
    };
    let mut first = [0; 8];
    reader.read_exact(&mut first).map_err(cut)?;
    let mut length = [0; 4];
    let width = match (&first[..6] == MAGIC, first[6]) {
        (true, 1) => 2,
        (true, 2 | 3) => 4,
        (true, _) => {
            return Err(malformed(
                path,
                "byte 6",
                "NumPy's format 1, 2 or 3 is expected",
            ));
        }
        (false, _) => return Err(malformed(path, "byte 0", "it is no file of NumPy's")),
    };
    reader.read_exact(&mut length[..width]).map_err(cut)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HEADER {
        return Err(malformed(
            path,
            "byte 8",
            format!("a header of {length} bytes, where at most {MAX_HEADER} are expected"),
        ));
    }
    let mut text = vec![0; length];
    reader.read_exact(&mut text).map_err(cut)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(Header {
        text,
        start: 8 + width + length,
    })
}

/// Rows and columns, from a header such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (20000, 300), }`.
fn shape(header: &Header) -> Result<(usize, usize), String> {
    let field = |name: &str| {
        let (_, rest) = header.text.split_once(&format!("'{name}':"))?;
        Some(rest.trim_start())
    };
    let starts = |name: &str, value: &str| field(name).is_some_and(|text| text.starts_with(value));
    if !starts("descr", "'<f4'") {
        return Err("floats of 32 bits, little-endian ('<f4'), are expected".to_owned());
    }
    if !starts("fortran_order", "False") {
        return Err("rows one after the other ('fortran_order': False) are expected".to_owned());
    }
    let inside = field("shape").and_then(|text| text.strip_prefix('(')?.split_once(')'));
    let mut sizes = inside
        .map_or("", |(inside, _)| inside)
        .split(',')
        .map(str::trim);
    let mut size = || sizes.next()?.parse().ok();
    match (size(), size(), sizes.next()) {
        (Some(rows), Some(columns), None | Some("")) => Ok((rows, columns)),
        _ => Err("a shape of two numbers is expected".to_owned()),
    }
}
