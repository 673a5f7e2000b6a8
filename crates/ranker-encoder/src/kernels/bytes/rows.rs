//! Rows as bytes.

use std::ops::Range;

use super::super::Left;

/// The greatest code of a row.
const TOP: f32 = 255.0;

/// What a row's codes stand for: code q is `low + q step`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    pub(crate) low: f32,
    pub(crate) step: f32,
}

/// Writes a row's codes, as many as it has values, and says what they stand for.
pub(crate) type Code = fn(&[f32], &mut [u8]) -> Span;

/// Room for the codes of some rows.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    codes: Vec<u8>,
    spans: Vec<Span>,
}

/// Rows of codes, each filled up to a multiple of four.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodedRows<'a> {
    codes: &'a [u8],
    spans: &'a [Span],
    depth: usize,
}

impl Codes {
    pub(super) fn fill(&mut self, rows: Left<'_>, code: Code) -> CodedRows<'_> {
        let (depth, stride) = (rows.depth(), rows.depth().next_multiple_of(4));
        // Weights are zero where a row is filled up, so it does not matter with what.
        self.codes.resize(rows.rows() * stride, 0);
        self.spans.clear();
        for (row, codes) in self.codes.chunks_exact_mut(stride.max(1)).enumerate() {
            self.spans.push(code(rows.row(row), &mut codes[..depth]));
        }
        CodedRows {
            codes: &self.codes,
            spans: &self.spans,
            depth,
        }
    }
}

impl<'a> CodedRows<'a> {
    pub(crate) fn rows(&self) -> usize {
        self.spans.len()
    }

    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    fn stride(&self) -> usize {
        self.depth.next_multiple_of(4)
    }

    /// Some of the rows.
    pub(crate) fn take_rows(self, range: Range<usize>) -> Self {
        Self {
            codes: &self.codes[range.start * self.stride()..range.end * self.stride()],
            spans: &self.spans[range],
            ..self
        }
    }

    pub(super) fn span(&self, row: usize) -> Span {
        self.spans[row]
    }

    /// Where some rows begin, all of which there are, and how far apart they lie.
    pub(super) fn from(&self, rows: Range<usize>) -> (*const u8, usize) {
        let stride = self.stride();
        let codes = &self.codes[rows.start * stride..rows.end * stride];
        (codes.as_ptr(), stride)
    }
}

/// Spreads 256 codes from the least to the greatest value. Of a row with a value that is no finite number
/// nothing is one.
#[inline(always)]
pub(crate) fn code(row: &[f32], codes: &mut [u8]) -> Span {
    /// Adding and subtracting 1.5 · 2²³ rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let [low, high, wrong] = extremes(row);
    let step = (high - low) / TOP;
    if wrong != 0.0 || !step.is_finite() {
        codes.fill(0);
        return Span {
            low: f32::NAN,
            step: f32::NAN,
        };
    }
    let factor = if step > 0.0 { step.recip() } else { 0.0 };
    let factor = if factor.is_finite() { factor } else { 0.0 };
    for (code, value) in codes.iter_mut().zip(row) {
        let steps = ((value - low) * factor).min(TOP);
        // The lowest bits of a number that was rounded like this are the whole number.
        *code = (steps + ROUND).to_bits() as u8;
    }
    Span { low, step }
}

/// The least and the greatest value, and 0 where all are finite.
#[inline(always)]
fn extremes(row: &[f32]) -> [f32; 3] {
    const WIDTH: usize = 32;
    let (mut low, mut high, mut wrong) = ([f32::MAX; WIDTH], [f32::MIN; WIDTH], [0.0; WIDTH]);
    let (whole, rest) = row.as_chunks::<WIDTH>();
    for chunk in whole {
        for lane in 0..WIDTH {
            let value = chunk[lane];
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] {
                value
            } else {
                high[lane]
            };
            wrong[lane] += value * 0.0;
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        low[lane] = low[lane].min(value);
        high[lane] = high[lane].max(value);
        wrong[lane] += value * 0.0;
    }
    [
        low.into_iter().fold(f32::MAX, f32::min),
        high.into_iter().fold(f32::MIN, f32::max),
        wrong.iter().sum(),
    ]
}
