//! Judged data in BEIR's layout.

use std::path::{Path, PathBuf};

use ranker::Profile;
use ranker::eval::{BeirDataset, ReadError};

use crate::{Outcome, say};

/// Opens a folder in BEIR's layout, and reports what is odd about it. A name that is no folder here is
/// looked up in the folder that `RANKER_DATA` names.
///
/// # Errors
///
/// No such folder, or files that cannot be read.
pub fn open(given: &Path) -> Outcome<BeirDataset> {
    open_split(given, None)
}

/// As [`open`], with the judgments of one split.
///
/// # Errors
///
/// As [`open`]; a folder of several splits, none of them `test`, where none is given.
pub fn open_split(given: &Path, split: Option<&str>) -> Outcome<BeirDataset> {
    let folder = folder(given)?;
    let data = match split {
        Some(split) => BeirDataset::open_split(folder, split),
        None => BeirDataset::open(folder),
    };
    let data = data.map_err(|error| -> Box<dyn std::error::Error> {
        match error {
            ReadError::ChooseSplit { dir, splits } => {
                let (dir, splits) = (dir.display(), splits.join(", "));
                format!("{dir} has the splits {splits}: choose one with --split").into()
            }
            error => error.into(),
        }
    })?;
    for warning in data.warnings() {
        say(&format!("note: {warning}"));
    }
    Ok(data)
}

/// The documents as profiles. One without text cannot be found by anyone, and is left out.
///
/// # Errors
///
/// A document that cannot be read, or is no profile.
pub fn profiles(data: &BeirDataset) -> Outcome<Vec<Profile>> {
    let mut profiles = Vec::with_capacity(data.document_count());
    let mut empty = 0;
    for document in data.documents()? {
        let document = document?;
        if document.text.trim().is_empty() {
            empty += 1;
            continue;
        }
        profiles.push(Profile::new(document.id, document.text)?.with_title(document.title));
    }
    if empty > 0 {
        say(&format!("{empty} documents without text are left out"));
    }
    Ok(profiles)
}

/// The data's folder: as given, or below the one that RANKER_DATA names.
fn folder(given: &Path) -> Outcome<PathBuf> {
    if given.is_dir() {
        return Ok(given.to_owned());
    }
    let below = std::env::var_os("RANKER_DATA").map(|root| Path::new(&root).join(given));
    below.filter(|path| path.is_dir()).ok_or_else(|| {
        let given = given.display();
        format!("there is no folder {given}, neither here nor below RANKER_DATA").into()
    })
}
