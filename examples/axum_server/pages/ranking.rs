//! A ranking: everyone with the verdicts on what is required, and what somebody may say of each.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use ranker::core::{Assessment, compute};
use ranker::xai::html::{Escaped, asked, bars, legend, note, requirements, verdict};
use ranker::xai::{PlainWords, paragraph};
use ranker::{Explanation, Ranked};

use super::language::Spoken;
use super::layout::{Page, name, notes, segment, token};
use super::words::{RankingWords, Words};
use crate::blind::{blind, told};
use crate::clients::Client;
use crate::error::ApiError;
use crate::fault::What;
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
    let words = &spoken.words.ranking;
    let (title, text) = job(&given, spoken.words);
    let mut page = Page::new(&spoken, title);
    let address = format!("/rankings/{}", segment(&id));
    page.add(format_args!(
        "<p class=\"about\">{}</p>\n",
        (words.about)(given.ranked.len()),
    ));
    let given_notes = given.notes.iter();
    let given_notes = given_notes.map(|one| note(one, spoken.language()));
    page.add(notes(words.note, given_notes));
    page.add(format_args!(
        "<details class=\"job\"><summary>{}</summary><div class=\"text\">{}</div></details>\n\
         <p><a href=\"/?again={}\">{}</a></p>\n",
        words.description,
        Escaped(text),
        segment(&id),
        words.change,
    ));
    page.add(comparison(&given, &address, words));
    if has_record {
        page.add(format_args!(
            "<p><a href=\"{address}/record\">{}</a> <span class=\"about\">{}</span></p>\n",
            words.record, words.record_holds,
        ));
    }
    let accounts: Vec<&Explanation> = explanations.iter().collect();
    if !accounts.is_empty() {
        page.add(legend(&accounts, spoken.language()));
    }
    let all = given
        .ranked
        .iter()
        .zip(&explanations)
        .zip(bars(&accounts, spoken.language()));
    for ((ranked, explanation), bar) in all {
        let shown = blind(ranked);
        let one = Entry {
            service: &service,
            client: &client,
            address: &address,
            marks: &marks,
            spoken: &spoken,
        };
        let entry = one.entry((&shown, explanation), &bar);
        page.add(told(&entry, spoken.words.frame.hidden));
    }
    if given.ranked.is_empty() {
        page.add(format_args!("<p class=\"empty\">{}</p>\n", words.nobody));
    }
    Ok(page.finish(&service, &client, ""))
}

/// The job's title and text; a title where it has none.
pub(super) fn job<'g>(given: &'g Given, words: &Words) -> (&'g str, &'g str) {
    let job = given.ranked.first().map(|ranked| ranked.query.job());
    let (title, text) = job.map_or(("", ""), |job| (job.title(), job.text()));
    match title {
        "" => (words.frame.untitled, text),
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

fn comparison(given: &Given, address: &str, words: &RankingWords) -> String {
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
         <label for=\"one\">{}</label> <select id=\"one\" name=\"one\">{}</select> \
         <label for=\"other\">{}</label> <select id=\"other\" name=\"other\">{}</select> \
         <button>{}</button></form>\n",
        words.compare,
        options(1),
        words.with,
        options(2),
        words.compare,
    )
}

/// What all entries of a ranking share.
pub(super) struct Entry<'a> {
    pub(super) service: &'a Service,
    pub(super) client: &'a Client,
    pub(super) address: &'a str,
    pub(super) marks: &'a Marks,
    pub(super) spoken: &'a Spoken,
}

impl Entry<'_> {
    fn entry(&self, (ranked, explanation): (&Ranked, &Explanation), bar: &str) -> String {
        let (rank, id) = (ranked.rank, ranked.id().as_str());
        let (spoken, words) = (self.spoken, &self.spoken.words.ranking);
        let account = |language| paragraph(&PlainWords::new(language).account(explanation, ranked));
        let table = requirements(explanation, ranked, spoken.language());
        let table = match table.as_str() {
            "" => String::new(),
            table => format!(
                "{}<details><summary>{}</summary>{table}</details>\n",
                chips(explanation.assessments(), spoken.words),
                words.required,
            ),
        };
        format!(
            "<article class=\"candidate\" id=\"place-{rank}\" aria-labelledby=\"name-{rank}\">\n\
             <h2 id=\"name-{rank}\">{rank}. <a href=\"{}/candidates/{}\"><bdi>{}</bdi></a></h2>\n\
             <p class=\"about\"><bdi>{}</bdi>, {} {}</p>\n{bar}\n\
             {}{table}{}</article>\n",
            self.address,
            segment(id),
            Escaped(name(ranked)),
            Escaped(id),
            words.score,
            spoken
                .words
                .number(format_args!("{:.3}", ranked.score.get())),
            spoken.first(account),
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
        let words = &self.spoken.words.ranking;
        let whom = format!("<span class=\"unseen\"> {} {rank}</span>", words.number);
        let grade = self.marks.grades.get(ranked.id());
        let grades = words.grades.iter().zip(0..).map(|(name, value)| {
            let selected = match grade == Some(&value) {
                true => " selected",
                false => "",
            };
            format!("<option value=\"{value}\"{selected}>{name}</option>")
        });
        let grades: String = grades.collect();
        let RankingWords {
            shortlist,
            grade,
            choose,
            give_grade,
            turn_down,
            reason,
            ..
        } = words;
        format!(
            "{}<div class=\"actions\">\n\
             {begin}<button name=\"kind\" value=\"shortlist\">{shortlist}{whom}</button></form>\n\
             {begin}<label for=\"grade-{rank}\">{grade}{whom}</label> <select id=\"grade-{rank}\" name=\"grade\" required>\
             <option value=\"\">{choose}</option>{grades}</select> \
             <button name=\"kind\" value=\"grade\">{give_grade}{whom}</button></form>\n\
             <details><summary>{turn_down}{whom} …</summary>{begin}<label for=\"reason-{rank}\">{reason}{whom}</label> \
             <input id=\"reason-{rank}\" name=\"reason\" maxlength=\"1000\" required> \
             <button name=\"kind\" value=\"reject\">{turn_down}{whom}</button></form></details>\n</div>\n",
            self.said(ranked),
        )
    }

    fn said(&self, ranked: &Ranked) -> String {
        let words = &self.spoken.words.ranking;
        let mut said = Vec::new();
        match self.marks.marks.get(ranked.id()) {
            Some(Mark::Shortlisted) => said.push(words.shortlisted.to_owned()),
            Some(Mark::Rejected(reason)) => {
                said.push(format!(
                    "{} <bdi>{}</bdi>",
                    words.turned_down,
                    Escaped(reason)
                ));
            }
            None => {}
        }
        if let Some(grade) = self.marks.grades.get(ranked.id()) {
            let name = usize::try_from(*grade)
                .ok()
                .and_then(|at| words.grades.get(at));
            let name = name.map_or_else(|| grade.to_string(), |name| (*name).to_owned());
            said.push(format!("{} {name}", words.graded));
        }
        match said.is_empty() {
            true => String::new(),
            false => format!(
                "<p class=\"said\">{} {}.</p>\n",
                words.said,
                said.join("; ")
            ),
        }
    }
}

/// The verdicts in a word each.
fn chips(assessments: &[Assessment], words: &Words) -> String {
    let chip = |one: &Assessment| {
        let asked = asked(&one.requirement.asked, words.language);
        let verdict = verdict(one.verdict, words.language);
        format!("<li><bdi>{asked}</bdi> {verdict}</li>")
    };
    let chips: String = assessments.iter().map(chip).collect();
    let label = words.ranking.requirements;
    format!("<ul class=\"chips\" aria-label=\"{label}\">{chips}</ul>\n")
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
    let bytes = bytes
        .await??
        .ok_or_else(|| ApiError::unknown(What::Record))?;
    let name = format!("attachment; filename=\"{id}.json\"");
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}
