//! A ranking: everyone with the verdicts on what is required, and what somebody may say of each.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use ranker::core::{Assessment, compute};
use ranker::xai::html::{Escaped, asked, bars, legend, requirements, verdict};
use ranker::xai::{Language, PlainWords, paragraph};
use ranker::{Explanation, Ranked};

use super::language::Spoken;
use super::layout::{Page, name, notes, people, segment, token};
use super::said::GRADES;
use crate::blind::{blind, told};
use crate::clients::Client;
use crate::error::ApiError;
use crate::history::{Mark, Marks};
use crate::rankings::Given;
use crate::service::{Service, waiting};

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    Extension(client): Extension<Client>,
    Path(id): Path<String>,
    spoken: Spoken,
) -> Result<Html<String>, ApiError> {
    let given = service.ranking(&id).await?;
    let marks = marks(&service, (&client, &id), &given).await?;
    let explanations = explanations(&service, &given).await?;
    let record = service.record_file(&id)?;
    let has_record = waiting(move || record.try_exists()).await??;
    let (title, text) = job(&given);
    let mut page = Page::new(title);
    let address = format!("/rankings/{}", segment(&id));
    page.add(format_args!(
        "<p class=\"about\">{}, best first. They are ranked without names, ages and addresses, and shown so.</p>\n",
        people(given.ranked.len()),
    ));
    page.add(notes("Please note", &given.notes));
    page.add(format_args!(
        "<details class=\"job\"><summary>The job description</summary><div class=\"text\">{}</div></details>\n\
         <p><a href=\"/?again={}\">Change the job and rank again</a></p>\n",
        Escaped(text),
        segment(&id),
    ));
    page.add(comparison(&given, &address));
    if has_record {
        page.add(format_args!(
            "<p><a href=\"{address}/record\">Download the record of this decision</a> \
             <span class=\"about\">(JSON: what was read, by which model, who stood where)</span></p>\n"
        ));
    }
    let accounts: Vec<&Explanation> = explanations.iter().collect();
    if !accounts.is_empty() {
        page.add(spoken.part(&legend(&accounts, spoken.0)));
    }
    let all = given.ranked.iter().zip(&explanations).zip(bars(&accounts));
    for ((ranked, explanation), bar) in all {
        let shown = blind(ranked);
        let one = Entry {
            service: &service,
            client: &client,
            address: &address,
            marks: &marks,
        };
        let entry = one.entry((&shown, explanation), (&bar, spoken));
        page.add(told(&entry, spoken.0));
    }
    if given.ranked.is_empty() {
        page.add("<p class=\"empty\">Nobody was found.</p>\n");
    }
    Ok(page.finish(&service, &client, ""))
}

/// The job's title and text; a title where it has none.
pub(super) fn job(given: &Given) -> (&str, &str) {
    let job = given.ranked.first().map(|ranked| ranked.query.job());
    let (title, text) = job.map_or(("", ""), |job| (job.title(), job.text()));
    match title {
        "" => ("A job without a title", text),
        title => (title, text),
    }
}

pub(super) async fn marks(
    service: &Arc<Service>,
    (client, id): (&Client, &str),
    given: &Given,
) -> Result<Marks, ApiError> {
    let (service, source) = (Arc::clone(service), client.0.clone());
    let (id, job) = (id.to_owned(), given.job.clone());
    let marks = waiting(move || {
        let of = (&source, id.as_str(), &job);
        service.history.marks(&service.log, of)
    });
    Ok(marks.await??)
}

async fn explanations(
    service: &Arc<Service>,
    given: &Arc<Given>,
) -> Result<Vec<Explanation>, ApiError> {
    let (service, given) = (Arc::clone(service), Arc::clone(given));
    compute(move || {
        let ranked = given.ranked.iter();
        let explained = ranked.map(|ranked| Ok(service.ranker.explain(ranked)?));
        explained.collect()
    })
    .await
}

fn comparison(given: &Given, address: &str) -> String {
    if given.ranked.len() < 2 {
        return String::new();
    }
    let options = |chosen: usize| {
        let options = given.ranked.iter().map(|ranked| {
            let selected = match ranked.rank == chosen {
                true => " selected",
                false => "",
            };
            let (id, name) = (Escaped(ranked.id().as_str()), Escaped(name(ranked)));
            format!(
                "<option value=\"{id}\"{selected}>{}. {name}</option>",
                ranked.rank
            )
        });
        options.collect::<String>()
    };
    format!(
        "<form class=\"line\" method=\"get\" action=\"{address}/compare\">\
         <label for=\"one\">Compare</label> <select id=\"one\" name=\"one\">{}</select> \
         <label for=\"other\">with</label> <select id=\"other\" name=\"other\">{}</select> \
         <button>Compare</button></form>\n",
        options(1),
        options(2),
    )
}

/// What all entries of a ranking share.
pub(super) struct Entry<'a> {
    pub(super) service: &'a Service,
    pub(super) client: &'a Client,
    pub(super) address: &'a str,
    pub(super) marks: &'a Marks,
}

impl Entry<'_> {
    fn entry(
        &self,
        (ranked, explanation): (&Ranked, &Explanation),
        (bar, spoken): (&str, Spoken),
    ) -> String {
        let (rank, id) = (ranked.rank, ranked.id().as_str());
        let words = |language| paragraph(&PlainWords::new(language).account(explanation, ranked));
        let table = requirements(explanation, ranked, spoken.0);
        let table = match table.as_str() {
            "" => String::new(),
            table => format!(
                "{}<details><summary>What is required, and what is there</summary>{}</details>\n",
                spoken.part(&chips(explanation.assessments(), spoken.0)),
                spoken.part(table),
            ),
        };
        format!(
            "<article class=\"candidate\" id=\"place-{rank}\" aria-labelledby=\"name-{rank}\">\n\
             <h2 id=\"name-{rank}\">{rank}. <a href=\"{}/candidates/{}\"><bdi>{}</bdi></a></h2>\n\
             <p class=\"about\"><bdi>{}</bdi>, score {:.3}</p>\n{bar}\n\
             {}{table}{}</article>\n",
            self.address,
            segment(id),
            Escaped(name(ranked)),
            Escaped(id),
            ranked.score.get(),
            spoken.first(words),
            self.actions(ranked, "ranking"),
        )
    }

    /// What was said of a candidate, and the forms to say more; `from` is the page to come back to.
    pub(super) fn actions(&self, ranked: &Ranked, from: &str) -> String {
        let (rank, address) = (ranked.rank, self.address);
        let hidden = format!(
            "{}<input type=\"hidden\" name=\"candidate\" value=\"{}\"><input type=\"hidden\" name=\"from\" value=\"{from}\">",
            token(self.service, self.client),
            Escaped(ranked.id().as_str()),
        );
        let begin =
            format!("<form class=\"line\" method=\"post\" action=\"{address}/said\">{hidden}");
        let whom = format!("<span class=\"unseen\"> number {rank}</span>");
        let grade = self.marks.grades.get(ranked.id());
        let grades = GRADES.iter().zip(0..).map(|(name, value)| {
            let selected = match grade == Some(&value) {
                true => " selected",
                false => "",
            };
            format!("<option value=\"{value}\"{selected}>{name}</option>")
        });
        let grades: String = grades.collect();
        format!(
            "{}<div class=\"actions\">\n\
             {begin}<button name=\"kind\" value=\"shortlist\">Shortlist{whom}</button></form>\n\
             {begin}<label for=\"grade-{rank}\">Grade{whom}</label> <select id=\"grade-{rank}\" name=\"grade\" required>\
             <option value=\"\">choose</option>{grades}</select> \
             <button name=\"kind\" value=\"grade\">Give grade{whom}</button></form>\n\
             <details><summary>Turn down{whom} …</summary>{begin}<label for=\"reason-{rank}\">Reason</label> \
             <input id=\"reason-{rank}\" name=\"reason\" maxlength=\"1000\" required> \
             <button name=\"kind\" value=\"reject\">Turn down{whom}</button></form></details>\n</div>\n",
            self.said(ranked),
        )
    }

    fn said(&self, ranked: &Ranked) -> String {
        let mut said = Vec::new();
        match self.marks.marks.get(ranked.id()) {
            Some(Mark::Shortlisted) => said.push("on your shortlist".to_owned()),
            Some(Mark::Rejected(reason)) => {
                said.push(format!("turned down: <bdi>{}</bdi>", Escaped(reason)));
            }
            None => {}
        }
        if let Some(grade) = self.marks.grades.get(ranked.id()) {
            let name = usize::try_from(*grade).ok().and_then(|at| GRADES.get(at));
            let name = name.map_or_else(|| grade.to_string(), |name| (*name).to_owned());
            said.push(format!("graded {name}"));
        }
        match said.is_empty() {
            true => String::new(),
            false => format!("<p class=\"said\">You said: {}.</p>\n", said.join("; ")),
        }
    }
}

/// The verdicts in a word each.
fn chips(assessments: &[Assessment], language: Language) -> String {
    let chip = |one: &Assessment| {
        let asked = asked(&one.requirement.asked, language);
        let verdict = verdict(one.verdict, language);
        format!("<li><bdi>{asked}</bdi> {verdict}</li>")
    };
    let chips: String = assessments.iter().map(chip).collect();
    format!("<ul class=\"chips\" aria-label=\"Requirements\">{chips}</ul>\n")
}

/// The record of the decision, to be kept elsewhere.
pub(super) async fn record(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let file = service.record_file(&id)?;
    let bytes = waiting(move || match file.try_exists()? {
        true => std::fs::read(file).map(Some),
        false => Ok(None),
    });
    let bytes = bytes.await??.ok_or_else(|| ApiError::unknown("record"))?;
    let name = format!("attachment; filename=\"{id}.json\"");
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}
