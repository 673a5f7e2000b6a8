//! The bytes of token codes.
//!
//! ```text
//! version u8 | components u16 | vectors u16 | for each place: vector, start, length (varints) | for each vector: its codes
//! ```
//!
//! A place is a run of bytes of the text that a vector stands for; there are as many as fill what is left of
//! the bytes. Starts are written as differences from the start before, zigzag. A vector of `d` components is
//! `w` bytes of four codes, `w` a quarter of `d` rounded up: byte `i` holds those of the components `i`, `i + w`,
//! `i + 2w` and `i + 3w`, so that a register of bytes becomes four of codes by shifts alone. They are
//! followed by a CRC-32 of all before.
//!
//! Version 1, which is still read, has one place a vector and no vector's number before it.

use std::ops::Range;

use ranker_core::{CodecError, ValueError};

use crate::file::Cursor;
use crate::kernels::FOUR;

const VERSION: u8 = 2;

/// One place a vector.
const ONE_PLACE: u8 = 1;

/// Components that all places have at most when each has its vector: 256 MiB. A place takes three bytes, and
/// bytes that a stranger made could else ask for any memory.
const MOST_COMPONENTS: usize = 1 << 26;

/// A run of bytes of the text, and the number of the vector that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) vector: usize,
    pub(super) bytes: Range<usize>,
}

/// Where the levels of a component of a unit vector of `d` components meet, times the square root of `d`:
/// the best equal steps for a normal distribution (Max, "Quantizing for minimum distortion", 1960).
const STEP: f32 = 0.9957;

/// Codes being written.
pub(super) struct Writer {
    dimension: usize,
    head: Vec<u8>,
    rows: Vec<u8>,
}

impl Writer {
    pub(super) fn new(dimension: usize, vectors: usize) -> Result<Self, CodecError> {
        let mut head = vec![VERSION];
        for (what, number) in [
            ("components of a token vector", dimension),
            ("token vectors", vectors),
        ] {
            let narrow = u16::try_from(number).map_err(|_| ValueError::OutOfRange {
                what,
                value: number as f64,
                min: 0.0,
                max: u16::MAX.into(),
            })?;
            head.extend(narrow.to_le_bytes());
        }
        Ok(Self {
            dimension,
            head,
            rows: Vec::with_capacity(vectors * dimension.div_ceil(FOUR)),
        })
    }

    /// Writes the places of all vectors.
    pub(super) fn places(&mut self, places: &[Place]) -> Result<(), CodecError> {
        let components = places.len().saturating_mul(self.dimension);
        if components > MOST_COMPONENTS {
            let error = ValueError::OutOfRange {
                what: "components of token vectors, one a place",
                value: components as f64,
                min: 0.0,
                max: MOST_COMPONENTS as f64,
            };
            return Err(error.into());
        }
        let mut before = 0;
        for Place { vector, bytes } in places {
            let moved = bytes.start as i64 - before as i64;
            let zigzag = ((moved << 1) ^ (moved >> 63)).cast_unsigned();
            let length = bytes.end.saturating_sub(bytes.start);
            for number in [*vector as u64, zigzag, length as u64] {
                varint(&mut self.head, number);
            }
            before = bytes.start;
        }
        Ok(())
    }

    /// Adds a vector, as the rotation left it and of any length.
    pub(super) fn push(&mut self, vector: &[f32]) {
        let norm = crate::dot::dot(vector, vector).sqrt();
        let step = STEP * norm / (self.dimension as f32).sqrt();
        let level = |x: f32| u8::from(x >= -step) + u8::from(x >= 0.0) + u8::from(x >= step);
        // A vector of zeros has no direction, and any will do.
        let code = |x: f32| if step > 0.0 { level(x) } else { 2 };
        let (start, width) = (self.rows.len(), self.dimension.div_ceil(FOUR));
        self.rows.resize(start + width, 0);
        for (part, components) in (0..).zip(vector.chunks(width.max(1))) {
            for (byte, &x) in self.rows[start..].iter_mut().zip(components) {
                *byte |= code(x) << (2 * part);
            }
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.head.append(&mut self.rows);
        let sum = crc32fast::hash(&self.head);
        self.head.extend(sum.to_le_bytes());
        self.head
    }
}

/// Codes that were kept, and fit their checksum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes<'a> {
    version: u8,
    dimension: usize,
    vectors: usize,
    places: &'a [u8],
    rows: &'a [u8],
}

impl<'a> Codes<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, CodecError> {
        Self::parse(bytes).map_err(|what| CodecError::Unreadable { what })
    }

    fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (body, sum) = bytes.split_last_chunk().ok_or("they are too short")?;
        if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
            return Err("they do not fit their checksum");
        }
        let mut rest = Cursor::new(body);
        let version = rest.u8()?;
        if !matches!(version, ONE_PLACE | VERSION) {
            return Err("they are of another format");
        }
        let (dimension, vectors) = (usize::from(rest.u16()?), usize::from(rest.u16()?));
        let codes = vectors * dimension.div_ceil(FOUR);
        let rest = rest.rest();
        let places = rest.len().checked_sub(codes).ok_or("they end too early")?;
        let (places, rows) = rest.split_at(places);
        Ok(Self {
            version,
            dimension,
            vectors,
            places,
            rows,
        })
    }

    #[cfg(feature = "collection")]
    pub(super) fn is_current(&self) -> bool {
        self.version == VERSION
    }

    pub(super) fn dimension(&self) -> usize {
        self.dimension
    }

    pub(super) fn len(&self) -> usize {
        self.vectors
    }

    pub(super) fn is_empty(&self) -> bool {
        self.vectors == 0
    }

    /// Fours of codes of a vector.
    pub(super) fn width(&self) -> usize {
        self.dimension.div_ceil(FOUR)
    }

    /// A byte a code, row-major. Codes beyond the dimension are 0.
    pub(super) fn unpacked(&self) -> Vec<[u8; FOUR]> {
        let width = self.width();
        let mut levels = vec![[0_u8; FOUR]; width * self.vectors];
        let each = self.rows.chunks_exact(width.max(1));
        for (row, levels) in each.zip(levels.chunks_exact_mut(width.max(1))) {
            let parts = levels.as_flattened_mut().chunks_exact_mut(width);
            for (part, levels) in parts.enumerate() {
                let shift = 2 * part;
                levels
                    .iter_mut()
                    .zip(row)
                    .for_each(|(level, byte)| *level = byte >> shift & 3);
            }
        }
        levels
    }

    /// One over the length of what each vector's codes stand for, `2 code - 3` a component.
    pub(super) fn scales(&self) -> Vec<f32> {
        let width = self.width();
        // Codes beyond the dimension stand for -3, and are taken off.
        let beyond = 9 * (FOUR * width - self.dimension);
        let scale = |row: &[u8]| {
            let inner: u32 = row
                .iter()
                .map(|byte| ((byte ^ byte >> 1) & 0x55).count_ones())
                .sum();
            let squares = 9 * FOUR * width - 8 * inner as usize - beyond;
            (squares as f32).sqrt().recip()
        };
        self.rows.chunks_exact(width.max(1)).map(scale).collect()
    }

    /// The places that vectors stand for, as they were written.
    pub(super) fn places(&self) -> Result<Vec<Place>, CodecError> {
        let read = match self.version {
            ONE_PLACE => self.one_place_each(),
            _ => self.all_places(),
        };
        read.map_err(|what| CodecError::Unreadable { what })
    }

    fn one_place_each(&self) -> Result<Vec<Place>, &'static str> {
        let (mut rest, mut start) = (Cursor::new(self.places), 0);
        let place = |vector| {
            let bytes = bytes(&mut rest, &mut start)?;
            Ok(Place { vector, bytes })
        };
        let places: Result<Vec<_>, &'static str> = (0..self.vectors).map(place).collect();
        let places = places?;
        rest.end()?;
        Ok(places)
    }

    fn all_places(&self) -> Result<Vec<Place>, &'static str> {
        let (mut rest, mut start) = (Cursor::new(self.places), 0);
        let mut places = Vec::new();
        while !rest.rest().is_empty() {
            let vector = usize::try_from(read_varint(&mut rest)?).unwrap_or(usize::MAX);
            if vector >= self.vectors {
                return Err("a place is of no vector");
            }
            let bytes = bytes(&mut rest, &mut start)?;
            places.push(Place { vector, bytes });
            if places.len().saturating_mul(self.dimension) > MOST_COMPONENTS {
                return Err("they have more places than any text");
            }
        }
        Ok(places)
    }
}

/// A place's bytes, after one that began at `start`.
fn bytes(rest: &mut Cursor<'_>, start: &mut i64) -> Result<Range<usize>, &'static str> {
    let zigzag = read_varint(rest)?;
    let moved = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
    *start = start.checked_add(moved).ok_or("a place lies nowhere")?;
    let begin = usize::try_from(*start).map_err(|_| "a place lies before the text")?;
    let length = usize::try_from(read_varint(rest)?).unwrap_or(usize::MAX);
    Ok(begin..begin.checked_add(length).ok_or("a place lies nowhere")?)
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_varint(rest: &mut Cursor<'_>) -> Result<u64, &'static str> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = rest.take(1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err("a number does not end")
}
