//! Facts that texts state, as of today.

use std::time::{SystemTime, UNIX_EPOCH};

use ranker::fact_finder;
use ranker::ingest::{FactFinder, Month};

use crate::Outcome;

/// Reads facts from texts, and says which requirements they meet; "present" is this month.
///
/// # Errors
///
/// A clock before 1970.
pub fn finder_of_today() -> Outcome<FactFinder> {
    Ok(fact_finder(today()?))
}

/// The month for which "present" stands.
fn today() -> Outcome<Month> {
    let days = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400;
    let (year, month) = civil(days);
    Ok(Month::new(year, month)?)
}

/// Year and month of a day since 1970 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: u64) -> (u32, u32) {
    let days = days + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year as u32, month as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_fall_into_their_months() {
        for (days, expected) in [
            (0, (1970, 1)),
            (58, (1970, 2)),
            (59, (1970, 3)),
            (11_016, (2000, 2)),
            (20_786, (2026, 11)),
        ] {
            assert_eq!(civil(days), expected, "{days}");
        }
    }
}
