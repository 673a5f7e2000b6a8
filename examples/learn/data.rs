//! Judged lists from files.

use std::fs::File;
use std::path::{Path, PathBuf};

use ranker::core::decode::Reader;
use ranker::rlhf::{JudgedList, JudgedRows, read_groups, read_svmlight};
use ranker_examples::Outcome;

/// All lists, those of the first file first.
pub(crate) struct Data {
    pub(crate) lists: Vec<JudgedList>,
    first: usize,
}

/// Lists that are learned from, and lists that are measured, by their places.
pub(crate) struct Part {
    pub(crate) train: Vec<usize>,
    pub(crate) test: Vec<usize>,
}

impl Data {
    /// The folds; of one fold, the first file's lists and the second's.
    pub(crate) fn parts(&self, folds: usize) -> Outcome<Vec<Part>> {
        let all = 0..self.lists.len();
        if folds == 1 {
            let (train, test) = (0..self.first, self.first..self.lists.len());
            let part = Part {
                train: train.collect(),
                test: test.collect(),
            };
            return match part.test.is_empty() {
                true => Err("with one fold there must be a --test file".into()),
                false => Ok(vec![part]),
            };
        }
        let part = |fold: usize| {
            let (test, train) = all.clone().partition(|list| list % folds == fold);
            Part { train, test }
        };
        Ok((0..folds).map(part).collect())
    }
}

pub(crate) fn read(train: &Path, test: Option<&Path>) -> Outcome<Data> {
    let files: Vec<JudgedRows> = [Some(train), test]
        .into_iter()
        .flatten()
        .map(rows)
        .collect::<Outcome<_>>()?;
    let schema = JudgedRows::joint_schema(&files);
    let mut lists = Vec::new();
    let mut first = 0;
    for rows in &files {
        for list in rows.lists(&schema)? {
            // Two files may use the same names for different queries.
            let job = format!("{:06}", lists.len());
            lists.push(JudgedList::new(
                job,
                list.features().clone(),
                list.gains().to_vec(),
            )?);
        }
        if first == 0 {
            first = lists.len();
        }
    }
    Ok(Data { lists, first })
}

/// A file's rows, with the groups that lie beside it.
fn rows(path: &Path) -> Outcome<JudgedRows> {
    let named = |error: String| format!("{}: {error}", path.display());
    let open = |path: &Path| File::open(path).and_then(Reader::new);
    let file = open(path).map_err(|error| named(error.to_string()))?;
    let rows = read_svmlight(file).map_err(|error| named(error.to_string()))?;
    let mut groups = path.as_os_str().to_owned();
    groups.push(".query");
    let groups = PathBuf::from(groups);
    if !groups.exists() {
        return Ok(rows);
    }
    let sizes = read_groups(open(&groups)?);
    let sizes = sizes.map_err(|error| format!("{}: {error}", groups.display()))?;
    Ok(rows
        .with_groups(&sizes)
        .map_err(|error| named(error.to_string()))?)
}
