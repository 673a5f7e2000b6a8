//! A text as weights over a vocabulary.

use std::cmp::Ordering;
use std::sync::Arc;

use super::error::{ValueError, finite};

/// Weights of some entries of a vocabulary; all others weigh nothing. Cheap to clone.
///
/// Ids are in ascending order, each once; weights are finite and above 0. It may be empty: a text of which an encoder has
/// nothing to say, which is like no other.
///
/// ```
/// use ranker_core::SparseVector;
///
/// let job = SparseVector::new([(7, 2.0), (3, 0.5), (9, 0.0)])?;
/// assert_eq!(job.iter().collect::<Vec<_>>(), [(3, 0.5), (7, 2.0)]);
/// let profile = SparseVector::new([(7, 1.5), (8, 1.0)])?;
/// assert_eq!(job.dot(&profile), 3.0);
/// # Ok::<(), ranker_core::ValueError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SparseVector {
    ids: Arc<[u32]>,
    weights: Arc<[f32]>,
}

impl SparseVector {
    /// A vector of entries in any order; those of weight 0 are left out.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotFinite`]; [`ValueError::OutOfRange`] for a weight below 0; [`ValueError::Repeated`] for an id that
    /// comes twice.
    pub fn new(entries: impl IntoIterator<Item = (u32, f32)>) -> Result<Self, ValueError> {
        let mut kept: Vec<(u32, f32)> = Vec::new();
        for (id, weight) in entries {
            finite(WEIGHT, weight.into())?;
            match weight.total_cmp(&0.0) {
                _ if weight == 0.0 => {}
                Ordering::Less => {
                    return Err(ValueError::OutOfRange {
                        what: WEIGHT,
                        value: weight.into(),
                        min: 0.0,
                        max: f32::MAX.into(),
                    });
                }
                _ => kept.push((id, weight)),
            }
        }
        kept.sort_unstable_by_key(|(id, _)| *id);
        if let Some(twice) = kept.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            let id = twice[0].0.into();
            return Err(ValueError::Repeated {
                what: "an id of a sparse vector",
                id,
            });
        }
        let (ids, weights): (Vec<u32>, Vec<f32>) = kept.into_iter().unzip();
        Ok(Self {
            ids: ids.into(),
            weights: weights.into(),
        })
    }

    /// The ids, ascending.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The weights, in the order of the ids.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// Ids and weights, by ascending id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, f32)> + '_ {
        self.ids.iter().copied().zip(self.weights.iter().copied())
    }

    /// How many entries weigh something.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The weight of an entry; 0 where it has none.
    #[must_use]
    pub fn weight(&self, id: u32) -> f32 {
        self.ids
            .binary_search(&id)
            .map_or(0.0, |at| self.weights[at])
    }

    /// The sum of the products of weights, by ascending id, in `f32`: an index that adds in this order gives the same bits.
    /// Infinite where weights are so large.
    #[must_use]
    pub fn dot(&self, other: &Self) -> f32 {
        let (mut a, mut b, mut sum) = (0, 0, 0.0);
        while a < self.ids.len() && b < other.ids.len() {
            match self.ids[a].cmp(&other.ids[b]) {
                Ordering::Less => a += 1,
                Ordering::Greater => b += 1,
                Ordering::Equal => {
                    sum += self.weights[a] * other.weights[b];
                    (a, b) = (a + 1, b + 1);
                }
            }
        }
        sum
    }

    /// The `most` greatest weights, ties by id.
    #[must_use]
    pub fn strongest(&self, most: usize) -> Self {
        if self.len() <= most {
            return self.clone();
        }
        let mut entries: Vec<(u32, f32)> = self.iter().collect();
        entries.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        entries.truncate(most);
        entries.sort_unstable_by_key(|(id, _)| *id);
        let (ids, weights): (Vec<u32>, Vec<f32>) = entries.into_iter().unzip();
        Self {
            ids: ids.into(),
            weights: weights.into(),
        }
    }
}

const WEIGHT: &str = "a weight of a sparse vector";

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn vector(entries: &BTreeMap<u32, f32>) -> SparseVector {
        SparseVector::new(entries.iter().map(|(id, weight)| (*id, *weight))).unwrap()
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        let refused =
            |entries: &[(u32, f32)]| SparseVector::new(entries.iter().copied()).unwrap_err();
        assert!(matches!(
            refused(&[(1, f32::NAN)]),
            ValueError::NotFinite { .. }
        ));
        assert!(matches!(
            refused(&[(1, f32::INFINITY)]),
            ValueError::NotFinite { .. }
        ));
        assert!(matches!(
            refused(&[(1, -1.0)]),
            ValueError::OutOfRange { .. }
        ));
        assert!(matches!(
            refused(&[(4, 1.0), (2, 1.0), (4, 2.0)]),
            ValueError::Repeated { id: 4, .. }
        ));
        assert!(SparseVector::new([(1, -0.0), (2, 0.0)]).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn products_are_those_of_whole_vectors(
            a in prop::collection::btree_map(0_u32..30, 0.0_f32..9.0, 0..20),
            b in prop::collection::btree_map(0_u32..30, 0.0_f32..9.0, 0..20),
            most in 0_usize..22,
        ) {
            let (x, y) = (vector(&a), vector(&b));
            let whole: f32 = (0..30).map(|id| x.weight(id) * y.weight(id)).fold(0.0, |sum, product| sum + product);
            prop_assert_eq!(x.dot(&y), whole);
            prop_assert_eq!(x.dot(&y), y.dot(&x));
            let strongest = x.strongest(most);
            prop_assert_eq!(strongest.len(), most.min(x.len()));
            let least = strongest.weights().iter().copied().fold(f32::INFINITY, f32::min);
            prop_assert!(x.iter().all(|(id, weight)| weight <= least || strongest.weight(id) == weight));
        }
    }
}
