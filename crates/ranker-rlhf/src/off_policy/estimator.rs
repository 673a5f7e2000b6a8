//! Which estimator.

/// How a policy's value, the mean sum of rewards of its lists, is estimated from another's lists.
///
/// `ρ_k` is the policy's chance of position k's candidate, given who was above, divided by the
/// logged propensity; `w_k = ρ_1 ⋯ ρ_k`; `r_k` is the reward of position k.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Estimator {
    /// Inverse propensity scoring of whole lists: the mean of `w_K Σ r_k`. Assumes nothing of the
    /// rewards, and varies wildly for long lists.
    Ips,
    /// Self-normalised IPS: divided by the mean of `w_K` (Swaminathan and Joachims 2015). Biased
    /// by about 1/n, less varied.
    Snips,
    /// Independent IPS: positions weighed by the ratio of their marginal chances (Li et al. 2018).
    /// Right where a reward hangs on its candidate and position alone.
    Iips,
    /// Reward interaction IPS: the mean of `Σ w_k r_k` (McInerney et al. 2020). Right where a
    /// reward hangs on the candidates above only, as for people who read from the top.
    Rips,
    /// Cascade doubly robust (Kiyohara et al. 2022): RIPS with the regressed rewards to come as a
    /// control variate. Right where RIPS is, whatever the regression; the regression only makes it
    /// less varied. It is linear in the features of the candidate, the mean features of those not
    /// yet shown, and whether anything above earned a reward, and is fitted to other jobs' lists
    /// than it is used for.
    #[default]
    CascadeDr,
}
