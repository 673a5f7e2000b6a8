//! Whether what an account points at is what the score rests on.
//!
//! An attribution gives each segment of a text a number: how much of the score comes from it. It is *faithful* when the
//! score falls where the segments with the greatest numbers are taken away, and stays where they alone are kept. This
//! module says which shortened texts are to be scored ([`Plan::kept`]) and what follows from their scores
//! ([`Plan::measured`]); who scores them is the caller: best the ranker itself, with its encoder really run.
//!
//! Every number needs one beside it of segments by chance: as many ([`chance`]), and as much text ([`Plan::as_long`]),
//! since long segments hold more of everything. [`passes`] is the gate that we hold our own attributions to.
//!
//! ```
//! use ranker_xai::faithfulness::{Plan, order};
//!
//! // Four segments; the score is what their numbers add up to.
//! let worth = [0.1, 0.6, 0.0, 0.3];
//! let score = |kept: &[bool]| -> f64 {
//!     worth.iter().zip(kept).filter(|(_, kept)| **kept).map(|(worth, _)| worth).sum()
//! };
//! let plan = Plan::new(&order(&worth)).expect("two segments or more");
//! let scores: Vec<f64> = plan.kept().iter().map(|kept| score(kept)).collect();
//! let measured = plan.measured(1.0, &scores).expect("a score a text");
//! // One segment at 1 to 20 %, two at 50 %: (4 · 0.6 + 0.9) / 5.
//! assert!((measured.comprehensiveness - 0.66).abs() < 1e-12);
//! ```

mod plan;
mod rank;

pub use plan::{Faithfulness, Plan, SHARES, passes};
pub use rank::{chance, kendall_tau, order};
