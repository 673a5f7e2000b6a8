//! The header of a quantized index's file: what it holds beside its rows.
//!
//! ```text
//! rows              u64
//! recall target     f64
//! bits              u64, 1 with the stage of one bit a component, 0 without it
//! centre            components u64, then f32 each
//! measured          rows u64, queries u64, steps u64,
//!                   then a step after the other: k u64, near u64, slack u64,
//!                   candidates u64, rescored u64, recall f64
//! ```
//!
//! `rows` measured is 0 where nothing was.

use super::frame::Frame;
use super::measured::Measured;
use super::options::QuantizedOptions;
use super::plan::Widths;
use super::snapshot::Snapshot;
use crate::file::Cursor;

/// More steps than any index measures.
const MAX_STEPS: u64 = 64;

/// How many rows there are, and what all of them share.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) rows: usize,
    pub(super) options: QuantizedOptions,
    pub(super) frame: Frame,
    pub(super) measured: Option<Measured>,
}

pub(super) fn encode(now: &Snapshot, options: QuantizedOptions) -> Vec<u8> {
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, x: usize| bytes.extend((x as u64).to_le_bytes());
    number(&mut bytes, now.len());
    bytes.extend(options.recall.to_le_bytes());
    number(&mut bytes, usize::from(options.bits));
    let centre = now.frame.centre();
    number(&mut bytes, centre.len());
    bytes.extend(centre.iter().flat_map(|x| x.to_le_bytes()));
    let measured = now.measured.as_deref();
    let ladder = measured.map_or(&[][..], |measured| &measured.ladder);
    number(&mut bytes, measured.map_or(0, |measured| measured.rows));
    number(&mut bytes, measured.map_or(0, |measured| measured.queries));
    number(&mut bytes, ladder.len());
    for widths in ladder {
        let Widths {
            k,
            near,
            slack,
            candidates,
            rescored,
            recall,
        } = *widths;
        for x in [k, near, slack, candidates, rescored] {
            number(&mut bytes, x);
        }
        bytes.extend(recall.to_le_bytes());
    }
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<Header, &'static str> {
    let mut body = Cursor::new(bytes);
    let rows = number(&mut body)?;
    let options = QuantizedOptions::new().with_recall(f64::from_bits(body.u64()?));
    let mut options = options.map_err(|_| "an option is out of its range")?;
    options.bits = match body.u64()? {
        0 => false,
        1 => true,
        _ => return Err("an option is out of its range"),
    };
    let frame = Frame::at(centre(&mut body)?);
    if rows > 0 && frame.centre().is_empty() {
        return Err("its rows have no components");
    }
    let measured = measured(&mut body)?;
    body.end()?;
    Ok(Header {
        rows,
        options,
        frame,
        measured,
    })
}

fn centre(body: &mut Cursor<'_>) -> Result<Vec<f32>, &'static str> {
    let components = body.u64()?.checked_mul(4).ok_or("it ends too early")?;
    let (components, _) = body.take(components)?.as_chunks();
    let centre: Vec<f32> = components.iter().copied().map(f32::from_le_bytes).collect();
    let among = |x: &f32| x.is_finite() && x.abs() <= 1.0 + 1e-3;
    match centre.iter().all(among) {
        true => Ok(centre),
        false => Err("the centre is not among the vectors"),
    }
}

fn measured(body: &mut Cursor<'_>) -> Result<Option<Measured>, &'static str> {
    let (rows, queries, steps) = (number(body)?, number(body)?, body.u64()?);
    if steps > MAX_STEPS {
        return Err("it measured at too many steps");
    }
    let ladder = (0..steps).map(|_| step(body));
    let ladder = ladder.collect::<Result<Vec<Widths>, _>>()?;
    if !ladder.is_sorted_by(|a, b| a.k < b.k) || ladder.first().is_some_and(|one| one.k == 0) {
        return Err("the steps measured are in disorder");
    }
    Ok((rows > 0).then_some(Measured {
        rows,
        queries,
        ladder,
    }))
}

fn step(body: &mut Cursor<'_>) -> Result<Widths, &'static str> {
    let widths = Widths {
        k: number(body)?,
        near: number(body)?,
        slack: number(body)?,
        candidates: number(body)?,
        rescored: number(body)?,
        recall: f64::from_bits(body.u64()?),
    };
    if (0.0..=1.0).contains(&widths.recall) {
        Ok(widths)
    } else {
        Err("a recall is no share")
    }
}

fn number(body: &mut Cursor<'_>) -> Result<usize, &'static str> {
    usize::try_from(body.u64()?).map_err(|_| "a number is too great")
}
