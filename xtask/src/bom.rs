//! What a package is made of: a bill of materials in CycloneDX's JSON, from cargo's tree and `Cargo.lock`.
//!
//! It has neither time nor serial number, so that the same tree gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use crate::{Outcome, say, workspace};

const USAGE: &str = "usage: cargo xtask bom [PACKAGE [FEATURES, AS CARGO TAKES THEM]]";

/// Writes the bill of a package, by default that of the facade with all features, on every platform.
pub(crate) fn run(args: &[String]) -> Outcome {
    let all = ["ranker".to_owned(), "--all-features".to_owned()];
    let args = if args.is_empty() { &all[..] } else { args };
    let (package, features) = args.split_first().ok_or(USAGE)?;
    if package.starts_with('-') {
        return Err(USAGE.into());
    }
    let mut tree = Command::new(env!("CARGO"));
    tree.current_dir(workspace())
        .args(["tree", "--locked", "--package", package]);
    tree.args(["--target", "all", "--edges", "normal", "--prefix", "depth"]);
    tree.args(["--format", "{p}\t{l}"]).args(features);
    let output = tree.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let lock = fs::read_to_string(workspace().join("Cargo.lock"))?;
    let bill = Bill::read(&String::from_utf8(output.stdout)?, &sums(&lock))?;
    let folder = workspace().join("target/bom");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{package}.cdx.json"));
    fs::write(&file, bill.json())?;
    say(&format!(
        "{} crates in {}",
        bill.crates.len(),
        file.display()
    ));
    match bill.without_licence().as_slice() {
        [] => Ok(()),
        names => Err(format!("without a licence: {}", names.join(", ")).into()),
    }
}

/// A crate's name and version.
type Key = (String, String);

struct Bill {
    root: Key,
    crates: BTreeMap<Key, Crate>,
}

#[derive(Default)]
struct Crate {
    licence: String,
    sum: Option<String>,
    on: BTreeSet<Key>,
}

impl Bill {
    /// Reads lines such as `1serde v1.0.229\tMIT OR Apache-2.0`, each below the crate that depends on it.
    fn read(tree: &str, sums: &BTreeMap<Key, String>) -> Outcome<Self> {
        let mut crates: BTreeMap<Key, Crate> = BTreeMap::new();
        let mut above: Vec<Key> = Vec::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let unknown = || format!("cargo's tree has a line of another form: {line}");
            let start = line
                .find(|c: char| !c.is_ascii_digit())
                .ok_or_else(unknown)?;
            let (depth, rest) = line.split_at(start);
            let depth: usize = depth.parse().map_err(|_| unknown())?;
            let (package, licence) = rest.split_once('\t').ok_or_else(unknown)?;
            let mut words = package.split(' ');
            let (name, version) = (words.next(), words.next());
            let version = version.and_then(|version| version.strip_prefix('v'));
            let (name, version) = name.zip(version).ok_or_else(unknown)?;
            let key = (name.to_owned(), version.to_owned());
            above.truncate(depth);
            if let Some(parent) = above.last() {
                crates
                    .entry(parent.clone())
                    .or_default()
                    .on
                    .insert(key.clone());
            }
            let entry = crates.entry(key.clone()).or_default();
            // An old way to write a choice.
            let choices = licence.trim_end_matches(" (*)").split('/').map(str::trim);
            entry.licence = choices.collect::<Vec<_>>().join(" OR ");
            entry.sum = sums.get(&key).cloned();
            above.push(key);
        }
        let root = above.into_iter().next().ok_or("cargo's tree is empty")?;
        Ok(Self { root, crates })
    }

    fn without_licence(&self) -> Vec<String> {
        let bare = self.crates.iter().filter(|(_, one)| one.licence.is_empty());
        bare.map(|((name, version), _)| format!("{name} {version}"))
            .collect()
    }

    fn json(&self) -> String {
        let root = self.component(&self.root);
        let others = self.crates.keys().filter(|key| **key != self.root);
        let components: Vec<String> = others.map(|key| self.component(key)).collect();
        let dependencies: Vec<String> = self
            .crates
            .iter()
            .map(|(key, one)| {
                let on: Vec<String> = one.on.iter().map(|key| quoted(&url(key))).collect();
                format!(
                    "{{\"ref\": {}, \"dependsOn\": [{}]}}",
                    quoted(&url(key)),
                    on.join(", ")
                )
            })
            .collect();
        format!(
            "{{\n\"$schema\": \"http://cyclonedx.org/schema/bom-1.6.schema.json\",\n\"bomFormat\": \"CycloneDX\",\n\
             \"specVersion\": \"1.6\",\n\"version\": 1,\n\"metadata\": {{\"component\": {root}}},\n\
             \"components\": [\n{}\n],\n\"dependencies\": [\n{}\n]\n}}\n",
            components.join(",\n"),
            dependencies.join(",\n")
        )
    }

    fn component(&self, key: &Key) -> String {
        let (name, version) = key;
        let mut fields = vec![
            "\"type\": \"library\"".to_owned(),
            format!("\"bom-ref\": {}", quoted(&url(key))),
            format!("\"name\": {}", quoted(name)),
            format!("\"version\": {}", quoted(version)),
            format!("\"purl\": {}", quoted(&url(key))),
        ];
        let one = &self.crates[key];
        if !one.licence.is_empty() {
            let licence = quoted(&one.licence);
            fields.push(format!("\"licenses\": [{{\"expression\": {licence}}}]"));
        }
        if let Some(sum) = &one.sum {
            let sum = quoted(sum);
            fields.push(format!(
                "\"hashes\": [{{\"alg\": \"SHA-256\", \"content\": {sum}}}]"
            ));
        }
        format!("{{{}}}", fields.join(", "))
    }
}

/// The crate as a package URL; a version's `+` would be read as a space.
fn url((name, version): &Key) -> String {
    format!("pkg:cargo/{name}@{}", version.replace('+', "%2B"))
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The checksums of `Cargo.lock`.
fn sums(lock: &str) -> BTreeMap<Key, String> {
    let packages = lock.split("[[package]]").skip(1);
    let read = |package: &str| {
        let field = |name: &str| {
            let found = package.lines().find_map(|line| line.strip_prefix(name));
            Some(found?.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
        };
        Some(((field("name")?, field("version")?), field("checksum")?))
    };
    packages.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const TREE: &str = "0top v0.1.0 (/a b)\tMIT OR Apache-2.0\n1one v1.0.0+x\tMIT / Apache-2.0\n2two v2.0.0 (proc-macro)\tMIT\n\
                        1two v2.0.0 (proc-macro)\tMIT (*)\n1\"three v3.0.0\t\n";
    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"two\"\nversion = \"2.0.0\"\nsource = \"x\"\nchecksum = \"ab\"\n\n\
                        [[package]]\nname = \"top\"\nversion = \"0.1.0\"\n";

    #[test]
    fn a_bill_names_crates_with_licences_and_edges() {
        let bill = Bill::read(TREE, &sums(LOCK)).unwrap();
        assert_eq!(bill.without_licence(), ["\"three 3.0.0"]);
        let json: Value = serde_json::from_str(&bill.json()).unwrap();
        assert_eq!(json["metadata"]["component"]["name"], "top");
        let components = json["components"].as_array().unwrap();
        assert_eq!(components.len(), 3);
        let one = |name: &str| components.iter().find(|one| one["name"] == name).unwrap();
        assert_eq!(one("one")["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(one("one")["purl"], "pkg:cargo/one@1.0.0%2Bx");
        assert_eq!(one("two")["hashes"][0]["content"], "ab");
        let edges = json["dependencies"].as_array().unwrap();
        let on = |name: &str| {
            let edge = edges
                .iter()
                .find(|edge| edge["ref"].as_str().unwrap().contains(name));
            edge.unwrap()["dependsOn"].as_array().unwrap().len()
        };
        assert_eq!((on("top"), on("one"), on("/two")), (3, 1, 0));
        assert!(Bill::read("0top\n", &BTreeMap::new()).is_err());
        assert!(Bill::read("", &BTreeMap::new()).is_err());
    }
}
