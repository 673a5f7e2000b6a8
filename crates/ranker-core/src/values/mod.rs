//! The values that stages exchange, each checked in its constructor.

pub(crate) mod assessment;
pub(crate) mod because;
pub(crate) mod candidate;
mod cuts;
pub(crate) mod embedding;
pub(crate) mod error;
pub(crate) mod expansion;
pub(crate) mod explanation;
pub(crate) mod facts;
pub(crate) mod features;
pub(crate) mod filter;
pub(crate) mod hit;
pub(crate) mod id;
pub(crate) mod job;
pub(crate) mod profile;
pub(crate) mod query;
pub(crate) mod ranking;
pub(crate) mod reading;
pub(crate) mod score;
pub(crate) mod sparse;
pub(crate) mod text;
pub(crate) mod tokens;
