//! Distributions that intervals and tests need.

/// `P(Z <= z)` of the standard normal.
pub(crate) fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// The standard normal's quantile, for `p` in `(0, 1)`.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    bisect((-40.0, 40.0), |z| normal_cdf(z) < p)
}

/// The quantile of Student's t with `freedom` degrees of freedom, for `p` in `(0, 1)`.
pub(crate) fn t_quantile(p: f64, freedom: f64) -> f64 {
    if freedom > 1e6 {
        return normal_quantile(p);
    }
    let below = |t: f64| {
        let tail = 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
        let cdf = if t < 0.0 { tail } else { 1.0 - tail };
        cdf < p
    };
    bisect((-1e6, 1e6), below)
}

/// The two-sided p-value of `wins` of `trials` fair coins, with half of the chance of what was seen
/// (mid-p): without it, a test of coins is never quite uniform under the null.
pub(crate) fn sign_test(wins: u64, trials: u64) -> f64 {
    let few = wins.min(trials - wins);
    if 2 * few == trials {
        return 1.0;
    }
    let at_most = binomial_at_most(few, trials);
    let before = few
        .checked_sub(1)
        .map_or(0.0, |k| binomial_at_most(k, trials));
    (at_most + before).min(1.0)
}

/// `P(X <= k)` of `n` fair coins.
fn binomial_at_most(k: u64, n: u64) -> f64 {
    if k >= n {
        return 1.0;
    }
    incomplete_beta((n - k) as f64, k as f64 + 1.0, 0.5)
}

/// `log B(a, b)`.
pub(crate) fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

/// The regularised incomplete beta function `I_x(a, b)`, by Lentz's evaluation of its continued
/// fraction (DLMF 8.17.22).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast on this side of the mean only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp() / a;
    front / continued_fraction(a, b, x)
}

fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let nonzero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for n in 1..10_000_u32 {
        let m = f64::from(n / 2);
        let term = if n % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / nonzero(1.0 + term * d);
        c = nonzero(1.0 + term / c);
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// Where `below` turns from true to false.
fn bisect((mut low, mut high): (f64, f64), below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    // Golden numbers: scipy 1.17.
    #[test]
    fn agrees_with_scipy() {
        assert!(near(normal_quantile(0.975), 1.959_963_984_540_054));
        assert!(near(normal_quantile(0.005), -2.575_829_303_548_901));
        assert!(near(t_quantile(0.975, 3.0), 3.182_446_305_283_707_8));
        assert!(near(t_quantile(0.9, 50.0), 1.298_713_694_194_809_6));
        assert!(near(t_quantile(0.025, 1.0), -12.706_204_736_174_705));
        assert!(near(binomial_at_most(40, 100), 0.028_443_966_820_490_444));
        assert!(near(binomial_at_most(0, 3), 0.125));
        assert!(near(binomial_at_most(5, 5), 1.0));
        assert!(near(
            binomial_at_most(4_950, 10_000),
            0.161_087_099_897_655_4
        ));
    }

    #[test]
    fn the_sign_test_is_two_sided_and_symmetric() {
        assert_eq!(sign_test(5, 10), 1.0);
        assert_eq!(sign_test(0, 0), 1.0);
        assert!(near(sign_test(0, 4), 1.0 / 16.0));
        assert!(near(sign_test(3, 12), sign_test(9, 12)));
    }
}
