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
use crate::blind::{blind, told};
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
    let [one, other] = both.map(|ranked| blind(&ranked));
    let (above, below) = match one.id() == &contrast.ids().above {
        true => (one, other),
        false => (other, one),
    };
    let address = format!("/rankings/{}", segment(&ranking));
    let mut page = Page::new(format!(
        "{}. {} beside {}. {}",
        above.rank,
        name(&above),
        below.rank,
        name(&below)
    ));
    page.add(format_args!(
        "<p class=\"about\">For <a href=\"{address}\"><bdi>{}</bdi></a></p>\n",
        Escaped(job(&given).0),
    ));
    if two.said == "yes" {
        page.add("<p class=\"said\" role=\"status\">Your word is recorded.</p>\n");
    }
    page.add(words(&contrast, spoken));
    if contrast.verdicts().is_empty() {
        page.add("<p>On what is required there is no difference between the two.</p>\n");
    }
    let sides = Sides {
        above: &above,
        below: &below,
    };
    let contrast = html::contrast(&contrast, sides, spoken.0);
    page.add(told(&spoken.part(&contrast), spoken.0));
    page.add(better((&service, &client), &address, [&above, &below]));
    Ok(page.finish(&service, &client, ""))
}

fn words(contrast: &Contrast, spoken: Spoken) -> String {
    let words = |language| paragraph(&PlainWords::new(language).contrast(contrast));
    format!("{}{}", spoken.first(words), spoken.rest(words))
}

/// Who is better, in the person's own view.
fn better((service, client): (&Service, &Client), address: &str, both: [&Ranked; 2]) -> String {
    let token = token(service, client);
    let form = |better: &Ranked, worse: &Ranked| {
        format!(
            "<form class=\"line\" method=\"post\" action=\"{address}/said\">{token}\
             <input type=\"hidden\" name=\"better\" value=\"{}\"><input type=\"hidden\" name=\"worse\" value=\"{}\">\
             <button name=\"kind\" value=\"preference\">{}. <bdi>{}</bdi> is better</button></form>\n",
            Escaped(better.id().as_str()),
            Escaped(worse.id().as_str()),
            better.rank,
            Escaped(name(better)),
        )
    };
    let [above, below] = both;
    format!(
        "<section aria-labelledby=\"better\"><h2 id=\"better\">Who is better for this job, as you see it?</h2>\n\
         <div class=\"actions\">{}{}</div></section>\n",
        form(above, below),
        form(below, above),
    )
}
