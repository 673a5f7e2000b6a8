//! One candidate of a ranking: why it stands there, and all that the profile says.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use ranker::Ranked;
use ranker::core::{Uncounted, compute};
use ranker::xai::html::{Escaped, account_without_words, uncounted};
use ranker::xai::{Language, PlainWords, paragraph};

use super::language::Spoken;
use super::layout::{Page, name, segment, token};
use super::ranking::{Entry, job, marks};
use super::words::CandidateWords;
use crate::blind::{blind, told, whole};
use crate::clients::Client;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::form::Posted;
use crate::service::{Service, find, waiting};
use crate::wire::Said;

/// How somebody looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Blind,
    Whole,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    Path((ranking, candidate)): Path<(String, String)>,
    spoken: Spoken,
) -> Result<Html<String>, ApiError> {
    let of = (&*ranking, &*candidate);
    page((&service, &client), of, (Look::Blind, &spoken)).await
}

/// Shows a profile as it was written, and records that somebody looked: it is an act, and so no address to follow.
pub(super) async fn open(
    State(service): State<Arc<Service>>,
    Path((ranking, candidate)): Path<(String, String)>,
    spoken: Spoken,
    posted: Posted,
) -> Result<Html<String>, ApiError> {
    let said = Said::Opened {
        candidate: candidate.clone(),
    };
    let source = posted.client.0.clone();
    service
        .happened((&ranking, said), source, (None, None))
        .await?;
    let whole = page(
        (&service, &posted.client),
        (&ranking, &candidate),
        (Look::Whole, &spoken),
    );
    whole.await
}

async fn page(
    (service, client): (&Arc<Service>, &Client),
    (ranking, candidate): (&str, &str),
    (look, spoken): (Look, &Spoken),
) -> Result<Html<String>, ApiError> {
    let given = service.ranking(ranking).await?;
    let ranked = find(&given, candidate)?.clone();
    let explained = (Arc::clone(service), ranked.clone());
    let explanation = compute(move || explained.0.ranker.explain(&explained.1)).await?;
    let marks = marks(service, (client, ranking), &given).await?;
    let shown = match look {
        Look::Blind => blind(&ranked),
        Look::Whole => whole(&ranked),
    };
    let address = format!("/rankings/{}", segment(ranking));
    let words = &spoken.words.candidate;
    let mut page = Page::new(spoken, format!("{}. {}", ranked.rank, name(&shown)));
    page.add(format_args!(
        "<p class=\"about\"><bdi>{}</bdi>, {} <a href=\"{address}\"><bdi>{}</bdi></a></p>\n",
        Escaped(candidate),
        words.of_job,
        Escaped(job(&given, spoken.words).0),
    ));
    let entry = Entry {
        service,
        client,
        address: &address,
        marks: &marks,
        spoken,
    };
    page.add(format_args!(
        "<section id=\"said\" aria-labelledby=\"say\"><h2 id=\"say\">{}</h2>\n",
        words.judgement
    ));
    page.add(entry.actions(&shown, "candidate"));
    page.add("</section>\n");
    page.add(remarks(&ranked, spoken.language()));
    let sentences = |language| paragraph(&PlainWords::new(language).account(&explanation, &shown));
    let account = account_without_words(&explanation, &shown, spoken.language());
    let account = [spoken.first(sentences), account, spoken.rest(sentences)].concat();
    page.add(told(&account, spoken.words.frame.hidden));
    page.add(last(
        (service, client),
        (&address, candidate),
        (look, words),
    ));
    Ok(page.finish(service, client, ""))
}

/// What of the text does not count, which the shown form of it does not know.
fn remarks(ranked: &Ranked, language: Language) -> String {
    const LEAST: f32 = 0.005;
    let profile = ranked.candidate.profile();
    let remark = |why: Uncounted| {
        let share = profile.uncounted_share(why);
        let remark = uncounted(why, share, language);
        (share >= LEAST).then(|| format!("<p class=\"remark\">{remark}</p>\n"))
    };
    let remarks = [Uncounted::Copied, Uncounted::Personal].map(remark);
    remarks.into_iter().flatten().collect()
}

/// The forms that show who it is, and that erase the person.
fn last(
    (service, client): (&Service, &Client),
    (address, candidate): (&str, &str),
    (look, words): (Look, &CandidateWords),
) -> String {
    let (token, here) = (
        token(service, client),
        format!("{address}/candidates/{}", segment(candidate)),
    );
    let look = match look {
        Look::Blind => format!(
            "<form class=\"line\" method=\"post\" action=\"{here}\">{token}<button>{}</button> \
             <span class=\"about\">{}</span></form>\n",
            words.as_written, words.as_written_help,
        ),
        Look::Whole => format!("<p><a href=\"{here}\">{}</a></p>\n", words.hide),
    };
    let CandidateWords {
        erase,
        erase_all,
        erase_now,
        ..
    } = words;
    format!(
        "{look}<details class=\"erase\"><summary>{erase} …</summary>\n\
         <form method=\"post\" action=\"{here}/erase\">{token}\
         <p class=\"choice\"><input type=\"checkbox\" id=\"sure\" name=\"sure\" value=\"yes\" required>\
         <label for=\"sure\">{erase_all}</label></p><p><button class=\"harm\">{erase_now}</button></p></form></details>\n"
    )
}

pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    Path((ranking, candidate)): Path<(String, String)>,
    spoken: Spoken,
    posted: Posted,
) -> Result<Html<String>, ApiError> {
    if posted.text("sure") != "yes" {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, Fault::NotSure));
    }
    let given = service.ranking(&ranking).await?;
    let id = find(&given, &candidate)?.id().clone();
    let eraser = Arc::clone(&service);
    let receipt = waiting(move || eraser.erase(&id)).await??;
    let words = &spoken.words.candidate;
    let mut page = Page::new(&spoken, words.erased);
    page.add(format_args!(
        "<p role=\"status\">{}</p>\n<p><a href=\"/rankings/{}\">{}</a></p>\n",
        (words.receipt)(Escaped(&candidate), &receipt),
        segment(&ranking),
        words.back,
    ));
    Ok(page.finish(&service, &posted.client, ""))
}
