//! How much a document may cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds on what reading one document may take; beyond them it is named and left out.
///
/// The defaults hold for resumes: a few pages, at most a scanned image or two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the file. 32 MiB by default.
    pub input: usize,
    /// Bytes of one part after decompression. 64 MiB by default.
    pub unpacked: usize,
    /// Bytes of the text that comes out. 4 MiB by default.
    pub text: usize,
    /// Pages that are read; a document of more pages keeps these, with a warning. 100 by default.
    pub pages: usize,
    /// Elements or groups within each other. 512 by default.
    pub depth: usize,
    /// The time for one document, in a worker process. 20 s by default.
    pub time: Duration,
    /// Bytes of address space of a worker process (Linux only). 2 GiB by default.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input: 32 << 20,
            unpacked: 64 << 20,
            text: 4 << 20,
            pages: 100,
            depth: 512,
            time: Duration::from_secs(20),
            memory: 2 << 30,
        }
    }
}
