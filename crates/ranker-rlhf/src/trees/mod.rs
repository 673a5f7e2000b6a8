//! Learning of gradient-boosted decision trees.

mod bins;
mod grow;
mod histogram;
mod lambdas;
mod mart;
mod split;

pub use mart::{Mart, MartProgress, Objective};
