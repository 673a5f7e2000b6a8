//! What was said so far, what a model learned from it would change, and which model is served.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use ranker::core::{Score, Scorer};
use ranker::rlhf::gate::Verdict;
use ranker::score::LinearScorer;
use ranker::xai::html::Escaped;
use ranker::{LearnProgress, Learned};
use serde::Deserialize;

use super::layout::{Page, button, name, segment};
use super::ranking::job;
use crate::clients::Client;
use crate::error::ApiError;
use crate::form::Posted;
use crate::rankings::Given;
use crate::service::{Proposal, Service, waiting};
use crate::wire::reasons;
use crate::work::Work;

/// Rankings on which a learned model is tried.
const TRIED: usize = 5;

#[derive(Deserialize)]
pub(super) struct Shown {
    /// What was just done.
    #[serde(default)]
    done: String,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    Query(shown): Query<Shown>,
) -> Result<Html<String>, ApiError> {
    let mut page = Page::new("Learning");
    if let Some(done) = told(&shown.done) {
        page.add(format_args!(
            "<p class=\"said\" role=\"status\">{done}</p>\n"
        ));
    }
    page.add(format_args!(
        "<p>The model that ranks now: <bdi><code>{}</code></bdi></p>\n",
        Escaped(service.ranker.scorer().model_id()),
    ));
    let counter = Arc::clone(&service);
    let counts = waiting(move || counter.history.counts(&counter.log)).await??;
    page.add("<section aria-labelledby=\"said\"><h2 id=\"said\">What was said so far</h2>\n<ul>\n");
    for (kind, count) in counts {
        page.add(format_args!("<li>{kind}: {count}</li>\n"));
    }
    page.add("</ul>\n<p class=\"help\">By all who use this service. Learning changes nothing by itself: you see first what it would change.</p>\n");
    page.add(button((&service, &client), "/learning", "Learn from it"));
    page.add("</section>\n");
    if let Some(proposal) = proposal(&service, &client).await? {
        page.add(proposal);
    }
    page.add(
        "<section aria-labelledby=\"back\"><h2 id=\"back\">Go back</h2>\n\
         <p>Serves the model before this one again. Rankings that were shown stay explained by the model that made them.</p>\n",
    );
    page.add(button(
        (&service, &client),
        "/learning/roll-back",
        "Roll back",
    ));
    page.add("</section>\n");
    Ok(page.finish(&service, &client, "/learning"))
}

fn told(done: &str) -> Option<&'static str> {
    match done {
        "served" => Some("The learned model ranks now."),
        "refused" => Some("The gate did not let it pass: the model that ranks has not changed."),
        "rolled-back" => Some("The model before ranks again."),
        _ => None,
    }
}

/// A learned model, what the gate says of it, and what it would change.
async fn proposal(service: &Arc<Service>, client: &Client) -> Result<Option<String>, ApiError> {
    let found = {
        let proposal = service.proposal.lock();
        let proposal = proposal.unwrap_or_else(PoisonError::into_inner);
        proposal.as_ref().map(|proposal| {
            let read = proposal.learned.data();
            let read = (read.comparisons.len(), read.lists.len());
            let model = proposal.learned.model().clone();
            (model, read, judged(&proposal.verdict))
        })
    };
    let Some((model, (comparisons, lists), judged)) = found else {
        return Ok(None);
    };
    let mut section = format!(
        "<section aria-labelledby=\"learned\"><h2 id=\"learned\">What was learned</h2>\n\
         <p>Preferences: {comparisons}; judged or clicked lists: {lists}. The model: <bdi><code>{}</code></bdi></p>\n{judged}",
        Escaped(model.model_id()),
    );
    section += &weights(&*service.ranker.scorer(), &model);
    section += "<h3>What it would change in your last rankings</h3>\n";
    let (reader, source) = (Arc::clone(service), client.0.clone());
    let shown = waiting(move || reader.history.shown(&reader.log, &source)).await??;
    let mut tried = 0;
    for one in shown.into_iter().take(TRIED) {
        // A ranking of a model that is no longer kept cannot be recalled, and is passed over.
        if let Ok(given) = service.ranking(&one.id).await {
            section += &moves(&given, &one.id, &model)?;
            tried += 1;
        }
    }
    if tried == 0 {
        section += "<p class=\"empty\">You have none yet.</p>\n";
    }
    section += &button(
        (service, client),
        "/learning/serve",
        "Serve it, if the gate lets it pass",
    );
    Ok(Some(section + "</section>\n"))
}

fn judged(verdict: &Verdict) -> String {
    let numbers = verdict
        .numbers
        .ndcg
        .map_or_else(String::new, |(mean, low)| {
            format!("<p>On jobs held out, nDCG changes by {mean:+.3}, by {low:+.3} at least.</p>\n")
        });
    if verdict.promoted {
        return format!("<p class=\"verdict met\">The gate lets it pass.</p>\n{numbers}");
    }
    let reasons = reasons(verdict).into_iter();
    let reasons: String = reasons
        .map(|reason| format!("<li>{}</li>", Escaped(&reason)))
        .collect();
    format!(
        "<p class=\"verdict unmet\">The gate does not let it pass:</p>\n<ul>{reasons}</ul>\n{numbers}"
    )
}

/// What each feature weighs, where both models are sums.
fn weights(now: &dyn Scorer, then: &dyn Scorer) -> String {
    let (Some(before), Some(after)) = (LinearScorer::of(now), LinearScorer::of(then)) else {
        return "<p>It is no sum of weighted features, so there are no weights to show.</p>\n"
            .to_owned();
    };
    let mut table = String::from(
        "<table class=\"list\"><caption>What each feature weighs</caption><thead><tr><th scope=\"col\">Feature</th>\
         <th scope=\"col\">Now</th><th scope=\"col\">Then</th></tr></thead><tbody>\n",
    );
    let pairs = before.weights().iter().zip(after.weights());
    for (feature, (now, then)) in before.schema().names().zip(pairs) {
        if *now != 0.0 || *then != 0.0 {
            let feature = Escaped(feature);
            let _ = writeln!(
                table,
                "<tr><th scope=\"row\">{feature}</th><td>{now:.3}</td><td>{then:.3}</td></tr>"
            );
        }
    }
    table + "</tbody></table>\n<p class=\"help\">Only how they relate to each other counts.</p>\n"
}

/// Who would stand elsewhere in a ranking that was shown.
fn moves(given: &Given, id: &str, model: &dyn Scorer) -> Result<String, ApiError> {
    let mut then = Vec::with_capacity(given.ranked.len());
    for ranked in &given.ranked {
        let score = model.score(&ranked.features);
        let score = score.map_err(|error| ApiError::internal(error.to_string()))?;
        then.push((score[0], ranked));
    }
    then.sort_by(|a, b| Score::best_first((a.0, a.1.id()), (b.0, b.1.id())));
    let title = Escaped(job(given).0);
    let address = segment(id);
    let mut rows = String::new();
    for (place, (_, ranked)) in (1..).zip(then) {
        if place != ranked.rank {
            let way = if place < ranked.rank { "up" } else { "down" };
            let by = place.abs_diff(ranked.rank);
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\"><bdi>{}</bdi></th><td>{}</td><td>{place}</td><td>{way} {by}</td></tr>",
                Escaped(name(ranked)),
                ranked.rank,
            );
        }
    }
    if rows.is_empty() {
        return Ok(format!(
            "<p><a href=\"/rankings/{address}\"><bdi>{title}</bdi></a>: everyone stays in place.</p>\n"
        ));
    }
    Ok(format!(
        "<table class=\"list\"><caption><a href=\"/rankings/{address}\"><bdi>{title}</bdi></a></caption><thead><tr>\
         <th scope=\"col\">Candidate</th><th scope=\"col\">Place now</th><th scope=\"col\">Then</th>\
         <th scope=\"col\">Moves</th></tr></thead><tbody>\n{rows}</tbody></table>\n"
    ))
}

pub(super) async fn learn(
    State(service): State<Arc<Service>>,
    posted: Posted,
) -> Result<Redirect, ApiError> {
    let id = (service.next_id("work"), posted.client.0.clone());
    let learner = Arc::clone(&service);
    let work = service.works.begin(id, |work| learned(learner, work))?;
    Ok(Redirect::to(&format!("/work/{}", segment(&work.id))))
}

async fn learned(
    service: Arc<Service>,
    work: Arc<Work>,
) -> Result<(String, Vec<String>), ApiError> {
    let _one = one_at_a_time(&service)?;
    let telling = Arc::clone(&work);
    let learned = service.ranker.learn(move |progress| {
        let what = match progress {
            LearnProgress::Reading => "Reading what was said",
            _ => "Learning",
        };
        telling.reach(what, 0, 0);
    });
    let learned = learned.await?;
    work.reach("Asking the gate", 0, 0);
    let verdict = service.ranker.verdict(&learned).await;
    keep(&service, Some(Proposal { learned, verdict }));
    Ok(("/learning".to_owned(), Vec::new()))
}

fn one_at_a_time(service: &Service) -> Result<tokio::sync::SemaphorePermit<'_>, ApiError> {
    service.learning.try_acquire().map_err(|_| {
        let message = "a model is being learned already";
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, message)
    })
}

fn keep(service: &Service, proposal: Option<Proposal>) {
    *service
        .proposal
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = proposal;
}

pub(super) async fn serve(
    State(service): State<Arc<Service>>,
    _: Posted,
) -> Result<Redirect, ApiError> {
    let _one = one_at_a_time(&service)?;
    let learned: Option<Learned> = {
        let proposal = service.proposal.lock();
        let proposal = proposal.unwrap_or_else(PoisonError::into_inner);
        proposal.as_ref().map(|proposal| proposal.learned.clone())
    };
    let learned = learned.ok_or_else(|| {
        let message = "nothing was learned since the service was started: learn first";
        ApiError::new(StatusCode::CONFLICT, message)
    })?;
    let verdict = service.ranker.promote(learned.clone()).await?;
    if verdict.promoted {
        keep(&service, None);
        return Ok(Redirect::to("/learning?done=served"));
    }
    keep(&service, Some(Proposal { learned, verdict }));
    Ok(Redirect::to("/learning?done=refused"))
}

pub(super) async fn roll_back(
    State(service): State<Arc<Service>>,
    _: Posted,
) -> Result<Redirect, ApiError> {
    let withdrawing = Arc::clone(&service);
    waiting(move || withdrawing.ranker.rollback()).await??;
    // It was compared with a model that is no longer served.
    keep(&service, None);
    Ok(Redirect::to("/learning?done=rolled-back"))
}
