//! What several tests need.

use std::ops::Range;
use std::sync::Arc;

use ranker_core::{CandidateId, Direction, FeatureSchema, FeatureSpec};
use ranker_rlhf::{
    Event, EventId, EventKind, FeedbackLog, Impression, JobId, Outcome, Preference, RankingId,
    Shown, SourceId, Timestamp,
};
use tempfile::TempDir;

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in a range.
    pub(crate) fn within(&mut self, range: Range<f64>) -> f64 {
        let unit = (self.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        range.start + (range.end - range.start) * unit
    }
}

/// Features `f0`, `f1` ..., from -5 to 5, with these directions.
pub(crate) fn schema(directions: &[Direction]) -> Arc<FeatureSchema> {
    let spec = |(at, &direction): (usize, &Direction)| {
        FeatureSpec::new(format!("f{at}"), "a test's", -5.0..=5.0).with_direction(direction)
    };
    let columns = directions.iter().enumerate().map(spec).collect();
    Arc::new(FeatureSchema::new(columns).unwrap())
}

pub(crate) fn who(id: &str) -> CandidateId {
    CandidateId::new(id).unwrap()
}

pub(crate) fn job(id: &str) -> JobId {
    JobId::new(id).unwrap()
}

pub(crate) fn ranking(id: &str) -> RankingId {
    RankingId::new(id).unwrap()
}

pub(crate) fn source(id: &str) -> SourceId {
    SourceId::new(id).unwrap()
}

pub(crate) fn event(id: &str, kind: EventKind) -> Event {
    let at = Timestamp::from_millis(1_700_000_000_000);
    Event::new(EventId::new(id).unwrap(), at, kind)
}

/// A ranking of these candidates with one row of features each.
pub(crate) fn impression(of: &str, names: &[&str], rows: &[(&str, &[f32])]) -> EventKind {
    let shown = rows.iter().zip(1..);
    let shown = shown
        .map(|((id, _), position)| Shown::new(who(id), position))
        .collect();
    let impression = Impression::new(ranking("r"), job(of), "model", shown).unwrap();
    let names = names.iter().map(|&name| name.to_owned()).collect();
    let rows = rows.iter().map(|(_, row)| row.to_vec()).collect();
    EventKind::Impression(impression.with_features(names, rows).unwrap())
}

/// A log in a folder of its own.
pub(crate) fn new_log() -> (TempDir, FeedbackLog) {
    let folder = tempfile::tempdir().unwrap();
    let log = FeedbackLog::open(folder.path().join("feedback.db")).unwrap();
    (folder, log)
}

pub(crate) fn preferred(of: &str, better: &str, worse: &str) -> EventKind {
    let preference = Preference::new(job(of), who(better), who(worse), Outcome::Preferred);
    EventKind::Preference(preference.unwrap())
}

pub(crate) fn graded(of: &str, candidate: &str, grade: i32) -> EventKind {
    EventKind::Grade {
        job: job(of),
        candidate: who(candidate),
        grade,
    }
}

/// An error and its causes, a line each.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(|error| format!("{error}\n")).collect()
}
