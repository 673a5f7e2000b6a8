//! How far a piece of work is.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use ranker::xai::html::Escaped;

use super::language::Spoken;
use super::layout::{Page, notes};
use crate::clients::Client;
use crate::error::ApiError;
use crate::fault::What;
use crate::service::Service;
use crate::work;

/// Without script the page looks again by itself.
const AGAIN: &str = "<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>\n";

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    Path(id): Path<String>,
    spoken: Spoken,
) -> Result<Response, ApiError> {
    let work = service.works.get(&id, &client.0);
    let work = work.ok_or_else(|| ApiError::unknown(What::Work))?;
    let words = &spoken.words.work;
    let (step, done, all) = match work.state() {
        work::State::Running(step, done, all) => (step, done, all),
        work::State::Failed(error) => return Err(error),
        work::State::Done(to, read) if read.is_empty() => {
            return Ok(Redirect::to(&to).into_response());
        }
        work::State::Done(to, read) => {
            let mut page = Page::new(&spoken, words.done);
            let read = read.iter().map(|note| spoken.words.note(note));
            page.add(notes(words.read, read));
            let to = Escaped(&to);
            page.add(format_args!(
                "<p><a class=\"go\" href=\"{to}\">{}</a></p>\n",
                words.go_on
            ));
            return Ok(page.finish(&service, &client, "").into_response());
        }
    };
    let mut page = Page::new(&spoken, words.title).head(AGAIN);
    let (what, of) = ((words.step)(step), words.of);
    let bar = match all {
        0 => format!("<p>{what} …</p><progress aria-label=\"{what}\"></progress>"),
        all => format!(
            "<p>{what}: {done} {of} {all}</p>\
             <progress aria-label=\"{what}\" value=\"{done}\" max=\"{all}\">{done} {of} {all}</progress>"
        ),
    };
    page.add(format_args!(
        "<div id=\"progress\" role=\"status\">{bar}</div>\n\
         <p>{} <a href=\"\">{}</a></p>\n",
        words.goes_on, words.again,
    ));
    Ok(page.finish(&service, &client, "").into_response())
}
