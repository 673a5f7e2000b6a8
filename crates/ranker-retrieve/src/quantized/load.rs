//! A file becomes a quantized index again. [`super::save`] describes the file.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use ranker_core::CandidateId;
use rayon::prelude::*;

use super::block::{Block, Segment};
use super::codes::{BitCodes, ByteCodes};
use super::header::{self, Header};
use super::place::{CHUNK, Place, Places};
use super::vectors::{self, Encoded, Left, VectorFile, Vectors};
use super::writer::Writer;
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
        let encoded = Encoded {
            bytes: &bytes,
            sums,
            dimension,
        };
        encoded
            .decode(&mut vectors)
            .map_err(|what| opened.corrupt(what))?;
        Ok(Vectors::Held(vectors))
    };
    finish(&opened, shape, held)
}

/// How much there is to read.
#[derive(Debug)]
struct Shape {
    dimension: usize,
    header: Header,
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
    let header = opened.decode(opened.place(Tag::Options, None)?, header::decode)?;
    let dimension = header.frame.centre().len();
    opened.place(Tag::Vectors, length(header.rows, 4 * dimension))?;
    let sums = opened.place(Tag::Sums, length(header.rows, 4))?;
    let sums = opened.decode(sums, |bytes| {
        let sums = bytes.as_chunks().0.iter().copied();
        Ok(sums.map(u32::from_le_bytes).collect())
    })?;
    Ok((Shape { dimension, header }, sums))
}

fn finish(
    opened: &Opened<'_>,
    Shape { dimension, header }: Shape,
    vectors: impl Fn(Rows) -> Result<Vectors, FileError> + Sync,
) -> Result<Loaded, FileError> {
    let (ids, codes) = rayon::join(
        || ids(opened, header.rows),
        || Codes::new(opened, header.rows, dimension)?.read(opened),
    );
    let ((ids, places), codes) = (ids?, codes?);
    let parts = ids.par_chunks(CHUNK).zip(codes).enumerate();
    let segment = |(at, (ids, (bytes, bits))): (usize, (&[CandidateId], _))| {
        let from = at * CHUNK;
        let to = from + ids.len();
        let vectors = vectors(Rows { from, to })?;
        let block = Block::restored(dimension, ids.to_vec(), vectors, bytes);
        Ok(Segment::coded(block, bits))
    };
    let further = header.rows - places.len();
    let chunks = parts.map(segment).collect::<Result<Vec<_>, _>>()?;
    Ok((Writer::restore(header, chunks, further), places))
}

type Ids = (Vec<CandidateId>, Places);

fn ids(opened: &Opened<'_>, rows: usize) -> Result<Ids, FileError> {
    let candidates = match opened.has(Tag::Several) {
        false => None,
        true => Some(
            opened.decode(opened.place(Tag::Several, Some(8))?, |bytes| {
                let mut body = Cursor::new(bytes);
                body.u64()
            })?,
        ),
    };
    opened.decode(opened.place(Tag::Ids, None)?, |bytes| {
        let mut body = Cursor::new(bytes);
        // An id takes three bytes at least, so the file bounds what is allocated.
        let expected = rows.min(bytes.len() / 3);
        let mut ids = Vec::with_capacity(expected);
        let mut places = Places::with_capacity(expected);
        for row in 0..rows {
            let id = decode_id(&mut body)?;
            if !places.add(&id, row as Place) && candidates.is_none() {
                return Err("an id comes twice");
            }
            ids.push(id);
        }
        body.end()?;
        match candidates.is_some_and(|candidates| candidates != places.len() as u64) {
            true => Err("its candidates are not as many as it says"),
            false => Ok((ids, places)),
        }
    })
}

/// The sections of codes: lines, scales, words and factors.
#[derive(Debug)]
struct Codes {
    rows: usize,
    sections: [CodeSection; 4],
}

#[derive(Debug, Clone, Copy)]
struct CodeSection {
    place: file::Place,
    /// Bytes of a row or of a group.
    each: usize,
}

type Chunk = (ByteCodes, BitCodes);

impl Codes {
    fn new(opened: &Opened<'_>, rows: usize, dimension: usize) -> Result<Self, FileError> {
        let (lines, words) = (dimension.div_ceil(LINE), dimension.div_ceil(64));
        let groups = rows.div_ceil(GROUP);
        let section = |tag, count, each| -> Result<CodeSection, FileError> {
            let place = opened.place(tag, length(count, each))?;
            Ok(CodeSection { place, each })
        };
        Ok(Self {
            rows,
            sections: [
                section(Tag::Lines, rows, lines * LINE)?,
                section(Tag::Scales, rows, 4)?,
                section(Tag::Words, groups, words * 8 * GROUP)?,
                section(Tag::Factors, groups, 2 * GROUP)?,
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
        for (section, seen) in self.sections.into_iter().zip(seen) {
            opened.hold(section.place, seen)?;
        }
        let finite = chunks.par_iter().all(|(bytes, bits)| {
            let scales = bytes.scales.iter().all(|x| x.is_finite() && *x >= 0.0);
            let factors = bits.factors.as_flattened().iter();
            scales && factors.copied().map(widen).all(f32::is_finite)
        });
        match finite {
            true => Ok(chunks),
            false => Err(opened.corrupt("a code is not a finite number")),
        }
    }

    fn chunk(
        &self,
        opened: &Opened<'_>,
        at: usize,
        bytes: &mut Vec<u8>,
    ) -> Result<(Chunk, [crc32fast::Hasher; 4]), FileError> {
        let [lines, scales, words, factors] = self.sections;
        let rows = at * CHUNK..self.rows.min((at + 1) * CHUNK);
        let groups = rows.start / GROUP..rows.end.div_ceil(GROUP);
        let (lines, line_sum) = lines.read(opened, rows.clone(), bytes)?;
        let lines = lines.map(|line: &[u8; LINE]| Line(line.map(u8::cast_signed)));
        let lines = lines.collect();
        let (scales, scale_sum) = scales.read(opened, rows, bytes)?;
        let scales = scales.copied().map(f32::from_le_bytes).collect();
        let (words, word_sum) = words.read(opened, groups.clone(), bytes)?;
        let word = |words: &[u8; 8 * GROUP]| {
            let (words, _) = words.as_chunks();
            Words(std::array::from_fn(|row| u64::from_le_bytes(words[row])))
        };
        let words = words.map(word).collect();
        let (factors, factor_sum) = factors.read(opened, groups, bytes)?;
        let factor = |factors: &[u8; 2 * GROUP]| {
            let (factors, _) = factors.as_chunks();
            std::array::from_fn(|row| u16::from_le_bytes(factors[row]))
        };
        let factors = factors.map(factor).collect();
        let chunk = (ByteCodes { lines, scales }, BitCodes { words, factors });
        Ok((chunk, [line_sum, scale_sum, word_sum, factor_sum]))
    }
}

impl CodeSection {
    /// Some rows or groups in pieces of `N` bytes, and the checksum of these.
    fn read<'b, const N: usize>(
        self,
        opened: &Opened<'_>,
        rows: Range<usize>,
        bytes: &'b mut Vec<u8>,
    ) -> Result<
        (
            impl Iterator<Item = &'b [u8; N]> + use<'b, N>,
            crc32fast::Hasher,
        ),
        FileError,
    > {
        bytes.resize(rows.len() * self.each, 0);
        let each = self.each as u64;
        let part = rows.start as u64 * each..rows.end as u64 * each;
        let seen = opened.read(self.place, part, bytes)?;
        Ok((bytes.as_chunks().0.iter(), seen))
    }
}
