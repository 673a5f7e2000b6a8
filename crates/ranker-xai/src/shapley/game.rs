//! A row's features as players of a game.

use std::sync::Arc;

use ranker_core::{Contributions, FeatureMatrix, ScoreError, Scorer, ValueError};

/// One row, the baseline, and the features in which they differ: the players.
pub(super) struct Game<'a> {
    scorer: &'a dyn Scorer,
    row: &'a [f32],
    baseline: &'a [f32],
    players: Vec<usize>,
}

impl<'a> Game<'a> {
    /// A game on rows of the scorer's features.
    pub(super) fn new(scorer: &'a dyn Scorer, row: &'a [f32], baseline: &'a [f32]) -> Self {
        let differs = |&at: &usize| row[at] != baseline[at];
        Self {
            scorer,
            row,
            baseline,
            players: (0..row.len()).filter(differs).collect(),
        }
    }

    /// The columns that differ from the baseline.
    pub(super) fn players(&self) -> &[usize] {
        &self.players
    }

    /// A batch to which coalitions are added.
    pub(super) fn batch(&self) -> Batch<'_> {
        Batch {
            game: self,
            rows: Vec::new(),
        }
    }

    /// Parts by player as parts by column; whoever does not play has part 0.
    pub(super) fn contributions(&self, base: f64, parts: &[f64]) -> Contributions {
        let mut all = vec![0.0; self.row.len()];
        for (&column, &part) in self.players.iter().zip(parts) {
            all[column] = part;
        }
        Contributions::new(base, all)
    }
}

/// Coalitions whose worths are asked for in one call of the scorer.
pub(super) struct Batch<'a> {
    game: &'a Game<'a>,
    rows: Vec<f32>,
}

impl Batch<'_> {
    /// Adds the coalition of these players, given by their places among [`Game::players`].
    pub(super) fn add(&mut self, coalition: impl IntoIterator<Item = usize>) {
        let at = self.rows.len();
        self.rows.extend_from_slice(self.game.baseline);
        for player in coalition {
            let column = self.game.players[player];
            self.rows[at + column] = self.game.row[column];
        }
    }

    /// The worth of each coalition, in the order in which they were added.
    pub(super) fn worths(self) -> Result<Vec<f64>, ScoreError> {
        let Game { scorer, row, .. } = self.game;
        let asked = self.rows.len() / row.len();
        let rows = FeatureMatrix::new(Arc::clone(scorer.schema()), self.rows)
            .expect("whole rows of values from finite matrices");
        let scores = scorer.score(&rows)?;
        if scores.len() != asked {
            return Err(missing(asked, scores.len()));
        }
        Ok(scores.into_iter().map(f64::from).collect())
    }
}

/// What is said of a model that answers for more or fewer rows than it was asked for.
pub(crate) fn missing(expected: usize, actual: usize) -> ScoreError {
    ScoreError::Output {
        row: expected.min(actual),
        source: ValueError::Dimension { expected, actual },
    }
}
