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

use super::language::Spoken;
use super::layout::{Page, token};
use super::words::AuditWords;
use crate::clients::Client;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::form::Posted;
use crate::service::{Service, waiting};

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    spoken: Spoken,
) -> Html<String> {
    let words = &spoken.words.audit;
    let mut page = Page::new(&spoken, words.title);
    page.add(form((&service, &client), words));
    page.finish(&service, &client, "/audit")
}

fn form((service, client): (&Service, &Client), words: &AuditWords) -> String {
    let AuditWords {
        intro,
        groups,
        groups_help,
        first,
        audit,
        ..
    } = words;
    format!(
        "<p>{intro}</p>\n\
         <form class=\"sheet\" method=\"post\" action=\"/audit\" enctype=\"multipart/form-data\">{}\n\
         <p><label for=\"groups\">{groups}</label>\n\
         <input id=\"groups\" name=\"groups\" type=\"file\" required accept=\".csv,.jsonl,.json\" aria-describedby=\"groups-help\"></p>\n\
         <p class=\"help\" id=\"groups-help\">{groups_help}</p>\n\
         <p><label for=\"first\">{first}</label>\n\
         <input id=\"first\" name=\"first\" type=\"number\" min=\"1\" max=\"50\" value=\"10\" required></p>\n\
         <p><button class=\"go\">{audit}</button></p></form>\n",
        token(service, client),
    )
}

pub(super) async fn compute(
    State(service): State<Arc<Service>>,
    spoken: Spoken,
    posted: Posted,
) -> Result<Html<String>, ApiError> {
    let wrong = |fault| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, fault);
    let first = posted.text("first").trim().parse();
    let first: usize = first.map_err(|_| wrong(Fault::Places))?;
    let file = posted.files.first();
    let bytes = file.map(|file| file.bytes.clone());
    let bytes = bytes.ok_or_else(|| wrong(Fault::NoGroups))?;
    let groups = waiting(move || groups(&bytes)).await??;
    let served = service.ranker.served().await?;
    let rankings = served.len();
    let audits = on_the_pool(move || audits(&served, groups, first)).await?;
    let words = &spoken.words.audit;
    let mut page = Page::new(&spoken, words.result);
    page.add(format_args!(
        "<p class=\"about\">{}</p>\n",
        (words.about)(rankings, first)
    ));
    for audit in audits {
        let attribute = Escaped(&audit.selection.attribute);
        page.add(format_args!(
            "<section><h2>{} <bdi>{attribute}</bdi></h2>\n",
            words.by
        ));
        let tables = audit_tables(&audit, spoken.language());
        page.add(tables).add("</section>\n");
    }
    page.add(format_args!("<h2>{}</h2>\n", words.again));
    page.add(form((&service, &posted.client), words));
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
            Fault::NoColumn,
        )),
        false => Ok(with_intersections(read)),
    }
}

fn audits(served: &[Served], groups: Vec<Groups>, first: usize) -> Result<Vec<Audit>, ApiError> {
    let audits = groups.iter().map(|groups| {
        Audit::of(served, groups, first)
            .map_err(|error| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, Fault::Audit(error)))
    });
    audits.collect()
}
