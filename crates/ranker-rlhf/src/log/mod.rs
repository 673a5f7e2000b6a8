//! What was shown and what people did with it, durably.

mod csv;
mod erase;
mod error;
mod event;
mod file;
mod ids;
mod impression;
mod jsonl;
mod judged;
mod read;
mod rows;
mod schema;
mod scrub;
mod sessions;
mod shown;
mod store;
mod training;
mod wire;

pub use erase::Erased;
pub use error::{EventError, LogError};
pub use event::{Action, Event, EventKind, Preference};
pub use ids::{EventId, JobId, RankingId, SourceId, Timestamp};
pub use impression::{Impression, Shown};
pub use judged::{JudgedJob, JudgedLists};
pub use read::{Events, Logged};
pub use rows::{SkipReason, Skipped};
pub use sessions::Sessions;
pub use shown::{Place, ShownList, ShownLists};
pub use store::{Appended, FeedbackLog};
pub use training::{Bounded, Capped, Training};
