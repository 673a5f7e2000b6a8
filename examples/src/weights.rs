//! The weights to tune.

use std::path::Path;

use ranker::lora::Encoder;

use crate::{Outcome, say};

/// The original weights, or else those that an ONNX file of this project stands for.
///
/// # Errors
///
/// A folder that has neither, or a file that cannot be read.
pub fn read_weights(folder: &Path) -> Outcome<Encoder> {
    if folder.join("model.safetensors").exists() {
        return Ok(Encoder::read(folder)?);
    }
    let encoder = Encoder::read_onnx(folder)?;
    say(&format!(
        "{} has no model.safetensors: the base is what model.onnx stands for, rounded to 8 bits \
         where that file is",
        folder.display()
    ));
    Ok(encoder)
}
