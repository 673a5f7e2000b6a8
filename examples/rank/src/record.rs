//! The decision on record, and ranked again.

use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use pollster::block_on;
use ranker::decision::{Circumstances, DecisionRecord, Showing, Verified};
use ranker::{Ranker, Ranking};
use ranker_examples::{Outcome, say};

use crate::Ended;
use crate::pool::Pool;

/// Records a ranking as it is shown.
pub(crate) fn write(
    path: &Path,
    viewer: Option<&str>,
    (ranker, ranking, pool): (&Ranker, &Ranking, &Pool),
) -> Outcome {
    let mut how = circumstances(pool);
    if let (Some(viewer), false) = (viewer, ranking.is_empty()) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        how = how.shown(Showing::new(viewer, now.try_into()?, 1..=ranking.len()));
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    let record = ranker.decision_record(ranking, &how, secret)?;
    record.write(path)?;
    say(&format!(
        "recorded: {}, root {}: whoever keeps the root elsewhere notices every change",
        path.display(),
        record.root()
    ));
    Ok(())
}

/// What runs the encoder, and which state of the collection is searched.
fn circumstances(pool: &Pool) -> Circumstances {
    let name = pool.folder.parent().and_then(Path::file_name);
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    let version = pool.collection.snapshot().version();
    let engine = pool.encoder.inner().backend();
    Circumstances::new().engine(engine).index(name, version)
}

/// Ranks again, and says in what that differs from the record.
pub(crate) fn replay(ranker: &Ranker, pool: &Pool, record: &DecisionRecord) -> Outcome<Ended> {
    let verified = record.verify()?;
    let differences = block_on(ranker.replay(record, &circumstances(pool)))?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", told(&verified))?;
    if differences.is_empty() {
        writeln!(out, "ranked again: the same, to the byte")?;
        return Ok(Ended::Ranked(0));
    }
    writeln!(out, "ranked again, it differs:")?;
    for difference in &differences {
        writeln!(out, "  {difference}")?;
    }
    Ok(Ended::Differs)
}

fn told(verified: &Verified) -> String {
    let Verified { root, places, .. } = verified;
    let erased: Vec<String> = verified.erased.iter().map(ToString::to_string).collect();
    let erased = match erased.is_empty() {
        true => String::new(),
        false => format!("; erased: {}", erased.join(", ")),
    };
    format!("the record holds: {places} places, root {root}{erased}")
}
