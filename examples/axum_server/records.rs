//! Records of the decisions that pages showed, and what erases a person from them and from all else.

use std::path::PathBuf;
use std::sync::PoisonError;

use ranker::core::CandidateId;
use ranker::decision::{Circumstances, DecisionRecord, RecordError, Showing};
use ranker::rlhf::SourceId;

use crate::error::ApiError;
use crate::fault::What;
use crate::service::{GivenOut, Service, now};
use crate::wire::EraseResponse;

impl Service {
    /// Keeps a record of a ranking as it was shown to somebody. Waits for the disk.
    pub(crate) fn record_decision(
        &self,
        out: &GivenOut,
        viewer: &SourceId,
    ) -> Result<(), ApiError> {
        let places = out.ranking.len();
        let at = u64::try_from(now().as_millis()).unwrap_or_default();
        let mut how = Circumstances::new()
            .engine(&self.engine)
            .index("collection", self.collection.snapshot().version());
        if places > 0 {
            how = how.shown(Showing::new(viewer.as_str(), at, 1..=places));
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| ApiError::internal(error.to_string()))?;
        let record = self.ranker.decision_record(&out.ranking, &how, secret)?;
        Ok(record.write(self.record_file(&out.id)?)?)
    }

    /// The file of a ranking's record. Ids are made here; what a request names may be anything.
    pub(crate) fn record_file(&self, ranking: &str) -> Result<PathBuf, ApiError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        match !ranking.is_empty() && ranking.chars().all(plain) {
            true => Ok(self.records.join(format!("{ranking}.json"))),
            false => Err(ApiError::unknown(What::Record)),
        }
    }

    /// Erases a person wherever this service holds something. Waits for the disk.
    pub(crate) fn erase(&self, id: &CandidateId) -> Result<EraseResponse, ApiError> {
        let held = self.collection.held(id)?;
        let mut token_vectors = usize::from(held.tokens.is_some());
        if let Some(profile) = &held.profile {
            token_vectors += self.embedder.forget(&[&profile.full_text()]);
        }
        // What was encoded of the profile without the words that it copied from a job is kept under a text
        // that nobody knows any more.
        self.embedder.clear();
        let files = self.collection.erase(std::slice::from_ref(id))?.files;
        let erased = self.log.erase(id)?;
        self.recent.clear();
        self.history.clear();
        // It was learned from what is erased.
        *self.proposal.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(EraseResponse {
            profile: held.profile.is_some(),
            events_deleted: erased.deleted,
            events_changed: erased.changed,
            token_vectors,
            files_rewritten: files.len(),
            records_changed: self.erase_from_records(id)?,
        })
    }

    /// Erases a person from the records of decisions: their hashes and roots stay.
    fn erase_from_records(&self, id: &CandidateId) -> Result<usize, ApiError> {
        let mut changed = 0;
        for entry in std::fs::read_dir(&self.records)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                // What is left of a write that never ended.
                std::fs::remove_file(path)?;
                continue;
            }
            let mut record = DecisionRecord::read(&path)?;
            match record.erase(id) {
                Ok(_) => {
                    record.write(&path)?;
                    changed += 1;
                }
                Err(RecordError::NoSuchCandidate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(changed)
    }
}
