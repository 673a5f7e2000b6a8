//! A collection that a stranger made leads nowhere outside of its directory.

use std::path::{Path, PathBuf};

use ranker_retrieve::{Collection, CollectionError, CollectionOptions, Derived};
use tempfile::TempDir;

use super::{create, everyone, found_whole, numbered, open};

/// A collection in `inside`, and beside it a file that is none of its business.
struct Sent {
    root: TempDir,
}

impl Sent {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let sent = Self { root };
        let collection = create(&sent.inside());
        collection
            .insert_all((0..20).map(|n| numbered(n, 0)))
            .unwrap();
        collection.close().unwrap();
        std::fs::write(sent.victim(), "precious").unwrap();
        sent
    }

    fn inside(&self) -> PathBuf {
        self.root.path().join("inside")
    }

    fn victim(&self) -> PathBuf {
        self.root.path().join("victim.txt")
    }

    fn victim_is_whole(&self) {
        assert_eq!(std::fs::read_to_string(self.victim()).unwrap(), "precious");
    }

    /// Whether the words were built anew, and everything is found.
    fn opens_with_new_words(&self) {
        let collection = open(&self.inside());
        let came = &collection.opened().keywords;
        assert!(matches!(came, Derived::Rebuilt { .. }), "{came:?}");
        found_whole(&collection, 7, 0);
        let (profile, vector) = numbered(20, 0);
        collection.insert(profile, vector).unwrap();
        assert_eq!(everyone(&collection).len(), 21);
        drop(collection);
        self.victim_is_whole();
    }
}

#[test]
fn files_that_a_list_names_elsewhere_stay() {
    let absolute = |sent: &Sent| sent.victim().display().to_string();
    let relative = |_: &Sent| "../../victim.txt".to_owned();
    for name in [relative, absolute] {
        let sent = Sent::new();
        let list = sent.inside().join("words/.managed.json");
        let names: Vec<String> = vec![format!("{:?}", name(&sent)), "\"meta.json\"".to_owned()];
        std::fs::write(list, format!("[{}]\n", names.join(","))).unwrap();
        sent.opens_with_new_words();
    }
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) {
    if from.exists() {
        std::fs::remove_file(from).unwrap();
    }
    std::os::unix::fs::symlink(to, from).unwrap();
}

#[cfg(unix)]
#[test]
fn links_among_the_words_are_not_followed() {
    for name in [
        "meta.json",
        ".managed.json",
        ".tantivy-writer.lock",
        "meta.json.tmp",
        "room.tmp",
    ] {
        let sent = Sent::new();
        link(&sent.inside().join("words").join(name), &sent.victim());
        sent.opens_with_new_words();
    }
    // The whole directory lies elsewhere.
    let sent = Sent::new();
    let (words, elsewhere) = (
        sent.inside().join("words"),
        sent.root.path().join("elsewhere"),
    );
    std::fs::rename(&words, &elsewhere).unwrap();
    link(&words, &elsewhere);
    let there = std::fs::read_dir(&elsewhere).unwrap().count();
    sent.opens_with_new_words();
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), there);
}

#[cfg(unix)]
#[test]
fn lock_and_store_are_files_of_their_own() {
    for name in ["LOCK", "profiles.redb"] {
        let sent = Sent::new();
        link(&sent.inside().join(name), &sent.victim());
        let refused = Collection::open(sent.inside(), CollectionOptions::new()).unwrap_err();
        assert!(
            matches!(refused, CollectionError::Io { .. }),
            "{name}: {refused}"
        );
        let source = std::error::Error::source(&refused).unwrap().to_string();
        assert!(source.contains("link"), "{name}: {source}");
        sent.victim_is_whole();
    }
}

#[cfg(unix)]
#[test]
fn saved_vectors_are_not_read_through_links() {
    for prefix in ["vectors-", "roster-", "vectors.stamp"] {
        let sent = Sent::new();
        let entries = std::fs::read_dir(sent.inside()).unwrap();
        let named = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with(prefix)
        };
        let saved = entries
            .map(|entry| entry.unwrap().path())
            .find(named)
            .unwrap();
        link(&saved, &sent.victim());
        let collection = open(&sent.inside());
        let came = &collection.opened().vectors;
        assert!(
            matches!(came, Derived::Rebuilt { .. }),
            "{prefix}: {came:?}"
        );
        assert_eq!(everyone(&collection).len(), 20);
        collection.close().unwrap();
        sent.victim_is_whole();
    }
}
