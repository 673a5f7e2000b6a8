//! One vector a token: what late interaction and alignment compare.

use std::ops::Range;

use super::embedding::{Embedding, normalize};
use super::error::ValueError;

/// The unit vectors of a text's tokens, and the bytes that each stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenEmbeddings {
    dimension: usize,
    vectors: Vec<f32>,
    spans: Vec<Range<usize>>,
}

/// The token of another text that is most like one of ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenMatch {
    /// Its place among the other text's tokens.
    pub token: usize,
    /// Cosine similarity, in `-1..=1` up to rounding.
    pub similarity: f32,
}

impl TokenMatch {
    /// The first of the greatest of some similarities, one a token.
    #[must_use]
    pub fn best_of(similarities: &[f32]) -> Option<Self> {
        let found = similarities.iter().enumerate();
        found
            .map(|(token, &similarity)| Self { token, similarity })
            .reduce(|best, next| match next.similarity > best.similarity {
                true => next,
                false => best,
            })
    }
}

impl TokenEmbeddings {
    /// Wraps row-major unit vectors, `spans.len() × dimension`, and the bytes of the text that each
    /// stands for. Special tokens are left out, or, where a model compares them too, have an empty span.
    ///
    /// # Errors
    ///
    /// [`ValueError::Dimension`] when the vectors do not fill the rows, [`ValueError::NotFinite`] or
    /// [`ValueError::NotUnit`] for a row that is no unit vector.
    pub fn new(
        dimension: usize,
        vectors: Vec<f32>,
        spans: Vec<Range<usize>>,
    ) -> Result<Self, ValueError> {
        let tokens = Self::of_rows(dimension, vectors, spans)?;
        tokens.vectors().try_for_each(Embedding::check_unit)?;
        Ok(tokens)
    }

    /// As [`Self::new`], of vectors of any length, which are scaled to unit length.
    ///
    /// # Errors
    ///
    /// [`ValueError::Dimension`] when the vectors do not fill the rows, [`ValueError::NotFinite`] or
    /// [`ValueError::ZeroVector`] for a row without a direction.
    pub fn normalized(
        dimension: usize,
        vectors: Vec<f32>,
        spans: Vec<Range<usize>>,
    ) -> Result<Self, ValueError> {
        let mut tokens = Self::of_rows(dimension, vectors, spans)?;
        let mut rows = tokens.vectors.chunks_exact_mut(dimension.max(1));
        rows.try_for_each(normalize)?;
        Ok(tokens)
    }

    fn of_rows(
        dimension: usize,
        vectors: Vec<f32>,
        spans: Vec<Range<usize>>,
    ) -> Result<Self, ValueError> {
        let (expected, actual) = (dimension * spans.len(), vectors.len());
        if actual != expected {
            return Err(ValueError::Dimension { expected, actual });
        }
        Ok(Self {
            dimension,
            vectors,
            spans,
        })
    }

    /// The number of components of a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many tokens there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The vectors, a unit vector a token, in the order of the text.
    pub fn vectors(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.vectors.chunks_exact(self.dimension.max(1))
    }

    /// The bytes of the text that each token stands for.
    #[must_use]
    pub fn spans(&self) -> &[Range<usize>] {
        &self.spans
    }

    /// The mean of the vectors, scaled to unit length; `None` where it has no direction.
    #[must_use]
    pub fn mean(&self) -> Option<Embedding> {
        let mut mean = vec![0.0; self.dimension];
        for vector in self.vectors() {
            mean.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
        }
        Embedding::normalized(mean).ok()
    }

    /// For each of our tokens, the most similar token of `other`; the earlier of two equals.
    /// Empty when `other` is.
    ///
    /// The inner step of MaxSim (Khattab and Zaharia, ColBERT, 2020, eq. 3).
    ///
    /// # Errors
    ///
    /// [`ValueError::Dimension`] when the two come from different encoders.
    pub fn best_matches(&self, other: &Self) -> Result<Vec<TokenMatch>, ValueError> {
        let similarities = self.similarities(other)?;
        let rows = similarities.chunks_exact(other.len().max(1));
        Ok(rows.filter_map(TokenMatch::best_of).collect())
    }

    /// The similarity of each of our tokens to each of `other`'s: a row a token of ours.
    ///
    /// # Errors
    ///
    /// [`ValueError::Dimension`] when the two come from different encoders.
    pub fn similarities(&self, other: &Self) -> Result<Vec<f32>, ValueError> {
        if self.dimension != other.dimension {
            let (expected, actual) = (self.dimension, other.dimension);
            return Err(ValueError::Dimension { expected, actual });
        }
        let mut similarities = vec![0.0; self.len() * other.len()];
        let blocks = self.vectors.chunks(ROWS * self.dimension.max(1));
        let rows = similarities.chunks_mut((ROWS * other.len()).max(1));
        blocks
            .zip(rows)
            .for_each(|(block, rows)| compare(block, other, rows));
        Ok(similarities)
    }

    /// MaxSim: the mean over our tokens of the similarity to the most similar token of `other`, in
    /// `-1..=1`; 0 when either has no tokens.
    ///
    /// A mean, where ColBERT takes the sum, so that jobs of different lengths compare.
    ///
    /// # Errors
    ///
    /// As [`Self::best_matches`].
    pub fn max_similarity(&self, other: &Self) -> Result<f32, ValueError> {
        let best = self.best_matches(other)?;
        let sum: f32 = best.iter().map(|found| found.similarity).sum();
        Ok(if best.is_empty() {
            0.0
        } else {
            sum / best.len() as f32
        })
    }
}

/// Rows compared at once: each vector of the other text is then loaded once for all of them.
const ROWS: usize = 4;

/// Fills the rows of similarities of up to [`ROWS`] row-major vectors.
fn compare(block: &[f32], other: &TokenEmbeddings, similarities: &mut [f32]) {
    let rows: Vec<&[f32]> = block.chunks_exact(other.dimension.max(1)).collect();
    for (token, vector) in other.vectors().enumerate() {
        let found = match rows[..] {
            [a, b, c, d] => dots([a, b, c, d], vector),
            _ => std::array::from_fn(|i| rows.get(i).map_or(0.0, |row| dots([row], vector)[0])),
        };
        let places = similarities.iter_mut().skip(token).step_by(other.len());
        places.zip(found).for_each(|(place, found)| *place = found);
    }
}

/// Dot products of `N` rows with one vector, all of one length, in lanes that the compiler can
/// turn into vector instructions.
fn dots<const N: usize>(rows: [&[f32]; N], vector: &[f32]) -> [f32; N] {
    const LANES: usize = 8;
    let mut sums = [[0.0_f32; LANES]; N];
    let whole = vector.len() / LANES * LANES;
    for (at, chunk) in vector[..whole].chunks_exact(LANES).enumerate() {
        for (row, sums) in rows.iter().zip(&mut sums) {
            let row = &row[at * LANES..][..LANES];
            for lane in 0..LANES {
                sums[lane] += row[lane] * chunk[lane];
            }
        }
    }
    std::array::from_fn(|i| {
        let rest: f32 = rows[i][whole..]
            .iter()
            .zip(&vector[whole..])
            .map(|(a, b)| a * b)
            .sum();
        sums[i].iter().sum::<f32>() + rest
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(dimension: usize, rows: Vec<Vec<f32>>) -> TokenEmbeddings {
        let spans = (0..rows.len()).map(|i| i..i + 1).collect();
        let unit = |row| Embedding::normalized(row).unwrap().as_slice().to_vec();
        TokenEmbeddings::new(dimension, rows.into_iter().flat_map(unit).collect(), spans).unwrap()
    }

    #[test]
    fn refuses_what_is_no_matrix_of_unit_vectors() {
        let refused = TokenEmbeddings::new(2, vec![1.0; 3], std::iter::once(0..1).collect());
        assert_eq!(
            refused,
            Err(ValueError::Dimension {
                expected: 2,
                actual: 3
            })
        );
        let refused = TokenEmbeddings::new(2, vec![1.0; 2], std::iter::once(0..1).collect());
        assert!(matches!(refused, Err(ValueError::NotUnit { .. })));
        let (one, two) = (tokens(1, vec![vec![1.0]]), tokens(2, vec![vec![1.0, 0.0]]));
        assert_eq!(
            one.max_similarity(&two),
            Err(ValueError::Dimension {
                expected: 1,
                actual: 2
            })
        );
        assert_eq!(two.max_similarity(&tokens(2, vec![])), Ok(0.0));
        assert_eq!(tokens(2, vec![]).max_similarity(&two), Ok(0.0));
    }

    proptest! {
        #[test]
        fn blocks_find_what_plain_loops_find(
            ours in prop::collection::vec(prop::collection::vec((1_u8..=100).prop_map(f32::from), 19), 1..11),
            theirs in prop::collection::vec(prop::collection::vec((1_u8..=100).prop_map(f32::from), 19), 1..11),
        ) {
            let (ours, theirs) = (tokens(19, ours), tokens(19, theirs));
            let found = ours.best_matches(&theirs).unwrap();
            prop_assert_eq!(found.len(), ours.len());
            for (a, found) in ours.vectors().zip(found) {
                let plain = theirs.vectors().map(|b| a.iter().zip(b).map(|(a, b)| a * b).sum());
                let plain: Vec<f32> = plain.collect();
                let best = plain.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                prop_assert!((found.similarity - best).abs() < 1e-5);
                prop_assert!((plain[found.token] - best).abs() < 1e-5);
            }
        }
    }
}
