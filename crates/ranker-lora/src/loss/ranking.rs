//! Multiple negatives ranking, over the whole batch at once.

use super::{Row, Rows, SCALE, Value};
use crate::kernel::product::{Into, View, ViewMut, multiply};

/// Which side must find the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    Queries,
    Both,
}

/// The gradient of the scores, in the making.
struct Slopes<'s> {
    values: &'s mut [f32],
    /// The weight of the direction that is computed.
    share: f32,
}

/// The candidates of a query or positive, as indices of scores, and the right one among them.
struct Choice<'c> {
    cells: &'c [usize],
    target: usize,
    /// The weight of the pair in the mean.
    weight: f32,
}

pub(super) fn value(rows: Rows<'_>, ways: Ways) -> Value {
    let scores = scores(rows);
    let share = match ways {
        Ways::Queries => 1.0,
        Ways::Both => 0.5,
    };
    let mut slopes = vec![0.0; scores.len()];
    let mut target = Slopes {
        values: &mut slopes,
        share,
    };
    let mut loss = f64::from(share) * queries(rows, &scores, &mut target);
    if ways == Ways::Both {
        loss += f64::from(share) * positives(rows, &scores, &mut target);
    }
    Value {
        loss,
        gradient: gradient(rows, &slopes),
    }
}

/// How many candidates each query has.
fn candidates(rows: Rows<'_>) -> usize {
    rows.pairs.len() + rows.owners.len()
}

/// The queries, then all candidates, as matrices.
fn parts(rows: Rows<'_>) -> (View<'_>, View<'_>) {
    let (queries, candidates) = rows.embeddings.split_at(rows.pairs.len() * rows.width);
    (
        View::new(queries, rows.width),
        View::new(candidates, rows.width),
    )
}

/// Scaled cosines: a row of candidates for each query.
fn scores(rows: Rows<'_>) -> Vec<f32> {
    let (queries, others) = parts(rows);
    let mut scores = vec![0.0; rows.pairs.len() * candidates(rows)];
    let target = ViewMut::new(&mut scores, candidates(rows));
    multiply(target, Into::Replace, queries.by(others.t()).scaled(SCALE));
    scores
}

/// Whether two pairs could be true answers to each other.
fn related(a: &Row, b: &Row) -> bool {
    a.group == b.group || a.query == b.query || a.positive == b.positive
}

/// Each query against all candidates.
fn queries(rows: Rows<'_>, scores: &[f32], slopes: &mut Slopes<'_>) -> f64 {
    let (count, columns) = (rows.pairs.len(), candidates(rows));
    let total = rows.weight();
    let mut loss = 0.0;
    for (index, pair) in rows.pairs.iter().enumerate() {
        let counts = |column: usize| match column.checked_sub(count) {
            Some(negative) => {
                let text = rows.negatives[negative];
                text != pair.query && text != pair.positive
            }
            None => column == index || !related(pair, &rows.pairs[column]),
        };
        let line = (0..columns).filter(|&column| counts(column));
        let cells: Vec<usize> = line.map(|column| index * columns + column).collect();
        let choice = Choice {
            cells: &cells,
            target: index * columns + index,
            weight: pair.weight / total,
        };
        loss += f64::from(choice.weight) * entropy(scores, &choice, slopes);
    }
    loss
}

/// Each positive against all queries.
fn positives(rows: Rows<'_>, scores: &[f32], slopes: &mut Slopes<'_>) -> f64 {
    let columns = candidates(rows);
    let total = rows.weight();
    let mut loss = 0.0;
    for (index, pair) in rows.pairs.iter().enumerate() {
        let others = rows.pairs.iter().enumerate();
        let counts = others.filter(|&(row, other)| row == index || !related(pair, other));
        let cells: Vec<usize> = counts.map(|(row, _)| row * columns + index).collect();
        let choice = Choice {
            cells: &cells,
            target: index * columns + index,
            weight: pair.weight / total,
        };
        loss += f64::from(choice.weight) * entropy(scores, &choice, slopes);
    }
    loss
}

/// −log softmax of the target among its cells; adds its weighted gradient to theirs.
fn entropy(scores: &[f32], choice: &Choice<'_>, slopes: &mut Slopes<'_>) -> f64 {
    let &Choice { cells, target, .. } = choice;
    let weight = choice.weight * slopes.share;
    let slopes = &mut *slopes.values;
    let top = cells
        .iter()
        .fold(f32::NEG_INFINITY, |top, &cell| top.max(scores[cell]));
    let power = |cell: usize| f64::from(scores[cell] - top).exp();
    let sum: f64 = cells.iter().map(|&cell| power(cell)).sum();
    for &cell in cells {
        slopes[cell] += weight * (power(cell) / sum) as f32;
    }
    slopes[target] -= weight;
    sum.ln() - f64::from(scores[target] - top)
}

/// From the slopes of the scores to those of the embeddings.
fn gradient(rows: Rows<'_>, slopes: &[f32]) -> Vec<f32> {
    let (queries, others) = parts(rows);
    let slopes = View::new(slopes, candidates(rows));
    let mut gradient = vec![0.0; rows.embeddings.len()];
    let (first, second) = gradient.split_at_mut(rows.pairs.len() * rows.width);
    multiply(
        ViewMut::new(first, rows.width),
        Into::Replace,
        slopes.by(others).scaled(SCALE),
    );
    multiply(
        ViewMut::new(second, rows.width),
        Into::Replace,
        slopes.t().by(queries).scaled(SCALE),
    );
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(group: u64, text: u64) -> Row {
        Row {
            weight: 1.0,
            score: 0.0,
            group,
            query: text,
            positive: text + 100,
        }
    }

    /// Every negative is the text 50.
    fn loss(pairs: &[Row], embeddings: &[f32], owners: &[usize]) -> f64 {
        let negatives = vec![50; owners.len()];
        let rows = Rows {
            embeddings,
            width: 2,
            pairs,
            owners,
            negatives: &negatives,
            margins: &[],
        };
        value(rows, Ways::Queries).loss
    }

    const TWO: [f32; 8] = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0];

    #[test]
    fn by_hand() {
        let expected = (1.0 + (-20.0_f64).exp()).ln();
        let loss = loss(&[row(1, 1), row(2, 2)], &TWO, &[]);
        assert!((loss - expected).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn pairs_of_one_group_are_no_negatives_of_each_other() {
        assert_eq!(loss(&[row(1, 1), row(1, 2)], &TWO, &[]), 0.0);
        // A shared text has the same effect.
        assert_eq!(loss(&[row(1, 1), row(2, 1)], &TWO, &[]), 0.0);
    }

    #[test]
    fn a_hard_negative_counts_for_every_query() {
        let with: Vec<f32> = TWO.into_iter().chain([1.0, 0.0]).collect();
        let loss = loss(&[row(1, 1), row(1, 2)], &with, &[0]);
        assert!((loss - (2.0_f64.ln() + (1.0 + (-20.0_f64).exp()).ln()) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn a_text_is_no_negative_where_it_is_the_answer() {
        let with: Vec<f32> = TWO.into_iter().chain([1.0, 0.0]).collect();
        let two = 2.0_f64.ln();
        let away = (1.0 + (-20.0_f64).exp()).ln();
        // Text 50 is a negative of the first pair, and the positive or query of the second.
        for second in [
            row(1, 50),
            Row {
                positive: 50,
                ..row(1, 2)
            },
        ] {
            let own = loss(&[row(1, 1), second], &with, &[0]);
            assert!((own - two / 2.0).abs() < 1e-6, "{own}");
        }
        let own = loss(&[row(1, 1), row(1, 2)], &with, &[0]);
        assert!((own - (two + away) / 2.0).abs() < 1e-6, "{own}");
    }
}
