//! What somebody says of candidates: it goes to the feedback log, as what programs report does.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;

use super::layout::segment;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::form::Posted;
use crate::service::{Service, find};
use crate::wire::Said;

/// The best grade.
const BEST: i32 = 3;

pub(super) async fn record(
    State(service): State<Arc<Service>>,
    Path(ranking): Path<String>,
    posted: Posted,
) -> Result<Redirect, ApiError> {
    let said = said(&posted)?;
    let candidate = posted.text("candidate").to_owned();
    let source = posted.client.0.clone();
    service
        .happened((&ranking, said), source, (None, None))
        .await?;
    let to = format!("/rankings/{}", segment(&ranking));
    if candidate.is_empty() {
        let (one, other) = (posted.text("better"), posted.text("worse"));
        let (one, other) = (segment(one), segment(other));
        return Ok(Redirect::to(&format!(
            "{to}/compare?one={one}&other={other}&said=yes"
        )));
    }
    let given = service.ranking(&ranking).await?;
    let rank = find(&given, &candidate)?.rank;
    // Back to where the person was.
    Ok(Redirect::to(&match posted.text("from") {
        "candidate" => format!("{to}/candidates/{}#said", segment(&candidate)),
        _ => format!("{to}#place-{rank}"),
    }))
}

fn said(posted: &Posted) -> Result<Said, ApiError> {
    let candidate = posted.text("candidate").to_owned();
    let bad = |fault| ApiError::new(StatusCode::BAD_REQUEST, fault);
    Ok(match posted.text("kind") {
        "shortlist" => Said::Shortlist { candidate },
        "reject" => Said::Reject {
            candidate,
            reason: posted.text("reason").trim().to_owned(),
        },
        "grade" => {
            let grade = posted.text("grade").parse();
            let grade = grade.ok().filter(|grade| (0..=BEST).contains(grade));
            let grade = grade.ok_or_else(|| bad(Fault::NoGrade))?;
            Said::Grade { candidate, grade }
        }
        "preference" => Said::Preference {
            better: posted.text("better").to_owned(),
            worse: posted.text("worse").to_owned(),
        },
        _ => return Err(bad(Fault::NoKind)),
    })
}
