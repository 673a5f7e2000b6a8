//! Where a ranking begins: a job, resumes, and the rankings so far.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use ranker::rlhf::SourceId;
use ranker::xai::html::Escaped;
use ranker::{Filter, JobDescription, Profile};
use serde::Deserialize;
use tokio::time::timeout;

use super::language::Spoken;
use super::layout::{Page, segment, time, token};
use super::words::{Home, Words};
use crate::clients::Client;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::form::{Posted, Upload};
use crate::intake::{self, CAME_WITH, Intake, Note, completed};
use crate::service::{Service, waiting};
use crate::wire;
use crate::work::{Step, Work};

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
    spoken: Spoken,
) -> Result<Html<String>, ApiError> {
    let words = spoken.words;
    let mut page = Page::new(&spoken, words.home.title);
    let given = match begin.again.as_str() {
        "" => None,
        ranking => Some(service.ranking(ranking).await?),
    };
    let job = given.and_then(|given| Some(given.ranked.first()?.query.job().clone()));
    page.add(form((&service, &client), job.as_ref(), &words.home));
    let (reader, source) = (Arc::clone(&service), client.0.clone());
    let list = waiting(move || so_far(&reader, &source, words)).await??;
    page.add(format_args!(
        "<section aria-labelledby=\"so-far\"><h2 id=\"so-far\">{}</h2>\n",
        words.home.so_far
    ));
    page.add(list).add("</section>\n");
    Ok(page.finish(&service, &client, "/"))
}

fn form(
    (service, client): (&Service, &Client),
    job: Option<&JobDescription>,
    words: &Home,
) -> String {
    let (title, text) = job.map_or(("", ""), |job| (job.title(), job.text()));
    let (title, text) = (Escaped(title), Escaped(text));
    let (token, held) = (token(service, client), service.collection.len());
    let (all, new) = match held {
        0 => ("", " checked"),
        _ => (" checked", ""),
    };
    let everyone = (words.everyone)(held);
    let Home {
        the_job,
        job_title,
        description,
        job_file,
        job_help,
        resumes,
        documents,
        documents_help,
        pasted,
        pasted_help,
        whom,
        only_new,
        how_many,
        rank,
        ..
    } = words;
    format!(
        "<form class=\"sheet\" method=\"post\" action=\"/\" enctype=\"multipart/form-data\">{token}\n\
         <div class=\"two\"><fieldset><legend>{the_job}</legend>\n\
         <p><label for=\"title\">{job_title}</label> <input id=\"title\" name=\"title\" maxlength=\"200\" value=\"{title}\"></p>\n\
         <p><label for=\"job\">{description}</label>\n\
         <textarea id=\"job\" name=\"job\" rows=\"14\" aria-describedby=\"job-help\">\n{text}</textarea></p>\n\
         <p><label for=\"job-file\">{job_file}</label>\n\
         <input id=\"job-file\" name=\"job-file\" type=\"file\"></p>\n\
         <p class=\"help\" id=\"job-help\">{job_help}</p></fieldset>\n\
         <fieldset><legend>{resumes}</legend>\n\
         <p><label for=\"resumes\">{documents}</label>\n\
         <input id=\"resumes\" name=\"resumes\" type=\"file\" multiple aria-describedby=\"resumes-help\"></p>\n\
         <p class=\"help\" id=\"resumes-help\">{documents_help}</p>\n\
         <p><label for=\"pasted\">{pasted}</label>\n\
         <textarea id=\"pasted\" name=\"pasted\" rows=\"8\" aria-describedby=\"pasted-help\"></textarea></p>\n\
         <p class=\"help\" id=\"pasted-help\">{pasted_help}</p></fieldset></div>\n\
         <fieldset><legend>{whom}</legend>\n\
         <p class=\"choice\"><input type=\"radio\" id=\"all\" name=\"whom\" value=\"all\"{all}>\
         <label for=\"all\">{everyone}</label></p>\n\
         <p class=\"choice\"><input type=\"radio\" id=\"new\" name=\"whom\" value=\"new\"{new}>\
         <label for=\"new\">{only_new}</label></p>\n\
         <p><label for=\"top\">{how_many}</label> \
         <input id=\"top\" name=\"top\" type=\"number\" min=\"1\" max=\"50\" value=\"10\" required></p></fieldset>\n\
         <p><button class=\"go\">{rank}</button></p></form>\n"
    )
}

/// Waits for the disk.
fn so_far(service: &Service, source: &SourceId, words: &Words) -> Result<String, ApiError> {
    let home = &words.home;
    let shown = service.history.shown(&service.log, source)?;
    if shown.is_empty() {
        return Ok(format!("<p class=\"empty\">{}</p>\n", home.none));
    }
    let mut list = format!(
        "<table class=\"list\"><caption>{}</caption><thead><tr><th scope=\"col\">{}</th>\
         <th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>\n",
        home.newest, home.job, home.when, home.shown,
    );
    for one in shown {
        let job = service.jobs.get(&one.job);
        let title = job.map(|job| job.title().to_owned()).unwrap_or_default();
        let title = match title.as_str() {
            "" => words.frame.untitled,
            title => title,
        };
        let _ = writeln!(
            list,
            "<tr><th scope=\"row\"><a href=\"/rankings/{}\"><bdi>{}</bdi></a></th><td>{}</td><td>{}</td></tr>",
            segment(&one.id),
            Escaped(title),
            time(one.at, words),
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
    let top = posted.text("top").trim().parse();
    let top = top.map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, Fault::HowMany))?;
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
) -> Result<(String, Vec<Note>), ApiError> {
    let Order {
        posted,
        top,
        only_new,
    } = order;
    let source = posted.client.0.clone();
    let (reading, reader) = (Arc::clone(&work), Arc::clone(&service));
    let (job, intake) = waiting(move || read(&posted, &reader, &reading)).await??;
    if intake.profiles.is_empty() && (only_new || service.is_empty()) {
        let why = Fault::Nobody(intake.notes);
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    let came_with = work.id.clone();
    let (storing, adder) = (Arc::clone(&work), Arc::clone(&service));
    let profiles = intake.profiles;
    waiting(move || add(&adder, profiles, &storing)).await??;
    work.reach(Step::Ranking, 0, 0);
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
    let mut progress = |done, all| work.reach(Step::Documents, done, all);
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
        work.reach(Step::Encoding, step * STEP, all);
        service.collection.import(some, encoder, &mut |_, _| {})?;
    }
    Ok(())
}
