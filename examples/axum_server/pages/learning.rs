//! What was said so far, what a model learned from it would change, and which model is served.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use ranker::core::{Score, Scorer};
use ranker::rlhf::gate::Verdict;
use ranker::score::LinearScorer;
use ranker::xai::html::{self, Escaped};
use ranker::{LearnProgress, Learned};
use serde::Deserialize;

use super::language::Spoken;
use super::layout::{Page, button, name, segment};
use super::ranking::job;
use super::words::{LearningWords, Words};
use crate::clients::Client;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::form::Posted;
use crate::intake::Note;
use crate::rankings::Given;
use crate::service::{Proposal, Service, waiting};
use crate::work::{Step, Work};

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
    spoken: Spoken,
) -> Result<Html<String>, ApiError> {
    let words = &spoken.words.learning;
    let mut page = Page::new(&spoken, words.title);
    if let Some(done) = told(&shown.done, words) {
        page.add(format_args!(
            "<p class=\"said\" role=\"status\">{done}</p>\n"
        ));
    }
    page.add(format_args!(
        "<p>{} <bdi><code>{}</code></bdi></p>\n",
        words.model_now,
        Escaped(service.ranker.scorer().model_id()),
    ));
    let counter = Arc::clone(&service);
    let counts = waiting(move || counter.history.counts(&counter.log)).await??;
    page.add(format_args!(
        "<section aria-labelledby=\"said\"><h2 id=\"said\">{}</h2>\n<ul>\n",
        words.so_far
    ));
    for (kind, count) in counts {
        page.add(format_args!("<li>{}: {count}</li>\n", (words.kind)(kind)));
    }
    page.add(format_args!(
        "</ul>\n<p class=\"help\">{}</p>\n",
        words.of_all
    ));
    page.add(button((&service, &client), "/learning", words.learn));
    page.add("</section>\n");
    if let Some(proposal) = proposal((&service, &client), spoken.words).await? {
        page.add(proposal);
    }
    page.add(format_args!(
        "<section aria-labelledby=\"back\"><h2 id=\"back\">{}</h2>\n<p>{}</p>\n",
        words.back, words.back_help,
    ));
    page.add(button(
        (&service, &client),
        "/learning/roll-back",
        words.roll_back,
    ));
    page.add("</section>\n");
    Ok(page.finish(&service, &client, "/learning"))
}

fn told(done: &str, words: &LearningWords) -> Option<&'static str> {
    match done {
        "served" => Some(words.served),
        "refused" => Some(words.refused),
        "rolled-back" => Some(words.rolled_back),
        _ => None,
    }
}

/// A learned model, what the gate says of it, and what it would change.
async fn proposal(
    (service, client): (&Arc<Service>, &Client),
    all_words: &'static Words,
) -> Result<Option<String>, ApiError> {
    let words = &all_words.learning;
    let found = {
        let proposal = service.proposal.lock();
        let proposal = proposal.unwrap_or_else(PoisonError::into_inner);
        proposal.as_ref().map(|proposal| {
            let read = proposal.learned.data();
            let read = (read.comparisons.len(), read.lists.len());
            let model = proposal.learned.model().clone();
            (model, read, judged(&proposal.verdict, all_words))
        })
    };
    let Some((model, (comparisons, lists), judged)) = found else {
        return Ok(None);
    };
    let mut section = format!(
        "<section aria-labelledby=\"learned\"><h2 id=\"learned\">{}</h2>\n\
         <p>{} {} <bdi><code>{}</code></bdi></p>\n{judged}",
        words.learned,
        (words.from)(comparisons, lists),
        words.model,
        Escaped(model.model_id()),
    );
    section += &weights([&*service.ranker.scorer(), &model], all_words);
    section += &format!("<h3>{}</h3>\n", words.would_change);
    let (reader, source) = (Arc::clone(service), client.0.clone());
    let shown = waiting(move || reader.history.shown(&reader.log, &source)).await??;
    let mut tried = 0;
    for one in shown.into_iter().take(TRIED) {
        // A ranking of a model that is no longer kept cannot be recalled, and is passed over.
        if let Ok(given) = service.ranking(&one.id).await {
            section += &moves((&given, &one.id), &model, all_words)?;
            tried += 1;
        }
    }
    if tried == 0 {
        section += &format!("<p class=\"empty\">{}</p>\n", words.none);
    }
    section += &button((service, client), "/learning/serve", words.serve);
    Ok(Some(section + "</section>\n"))
}

fn judged(verdict: &Verdict, all_words: &Words) -> String {
    let words = &all_words.learning;
    let numbers = verdict
        .numbers
        .ndcg
        .map_or_else(String::new, |(mean, low)| {
            let [mean, low] =
                [mean, low].map(|number| all_words.number(format_args!("{number:+.3}")));
            format!("<p>{}</p>\n", (words.ndcg)(&mean, &low))
        });
    if verdict.promoted {
        let passes = words.passes;
        return format!("<p class=\"verdict met\">{passes}</p>\n{numbers}");
    }
    let reasons = verdict.reasons.iter();
    let reasons: String = reasons
        .map(|reason| format!("<li>{}</li>", all_words.reason(reason)))
        .collect();
    let fails = words.fails;
    format!("<p class=\"verdict unmet\">{fails}</p>\n<ul>{reasons}</ul>\n{numbers}")
}

/// What each feature weighs, where both models are sums.
fn weights([now, then]: [&dyn Scorer; 2], all_words: &Words) -> String {
    let words = &all_words.learning;
    let (Some(before), Some(after)) = (LinearScorer::of(now), LinearScorer::of(then)) else {
        return format!("<p>{}</p>\n", words.no_weights);
    };
    let mut table = format!(
        "<table class=\"list\"><caption>{}</caption><thead><tr><th scope=\"col\">{}</th>\
         <th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>\n",
        words.weights, words.feature, words.now, words.then,
    );
    let pairs = before.weights().iter().zip(after.weights());
    for (feature, (now, then)) in before.schema().names().zip(pairs) {
        if *now != 0.0 || *then != 0.0 {
            let feature = html::feature(feature, all_words.language);
            let [now, then] =
                [now, then].map(|weight| all_words.number(format_args!("{weight:.3}")));
            let _ = writeln!(
                table,
                "<tr><th scope=\"row\">{feature}</th><td>{now}</td><td>{then}</td></tr>"
            );
        }
    }
    let relative = words.relative;
    table + &format!("</tbody></table>\n<p class=\"help\">{relative}</p>\n")
}

/// Who would stand elsewhere in a ranking that was shown.
fn moves(
    (given, id): (&Given, &str),
    model: &dyn Scorer,
    all_words: &Words,
) -> Result<String, ApiError> {
    let words = &all_words.learning;
    let mut then = Vec::with_capacity(given.ranked.len());
    for ranked in &given.ranked {
        let score = model.score(&ranked.features);
        let score = score.map_err(|error| ApiError::internal(error.to_string()))?;
        then.push((score[0], ranked));
    }
    then.sort_by(|a, b| Score::best_first((a.0, a.1.id()), (b.0, b.1.id())));
    let title = Escaped(job(given, all_words).0);
    let address = segment(id);
    let mut rows = String::new();
    for (place, (_, ranked)) in (1..).zip(then) {
        if place != ranked.rank {
            let way = match place < ranked.rank {
                true => words.up,
                false => words.down,
            };
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
            "<p><a href=\"/rankings/{address}\"><bdi>{title}</bdi></a>: {}</p>\n",
            words.nobody_moves
        ));
    }
    Ok(format!(
        "<table class=\"list\"><caption><a href=\"/rankings/{address}\"><bdi>{title}</bdi></a></caption><thead><tr>\
         <th scope=\"col\">{}</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th>\
         <th scope=\"col\">{}</th></tr></thead><tbody>\n{rows}</tbody></table>\n",
        words.candidate, words.place_now, words.then, words.moves,
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

async fn learned(service: Arc<Service>, work: Arc<Work>) -> Result<(String, Vec<Note>), ApiError> {
    let _one = one_at_a_time(&service)?;
    let telling = Arc::clone(&work);
    let learned = service.ranker.learn(move |progress| {
        let step = match progress {
            LearnProgress::Reading => Step::Feedback,
            _ => Step::Learning,
        };
        telling.reach(step, 0, 0);
    });
    let learned = learned.await?;
    work.reach(Step::Gate, 0, 0);
    let verdict = service.ranker.verdict(&learned).await;
    keep(&service, Some(Proposal { learned, verdict }));
    Ok(("/learning".to_owned(), Vec::new()))
}

fn one_at_a_time(service: &Service) -> Result<tokio::sync::SemaphorePermit<'_>, ApiError> {
    let busy = |_| ApiError::new(StatusCode::TOO_MANY_REQUESTS, Fault::LearningAlready);
    service.learning.try_acquire().map_err(busy)
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
    let learned =
        learned.ok_or_else(|| ApiError::new(StatusCode::CONFLICT, Fault::NothingLearned))?;
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
