//! Checks of settings.

use ranker_core::ValueError;

/// A number from 0 to 1.
pub(crate) fn share(what: &'static str, value: f64) -> Result<f64, ValueError> {
    let (min, max) = (0.0, 1.0);
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(ValueError::OutOfRange {
            what,
            value,
            min,
            max,
        })
    }
}
