//! How far a policy's lists are from another's.

use rayon::prelude::*;

use ranker_core::ScoreError;

use crate::explore::{Walk, pick};
use crate::off_policy::LoggedList;
use crate::off_policy::Target;
use crate::random::Stream;

/// Lists sampled a logged one.
const SAMPLES: u64 = 4;

/// The most logged lists that are looked at, evenly spread: more would only take time.
const MOST_LISTS: usize = 2_000;

/// The mean divergence of the candidate's lists from the serving policy's, in nats a list; infinite
/// where it shows lists that the serving policy never shows.
///
/// The chain rule splits it into a divergence a position, which is known exactly once it is known
/// who is above; those above are sampled from the candidate.
pub(super) fn kl(
    lists: &[LoggedList],
    candidate: &Target<'_>,
    serving: &Target<'_>,
) -> Result<f64, ScoreError> {
    let every = lists.len().div_ceil(MOST_LISTS).max(1);
    let some: Vec<&LoggedList> = lists.iter().step_by(every).collect();
    let each = some.par_iter().enumerate().map(|(at, list)| {
        let scores = [candidate, serving].map(|target| target.scores(list.features()));
        let [candidate_scores, serving_scores] = scores;
        let from = candidate.policy().walk(&candidate_scores?);
        let to = serving.policy().walk(&serving_scores?);
        let one = |sample| {
            let mut stream = Stream::numbered(sample, [at as u64, 0]);
            sampled(from.clone(), to.clone(), (list.shown().len(), &mut stream))
        };
        Ok((0..SAMPLES).map(one).sum::<f64>() / SAMPLES as f64)
    });
    let each: Vec<f64> = each.collect::<Result<_, ScoreError>>()?;
    Ok((each.iter().sum::<f64>() / each.len().max(1) as f64).max(0.0))
}

fn sampled(mut from: Walk, mut to: Walk, (shown, stream): (usize, &mut Stream)) -> f64 {
    let mut sum = 0.0;
    for _ in 0..shown {
        let (p, q) = (from.chances(), to.chances());
        let terms = p.iter().zip(&q).filter(|(p, _)| **p > 0.0);
        sum += terms.map(|(p, q)| p * (p / q).ln()).sum::<f64>();
        if sum == f64::INFINITY {
            break;
        }
        let row = pick(&p, stream.unit());
        from.show(row);
        to.show(row);
    }
    sum
}
