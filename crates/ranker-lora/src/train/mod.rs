//! Training of an adapter: passes, gradients, steps.
//!
//! A batch is divided into chunks of neighbouring texts, packed without padding. One thread takes
//! a chunk through the whole encoder, so that its activations stay in the caches; the gradients of
//! the chunks are added up in their order, whatever the number of threads.

mod adamw;
mod attention;
mod builder;
mod chunk;
mod dropout;
mod error;
mod frozen;
mod layer;
mod linear;
mod log;
mod model;
mod ordered;
mod pairs;
mod parameters;
mod pool;
mod schedule;
mod state;
mod task;
#[cfg(test)]
mod tests;
mod tokens;
mod trainer;

pub use builder::TrainerBuilder;
pub use error::TrainError;
pub use log::{StepRecord, TrainingLog};
pub use model::Activations;
pub use pairs::{Pair, read_pairs};
pub use schedule::Schedule;
pub use task::{Anchor, Task, TokenPair};
pub use tokens::TextTokenizer;
pub use trainer::{Progress, Trained, Trainer};
