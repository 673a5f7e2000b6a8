//! The pages: no link leads nowhere, and the list of contents knows every page of the guide.

// Helpers of tests are tests too; clippy only knows `#[test]`.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All pages, but for those of what is built or fetched.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    for folder in ["benches", "crates", "data", "docs", "examples", "models"] {
        gather(&root().join(folder), &mut pages);
    }
    pages
}

fn gather(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                gather(&path, pages);
            }
        } else if path.extension().is_some_and(|end| end == "md") {
            pages.push(path);
        }
    }
}

/// The lines of a page that are no program.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// Where a line's links lead: `[text](target)`.
fn targets(line: &str) -> Vec<&str> {
    let parts = line.split("](").skip(1);
    parts
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect()
}

/// The anchors of a page, as GitHub and mdBook make them of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for heading in prose(text).filter(|line| line.starts_with('#')) {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter_map(|letter| match letter {
            ' ' => Some('-'),
            letter if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter),
            _ => None,
        });
        let anchor: String = kept.collect();
        let same = (1..).map(|number| format!("{anchor}-{number}"));
        let free = std::iter::once(anchor.clone()).chain(same);
        anchors.extend(free.into_iter().find(|anchor| !anchors.contains(anchor)));
    }
    anchors
}

#[test]
fn no_link_leads_nowhere() {
    let mut dead = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in prose(&text).flat_map(targets) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let place = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let lives = place.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&place).unwrap()).contains(anchor));
            if !lives {
                let page = page.strip_prefix(root()).unwrap().display();
                dead.push(format!("{page}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn the_contents_know_every_page() {
    let summary = root().join("docs/SUMMARY.md");
    let listed = fs::read_to_string(&summary).unwrap();
    let mut pages = Vec::new();
    gather(&root().join("docs"), &mut pages);
    for page in pages.iter().filter(|page| **page != summary) {
        let name = page.strip_prefix(root().join("docs")).unwrap();
        let link = format!("]({})", name.to_str().unwrap());
        assert!(
            listed.contains(&link),
            "SUMMARY.md does not list {}",
            name.display()
        );
    }
}
