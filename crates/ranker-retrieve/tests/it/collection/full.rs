//! A full disk is told, and takes nothing.

use std::path::Path;
use std::process::Command;

use ranker_retrieve::CollectionError;

use super::{child, create, everyone, found_whole, numbered, open, told};

const BATCH: u32 = 400;

/// Inserts until there is no room, and says how far it came.
fn fill(path: &Path) -> u32 {
    let collection = open(path);
    for batch in 1.. {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let Err(error) = collection.insert_all(numbers.map(|n| numbered(n, 0))) else {
            continue;
        };
        assert!(matches!(error, CollectionError::Full { .. }), "{error:?}");
        assert!(error.to_string().contains("free some"), "{error}");
        // Whoever tries again is told, too, or there was room after all.
        let (profile, vector) = numbered(999_999, 0);
        if let Err(again) = collection.insert(profile, vector) {
            use CollectionError::{Failed, Full};
            assert!(matches!(again, Failed { .. } | Full { .. }), "{again:?}");
            return batch * BATCH;
        }
        collection
            .remove(&crate::common::id(&super::name(999_999)))
            .unwrap();
        return batch * BATCH;
    }
    0
}

/// What there is, once there is room again.
fn check(path: &Path, acknowledged: u32) {
    let collection = open(path);
    let numbers = (0..acknowledged).map(|number| (number, 0));
    assert_eq!(everyone(&collection), numbers.collect::<Vec<_>>());
    let (profile, vector) = numbered(acknowledged, 3);
    collection.insert(profile, vector).unwrap();
    found_whole(&collection, acknowledged, 3);
}

fn begin(path: &Path) {
    let collection = create(path);
    collection
        .insert_all((0..BATCH).map(|n| numbered(n, 0)))
        .unwrap();
    collection.close().unwrap();
}

/// No file may grow beyond a limit: what the system answers then is what a full disk answers, but
/// for its name.
#[test]
#[cfg(unix)]
fn a_file_that_may_not_grow_is_told() {
    let directory = tempfile::tempdir().unwrap();
    begin(directory.path());
    let inner = child("collection::full::filler");
    // The shell counts in blocks of 512 bytes: 3 MiB.
    let script = "trap '' XFSZ; ulimit -f 6144; exec \"$0\" \"$@\"";
    let mut limited = Command::new("sh");
    limited
        .args(["-c", script])
        .arg(inner.get_program())
        .args(inner.get_args());
    let output = limited
        .env("COLLECTION", directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let acknowledged = said.lines().find_map(|line| told(line, "filled "));
    let acknowledged = acknowledged.unwrap_or_else(|| {
        panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr));
    });
    check(directory.path(), acknowledged);
}

/// On a file system of 8 MiB that is mounted for it, as root:
/// `cargo test -p ranker-retrieve --release --test it -- --ignored --nocapture a_full_disk`
#[test]
#[ignore = "mounts a file system"]
#[allow(clippy::print_stdout)]
fn a_full_disk_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let run = |program: &str, args: &[&str]| {
        let done = Command::new(program).args(args).arg(path).status();
        assert!(done.unwrap().success(), "{program}");
    };
    run("mount", &["-t", "tmpfs", "-o", "size=8m", "tmpfs"]);
    let collection = path.join("collection");
    begin(&collection);
    let acknowledged = fill(&collection);
    run("mount", &["-o", "remount,size=64m"]);
    check(&collection, acknowledged);
    // A merge of the inverted index may still be ending.
    run("umount", &["-l"]);
    println!(
        "8 MiB were full after {acknowledged} profiles; none is lost, and there is room again"
    );
}

#[test]
#[ignore = "run by a_file_that_may_not_grow_is_told"]
#[allow(clippy::print_stdout)] // Its parent reads it.
fn filler() {
    let path = std::env::var("COLLECTION").unwrap();
    println!("filled {}", fill(Path::new(&path)));
}
