//! Between learning and serving.

mod evidence;
mod impact;
mod judge;
mod kl;
mod models;
mod ndcg;
mod verdict;

pub use evidence::{Evidence, GroupedList};
pub use judge::Gate;
pub use models::{Models, ModelsError};
pub use verdict::{Numbers, Reason, Verdict};
