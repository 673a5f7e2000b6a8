//! PL-Rank: the gradient of a Plackett-Luce policy's expected reward from sampled lists.

use crate::random::Stream;

/// The most by which log-odds in one list are told apart: `e^-600` is not 0 yet.
const MOST_SPREAD: f64 = 600.0;

/// One list as PL-Rank sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    /// The policy's log-odds of each candidate.
    pub(super) odds: &'a [f64],
    /// The reference policy's.
    pub(super) reference: &'a [f64],
    /// What each candidate is worth at a position of weight 1.
    pub(super) gains: &'a [f64],
    /// The weight of each position; lists end with the last.
    pub(super) discounts: &'a [f64],
    /// The price of a nat of KL.
    pub(super) beta: f64,
}

/// What one or several sampled lists say.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sampled {
    /// The reward, `Σ_k θ_k ρ_{y_k}`.
    pub(super) reward: f64,
    /// The divergence of the policy's lists from the reference's, in nats.
    pub(super) kl: f64,
    /// The derivative of `reward - beta · kl` by each candidate's log-odds.
    pub(super) gradient: Vec<f64>,
}

impl Task<'_> {
    /// The mean over `samples` lists.
    pub(super) fn sample(&self, samples: usize, stream: &mut Stream) -> Sampled {
        let mut mean = Sampled {
            reward: 0.0,
            kl: 0.0,
            gradient: vec![0.0; self.odds.len()],
        };
        let exp = [self.odds, self.reference].map(Odds::of);
        for _ in 0..samples {
            let order = self.gumbel_top_k(stream);
            self.add(&mut mean, &order, &exp);
        }
        let share = 1.0 / samples as f64;
        mean.reward *= share;
        mean.kl *= share;
        mean.gradient.iter_mut().for_each(|g| *g *= share);
        mean
    }

    /// A list drawn without replacement: the order of the log-odds with Gumbel noise.
    fn gumbel_top_k(&self, stream: &mut Stream) -> Vec<usize> {
        let noisy: Vec<f64> = self.odds.iter().map(|m| m + stream.gumbel()).collect();
        let mut order: Vec<usize> = (0..noisy.len()).collect();
        let first = |a: &usize, b: &usize| noisy[*b].total_cmp(&noisy[*a]);
        let shown = self.discounts.len().min(order.len());
        if shown < order.len() {
            order.select_nth_unstable_by(shown, first);
            order.truncate(shown);
        }
        order.sort_by(first);
        order
    }

    /// Adds what one list says, in `O(D + K)` for D candidates and K positions.
    ///
    /// The reward's part is PL-Rank-3 (Oosterhuis, Learning-to-Rank at the Speed of Sampling, 2022):
    /// with the rewards from position k on `PR_k`,
    /// `∂R/∂m_d = PR_{rank(d)+1} + Σ_{k ≤ rank(d)} π_k(d) (θ_k ρ_d - PR_k)`, and the sums over k are
    /// shared by all candidates, as `π_k(d) = e^{m_d} / S_k`. The KL's part is derived the same way:
    /// its term of position k, given who is above, is known exactly; the later terms take the
    /// place of later rewards.
    fn add(&self, sum: &mut Sampled, order: &[usize], odds: &[Odds; 2]) {
        let shown = order.len();
        let rank = ranks(order, self.odds.len());
        let mut left = Left::unshown(&rank, odds);
        let mut steps = vec![Step::default(); shown];
        let (mut reward, mut kl) = (0.0, 0.0);
        for (k, &row) in order.iter().enumerate().rev() {
            left.take(row, odds);
            let gain = self.discounts[k] * self.gains[row];
            // What the later positions earn, less what they cost.
            let to_come = reward - self.beta * kl;
            let shift = left.odds.ln() - left.reference.ln();
            let here = left.moved / left.odds - shift;
            reward += gain;
            kl += here;
            steps[k] = Step {
                inverse: 1.0 / left.odds,
                discount: self.discounts[k] / left.odds,
                drawn: (to_come + gain - self.beta * (shift + here)) / left.odds,
                to_come,
            };
        }
        sum.reward += reward;
        sum.kl += kl;
        let sums = Step::running(&steps);
        for (row, gradient) in sum.gradient.iter_mut().enumerate() {
            let last = rank[row].min(shown.wrapping_sub(1));
            let Some(step) = sums.get(last) else { continue };
            let moved = moved(odds, row);
            let chances =
                self.gains[row] * step.discount - step.drawn - self.beta * moved * step.inverse;
            *gradient += odds[0].odds[row] * chances;
            if rank[row] < shown {
                *gradient += steps[rank[row]].to_come;
            }
        }
    }
}

/// Sums over the candidates that are left at a position.
struct Left {
    odds: f64,
    reference: f64,
    /// Of the odds times how far the log-odds moved from the reference's.
    moved: f64,
}

impl Left {
    fn unshown(rank: &[usize], odds: &[Odds; 2]) -> Self {
        let mut left = Self {
            odds: 0.0,
            reference: 0.0,
            moved: 0.0,
        };
        let unshown = (0..rank.len()).filter(|&row| rank[row] == usize::MAX);
        unshown.for_each(|row| left.take(row, odds));
        left
    }

    /// Sums run from the end of the list: they only grow, so nothing cancels.
    fn take(&mut self, row: usize, odds: &[Odds; 2]) {
        self.odds += odds[0].odds[row];
        self.reference += odds[1].odds[row];
        self.moved += odds[0].odds[row] * moved(odds, row);
    }
}

/// How far a candidate's log-odds moved from the reference's.
fn moved([odds, reference]: &[Odds; 2], row: usize) -> f64 {
    odds.log[row] - reference.log[row]
}

#[derive(Debug, Clone, Default)]
struct Step {
    inverse: f64,
    discount: f64,
    drawn: f64,
    to_come: f64,
}

impl Step {
    fn running(steps: &[Self]) -> Vec<Self> {
        let mut sum = Self::default();
        let add = |step: &Self| {
            sum.inverse += step.inverse;
            sum.discount += step.discount;
            sum.drawn += step.drawn;
            sum.clone()
        };
        steps.iter().map(add).collect()
    }
}

fn ranks(order: &[usize], rows: usize) -> Vec<usize> {
    let mut rank = vec![usize::MAX; rows];
    for (place, &row) in order.iter().enumerate() {
        rank[row] = place;
    }
    rank
}

/// Odds relative to the greatest.
#[derive(Debug)]
struct Odds {
    log: Vec<f64>,
    odds: Vec<f64>,
}

impl Odds {
    fn of(log_odds: &[f64]) -> Self {
        let most = log_odds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log = log_odds.iter().map(|m| (m - most).max(-MOST_SPREAD));
        let log: Vec<f64> = log.collect();
        let odds = log.iter().map(|log| log.exp()).collect();
        Self { log, odds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAINS: [f64; 5] = [0.0, 3.0, 1.0, 0.0, 7.0];
    const DISCOUNTS: [f64; 3] = [1.0, 0.63, 0.5];
    const REFERENCE: [f64; 5] = [0.4, -0.1, 0.0, 0.9, -0.6];

    fn task(odds: &[f64], beta: f64) -> Task<'_> {
        Task {
            odds,
            reference: &REFERENCE,
            gains: &GAINS,
            discounts: &DISCOUNTS,
            beta,
        }
    }

    /// All lists of three, with their chances under log-odds.
    fn lists(odds: &[f64]) -> Vec<(Vec<usize>, f64)> {
        let mut lists = vec![(Vec::new(), 1.0)];
        for _ in 0..DISCOUNTS.len() {
            let longer = lists.iter().flat_map(|(list, chance): &(Vec<usize>, f64)| {
                let left: Vec<usize> = (0..odds.len()).filter(|d| !list.contains(d)).collect();
                let total: f64 = left.iter().map(|&d| odds[d].exp()).sum();
                left.into_iter().map(move |d| {
                    let longer = list.iter().copied().chain([d]).collect();
                    (longer, chance * odds[d].exp() / total)
                })
            });
            lists = longer.collect();
        }
        lists
    }

    /// `(reward, KL)` by enumeration.
    fn exact(odds: &[f64]) -> (f64, f64) {
        let (mut reward, mut kl) = (0.0, 0.0);
        for ((list, chance), (_, reference)) in lists(odds).iter().zip(lists(&REFERENCE)) {
            let gains = list.iter().zip(DISCOUNTS).map(|(&d, w)| w * GAINS[d]);
            reward += chance * gains.sum::<f64>();
            kl += chance * (chance / reference).ln();
        }
        (reward, kl)
    }

    #[test]
    fn each_lists_gradient_averages_to_the_exact_one() {
        // Every list once, weighed by its exact chance: no Monte-Carlo error is left.
        let odds = [0.2, 1.0, -0.5, 0.3, 0.0];
        let beta = 0.7;
        let task = task(&odds, beta);
        let exp = [&odds[..], &REFERENCE].map(Odds::of);
        let mut mean = vec![0.0; 5];
        let (mut reward, mut kl) = (0.0, 0.0);
        for (list, chance) in lists(&odds) {
            let mut one = Sampled {
                reward: 0.0,
                kl: 0.0,
                gradient: vec![0.0; 5],
            };
            task.add(&mut one, &list, &exp);
            reward += chance * one.reward;
            kl += chance * one.kl;
            let pairs = mean.iter_mut().zip(&one.gradient);
            pairs.for_each(|(sum, g)| *sum += chance * g);
        }
        let objective = |odds: &[f64]| {
            let (reward, kl) = exact(odds);
            reward - beta * kl
        };
        assert!((reward - exact(&odds).0).abs() < 1e-12);
        assert!((kl - exact(&odds).1).abs() < 1e-12);
        let step = 1e-5;
        for (at, mean) in mean.into_iter().enumerate() {
            let [ahead, behind] = [step, -step].map(|step| {
                let mut moved = odds;
                moved[at] += step;
                objective(&moved)
            });
            let slope = (ahead - behind) / (2.0 * step);
            let off = (slope - mean).abs() / slope.abs().max(0.1);
            assert!(off <= 1e-6, "{at}: {slope} {mean}");
        }
    }

    #[test]
    fn sampled_gradients_are_unbiased() {
        let odds = [0.2, 1.0, -0.5, 0.3, 0.0];
        let task = task(&odds, 0.0);
        let exact_slope = |at: usize| {
            let [ahead, behind] = [1e-5, -1e-5].map(|step| {
                let mut moved = odds;
                moved[at] += step;
                exact(&moved).0
            });
            (ahead - behind) / 2e-5
        };
        let runs: Vec<Vec<f64>> = (0..4_000)
            .map(|run| task.sample(1, &mut Stream::numbered(3, [run, 0])).gradient)
            .collect();
        let n = runs.len() as f64;
        for at in 0..5 {
            let mean = runs.iter().map(|g| g[at]).sum::<f64>() / n;
            let variance = runs.iter().map(|g| (g[at] - mean).powi(2)).sum::<f64>() / (n - 1.0);
            let t = (mean - exact_slope(at)) / (variance / n).sqrt();
            assert!(t.abs() < 3.0, "{at}: t = {t}");
        }
    }

    #[test]
    fn far_apart_scores_stay_finite() {
        let odds = [1e6, -1e6, 0.0, 5e5, -5e5];
        let sampled = task(&odds, 1.0).sample(8, &mut Stream::named(1, "far"));
        assert!(sampled.gradient.iter().all(|g| g.is_finite()));
        assert!(sampled.kl.is_finite() && sampled.reward.is_finite());
    }
}
