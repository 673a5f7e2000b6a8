//! A file becomes a quantized index again. [`super::save`] describes the file.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use ranker_core::CandidateId;
use rayon::prelude::*;

use super::block::{Block, Segment};
use super::codes::{BitCodes, ByteCodes};
use super::said::{self, Said};
use super::vectors::{self, Left, VectorFile, Vectors};
use super::writer::{CHUNK, Place, Places, Writer};
use crate::error::FileError;
use crate::file::{self, Cursor, Kind, Opened, Source, Tag, decode_id};
use crate::kernels::{GROUP, LINE, Line, Words, widen};

/// The index that a file holds, and where its candidates are.
pub(super) type Loaded = (Writer, Places);

/// Opens a file. Its vectors stay there.
pub(super) fn open(path: &Path) -> Result<Loaded, FileError> {
    let file = vectors::open(path)?;
    let opened = Opened::new(Source::File(&file), Kind::Quantized, path)?;
    let (shape, sums) = begin(&opened)?;
    let start = opened.place(Tag::Vectors, None)?.start;
    let kept = Arc::new(VectorFile {
        path: path.to_owned(),
        file: vectors::open(path)?,
        start,
        dimension: shape.dimension,
        sums,
    });
    let left = |rows: Rows| {
        Ok(Vectors::Left(Left {
            file: Arc::clone(&kept),
            first: rows.from,
            rows: rows.to - rows.from,
        }))
    };
    finish(&opened, shape, left)
}

/// Reads a file that is in memory, vectors and all.
pub(super) fn decode(bytes: &[u8], name: &Path) -> Result<Loaded, FileError> {
    let opened = Opened::new(Source::Bytes(bytes), Kind::Quantized, name)?;
    let (shape, sums) = begin(&opened)?;
    let place = opened.place(Tag::Vectors, None)?;
    let dimension = shape.dimension;
    let width = 4 * dimension as u64;
    let held = |rows: Rows| {
        let part = rows.from as u64 * width..rows.to as u64 * width;
        let mut bytes = vec![0; (part.end - part.start) as usize];
        opened.read(place, part, &mut bytes)?;
        let (sums, mut vectors) = (&sums[rows.from..rows.to], Vec::new());
        vectors::decode((&bytes, sums), dimension, &mut vectors)
            .map_err(|what| opened.corrupt(what))?;
        Ok(Vectors::Held(vectors))
    };
    finish(&opened, shape, held)
}

/// How much there is to read.
#[derive(Debug)]
struct Shape {
    dimension: usize,
    said: Said,
}

/// Some rows of the file.
#[derive(Debug, Clone, Copy)]
struct Rows {
    from: usize,
    to: usize,
}

/// Bytes of as many rows: nonsense where that is more than any file has.
fn length(rows: usize, each: usize) -> Option<u64> {
    Some((rows as u64).saturating_mul(each as u64))
}

/// Reads what is small.
fn begin(opened: &Opened<'_>) -> Result<(Shape, Vec<u32>), FileError> {
    let said = opened.decode(opened.place(Tag::Options, None)?, said::decode)?;
    let dimension = said.frame.centre().len();
    opened.place(Tag::Vectors, length(said.rows, 4 * dimension))?;
    let sums = opened.place(Tag::Sums, length(said.rows, 4))?;
    let sums = opened.decode(sums, |bytes| {
        let sums = bytes.as_chunks().0.iter().copied();
        Ok(sums.map(u32::from_le_bytes).collect())
    })?;
    Ok((Shape { dimension, said }, sums))
}

fn finish(
    opened: &Opened<'_>,
    Shape { dimension, said }: Shape,
    vectors: impl Fn(Rows) -> Result<Vectors, FileError> + Sync,
) -> Result<Loaded, FileError> {
    let (ids, codes) = rayon::join(
        || ids(opened, said.rows),
        || Codes::new(opened, (said.rows, dimension))?.read(opened),
    );
    let ((ids, places), codes) = (ids?, codes?);
    let parts = ids.par_chunks(CHUNK).zip(codes).enumerate();
    let segment = |(at, (ids, (bytes, bits))): (usize, (&[CandidateId], _))| {
        let from = at * CHUNK;
        let to = from + ids.len();
        let vectors = vectors(Rows { from, to })?;
        let block = Block::restored(dimension, ids.to_vec(), (vectors, bytes));
        Ok(Segment::coded(block, bits))
    };
    let chunks = parts.map(segment).collect::<Result<Vec<_>, _>>()?;
    Ok((Writer::restore(said, chunks), places))
}

type Ids = (Vec<CandidateId>, Places);

fn ids(opened: &Opened<'_>, rows: usize) -> Result<Ids, FileError> {
    opened.decode(opened.place(Tag::Ids, None)?, |bytes| {
        let mut body = Cursor::new(bytes);
        // An id takes three bytes at least, so the file bounds what is allocated.
        let expected = rows.min(bytes.len() / 3);
        let mut ids = Vec::with_capacity(expected);
        let mut places = HashMap::with_capacity(expected);
        for row in 0..rows {
            let id = decode_id(&mut body)?;
            if places.insert(id.clone(), row as Place).is_some() {
                return Err("an id comes twice");
            }
            ids.push(id);
        }
        body.end().map(|()| ids).map(|ids| (ids, places))
    })
}

/// Where codes lie.
#[derive(Debug)]
struct Codes {
    rows: usize,
    /// Lines of a row.
    lines: usize,
    /// Words of a group.
    words: usize,
    places: [file::Place; 4],
}

type Chunk = (ByteCodes, BitCodes);

impl Codes {
    fn new(opened: &Opened<'_>, (rows, dimension): (usize, usize)) -> Result<Self, FileError> {
        let (lines, words) = (dimension.div_ceil(LINE), dimension.div_ceil(64));
        let groups = rows.div_ceil(GROUP);
        Ok(Self {
            rows,
            lines,
            words,
            places: [
                opened.place(Tag::Lines, length(rows, lines * LINE))?,
                opened.place(Tag::Scales, length(rows, 4))?,
                opened.place(Tag::Words, length(groups, words * 8 * GROUP))?,
                opened.place(Tag::Factors, length(groups, 2 * GROUP))?,
            ],
        })
    }

    /// Reads the codes of all chunks, on all threads.
    fn read(&self, opened: &Opened<'_>) -> Result<Vec<Chunk>, FileError> {
        let chunks = (0..self.rows.div_ceil(CHUNK)).into_par_iter();
        let read = chunks.map_init(Vec::new, |bytes, at| self.chunk(opened, at, bytes));
        let mut seen = std::array::from_fn(|_| crc32fast::Hasher::new());
        let mut chunks = Vec::new();
        for read in read.collect::<Vec<_>>() {
            let (chunk, own) = read?;
            chunks.push(chunk);
            let all: &mut [crc32fast::Hasher; 4] = &mut seen;
            all.iter_mut()
                .zip(&own)
                .for_each(|(all, own)| all.combine(own));
        }
        for (place, seen) in self.places.into_iter().zip(seen) {
            opened.hold(place, seen)?;
        }
        let finite = chunks.par_iter().all(|(bytes, bits)| {
            let scales = bytes.scales.iter().all(|x| x.is_finite() && *x >= 0.0);
            let factors = bits.factors.as_flattened().iter();
            scales && factors.copied().map(widen).all(f32::is_finite)
        });
        match finite {
            true => Ok(chunks),
            false => Err(opened.corrupt("a code is worth no number")),
        }
    }

    fn chunk(
        &self,
        opened: &Opened<'_>,
        at: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(Chunk, [crc32fast::Hasher; 4]), FileError> {
        let (from, to) = (at * CHUNK, self.rows.min((at + 1) * CHUNK));
        let groups = (from / GROUP, to.div_ceil(GROUP));
        let (lines, line_sum) = self.part(opened, (0, self.lines * LINE), (from, to), bytes)?;
        let lines = lines.map(|line: &[u8; LINE]| Line(line.map(u8::cast_signed)));
        let lines = lines.collect();
        let (scales, scale_sum) = self.part(opened, (1, 4), (from, to), bytes)?;
        let scales = scales.copied().map(f32::from_le_bytes).collect();
        let (words, word_sum) = self.part(opened, (2, self.words * 8 * GROUP), groups, bytes)?;
        let word = |words: &[u8; 8 * GROUP]| {
            let (words, _) = words.as_chunks();
            Words(std::array::from_fn(|row| u64::from_le_bytes(words[row])))
        };
        let words = words.map(word).collect();
        let (factors, factor_sum) = self.part(opened, (3, 2 * GROUP), groups, bytes)?;
        let factor = |factors: &[u8; 2 * GROUP]| {
            let (factors, _) = factors.as_chunks();
            std::array::from_fn(|row| u16::from_le_bytes(factors[row]))
        };
        let factors = factors.map(factor).collect();
        let chunk = (ByteCodes { lines, scales }, BitCodes { words, factors });
        Ok((chunk, [line_sum, scale_sum, word_sum, factor_sum]))
    }

    /// The pieces of `N` bytes of a part of a section, which has `each` bytes a row or a group.
    fn part<'b, const N: usize>(
        &self,
        opened: &Opened<'_>,
        (section, each): (usize, usize),
        (from, to): (usize, usize),
        bytes: &'b mut Vec<u8>,
    ) -> Result<
        (
            impl Iterator<Item = &'b [u8; N]> + use<'b, N>,
            crc32fast::Hasher,
        ),
        FileError,
    > {
        bytes.resize((to - from) * each, 0);
        let part = from as u64 * each as u64..to as u64 * each as u64;
        let seen = opened.read(self.places[section], part, bytes)?;
        Ok((bytes.as_chunks().0.iter(), seen))
    }
}
