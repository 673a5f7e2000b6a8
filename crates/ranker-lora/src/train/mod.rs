//! Training of an adapter, for an encoder or a decoder, or of a whole encoder: passes, gradients, steps.
//! What the two architectures do not share is behind one trait (`architecture.rs`).
//!
//! A batch is divided into chunks of neighbouring texts, packed without padding. One thread takes
//! a chunk through the whole model, so that its activations stay in the caches; the gradients of
//! the chunks are added up in their order, whatever the number of threads.

mod adamw;
mod adapted;
mod architecture;
mod attention;
mod batch;
mod batch_pass;
mod builder;
mod checks;
mod chunk;
mod chunk_pass;
mod decoder;
mod dora;
mod dropout;
mod encoder;
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
pub use decoder::{TrainingMemory, TrainingPlan};
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
