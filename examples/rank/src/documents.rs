//! Profiles from a folder of documents, which worker processes read.

use std::path::Path;
use std::time::Duration;

use ranker::folder::{CacheScope, FolderReader};
use ranker::ingest::{DocumentCache, Folder};
pub(crate) use ranker_examples::document_worker as worker;
use ranker_examples::{Outcome, Progress, document_reader, say};

use crate::inputs::Pile;
use crate::place::Place;

/// How often a folder that is followed is looked at.
const WATCHED: Duration = Duration::from_secs(2);

/// Ranks, and ranks again whenever the folder changes, until the program is ended.
pub(crate) fn watch<T>(folder: &Path, rank: impl Fn() -> Outcome<T>) -> Outcome<T> {
    if !folder.is_dir() {
        return Err("--watch follows a folder: name one by --profiles".into());
    }
    loop {
        let before = Folder::scan(folder)?.fingerprint();
        if let Err(error) = rank() {
            say(&format!("error: {error}"));
        }
        say("waiting for a change of the folder");
        while Folder::scan(folder)?.fingerprint() == before {
            std::thread::sleep(WATCHED);
        }
    }
}

/// Reads a folder, and the folders in it.
pub(crate) fn read(path: &Path, place: &Place) -> Outcome<Pile> {
    let mut folder = FolderReader::new(document_reader()?);
    match DocumentCache::open(&place.documents()) {
        Ok(cache) => folder = folder.with_cache(cache, CacheScope::OneFolder),
        Err(error) => say(&format!("documents are not kept for the next run: {error}")),
    }
    let mut progress: Option<Progress> = None;
    let read = folder.read(path, &mut |done, all| {
        progress
            .get_or_insert_with(|| Progress::new("reading documents", all))
            .reach(done);
    });
    progress.into_iter().for_each(Progress::finish);
    let read = read?;
    let all = read.profiles.len();
    say(&format!(
        "read {all} documents, {} of them from the cache",
        read.cached
    ));
    let left_out: Vec<String> = read.left_out.iter().map(ToString::to_string).collect();
    if read.profiles.is_empty() {
        let (path, reasons) = (path.display(), left_out.join("; "));
        return Err(format!("{path} holds no document that can be read: {reasons}").into());
    }
    Ok(Pile {
        profiles: read.profiles,
        left_out,
        notes: read.notes,
    })
}
