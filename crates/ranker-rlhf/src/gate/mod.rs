//! Between learning and serving.

mod evidence;
mod impact;
mod judge;
mod kl;
mod ndcg;
mod verdict;

pub use evidence::{Evidence, GroupedList};
pub use judge::Gate;
pub use verdict::{NotPermitted, Numbers, Reason, Verdict};
