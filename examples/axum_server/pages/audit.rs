//! Whether the rankings that were shown treat groups alike.

use std::io::Write as _;
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Html;
use ranker::core::compute as on_the_pool;
use ranker::xai::audit::{Audit, Groups, Served};
use ranker::xai::html::{Escaped, audit_tables};
use ranker_examples::{read_groups, with_intersections};

use super::layout::{Page, token};
use crate::clients::Client;
use crate::error::ApiError;
use crate::form::Posted;
use crate::service::{Service, waiting};

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
) -> Html<String> {
    let mut page = Page::new("Audit");
    page.add(form(&service, &client));
    page.finish(&service, &client, "/audit")
}

fn form(service: &Service, client: &Client) -> String {
    format!(
        "<p>How the rankings that were shown, to anyone, treat groups of people: who is among the first, who scores above the \
         median, what places are worth.</p>\n\
         <form class=\"sheet\" method=\"post\" action=\"/audit\" enctype=\"multipart/form-data\">{}\n\
         <p><label for=\"groups\">Who belongs to which group</label>\n\
         <input id=\"groups\" name=\"groups\" type=\"file\" required accept=\".csv,.jsonl,.json\" aria-describedby=\"groups-help\"></p>\n\
         <p class=\"help\" id=\"groups-help\">A table (CSV) with a column <code>id</code> and one for each attribute, such as \
         <code>sex</code>. It is read for this answer and not kept: groups are never part of a profile or of what is learned.</p>\n\
         <p><label for=\"first\">How many of the first places count as chosen</label>\n\
         <input id=\"first\" name=\"first\" type=\"number\" min=\"1\" max=\"50\" value=\"10\" required></p>\n\
         <p><button class=\"go\">Audit</button></p></form>\n",
        token(service, client),
    )
}

pub(super) async fn compute(
    State(service): State<Arc<Service>>,
    posted: Posted,
) -> Result<Html<String>, ApiError> {
    let wrong = |message: String| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message);
    let first: usize =
        posted.text("first").trim().parse().map_err(|_| {
            wrong("how many places count as chosen must be a whole number".to_owned())
        })?;
    let file = posted.files.first();
    let bytes = file.map(|file| file.bytes.clone());
    let bytes = bytes.ok_or_else(|| wrong("choose a file with the groups".to_owned()))?;
    let groups = waiting(move || groups(&bytes)).await??;
    let served = service.ranker.served().await?;
    let rankings = served.len();
    let audits = on_the_pool(move || audits(&served, groups, first)).await?;
    let mut page = Page::new("Audit of the rankings shown");
    page.add(format_args!(
        "<p class=\"about\">Rankings: {rankings}; the first {first} of each count as chosen. What these numbers can and cannot say \
         stands in the documentation (AUDIT.md).</p>\n"
    ));
    for audit in audits {
        let attribute = Escaped(&audit.selection.attribute);
        page.add(format_args!(
            "<section><h2>By <bdi>{attribute}</bdi></h2>\n"
        ));
        page.add(audit_tables(&audit)).add("</section>\n");
    }
    page.add("<h2>Again</h2>\n");
    page.add(form(&service, &posted.client));
    Ok(page.finish(&service, &posted.client, "/audit"))
}

/// The groups of an upload. The library reads files, so it is one for that moment.
fn groups(bytes: &[u8]) -> Result<Vec<Groups>, ApiError> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    let path = file.path().display().to_string();
    let read = read_groups(file.path()).map_err(|error| {
        // The person knows of a file, but not of ours.
        let message = ranker_examples::causes(&*error).replace(&path, "the file");
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    })?;
    match read.is_empty() {
        true => Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "the file has no column but id",
        )),
        false => Ok(with_intersections(read)),
    }
}

fn audits(served: &[Served], groups: Vec<Groups>, first: usize) -> Result<Vec<Audit>, ApiError> {
    let audits = groups.iter().map(|groups| {
        Audit::of(served, groups, first)
            .map_err(|error| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))
    });
    audits.collect()
}
