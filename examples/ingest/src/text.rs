//! Words and their order against the known text.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ranker_ingest::{DocumentReader, Folder, PdfEngine};

use crate::{Outcome, say, table};

/// What the documents of one template gave.
#[derive(Default)]
struct Measured {
    documents: usize,
    unread: usize,
    f1: f64,
    order: f64,
    took: Duration,
}

/// Reads every document that has its words beside it, and prints the means by template.
pub(crate) fn measure(folder: &Path, engine: PdfEngine) -> Outcome {
    let mut all: BTreeMap<String, Measured> = BTreeMap::new();
    let reader = DocumentReader::in_process().with_pdf_engine(engine);
    let entries = Folder::scan(folder)?.entries;
    for entry in entries.iter().filter(|entry| !is_words(&entry.path)) {
        let mut beside = entry.path.clone().into_os_string();
        beside.push(".words");
        let Ok(truth) = fs::read_to_string(&beside) else {
            say(&format!("{} has no words beside it", entry.path.display()));
            continue;
        };
        let content = fs::read(&entry.path)?;
        let measured = all.entry(template(&entry.path)).or_default();
        let started = Instant::now();
        let read = reader.read(&content);
        measured.took += started.elapsed();
        measured.documents += 1;
        match read {
            Ok(document) => {
                let (known, found) = (words(&truth), words(&document.text));
                measured.f1 += f1(&known, &found);
                measured.order += order(&known, &found);
            }
            Err(error) => {
                measured.unread += 1;
                say(&format!("{}: {error}", entry.path.display()));
            }
        }
    }
    print(&all);
    Ok(())
}

/// A document that was not read counts 0.
fn print(all: &BTreeMap<String, Measured>) {
    let columns = [
        "template",
        "documents",
        "not read",
        "word F1",
        "order",
        "ms a file",
    ];
    table::header(&columns, 1);
    for (template, of) in all {
        let mean = |sum: f64| format!("{:.4}", sum / of.documents as f64);
        let ms = 1e3 * of.took.as_secs_f64() / of.documents as f64;
        table::row(&[
            template.clone(),
            of.documents.to_string(),
            of.unread.to_string(),
            mean(of.f1),
            mean(of.order),
            format!("{ms:.1}"),
        ]);
    }
}

/// Whether this is not a document but the words of one.
pub(crate) fn is_words(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "words")
}

/// `typst-grid-p-0001.pdf` is of the template `typst-grid.pdf`.
fn template(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let stem = name.split("-p-").next().unwrap_or_default();
    format!("{stem}.{extension}")
}

/// Words without case and punctuation.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The harmonic mean of precision and recall over words with their counts.
fn f1(known: &[String], found: &[String]) -> f64 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    known
        .iter()
        .for_each(|word| *left.entry(word).or_default() += 1);
    let mut both = 0;
    for word in found {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            both += 1;
        }
    }
    2.0 * f64::from(both) / (known.len() + found.len()).max(1) as f64
}

/// The longest common subsequence of words, as a share of the known ones.
fn order(known: &[String], found: &[String]) -> f64 {
    let mut row = vec![0_usize; found.len() + 1];
    for word in known {
        let mut diagonal = 0;
        for (at, other) in found.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if word == other {
                diagonal + 1
            } else {
                above.max(row[at])
            };
            diagonal = above;
        }
    }
    row[found.len()] as f64 / known.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_apart_from_words() {
        let (known, swapped) = (words("a b c d"), words("c, d; A B"));
        assert_eq!(f1(&known, &swapped), 1.0);
        assert_eq!(order(&known, &swapped), 0.5);
        assert_eq!(order(&known, &known), 1.0);
        assert_eq!(f1(&known, &words("a b")), 2.0 * 2.0 / 6.0);
        assert_eq!(
            template(Path::new("x/typst-grid-p-0001.pdf")),
            "typst-grid.pdf"
        );
    }
}
