//! The angles of rotary positions (Su et al. 2021, <https://arxiv.org/abs/2104.09864>).

use std::f64::consts::TAU;

/// How slow angles of Llama 3.1 and later were made slower, for texts longer than the first training's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slower {
    /// What the slowest are divided by.
    pub(crate) factor: f64,
    /// Angles that turn around less often than this within `positions` are the slowest,
    pub(crate) low: f64,
    /// those that do more often than this stay, and between them there is a ramp.
    pub(crate) high: f64,
    /// The positions of the first training.
    pub(crate) positions: f64,
}

impl Slower {
    fn slowed(self, turn: f64) -> f64 {
        let around = self.positions * turn / TAU;
        if around > self.high {
            return turn;
        }
        if around < self.low {
            return turn / self.factor;
        }
        let share = (around - self.low) / (self.high - self.low);
        (1.0 - share) * turn / self.factor + share * turn
    }
}

/// By how much each pair of a head's `size` components turns from one position to the next.
pub(crate) fn turns(size: usize, base: f64, slower: Option<Slower>) -> Vec<f32> {
    let turn = |at: usize| base.powf(-(2.0 * at as f64) / size as f64);
    let turns = (0..size / 2).map(turn);
    let slowed = |turn: f64| slower.map_or(turn, |slower| slower.slowed(turn));
    turns.map(|turn| slowed(turn) as f32).collect()
}
