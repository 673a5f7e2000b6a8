//! Learners: what people preferred in, a scorer out.

mod bradley_terry;
mod comparison;
mod dense;
mod dpo;
mod error;
mod folds;
mod judged;
mod newton;
mod objective;
mod standard;

pub use bradley_terry::{BradleyTerry, Fit, HeldOut, Pull};
pub use comparison::{Comparison, Outcome};
pub(crate) use dense::Matrix;
pub use dpo::{Dpo, DpoFit};
pub use error::LearnError;
pub use judged::JudgedList;
