//! The libraries as others get them: packaged, and built into a new project outside of this workspace.
//!
//! The project knows the packages alone: no path leads into the repository. The README's program runs in it, with its
//! encoder from a hub on this machine.

mod hub;
mod project;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::features::features;
use crate::test::say_plain;
use crate::{Outcome, say, setup, workspace};
use hub::Hub;
use project::Project;

const USAGE: &str = "usage: cargo xtask package [--quick]";

/// What each package must hold.
const NEEDED: [&str; 3] = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// What a registry takes.
const LARGEST: u64 = 10 << 20;

/// What the README's program prints of its two candidates.
const RANKED: [&str; 2] = ["1. ana: ", "2. ben: "];

/// Packages every library, builds and runs the README's program from the packages, and says what each choice of
/// features takes; with `--quick`, without building the latter.
pub(crate) fn run(args: &[String]) -> Outcome {
    let quick = match args {
        [] => false,
        [option] if option == "--quick" => true,
        _ => return Err(USAGE.into()),
    };
    let folder = std::env::temp_dir().join(format!("ranker-package-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let done = Packages::make(&folder).and_then(|packages| {
        say_plain(&table(&packages, quick)?);
        Ok(())
    });
    fs::remove_dir_all(&folder)?;
    done
}

/// The packages, unpacked.
struct Packages {
    /// Outside of the workspace; projects are made in it.
    folder: PathBuf,
    /// Their names, such as `ranker-core`, and where they lie.
    all: Vec<(String, PathBuf)>,
}

impl Packages {
    /// Packages all libraries; a warning is an error.
    fn make(folder: &Path) -> Outcome<Self> {
        let mut names = Vec::new();
        for entry in fs::read_dir(workspace().join("crates"))? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        say(&format!("packaging {} libraries", names.len()));
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(workspace());
        cargo.args(["package", "--no-verify", "--allow-dirty", "--target-dir"]);
        cargo.arg(folder.join("made"));
        for name in &names {
            cargo.args(["--package", name]);
        }
        let output = cargo.output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || told.lines().any(|line| line.starts_with("warning")) {
            return Err(format!("packages are not made without a warning:\n{told}").into());
        }
        let mut all = Vec::new();
        for entry in fs::read_dir(folder.join("made/package"))? {
            let archive = entry?.path();
            if archive.extension().is_none_or(|ending| ending != "crate") {
                continue;
            }
            let name = archive.file_stem().unwrap_or_default().to_string_lossy();
            let (name, _) = name.rsplit_once('-').ok_or("a package has no version")?;
            let unpacked = unpack(&archive, folder)?;
            all.push((name.to_owned(), unpacked));
        }
        all.sort();
        let packed: Vec<&String> = all.iter().map(|(name, _)| name).collect();
        match packed == names.iter().collect::<Vec<_>>() {
            true => Ok(Self {
                folder: folder.to_owned(),
                all,
            }),
            false => Err(format!("packages of {packed:?}, not of {names:?}").into()),
        }
    }

    fn folder_of(&self, name: &str) -> Outcome<&Path> {
        let found = self.all.iter().find(|(own, _)| own == name);
        Ok(&found
            .ok_or_else(|| format!("there is no package {name}"))?
            .1)
    }
}

/// Unpacks a package beside the others and looks at what it holds.
fn unpack(archive: &Path, folder: &Path) -> Outcome<PathBuf> {
    let bytes = fs::metadata(archive)?.len();
    let folder = folder.join("packages");
    fs::create_dir_all(&folder)?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(archive).arg("-C").arg(&folder);
    if !tar.status()?.success() {
        return Err(format!("tar cannot unpack {}", archive.display()).into());
    }
    let name = archive.file_stem().unwrap_or_default();
    let unpacked = folder.join(name);
    for needed in NEEDED {
        let held = fs::symlink_metadata(unpacked.join(needed));
        if !held.is_ok_and(|held| held.is_file() && held.len() > 0) {
            return Err(format!("{} holds no {needed}", name.display()).into());
        }
    }
    if bytes > LARGEST {
        return Err(format!(
            "{} has {bytes} bytes, more than a registry takes",
            name.display()
        )
        .into());
    }
    say(&format!("{:>9} bytes  {}", bytes, name.display()));
    Ok(unpacked)
}

/// Builds and runs the README's program, first with a hub and then with what it left in the cache. It needs little more
/// than the usual features, which are built already.
fn program(packages: &Packages, usual: &Project) -> Outcome {
    let readme = fs::read_to_string(packages.folder_of("ranker")?.join("README.md"))?;
    let main = code(&readme, "```rust,no_run\n").ok_or("the README has no program")?;
    let dependencies = "ranker = { version = \"0.1\", features = [\"hub\"] }\npollster = \"1\"\n";
    let project = Project::new(packages, "program", dependencies, main)?.after(usual);
    project.is_elsewhere()?;
    say("building the README's program from the packages");
    project.build()?;

    let named = |before: &str| main.split(before).nth(1)?.split('"').next();
    let model = named("HubModel::new(\"").ok_or("the program names no model")?;
    let commit = named("with_revision(\"").ok_or("the program pins no commit")?;
    let hub = Hub::start(model, commit)?;
    let (address, library) = (hub.address().to_owned(), setup::run());
    let run = |name: &str| -> Outcome<String> {
        let mut run = Command::new(project.binary());
        run.current_dir(project.folder());
        run.env("HF_ENDPOINT", &address).env_remove("HF_TOKEN");
        run.env("HF_HUB_CACHE", packages.folder.join("cache"));
        if let Some(library) = &library {
            run.env(setup::LIBRARY, library);
        }
        let output = run.output()?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr).replace('\r', "\n");
        let last: Vec<&str> = told.lines().filter(|line| !line.is_empty()).collect();
        say_plain(&format!("{name}:\n{}", last.last().unwrap_or(&"")));
        say_plain(&printed);
        let ranked = printed.lines().zip(RANKED);
        let ranked = ranked.filter(|(line, start)| line.starts_with(start));
        match output.status.success() && ranked.count() == RANKED.len() {
            true => Ok(printed),
            false => Err(format!("the README's program failed:\n{told}").into()),
        }
    };
    let first = run("with a hub")?;
    drop(hub);
    match run("without the hub")? == first {
        true => Ok(()),
        false => Err("without the hub another ranking came out".into()),
    }
}

/// How many crates each choice compiles, and how many seconds of processor time, as a table. On the way the programs of
/// the pages are run.
fn table(packages: &Packages, quick: bool) -> Outcome<String> {
    let ranker = fs::read_to_string(packages.folder_of("ranker")?.join("Cargo.toml"))?;
    let every = features(&ranker).join("\", \"");
    let core = "ranker-core = \"0.1\"\npollster = \"1\"\n";
    let bare = "ranker = { version = \"0.1\", default-features = false }\n";
    let every = format!("ranker = {{ version = \"0.1\", features = [\"{every}\"] }}\n");
    let main = "fn main() { println!(\"{}\", std::any::type_name::<ranker::Ranker>()); }\n";
    let choices = [
        (
            "core",
            "`ranker-core` with a retriever of one's own",
            core,
            &*retriever()?,
        ),
        ("bare", "`ranker` without default features", bare, main),
        ("usual", "`ranker`", "ranker = \"0.1\"\n", main),
        ("every", "`ranker` with all features", &every, main),
    ];
    let mut table = "| what is added | crates | processor seconds |\n|---|---|---|\n".to_owned();
    for (name, what, dependencies, main) in choices {
        let project = Project::new(packages, name, dependencies, main)?;
        let crates = project.crates()?;
        let seconds = match quick {
            true => "not built".to_owned(),
            false => project.build()?,
        };
        let row = format!("| {what} | {crates} | {seconds} |");
        say(&row);
        table += &format!("{row}\n");
        match name {
            // It holds the retriever to its contract.
            "core" if !quick && !Command::new(project.binary()).status()?.success() => {
                return Err("the retriever of docs/OWN_STORE.md does not keep its contract".into());
            }
            "usual" => program(packages, &project)?,
            _ => {}
        }
        project.remove()?;
    }
    Ok(table)
}

/// The program of a page that has a retriever over a store of one's own, for a project of `ranker-core` alone.
fn retriever() -> Outcome<String> {
    let page = fs::read_to_string(workspace().join("docs/OWN_STORE.md"))?;
    let body = code(&page, "```rust\n").ok_or("docs/OWN_STORE.md has no program")?;
    let body = body
        .replace("\n# ", "\n")
        .replace("ranker::core::", "ranker_core::");
    let body = body.replace("use ranker::{", "use ranker_core::{");
    Ok(format!(
        "fn main() -> Result<(), ranker_core::conformance::Violation> {{\n{body}}}\n"
    ))
}

/// The first piece of code of a page that begins so.
fn code<'p>(page: &'p str, begin: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(begin)?;
    Some(rest.split_once("```")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_taken_out_of_pages() {
        let page = "a\n```rust,no_run\nfn main() {}\n```\n```rust\nother\n```\n";
        assert_eq!(code(page, "```rust,no_run\n"), Some("fn main() {}\n"));
        assert_eq!(code(page, "```rust\n"), Some("other\n"));
        assert_eq!(code("a", "```rust\n"), None);
    }

    #[test]
    fn the_retriever_is_a_program_of_core_alone() {
        let program = retriever().unwrap();
        assert!(program.contains("conformance::retriever"), "{program}");
        assert!(
            !program.contains("ranker::") && !program.contains("\n# "),
            "{program}"
        );
    }
}
