//! Two candidates side by side.

use std::sync::Arc;

use axum::extract::{Extension, Path, Query, State};
use axum::response::Html;
use ranker::Ranked;
use ranker::core::compute;
use ranker::xai::html::{self, Escaped};
use ranker::xai::{Contrast, PlainWords, Sides, contrast, paragraph};
use serde::Deserialize;

use super::language::Spoken;
use super::layout::{Page, name, segment, token};
use super::ranking::job;
use super::words::CompareWords;
use crate::blind::{blind, named, told};
use crate::clients::Client;
use crate::error::ApiError;
use crate::service::{Service, find};

#[derive(Deserialize)]
pub(super) struct Two {
    one: String,
    other: String,
    /// Whether it was just said who is better.
    #[serde(default)]
    said: String,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    Path(ranking): Path<String>,
    Query(two): Query<Two>,
    spoken: Spoken,
) -> Result<Html<String>, ApiError> {
    let given = service.ranking(&ranking).await?;
    let both = [find(&given, &two.one)?, find(&given, &two.other)?].map(Clone::clone);
    let (explainer, explained) = (Arc::clone(&service), both.clone());
    let contrast = compute(move || -> Result<Contrast, ApiError> {
        let [one, other] = explained.map(|ranked| explainer.ranker.explain(&ranked));
        Ok(contrast(&one?, &other?)?)
    });
    let contrast = contrast.await?;
    let [one, other] = both.map(|ranked| {
        let shown = blind(&ranked);
        named(&shown, name(&shown))
    });
    let (above, below) = match one.id() == &contrast.ids().above {
        true => (one, other),
        false => (other, one),
    };
    let address = format!("/rankings/{}", segment(&ranking));
    let words = &spoken.words.compare;
    let title = format!(
        "{}. {} {} {}. {}",
        above.rank,
        name(&above),
        words.beside,
        below.rank,
        name(&below)
    );
    let mut page = Page::new(&spoken, title);
    page.add(format_args!(
        "<p class=\"about\">{} <a href=\"{address}\"><bdi>{}</bdi></a></p>\n",
        words.of_job,
        Escaped(job(&given, spoken.words).0),
    ));
    if two.said == "yes" {
        page.add(format_args!(
            "<p class=\"said\" role=\"status\">{}</p>\n",
            words.recorded
        ));
    }
    let sentences = |language| {
        let mut words = PlainWords::new(language);
        for ranked in [&above, &below] {
            let name = format!("{} ({})", name(ranked), ranked.rank);
            words = words.with_name(ranked.id().clone(), name);
        }
        paragraph(&words.contrast(&contrast))
    };
    page.add(spoken.first(sentences));
    page.add(spoken.rest(sentences));
    if contrast.verdicts().is_empty() {
        page.add(format_args!("<p>{}</p>\n", words.no_difference));
    }
    let sides = Sides {
        above: &above,
        below: &below,
    };
    let contrast = html::contrast(&contrast, sides, spoken.language());
    page.add(told(&contrast, spoken.words.frame.hidden));
    let of = (address.as_str(), words);
    page.add(better((&service, &client), of, [&above, &below]));
    Ok(page.finish(&service, &client, ""))
}

/// Who is better, in the person's own view.
fn better(
    (service, client): (&Service, &Client),
    (address, words): (&str, &CompareWords),
    both: [&Ranked; 2],
) -> String {
    let token = token(service, client);
    let form = |better: &Ranked, worse: &Ranked| {
        let who = format!("{}. <bdi>{}</bdi>", better.rank, Escaped(name(better)));
        format!(
            "<form class=\"line\" method=\"post\" action=\"{address}/said\">{token}\
             <input type=\"hidden\" name=\"better\" value=\"{}\"><input type=\"hidden\" name=\"worse\" value=\"{}\">\
             <button name=\"kind\" value=\"preference\">{}</button></form>\n",
            Escaped(better.id().as_str()),
            Escaped(worse.id().as_str()),
            (words.is_better)(&who),
        )
    };
    let [above, below] = both;
    format!(
        "<section aria-labelledby=\"better\"><h2 id=\"better\">{}</h2>\n\
         <div class=\"actions\">{}{}</div></section>\n",
        words.question,
        form(above, below),
        form(below, above),
    )
}
