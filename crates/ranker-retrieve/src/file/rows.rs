//! Ids and vectors as bytes.
//!
//! ```text
//! dimension u64, rows u64, then a row after the other:
//! length of the id u16, id (UTF-8), dimension × f32
//! ```
//!
//! Further vectors, of those who have several, ascending by row:
//!
//! ```text
//! row u64, vectors u64 (1 at least), vectors × dimension × f32
//! ```

use ranker_core::{CandidateId, Embedding};

use super::Cursor;
use crate::entry::Entry;
use crate::scan::Row;

pub(crate) fn encode_rows<'a>(dimension: usize, rows: impl Iterator<Item = Row<'a>>) -> Vec<u8> {
    let mut bytes = (dimension as u64).to_le_bytes().to_vec();
    bytes.extend([0; 8]);
    let mut count = 0_u64;
    for row in rows {
        encode_id(row.id, &mut bytes);
        bytes.extend(row.vector.iter().flat_map(|x| x.to_le_bytes()));
        count += 1;
    }
    bytes[8..16].copy_from_slice(&count.to_le_bytes());
    bytes
}

pub(crate) fn decode_rows(bytes: &[u8]) -> Result<Vec<(CandidateId, Embedding)>, &'static str> {
    let mut body = Cursor::new(bytes);
    let (dimension, count) = (body.u64()?, body.u64()?);
    let length = dimension.checked_mul(4).ok_or("it ends too early")?;
    let mut rows = Vec::new();
    for _ in 0..count {
        let id = decode_id(&mut body)?;
        let (components, _) = body.take(length)?.as_chunks();
        let vector = components.iter().copied().map(f32::from_le_bytes).collect();
        let vector = Embedding::unit(vector).map_err(|_| "a vector is not of unit length")?;
        rows.push((id, vector));
    }
    body.end().map(|()| rows)
}

/// The further vectors of all rows; nothing where each has one.
pub(crate) fn encode_further<'a>(rows: impl Iterator<Item = Row<'a>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let several = rows.zip(0_u64..).filter(|(row, _)| !row.further.is_empty());
    for (row, at) in several {
        let vectors = row.further.len() / row.vector.len().max(1);
        bytes.extend(at.to_le_bytes());
        bytes.extend((vectors as u64).to_le_bytes());
        bytes.extend(row.further.iter().flat_map(|x| x.to_le_bytes()));
    }
    bytes
}

/// Gives entries, in the order of their rows, their further vectors.
pub(crate) fn decode_further(bytes: &[u8], entries: &mut [Entry]) -> Result<(), &'static str> {
    let mut body = Cursor::new(bytes);
    let mut next = 0;
    while !body.rest().is_empty() {
        let (at, vectors) = (body.u64()?, body.u64()?);
        if at < next || vectors == 0 {
            return Err("further vectors are in disorder");
        }
        let entry = usize::try_from(at).ok().and_then(|at| entries.get_mut(at));
        let entry = entry.ok_or("further vectors are of no row")?;
        next = at + 1;
        let dimension = entry.embedding.dimension() as u64;
        for _ in 0..vectors {
            let (components, _) = body.take(4 * dimension)?.as_chunks();
            let vector = components.iter().copied().map(f32::from_le_bytes).collect();
            let vector = Embedding::unit(vector).map_err(|_| "a vector is not of unit length")?;
            entry.further.push(vector);
        }
    }
    match next {
        0 => Err("there are no further vectors"),
        _ => Ok(()),
    }
}

/// Writes an id with its length, which [`CandidateId::MAX_BYTES`] bounds.
pub(crate) fn encode_id(id: &CandidateId, bytes: &mut Vec<u8>) {
    bytes.extend((id.as_str().len() as u16).to_le_bytes());
    bytes.extend(id.as_str().as_bytes());
}

pub(crate) fn decode_id(body: &mut Cursor<'_>) -> Result<CandidateId, &'static str> {
    let length = body.u16()?;
    let id = std::str::from_utf8(body.take(length.into())?).map_err(|_| "an id is no text")?;
    CandidateId::new(id).map_err(|_| "an id is not allowed")
}
