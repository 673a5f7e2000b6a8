//! Numbers as people write them.

use std::fmt;

/// At most three digits after the point, and no zeros at the end.
pub(crate) struct Short(pub(crate) f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:.3}", self.0);
        let short = digits.trim_end_matches('0').trim_end_matches('.');
        match short.strip_prefix('-') {
            Some("0") => f.write_str("0"),
            Some(size) => write!(f, "−{size}"),
            None => f.write_str(short),
        }
    }
}

/// With three digits after the point.
pub(crate) struct Fixed(pub(crate) f64);

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0.0 && !is_small(self.0) {
            "−"
        } else {
            ""
        };
        write!(f, "{sign}{:.3}", self.0.abs())
    }
}

/// With a sign and three digits after the point.
pub(crate) struct Signed(pub(crate) f64);

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_small(self.0) {
            return f.write_str("0.000");
        }
        let sign = if self.0 < 0.0 { "" } else { "+" };
        write!(f, "{sign}{}", Fixed(self.0))
    }
}

/// Whether three digits after the point show nothing.
pub(crate) fn is_small(number: f64) -> bool {
    number.abs() < 5e-4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let short = |x| Short(x).to_string();
        assert_eq!(
            [
                short(6.0),
                short(0.25),
                short(1234.5678),
                short(-0.0001),
                short(-2.5),
                short(100.0)
            ],
            ["6", "0.25", "1234.568", "0", "−2.5", "100"]
        );
        let signed = |x| Signed(x).to_string();
        assert_eq!(
            [signed(0.5), signed(-1.0), signed(-0.0001)],
            ["+0.500", "−1.000", "0.000"]
        );
    }
}
