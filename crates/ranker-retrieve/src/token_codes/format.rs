//! The bytes of token codes.
//!
//! ```text
//! version u8 | components u16 | vectors u16 | for each: start, length (varints) | for each: its codes
//! ```
//!
//! Starts are written as differences from the start before, zigzag. A vector of `d` components is `w` bytes
//! of four codes, `w` a quarter of `d` rounded up: byte `i` holds those of the components `i`, `i + w`,
//! `i + 2w` and `i + 3w`, so that a register of bytes becomes four of codes by shifts alone. They are
//! followed by a CRC-32 of all before.

use std::ops::Range;

use ranker_core::{CodecError, ValueError};

use crate::file::Cursor;
use crate::kernels::FOUR;

const VERSION: u8 = 1;

/// Where the levels of a component of a unit vector of `d` components meet, times the square root of `d`:
/// the best equal steps for a normal distribution (Max, "Quantizing for minimum distortion", 1960).
const STEP: f32 = 0.9957;

/// Codes being written.
pub(super) struct Writer {
    dimension: usize,
    head: Vec<u8>,
    rows: Vec<u8>,
    start: usize,
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
            start: 0,
        })
    }

    /// Adds a vector, as the rotation left it and of any length.
    pub(super) fn push(&mut self, bytes: &Range<usize>, vector: &[f32]) {
        let moved = bytes.start as i64 - self.start as i64;
        varint(
            &mut self.head,
            ((moved << 1) ^ (moved >> 63)).cast_unsigned(),
        );
        varint(
            &mut self.head,
            (bytes.end.saturating_sub(bytes.start)) as u64,
        );
        self.start = bytes.start;

        let norm = crate::dot::dot(vector, vector).sqrt();
        let step = STEP * norm / (self.dimension as f32).sqrt();
        let code = |x: &f32| {
            // A vector of zeros has no direction, and any will do.
            let level = if step > 0.0 { (x / step).floor() } else { 0.0 };
            (level.clamp(-2.0, 1.0) + 2.0) as u8
        };
        let width = self.dimension.div_ceil(FOUR);
        for at in 0..width {
            let codes = (0..FOUR).map(|part| vector.get(part * width + at).map_or(0, code));
            let byte = codes
                .enumerate()
                .fold(0, |byte, (part, code)| byte | code << (2 * part));
            self.rows.push(byte);
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
    dimension: usize,
    vectors: usize,
    spans: &'a [u8],
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
        if rest.take(1)? != [VERSION] {
            return Err("they are of another format");
        }
        let (dimension, vectors) = (usize::from(rest.u16()?), usize::from(rest.u16()?));
        let codes = vectors * dimension.div_ceil(FOUR);
        let rest = rest.rest();
        let spans = rest.len().checked_sub(codes).ok_or("they end too early")?;
        let (spans, rows) = rest.split_at(spans);
        Ok(Self {
            dimension,
            vectors,
            spans,
            rows,
        })
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

    /// The bytes of the text that each vector stands for.
    pub(super) fn spans(&self) -> Result<Vec<Range<usize>>, CodecError> {
        let mut rest = Cursor::new(self.spans);
        let mut start = 0_i64;
        let mut next = || {
            let zigzag = read_varint(&mut rest)?;
            let moved = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
            start = start.checked_add(moved).ok_or("a place lies nowhere")?;
            let begin = usize::try_from(start).map_err(|_| "a place lies before the text")?;
            let length = usize::try_from(read_varint(&mut rest)?).unwrap_or(usize::MAX);
            Ok(begin..begin.checked_add(length).ok_or("a place lies nowhere")?)
        };
        let spans: Result<Vec<_>, &'static str> = (0..self.vectors).map(|_| next()).collect();
        let spans = spans.and_then(|spans| rest.end().map(|()| spans));
        spans.map_err(|what| CodecError::Unreadable { what })
    }
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
