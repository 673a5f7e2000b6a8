//! The pages of `docs/`: their links lead somewhere, and the error messages that they explain are ours.

use std::fs;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The files under a folder with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|one| one == extension) {
            found.push(path);
        }
    }
    found
}

/// The targets of a page's links to other files, without their fragments.
fn links(page: &str) -> impl Iterator<Item = &str> {
    let targets = page.split("](").skip(1);
    let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0));
    let here = targets.filter(|target| !target.starts_with(['#', '<']) && !target.contains(':'));
    here.filter_map(|target| target.split('#').next())
}

#[test]
fn links_lead_to_files_and_every_page_is_in_the_summary() {
    let summary = fs::read_to_string(docs().join("SUMMARY.md")).unwrap();
    let readme = docs().join("../README.md");
    for path in files(&docs(), "md").into_iter().chain([readme]) {
        let page = fs::read_to_string(&path).unwrap();
        for link in links(&page) {
            let target = path.parent().unwrap().join(link);
            assert!(target.exists(), "{} links to {link}", path.display());
        }
        let inside = path.strip_prefix(docs()).unwrap();
        let listed = summary.contains(&format!("({})", inside.display()));
        let whole = ["SUMMARY.md", "../README.md"].map(Path::new);
        assert!(
            listed || whole.contains(&inside),
            "{} is not in SUMMARY.md",
            inside.display()
        );
    }
}

#[test]
fn the_readme_and_the_guide_have_one_program() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let programs = [readme, docs().join("guide/add.md")].map(|page| {
        let page = fs::read_to_string(page).unwrap();
        let (_, rest) = page.split_once("```rust,no_run\n").unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    });
    assert_eq!(programs[0], programs[1]);
}

#[test]
fn the_messages_that_are_explained_are_in_the_code() {
    let page = fs::read_to_string(docs().join("guide/errors.md")).unwrap();
    let sources = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), "rs");
    let sources: Vec<String> = sources
        .iter()
        .filter(|path| path.components().any(|part| part.as_os_str() == "src"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let messages = page.lines().filter_map(|line| line.strip_prefix("| "));
    let messages = messages.filter(|line| !line.starts_with("message"));
    let mut count = 0;
    for line in messages {
        let message = line.split(" | ").next().unwrap().trim_end_matches(" |");
        // Words in italics stand for what differs from case to case.
        let parts = message.split('*').step_by(2).map(str::trim);
        for part in parts.filter(|part| part.len() > 3) {
            let known = sources.iter().any(|source| source.contains(part));
            assert!(known, "no source has {part:?}");
        }
        count += 1;
    }
    assert!(count > 15, "{count} messages");
}
