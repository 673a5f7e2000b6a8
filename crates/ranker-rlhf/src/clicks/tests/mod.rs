//! The models against recruiters whose truth is known.

mod bad_input;
mod recovery;
mod selection;
mod training;

use std::sync::Arc;

use ranker_core::{CandidateId, FeatureMatrix, FeatureSchema, FeatureSpec};

use super::{ClickLog, ClickModel, Session};
use crate::simulator::{GradedList, Looking, Recruiter, Simulator};

const PLACES: usize = 8;

fn who(at: usize) -> CandidateId {
    CandidateId::new(format!("c{at}")).unwrap()
}

/// Lists of eight candidates with random grades.
fn lists(jobs: usize, simulator: &mut Simulator) -> Vec<GradedList> {
    let mut list = |job: usize| {
        let grades = (0..PLACES).map(|_| (simulator.unit() * 5.0) as u32);
        let grades = grades.collect();
        let ids = (0..PLACES).map(who).collect();
        GradedList::new(format!("job {job:03}"), ids, grades).unwrap()
    };
    (0..jobs).map(&mut list).collect()
}

/// Every list is shown so often, each time in another order, to a recruiter who clicks with chances
/// of .1 to .9 by grade.
fn sessions(
    looking: Looking,
    (jobs, times): (usize, usize),
    seed: u64,
) -> (Vec<GradedList>, Vec<Session>) {
    let mut simulator = Simulator::new(seed);
    let lists = lists(jobs, &mut simulator);
    let recruiter = Recruiter::new(looking).with_appeal(APPEAL.to_vec());
    let mut sessions = Vec::new();
    for list in &lists {
        for _ in 0..times {
            let order = simulator.order(PLACES);
            sessions.push(simulator.visit(&recruiter, list, &order).session);
        }
    }
    (lists, sessions)
}

const APPEAL: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];

fn cascade(stop: f64, satisfied: f64) -> Looking {
    Looking::Cascade { stop, satisfied }
}

fn positions() -> Looking {
    Looking::Positions(vec![1.0, 0.8, 0.65, 0.5, 0.4, 0.3, 0.2, 0.15])
}

/// The root mean square error of attractiveness.
fn error(model: &ClickModel, lists: &[GradedList]) -> f64 {
    let each = lists.iter().flat_map(|list| {
        let graded = list.candidates().iter().zip(list.grades());
        graded.map(|(id, &grade)| {
            let truth = APPEAL[grade as usize];
            (model.attractiveness(list.job(), id) - truth).powi(2)
        })
    });
    let squares: Vec<f64> = each.collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

fn schema(columns: usize) -> Arc<FeatureSchema> {
    let spec = |at: usize| FeatureSpec::new(format!("f{at}"), "a test's", -10.0..=10.0);
    Arc::new(FeatureSchema::new((0..columns).map(spec).collect()).unwrap())
}

/// A log whose candidates have their grade as one feature, and noise as another.
fn with_grades(log: ClickLog, lists: &[GradedList], seed: u64) -> ClickLog {
    let schema = schema(2);
    let mut simulator = Simulator::new(seed);
    lists.iter().fold(log, |log, list| {
        let rows = list.grades().iter();
        let rows = rows.flat_map(|&grade| [grade as f32, simulator.unit() as f32]);
        let matrix = FeatureMatrix::new(schema.clone(), rows.collect()).unwrap();
        log.with_features(list.job(), list.candidates(), &matrix)
            .unwrap()
    })
}
