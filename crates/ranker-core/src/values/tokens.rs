//! One vector a token: what late interaction and alignment compare.

use std::ops::Range;

use super::embedding::{Embedding, normalize};
use super::error::ValueError;

/// The unit vectors of a text's tokens, and the bytes that each stands for.
#[derive(Debug, Clone)]
pub struct TokenEmbeddings {
    dimension: usize,
    /// Row-major; tokens that share a vector have it here once.
    vectors: Vec<f32>,
    /// By token, the row that is its vector; `None` where each token has the next.
    rows: Option<Vec<usize>>,
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
        tokens
            .distinct_vectors()
            .try_for_each(Embedding::check_unit)?;
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

    /// As [`Self::new`], of tokens that share vectors: `rows` says by token which of the row-major vectors it has. What is
    /// computed of a vector is computed once for all its tokens.
    ///
    /// # Errors
    ///
    /// As [`Self::new`]; [`ValueError::Dimension`] too where there are more or fewer `rows` than spans, or a row is none of
    /// the vectors.
    pub fn shared(
        dimension: usize,
        vectors: Vec<f32>,
        rows: Vec<usize>,
        spans: Vec<Range<usize>>,
    ) -> Result<Self, ValueError> {
        let count = vectors.len() / dimension.max(1);
        let least = rows.iter().max().map_or(0, |row| row + 1);
        let wrong = |expected, actual| Err(ValueError::Dimension { expected, actual });
        if vectors.len() != dimension * count || least > count {
            return wrong(dimension * count.max(least), vectors.len());
        }
        if rows.len() != spans.len() {
            return wrong(spans.len(), rows.len());
        }
        let tokens = Self {
            dimension,
            vectors,
            rows: Some(rows),
            spans,
        };
        tokens
            .distinct_vectors()
            .try_for_each(Embedding::check_unit)?;
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
            rows: None,
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
        (0..self.len())
            .map(|token| &self.vectors[self.row(token) * self.dimension..][..self.dimension])
    }

    /// The number of a token's vector: tokens of one number share a vector.
    ///
    /// # Panics
    ///
    /// When there is no such token.
    #[must_use]
    pub fn row(&self, token: usize) -> usize {
        match &self.rows {
            Some(rows) => rows[token],
            None => token,
        }
    }

    /// The vectors, those that tokens share once.
    fn distinct_vectors(&self) -> std::slice::ChunksExact<'_, f32> {
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
        let width = other.distinct_vectors().len();
        let mut similarities = vec![0.0; self.distinct_vectors().len() * width];
        let blocks = self.vectors.chunks(ROWS * self.dimension.max(1));
        let rows = similarities.chunks_mut((ROWS * width).max(1));
        blocks
            .zip(rows)
            .for_each(|(block, rows)| compare(block, other, rows));
        if self.rows.is_none() && other.rows.is_none() {
            return Ok(similarities);
        }
        let mut all = Vec::with_capacity(self.len() * other.len());
        for token in 0..self.len() {
            let row = &similarities[self.row(token) * width..][..width];
            all.extend((0..other.len()).map(|other_token| row[other.row(other_token)]));
        }
        Ok(all)
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

impl PartialEq for TokenEmbeddings {
    /// Whether the tokens have equal vectors and spans, shared or not.
    fn eq(&self, other: &Self) -> bool {
        self.dimension == other.dimension
            && self.spans == other.spans
            && self.vectors().eq(other.vectors())
    }
}

/// Rows compared at once: each vector of the other text is then loaded once for all of them.
const ROWS: usize = 4;

/// Fills the rows of similarities of up to [`ROWS`] row-major vectors with each of the other's vectors.
fn compare(block: &[f32], other: &TokenEmbeddings, similarities: &mut [f32]) {
    let rows: Vec<&[f32]> = block.chunks_exact(other.dimension.max(1)).collect();
    let vectors = other.distinct_vectors();
    let width = vectors.len();
    for (at, vector) in vectors.enumerate() {
        let found = match rows[..] {
            [a, b, c, d] => dots([a, b, c, d], vector),
            _ => std::array::from_fn(|i| rows.get(i).map_or(0.0, |row| dots([row], vector)[0])),
        };
        let places = similarities.iter_mut().skip(at).step_by(width);
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

    #[test]
    fn refuses_shares_of_vectors_that_are_not_there() {
        let shared = |rows: Vec<usize>, spans| TokenEmbeddings::shared(1, vec![1.0], rows, spans);
        assert!(shared(vec![0, 0], vec![0..1, 2..3]).is_ok());
        assert!(shared(vec![0, 1], vec![0..1, 2..3]).is_err());
        assert!(shared(vec![0], vec![0..1, 2..3]).is_err());
        assert!(TokenEmbeddings::shared(2, vec![1.0], vec![], vec![]).is_err());
        assert!(TokenEmbeddings::shared(1, vec![f32::NAN], vec![], vec![]).is_err());
        assert_eq!(shared(vec![], vec![]).unwrap(), tokens(1, vec![]));
    }

    proptest! {
        #[test]
        fn shared_vectors_compare_as_vectors_of_each_token(
            ours in prop::collection::vec(prop::collection::vec((1_u8..=100).prop_map(f32::from), 5), 1..6),
            theirs in prop::collection::vec(prop::collection::vec((1_u8..=100).prop_map(f32::from), 5), 1..6),
            of in prop::collection::vec(0..5_usize, 0..20),
        ) {
            let (ours, theirs) = (tokens(5, ours), tokens(5, theirs));
            let shared = |all: &TokenEmbeddings| {
                let rows: Vec<usize> = of.iter().map(|of| of % all.len()).collect();
                let spans: Vec<_> = (0..rows.len()).map(|i| i..i + 1).collect();
                let each = rows.iter().flat_map(|&row| all.vectors().nth(row).unwrap().to_vec());
                let each = TokenEmbeddings::new(5, each.collect(), spans.clone()).unwrap();
                (TokenEmbeddings::shared(5, all.vectors.clone(), rows, spans).unwrap(), each)
            };
            let ((shared, each), (other, _)) = (shared(&ours), shared(&theirs));
            prop_assert_eq!(&shared, &each);
            prop_assert_eq!(shared.similarities(&theirs), each.similarities(&theirs));
            prop_assert_eq!(theirs.similarities(&shared), theirs.similarities(&each));
            prop_assert_eq!(shared.similarities(&other), each.similarities(&other));
            prop_assert_eq!(shared.mean(), each.mean());
        }

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
