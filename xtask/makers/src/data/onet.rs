//! The O*NET tables that the generator reads.

use std::{collections::BTreeMap, fs, io, path::Path};

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum TableError {
    /// The file is missing or unreadable.
    #[error("cannot read the O*NET table {path}; give the folder of O*NET 27.0 text files")]
    Read { path: String, source: io::Error },
    /// A line has fewer columns than the table promises.
    #[error("{path}, line {line}: fewer than {columns} columns")]
    Columns {
        path: String,
        line: usize,
        columns: usize,
    },
}

/// One task statement.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: u32,
    pub(crate) text: String,
}

/// What the generator takes from O*NET, by occupation code.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) tasks: BTreeMap<String, Vec<Task>>,
    /// Related occupations, nearest first.
    pub(crate) related: BTreeMap<String, Vec<String>>,
    /// 1 (little preparation) to 5 (extensive).
    pub(crate) zones: BTreeMap<String, u8>,
}

impl Tables {
    /// Reads the three tables from `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Self, TableError> {
        let mut tables = Self::default();
        for row in rows(folder, "Task Statements.txt", 3)? {
            let task = Task {
                id: row[1].parse().unwrap_or(0),
                text: row[2].clone(),
            };
            tables.tasks.entry(row[0].clone()).or_default().push(task);
        }
        for row in rows(folder, "Related Occupations.txt", 2)? {
            tables
                .related
                .entry(row[0].clone())
                .or_default()
                .push(row[1].clone());
        }
        for row in rows(folder, "Job Zones.txt", 2)? {
            tables
                .zones
                .insert(row[0].clone(), row[1].parse().unwrap_or(3));
        }
        Ok(tables)
    }
}

fn rows(folder: &Path, name: &str, columns: usize) -> Result<Vec<Vec<String>>, TableError> {
    let path = folder.join(name);
    let shown = path.display().to_string();
    let text = fs::read_to_string(&path).map_err(|source| TableError::Read {
        path: shown.clone(),
        source,
    })?;
    let body = text
        .lines()
        .enumerate()
        .skip(1)
        .filter(|(_, line)| !line.trim().is_empty());
    body.map(|(index, line)| {
        let row: Vec<String> = line
            .split('\t')
            .map(|cell| cell.trim().to_owned())
            .collect();
        if row.len() < columns {
            return Err(TableError::Columns {
                path: shown.clone(),
                line: index + 1,
                columns,
            });
        }
        Ok(row)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_missing_table() {
        let error = Tables::read(Path::new("no/such/folder"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("Task Statements.txt"), "{error}");
    }

    #[test]
    fn refuses_a_short_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("Job Zones.txt"),
            "Code\tZone\n15-1252.00\n",
        )
        .unwrap();
        let error = rows(folder.path(), "Job Zones.txt", 2).unwrap_err();
        assert!(matches!(
            error,
            TableError::Columns {
                line: 2,
                columns: 2,
                ..
            }
        ));
    }
}
