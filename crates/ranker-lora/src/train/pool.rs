//! From a row for each token to one embedding a text.

use std::ops::Range;

use ranker_folder::Pooling;

use crate::kernel::{sums, vectorised};

/// Embeddings and what their backward pass needs.
#[derive(Debug, Default)]
pub(crate) struct Pooled {
    /// A row of unit length for each text.
    pub(crate) embeddings: Vec<f32>,
    /// 1 / the length of each row before.
    factors: Vec<f32>,
    /// With [`Pooling::Max`], the token that each component comes from: a row for each text.
    winners: Vec<usize>,
}

/// The least length that an embedding is divided by, as in PyTorch's `normalize`.
const SHORTEST: f32 = 1e-12;

/// The tokens of a text that its embedding is the mean of. With [`Pooling::Max`] each component has
/// one token of its own instead.
fn tokens(pooling: Pooling, text: &Range<usize>) -> Range<usize> {
    match pooling {
        Pooling::Mean | Pooling::Max | Pooling::WeightedMean | Pooling::MeanRootLength => {
            text.clone()
        }
        Pooling::Cls => text.start..text.start + 1,
        Pooling::LastToken => text.end - 1..text.end,
    }
}

/// A whole divided among the tokens that an embedding is the mean of.
fn shares(pooling: Pooling, whole: f32, count: usize) -> impl Iterator<Item = f32> {
    let all = (count * (count + 1) / 2) as f32;
    (1..=count).map(move |place| match pooling == Pooling::WeightedMean {
        true => whole * place as f32 / all,
        false => whole / count as f32,
    })
}

/// Pools rows of `columns` and scales each result to unit length.
pub(crate) fn forward(
    pooling: Pooling,
    rows: &[f32],
    columns: usize,
    texts: &[Range<usize>],
) -> Pooled {
    let mut pooled = Pooled {
        embeddings: vec![0.0; texts.len() * columns],
        ..Pooled::default()
    };
    vectorised(|| {
        let embeddings = pooled.embeddings.chunks_exact_mut(columns);
        for (embedding, text) in embeddings.zip(texts) {
            let tokens = tokens(pooling, text);
            let own = &rows[tokens.start * columns..tokens.end * columns];
            match pooling {
                Pooling::Max => {
                    let winners = winners(own, columns);
                    let value = |(column, &token): (usize, &usize)| own[token * columns + column];
                    let values = winners.iter().enumerate().map(value);
                    embedding.iter_mut().zip(values).for_each(|(e, v)| *e = v);
                    pooled.winners.extend(winners);
                }
                Pooling::Mean
                | Pooling::Cls
                | Pooling::LastToken
                | Pooling::WeightedMean
                | Pooling::MeanRootLength => {
                    let rows = own.chunks_exact(columns);
                    for (row, share) in rows.zip(shares(pooling, 1.0, tokens.len())) {
                        sums::add_scaled(embedding, share, row);
                    }
                }
            }
            let factor = sums::dot(embedding, embedding).sqrt().max(SHORTEST).recip();
            embedding.iter_mut().for_each(|value| *value *= factor);
            pooled.factors.push(factor);
        }
    });
    pooled
}

/// The first token with the greatest value of each component.
fn winners(rows: &[f32], columns: usize) -> Vec<usize> {
    let mut winners = vec![0; columns];
    for (token, row) in rows.chunks_exact(columns).enumerate().skip(1) {
        for (column, winner) in winners.iter_mut().enumerate() {
            if row[column] > rows[*winner * columns + column] {
                *winner = token;
            }
        }
    }
    winners
}

/// The gradient of the rows from that of the embeddings: with e of unit length, that of the
/// pooled row is (g − e (e · g)) / length, which each of its tokens gets its share of.
pub(crate) fn backward(
    pooling: Pooling,
    pooled: &Pooled,
    gradient: &[f32],
    texts: &[Range<usize>],
) -> Vec<f32> {
    let columns = pooled.embeddings.len() / texts.len().max(1);
    let mut rows = vec![0.0; texts.last().map_or(0, |text| text.end) * columns];
    vectorised(|| {
        let embeddings = pooled.embeddings.chunks_exact(columns);
        let known = embeddings.zip(gradient.chunks_exact(columns));
        for (index, (e, g)) in known.enumerate() {
            let (tokens, factor) = (tokens(pooling, &texts[index]), pooled.factors[index]);
            let along = sums::dot(e, g);
            let values = &mut rows[tokens.start * columns..tokens.end * columns];
            match pooling {
                Pooling::Max => {
                    let winners = &pooled.winners[index * columns..];
                    for (column, (e, g)) in e.iter().zip(g).enumerate() {
                        values[winners[column] * columns + column] = factor * (g - e * along);
                    }
                }
                Pooling::Mean
                | Pooling::Cls
                | Pooling::LastToken
                | Pooling::WeightedMean
                | Pooling::MeanRootLength => {
                    let rows = values.chunks_exact_mut(columns);
                    for (row, share) in rows.zip(shares(pooling, factor, tokens.len())) {
                        for (row, (e, g)) in row.iter_mut().zip(e.iter().zip(g)) {
                            *row = share * (g - e * along);
                        }
                    }
                }
            }
        }
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: usize = 3;

    fn numbers(count: usize) -> Vec<f32> {
        let value = |i: usize| ((i * 7919 + 13) % 101) as f32 / 50.0 - 1.0;
        (0..count).map(value).collect()
    }

    #[test]
    fn embeddings_are_those_of_serving_and_gradients_are_slopes() {
        let (rows, texts) = (numbers(7 * COLUMNS), [0..3, 3..4, 4..7]);
        let direction: Vec<f32> = numbers(9).into_iter().rev().collect();
        for pooling in [
            Pooling::Mean,
            Pooling::Cls,
            Pooling::LastToken,
            Pooling::Max,
            Pooling::WeightedMean,
            Pooling::MeanRootLength,
        ] {
            let pooled = forward(pooling, &rows, COLUMNS, &texts);
            for (own, text) in pooled.embeddings.chunks_exact(COLUMNS).zip(&texts) {
                let tokens = &rows[text.start * COLUMNS..text.end * COLUMNS];
                let served = pooling.pool(tokens, COLUMNS, 0);
                let length = sums::dot(&served, &served).sqrt();
                for (own, served) in own.iter().zip(served) {
                    assert!((own - served / length).abs() < 1e-6, "{pooling:?}");
                }
            }
            let at = |rows: &[f32]| {
                let pooled = forward(pooling, rows, COLUMNS, &texts);
                sums::dot(&pooled.embeddings, &direction)
            };
            let gradient = backward(pooling, &pooled, &direction, &texts);
            for i in 0..rows.len() {
                let (mut above, mut below) = (rows.clone(), rows.clone());
                above[i] += 1e-3;
                below[i] -= 1e-3;
                let slope = (at(&above) - at(&below)) / 2e-3;
                let own = gradient[i];
                assert!(
                    (slope - own).abs() < 5e-3,
                    "{pooling:?} {i}: {slope}, {own}"
                );
            }
        }
    }
}
