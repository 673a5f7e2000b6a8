//! The conformance suite passes what is right and finds what is wrong.

mod conformance;
mod cross_encoder;
