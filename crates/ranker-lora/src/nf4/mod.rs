//! Weights in 4 bits: NF4 with double quantisation (Dettmers et al. 2023, "QLoRA",
//! <https://arxiv.org/abs/2305.14314>), in the numbers and the file form of bitsandbytes.

mod code;
mod file;
mod matrix;
#[cfg(test)]
mod tests;

pub use matrix::Nf4Matrix;
