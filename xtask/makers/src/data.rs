//! `cargo xtask data --onet FOLDER [--seed S] [--out FOLDER]`: writes the bundled data.
//!
//! Candidate profiles, job descriptions, planted grades and simulated preferences are made from
//! the O*NET 27.0 tables and the catalog beside this file. The same tables, catalog and seed give
//! the same bytes. `data/README.md` says what the result is and what it is not good for.

mod bundle;
mod career;
mod catalog;
mod draw;
mod duties;
mod grade;
mod job;
mod kind;
mod languages;
mod layout;
mod onet;
mod path;
mod profile;
mod template;
mod title;
mod voice;
mod wording;

#[cfg(test)]
mod check;
#[cfg(test)]
mod fixture;

use std::{error::Error, io::Write, path::PathBuf};

use crate::workspace;

const SEED: u64 = 27;
const USAGE: &str = "cargo xtask data --onet FOLDER [--seed S] [--out FOLDER]";

/// Reads the tables named in `args` and writes the bundle.
///
/// # Errors
///
/// Wrong arguments, a table that is missing or malformed, a catalog that does not fit the tables,
/// or an output folder that cannot be written.
pub(crate) fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    if let Some(("languages", rest)) = args.split_first().map(|(name, rest)| (&name[..], rest)) {
        return languages::run(rest);
    }
    let options = Options::parse(args)?;
    let tables = onet::Tables::read(&options.onet)?;
    let bundle = bundle::Bundle::generate(&tables, &catalog::Catalog::load()?, options.seed)?;
    bundle.write(&options.out)?;
    writeln!(
        std::io::stdout(),
        "{}: {}",
        options.out.display(),
        bundle.summary()
    )?;
    Ok(())
}

struct Options {
    onet: PathBuf,
    seed: u64,
    out: PathBuf,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self, Box<dyn Error>> {
        let (mut onet, mut seed) = (None, SEED);
        let mut out = workspace().join("data/bundled");
        let mut args = args.iter();
        while let Some(flag) = args.next() {
            let value = args
                .next()
                .ok_or_else(|| format!("{flag} lacks a value; {USAGE}"))?;
            match flag.as_str() {
                "--onet" => onet = Some(PathBuf::from(value)),
                "--seed" => seed = value.parse()?,
                "--out" => out = PathBuf::from(value),
                _ => return Err(format!("unknown argument {flag}; {USAGE}").into()),
            }
        }
        let onet = onet.ok_or_else(|| format!("--onet is missing; {USAGE}"))?;
        Ok(Self { onet, seed, out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Box<dyn Error>> {
        Options::parse(
            &line
                .split_whitespace()
                .map(String::from)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn reads_its_arguments() {
        let options = parse("--seed 5 --onet tables").unwrap();
        assert_eq!((options.seed, options.onet), (5, PathBuf::from("tables")));
        assert_eq!(parse("--onet tables").unwrap().seed, SEED);
    }

    #[test]
    fn says_what_is_wrong_with_them() {
        for line in ["", "--onet", "--onet a --colour red", "--onet a --seed x"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
