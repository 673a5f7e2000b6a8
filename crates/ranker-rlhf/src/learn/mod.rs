//! Learners: what people preferred in, a scorer out.

mod best;
mod blend;
mod bradley_terry;
mod comparison;
pub(crate) mod dense;
mod dpo;
mod duels;
mod error;
mod folds;
mod held_out;
mod judged;
mod lbfgs;
mod learner;
mod mlp;
mod ndcg;
mod network;
mod newton;
mod objective;
mod pairwise;
mod ridge;
mod scaled;
mod standard;
mod table;

pub use best::Best;
pub use blend::Blend;
#[cfg(feature = "log")]
pub(crate) use bradley_terry::MOST_PAIRS;
pub use bradley_terry::{BradleyTerry, Fit, HeldOut, Pull};
pub use comparison::{Comparison, Outcome};
pub(crate) use dense::Matrix;
pub use dpo::{Dpo, DpoFit};
pub use error::LearnError;
pub(crate) use error::{check_setting, check_whole};
pub use judged::JudgedList;
pub use learner::Learner;
pub use mlp::Mlp;
pub(crate) use ndcg::of_rows as ndcg_of;
pub use pairwise::PairwiseLinear;
pub use ridge::Ridge;
pub(crate) use table::Table;
