//! Requirements against passages.

use std::ops::Range;

use ranker_core::{CosineBaseline, PassageMatch};

use super::side::Side;

/// How alike each requirement and each passage are: rows are requirements.
pub(super) struct Table {
    requirements: Vec<Range<usize>>,
    passages: Vec<Range<usize>>,
    similarity: Vec<Vec<f32>>,
}

impl Table {
    /// From the similarities of all tokens: a row a token of the job. Alike is what is above the encoder's baseline.
    pub(super) fn new(
        job: &Side,
        profile: &Side,
        tokens: &[f32],
        baseline: CosineBaseline,
    ) -> Self {
        let rows: Vec<&[f32]> = tokens.chunks_exact(profile.tokens.len().max(1)).collect();
        let similarity = |asked: &[usize], passage: &[usize]| {
            let greatest = |token: &usize| {
                let similarities = passage.iter().map(|&other| rows[*token][other]);
                similarities.fold(f32::NEG_INFINITY, f32::max)
            };
            let mean = asked.iter().map(greatest).sum::<f32>() / asked.len() as f32;
            CosineBaseline::rescaled(mean, baseline.tokens())
        };
        let row = |(_, asked)| {
            let passages = profile.passages();
            passages
                .map(|(_, passage)| similarity(asked, passage))
                .collect()
        };
        Self {
            similarity: job.passages().map(row).collect(),
            passages: profile.passages().map(|(at, _)| at.clone()).collect(),
            requirements: job.passages().map(|(at, _)| at.clone()).collect(),
        }
    }

    /// The pairs in which each is the other's clearest, clearest first. With too few requirements to
    /// tell what is like all of them, the most similar passage of each.
    pub(super) fn matches(&self, most: usize, least: f32) -> Vec<PassageMatch> {
        if self.requirements.len() <= FEW {
            return self.best(self.most_similar(least), most);
        }
        let contrast = contrast(&self.similarity);
        let mut found = Vec::new();
        for (r, row) in contrast.iter().enumerate() {
            let Some(p) = greatest(row.iter().copied()) else {
                continue;
            };
            let mutual = greatest(contrast.iter().map(|row| row[p])) == Some(r);
            if mutual && row[p] >= least && self.similarity[r][p] >= UNLIKE {
                found.push((row[p], r, p));
            }
        }
        self.best(found, most)
    }

    /// The most similar passage of each requirement, where it is similar enough.
    fn most_similar(&self, least: f32) -> Vec<Pair> {
        let rows = self.similarity.iter().enumerate();
        let best = rows.filter_map(|(r, row)| {
            let p = greatest(row.iter().copied())?;
            (row[p] >= least.max(ALIKE)).then_some((row[p], r, p))
        });
        best.collect()
    }

    fn best(&self, mut found: Vec<Pair>, most: usize) -> Vec<PassageMatch> {
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(most);
        let at = |(_, r, p): (f32, usize, usize)| {
            PassageMatch::new(
                self.requirements[r].clone(),
                self.passages[p].clone(),
                self.similarity[r][p],
            )
        };
        found.into_iter().map(at).collect()
    }
}

/// How clear a pair is, its requirement and its passage.
type Pair = (f32, usize, usize);

/// Requirements of which a mean tells nothing.
const FEW: usize = 2;

/// A pair that is less similar answers nothing, however clearly it stands out.
const UNLIKE: f32 = 0.29;

/// The least similarity of a pair that is judged by that alone.
const ALIKE: f32 = 0.35;

/// Each value less the mean of its row and the mean of its column, plus the mean of all; minus
/// infinity for what is not above both means, which a row or a column of small values can have. A
/// row or a column that is the only one has nothing to stand out from, and its mean stays.
fn contrast(table: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let (rows, columns) = (table.len(), table.first().map_or(0, Vec::len));
    let row_means: Vec<f32> = table.iter().map(|row| mean(row.iter().copied())).collect();
    let column_means: Vec<f32> = (0..columns)
        .map(|c| mean(table.iter().map(|row| row[c])))
        .collect();
    let all = mean(row_means.iter().copied());
    let excess = |r: usize, c: usize| {
        let row = if columns > 1 { row_means[r] } else { 0.0 };
        let column = if rows > 1 { column_means[c] } else { 0.0 };
        let both = if rows > 1 && columns > 1 { all } else { 0.0 };
        if table[r][c] > row.max(column) {
            table[r][c] - row - column + both
        } else {
            f32::NEG_INFINITY
        }
    };
    (0..rows)
        .map(|r| (0..columns).map(|c| excess(r, c)).collect())
        .collect()
}

/// Where the greatest value stands, the first of equals.
fn greatest(values: impl Iterator<Item = f32>) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (at, value) in values.enumerate() {
        if best.is_none_or(|(_, greatest)| value > greatest) {
            best = Some((at, value));
        }
    }
    best.map(|(at, _)| at)
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len().max(1) as f32;
    values.sum::<f32>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(similarity: &[&[f32]]) -> Vec<(usize, usize)> {
        let places = |n: usize| (0..n).map(|i| i..i + 1).collect();
        let table = Table {
            requirements: places(similarity.len()),
            passages: places(similarity.first().map_or(0, |row| row.len())),
            similarity: similarity.iter().map(|row| row.to_vec()).collect(),
        };
        let found = table.matches(5, 0.15).into_iter();
        found
            .map(|m| (m.requirement.start, m.passage.start))
            .collect()
    }

    #[test]
    fn what_is_like_everything_matches_nothing() {
        // Passage 0 is like every requirement, and requirement 2 is like every passage.
        let found = matches(&[&[0.7, 0.1, 0.6], &[0.7, 0.6, 0.1], &[0.8, 0.7, 0.7]]);
        assert_eq!(found, [(1, 1), (0, 2)]);
    }

    #[test]
    fn a_passage_answers_one_requirement() {
        let found = matches(&[&[0.9, 0.1, 0.1], &[0.8, 0.1, 0.2], &[0.0, 0.0, 0.0]]);
        assert_eq!(found, [(0, 0)]);
    }

    #[test]
    fn alone_a_pair_is_judged_by_its_similarity() {
        assert_eq!(matches(&[&[0.4]]), [(0, 0)]);
        assert_eq!(matches(&[&[0.1]]), []);
        assert_eq!(matches(&[&[0.2, 0.8]]), [(0, 1)]);
        assert_eq!(matches(&[&[0.2], &[0.8]]), [(1, 0)]);
        assert_eq!(matches(&[]), []);
        // One passage may answer both of two requirements.
        assert_eq!(matches(&[&[0.7, 0.3], &[0.6, 0.2]]), [(0, 0), (1, 0)]);
    }
}
