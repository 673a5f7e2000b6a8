//! Mutated documents through worker processes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_ingest::{DocumentReader, Folder, Limits, Unreadable};

use crate::text::is_words;
use crate::{Outcome, repack, say, table};

/// What became of the files of one format.
#[derive(Default)]
struct Fates {
    read: usize,
    refused: usize,
    crashed: usize,
    too_slow: usize,
    slowest: Duration,
}

/// Bounds that a hostile file meets soon.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.time = Duration::from_secs(5);
    limits.memory = 1 << 30;
    limits
}

/// How many files of each format, and what chooses their mutations.
pub(crate) struct Plan {
    pub(crate) count: usize,
    pub(crate) seed: u64,
}

/// Mutates each format's documents and has workers read them.
pub(crate) fn run(folder: &Path, workers: DocumentReader, plan: &Plan) -> Outcome {
    let mut formats: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let entries = Folder::scan(folder)?.entries.into_iter();
    for entry in entries.filter(|entry| !is_words(&entry.path)) {
        let extension = entry
            .path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        formats
            .entry(extension)
            .or_default()
            .push(fs::read(&entry.path)?);
    }
    let limits = limits();
    let bound = limits.time;
    let reader = workers.with_limits(limits);
    let columns = [
        "format",
        "files",
        "read",
        "refused",
        "worker died",
        "stopped",
        "slowest, s",
    ];
    table::header(&columns, 1);
    for (format, files) in &formats {
        say(format);
        let fates = fates(files, &reader, plan)?;
        let slowest = fates.slowest;
        // Starting a worker anew and writing to it come on top of the bound.
        if slowest > bound + Duration::from_secs(5) {
            return Err(format!("{format}: {slowest:?} is beyond the bound of {bound:?}").into());
        }
        let counts = [
            plan.count,
            fates.read,
            fates.refused,
            fates.crashed,
            fates.too_slow,
        ];
        let mut row = vec![format.clone()];
        row.extend(counts.iter().map(ToString::to_string));
        row.push(format!("{:.2}", slowest.as_secs_f64()));
        table::row(&row);
    }
    Ok(())
}

fn fates(files: &[Vec<u8>], reader: &DocumentReader, plan: &Plan) -> Outcome<Fates> {
    let mut random = ChaCha8Rng::seed_from_u64(plan.seed);
    let mut fates = Fates::default();
    for done in 0..plan.count {
        let file = &files[done % files.len()];
        // Half of the damage to an archive is within it, where its checks do not see it.
        let choice = random.random_range(0..64);
        let within = done % 2 == 0;
        let inner = |random: &mut ChaCha8Rng| {
            repack::changed(file, choice, |part| mutated(&part, &[], random))
        };
        let inner = within.then(|| inner(&mut random)).flatten();
        let mutated = inner.unwrap_or_else(|| mutated(file, files, &mut random));
        let started = Instant::now();
        let read = reader.read(&mutated);
        fates.slowest = fates.slowest.max(started.elapsed());
        match read {
            Ok(_) => fates.read += 1,
            Err(Unreadable::Crashed { .. }) => fates.crashed += 1,
            Err(Unreadable::TooSlow { .. }) => fates.too_slow += 1,
            Err(error @ Unreadable::NoWorker { .. }) => return Err(error.into()),
            Err(_) => fates.refused += 1,
        }
    }
    Ok(fates)
}

/// One to a few changes: bytes and bits, a stretch doubled, taken out or cut off, a piece of another
/// file, a number made large.
fn mutated(file: &[u8], others: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..random.random_range(1..6) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        let end = (at + random.random_range(1..200)).min(bytes.len());
        match random.random_range(0..8) {
            0 => bytes[at] = random.random(),
            1 => bytes[at] ^= 1 << random.random_range(0..8),
            2 => bytes[at..end].fill(random.random()),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let stretch = bytes[at..end].to_vec();
                bytes.splice(at..at, stretch);
            }
            5 => bytes.truncate(at.max(1)),
            6 if !others.is_empty() => {
                let other = &others[random.random_range(0..others.len())];
                let from = random.random_range(0..other.len().max(1));
                let piece = &other[from.min(other.len())..(from + 300).min(other.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            _ => {
                let digits = bytes[at..]
                    .iter_mut()
                    .skip_while(|byte| !byte.is_ascii_digit());
                digits
                    .take_while(|byte| byte.is_ascii_digit())
                    .for_each(|byte| *byte = b'9');
            }
        }
    }
    bytes
}
