//! The average over all orders, by all sets.

use ranker_core::{Contributions, ScoreError};

use super::game::Game;

/// `φ_i = Σ_S |S|! (n - |S| - 1)! / n! · (v(S ∪ {i}) - v(S))`, over the sets `S` without `i`.
///
/// A set is the bits of a number; `v` of all of them is one batch.
pub(super) fn split(game: &Game<'_>) -> Result<Contributions, ScoreError> {
    let players = game.players().len();
    let mut batch = game.batch();
    for set in 0..1_usize << players {
        batch.add((0..players).filter(|player| set >> player & 1 == 1));
    }
    let worth = batch.worths()?;
    let weights = weights(players);
    let part = |player: usize| -> f64 {
        let bit = 1 << player;
        let without = (0..worth.len()).filter(|set| set & bit == 0);
        without
            .map(|set| weights[set.count_ones() as usize] * (worth[set | bit] - worth[set]))
            .sum()
    };
    let parts: Vec<f64> = (0..players).map(part).collect();
    Ok(game.contributions(worth[0], &parts))
}

/// `s! (n - s - 1)! / n!` for each size `s`, as `1 / (n · C(n - 1, s))`.
fn weights(players: usize) -> Vec<f64> {
    let n = players as f64;
    let mut binomial = 1.0;
    (0..players)
        .map(|size| {
            let weight = 1.0 / (n * binomial);
            binomial *= (n - 1.0 - size as f64) / (size as f64 + 1.0);
            weight
        })
        .collect()
}
