//! Profiles from a file of records or a folder of documents, with what was left out.

use std::io::{stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use ranker::Profile;
use ranker::files::read_profiles;
use ranker::fact_finder;
use ranker::folder::FolderReader;
use ranker::ingest::worker::{Program, serve};
use ranker::ingest::{DocumentCache, DocumentReader, Month, PdfEngine};
use ranker_examples::{Outcome, Progress, bundled, say};

/// The argument on which this program is a worker that reads documents.
const WORKER: &str = "ingest-worker";

/// The environment variable that names PDFium's library.
const PDFIUM: &str = "PDFIUM_DYLIB_PATH";

/// Where documents are kept for the next run.
const CACHE: &str = "ranker-documents.redb";

/// The profiles of a pool, and what was not read of it.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    pub(crate) profiles: Vec<Profile>,
    /// What was not read, each with the reason.
    pub(crate) left_out: Vec<String>,
    pub(crate) notes: Vec<String>,
    /// What tells whether a folder has changed since.
    pub(crate) fingerprint: Option<u64>,
}

/// Runs this process as a worker, if it was started as one.
pub(crate) fn worker() -> Option<ExitCode> {
    let first = std::env::args_os().nth(1)?;
    (first == WORKER).then(|| match serve(stdin(), stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

impl Documents {
    /// Reads a folder deep, or a file of records, and adds the facts that the texts state.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let mut read = if path.is_dir() { folder(path)? } else { records(path)? };
        let finder = fact_finder(today()?);
        let complete = |profile| finder.complete(profile);
        read.profiles = read.profiles.into_iter().map(complete).collect::<Result<_, _>>()?;
        Ok(read)
    }
}

fn records(path: &Path) -> Outcome<Documents> {
    let read = read_profiles(path)?;
    Ok(Documents {
        profiles: read.profiles,
        notes: read.notes,
        ..Documents::default()
    })
}

fn folder(path: &Path) -> Outcome<Documents> {
    let mut reader = DocumentReader::in_workers(Program::current([WORKER])?);
    match pdfium() {
        Some(library) => reader = reader.with_pdf_engine(PdfEngine::Pdfium { library }),
        None => say("no PDFium: PDF files are read in pure Rust; `cargo xtask setup` fetches it"),
    }
    let mut folder = FolderReader::new(reader);
    let _ = std::fs::create_dir_all(bundled::target(""));
    match DocumentCache::open(&bundled::target(CACHE)) {
        Ok(cache) => folder = folder.with_cache(cache),
        Err(error) => say(&format!("documents are not kept for the next run: {error}")),
    }
    let mut progress: Option<Progress> = None;
    let read = folder.read(path, &mut |done, all| {
        progress.get_or_insert_with(|| Progress::new("reading documents", all)).reach(done);
    });
    progress.into_iter().for_each(Progress::finish);
    let read = read?;
    let all = read.profiles.len();
    say(&format!("read {all} documents, {} of them from the cache", read.cached));
    let left_out: Vec<String> = read.left_out.iter().map(ToString::to_string).collect();
    for line in &left_out {
        say(&format!("left out: {line}"));
    }
    if read.profiles.is_empty() {
        let (path, count) = (path.display(), left_out.len());
        return Err(format!("{path} holds no document that can be read ({count} left out)").into());
    }
    Ok(Documents {
        profiles: read.profiles,
        left_out,
        notes: read.notes,
        fingerprint: Some(read.fingerprint),
    })
}

/// PDFium's library: as the environment names it, else where `cargo xtask setup` puts it.
fn pdfium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(PDFIUM) {
        return Some(path.into());
    }
    let files = std::fs::read_dir(bundled::target("pdfium")).ok()?.flatten();
    let mut files = files.map(|file| file.path());
    files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("pdfium")))
}

/// The month for which "present" stands.
fn today() -> Outcome<Month> {
    let days = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400;
    let (year, month) = civil(days);
    Ok(Month::new(year, month)?)
}

/// Year and month of a day since 1970 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: u64) -> (u32, u32) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year as u32, month as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_their_months() {
        for (days, expected) in [(0, (1970, 1)), (58, (1970, 2)), (59, (1970, 3)), (11_016, (2000, 2)), (20_786, (2026, 11))] {
            assert_eq!(civil(days), expected, "{days}");
        }
    }
}
