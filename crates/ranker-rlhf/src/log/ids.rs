//! Who and when.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ranker_core::{JobDescription, JobReading};

use super::error::EventError;

/// The longest id, in bytes of UTF-8.
const MOST_BYTES: usize = 512;

fn checked(what: &'static str, id: String) -> Result<Arc<str>, EventError> {
    let allowed =
        !id.trim().is_empty() && id.len() <= MOST_BYTES && !id.chars().any(char::is_control);
    if allowed {
        Ok(id.into())
    } else {
        let id = id.chars().take(40).collect();
        Err(EventError::Id { what, id })
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and wraps an id: 1 to 512 bytes of text without control characters.
            ///
            /// # Errors
            ///
            /// [`EventError::Id`].
            pub fn new(id: impl Into<String>) -> Result<Self, EventError> {
                checked($what, id.into()).map(Self)
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

id!(
    /// One event. The caller chooses it, so that an event sent twice is stored once.
    EventId,
    "event"
);
id!(
    /// One ranking as it was shown to one person.
    RankingId,
    "ranking"
);
id!(
    /// Who acted: a recruiter, a client, an account. Not a candidate.
    SourceId,
    "source"
);
id!(
    /// One job, in the caller's store; or [`JobId::of`] its description.
    JobId,
    "job"
);

impl JobId {
    /// A hash of the job's title and text, for callers whose jobs have no ids.
    #[must_use]
    pub fn of(job: &JobDescription) -> Self {
        // How much of it is read changes nothing.
        let job = job.clone().read_as(JobReading::Whole);
        let mut hasher = blake3::Hasher::new();
        for part in [job.title(), job.plain_text()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(format!("job-{}", &hasher.finalize().to_hex()[..32]).into())
    }
}

/// A moment, in milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// That many milliseconds after 1970-01-01 00:00 UTC; before it, if negative.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01 00:00 UTC.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0
    }
}

impl From<SystemTime> for Timestamp {
    /// Whole milliseconds; moments beyond 292 million years are held at that bound.
    fn from(time: SystemTime) -> Self {
        let bounded = |millis: u128| i64::try_from(millis).unwrap_or(i64::MAX);
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => bounded(after.as_millis()),
            Err(before) => -bounded(before.duration().as_millis()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ids_are_plain_text() {
        for bad in ["", " ", "a\nb", &"x".repeat(513)] {
            assert!(matches!(
                JobId::new(bad),
                Err(EventError::Id { what: "job", .. })
            ));
        }
        assert_eq!(EventId::new("Zoë 7").unwrap().as_str(), "Zoë 7");
    }

    #[test]
    fn a_job_is_known_by_its_words() {
        let job = |title: &str, text: &str| {
            JobId::of(&JobDescription::new(text).unwrap().with_title(title))
        };
        assert_eq!(job("nurse", "night shift"), job("nurse", "night shift"));
        assert_ne!(job("nurse", "night shift"), job("nurse night", "shift"));
        assert_eq!(job("a", "b").as_str().len(), 36);
    }

    #[test]
    fn time_counts_from_1970() {
        let after = UNIX_EPOCH + Duration::from_millis(1500);
        assert_eq!(Timestamp::from(after).as_millis(), 1500);
        let before = UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(Timestamp::from(before).as_millis(), -1500);
    }
}
