//! Ways to let one vector stand for several tokens.

use ranker::core::TokenEmbeddings;
use ranker_examples::dot;

/// How tokens are brought together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    /// Each token for itself.
    None,
    /// Every so many tokens in their order.
    Windows(usize),
    /// Neighbours in the text, those first whose join costs least (Ward).
    Neighbours(usize),
    /// Tokens from anywhere, those first whose join costs least (Ward).
    Anywhere(usize),
    /// Neighbours, until so many vectors are left, or a quarter where that is more.
    NeighboursTo(usize),
    /// Tokens from anywhere, until so many vectors are left, or a quarter where that is more.
    AnywhereTo(usize),
}

impl Pool {
    /// The tokens of each group.
    pub(crate) fn groups(self, tokens: &TokenEmbeddings) -> Vec<Vec<usize>> {
        let vectors: Vec<&[f32]> = tokens.vectors().collect();
        let all: Vec<usize> = (0..vectors.len()).collect();
        match self {
            Self::None => all.chunks(1).map(<[usize]>::to_vec).collect(),
            Self::Windows(size) => all.chunks(size).map(<[usize]>::to_vec).collect(),
            Self::Neighbours(factor) => joined(&vectors, all.len().div_ceil(factor), true),
            Self::Anywhere(factor) => joined(&vectors, all.len().div_ceil(factor), false),
            Self::NeighboursTo(count) => joined(&vectors, budget(&all, count), true),
            Self::AnywhereTo(count) => joined(&vectors, budget(&all, count), false),
        }
    }
}

fn budget(tokens: &[usize], vectors: usize) -> usize {
    vectors.max(tokens.len().div_ceil(4)).min(tokens.len())
}

struct Group {
    sum: Vec<f32>,
    tokens: Vec<usize>,
}

impl Group {
    /// By how much joining two groups adds to the squares of distances from the groups' means.
    fn cost(&self, other: &Self) -> f32 {
        let (n, m) = (self.tokens.len() as f32, other.tokens.len() as f32);
        let (a, b) = (dot(&self.sum, &self.sum), dot(&other.sum, &other.sum));
        let apart = a / (n * n) + b / (m * m) - 2.0 * dot(&self.sum, &other.sum) / (n * m);
        apart * n * m / (n + m)
    }
}

/// The cheapest pair first, until so many groups are left.
fn joined(vectors: &[&[f32]], left: usize, neighbours: bool) -> Vec<Vec<usize>> {
    let group = |(token, vector): (usize, &&[f32])| Group {
        sum: vector.to_vec(),
        tokens: vec![token],
    };
    let mut groups: Vec<Option<Group>> = vectors.iter().enumerate().map(group).map(Some).collect();
    let n = groups.len();
    let mut costs = vec![f32::INFINITY; n * n];
    let mut next: Vec<usize> = (1..=n).collect();
    for a in 0..n {
        for b in a + 1..if neighbours { n.min(a + 2) } else { n } {
            let (Some(x), Some(y)) = (&groups[a], &groups[b]) else {
                continue;
            };
            costs[a * n + b] = x.cost(y);
        }
    }
    let mut nearest: Vec<(f32, usize)> = (0..n).map(|a| least(&costs[a * n..][..n])).collect();
    for _ in left..n {
        let Some(a) = (0..n)
            .filter(|&a| groups[a].is_some())
            .min_by(|&a, &b| nearest[a].0.total_cmp(&nearest[b].0))
        else {
            break;
        };
        let b = nearest[a].1;
        let (Some(mut x), Some(y)) = (groups[a].take(), groups[b].take()) else {
            break;
        };
        x.sum.iter_mut().zip(&y.sum).for_each(|(x, y)| *x += y);
        x.tokens.extend(y.tokens);
        groups[a] = Some(x);
        if neighbours {
            next[a] = next[b];
        }
        for other in 0..n {
            costs[other.min(b) * n + other.max(b)] = f32::INFINITY;
            if other == a {
                continue;
            }
            let (Some(x), Some(y)) = (&groups[a], &groups[other]) else {
                continue;
            };
            if !neighbours || next[a] == other || next[other] == a {
                costs[other.min(a) * n + other.max(a)] = x.cost(y);
            }
        }
        for row in 0..=b {
            if row == a
                || nearest[row].1 == a
                || nearest[row].1 == b
                || costs[row * n + a] < nearest[row].0
            {
                nearest[row] = least(&costs[row * n..][..n]);
            }
        }
    }
    groups
        .into_iter()
        .flatten()
        .map(|group| group.tokens)
        .collect()
}

fn least(costs: &[f32]) -> (f32, usize) {
    let each = costs.iter().copied().zip(0..);
    each.fold((f32::INFINITY, 0), |best, next| {
        if next.0 < best.0 { next } else { best }
    })
}
