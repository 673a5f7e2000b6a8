//! The last stage of a search: exact scores.

use super::block::{Block, Segment};
use super::shortlist::RowAt;
use super::stages::Part;
use super::vectors::Scratch;
use crate::dot::dot;
use crate::error::FileError;
use crate::scored::Scored;
use crate::top_k::TopK;

/// The best `k` of given rows by their vectors.
pub(super) fn picked<'s>(
    query: &[f32],
    segments: &[&'s Segment],
    rows: &[RowAt],
    k: usize,
) -> Result<TopK<Scored<'s>>, FileError> {
    let mut top = TopK::new(k);
    let mut scratch = Scratch::default();
    for &(place, row) in rows {
        let (block, row) = (&segments[place as usize].block, row as usize);
        let score = dot(query, block.vector(row, &mut scratch)?);
        take_scored(&mut top, block.scored(row, score));
    }
    Ok(top)
}

/// The best `k` of the rows that may be found, by their vectors.
pub(super) fn in_turn<'s>(
    query: &[f32],
    parts: &[Part<'s>],
    k: usize,
) -> Result<TopK<Scored<'s>>, FileError> {
    let mut top = TopK::new(k);
    let mut scratch = Scratch::default();
    for part in parts.iter().filter(|part| part.count > 0) {
        let block: &'s Block = &part.segment.block;
        if part.count >= block.len() / DENSE {
            let vectors = block.vectors()?;
            for row in part.allowed.rows().map(|row| row as usize) {
                let score = dot(query, &vectors[row * query.len()..][..query.len()]);
                take_scored(&mut top, block.scored(row, score));
            }
            continue;
        }
        for row in part.allowed.rows().map(|row| row as usize) {
            let score = dot(query, block.vector(row, &mut scratch)?);
            take_scored(&mut top, block.scored(row, score));
        }
    }
    Ok(top)
}

/// Where one row in so many is params, reading all at once is faster than each alone.
const DENSE: usize = 8;

fn take_scored<'s>(top: &mut TopK<Scored<'s>>, scored: Scored<'s>) {
    if top.wants(&scored) {
        top.push(scored);
    }
}
