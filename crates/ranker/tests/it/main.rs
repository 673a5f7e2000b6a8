//! The facade as its user sees it.

mod build;
mod fakes;
mod filters;
mod pipeline;
mod stages;
