//! From sums of codes to the values of an output.

use super::super::packed::LANES;
use super::super::{RowThen, rows};
use super::packed::Columns;
use super::rows::Span;

/// The sums of codes in one row of an output, and all that makes values of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums<'a> {
    /// By panel.
    pub(super) values: &'a [[i32; LANES]],
    pub(super) columns: &'a [Columns],
    pub(super) span: Span,
    /// As many as the output has columns.
    pub(super) bias: &'a [f32],
}

/// Writes a row of an output.
pub(crate) type Restore = fn(Sums<'_>, &mut [f32], RowThen<'_>);

/// Σ (low + q step) (w scale) = scale (step Σ q w + low Σ w), and the bias.
#[inline(always)]
pub(crate) fn restore<const FUSED: bool>(sums: Sums<'_>, out: &mut [f32], then: RowThen<'_>) {
    let Span { low, step } = sums.span;
    let fused = rows::fused::<FUSED>;
    let value = |sum: i32, of_codes: f32, scale: f32, start: f32| {
        let product = fused(sum as f32, step, low * of_codes);
        fused(product, scale, start)
    };
    let panels = sums.values.iter().zip(sums.columns);
    let parts = out.chunks_mut(LANES).zip(sums.bias.chunks(LANES));
    for ((values, columns), (out, bias)) in panels.zip(parts) {
        match (out.as_chunks_mut::<LANES>().0, bias.as_chunks::<LANES>().0) {
            ([out], [bias]) => {
                for lane in 0..LANES {
                    let (sum, scale) = (columns.sums[lane], columns.scales[lane]);
                    out[lane] = value(values[lane], sum, scale, bias[lane]);
                }
            }
            _ => {
                for (lane, (out, bias)) in out.iter_mut().zip(bias).enumerate() {
                    let (sum, scale) = (columns.sums[lane], columns.scales[lane]);
                    *out = value(values[lane], sum, scale, *bias);
                }
            }
        }
    }
    match then {
        RowThen::Nothing => {}
        RowThen::Gelu => rows::gelu::<FUSED>(out),
        RowThen::Add(added) => {
            for (out, added) in out.iter_mut().zip(added) {
                *out += added;
            }
        }
    }
}
