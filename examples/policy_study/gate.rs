//! What the gate lets through.

use std::sync::Arc;

use serde_json::{Value, json};

use ranker::score::LinearScorer;

use crate::say;
use crate::world::{CANDIDATES, Random, Reader, World, between, policy};
use ranker::core::Scorer;
use ranker::rlhf::gate::{Evidence, Gate, Verdict};
use ranker::rlhf::off_policy::{LoggedList, ShownRow, Target};
use ranker::rlhf::{BradleyTerry, Comparison, JudgedList, Outcome};

const SERVING: [f64; 4] = [0.35, 0.0, 0.3, 0.15];

struct Study {
    world: World,
    serving: LinearScorer,
    value: f64,
    held_out: Vec<JudgedList>,
}

pub(crate) fn run(harmful: u64, good: u64, seeds: u64) -> Value {
    let world = World::new(11, 40, Reader::Cascade);
    let study = Study {
        serving: world.scorer(&SERVING),
        value: world.value(&SERVING),
        held_out: world.judged((400, 77)),
        world,
    };
    json!({
        "harmful": study.harmful(harmful), "good": study.good(good), "poisoned": study.poisoned(seeds),
    })
}

impl Study {
    fn judge(&self, candidate: &LinearScorer, logged: &[LoggedList]) -> Verdict {
        let policy = policy();
        let [candidate, serving] =
            [candidate, &self.serving].map(|s| Target::new(s as &dyn Scorer, &policy));
        let evidence = Evidence::new(logged).with_held_out(&self.held_out);
        Gate::new().judge(&candidate, &serving, &evidence)
    }

    /// Random steps that lose up to a tenth of the value; half of them lose less than 2 %.
    fn harmful(&self, runs: u64) -> Value {
        let (mut passed, mut better_bound, mut tried) = (0, 0, 0);
        let mut random = Random(5);
        while tried < runs {
            let direction: Vec<f64> = SERVING.iter().map(|w| w + random.normal()).collect();
            let step = if tried % 2 == 0 { 0.4 } else { 0.1 } * random.unit();
            let weights = between(&SERVING, &direction, step);
            let value = self.world.value(&weights);
            if value >= self.value || value < 0.9 * self.value {
                continue;
            }
            let logged = self.world.log(&self.serving, (2_000, 50_000 + tried));
            let verdict = self.judge(&self.world.scorer(&weights), &logged);
            passed += u64::from(verdict.promoted);
            better_bound += u64::from(verdict.numbers.difference.is_some_and(|d| d.low > 0.0));
            tried += 1;
        }
        say!("Gate, {runs} harmful updates at 2000 lists: {passed} passed");
        say!("  ({better_bound} had a 95 % interval above 0)");
        json!({"runs": runs, "lists": 2_000, "passed": passed, "interval_above_0": better_bound})
    }

    /// Steps towards the truth that are worth just 5 %.
    fn good(&self, runs: u64) -> Value {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            let value = self
                .world
                .value(&between(&SERVING, &self.world.truth, middle));
            if value < 1.05 * self.value {
                low = middle;
            } else {
                high = middle;
            }
        }
        let candidate = self
            .world
            .scorer(&between(&SERVING, &self.world.truth, high));
        let (mut passed, mut kl) = (0, 0.0);
        for run in 0..runs {
            let logged = self.world.log(&self.serving, (20_000, 90_000 + run));
            let verdict = self.judge(&candidate, &logged);
            kl += verdict.numbers.kl.unwrap_or(f64::NAN) / runs as f64;
            passed += u64::from(verdict.promoted);
            if run == 0 {
                say!("Gate, +5 % at 20000 lists, the first: {verdict}");
                say!("  {:?}", verdict.numbers);
            }
        }
        say!("Gate, {runs} updates worth +5 % at 20000 lists: {passed} passed, KL {kl:.2}");
        json!({"runs": runs, "lists": 20_000, "passed": passed, "kl": kl})
    }

    /// A source floods the training data with preferences turned around, and the log with clicks
    /// on what that makes best.
    fn poisoned(&self, seeds: u64) -> Value {
        let (mut passed, mut harmful) = (0, 0);
        for seed in 0..seeds {
            let candidate = self.poisoned_model(seed);
            let weights = candidate.weights();
            harmful += u64::from(self.world.value(weights) < self.value);
            let share = [0.1, 0.3, 0.6][(seed % 3) as usize];
            let logged = self.poisoned_log(&candidate, (share, seed));
            passed += u64::from(self.judge(&candidate, &logged).promoted);
        }
        say!("Gate, {seeds} poisoned batches ({harmful} harmful): {passed} passed");
        json!({"runs": seeds, "harmful": harmful, "passed": passed})
    }

    fn poisoned_model(&self, seed: u64) -> LinearScorer {
        let mut random = Random(seed + 1);
        let comparison = |at: u64| {
            let job = (random.bits() % self.world.jobs.len() as u64) as usize;
            let a = (random.bits() % CANDIDATES as u64) as usize;
            let b = (a + 1 + (random.bits() % (CANDIDATES as u64 - 1)) as usize) % CANDIDATES;
            let appeal = &self.world.appeal[job];
            // One honest preference in four.
            let honest = at.is_multiple_of(4);
            let (better, worse) = if (appeal[a] > appeal[b]) == honest {
                (a, b)
            } else {
                (b, a)
            };
            let row = |at: usize| self.world.jobs[job].row(at).unwrap_or_default().to_vec();
            Comparison::new(
                format!("job {job}"),
                Outcome::Preferred,
                row(better),
                row(worse),
            )
            .expect("finite rows")
        };
        let comparisons: Vec<Comparison> = (0..400).map(comparison).collect();
        let fit = BradleyTerry::new().fit(&comparisons, &self.serving);
        let weights = fit.expect("enough to learn from").scorer.weights().to_vec();
        // A step that the KL cap alone would let pass: the worst case for the gate.
        self.world.scorer(&between(&SERVING, &weights, 0.3))
    }

    fn poisoned_log(&self, candidate: &LinearScorer, (share, seed): (f64, u64)) -> Vec<LoggedList> {
        let logged = self.world.log(&self.serving, (4_000, 700 + seed));
        let mut random = Random(seed + 9);
        let with_source = |list: LoggedList| {
            if random.unit() >= share {
                return list.with_source(format!("honest {}", random.bits() % 40));
            }
            let scores = candidate
                .score(list.features())
                .expect("the world's features");
            let best = (0..scores.len()).max_by_key(|&row| scores[row]);
            let click = |shown: &ShownRow| {
                let top = Some(shown.row) == best;
                ShownRow::new(shown.row, shown.propensity, f64::from(u8::from(top)))
            };
            // Only where the poisoned favourite stands high: that earns the poisoned model most.
            let shown: Vec<ShownRow> = list.shown().iter().map(click).collect();
            let source: Arc<str> = "attacker".into();
            LoggedList::new(list.job().to_owned(), list.features().clone(), shown)
                .expect("true propensities")
                .with_source(source)
        };
        logged.into_iter().map(with_source).collect()
    }
}
