//! Clicks are not judgements: who was looked at, and what a click then says.

mod additive;
mod chain;
mod error;
mod latent;
mod log;
mod logistic;
mod model;
mod position;
mod rates;
mod regression;
mod scaling;
mod select;
mod session;
mod sources;
mod training;

#[cfg(test)]
mod tests;

pub use error::ClickError;
pub use log::ClickLog;
pub use model::{ClickModel, ClickModelKind};
pub use select::{ClickModels, Decision, Selection, Tried};
pub use session::Session;
pub use training::Correction;
