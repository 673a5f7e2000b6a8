//! Simulated recruiters: they know the judgments, and grade what they are shown.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker::core::FeatureMatrix;
use ranker::eval::BeirDataset;
use ranker::rlhf::JudgedList;

use crate::Args;
use crate::shown::List;

/// How many candidates a recruiter grades before going on to another job.
const AT_ONCE: usize = 10;

/// The recruiters of the jobs outside of a fold: a grade each for every candidate shown.
pub(crate) struct Recruiter<'a> {
    /// In the order in which the jobs are graded.
    jobs: Vec<(&'a List, Vec<i32>)>,
}

impl<'a> Recruiter<'a> {
    /// Recruiters of all jobs but those of a fold. With the chance `noise` a grade is wrong.
    pub(crate) fn of_fold(args: &Args, data: &BeirDataset, lists: &'a [List], fold: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
        let mut grade = |list: &List, candidate: &str| {
            let grade = data.qrels().grade(&list.job, candidate).unwrap_or(0).max(0);
            let is_wrong = rng.random_bool(args.noise);
            if is_wrong {
                i32::from(grade == 0)
            } else {
                grade
            }
        };
        let graded = lists.iter().map(|list| {
            let grades: Vec<i32> = list.candidates.iter().map(|c| grade(list, c)).collect();
            (list, grades)
        });
        // Every list is graded, so that a grade does not hang on the fold.
        let graded: Vec<(&List, Vec<i32>)> = graded.collect();
        let kept = graded.into_iter().enumerate();
        let kept = kept.filter(|(at, _)| at % args.folds != fold);
        let mut jobs: Vec<_> = kept.map(|(_, job)| job).collect();
        jobs.shuffle(&mut ChaCha8Rng::seed_from_u64(args.seed ^ fold as u64));
        Self { jobs }
    }

    /// What learners see after `events` grades, and how many there are: ten from the top of each
    /// job, then the next ten.
    pub(crate) fn graded(&self, events: usize) -> (Vec<JudgedList>, usize) {
        let deepest = self.jobs.iter().map(|(_, grades)| grades.len()).max();
        let mut depths = vec![0; self.jobs.len()];
        let mut left = events;
        for _ in 0..deepest.unwrap_or(0).div_ceil(AT_ONCE) {
            for ((_, grades), depth) in self.jobs.iter().zip(&mut depths) {
                let more = AT_ONCE.min(grades.len() - *depth).min(left);
                *depth += more;
                left -= more;
            }
        }
        let seen = self
            .jobs
            .iter()
            .zip(&depths)
            .filter(|(_, depth)| **depth > 0);
        let lists = seen.map(|((list, grades), &depth)| judged(list, &grades[..depth]));
        (
            lists.collect(),
            events.saturating_sub(left).min(depths.iter().sum()),
        )
    }
}

/// The top of a list, with a gain of 2^grade - 1 each.
fn judged(list: &List, grades: &[i32]) -> JudgedList {
    let schema = list.features.schema().clone();
    let rows = list.features.rows().take(grades.len()).flatten();
    let features = FeatureMatrix::new(schema, rows.copied().collect());
    let features = features.expect("rows of a matrix make a matrix");
    let gains = grades
        .iter()
        .map(|&grade| f64::from(grade.min(30)).exp2() - 1.0);
    JudgedList::new(list.job.as_str(), features, gains.collect()).expect("a finite gain a row")
}
