//! What another policy would have earned on the lists that were logged.

mod error;
mod estimate;
mod estimator;
mod evaluate;
mod interval;
mod list;
mod regression;
mod replay;
mod target;

pub use error::OffPolicyError;
pub use estimate::Estimate;
pub use estimator::Estimator;
pub(crate) use evaluate::Values;
pub use evaluate::{OffPolicy, Unit};
pub use list::{LoggedList, ShownRow};
pub use target::Target;
