//! What was measured, kept in a file: what is there is not measured again.

use std::collections::BTreeMap;
use std::path::Path;

use ranker_examples::{Outcome, say};
use serde::{Deserialize, Serialize};

/// What the vectors are: figures of others do not belong beside these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Data {
    pub(crate) dim: usize,
    pub(crate) seed: u64,
    pub(crate) queries: usize,
}

/// What building took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Built {
    pub(crate) build_wall_s: f64,
    /// Of that, once the last vector had come.
    pub(crate) after_last_s: f64,
    pub(crate) build_cpu_s: Option<f64>,
    /// The most memory that the process held, a few vectors on their way among it.
    pub(crate) peak_mb: Option<f64>,
    pub(crate) file_mb: f64,
}

/// What searching took, of an index that was opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Searched {
    pub(crate) open_s: f64,
    /// What the process holds once all queries were asked one by one.
    pub(crate) rss_mb: Option<f64>,
    pub(crate) recall: f64,
    /// Each query for the first time, on one thread: vectors may have to come from the disk.
    pub(crate) first: Pace,
    /// The same queries again, on one thread.
    pub(crate) one_thread: Pace,
    /// The same on all threads.
    pub(crate) all_threads: Pace,
    pub(crate) threads: usize,
    /// A query of all in one call, on one thread and on all.
    pub(crate) batch_us: [f64; 2],
    /// The stages of a search.
    pub(crate) plan: String,
}

/// Microseconds of one query: half take no longer than the first figure, one in a hundred longer than
/// the second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pace {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
}

/// One size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) built: Option<Built>,
    pub(crate) searched: Option<Searched>,
}

/// All sizes so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) data: Data,
    pub(crate) sizes: BTreeMap<usize, Size>,
}

impl Record {
    /// What a file holds; nothing yet where there is none.
    pub(crate) fn read(path: &Path, data: Data) -> Outcome<Self> {
        if !path.exists() {
            return Ok(Self {
                data,
                sizes: BTreeMap::new(),
            });
        }
        let record: Self = serde_json::from_slice(&std::fs::read(path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        match record.data == data {
            true => Ok(record),
            false => Err(format!(
                "{} tells of {:?}, not of {data:?}: choose another --json",
                path.display(),
                record.data
            )
            .into()),
        }
    }

    /// Whole or not at all: what stands there took long to measure.
    pub(crate) fn write(&self, path: &Path) -> Outcome<()> {
        let text = serde_json::to_string_pretty(self)?;
        let unfinished = path.with_extension("new");
        std::fs::write(&unfinished, format!("{text}\n"))?;
        Ok(std::fs::rename(unfinished, path)?)
    }
}

impl Built {
    /// A line of it.
    pub(crate) fn tell(&self, n: usize) {
        say(&format!(
            "{n:>10}  built in {:.2} s ({:.2} s after the last vector), {:.2} s of CPU; \
             peak {} MB; file {:.0} MB",
            self.build_wall_s,
            self.after_last_s,
            self.build_cpu_s.unwrap_or(f64::NAN),
            whole(self.peak_mb),
            self.file_mb
        ));
    }
}

impl Searched {
    /// A line of it.
    pub(crate) fn tell(&self, n: usize) {
        let pace = |pace: Pace| format!("{:.0} / {:.0}", pace.p50_us, pace.p99_us);
        say(&format!(
            "{n:>10}  opened in {:.3} s; {} MB; recall {:.4}; p50 / p99 in µs: first {}, 1 thread {}, \
             {} threads {}; in a batch {:.1} and {:.1}; {}",
            self.open_s,
            whole(self.rss_mb),
            self.recall,
            pace(self.first),
            pace(self.one_thread),
            self.threads,
            pace(self.all_threads),
            self.batch_us[0],
            self.batch_us[1],
            self.plan
        ));
    }
}

fn whole(figure: Option<f64>) -> String {
    figure.map_or_else(|| "?".into(), |x| format!("{x:.0}"))
}
