//! A list being filled from the top.

use super::rule::{Kind, Rule};

/// The most temperatures between two scores that are told apart: `e^-600` is not 0 yet.
const MOST_SPREAD: f64 = 600.0;

/// A list being filled from the top, and the chance of everyone to be next.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    rule: Rule,
    /// The rows, best first.
    by_score: Vec<usize>,
    /// The place of each row in `by_score`.
    place: Vec<usize>,
    /// Plackett-Luce odds of each row; empty for other policies.
    odds: Vec<f64>,
    shown: Vec<bool>,
    position: usize,
}

impl Walk {
    /// Nobody shown yet. The scores must be finite.
    pub(super) fn new(rule: Rule, scores: &[f64]) -> Self {
        let mut by_score: Vec<usize> = (0..scores.len()).collect();
        by_score.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let mut place = vec![0; scores.len()];
        for (at, &row) in by_score.iter().enumerate() {
            place[row] = at;
        }
        let best = by_score.first().map_or(0.0, |&row| scores[row]);
        let odds = match rule.kind {
            Kind::PlackettLuce { temperature } => scores
                .iter()
                .map(|score| ((score - best) / temperature).max(-MOST_SPREAD).exp())
                .collect(),
            Kind::Epsilon(_) | Kind::TopK(_) => Vec::new(),
        };
        Self {
            rule,
            by_score,
            place,
            odds,
            shown: vec![false; scores.len()],
            position: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.shown.len()
    }

    pub(crate) fn is_shown(&self, row: usize) -> bool {
        self.shown[row]
    }

    /// Shows a row at the next position.
    pub(crate) fn show(&mut self, row: usize) {
        self.shown[row] = true;
        self.position += 1;
    }

    /// The same list with other rows shown.
    pub(super) fn with_shown(&mut self, shown: impl Fn(usize) -> bool) {
        for (row, slot) in self.shown.iter_mut().enumerate() {
            *slot = shown(row);
        }
        self.position = self.shown.iter().filter(|&&shown| shown).count();
    }

    /// The chance of each row to be next; 0 for those that were shown.
    pub(crate) fn chances(&self) -> Vec<f64> {
        let mut chances = vec![0.0; self.len()];
        if self.position >= self.len() {
            return chances;
        }
        if let Some(due) = self.due() {
            chances[due] = 1.0;
            return chances;
        }
        match self.rule.kind {
            Kind::PlackettLuce { .. } => self.by_odds(&mut chances),
            Kind::Epsilon(epsilon) => self.by_epsilon(epsilon, &mut chances),
            Kind::TopK(k) => self.by_top_k(k, &mut chances),
        }
        chances
    }

    /// Who has fallen as far as is allowed. At any position that is one row at most: it is told by
    /// its place.
    fn due(&self) -> Option<usize> {
        let place = self.position.checked_sub(self.rule.max_fall?)?;
        let row = self.by_score[place];
        (!self.shown[row]).then_some(row)
    }

    fn remaining(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|&row| !self.shown[row])
    }

    fn best(&self) -> Option<usize> {
        self.by_score.iter().copied().find(|&row| !self.shown[row])
    }

    fn by_odds(&self, chances: &mut [f64]) {
        // Summed anew at each position: what remains of a running sum would be rounding.
        let total: f64 = self.remaining().map(|row| self.odds[row]).sum();
        for row in self.remaining() {
            chances[row] = self.odds[row] / total;
        }
    }

    fn by_epsilon(&self, epsilon: f64, chances: &mut [f64]) {
        let share = epsilon / (self.len() - self.position) as f64;
        for row in self.remaining() {
            chances[row] = share;
        }
        if let Some(best) = self.best() {
            chances[best] += 1.0 - epsilon;
        }
    }

    fn by_top_k(&self, k: usize, chances: &mut [f64]) {
        let top: Vec<usize> = self
            .remaining()
            .filter(|&row| self.place[row] < k)
            .collect();
        for &row in &top {
            chances[row] = 1.0 / top.len() as f64;
        }
        if let (true, Some(best)) = (top.is_empty(), self.best()) {
            chances[best] = 1.0;
        }
    }
}
