//! MaxSim, taken apart.

use ranker_core::TokenMatch;

use super::SegmentShare;
use super::side::Side;

/// The terms of MaxSim grouped by the job's places, and each group's greatest source.
/// `tokens` holds the similarities of all tokens: a row a token of the job.
pub(super) fn shares(job: &Side, profile: &Side, tokens: &[f32]) -> Vec<SegmentShare> {
    let rows = tokens.chunks_exact(profile.tokens.len().max(1));
    let best: Vec<TokenMatch> = rows.filter_map(TokenMatch::best_of).collect();
    let mut groups: Vec<Vec<TokenMatch>> = vec![Vec::new(); job.places.len()];
    for (&home, &found) in job.homes.iter().zip(&best) {
        groups[home].push(found);
    }
    let shares = job.places.iter().zip(groups);
    shares
        .filter(|(_, group)| !group.is_empty())
        .map(|(place, group)| {
            let (source, from_passage) = source(&group, profile);
            let share: f64 = group.iter().map(|found| f64::from(found.similarity)).sum();
            SegmentShare {
                requirement: place.clone(),
                share: (share / best.len() as f64) as f32,
                passage: profile.places[source].clone(),
                from_passage: (from_passage / best.len() as f64) as f32,
            }
        })
        .collect()
}

/// The place of the profile that the greatest sum comes from, the first of equals, and that sum.
fn source(group: &[TokenMatch], profile: &Side) -> (usize, f64) {
    let mut sums: Vec<Option<f64>> = vec![None; profile.places.len()];
    for found in group {
        let sum = &mut sums[profile.homes[found.token]];
        *sum = Some(sum.unwrap_or(0.0) + f64::from(found.similarity));
    }
    let sums = sums.into_iter().enumerate();
    sums.filter_map(|(place, sum)| Some((place, sum?)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
        .unwrap_or((0, 0.0))
}
