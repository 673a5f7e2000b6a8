//! The vector leg: a quantized index of all rows, saved now and then.

use std::path::{Path, PathBuf};

use ranker_core::{BoxError, CandidateId, Embedding};
use rayon::prelude::*;

use super::duplicates::Hashes;
use super::error::CollectionError;
use super::opened::Derived;
use super::options::CollectionOptions;
use super::plain;
use super::record::Identity;
use super::roster::{self, Line};
use super::rows::Rows;
use super::stamp::{Stamp, Standing};
use super::store_view::StoreView;
use crate::entry::Entry;
use crate::error::{FileError, IndexError};
use crate::file;
use crate::quantized::QuantizedIndex;

/// The file that names the saved index in use.
const MANIFEST: &str = "vectors.stamp";
/// What the names of saved indexes begin with.
const INDEX: &str = "vectors-";
/// What the names of their rosters begin with.
const ROSTER: &str = "roster-";
/// Bytes at the head of a file, in which the checksums of the rest lie.
const HEAD: usize = 256;
/// Rows that are read at a time when the index is built anew.
const BATCH: u64 = 4096;

/// All vectors, candidates and hashes of texts.
#[derive(Debug)]
pub(super) struct Indexed {
    pub(super) index: QuantizedIndex,
    pub(super) rows: Rows,
    pub(super) hashes: Hashes,
    /// Rows changed since they were saved.
    pub(super) unsaved: u64,
}

/// Writes the index of a moment and its roster, whole or not at all, and removes those before.
pub(super) fn save(
    index: &QuantizedIndex,
    rows: &Rows,
    directory: &Path,
    stamp: Stamp,
) -> Result<(), CollectionError> {
    let fail = |error: FileError| match error {
        FileError::Io { path, source, .. } => CollectionError::io(&path, "written", source),
        other => CollectionError::Io {
            path: directory.to_owned(),
            action: "written",
            source: other.into(),
        },
    };
    let paths = paths(directory, stamp);
    index.save(&paths[0]).map_err(fail)?;
    let frozen = index.frozen();
    let lines = frozen.numbered();
    let lines = lines.filter_map(|(row, _)| Some((row, rows.get(row)?.hash)));
    roster::write(&paths[1], lines).map_err(fail)?;
    let sums = sums(&paths).map_err(|error| CollectionError::io(directory, "read", error))?;
    let manifest = format!("{stamp} {sums}");
    file::write(&directory.join(MANIFEST), manifest.as_bytes()).map_err(fail)?;
    sweep(directory, &paths);
    Ok(())
}

/// The file that names the saved index in use.
pub(super) fn manifest(directory: &Path) -> PathBuf {
    directory.join(MANIFEST)
}

/// All saved indexes and rosters, those too that a crash left unfinished.
pub(super) fn saved(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        [INDEX, ROSTER].iter().any(|own| name.starts_with(own))
    });
    ours.map(|entry| entry.path()).collect()
}

/// The saved index of a moment, and its roster.
fn paths(directory: &Path, stamp: Stamp) -> [PathBuf; 2] {
    [INDEX, ROSTER].map(|prefix| directory.join(format!("{prefix}{}", stamp.version)))
}

/// The checksum of both files' heads, which identifies them.
fn sums(paths: &[PathBuf; 2]) -> std::io::Result<String> {
    use std::io::Read;
    let mut head = Vec::new();
    for path in paths {
        let file = std::fs::File::open(path)?;
        file.take(HEAD as u64).read_to_end(&mut head)?;
    }
    Ok(format!("{:08x}", crc32fast::hash(&head)))
}

/// Removes all saved files but these, those too that a crash left unfinished.
fn sweep(directory: &Path, kept: &[PathBuf; 2]) {
    for path in saved(directory) {
        if !kept.contains(&path) {
            // What stays behind costs room, and is swept the next time.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The vector leg of now, and how it came.
pub(super) fn open(
    directory: &Path,
    view: &StoreView,
    options: CollectionOptions,
) -> Result<(Indexed, Derived), CollectionError> {
    let state = &view.state;
    if state.count == 0 {
        return Ok((build(view, options)?, Derived::Read { behind: 0 }));
    }
    let why = match load(directory) {
        Err(why) => why,
        Ok((indexed, from)) => match follow(indexed, from, view)? {
            Err(why) => why,
            Ok(indexed) => {
                let behind = state.version - from.version;
                return Ok((indexed, Derived::Read { behind }));
            }
        },
    };
    Ok((build(view, options)?, Derived::rebuilt(&why)))
}

/// A saved index and its moment; or why there is none.
fn load(directory: &Path) -> Result<(Indexed, Stamp), BoxError> {
    let manifest = directory.join(MANIFEST);
    plain::check_file(&manifest)?;
    let manifest = String::from_utf8(file::read(&manifest)?)?;
    let (stamp, sum) = manifest.rsplit_once(' ').ok_or("its stamp was cut")?;
    let stamp = Stamp::parse(stamp).ok_or("its stamp does not fit its checksum")?;
    let paths = paths(directory, stamp);
    paths.iter().try_for_each(|path| plain::check_file(path))?;
    if sums(&paths)? != sum {
        return Err("its stamp is another file's".into());
    }
    let (index, roster) = rayon::join(
        || QuantizedIndex::load(&paths[0]),
        || roster::read(&paths[1]).map(|lines| (Hashes::of(lines.iter().copied()), lines)),
    );
    let (index, (hashes, lines)) = (index?, roster?);
    let rows = number(&index, &lines)?;
    let indexed = Indexed {
        index,
        rows,
        hashes,
        unsaved: 0,
    };
    Ok((indexed, stamp))
}

/// Gives an index the row numbers of its roster; returns the candidate of each row.
fn number(index: &QuantizedIndex, lines: &[Line]) -> Result<Rows, BoxError> {
    let numbers: Vec<u64> = lines.iter().map(|(row, _)| *row).collect();
    index.number(&numbers)?;
    let mut rows = Rows::default();
    for ((row, id), (_, hash)) in index.frozen().numbered().zip(lines) {
        let (id, hash) = (id.clone(), *hash);
        rows.insert(row, Identity { id, hash });
    }
    // A candidate with several vectors has as many lines, all of one row.
    match rows.count() == index.len() as u64 {
        true => Ok(rows),
        false => Err("a row comes twice".into()),
    }
}

/// The index of now from a saved one; or why that cannot be.
fn follow(
    mut indexed: Indexed,
    from: Stamp,
    view: &StoreView,
) -> Result<Result<Indexed, BoxError>, CollectionError> {
    match from.standing(&view.state) {
        Standing::Followed => {}
        Standing::Ahead => return Err(view.damaged(AHEAD)),
        Standing::Stale(why) => return Ok(Err(why.into())),
    }
    let removed = view.removed_since(from.version)?.into_iter();
    let removed = removed.filter(|(row, _)| *row < from.next_row);
    let removed: Vec<(u64, CandidateId)> = removed.collect();
    if let Err(error) = indexed.change(&removed, Vec::new()) {
        return Ok(Err(error.into()));
    }
    for start in (from.next_row..view.state.next_row).step_by(BATCH as usize) {
        if let Err(error) = indexed.change(&[], read(view, start)?) {
            return Ok(Err(error.into()));
        }
    }
    let count = view.state.count;
    let vectors = indexed.index.frozen().vectors() as u64;
    let whole = indexed.index.len() as u64 == count
        && indexed.rows.count() == count
        && vectors == count + view.state.further;
    Ok(whole
        .then_some(indexed)
        .ok_or("profiles are missing from it".into()))
}

/// What is wrong with a store that has lost what its derived files have seen.
pub(super) const AHEAD: &str = "it is older than the files derived from it: transactions are lost; \
    where it was put back on purpose, remove those files";

/// A row, its candidate, and the first vector with the others.
pub(super) type Placed = (u64, Identity, (Embedding, Vec<Embedding>));

/// The vector leg of now, from the store alone.
fn build(view: &StoreView, options: CollectionOptions) -> Result<Indexed, CollectionError> {
    let (mut rows, mut failure) = (Rows::default(), None);
    let starts = (0..view.state.next_row).step_by(BATCH as usize);
    let batches = starts.map_while(|start| match read(view, start) {
        Ok(batch) => Some(batch),
        Err(error) => {
            failure = Some(error);
            None
        }
    });
    let entries = batches.flatten().map(|(row, identity, (first, further))| {
        rows.insert(row, identity.clone());
        Entry::numbered(row, identity.id, first).with_further(further)
    });
    let index = QuantizedIndex::of_entries(entries, options.quantized);
    match failure {
        Some(error) => Err(error),
        None if rows.count() != view.state.count => Err(view.damaged("profiles are missing")),
        None => Ok(Indexed {
            index: index?,
            hashes: Hashes::of(rows.iter().map(|(row, identity)| (row, identity.hash))),
            unsaved: rows.count(),
            rows,
        }),
    }
}

/// A batch of rows.
fn read(view: &StoreView, start: u64) -> Result<Vec<Placed>, CollectionError> {
    let identity = view.identities(start..start + BATCH)?.into_par_iter();
    let placed = identity.map(|(row, identity)| Ok((row, identity, view.all_vectors(row)?)));
    placed.collect()
}

impl Indexed {
    /// Follows a change of the store.
    pub(super) fn change(
        &mut self,
        removed: &[(u64, CandidateId)],
        added: Vec<Placed>,
    ) -> Result<(), IndexError> {
        self.unsaved += (removed.len() + added.len()) as u64;
        for (row, _) in removed {
            if let Some(identity) = self.rows.remove(*row) {
                self.hashes.remove(identity.hash, *row);
            }
        }
        let (rows, hashes) = (&mut self.rows, &mut self.hashes);
        let added = added.into_iter().map(|(row, identity, (first, further))| {
            hashes.insert(identity.hash, row);
            rows.insert(row, identity.clone());
            Entry::numbered(row, identity.id, first).with_further(further)
        });
        self.index.change(removed.iter().map(|(_, id)| id), added)
    }
}
