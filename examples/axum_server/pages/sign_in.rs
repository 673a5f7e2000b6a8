//! Where somebody says who it is, where clients have tokens.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::layout::Page;
use crate::error::ApiError;
use crate::form::Posted;
use crate::seal::Seal;
use crate::service::Service;

#[derive(Deserialize)]
pub(super) struct Given {
    secret: String,
}

pub(super) async fn show() -> impl IntoResponse {
    form("")
}

fn form(wrong: &str) -> impl IntoResponse {
    let mut page = Page::new("Sign in");
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
         <p><label for=\"secret\">Your token</label>\n\
         <input id=\"secret\" name=\"secret\" type=\"password\" required autocomplete=\"current-password\"{described}></p>\n\
         <p><button class=\"go\">Sign in</button></p></form>\n\
         <p class=\"about\">Whoever runs this service gave it to you.</p>\n"
    ));
    page.document("")
}

pub(super) async fn enter(
    State(service): State<Arc<Service>>,
    given: Result<Form<Given>, FormRejection>,
) -> Result<Response, ApiError> {
    let Form(given) = given.map_err(|error| ApiError::new(error.status(), error.body_text()))?;
    let client = service.guard.clients.with_token(given.secret.trim());
    let Some(client) = client else {
        let page = form("There is no such token.");
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    };
    let cookie = [(SET_COOKIE, service.guard.seal.cookie(&client))];
    Ok((cookie, Redirect::to("/")).into_response())
}

pub(super) async fn leave(_: Posted) -> impl IntoResponse {
    ([(SET_COOKIE, Seal::no_cookie())], Redirect::to("/sign-in"))
}
