//! Size and measured recall of a quantized index.

use super::measured::Measured;
use super::snapshot::Snapshot;
use crate::kernels::kernels;

/// How large a [`super::QuantizedIndex`] is, and how exact it measured itself to be.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct QuantizedStats {
    /// Candidates indexed.
    pub len: usize,
    /// Rows that were removed or replaced, and still take memory.
    pub removed: usize,
    /// Bytes of vectors and codes in memory, without ids, facts and profiles.
    pub bytes: usize,
    /// The instruction set in use: `avx512`, `avx2`, `neon` or `portable`.
    pub instructions: &'static str,
    /// The last measurement; `None` while the index is so small that it searches exactly.
    pub measured: Option<MeasuredRecall>,
}

/// What a measurement on the collection found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MeasuredRecall {
    /// Rows that were searched.
    pub rows: usize,
    /// Queries used.
    pub queries: usize,
    /// One step for each measured `k`, ascending. Between two, the greater counts.
    pub steps: Vec<RecallStep>,
}

/// The widths that a `k` needs, and what they find.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RecallStep {
    /// Hits requested.
    pub k: usize,
    /// Rows that signs alone must leave.
    pub near: usize,
    /// Hamming distance beyond what a score predicts that a batch must let pass.
    pub slack: usize,
    /// Candidates that the 1-bit codes must leave; [`usize::MAX`] where they are not to be used.
    pub candidates: usize,
    /// Candidates that the int8 codes must leave.
    pub rescored: usize,
    /// The share of the true best `k` of the sample found with these widths.
    pub recall: f64,
}

pub(super) fn of(snapshot: &Snapshot) -> QuantizedStats {
    let segments = snapshot.segments();
    let rows: usize = segments.iter().map(|one| one.block.len()).sum();
    QuantizedStats {
        len: snapshot.candidates(),
        removed: rows + snapshot.head.taken() - snapshot.len(),
        bytes: segments.iter().map(|one| one.memory()).sum(),
        instructions: kernels().name(),
        measured: snapshot.measured.as_deref().map(recall),
    }
}

fn recall(measured: &Measured) -> MeasuredRecall {
    let steps = measured.ladder.iter().map(|widths| RecallStep {
        k: widths.k,
        near: widths.near,
        slack: widths.slack,
        candidates: widths.candidates,
        rescored: widths.rescored,
        recall: widths.recall,
    });
    MeasuredRecall {
        rows: measured.rows,
        queries: measured.queries,
        steps: steps.collect(),
    }
}
