//! Simulated people with a known truth: what every policy earns can be computed.

use ranker::score::LinearScorer;
use std::collections::BTreeMap;
use std::sync::Arc;

use ranker::core::{FeatureMatrix, FeatureSchema, FeatureSpec, Score, Scorer};
use ranker::rlhf::JudgedList;
use ranker::rlhf::explore::ListPolicy;
use ranker::rlhf::off_policy::{LoggedList, ShownRow};

pub(crate) const CANDIDATES: usize = 10;
pub(crate) const FEATURES: usize = 4;
/// What the serving policies divide scores by.
pub(crate) const TEMPERATURE: f64 = 1.0;

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Sum of uniforms: near enough to normal here.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// How people read a list.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reader {
    /// From the top: past a click with chance 0.5, past anything else with 0.95.
    Cascade,
    /// Position k, from 1, with chance `1 / k`, whatever is above.
    Position,
}

/// Which chances are logged.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Chances {
    /// Of each candidate given who is above.
    OfLists,
    /// Of each candidate at its position, whoever is above, too.
    OfPositions,
}

pub(crate) struct World {
    pub(crate) jobs: Vec<FeatureMatrix>,
    /// The chance of a click on each candidate that is looked at.
    pub(crate) appeal: Vec<Vec<f64>>,
    pub(crate) reader: Reader,
    pub(crate) truth: Vec<f64>,
    schema: Arc<FeatureSchema>,
}

impl World {
    pub(crate) fn new(seed: u64, jobs: usize, reader: Reader) -> Self {
        let mut random = Random(seed);
        let spec =
            |at: usize| FeatureSpec::new(format!("f{at}"), "a simulated feature", -6.0..=6.0);
        let columns = (0..FEATURES).map(spec).collect();
        let schema = Arc::new(FeatureSchema::new(columns).expect("names differ"));
        let truth = vec![1.0, -0.6, 0.4, 0.0];
        let matrix = |random: &mut Random| {
            let cells = CANDIDATES * FEATURES;
            let values = (0..cells).map(|_| random.normal() as f32).collect();
            FeatureMatrix::new(schema.clone(), values).expect("whole finite rows")
        };
        let jobs: Vec<FeatureMatrix> = (0..jobs).map(|_| matrix(&mut random)).collect();
        let appeal = jobs.iter().map(|job| {
            let appeal = |row: &[f32]| {
                let quality: f64 = row.iter().zip(&truth).map(|(&x, w)| f64::from(x) * w).sum();
                1.0 / (1.0 + (1.8 - quality).exp())
            };
            job.rows().map(appeal).collect()
        });
        Self {
            appeal: appeal.collect(),
            jobs,
            reader,
            truth: truth.clone(),
            schema: schema.clone(),
        }
    }

    pub(crate) fn scorer(&self, weights: &[f64]) -> LinearScorer {
        LinearScorer::new(self.schema.clone(), weights.to_vec()).expect("finite weights")
    }

    /// What people click in a list.
    pub(crate) fn clicks(&self, job: usize, order: &[usize], random: &mut Random) -> Vec<f64> {
        let mut reading = true;
        let click = |(at, &row): (usize, &usize)| {
            let looks = match self.reader {
                Reader::Cascade => reading,
                Reader::Position => random.unit() < 1.0 / (at + 1) as f64,
            };
            let clicks = looks && random.unit() < self.appeal[job][row];
            reading &= random.unit() < if clicks { 0.5 } else { 0.95 };
            f64::from(u8::from(clicks))
        };
        order.iter().enumerate().map(click).collect()
    }

    /// Lists that a Plackett-Luce policy showed, with what they earned.
    pub(crate) fn log(
        &self,
        scorer: &LinearScorer,
        (lists, seed): (usize, u64),
    ) -> Vec<LoggedList> {
        self.log_as(scorer, (lists, seed), Chances::OfLists)
    }

    /// The same, with the chances that are asked for.
    pub(crate) fn log_as(
        &self,
        scorer: &LinearScorer,
        (lists, seed): (usize, u64),
        chances: Chances,
    ) -> Vec<LoggedList> {
        let marginals = chances == Chances::OfPositions;
        let mut random = Random(seed ^ 0x5eed);
        let policy = policy().with_seed(seed);
        let scores: Vec<Vec<Score>> = self
            .jobs
            .iter()
            .map(|job| scorer.score(job).expect("the world's features"))
            .collect();
        let counted: Vec<_> = scores
            .iter()
            .map(|s| marginals.then(|| policy.marginals(s, CANDIDATES).expect("few candidates")))
            .collect();
        let one = |list: usize| {
            let job = (random.bits() % self.jobs.len() as u64) as usize;
            let drawn = policy.draw(&scores[job], &list.to_string(), CANDIDATES);
            let clicks = self.clicks(job, &drawn.order, &mut random);
            let shown = drawn.order.iter().zip(&drawn.propensities).zip(clicks);
            let shown = shown.map(|((&row, &chance), reward)| ShownRow::new(row, chance, reward));
            let logged = LoggedList::new(
                format!("job {job}"),
                self.jobs[job].clone(),
                shown.collect(),
            )
            .expect("true propensities");
            match &counted[job] {
                Some(counted) => logged
                    .with_marginals(counted.of(&drawn.order))
                    .expect("true marginal chances"),
                None => logged,
            }
        };
        (0..lists).map(one).collect()
    }

    /// The true value of a Plackett-Luce policy: all sets of candidates that can be at the top.
    pub(crate) fn value(&self, weights: &[f64]) -> f64 {
        let values = (0..self.jobs.len()).map(|job| self.value_of(job, weights));
        values.sum::<f64>() / self.jobs.len() as f64
    }

    fn value_of(&self, job: usize, weights: &[f64]) -> f64 {
        let odds = |row: &[f32]| {
            let score: f64 = row
                .iter()
                .zip(weights)
                .map(|(&x, w)| f64::from(x) * w)
                .sum();
            (score / TEMPERATURE).exp()
        };
        let odds: Vec<f64> = self.jobs[job].rows().map(odds).collect();
        // By the set shown: its chance, and the chance that it is shown and read past.
        let mut sets = BTreeMap::from([(0_u32, (1.0, 1.0))]);
        let mut value = 0.0;
        for at in 0..CANDIDATES {
            let mut next: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
            for (set, (chance, read)) in sets {
                let left = (0..CANDIDATES).filter(|&row| (set >> row) & 1 == 0);
                let total: f64 = left.clone().map(|row| odds[row]).sum();
                for row in left {
                    let share = odds[row] / total;
                    let appeal = self.appeal[job][row];
                    let looks = match self.reader {
                        Reader::Cascade => read,
                        Reader::Position => chance / (at + 1) as f64,
                    };
                    value += looks * share * appeal;
                    let slot = next.entry(set | (1 << row)).or_default();
                    slot.0 += chance * share;
                    slot.1 += read * share * (0.5 * appeal + 0.95 * (1.0 - appeal));
                }
            }
            sets = next;
        }
        value
    }

    /// Lists as people would judge them: 1 for who is really good.
    pub(crate) fn judged(&self, (lists, seed): (usize, u64)) -> Vec<JudgedList> {
        let world = Self::new(seed, lists, self.reader);
        let jobs = world.jobs.iter().zip(&world.appeal).enumerate();
        let list = |(at, (job, appeal)): (usize, (&FeatureMatrix, &Vec<f64>))| {
            let gains = appeal.iter().map(|&p| if p > 0.4 { 1.0 } else { 0.0 });
            JudgedList::new(format!("held out {at}"), job.clone(), gains.collect())
                .expect("a finite gain a row")
        };
        jobs.map(list).collect()
    }
}

pub(crate) fn policy() -> ListPolicy {
    ListPolicy::plackett_luce(TEMPERATURE).expect("a good temperature")
}

/// `a + t (b - a)`.
pub(crate) fn between(a: &[f64], b: &[f64], t: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + t * (b - a)).collect()
}
