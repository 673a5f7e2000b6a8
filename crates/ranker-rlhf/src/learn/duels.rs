//! Pairs of rows of which one is better or neither, and the likelihood of these outcomes.

use std::ops::Range;
use std::sync::Arc;

use ranker_core::FeatureSchema;

use super::comparison::{self, Comparison, Outcome};
use super::error::LearnError;
use super::judged::JudgedList;
use super::odds::Odds;
use super::table::Table;

/// Rows, and pairs of them.
#[derive(Debug)]
pub(super) struct Duels {
    pub(super) table: Table,
    pub(super) duels: Vec<Duel>,
}

/// Two rows of a table, the better first, or a tie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Duel {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) tie: bool,
    pub(super) weight: f64,
}

/// The value of a loss, and its derivatives.
#[derive(Debug, Clone)]
pub(super) struct Slopes {
    pub(super) loss: f64,
    /// By each row's score.
    pub(super) by_row: Vec<f64>,
    /// By θ, the logarithm of the odds of a tie between equals.
    pub(super) by_theta: f64,
}

/// `-Σ weight · log P(outcome)` after Davidson; without θ after Bradley and Terry ([`Odds`]).
///
/// One imagined win and one imagined tie between equals keep θ finite where all pairs at hand are ties
/// or none is.
pub(super) fn slopes(duels: &[Duel], scores: &[f64], theta: Option<f64>) -> Slopes {
    let mut sum = Slopes {
        loss: 0.0,
        by_row: vec![0.0; scores.len()],
        by_theta: 0.0,
    };
    for duel in duels {
        let odds = Odds::new(scores[duel.first] - scores[duel.second], theta);
        let (by_difference, by_theta) = odds.slopes(duel.tie);
        sum.loss += duel.weight * odds.loss(duel.tie);
        sum.by_row[duel.first] += duel.weight * by_difference;
        sum.by_row[duel.second] -= duel.weight * by_difference;
        sum.by_theta += duel.weight * by_theta;
    }
    if theta.is_some() {
        let equals = Odds::new(0.0, theta);
        for tie in [true, false] {
            sum.loss += equals.loss(tie);
            sum.by_theta += equals.slopes(tie).1;
        }
    }
    sum
}

impl Duels {
    /// The pairs of different gain within judged lists, at most `most` of them a list.
    ///
    /// # Errors
    ///
    /// As [`Table::new`].
    pub(super) fn of_lists(lists: &[JudgedList], most: usize) -> Result<Self, LearnError> {
        let table = Table::new(lists)?;
        let duels = of_lists(&table, most);
        Ok(Self { table, duels })
    }

    /// The two rows of each comparison.
    ///
    /// # Errors
    ///
    /// As [`comparison::check`].
    pub(super) fn of_comparisons(
        comparisons: &[Comparison],
        schema: &Arc<FeatureSchema>,
    ) -> Result<Self, LearnError> {
        comparison::check(comparisons, schema)?;
        let rows = comparisons.iter().flat_map(|c| [c.better(), c.worse()]);
        let duel = |(at, comparison): (usize, &Comparison)| Duel {
            first: 2 * at,
            second: 2 * at + 1,
            tie: comparison.outcome() == Outcome::Tie,
            weight: comparison.weight(),
        };
        Ok(Self {
            table: Table {
                schema: Arc::clone(schema),
                values: rows.flatten().copied().collect(),
                gains: vec![0.0; 2 * comparisons.len()],
                weights: vec![1.0; 2 * comparisons.len()],
                lists: (0..comparisons.len())
                    .map(|at| 2 * at..2 * at + 2)
                    .collect(),
                jobs: comparisons.iter().map(|c| Arc::from(c.job())).collect(),
            },
            duels: comparisons.iter().enumerate().map(duel).collect(),
        })
    }

    /// The job of each pair.
    pub(super) fn jobs(&self) -> impl Iterator<Item = &Arc<str>> {
        self.duels.iter().map(|duel| job_of(&self.table, duel))
    }

    /// How many pairs tie.
    pub(super) fn ties(&self) -> usize {
        self.duels.iter().filter(|duel| duel.tie).count()
    }
}

fn job_of<'a>(table: &'a Table, duel: &Duel) -> &'a Arc<str> {
    let list = table.lists.partition_point(|list| list.end <= duel.first);
    &table.jobs[list]
}

impl JudgedList {
    /// The pairs of rows of different gain as comparisons, at most `most` of them, evenly spread.
    ///
    /// Their weights sum to the number of rows that count, so that a list twice as long counts
    /// twice, not four times; within the list a pair weighs the product of its rows' weights. A list
    /// whose rows all gain the same has none.
    ///
    /// # Errors
    ///
    /// [`LearnError::Weight`] where a weight is too small beside the others.
    pub fn comparisons(&self, most: usize) -> Result<Vec<Comparison>, LearnError> {
        match Table::new(std::slice::from_ref(self)) {
            Ok(table) => comparisons(&table, most),
            Err(LearnError::NoLists | LearnError::NoContrast { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Pairs of judged lists as comparisons: those of [`of_lists`].
pub(super) fn comparisons(table: &Table, most: usize) -> Result<Vec<Comparison>, LearnError> {
    let row = |at: usize| -> Arc<[f32]> { table.row(at).into() };
    let rows: Vec<Arc<[f32]>> = (0..table.len()).map(row).collect();
    let comparison = |duel: Duel| {
        let (better, worse) = (
            Arc::clone(&rows[duel.first]),
            Arc::clone(&rows[duel.second]),
        );
        let job = Arc::clone(job_of(table, &duel));
        Comparison::new(job, Outcome::Preferred, better, worse)?.with_weight(duel.weight)
    };
    of_lists(table, most).into_iter().map(comparison).collect()
}

/// The pairs of different gain within each list, at most `most` of them a list, evenly spread.
///
/// A pair weighs the product of its rows' weights; a list's pairs together weigh as much as its
/// rows, so that a list twice as long counts twice, not four times.
pub(super) fn of_lists(table: &Table, most: usize) -> Vec<Duel> {
    let of_list = |list: &Range<usize>| {
        let pairs = list
            .clone()
            .flat_map(|a| (a + 1..list.end).map(move |b| (a, b)));
        let pairs = pairs.filter(|&(a, b)| table.gains[a] != table.gains[b]);
        let count = pairs.clone().count();
        let kept = count.min(most);
        let is_kept = move |&(place, _): &(usize, (usize, usize))| {
            // As many of the first n are kept as fit evenly.
            (place + 1) * kept / count > place * kept / count
        };
        let duel = |(_, (a, b)): (usize, (usize, usize))| {
            let better = table.gains[a] > table.gains[b];
            let (first, second) = if better { (a, b) } else { (b, a) };
            Duel {
                first,
                second,
                tie: false,
                weight: table.weights[a] * table.weights[b],
            }
        };
        let mut duels: Vec<Duel> = pairs.enumerate().filter(is_kept).map(duel).collect();
        let total: f64 = duels.iter().map(|duel| duel.weight).sum();
        let rows: f64 = table.weights[list.clone()].iter().sum();
        for duel in &mut duels {
            duel.weight *= rows / total;
        }
        duels
    };
    table.lists.iter().flat_map(of_list).collect()
}
