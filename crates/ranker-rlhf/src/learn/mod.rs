//! Learners: what people preferred in, a scorer out.

mod bradley_terry;
mod comparison;
pub(crate) mod dense;
mod error;
mod folds;
mod judged;
mod newton;
mod objective;
mod standard;

pub use bradley_terry::{BradleyTerry, Fit, HeldOut, Pull};
pub use comparison::{Comparison, Outcome};
pub use error::LearnError;
pub use judged::JudgedList;
