//! Decisions that can be verified and made again.
//!
//! [`Ranker::decision_record`] makes a [`DecisionRecord`] of a ranking as it was served; [`Ranker::replay`] ranks again and
//! names what differs ([`Difference`]). `docs/AUDIT.md` says what is recorded, and what for.
//!
//! ```
//! use ranker::decision::{Circumstances, DecisionRecord, Showing};
//! use ranker::{Error, JobDescription, Ranker, Ranking};
//!
//! async fn served(ranker: &Ranker, ranking: &Ranking, secret: [u8; 32]) -> Result<DecisionRecord, Error> {
//!     // 32 bytes of chance, new for each record and kept nowhere; times are the caller's.
//!     let how = Circumstances::new().shown(Showing::new("recruiter-7", 1_790_000_000_000, 1..=10));
//!     let record = ranker.decision_record(ranking, &how, secret).map_err(Error::Record)?;
//!     println!("keep this elsewhere: {}", record.root());
//!     for difference in ranker.replay(&record, &how).await? {
//!         println!("{difference}");
//!     }
//!     Ok(record)
//! }
//! ```

mod check;
mod compare;
mod error;
mod forms;
mod hash;
mod machine;
mod make;
mod parts;
mod record;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use ranker_core::{JobDescription, JobReading, Ranking};

pub use compare::Difference;
pub use error::RecordError;
pub use parts::Part;
pub use record::{DecisionRecord, Verified};

use crate::error::Error;
use crate::ranker::Ranker;
use make::{Salts, Secret};
use parts::ShowingPart;

/// What a ranker does not know by itself of how a ranking came to be and was used.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Circumstances {
    engine: Option<String>,
    index: Option<(String, u64)>,
    showings: Vec<Showing>,
}

impl Circumstances {
    /// Nothing said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What ran the encoder, with its version: another one's sums differ in their last bits.
    #[must_use]
    pub fn engine(mut self, engine: impl Into<String>) -> Self {
        self.engine = Some(engine.into());
        self
    }

    /// Which index was searched, and which state of it: of a collection its name and the version of its snapshot.
    #[must_use]
    pub fn index(mut self, name: impl Into<String>, version: u64) -> Self {
        self.index = Some((name.into(), version));
        self
    }

    /// Adds that somebody was shown places of the ranking.
    #[must_use]
    pub fn shown(mut self, showing: Showing) -> Self {
        self.showings.push(showing);
        self
    }
}

/// That somebody was shown places of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Showing(ShowingPart);

impl Showing {
    /// Who was shown these places (from 1), and when, in milliseconds since 1970. It is data about the viewer, and can be
    /// erased as such ([`DecisionRecord::erase_viewer`]).
    #[must_use]
    pub fn new(viewer: impl Into<String>, at: u64, places: RangeInclusive<usize>) -> Self {
        Self(ShowingPart {
            salt: String::new(),
            viewer: viewer.into(),
            at,
            first: *places.start(),
            last: *places.end(),
        })
    }
}

impl DecisionRecord {
    /// The job that was ranked for, with its filter, read as it was then.
    ///
    /// # Errors
    ///
    /// [`RecordError::Unsound`] where it is none, as a blank text.
    pub fn job(&self) -> Result<JobDescription, RecordError> {
        let job = self.0.making()?.job.job();
        job.map_err(|error| check::unsound(format!("its job is none: {error}")))
    }

    /// How much of the job was read; `None` where this library has no such reading any more.
    #[must_use]
    pub fn job_reading(&self) -> Option<JobReading> {
        self.0.making.part.as_ref()?.job.reading()
    }

    /// How many places were asked for.
    #[must_use]
    pub fn top_k(&self) -> Option<usize> {
        Some(self.0.making.part.as_ref()?.settings.top_k)
    }

    /// In what a ranking made again differs from this record; nothing where the bytes of all that was not erased are
    /// the same.
    #[must_use]
    pub fn differences(&self, again: &Self) -> Vec<Difference> {
        compare::differences(self, again)
    }
}

/// The salts of a record that is there. One that was erased is not known, nor needed.
impl Salts for DecisionRecord {
    fn candidate(&self, place: usize) -> String {
        let slot = place
            .checked_sub(1)
            .and_then(|at| self.0.candidates.get(at));
        let part = slot.and_then(|slot| slot.part.as_ref());
        part.map(|part| part.salt.clone()).unwrap_or_default()
    }

    fn showing(&self, number: usize) -> String {
        let slot = number.checked_sub(1).and_then(|at| self.0.showings.get(at));
        let part = slot.and_then(|slot| slot.part.as_ref());
        part.map(|part| part.salt.clone()).unwrap_or_default()
    }
}

impl Ranker {
    /// A record of a ranking of this ranker as it was served: what it was made from, who stands where and why, and who was
    /// shown what. `secret` is 32 bytes of chance (from the operating system, say), new for each record and kept nowhere: what is
    /// erased of the record could otherwise be found by trying names.
    ///
    /// # Errors
    ///
    /// [`RecordError::UnknownModel`], [`RecordError::NoSuchPlaces`], [`RecordError::NotFinite`],
    /// [`RecordError::TooDeep`], [`RecordError::TooLong`].
    pub fn decision_record(
        &self,
        ranking: &Ranking,
        how: &Circumstances,
        secret: [u8; 32],
    ) -> Result<DecisionRecord, RecordError> {
        make::record(self.stages(), ranking, how, &Secret(secret))
    }

    /// Ranks again for the job of a record, with the profiles, the encoder and the model of now, and says in what it differs
    /// from the record: nothing where every byte that was not erased is the same.
    ///
    /// `how` gives engine and index of now; who was shown what is taken from the record. The ranking is this ranker's: build it with the
    /// record's [`DecisionRecord::top_k`] and [`DecisionRecord::job_reading`].
    ///
    /// # Errors
    ///
    /// Those of [`Self::rank`], and [`Error::Record`].
    pub async fn replay(
        &self,
        record: &DecisionRecord,
        how: &Circumstances,
    ) -> Result<Vec<Difference>, Error> {
        let job = record.job().map_err(Error::Record)?;
        let ranking = self.rank(&job).await?;
        let how = Circumstances {
            showings: Vec::new(),
            ..how.clone()
        };
        let again = make::record(self.stages(), &ranking, &how, record);
        Ok(record.differences(&again.map_err(Error::Record)?))
    }
}
