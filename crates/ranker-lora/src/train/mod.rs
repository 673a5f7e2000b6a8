//! Training of an adapter or of a whole encoder: passes, gradients, steps.
//!
//! A batch is divided into chunks of neighbouring texts, packed without padding. One thread takes
//! a chunk through the whole encoder, so that its activations stay in the caches; the gradients of
//! the chunks are added up in their order, whatever the number of threads.

mod adamw;
mod adapted;
mod attention;
mod batch;
mod batch_pass;
mod builder;
mod checks;
mod chunk;
mod chunk_pass;
mod dora;
mod dropout;
mod error;
mod layer;
mod linear;
mod lists;
mod log;
mod lowrank;
mod model;
mod norm;
mod ordered;
mod output;
mod pairs;
mod parameters;
mod pass;
mod pool;
mod progress;
mod reference;
mod schedule;
mod settings;
mod start;
mod state;
mod step;
mod tables;
mod task;
#[cfg(test)]
mod tests;
mod tokens;
mod trainer;

pub(crate) use adapted::AdaptedModel;
pub use builder::TrainerBuilder;
pub use error::TrainError;
pub use lists::TokenList;
pub use log::{StepRecord, TrainingLog};
pub use pairs::{Pair, read_pairs};
pub use pass::Activations;
pub use progress::{Progress, Trained};
pub use schedule::Schedule;
pub use start::{Trainable, Tuned};
pub use task::{Anchor, Task, TokenPair};
pub use tokens::TextTokenizer;
pub use trainer::Trainer;
