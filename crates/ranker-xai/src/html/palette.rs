//! One colour a feature, on the whole page.

use std::collections::BTreeMap;

use ranker_core::Explanation;

/// The features that have a colour of their own, those with the greatest parts first.
pub(super) struct Palette<'a>(Vec<&'a str>);

impl<'a> Palette<'a> {
    const COLOURS: usize = 8;

    pub(super) fn new(explanations: &[&'a Explanation]) -> Self {
        let mut sizes: BTreeMap<&str, f64> = BTreeMap::new();
        for part in explanations.iter().flat_map(|e| e.parts()) {
            *sizes.entry(&part.feature).or_default() += part.contribution.abs();
        }
        let mut sizes: Vec<(&str, f64)> = sizes.into_iter().filter(|(_, s)| *s > 0.0).collect();
        sizes.sort_by(|a, b| b.1.total_cmp(&a.1));
        sizes.truncate(Self::COLOURS);
        Self(sizes.into_iter().map(|(feature, _)| feature).collect())
    }

    /// The features, in the order of their colours.
    pub(super) fn features(&self) -> &[&'a str] {
        &self.0
    }

    /// The number of the feature's colour; the last is everybody else's.
    pub(super) fn colour(&self, feature: &str) -> usize {
        let known = self.0.iter().position(|known| *known == feature);
        known.unwrap_or(Self::COLOURS)
    }
}
