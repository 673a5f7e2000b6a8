//! What happens when the way to the store is disturbed.

use std::time::{Duration, Instant};

use futures_timer::Delay;
use ranker_core::conformance::{Violation, check};
use ranker_core::{Hit, Request, RetrieveError};

use super::case::{Case, failed};
use super::people;

/// How answers are disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disturbance {
    /// They come after this long.
    Slow(Duration),
    /// The connection is closed instead.
    Cut,
    /// The connection is closed in the middle of the answer.
    Half,
    /// 429, with `Retry-After`.
    Busy,
    /// 503.
    Down,
    /// 401: the credentials are not valid any more.
    Expired,
}

/// Something between a store and its engine that can disturb it.
pub trait Faults: Send + Sync {
    /// Disturbs the next answers, as many as given; whether it can. An engine that has no such answers
    /// says no, and the check is left out.
    fn disturb(&self, how: Disturbance, answers: u32) -> bool;

    /// Disturbs nothing from now on.
    fn heal(&self);
}

/// The name of each check.
fn name(how: Disturbance) -> &'static str {
    match how {
        Disturbance::Slow(_) => "an answer that does not come in time",
        Disturbance::Cut => "a connection that is cut",
        Disturbance::Half => "half an answer",
        Disturbance::Busy => "429",
        Disturbance::Down => "503",
        Disturbance::Expired => "an expired token",
    }
}

pub(super) async fn disturbed(
    case: &Case,
    faults: &dyn Faults,
    kept: &mut Vec<&'static str>,
) -> Result<(), Violation> {
    let whole = search(case)
        .await?
        .map_err(|error| failed("a search succeeds", &error))?;
    let all = [
        Disturbance::Slow(case.limit * 2),
        Disturbance::Cut,
        Disturbance::Half,
        Disturbance::Busy,
        Disturbance::Down,
        Disturbance::Expired,
    ];
    for how in all {
        if !faults.disturb(how, u32::MAX) {
            continue;
        }
        let answer = search(case).await;
        let written = case.timed(case.store.delete(&[])).await;
        faults.heal();
        written?.map_err(|error| failed("nothing to do is no error", &error))?;
        let expected = match (&answer?, how) {
            (Err(RetrieveError::Rejected { .. }), Disturbance::Expired) => true,
            (Err(RetrieveError::Unavailable { .. }), other) => other != Disturbance::Expired,
            _ => false,
        };
        check(
            "a disturbed search is the right error, never a short answer",
            expected,
            || format!("with {}, it was another", name(how)),
        )?;
        recovers(case, &whole, how).await?;
        kept.push(name(how));
    }
    // One busy answer is waited for; the caller sees none of it.
    if faults.disturb(Disturbance::Busy, 1) {
        let answer = search(case).await?;
        faults.heal();
        let same = answer.is_ok_and(|hits| hits == whole);
        check("a busy store is asked again", same, || {
            "one 429 became an error".to_owned()
        })?;
        kept.push("429 once is waited for");
    }
    Ok(())
}

async fn search(case: &Case) -> Result<Result<Vec<Hit>, RetrieveError>, Violation> {
    case.answer(&people::query(5), &Request::top(20)).await
}

/// The store works again, soon after the way to it does.
async fn recovers(case: &Case, whole: &[Hit], how: Disturbance) -> Result<(), Violation> {
    let begun = Instant::now();
    loop {
        let answer = search(case).await?;
        match answer {
            Ok(hits) => {
                return check("the store answers as before", hits == whole, || {
                    format!("after {}, it does not", name(how))
                });
            }
            Err(error) if begun.elapsed() > case.limit * 4 => {
                return Err(failed("the store recovers", &error));
            }
            Err(_) => Delay::new(Duration::from_millis(50)).await,
        }
    }
}
