//! How often each group is selected.

use std::collections::BTreeMap;
use std::sync::Arc;

use ranker_core::ScoreError;

use super::evidence::GroupedList;
use crate::off_policy::Target;

/// The fewest members of a group whose ratio is judged: of fewer it is chance.
pub(super) const LEAST_MEMBERS: usize = 20;

/// Of each group with enough members, its selection rate divided by the greatest: the impact ratio
/// of the four-fifths rule. A candidate is selected when among the first `k` of its list.
///
/// Empty where fewer than two groups have enough members: there is nobody to compare with.
pub(super) fn ratios(
    lists: &[GroupedList],
    target: &Target<'_>,
    k: usize,
) -> Result<BTreeMap<Arc<str>, f64>, ScoreError> {
    let mut counts: BTreeMap<Arc<str>, (usize, usize)> = BTreeMap::new();
    for list in lists {
        let scores = target.scores(list.features())?;
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        for (place, row) in order.into_iter().enumerate() {
            if let Some(group) = &list.groups()[row] {
                let (members, selected) = counts.entry(group.clone()).or_default();
                *members += 1;
                *selected += usize::from(place < k);
            }
        }
    }
    counts.retain(|_, (members, _)| *members >= LEAST_MEMBERS);
    let rate = |(members, selected): &(usize, usize)| *selected as f64 / *members as f64;
    let most = counts.values().map(rate).fold(0.0, f64::max);
    if counts.len() < 2 || most == 0.0 {
        return Ok(BTreeMap::new());
    }
    let ratios = counts
        .iter()
        .map(|(group, counts)| (group.clone(), rate(counts) / most));
    Ok(ratios.collect())
}
