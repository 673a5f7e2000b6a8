//! The options of the commands that make an encoder's folder.

use std::error::Error;
use std::path::PathBuf;

use ranker_lora::Precision;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a command that makes a folder is told.
pub(crate) struct Options {
    /// Where the originals lie; fetched by default.
    pub(crate) weights: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) precision: Precision,
}

impl Options {
    pub(crate) fn parse(args: &[String], usage: &'static str) -> Outcome<Self> {
        let mut options = Self {
            weights: None,
            out: None,
            precision: Precision::Int8,
        };
        for pair in args.chunks(2) {
            let [name, value] = pair else {
                return Err(usage.into());
            };
            match (&name[..], &value[..]) {
                ("--weights", folder) => options.weights = Some(folder.into()),
                ("--out", folder) => options.out = Some(folder.into()),
                ("--precision", "int8") => options.precision = Precision::Int8,
                ("--precision", "fp32") => options.precision = Precision::Float32,
                _ => return Err(usage.into()),
            }
        }
        Ok(options)
    }
}
