//! Scores that mean the same for every job, and how sure they are.

mod apart;
mod calibrated;
mod calibrator;
mod error;
mod isotonic;
mod platt;

pub use apart::{Bands, Uncertainty};
pub use calibrated::Calibrated;
pub use calibrator::{Calibration, Calibrator, Judged, Method};
pub use error::CalibrationError;
