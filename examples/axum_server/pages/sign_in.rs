//! Where somebody says who it is, where clients have tokens.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::language::Spoken;
use super::layout::Page;
use crate::error::ApiError;
use crate::form::Posted;
use crate::seal::Seal;
use crate::service::Service;

#[derive(Deserialize)]
pub(super) struct Given {
    secret: String,
}

pub(super) async fn show(spoken: Spoken) -> impl IntoResponse {
    form(&spoken, "")
}

fn form(spoken: &Spoken, wrong: &str) -> impl IntoResponse + use<> {
    let words = &spoken.words.sign_in;
    let mut page = Page::new(spoken, words.title);
    if !wrong.is_empty() {
        page.add(format_args!(
            "<p class=\"wrong\" role=\"alert\" id=\"wrong\">{wrong}</p>\n"
        ));
    }
    let described = match wrong {
        "" => "",
        _ => " aria-invalid=\"true\" aria-describedby=\"wrong\"",
    };
    page.add(format_args!(
        "<form class=\"sheet\" method=\"post\" action=\"/sign-in\">\n\
         <p><label for=\"secret\">{}</label>\n\
         <input id=\"secret\" name=\"secret\" type=\"password\" required autocomplete=\"current-password\"{described}></p>\n\
         <p><button class=\"go\">{}</button></p></form>\n\
         <p class=\"about\">{}</p>\n",
        words.token, words.title, words.given,
    ));
    page.document("")
}

pub(super) async fn enter(
    State(service): State<Arc<Service>>,
    spoken: Spoken,
    given: Result<Form<Given>, FormRejection>,
) -> Result<Response, ApiError> {
    let Form(given) = given.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let client = service.guard.clients.with_token(given.secret.trim());
    let Some(client) = client else {
        let page = form(&spoken, spoken.words.sign_in.wrong);
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    let cookie = [(SET_COOKIE, service.guard.seal.cookie(&client))];
    Ok((cookie, Redirect::to("/")).into_response())
}

pub(super) async fn leave(_: Posted) -> impl IntoResponse {
    ([(SET_COOKIE, Seal::no_cookie())], Redirect::to("/sign-in"))
}
