//! Where what is known of some profiles is kept for the next run.

use std::fs;
use std::path::{Path, PathBuf};

use ranker_examples::{Outcome, bundled};

/// A folder for the profiles of one file or folder: two inputs never share one, so that what is gone from
/// one of them can be removed without a look at the other.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
    /// Whether the user named it: nothing in it is then deleted to begin anew.
    pub(crate) is_named: bool,
}

impl Place {
    /// The place for these profiles, in the folder that the user named or in our own.
    pub(crate) fn of(named: Option<&Path>, profiles: &Path) -> Outcome<Self> {
        let data = named.map_or_else(|| bundled::target("rank"), Path::to_owned);
        let shown = data.display();
        if data.is_file() {
            return Err(format!("{shown} is a file: name a folder by --data").into());
        }
        let folder = data.join(name(profiles));
        fs::create_dir_all(&folder).map_err(|error| {
            format!("nothing can be kept in {shown}: {error}; name another folder by --data")
        })?;
        Ok(Self {
            folder,
            is_named: named.is_some(),
        })
    }

    /// The documents that were read, whatever encodes them.
    #[cfg(feature = "documents")]
    pub(crate) fn documents(&self) -> PathBuf {
        self.folder.join("documents.redb")
    }

    /// What depends on the encoder: `axum_server --data` serves such a folder.
    pub(crate) fn of_encoder(&self, model_id: &str) -> PathBuf {
        let plain = |c: char| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '@' => c,
            _ => '_',
        };
        self.folder
            .join(model_id.chars().map(plain).collect::<String>())
    }
}

/// A name for a file or folder that no other has: its own, for people, and a hash of where it lies.
fn name(profiles: &Path) -> String {
    let whole = fs::canonicalize(profiles).unwrap_or_else(|_| profiles.to_owned());
    let hash = blake3::hash(whole.as_os_str().as_encoded_bytes()).to_hex();
    let stem = whole.file_stem().unwrap_or_default().to_string_lossy();
    let plain = stem
        .chars()
        .filter(|c| c.is_alphanumeric() || "-_".contains(*c));
    format!("{}-{}", plain.take(40).collect::<String>(), &hash[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_input_has_a_place_of_its_own() {
        let data = tempfile::tempdir().unwrap();
        let place = |profiles: &str| {
            let place = Place::of(Some(data.path()), Path::new(profiles)).unwrap();
            place.of_encoder("mini/LM@1")
        };
        let one = place("a/resumes.jsonl");
        assert_eq!(one, place("a/resumes.jsonl"));
        assert_ne!(one, place("b/resumes.jsonl"));
        assert!(one.ends_with("mini_LM@1") && one.parent().unwrap().is_dir());
        let file = data.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = Place::of(Some(&file), Path::new("a"))
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("is a file: name a folder by --data"),
            "{error}"
        );
    }
}
