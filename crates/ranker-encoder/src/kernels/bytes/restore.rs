//! From sums of codes to the values of an output.

use super::super::packed::LANES;
use super::super::rows;
use super::packed::Columns;
use super::rows::Span;

/// The values of a panel in one row.
pub(crate) type Lanes = [f32; LANES];

/// What is done to a row of whole panels besides adding the bias.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LanesThen<'a> {
    Nothing,
    Gelu,
    Add(&'a [Lanes]),
}

/// The sums of codes in one row of an output, by panel, and all that makes values of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums<'a> {
    pub(super) values: &'a [[i32; LANES]],
    pub(super) columns: &'a [Columns],
    pub(super) span: Span,
}

/// Writes a row of an output.
pub(crate) type Restore = fn(&Sums<'_>, &mut [Lanes], LanesThen<'_>);

// Loops without closures between them: a closure that is not inlined would not be compiled for the
// instruction set.
#[inline(always)]
pub(crate) fn restore<const FUSED: bool>(sums: &Sums<'_>, out: &mut [Lanes], then: LanesThen<'_>) {
    let panels = sums.values.iter().zip(sums.columns).zip(out);
    match then {
        LanesThen::Nothing => {
            for ((values, columns), out) in panels {
                *out = product::<FUSED>(values, columns, sums.span);
            }
        }
        LanesThen::Gelu => {
            for ((values, columns), out) in panels {
                let mut values = product::<FUSED>(values, columns, sums.span);
                rows::gelu::<FUSED>(&mut values);
                *out = values;
            }
        }
        LanesThen::Add(added) => {
            for (((values, columns), out), added) in panels.zip(added) {
                let mut values = product::<FUSED>(values, columns, sums.span);
                for lane in 0..LANES {
                    values[lane] += added[lane];
                }
                *out = values;
            }
        }
    }
}

/// Σ (low + q step) (w scale) = scale (step Σ q w + low Σ w), and the bias.
#[inline(always)]
fn product<const FUSED: bool>(values: &[i32; LANES], columns: &Columns, span: Span) -> Lanes {
    let mut all = [0.0; LANES];
    for lane in 0..LANES {
        let low = span.low * columns.sums[lane];
        let product = rows::fused::<FUSED>(values[lane] as f32, span.step, low);
        all[lane] = rows::fused::<FUSED>(product, columns.scales[lane], columns.bias[lane]);
    }
    all
}
