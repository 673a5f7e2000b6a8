//! Where a ranking begins: a job, resumes, and the rankings so far.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use ranker::xai::html::Escaped;
use ranker::{Filter, JobDescription, Profile};
use serde::Deserialize;
use tokio::time::timeout;

use super::layout::{Page, segment, time, token};
use crate::clients::Client;
use crate::error::ApiError;
use crate::form::{Posted, Upload};
use crate::intake::{self, CAME_WITH, Intake, completed};
use crate::service::{Service, waiting};
use crate::wire;
use crate::work::Work;

/// What is waited for before its progress is shown instead.
const SOON: Duration = Duration::from_millis(1500);

/// Profiles that are encoded between two looks at the progress.
const STEP: usize = 8;

#[derive(Deserialize)]
pub(super) struct Begin {
    /// The ranking whose job is to be changed; empty for a new one.
    #[serde(default)]
    again: String,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    Query(begin): Query<Begin>,
) -> Result<Html<String>, ApiError> {
    let mut page = Page::new("Rank people for a job");
    let given = match begin.again.as_str() {
        "" => None,
        ranking => Some(service.ranking(ranking).await?),
    };
    let job = given.and_then(|given| Some(given.ranked.first()?.query.job().clone()));
    page.add(form(&service, &client, job.as_ref()));
    let (reader, source) = (Arc::clone(&service), client.0.clone());
    let list = waiting(move || so_far(&reader, &source)).await??;
    page.add("<section aria-labelledby=\"so-far\"><h2 id=\"so-far\">Your rankings so far</h2>\n");
    page.add(list).add("</section>\n");
    Ok(page.finish(&service, &client, "/"))
}

fn form(service: &Service, client: &Client, job: Option<&JobDescription>) -> String {
    let (title, text) = job.map_or(("", ""), |job| (job.title(), job.text()));
    let (title, text) = (Escaped(title), Escaped(text));
    let (token, held) = (token(service, client), service.collection.len());
    let (all, new) = match held {
        0 => ("", " checked"),
        _ => (" checked", ""),
    };
    format!(
        "<form class=\"sheet\" method=\"post\" action=\"/\" enctype=\"multipart/form-data\">{token}\n\
         <div class=\"two\"><fieldset><legend>The job</legend>\n\
         <p><label for=\"title\">Title</label> <input id=\"title\" name=\"title\" maxlength=\"200\" value=\"{title}\"></p>\n\
         <p><label for=\"job\">Description</label>\n\
         <textarea id=\"job\" name=\"job\" rows=\"14\" aria-describedby=\"job-help\">\n{text}</textarea></p>\n\
         <p><label for=\"job-file\">or a document with it</label>\n\
         <input id=\"job-file\" name=\"job-file\" type=\"file\"></p>\n\
         <p class=\"help\" id=\"job-help\">Say what is required and what is merely welcome: each is judged for everyone. \
         What you say of yourself as an employer does not count.</p></fieldset>\n\
         <fieldset><legend>Resumes to add</legend>\n\
         <p><label for=\"resumes\">Documents</label>\n\
         <input id=\"resumes\" name=\"resumes\" type=\"file\" multiple aria-describedby=\"resumes-help\"></p>\n\
         <p class=\"help\" id=\"resumes-help\">PDF, Word (.docx), OpenDocument, RTF, HTML or text; 32 MiB in all. What cannot be \
         read is named.</p>\n\
         <p><label for=\"pasted\">or pasted</label>\n\
         <textarea id=\"pasted\" name=\"pasted\" rows=\"8\" aria-describedby=\"pasted-help\"></textarea></p>\n\
         <p class=\"help\" id=\"pasted-help\">Several at once: a line of three hyphens between them.</p></fieldset></div>\n\
         <fieldset><legend>Who is ranked</legend>\n\
         <p class=\"choice\"><input type=\"radio\" id=\"all\" name=\"whom\" value=\"all\"{all}>\
         <label for=\"all\">Everyone: {held} held already, and those you add</label></p>\n\
         <p class=\"choice\"><input type=\"radio\" id=\"new\" name=\"whom\" value=\"new\"{new}>\
         <label for=\"new\">Only those you add now</label></p>\n\
         <p><label for=\"top\">How many to show</label> \
         <input id=\"top\" name=\"top\" type=\"number\" min=\"1\" max=\"50\" value=\"10\" required></p></fieldset>\n\
         <p><button class=\"go\">Rank</button></p></form>\n"
    )
}

/// Waits for the disk.
fn so_far(service: &Service, source: &ranker::rlhf::SourceId) -> Result<String, ApiError> {
    let shown = service.history.shown(&service.log, source)?;
    if shown.is_empty() {
        return Ok("<p class=\"empty\">None yet.</p>\n".to_owned());
    }
    let mut list = String::from(
        "<table class=\"list\"><caption>Newest first</caption><thead><tr><th scope=\"col\">Job</th>\
         <th scope=\"col\">When</th><th scope=\"col\">Shown</th></tr></thead><tbody>\n",
    );
    for one in shown {
        let job = service.jobs.get(&one.job);
        let title = job.map(|job| job.title().to_owned()).unwrap_or_default();
        let title = match title.as_str() {
            "" => "A job without a title",
            title => title,
        };
        let _ = writeln!(
            list,
            "<tr><th scope=\"row\"><a href=\"/rankings/{}\"><bdi>{}</bdi></a></th><td>{}</td><td>{}</td></tr>",
            segment(&one.id),
            Escaped(title),
            time(one.at),
            one.candidates,
        );
    }
    Ok(list + "</tbody></table>\n")
}

/// What a form asks for.
struct Order {
    posted: Posted,
    top: usize,
    only_new: bool,
}

pub(super) async fn send(
    State(service): State<Arc<Service>>,
    posted: Posted,
) -> Result<Redirect, ApiError> {
    let top = posted.text("top").trim().parse().map_err(|_| {
        let message = "how many to show must be a whole number";
        ApiError::new(StatusCode::BAD_REQUEST, message)
    })?;
    let only_new = posted.text("whom") == "new";
    let order = Order {
        posted,
        top,
        only_new,
    };
    let owner = order.posted.client.0.clone();
    let id = service.next_id("work");
    let working = Arc::clone(&service);
    let work = service
        .works
        .begin((id, owner), |work| done(working, work, order))?;
    // A small order is answered at once; a failure is told by the page of the work.
    let _ = timeout(SOON, work.ended()).await;
    Ok(Redirect::to(&format!("/work/{}", segment(&work.id))))
}

/// Reads, encodes and ranks; where the ranking is, and what was not read.
async fn done(
    service: Arc<Service>,
    work: Arc<Work>,
    order: Order,
) -> Result<(String, Vec<String>), ApiError> {
    let Order {
        posted,
        top,
        only_new,
    } = order;
    let source = posted.client.0.clone();
    let (reading, reader) = (Arc::clone(&work), Arc::clone(&service));
    let (job, intake) = waiting(move || read(&posted, &reader, &reading)).await??;
    if intake.profiles.is_empty() && (only_new || service.is_empty()) {
        let why = match intake.notes.as_slice() {
            [] => "there is nobody to rank: add resumes".to_owned(),
            notes => format!("there is nobody to rank: {}", notes.join("; ")),
        };
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    let came_with = work.id.clone();
    let (storing, adder) = (Arc::clone(&work), Arc::clone(&service));
    let profiles = intake.profiles;
    waiting(move || add(&adder, profiles, &storing)).await??;
    work.reach("Ranking", 0, 0);
    let job = match only_new {
        true => job.with_filter(Filter::any_of(CAME_WITH, [came_with])),
        false => job,
    };
    let out = service
        .give_out(job, (top, service.deadline), source.clone())
        .await?;
    let to = format!("/rankings/{}", segment(&out.id));
    waiting(move || service.record_decision(&out, &source)).await??;
    Ok((to, intake.notes))
}

fn read(
    posted: &Posted,
    service: &Service,
    work: &Work,
) -> Result<(JobDescription, Intake), ApiError> {
    let (of_job, of_people): (Vec<&Upload>, Vec<&Upload>) = posted
        .files
        .iter()
        .partition(|file| file.field == "job-file");
    let written = (posted.text("title"), posted.text("job"));
    let (title, text) = intake::job(written, of_job.first().copied(), &service.documents)?;
    let job = wire::job(title, text)?;
    let mut progress = |done, all| work.reach("Reading documents", done, all);
    let sent = (of_people.as_slice(), posted.text("pasted"));
    let intake = Intake::read(sent, &service.documents, &mut progress);
    Ok((job, intake))
}

/// Encodes and keeps people, a few at a time.
fn add(service: &Service, profiles: Vec<Profile>, work: &Work) -> Result<(), ApiError> {
    let held = service.collection.snapshot();
    let complete = |profile: Profile| {
        let before = held.profile(profile.id())?;
        completed(profile, (&service.finder, &work.id), before.as_ref())
    };
    let profiles: Vec<Profile> = profiles
        .into_iter()
        .map(complete)
        .collect::<Result<_, ApiError>>()?;
    let (all, encoder) = (profiles.len(), &**service.embedder.inner());
    for (step, some) in profiles.chunks(STEP).enumerate() {
        work.reach("Encoding resumes", step * STEP, all);
        service.collection.import(some, encoder, &mut |_, _| {})?;
    }
    Ok(())
}
