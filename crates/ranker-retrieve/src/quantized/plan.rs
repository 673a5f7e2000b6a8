//! Which stages a search goes through, and how many candidates each leaves to the next.

/// The stages of a search.
///
/// Every search ends with exact scores in f32; the stages before it decide which rows are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanPlan {
    /// Every vector in f32. Nothing can be missed.
    Exact,
    /// Every vector as int8, the best of these in f32.
    Bytes {
        /// How many are scored in f32.
        rescored: usize,
    },
    /// Every vector with one bit a component, the best of these as int8, the best of those in f32.
    Bits {
        /// How many, about, pass the comparison of signs: those at the least Hamming distances. A query alone estimates these from their bits; a batch scores those of them
        /// within `slack` as int8.
        near: usize,
        /// The rank whose score narrows a batch's search: once it has found so many rows, the score of the
        /// last predicts the Hamming distance of a row as good.
        best: usize,
        /// How much farther than predicted a row may lie that a batch still scores.
        slack: usize,
        /// How many, of a query alone, are scored as int8.
        candidates: usize,
        /// How many are scored in f32.
        rescored: usize,
    },
}

/// How many candidates a stage must leave so that the true best are among them, by `k`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Widths {
    pub(super) k: usize,
    /// Of signs alone.
    pub(super) near: usize,
    /// Hamming distance beyond what the score of the `k`th predicts.
    pub(super) slack: usize,
    /// Of 1-bit codes.
    pub(super) candidates: usize,
    /// Of int8 codes.
    pub(super) rescored: usize,
    /// The share of the true best `k` that these widths found in the sample.
    pub(super) recall: f64,
}

/// Fewer times as many candidates as are scored in f32 would save nothing.
const LEAST_OVER: usize = 8;

/// What a search costs that reads a row out of turn, compared with one in turn.
const OUT_OF_TURN: usize = 2;

/// The collection that a plan is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pool {
    /// Rows with codes.
    pub(super) rows: usize,
    /// Rows that pass the filter.
    pub(super) allowed: usize,
    pub(super) dimension: usize,
}

impl ScanPlan {
    /// The plan that reads least among those whose widths leave something out.
    ///
    /// Under a filter that lets one row in `n` pass, the best `k` of those lie about as deep as the
    /// best `k · n` of all, and a stage that sees one row in `n` may leave a width one `n`th as
    /// great.
    pub(super) fn choose(ladder: &[Widths], k: usize, pool: Pool) -> Self {
        let Pool {
            rows,
            allowed,
            dimension,
        } = pool;
        let deep = (k.saturating_mul(rows)).div_ceil(allowed.max(1));
        let Some(widths) = at(ladder, deep) else {
            return Self::Exact;
        };
        let share = |width: usize| (width.saturating_mul(allowed)).div_ceil(rows.max(1));
        let rescored = share(widths.rescored).max(least_rescored(k));
        let candidates = share(widths.candidates).max(LEAST_OVER.saturating_mul(rescored));
        let exact = 4 * dimension * allowed;
        let in_f32 = (OUT_OF_TURN * 4 * dimension).saturating_mul(rescored);
        let turn = if 2 * allowed < rows { OUT_OF_TURN } else { 1 };
        let bytes = (turn * dimension * allowed).saturating_add(in_f32);
        let picked = (OUT_OF_TURN * dimension).saturating_mul(candidates);
        let bits = ((dimension / 8 + 2) * rows).saturating_add(in_f32);
        let bits = bits.saturating_add(picked);
        if rescored >= allowed.div_ceil(2) || exact <= bytes.min(bits) {
            Self::Exact
        } else if candidates >= allowed.div_ceil(2) || bytes <= bits {
            Self::Bytes { rescored }
        } else {
            Self::Bits {
                near: share(widths.near).min(allowed),
                best: share(widths.k).max(k),
                slack: widths.slack,
                candidates,
                rescored,
            }
        }
    }
}

/// Fewer would leave no room for ties and for queries unlike the sample.
fn least_rescored(k: usize) -> usize {
    k.saturating_mul(2).max(k.saturating_add(16))
}

/// The widths for `k`: the next measured, or in proportion beyond the last.
fn at(ladder: &[Widths], k: usize) -> Option<Widths> {
    let last = ladder.last()?;
    let measured = ladder.iter().find(|widths| widths.k >= k).copied();
    Some(measured.unwrap_or_else(|| {
        let grown = |width: usize| width.saturating_mul(k).div_ceil(last.k);
        Widths {
            k,
            near: grown(last.near),
            slack: last.slack,
            candidates: grown(last.candidates),
            rescored: grown(last.rescored),
            recall: last.recall,
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ladder(candidates: usize, rescored: usize) -> [Widths; 2] {
        [10, 100].map(|k| Widths {
            k,
            near: 8 * candidates * k / 10,
            slack: 20,
            candidates: candidates * k / 10,
            rescored: rescored * k / 10,
            recall: 1.0,
        })
    }

    fn choose(ladder: &[Widths], k: usize, allowed: usize) -> ScanPlan {
        let pool = Pool {
            rows: 1_000_000,
            allowed,
            dimension: 384,
        };
        ScanPlan::choose(ladder, k, pool)
    }

    #[test]
    fn reads_what_is_cheapest() {
        let good = ladder(1000, 20);
        let plan = choose(&good, 10, 1_000_000);
        let expected = ScanPlan::Bits {
            near: 8000,
            best: 10,
            slack: 20,
            candidates: 1000,
            rescored: 26,
        };
        assert_eq!(plan, expected);
        let plan = choose(&good, 10, 10_000);
        assert!(matches!(plan, ScanPlan::Bytes { rescored: 26 }), "{plan:?}");
        assert_eq!(choose(&good, 10, 50), ScanPlan::Exact);
        assert_eq!(choose(&good, 10, 0), ScanPlan::Exact);
        assert_eq!(choose(&good, 2_000_000, 1_000_000), ScanPlan::Exact);
    }

    #[test]
    fn falls_back_where_codes_do_not_hold() {
        let plan = choose(&ladder(800_000, 20), 10, 1_000_000);
        assert!(matches!(plan, ScanPlan::Bytes { .. }), "{plan:?}");
        assert_eq!(
            choose(&ladder(900_000, 900_000), 10, 1_000_000),
            ScanPlan::Exact
        );
        assert_eq!(choose(&[], 10, 1_000_000), ScanPlan::Exact);
    }
}
