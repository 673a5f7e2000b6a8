//! One candidate of a ranking: why it stands there, and all that the profile says.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::Html;
use ranker::Ranked;
use ranker::core::{Uncounted, compute};
use ranker::xai::html::{Escaped, account_without_words};
use ranker::xai::{PlainWords, paragraph};

use super::language::Spoken;
use super::layout::{Page, name, segment, token};
use super::ranking::{Entry, job, marks};
use crate::blind::{blind, told, whole};
use crate::clients::Client;
use crate::error::ApiError;
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
    page((&service, &client), of, (Look::Blind, spoken)).await
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
        (Look::Whole, spoken),
    );
    whole.await
}

async fn page(
    (service, client): (&Arc<Service>, &Client),
    (ranking, candidate): (&str, &str),
    (look, spoken): (Look, Spoken),
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
    let mut page = Page::new(format!("{}. {}", ranked.rank, name(&shown)));
    page.add(format_args!(
        "<p class=\"about\"><bdi>{}</bdi>, for <a href=\"{address}\"><bdi>{}</bdi></a></p>\n",
        Escaped(candidate),
        Escaped(job(&given).0),
    ));
    let entry = Entry {
        service,
        client,
        address: &address,
        marks: &marks,
    };
    page.add("<section id=\"said\" aria-labelledby=\"say\"><h2 id=\"say\">Your judgement</h2>\n");
    page.add(entry.actions(&shown, "candidate"));
    page.add("</section>\n");
    page.add(remarks(&ranked));
    let words = |language| paragraph(&PlainWords::new(language).account(&explanation, &shown));
    page.add(told(&spoken.first(words), spoken.0));
    let account = account_without_words(&explanation, &shown, spoken.0);
    page.add(told(&spoken.part(&account), spoken.0));
    page.add(told(&spoken.rest(words), spoken.0));
    page.add(last((service, client), (&address, candidate), look));
    Ok(page.finish(service, client, ""))
}

/// What of the text does not count, which the shown form of it does not know.
fn remarks(ranked: &Ranked) -> String {
    let profile = ranked.candidate.profile();
    let remark = |why: Uncounted| {
        let percent = 100.0 * profile.uncounted_share(why);
        let remark = format!("{percent:.0} % of the text {why} and does not count");
        (percent >= 0.5).then(|| format!("<p class=\"remark\">{remark}</p>\n"))
    };
    let remarks = [Uncounted::Copied, Uncounted::Personal].map(remark);
    remarks.into_iter().flatten().collect()
}

/// The forms that show who it is, and that erase the person.
fn last(
    (service, client): (&Service, &Client),
    (address, candidate): (&str, &str),
    look: Look,
) -> String {
    let (token, here) = (
        token(service, client),
        format!("{address}/candidates/{}", segment(candidate)),
    );
    let look = match look {
        Look::Blind => format!(
            "<form class=\"line\" method=\"post\" action=\"{here}\">{token}<button>Show as written</button> \
             <span class=\"about\">With the name and all else that is hidden. That you looked is recorded.</span></form>\n"
        ),
        Look::Whole => format!("<p><a href=\"{here}\">Hide again who it is</a></p>\n"),
    };
    format!(
        "{look}<details class=\"erase\"><summary>Erase this person …</summary>\n\
         <form method=\"post\" action=\"{here}/erase\">{token}\
         <p class=\"choice\"><input type=\"checkbox\" id=\"sure\" name=\"sure\" value=\"yes\" required>\
         <label for=\"sure\">Erase profile, embedding and all that was said of this person, from everything that this \
         service keeps. It cannot be undone.</label></p><p><button class=\"harm\">Erase</button></p></form></details>\n"
    )
}

pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    Path((ranking, candidate)): Path<(String, String)>,
    posted: Posted,
) -> Result<Html<String>, ApiError> {
    if posted.text("sure") != "yes" {
        let message = "tick the box: an erasure cannot be undone";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, message));
    }
    let given = service.ranking(&ranking).await?;
    let id = find(&given, &candidate)?.id().clone();
    let eraser = Arc::clone(&service);
    let receipt = waiting(move || eraser.erase(&id)).await??;
    let mut page = Page::new("Erased");
    page.add(format_args!(
        "<p role=\"status\">Of <bdi>{}</bdi> nothing is held any more: {} events were deleted and {} changed, {} records of \
         decisions changed, {} files written anew. Copies elsewhere (backups, downloaded records) are not reached.</p>\n\
         <p><a href=\"/rankings/{}\">Back to the ranking</a></p>\n",
        Escaped(&candidate),
        receipt.events_deleted,
        receipt.events_changed,
        receipt.records_changed,
        receipt.files_rewritten,
        segment(&ranking),
    ));
    Ok(page.finish(&service, &posted.client, ""))
}
