//! Folders as they lie on a disk.

use std::fs;

use ranker_ingest::{Folder, Skipped};

#[test]
fn every_file_is_read_or_left_out_by_name() {
    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    fs::create_dir_all(path("sub/a.txt")).unwrap();
    fs::write(path("Dr. Eve Roe.v2.txt"), "x").unwrap();
    fs::write(path("sub/a.txt/ana.TXT"), "abc").unwrap();
    fs::write(path(".hidden.txt"), "x").unwrap();
    for own in [".DS_Store", "Thumbs.db", "~$ana.docx", ".~lock.ana.odt#"] {
        fs::write(path(own), "x").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", path("link.txt")).unwrap();

    let folder = Folder::scan(root.path()).unwrap();
    let ids: Vec<_> = folder
        .entries
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(ids, ["Dr. Eve Roe.v2", "sub/a.txt/ana"]);
    assert_eq!(folder.entries[1].content(10).unwrap(), b"abc");
    assert!(matches!(
        folder.entries[1].content(2),
        Err(Skipped::Unreadable(_))
    ));
    let left: Vec<_> = folder
        .left_out
        .iter()
        .map(|left| left.reason.clone())
        .collect();
    #[cfg(unix)]
    assert_eq!(left, [Skipped::Hidden, Skipped::Link]);

    let before = folder.fingerprint();
    assert_eq!(Folder::scan(root.path()).unwrap().fingerprint(), before);
    fs::write(path("sub/new.pdf"), "y").unwrap();
    assert_ne!(Folder::scan(root.path()).unwrap().fingerprint(), before);
    assert!(Folder::scan(&path("nowhere")).is_err());
}

#[cfg(unix)]
#[test]
fn what_takes_a_files_place_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("a.txt");
    fs::write(&file, "abc").unwrap();
    let folder = Folder::scan(root.path()).unwrap();
    fs::remove_file(&file).unwrap();
    assert!(matches!(
        folder.entries[0].content(10),
        Err(Skipped::System(_))
    ));
    std::os::unix::fs::symlink("/etc/passwd", &file).unwrap();
    assert_eq!(folder.entries[0].content(10), Err(Skipped::NoFile));
    fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(folder.entries[0].content(10), Err(Skipped::NoFile));
        let left = Folder::scan(root.path()).unwrap().left_out;
        assert_eq!(left[0].reason, Skipped::NoFile);
    }
}
