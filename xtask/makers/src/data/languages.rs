//! `cargo xtask data languages`: made-up jobs and resumes in six languages, as folders in BEIR form.
//!
//! Who fits is known, since each trade says the same in each language. Nothing here measures how well people are
//! found; it shows whether an encoder reads a language at all.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use crate::workspace;

const USAGE: &str = "usage: cargo xtask data languages [--out FOLDER]";
/// The pool of all languages, and the jobs in all of them.
const ALL: &str = "all";
const CATALOG: &str = include_str!("catalog/languages.json");

#[derive(Deserialize)]
struct Catalog {
    phrases: BTreeMap<String, Phrases>,
    trades: BTreeMap<String, BTreeMap<String, Wording>>,
}

/// What a language calls the parts of a text.
#[derive(Deserialize)]
struct Phrases {
    experience: String,
    seek: String,
    tasks: String,
    since: String,
    places: [String; 2],
}

/// What a language calls a trade, and what is done in it. Two resumes share nothing, and a job none of their duties.
#[derive(Deserialize)]
struct Wording {
    titles: [String; 2],
    duties: [String; 4],
    asks: [String; 2],
}

/// Writes a folder for each language, with the resumes in that language, and one with all resumes. Each has the jobs
/// in all languages; a split is the jobs in one.
pub(super) fn run(args: &[String]) -> Result<(), Box<dyn Error>> {
    let out = match args {
        [] => workspace().join("target/languages"),
        [flag, folder] if flag == "--out" => PathBuf::from(folder),
        _ => return Err(USAGE.into()),
    };
    let catalog: Catalog = serde_json::from_str(CATALOG)?;
    let pools = catalog.phrases.keys().map(String::as_str);
    for pool in pools.chain([ALL]) {
        catalog.write(pool, &out.join(pool))?;
    }
    Ok(())
}

impl Catalog {
    fn write(&self, pool: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(folder.join("qrels"))?;
        let (mut corpus, mut queries) = (String::new(), String::new());
        let mut qrels: BTreeMap<&str, String> = BTreeMap::new();
        for (trade, wordings) in &self.trades {
            let written = wordings
                .iter()
                .filter(|(language, _)| [ALL, language].contains(&pool));
            let mut resumes = Vec::new();
            for (language, wording) in written {
                for which in 0..wording.titles.len() {
                    let id = format!("{trade}-{language}-{which}");
                    let (title, text) = self.resume(language, wording, which)?;
                    writeln!(
                        corpus,
                        "{}",
                        json!({"_id": id, "title": title, "text": text})
                    )?;
                    resumes.push(id);
                }
            }
            for (language, wording) in wordings {
                let id = format!("{trade}-{language}");
                writeln!(
                    queries,
                    "{}",
                    json!({"_id": id, "text": self.job(language, wording)?})
                )?;
                for split in [ALL, language] {
                    let lines = qrels
                        .entry(split)
                        .or_insert_with(|| "query-id\tcorpus-id\tscore\n".to_owned());
                    for resume in &resumes {
                        writeln!(lines, "{id}\t{resume}\t1")?;
                    }
                }
            }
        }
        fs::write(folder.join("corpus.jsonl"), corpus)?;
        fs::write(folder.join("queries.jsonl"), queries)?;
        for (split, lines) in qrels {
            fs::write(folder.join(format!("qrels/{split}.tsv")), lines)?;
        }
        Ok(())
    }

    fn phrases(&self, language: &str) -> Result<&Phrases, String> {
        let missing = || format!("the catalog has no phrases for `{language}`");
        self.phrases.get(language).ok_or_else(missing)
    }

    /// The title and text of one of a trade's two resumes.
    fn resume(
        &self,
        language: &str,
        wording: &Wording,
        which: usize,
    ) -> Result<(String, String), String> {
        let phrases = self.phrases(language)?;
        let (title, place) = (&wording.titles[which], &phrases.places[which]);
        let year = [2014, 2019][which];
        let mut text = format!(
            "{}\n{title}, {place}, {} {year}\n",
            phrases.experience, phrases.since
        );
        for duty in &wording.duties[which * 2..][..2] {
            text += &format!("- {duty}\n");
        }
        Ok((title.clone(), text))
    }

    fn job(&self, language: &str, wording: &Wording) -> Result<String, String> {
        let phrases = self.phrases(language)?;
        let asks: Vec<String> = wording.asks.iter().map(|ask| format!("- {ask}")).collect();
        let title = &wording.titles[0];
        let asks = asks.join("\n");
        Ok(format!(
            "{title}\n{}: {title}\n\n{}\n{asks}\n",
            phrases.seek, phrases.tasks
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_has_its_resumes() {
        let out = tempfile::tempdir().unwrap();
        run(&["--out".to_owned(), out.path().display().to_string()]).unwrap();
        let lines = |path: &str| {
            fs::read_to_string(out.path().join(path))
                .unwrap()
                .lines()
                .count()
        };
        assert_eq!(lines("all/corpus.jsonl"), 12 * 6 * 2);
        assert_eq!(lines("de/corpus.jsonl"), 12 * 2);
        assert_eq!(lines("de/queries.jsonl"), 12 * 6);
        assert_eq!(lines("de/qrels/en.tsv"), 1 + 12 * 2);
        assert_eq!(lines("all/qrels/all.tsv"), 1 + 72 * 12);
        assert!(run(&["--into".to_owned()]).is_err());
    }
}
