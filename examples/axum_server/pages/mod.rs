//! The pages for people. They work without script, load nothing from elsewhere, and show candidates blind unless
//! somebody asks who it is.

mod audit;
mod candidate;
mod compare;
mod home;
mod language;
mod layout;
mod learning;
mod ranking;
mod said;
mod sign_in;
#[cfg(test)]
mod tests;
mod words;
mod work;

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use ranker::xai::html::STYLE;

pub(crate) use language::Spoken;
pub(crate) use layout::{failed, protect};

use crate::service::Service;

/// The pages that need somebody who may call.
pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(home::show).post(home::send))
        .route("/work/{id}", get(work::show))
        .route("/rankings/{ranking}", get(ranking::show))
        .route("/rankings/{ranking}/said", post(said::record))
        .route("/rankings/{ranking}/compare", get(compare::show))
        .route("/rankings/{ranking}/record", get(ranking::record))
        .route(
            "/rankings/{ranking}/candidates/{candidate}",
            get(candidate::show).post(candidate::open),
        )
        .route(
            "/rankings/{ranking}/candidates/{candidate}/erase",
            post(candidate::erase),
        )
        .route("/learning", get(learning::show).post(learning::learn))
        .route("/learning/serve", post(learning::serve))
        .route("/learning/roll-back", post(learning::roll_back))
        .route("/audit", get(audit::show).post(audit::compute))
        .route("/sign-out", post(sign_in::leave))
}

/// What anyone may see: where one signs in, and the files of the pages, which say nothing of anybody.
pub(crate) fn door() -> Router<Arc<Service>> {
    Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/style.css", get(style))
        .route("/page.js", get(script))
}

async fn style() -> impl IntoResponse {
    let style = format!("{STYLE}\n{}", include_str!("page.css"));
    file("text/css; charset=utf-8", style)
}

async fn script() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", include_str!("page.js"))
}

fn file(kind: &'static str, content: impl IntoResponse) -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=600")];
    (headers, content)
}
