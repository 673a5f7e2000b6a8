//! Ratios in words, gathered over the suites of one `cargo bench`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Ratios closer to 1 than this are called equal: medians of a few passes tell no more.
const EQUAL: f64 = 0.05;

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What of ours was timed.
    pub what: String,
    /// The peer or the limit.
    pub against: String,
    /// Whether `against` is a limit: work that ours cannot do without.
    pub limit: bool,
    /// Our time in times of the other; below 1, ours is faster.
    pub ratio: f64,
}

impl Row {
    /// Who wins, in words.
    #[must_use]
    pub fn verdict(&self) -> String {
        let ratio = self.ratio;
        if self.limit {
            format!("{ratio:.2} times the limit")
        } else if (ratio - 1.0).abs() < EQUAL {
            "as fast as the peer".to_owned()
        } else if ratio < 1.0 {
            format!("ours, {:.2} times as fast", 1.0 / ratio)
        } else {
            format!("the peer, {ratio:.2} times as fast")
        }
    }
}

/// The comparisons of one suite.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ratios {
    suite: String,
    /// Which `cargo bench` it belongs to.
    run: u32,
    rows: Vec<Row>,
}

impl Ratios {
    /// None yet, of the suite of this name.
    #[must_use]
    pub fn of(suite: &str) -> Self {
        Self {
            suite: suite.to_owned(),
            run: run(),
            rows: Vec::new(),
        }
    }

    /// Adds a comparison with a peer that does the same; both times in the same unit.
    pub fn peer(&mut self, what: &str, against: &str, [ours, theirs]: [f64; 2]) {
        self.rows.push(Row {
            what: what.to_owned(),
            against: against.to_owned(),
            limit: false,
            ratio: ours / theirs,
        });
    }

    /// Adds a comparison with work that ours cannot do without; both times in the same unit.
    pub fn limit(&mut self, what: &str, against: &str, [ours, limit]: [f64; 2]) {
        self.rows.push(Row {
            what: what.to_owned(),
            against: against.to_owned(),
            limit: true,
            ratio: ours / limit,
        });
    }

    /// The comparisons so far.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Prints them and keeps them, in `target/ratios/SUITE.json`, for the table at the end.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn close(self) -> io::Result<()> {
        print(&[&self]);
        let file = folder()?.join(format!("{}.json", self.suite));
        fs::write(file, serde_json::to_string_pretty(&self)? + "\n")
    }
}

/// Prints the ratios of all suites of this `cargo bench`.
///
/// # Errors
///
/// Files that cannot be read, or that no suite has written.
pub fn close_run() -> io::Result<()> {
    let mut all = Vec::new();
    for file in files()? {
        let ratios: Ratios = serde_json::from_str(&fs::read_to_string(file)?)?;
        if ratios.run == run() {
            all.push(ratios);
        }
    }
    println!("\nall ratios of this run; as JSON in target/ratios/\n");
    print(&all.iter().collect::<Vec<_>>());
    Ok(())
}

/// `ratios` in the folder that cargo builds in, of which the bench itself lies three deep
/// (`release/deps/NAME`).
fn folder() -> io::Result<PathBuf> {
    let bench = std::env::current_exe()?;
    let target = bench.ancestors().nth(3).unwrap_or(Path::new("."));
    let folder = target.join("ratios");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn files() -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder()?)? {
        files.push(entry?.path());
    }
    files.sort();
    Ok(files)
}

fn print(suites: &[&Ratios]) {
    let rows = || suites.iter().flat_map(|suite| &suite.rows);
    let width = |text: fn(&Row) -> &str| rows().map(|row| text(row).chars().count()).max();
    let what = width(|row| &row.what).unwrap_or(0).max("what".len());
    let against = width(|row| &row.against).unwrap_or(0).max("against".len());
    println!(
        "{:<9} {:<what$}  {:<against$}  result",
        "suite", "what", "against"
    );
    for suite in suites {
        for row in &suite.rows {
            let name = &suite.suite;
            println!(
                "{name:<9} {:<what$}  {:<against$}  {}",
                row.what,
                row.against,
                row.verdict()
            );
        }
    }
}

/// All suites of one `cargo bench` have cargo as their parent.
fn run() -> u32 {
    #[cfg(unix)]
    return std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    return 0;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_says_who_wins() {
        let mut ratios = Ratios::of("test");
        ratios.peer("a", "b", [1.0, 2.0]);
        ratios.peer("a", "b", [3.0, 2.0]);
        ratios.peer("a", "b", [2.0, 2.02]);
        ratios.limit("a", "b", [3.0, 2.0]);
        let verdicts: Vec<String> = ratios.rows.iter().map(Row::verdict).collect();
        let expected = [
            "ours, 2.00 times as fast",
            "the peer, 1.50 times as fast",
            "as fast as the peer",
            "1.50 times the limit",
        ];
        assert_eq!(verdicts, expected);
    }
}
