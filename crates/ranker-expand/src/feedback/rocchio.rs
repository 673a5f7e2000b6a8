//! Rocchio's formula, on weighted words and on embeddings.

use ranker_core::{Embedding, ValueError};

use super::TermWeights;

/// How much the query, the relevant and the other texts count in Rocchio's formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rocchio {
    /// The query's.
    pub alpha: f64,
    /// That of the mean of the relevant texts.
    pub beta: f64,
    /// That of the mean of the others, taken away.
    pub gamma: f64,
}

impl Default for Rocchio {
    /// 1, 0.75 and 0.15, as G. Salton and C. Buckley, "Improving retrieval performance by relevance feedback"
    /// (JASIS 41, 1990) found best.
    fn default() -> Self {
        Self {
            alpha: 1.0,
            beta: 0.75,
            gamma: 0.15,
        }
    }
}

/// Moves a query towards relevant texts and away from others:
/// `alpha q + beta mean(relevant) - gamma mean(others)`, negative weights left out (J. J. Rocchio, "Relevance
/// feedback in information retrieval", in The SMART Retrieval System, 1971).
///
/// ```
/// use ranker_expand::feedback::{Rocchio, TermWeights, rocchio};
///
/// let query = TermWeights::from([("rust".to_owned(), 1.0)]);
/// let found = [TermWeights::from([("tokio".to_owned(), 2.0)]), TermWeights::new()];
/// let moved = rocchio(&query, &found, &[], Rocchio::default());
/// assert_eq!((moved["rust"], moved["tokio"]), (1.0, 0.75));
/// ```
#[must_use]
pub fn rocchio(
    query: &TermWeights,
    relevant: &[TermWeights],
    others: &[TermWeights],
    coefficients: Rocchio,
) -> TermWeights {
    let Rocchio { alpha, beta, gamma } = coefficients;
    let mut moved = TermWeights::new();
    let mut add = |weights: &TermWeights, factor: f64| {
        for (word, weight) in weights {
            *moved.entry(word.clone()).or_default() += factor * weight;
        }
    };
    add(query, alpha);
    for weights in relevant {
        add(weights, beta / relevant.len() as f64);
    }
    for weights in others {
        add(weights, -gamma / others.len() as f64);
    }
    moved.retain(|_, weight| *weight > 0.0);
    moved
}

/// The same on embeddings, where components may be negative; scaled to unit length again. (H. Li et al., "Pseudo
/// relevance feedback with deep language models and dense retrievers", ACM TOIS 41, 2023.)
///
/// ```
/// use ranker_core::Embedding;
/// use ranker_expand::feedback::{Rocchio, rocchio_embedding};
///
/// let query = Embedding::normalized(vec![1.0, 0.0])?;
/// let found = [Embedding::normalized(vec![0.0, 1.0])?];
/// let moved = rocchio_embedding(&query, &found, &[], Rocchio::default())?;
/// assert_eq!(moved.as_slice(), [0.8, 0.6]);
/// # Ok::<(), ranker_core::ValueError>(())
/// ```
///
/// # Errors
///
/// [`ValueError::Dimension`] for embeddings of another encoder, [`ValueError::ZeroVector`] where all cancels
/// out, [`ValueError::NotFinite`] for coefficients that are not.
pub fn rocchio_embedding(
    query: &Embedding,
    relevant: &[Embedding],
    others: &[Embedding],
    coefficients: Rocchio,
) -> Result<Embedding, ValueError> {
    let Rocchio { alpha, beta, gamma } = coefficients;
    let expected = query.dimension();
    let mut moved = vec![0.0_f64; expected];
    let mut add = |embedding: &Embedding, factor: f64| {
        let actual = embedding.dimension();
        if actual != expected {
            return Err(ValueError::Dimension { expected, actual });
        }
        for (sum, &x) in moved.iter_mut().zip(embedding.as_slice()) {
            *sum += factor * f64::from(x);
        }
        Ok(())
    };
    add(query, alpha)?;
    for embedding in relevant {
        add(embedding, beta / relevant.len() as f64)?;
    }
    for embedding in others {
        add(embedding, -gamma / others.len() as f64)?;
    }
    Embedding::normalized(moved.into_iter().map(|x| x as f32).collect())
}
