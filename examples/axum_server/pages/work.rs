//! How far a piece of work is.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use ranker::xai::html::Escaped;

use super::layout::{Page, notes};
use crate::clients::Client;
use crate::error::ApiError;
use crate::service::Service;
use crate::work;

/// Without script the page looks again by itself.
const AGAIN: &str = "<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>\n";

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let work = service.works.get(&id, &client.0);
    let work = work.ok_or_else(|| ApiError::unknown("work"))?;
    let (what, done, all) = match work.state() {
        work::State::Running(what, done, all) => (what, done, all),
        work::State::Failed(error) => return Err(error),
        work::State::Done(to, read) if read.is_empty() => {
            return Ok(Redirect::to(&to).into_response());
        }
        work::State::Done(to, read) => {
            let mut page = Page::new("Done, with something to know");
            page.add(notes("Please read", &read));
            let to = Escaped(&to);
            page.add(format_args!(
                "<p><a class=\"go\" href=\"{to}\">Go on to the result</a></p>\n"
            ));
            return Ok(page.finish(&service, &client, "").into_response());
        }
    };
    let mut page = Page::new("Working").head(AGAIN);
    let bar = match all {
        0 => format!("<p>{what} …</p><progress aria-label=\"{what}\"></progress>"),
        all => format!(
            "<p>{what}: {done} of {all}</p>\
             <progress aria-label=\"{what}\" value=\"{done}\" max=\"{all}\">{done} of {all}</progress>"
        ),
    };
    page.add(format_args!(
        "<div id=\"progress\" role=\"status\">{bar}</div>\n\
         <p>This goes on whether or not you stay here. <a href=\"\">Look again</a></p>\n"
    ));
    Ok(page.finish(&service, &client, "").into_response())
}
