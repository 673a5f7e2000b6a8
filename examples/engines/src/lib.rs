//! What the programs of this folder share: the embedded store as a [`ranker_engines::Store`], and made-up
//! people.

mod embedded;
mod people;

pub use embedded::Embedded;
pub use people::{DIMENSION, job, person};

/// What a program returns.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;
