//! Checks of settings.

use ranker_core::ValueError;

/// A number from 0 to 1.
pub(crate) fn share<T: Copy + Into<f64>>(what: &'static str, number: T) -> Result<T, ValueError> {
    let (value, min, max) = (number.into(), 0.0, 1.0);
    if (min..=max).contains(&value) {
        Ok(number)
    } else {
        Err(ValueError::OutOfRange {
            what,
            value,
            min,
            max,
        })
    }
}
