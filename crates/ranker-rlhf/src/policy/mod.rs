//! Learning a policy: what is shown, how often, and what it earns.

mod adamw;
mod gradient;
mod pl_rank;
mod problem;

pub use gradient::{PolicyFit, PolicyGradient};
