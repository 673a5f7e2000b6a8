//! Which texts run together, and running them.

use ranker_core::EmbedError;
use rayon::ThreadPool;
use rayon::prelude::*;

/// Groups texts by length, so that little is padding: indices into `lengths`, longest texts first.
///
/// A batch holds at most `budget` tokens, padding included; a text longer than that runs alone.
/// Where batches run on the threads of a pool, the work is cut into at least as many.
pub(crate) fn plan(lengths: &[usize], budget: usize, pool: Option<&ThreadPool>) -> Vec<Vec<usize>> {
    let lanes = pool.map_or(1, ThreadPool::current_num_threads);
    group(lengths, budget, lanes)
}

fn group(lengths: &[usize], budget: usize, lanes: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(lengths[index]));
    let total: usize = lengths.iter().sum();
    let budget = budget.min(total.div_ceil(lanes));
    let mut batches = Vec::new();
    let mut rest = order.as_slice();
    while let Some(&longest) = rest.first() {
        let rows = (budget / lengths[longest].max(1)).clamp(1, rest.len());
        let (batch, others) = rest.split_at(rows);
        batches.push(batch.to_vec());
        rest = others;
    }
    batches
}

/// What `run` gives for each batch, in their order; several run at a time where there is a pool, and one that
/// runs alone may use all its threads.
pub(crate) fn run_all<T: Send>(
    batches: &[Vec<usize>],
    pool: Option<&ThreadPool>,
    run: impl Fn(&Vec<usize>) -> Result<T, EmbedError> + Send + Sync,
) -> Result<Vec<T>, EmbedError> {
    match pool {
        Some(pool) => pool.install(|| batches.par_iter().map(run).collect::<Result<_, _>>()),
        None => batches.iter().map(run).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::group;

    #[test]
    fn groups_equal_lengths_under_the_budget() {
        assert_eq!(group(&[3, 9, 3, 4], 8, 1), [vec![1], vec![3, 0], vec![2]]);
        assert_eq!(group(&[5, 5, 5, 5], 1000, 2), [vec![0, 1], vec![2, 3]]);
        assert!(group(&[], 8, 1).is_empty());
    }

    proptest! {
        #[test]
        fn every_text_is_in_one_batch_within_the_budget(
            lengths in prop::collection::vec(1_usize..600, 0..80),
            budget in 1_usize..5000,
            lanes in 1_usize..5,
        ) {
            let batches = group(&lengths, budget, lanes);
            let mut seen: Vec<usize> = batches.concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for batch in &batches {
                let longest = batch.iter().map(|&i| lengths[i]).max().unwrap();
                prop_assert!(batch.len() == 1 || batch.len() * longest <= budget);
            }
        }
    }
}
