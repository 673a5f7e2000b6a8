//! The contract of [`Learner`] as a function to run, beside those of
//! [`ranker_core::conformance`].

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use ranker_core::conformance::{self, Violation, check};
use ranker_core::{FeatureMatrix, FeatureSchema, FeatureSpec, Scorer};
use ranker_score::{LinearScorer, Model};

use crate::{Comparison, Examples, JudgedList, LearnError, Learner, Outcome};

const JOBS: usize = 24;
const ROWS: usize = 6;
const COLUMNS: usize = 3;

/// Checks that a learner keeps the contract of [`Learner`], on made-up lists and comparisons.
///
/// ```
/// use ranker_rlhf::{BradleyTerry, conformance};
///
/// conformance::learner(&BradleyTerry::new())?;
/// # Ok::<(), ranker_core::conformance::Violation>(())
/// ```
///
/// # Errors
///
/// The first [`Violation`] found.
pub fn learner(learner: &dyn Learner) -> Result<(), Violation> {
    let world = World::new();
    let model = world.learn(learner, &world.lists)?;
    conformance::scorer(&model)?;
    serves_the_examples_features(&model, &world)?;
    learns_the_same_again(learner, &world, &model)?;
    ignores_rows_without_weight(learner, &world, &model)?;
    refuses_what_teaches_nothing(learner, &world)
}

fn serves_the_examples_features(model: &Model, world: &World) -> Result<(), Violation> {
    let kept = model.schema().names().eq(world.schema.names());
    check("the model scores the examples' features", kept, || {
        let names: Vec<&str> = model.schema().names().collect();
        format!("a model of the features {names:?}")
    })
}

fn learns_the_same_again(
    learner: &dyn Learner,
    world: &World,
    model: &Model,
) -> Result<(), Violation> {
    let contract = "the same examples give the same model on any number of threads";
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| Violation::new(contract, error.to_string()))?;
        let again = pool.install(|| world.learn(learner, &world.lists))?;
        check(contract, again.model_id() == model.model_id(), || {
            format!(
                "{} on {threads} threads, {}",
                again.model_id(),
                model.model_id()
            )
        })?;
    }
    let reversed: Vec<JudgedList> = world.lists.iter().rev().cloned().collect();
    let again = world.learn(learner, &reversed)?;
    check(
        "lists in any order give the same model",
        again.model_id() == model.model_id(),
        || {
            format!(
                "{} from the lists reversed, {}",
                again.model_id(),
                model.model_id()
            )
        },
    )
}

fn ignores_rows_without_weight(
    learner: &dyn Learner,
    world: &World,
    model: &Model,
) -> Result<(), Violation> {
    let padded: Vec<JudgedList> = world.lists.iter().map(|list| world.padded(list)).collect();
    let again = world.learn(learner, &padded)?;
    check(
        "a row of weight 0 changes nothing",
        again.model_id() == model.model_id(),
        || {
            format!(
                "{} with such rows, {} without",
                again.model_id(),
                model.model_id()
            )
        },
    )
}

fn refuses_what_teaches_nothing(learner: &dyn Learner, world: &World) -> Result<(), Violation> {
    let contract = "examples that teach nothing, or of different features, are an error";
    let constant = world.list(0, |_, _| 0.5);
    let flat: Vec<JudgedList> = world.lists.iter().map(World::flat).collect();
    let other = World::of_columns(COLUMNS + 1).lists;
    let mixed = [world.lists[0].clone(), other[0].clone()];
    let refused: [(&str, &[JudgedList]); 4] = [
        ("no examples", &[]),
        ("candidates that all have the same features", &[constant]),
        ("lists whose candidates all gain the same", &flat),
        ("lists of different features", &mixed),
    ];
    for (what, lists) in refused {
        let answer = learner.learn(&Examples::of(lists));
        check(contract, answer.is_err(), || format!("a model from {what}"))?;
    }
    Ok(())
}

/// Made-up lists, comparisons with a tie, and a model that is served.
struct World {
    schema: Arc<FeatureSchema>,
    lists: Vec<JudgedList>,
    comparisons: Vec<Comparison>,
    serving: LinearScorer,
}

impl World {
    fn new() -> Self {
        Self::of_columns(COLUMNS)
    }

    fn of_columns(columns: usize) -> Self {
        let spec = |at: usize| FeatureSpec::new(format!("f{at}"), "made up", 0.0..=1.0);
        let schema = FeatureSchema::new((0..columns).map(spec).collect());
        let schema = Arc::new(schema.expect("the names differ"));
        let serving = LinearScorer::new(Arc::clone(&schema), vec![0.5; columns]);
        let mut world = Self {
            serving: serving.expect("a weight a feature"),
            lists: Vec::new(),
            comparisons: Vec::new(),
            schema,
        };
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for job in 0..JOBS {
            let values: Vec<f32> = (0..ROWS * columns)
                .map(|_| (random.next_u32() >> 8) as f32 / (1 << 24) as f32)
                .collect();
            let list = world.list(job, |row, column| values[row * columns + column]);
            world.lists.push(list);
        }
        world.comparisons = world.compared();
        world
    }

    fn list(&self, job: usize, value: impl Fn(usize, usize) -> f32) -> JudgedList {
        let columns = self.schema.len();
        let rows = (0..ROWS).flat_map(|row| (0..columns).map(move |column| (row, column)));
        let values: Vec<f32> = rows.map(|(row, column)| value(row, column)).collect();
        // What is wanted: the first feature, and less of the last.
        let gain = |row: &[f32]| f64::from((4.0 * (row[0] - 0.5 * row[columns - 1])).round());
        let gains = values.chunks(columns).map(gain).collect();
        let features = FeatureMatrix::new(Arc::clone(&self.schema), values);
        let list = JudgedList::new(format!("job {job:03}"), features.expect("finite"), gains);
        list.expect("a gain a row")
    }

    fn compared(&self) -> Vec<Comparison> {
        let pair = |(at, list): (usize, &JudgedList)| {
            let outcome = if at % 4 == 3 {
                Outcome::Tie
            } else {
                Outcome::Preferred
            };
            let better = usize::from(list.gains()[1] > list.gains()[0]);
            let row = |at: usize| list.features().row(at).expect("it has the row").to_vec();
            let made = Comparison::new(list.job(), outcome, row(better), row(1 - better));
            made.expect("rows of one length")
        };
        self.lists.iter().enumerate().map(pair).collect()
    }

    fn learn(&self, learner: &dyn Learner, lists: &[JudgedList]) -> Result<Model, Violation> {
        let examples = Examples::of(lists);
        let examples = examples
            .with_comparisons(&self.comparisons)
            .with_serving(&self.serving);
        let model = learner.learn(&examples);
        model.map_err(|error: LearnError| {
            Violation::new("examples with contrast give a model", error.to_string())
        })
    }

    /// The list with a row of weight 0 that contradicts all others.
    fn padded(&self, list: &JudgedList) -> JudgedList {
        let mut rows: Vec<f32> = list.features().rows().flatten().copied().collect();
        rows.extend((0..self.schema.len()).map(|_| 0.25));
        let features = FeatureMatrix::new(Arc::clone(&self.schema), rows).expect("finite");
        let gains = list.gains().iter().copied().chain([1e6]).collect();
        let weights = list.weights().iter().copied().chain([0.0]).collect();
        let list = JudgedList::new(list.job(), features, gains).expect("a gain a row");
        list.with_weights(weights).expect("a weight a row")
    }

    /// The list with one gain for all.
    fn flat(list: &JudgedList) -> JudgedList {
        let gains = vec![1.0; list.gains().len()];
        JudgedList::new(list.job(), list.features().clone(), gains).expect("a gain a row")
    }
}
