//! What all seeds say together.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

/// What all others are compared with.
pub(crate) const NAIVE: &str = "clicks as labels";

/// NDCG@3 of each way to learn, by seed and test list.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<(String, Vec<Vec<f64>>)>,
    chosen: BTreeMap<String, usize>,
}

/// A mean with a 95 % interval.
#[derive(Debug, Clone, Copy)]
struct Mean {
    mean: f64,
    half: f64,
}

impl Table {
    pub(crate) fn add(&mut self, name: &str, lists: Vec<f64>) {
        match self.rows.iter_mut().find(|row| row.0 == name) {
            Some(row) => row.1.push(lists),
            None => self.rows.push((name.to_owned(), vec![lists])),
        }
    }

    /// Counts the click model that was chosen.
    pub(crate) fn choose(&mut self, kind: &str) {
        *self.chosen.entry(kind.to_owned()).or_default() += 1;
    }

    /// By how much a way is above clicks as labels, over seeds and over test lists.
    fn lifts(&self, seeds: &[Vec<f64>]) -> [Mean; 2] {
        let naive = self.rows.iter().find(|row| row.0 == NAIVE);
        let naive = naive.map_or(seeds, |row| &row.1);
        let pairs = seeds.iter().zip(naive);
        let differences: Vec<Vec<f64>> = pairs
            .map(|(seed, naive)| seed.iter().zip(naive).map(|(a, b)| a - b).collect())
            .collect();
        let lists = differences.first().map_or(0, Vec::len);
        let by_seed: Vec<f64> = differences.iter().map(|seed| mean(seed)).collect();
        let by_list = (0..lists).map(|list| {
            let of: Vec<f64> = differences.iter().map(|seed| seed[list]).collect();
            mean(&of)
        });
        [Mean::of(&by_seed), Mean::of(&by_list.collect::<Vec<f64>>())]
    }

    pub(crate) fn json(&self, seeds: u64, sessions: usize) -> Value {
        let ways = self.rows.iter().map(|(name, all)| {
            let [by_seed, by_list] = self.lifts(all);
            json!({
                "way": name,
                "ndcg@3": ndcg(all),
                "lift": by_seed.mean,
                "lift_low": by_seed.mean - by_seed.half,
                "lift_high": by_seed.mean + by_seed.half,
                "lift_low_over_lists": by_list.mean - by_list.half,
                "lift_high_over_lists": by_list.mean + by_list.half,
            })
        });
        json!({
            "seeds": seeds,
            "sessions": sessions,
            "chosen": self.chosen,
            "ways": ways.collect::<Vec<Value>>(),
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<42} ndcg@3   lift   (95 % over seeds)", "")?;
        for (name, seeds) in &self.rows {
            let [Mean { mean, half }, _] = self.lifts(seeds);
            writeln!(f, "{name:<42} {:.3}  {mean:+.3}  ± {half:.3}", ndcg(seeds))?;
        }
        let chosen = self.chosen.iter();
        let chosen: Vec<String> = chosen.map(|(kind, n)| format!("{kind} {n}")).collect();
        writeln!(f, "click models chosen: {}", chosen.join(", "))
    }
}

fn ndcg(seeds: &[Vec<f64>]) -> f64 {
    let seeds: Vec<f64> = seeds.iter().map(|lists| mean(lists)).collect();
    mean(&seeds)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

impl Mean {
    /// By Student's t.
    fn of(values: &[f64]) -> Self {
        let mean = mean(values);
        let degrees = values.len() as f64 - 1.0;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / degrees / values.len() as f64).sqrt();
        let half = student(degrees) * error;
        Self { mean, half }
    }
}

/// The 97.5th percentile of Student's t, to three digits from four degrees of freedom on (Abramowitz
/// and Stegun 26.7.5).
fn student(degrees: f64) -> f64 {
    let z: f64 = 1.959_964;
    let second = (z.powi(3) + z) / 4.0;
    let third = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let fourth = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + second / degrees + third / degrees.powi(2) + fourth / degrees.powi(3)
}
