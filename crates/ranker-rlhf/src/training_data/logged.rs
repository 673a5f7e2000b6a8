//! Lists that were shown by chance, as off-policy evaluation takes them.

use crate::Place;
use crate::ShownList;
use crate::off_policy::{LoggedList, ShownRow};

/// What a candidate earns that was put on the shortlist, and one that was clicked or opened.
const SHORTLISTED: f64 = 1.0;
pub(super) const CLICKED: f64 = 0.2;

impl ShownList {
    /// The list with its chances and what it earned: 1 for a candidate put on the shortlist, 0.2 for
    /// one clicked or opened. `None` unless it is whole, with features, and every place has the chance
    /// with which it was filled.
    #[must_use]
    pub fn logged(&self) -> Option<LoggedList> {
        let features = self.features.clone()?;
        let row = |(at, place): (usize, &Place)| {
            let follows = usize::try_from(place.position) == Ok(at + 1);
            let propensity = place.propensity.filter(|_| follows)?;
            Some(ShownRow::new(at, propensity, reward(place)))
        };
        let rows: Option<Vec<ShownRow>> = self.places.iter().enumerate().map(row).collect();
        let logged = LoggedList::new(self.job.as_str(), features, rows?).ok()?;
        Some(match &self.source {
            Some(source) => logged.with_source(source.as_str()),
            None => logged,
        })
    }
}

fn reward(place: &Place) -> f64 {
    if place.shortlisted {
        SHORTLISTED
    } else if place.clicked || place.opened {
        CLICKED
    } else {
        0.0
    }
}
