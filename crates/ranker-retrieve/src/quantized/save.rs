//! A quantized index becomes a file.
//!
//! Sections in the order of the file, rows in one order in all of them, without those that were removed:
//!
//! ```text
//! vectors   components × f32 a row; not covered by the section's checksum but by
//! sums      CRC-32 of each row's vector, u32 a row
//! ids       length u16, id (UTF-8) a row
//! lines     int8 codes, whole lines of 64 bytes a row
//! scales    f32 a row
//! words     1-bit codes, a group of eight rows after the other: a word of each row, then the next of each
//! factors   bf16 a row, whole groups
//! options   as `header` describes
//! several   how many candidates there are, u64: only where some have several rows, one a vector
//! ```
//!
//! The vectors come first, so that they can be written while they come; whoever opens the file reads all
//! but them.

use std::path::Path;

use super::block::{Block, Segment};
use super::codes::BitCodes;
use super::header;
use super::options::QuantizedOptions;
use super::snapshot::Snapshot;
use super::vectors;
use crate::entry::Entry;
use crate::error::FileError;
use crate::file::{self, Kind, Section, Stream, Tag, encode_id};
use crate::kernels::{GROUP, Words};

/// Sections of a file of candidates with one vector each.
pub(super) const SECTIONS: usize = 8;

/// Writes the collection of one moment, whole or not at all.
pub(super) fn save(
    path: &Path,
    now: &Snapshot,
    options: QuantizedOptions,
) -> Result<(), FileError> {
    let head = head(now);
    let sections = SECTIONS + usize::from(now.further > 0);
    file::write_by(path, |file| {
        let mut out = Stream::begin(file, path, Kind::Quantized, sections)?;
        let sums = out.section(Tag::Vectors, |out| write_vectors(out, now, &head))?;
        write_rest(&mut out, &sums, now, options)?;
        out.finish()
    })
}

/// The rows that have no codes yet, with codes.
fn head(now: &Snapshot) -> Segment {
    let rows: Vec<_> = now.head.rows().collect();
    let block = Block::new(now.dimension, rows.into_iter());
    Segment::new(block, &now.frame)
}

fn write_vectors(
    out: &mut Section<'_, '_>,
    now: &Snapshot,
    head: &Segment,
) -> Result<Vec<u32>, FileError> {
    let mut sums = Vec::with_capacity(now.len());
    for segment in now.segments().into_iter().chain([head]) {
        let all = segment.block.vectors()?;
        for row in segment.live.rows() {
            let vector = &all[row as usize * now.dimension..][..now.dimension];
            sums.push(write_vector(out, vector)?);
        }
    }
    Ok(sums)
}

/// Writes a vector and returns its checksum.
pub(super) fn write_vector(out: &mut Section<'_, '_>, vector: &[f32]) -> Result<u32, FileError> {
    let mut bytes = Vec::with_capacity(4 * vector.len());
    vectors::encode(vector, &mut bytes);
    out.write(&bytes)?;
    Ok(crc32fast::hash(&bytes))
}

/// Writes all sections but the vectors.
pub(super) fn write_rest(
    out: &mut Stream<'_>,
    sums: &[u32],
    now: &Snapshot,
    options: QuantizedOptions,
) -> Result<(), FileError> {
    let head = head(now);
    let segments: Vec<&Segment> = now.segments().into_iter().chain([&head]).collect();
    let rows = || {
        let each = segments.iter().copied();
        each.flat_map(|one| one.live.rows().map(move |row| (one, row as usize)))
    };
    out.section(Tag::Sums, |out| {
        sums.iter()
            .try_for_each(|sum| out.write(&sum.to_le_bytes()))
    })?;
    out.section(Tag::Ids, |out| {
        let mut bytes = Vec::new();
        rows().try_for_each(|(one, row)| {
            bytes.clear();
            encode_id(one.block.id(row), &mut bytes);
            out.write(&bytes)
        })
    })?;
    out.section(Tag::Lines, |out| {
        let mut lines = rows().flat_map(|(one, row)| one.block.bytes().row(row));
        lines.try_for_each(|line| out.write(&line.0.map(i8::cast_unsigned)))
    })?;
    out.section(Tag::Scales, |out| {
        let mut scales = rows().map(|(one, row)| one.block.bytes().scales[row]);
        scales.try_for_each(|scale| out.write(&scale.to_le_bytes()))
    })?;
    let codes = regrouped(rows(), now);
    out.section(Tag::Words, |out| {
        let mut words = codes.words.iter().flat_map(|words| words.0);
        words.try_for_each(|word| out.write(&word.to_le_bytes()))
    })?;
    out.section(Tag::Factors, |out| {
        let mut factors = codes.factors.iter().flatten();
        factors.try_for_each(|factor| out.write(&factor.to_le_bytes()))
    })?;
    out.section(Tag::Options, |out| out.write(&header::encode(now, options)))?;
    if now.further > 0 {
        let candidates = now.candidates() as u64;
        out.section(Tag::Several, |out| out.write(&candidates.to_le_bytes()))?;
    }
    Ok(())
}

/// The 1-bit codes of some rows, eight together again.
fn regrouped<'s>(rows: impl Iterator<Item = (&'s Segment, usize)>, now: &Snapshot) -> BitCodes {
    let (width, groups) = (now.frame.words(), now.len().div_ceil(GROUP));
    let mut codes = BitCodes {
        words: vec![Words::default(); groups * width],
        factors: vec![[0; GROUP]; groups],
    };
    for (to, (segment, from)) in rows.enumerate() {
        let bits = &segment.bits;
        let old = &bits.words[from / GROUP * width..][..width];
        let new = &mut codes.words[to / GROUP * width..][..width];
        for (new, old) in new.iter_mut().zip(old) {
            new.0[to % GROUP] = old.0[from % GROUP];
        }
        codes.factors[to / GROUP][to % GROUP] = bits.factors[from / GROUP][from % GROUP];
    }
    codes
}

/// Writes the vectors of blocks to come, and lets go of them.
#[derive(Debug)]
pub(super) struct Spill<'s, 'o, 'f> {
    pub(super) out: &'s mut Section<'o, 'f>,
    pub(super) sums: Vec<u32>,
}

impl Spill<'_, '_, '_> {
    pub(super) fn take(
        &mut self,
        entries: &[Entry],
        blocks: &mut [Block],
    ) -> Result<(), FileError> {
        for entry in entries {
            let sum = write_vector(self.out, entry.embedding.as_slice())?;
            self.sums.push(sum);
        }
        blocks.iter_mut().for_each(Block::forget);
        Ok(())
    }
}
