//! What was shown and what people did with it, durably.

mod error;
mod event;
mod file;
mod ids;
mod impression;
mod jsonl;
mod read;
mod store;
mod training;
mod wire;

pub use error::{EventError, LogError};
pub use event::{Action, Event, EventKind, Preference};
pub use ids::{EventId, JobId, RankingId, Timestamp};
pub use impression::{Impression, Shown};
pub use read::{Events, Logged};
pub use store::{Appended, FeedbackLog};
pub use training::{SkipReason, Skipped, Training};
