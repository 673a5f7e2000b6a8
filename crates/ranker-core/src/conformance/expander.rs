//! The contract of [`Expander`].

use std::collections::BTreeSet;

use super::{Violation, check, pool};
use crate::{Expander, JobDescription, Term};

/// Checks that an expander keeps the contract of [`Expander`].
///
/// # Errors
///
/// The first [`Violation`] found.
pub async fn expander(expander: &dyn Expander) -> Result<(), Violation> {
    let nothing = "a job without known words is no error";
    let unknown = JobDescription::new("zzyzx qwxkj").map_err(|e| Violation::failed(nothing, e))?;
    expander
        .expand(&unknown)
        .await
        .map_err(|e| Violation::failed(nothing, e))?;

    for i in 0..4 {
        let query = pool::query(i);
        let contract = "the same job gives the same terms, each once";
        let fail = |e| Violation::failed(contract, e);
        let first = expander.expand(query.job()).await.map_err(fail)?;
        let again = expander.expand(query.job()).await.map_err(fail)?;
        check(contract, first == again, || {
            format!("{first:?}, then {again:?}")
        })?;
        let texts: BTreeSet<String> = first
            .terms()
            .iter()
            .map(|term| term.text().to_lowercase())
            .collect();
        check(contract, texts.len() == first.terms().len(), || {
            format!("{first:?}")
        })?;

        let reasoned = first
            .terms()
            .iter()
            .all(|term: &Term| !term.reason().trim().is_empty());
        check("every term says why it was added", reasoned, || {
            format!("{first:?}")
        })?;
    }
    Ok(())
}
