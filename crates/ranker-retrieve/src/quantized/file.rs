//! A quantized index as a file.
//!
//! Beside the rows there is a section of options:
//!
//! ```text
//! recall asked for  f64
//! bits              u64, 1 with the stage of one bit a component, 0 without it
//! centre            components u64, then f32 each
//! measured          rows u64, queries u64, steps u64,
//!                   then a step after the other: k u64, near u64, candidates u64, rescored u64, recall f64
//! ```
//!
//! `rows` is 0 where nothing was measured. Codes are made anew from the rows.

use std::collections::HashMap;
use std::path::Path;

use ranker_core::CandidateId;

use super::frame::Frame;
use super::measure::Measured;
use super::options::QuantizedOptions;
use super::plan::Widths;
use super::snapshot::Snapshot;
use super::writer::{Place, Writer};
use crate::error::FileError;
use crate::file::{self, Cursor, Kind, Sections, Tag};

/// More steps than any index measures.
const MAX_STEPS: u64 = 64;

pub(super) fn encode(now: &Snapshot, options: QuantizedOptions) -> Vec<u8> {
    let segments = now.segments();
    let rows = segments.iter().flat_map(|one| one.live_rows());
    let rows = file::encode_rows(now.dimension, rows.chain(now.head.rows()));
    let mut said = options.recall.to_le_bytes().to_vec();
    let number = |said: &mut Vec<u8>, x: usize| said.extend((x as u64).to_le_bytes());
    number(&mut said, usize::from(options.bits));
    let centre = now.frame.centre();
    number(&mut said, centre.len());
    said.extend(centre.iter().flat_map(|x| x.to_le_bytes()));
    let measured = now.measured.as_deref();
    let ladder = measured.map_or(&[][..], Measured::ladder);
    number(&mut said, measured.map_or(0, |measured| measured.rows));
    number(&mut said, measured.map_or(0, |measured| measured.queries));
    number(&mut said, ladder.len());
    for widths in ladder {
        for x in [widths.k, widths.near, widths.candidates, widths.rescored] {
            number(&mut said, x);
        }
        said.extend(widths.recall.to_le_bytes());
    }
    file::encode(Kind::Quantized, &[(Tag::Rows, rows), (Tag::Options, said)])
}

/// The index that a file holds, and where its candidates are.
pub(super) fn decode(
    bytes: &[u8],
    name: &Path,
) -> Result<(Writer, HashMap<CandidateId, Place>), FileError> {
    let sections = Sections::parse(bytes, Kind::Quantized, name)?;
    let (options, frame, measured) = sections.decode(Tag::Options, said)?;
    let rows = sections.decode(Tag::Rows, file::decode_rows)?;
    let mut places = HashMap::with_capacity(rows.len());
    let ids = rows.iter().map(|(id, _)| id.clone());
    places.extend(ids.zip(0..));
    let clash = || FileError::corrupt(name, "ids or dimensions clash");
    if places.len() != rows.len() {
        return Err(clash());
    }
    let mut writer = Writer::new(false, options);
    let restored = writer.restore(rows.into_iter().map(Into::into), frame, measured);
    restored.map_err(|_| clash())?;
    Ok((writer, places))
}

type Said = (QuantizedOptions, Frame, Option<Measured>);

fn said(bytes: &[u8]) -> Result<Said, &'static str> {
    let mut body = Cursor::new(bytes);
    let options = QuantizedOptions::new().recall(f64::from_bits(body.u64()?));
    let mut options = options.map_err(|_| "an option is out of its range")?;
    options.bits = match body.u64()? {
        0 => false,
        1 => true,
        _ => return Err("an option is out of its range"),
    };
    let components = body.u64()?.checked_mul(4).ok_or("it ends too early")?;
    let (components, _) = body.take(components)?.as_chunks();
    let centre: Vec<f32> = components.iter().copied().map(f32::from_le_bytes).collect();
    if centre
        .iter()
        .any(|x| !x.is_finite() || x.abs() > 1.0 + 1e-3)
    {
        return Err("the centre is not among the vectors");
    }
    let (rows, queries, steps) = (number(&mut body)?, number(&mut body)?, body.u64()?);
    if steps > MAX_STEPS {
        return Err("it measured at too many steps");
    }
    let ladder = (0..steps).map(|_| step(&mut body));
    let ladder = ladder.collect::<Result<Vec<Widths>, _>>()?;
    body.end()?;
    if !ladder.is_sorted_by(|a, b| a.k < b.k) || ladder.first().is_some_and(|one| one.k == 0) {
        return Err("the steps measured are in disorder");
    }
    let measured = (rows > 0).then(|| Measured::restore(rows, queries, ladder));
    Ok((options, Frame::at(centre), measured))
}

fn step(body: &mut Cursor<'_>) -> Result<Widths, &'static str> {
    let widths = Widths {
        k: number(body)?,
        near: number(body)?,
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
