//! The public names of each library, in files that the tests compare: a name that comes or goes is a line of a diff.
//!
//! They are read from the pages that rustdoc makes, so they are the names that a user finds there. Signatures are not
//! compared: rustdoc writes them otherwise from one version to the next.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::test::docs;
use crate::{Outcome, say, workspace};

/// Where the files lie, one for each library.
const NAMES: &str = "docs/api";

/// `cargo xtask api`: writes the files anew; with `--against TAG`, says instead which names of that tag are gone.
pub(crate) fn run(args: &[String]) -> Outcome {
    match args {
        [] => {
            docs()?;
            write()
        }
        [option, tag] if option == "--against" => against(tag),
        _ => Err("usage: cargo xtask api [--against TAG]".into()),
    }
}

/// Compares the files with the documentation that was just built.
pub(crate) fn check() -> Outcome {
    let mut changes = Vec::new();
    for library in libraries()? {
        let now = names(&library)?;
        let file = file_of(&library);
        let before = fs::read_to_string(workspace().join(&file)).unwrap_or_default();
        changes.extend(changed(&before, &now));
    }
    match changes.as_slice() {
        [] => Ok(()),
        _ => Err(format!(
            "public names changed; if they are meant to, run `cargo xtask api` and commit {NAMES}:\n{}",
            changes.join("\n")
        )
        .into()),
    }
}

fn write() -> Outcome {
    fs::create_dir_all(workspace().join(NAMES))?;
    for library in libraries()? {
        let names = names(&library)?;
        fs::write(workspace().join(file_of(&library)), lines(&names))?;
        say(&format!("{} names  {}", names.len(), library.name));
    }
    Ok(())
}

/// The names of a tag that are no more, which is a breaking change.
fn against(tag: &str) -> Outcome {
    let mut gone = Vec::new();
    for library in libraries()? {
        let file = file_of(&library);
        let old = format!("{tag}:{}", file.display());
        let mut git = Command::new("git");
        let old = git.args(["show", &old]).current_dir(workspace()).output()?;
        if !old.status.success() {
            say(&format!("{tag} has no {}", file.display()));
            continue;
        }
        let now = fs::read_to_string(workspace().join(&file))?;
        let now: BTreeSet<&str> = now.lines().collect();
        let old = String::from_utf8(old.stdout)?;
        let missing = old.lines().filter(|name| !now.contains(name));
        gone.extend(missing.map(str::to_owned));
    }
    match gone.as_slice() {
        [] => {
            say(&format!("every public name of {tag} is still there"));
            Ok(())
        }
        _ => Err(format!(
            "gone since {tag}, so the next version breaks:\n{}",
            gone.join("\n")
        )
        .into()),
    }
}

/// A library of the workspace.
struct Library {
    /// Such as `ranker-core`.
    name: String,
    /// The folder of its documentation.
    pages: PathBuf,
}

fn libraries() -> Outcome<Vec<Library>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| workspace().join("target"));
    let mut libraries = Vec::new();
    for entry in fs::read_dir(workspace().join("crates"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let pages = target.join("doc").join(name.replace('-', "_"));
        libraries.push(Library { name, pages });
    }
    libraries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(libraries)
}

fn file_of(library: &Library) -> PathBuf {
    Path::new(NAMES).join(format!("{}.txt", library.name))
}

fn lines(names: &BTreeSet<String>) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}

/// What came (`+`) and what went (`-`).
fn changed(before: &str, now: &BTreeSet<String>) -> Vec<String> {
    let before: BTreeSet<&str> = before.lines().collect();
    let gone = before.iter().filter(|name| !now.contains(**name));
    let came = now.iter().filter(|name| !before.contains(name.as_str()));
    let gone = gone.map(|name| format!("- {name}"));
    gone.chain(came.map(|name| format!("+ {name}"))).collect()
}

/// All names of a library, such as `ranker_core::Profile struct` and `ranker_core::Profile::title method`.
fn names(library: &Library) -> Outcome<BTreeSet<String>> {
    let read = |page: &Path| {
        fs::read_to_string(page).map_err(|error| {
            format!(
                "{}: {error}; run `cargo doc --workspace --no-deps`",
                page.display()
            )
        })
    };
    let root = library.name.replace('-', "_");
    let mut names = BTreeSet::new();
    // Pages of items that are no more stay in the folder, so only those of this list count.
    for link in items(&read(&library.pages.join("all.html"))?) {
        let Some((path, kind)) = item(&root, link) else {
            continue;
        };
        for (member, kind) in members(&read(&library.pages.join(link))?) {
            names.insert(format!("{path}::{member} {kind}"));
        }
        names.insert(format!("{path} {kind}"));
    }
    Ok(names)
}

/// The links of rustdoc's list of all items.
fn items(list: &str) -> impl Iterator<Item = &str> {
    let (_, list) = list
        .split_once("<h1>List of all items</h1>")
        .unwrap_or(("", ""));
    let links = list.split("<a href=\"").skip(1);
    links.filter_map(|rest| Some(rest.split_once('"')?.0))
}

/// The path and the kind of the item behind a link such as `values/struct.Profile.html`.
fn item(root: &str, link: &str) -> Option<(String, &'static str)> {
    const KINDS: [&str; 10] = [
        "struct", "enum", "trait", "fn", "type", "constant", "static", "macro", "union", "attr",
    ];
    let (modules, page) = link.rsplit_once('/').unwrap_or(("", link));
    let (kind, name) = page.strip_suffix(".html")?.split_once('.')?;
    let kind = KINDS.into_iter().find(|known| *known == kind)?;
    let path = [root].into_iter().chain(modules.split('/'));
    let path = path.chain([name]).filter(|part| !part.is_empty());
    Some((path.collect::<Vec<_>>().join("::"), kind))
}

/// The members that an item's page documents, without those of trait implementations.
fn members(page: &str) -> impl Iterator<Item = (&str, &'static str)> {
    const ENDS: [&str; 5] = [
        "id=\"trait-implementations\"",
        "id=\"foreign-impls\"",
        "id=\"implementors\"",
        "id=\"synthetic-implementations\"",
        "id=\"blanket-implementations\"",
    ];
    const KINDS: [(&str, &str); 6] = [
        ("method.", "method"),
        ("tymethod.", "required method"),
        ("variant.", "variant"),
        ("structfield.", "field"),
        ("associatedconstant.", "constant"),
        ("associatedtype.", "type"),
    ];
    let end = ENDS.iter().filter_map(|end| page.find(end)).min();
    let ids = page[..end.unwrap_or(page.len())].split(" id=\"").skip(1);
    ids.filter_map(|rest| {
        let id = rest.split_once('"')?.0;
        let mut kinds = KINDS.into_iter();
        kinds.find_map(|(prefix, kind)| Some((id.strip_prefix(prefix)?, kind)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_from_the_list() {
        let list = "<a href=\"x\"></a><h1>List of all items</h1><ul><li><a href=\"struct.A.html\">A</a></li>\
            <li><a href=\"values/enum.B.html\">values::B</a></li></ul><a href=\"#top\"></a>";
        let found: Vec<_> = items(list).filter_map(|link| item("lib", link)).collect();
        let expected = [("lib::A", "struct"), ("lib::values::B", "enum")];
        assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));
    }

    #[test]
    fn members_end_where_trait_implementations_begin() {
        let page = "<section id=\"method.new\"></section><span id=\"variant.One\"></span><h2 id=\"trait-implementations\">\
            </h2><section id=\"method.clone\"></section>";
        let found: Vec<_> = members(page).collect();
        assert_eq!(found, [("new", "method"), ("One", "variant")]);
    }

    #[test]
    fn changes_say_what_came_and_what_went() {
        let now = BTreeSet::from(["a".to_owned(), "c".to_owned()]);
        assert_eq!(changed("a\nb\n", &now), ["- b", "+ c"]);
        assert!(changed("a\nc\n", &now).is_empty());
    }
}
