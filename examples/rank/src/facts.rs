//! Facts that the texts state.

use ranker::Profile;
use ranker_examples::{Outcome, finder_of_today};

/// Adds to each profile the facts that its text states; a given fact wins.
pub(crate) fn complete(profiles: Vec<Profile>) -> Outcome<Vec<Profile>> {
    let finder = finder_of_today()?;
    let complete = profiles.into_iter().map(|profile| finder.complete(profile));
    Ok(complete.collect::<Result<_, _>>()?)
}
