//! Every set of changes in the order of its size.

use super::change::Change;
use super::levers::Lever;
use super::{Goal, Reached, SmallestChanges, Verified};

/// How many changed profiles are scored at once: a batch for the encoder, and a moment to stop.
const AT_ONCE: usize = 16;

/// One option of a few levers: the lever and the option's place in it.
type Choice = Vec<(usize, usize)>;

/// Searches the sets of changes in the order of their size, the empty one first, and returns all ways of the first size
/// that has any.
///
/// `verify` scores changed profiles: where each stands, or `None` where it would not be in the list. A size is tried
/// whole or, where it would take more than [`Goal::most_evaluations`], not at all: what is found is as small as can be,
/// whatever the model, which need not be monotone. Of ways that change the same facts, those are dropped beside which
/// one with smaller or equal steps reaches the place too.
///
/// # Errors
///
/// Those of `verify`.
pub fn smallest_changes<E>(
    levers: &[Lever],
    goal: &Goal,
    mut verify: impl FnMut(&[Vec<Change>]) -> Result<Vec<Option<Reached>>, E>,
) -> Result<SmallestChanges, E> {
    let mut found = SmallestChanges {
        goal: goal.place,
        ways: Vec::new(),
        tried: 0,
        complete_to: None,
        levers: levers.len(),
    };
    for size in 0..=goal.most_changes.min(levers.len()) {
        let left = goal.most_evaluations - found.tried;
        let Some(choices) = choices(levers, size, left) else {
            break;
        };
        let mut reaching: Vec<(Choice, Reached)> = Vec::new();
        for batch in choices.chunks(AT_ONCE) {
            let sets: Vec<Vec<Change>> = batch.iter().map(|one| changes(levers, one)).collect();
            let reached = verify(&sets)?;
            found.tried += sets.len();
            let reached = batch.iter().zip(reached);
            let reached = reached.filter_map(|(choice, reached)| Some((choice.clone(), reached?)));
            reaching.extend(reached.filter(|(_, reached)| reached.place <= goal.place));
        }
        found.complete_to = Some(size);
        if !reaching.is_empty() {
            found.ways = smallest(levers, &reaching);
            break;
        }
    }
    Ok(found)
}

fn changes(levers: &[Lever], choice: &Choice) -> Vec<Change> {
    let chosen = choice.iter();
    chosen
        .map(|&(lever, option)| levers[lever].0[option].clone())
        .collect()
}

/// All choices of so many levers, smallest steps first; `None` where there are more than `most`.
fn choices(levers: &[Lever], size: usize, most: usize) -> Option<Vec<Choice>> {
    if count(levers, size) > most {
        return None;
    }
    let mut all: Vec<Choice> = vec![Vec::new()];
    for _ in 0..size {
        let longer = all.iter().flat_map(|choice| {
            let next = choice.last().map_or(0, |&(lever, _)| lever + 1);
            let further = levers.iter().enumerate().skip(next);
            let options =
                further.flat_map(|(at, lever)| (0..lever.0.len()).map(move |of| (at, of)));
            options.map(move |option| [choice.as_slice(), &[option]].concat())
        });
        all = longer.collect();
    }
    all.sort_by_key(|choice| steps(levers, choice).sum::<usize>());
    Some(all)
}

/// How many choices of so many levers there are: the elementary symmetric polynomial of the numbers of options.
fn count(levers: &[Lever], size: usize) -> usize {
    let mut counts = vec![0_usize; size + 1];
    counts[0] = 1;
    for lever in levers {
        for of in (1..=size).rev() {
            let more = counts[of - 1].saturating_mul(lever.0.len());
            counts[of] = counts[of].saturating_add(more);
        }
    }
    counts[size]
}

/// How far each change of a choice goes; alternatives go equally far.
fn steps<'a>(levers: &'a [Lever], choice: &'a Choice) -> impl Iterator<Item = usize> + 'a {
    choice
        .iter()
        .map(|&(lever, option)| match levers[lever].0[option] {
            Change::Years { .. } => option,
            _ => 0,
        })
}

/// Those beside which no other of the same levers makes do with smaller steps.
fn smallest(levers: &[Lever], reaching: &[(Choice, Reached)]) -> Vec<Verified> {
    let needless = |choice: &Choice| {
        reaching.iter().any(|(other, _)| {
            let mut of_same = choice
                .iter()
                .zip(other)
                .map(|(one, other)| one.0 == other.0);
            let pairs = || steps(levers, choice).zip(steps(levers, other));
            let is_smaller =
                pairs().all(|(one, other)| other <= one) && pairs().any(|(one, other)| other < one);
            of_same.all(|same| same) && is_smaller
        })
    };
    let ways = reaching.iter().filter(|(choice, _)| !needless(choice));
    let ways = ways.map(|(choice, reached)| Verified {
        changes: changes(levers, choice),
        reached: *reached,
    });
    ways.collect()
}
