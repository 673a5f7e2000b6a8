//! What the reader should know of the texts that were ranked.

use std::sync::Arc;

use ranker_core::{JobDescription, Language, Note, Ranked, Ranking, Uncounted, language};

/// Less than this share of a text is not worth a note.
const LEAST: f32 = 0.005;

/// What the reader should know of the job's text.
pub(crate) fn of_job(job: &JobDescription) -> Option<Note> {
    let why = Uncounted::Employer;
    let share = job.uncounted_share(why);
    (share >= LEAST).then(|| Note::JobNotCounted {
        why,
        percent: in_percent(share),
    })
}

fn in_percent(share: f32) -> u8 {
    (share * 100.0).round() as u8
}

/// What the reader should know of the texts of those who are shown.
pub(crate) fn of_texts(ranking: &Ranking) -> Vec<Note> {
    let job = language(ranking.query().job().text());
    let of_one = |ranked: &Ranked| {
        let profile = Arc::clone(ranked.candidate.profile());
        let id = ranked.id().clone();
        let other = other_language(job, ranked);
        let reasons = [Uncounted::Copied, Uncounted::Repeated];
        let not_counted = reasons.into_iter().filter_map(move |why| {
            let share = profile.uncounted_share(why);
            (share >= LEAST).then(|| Note::NotCounted {
                id: id.clone(),
                why,
                percent: in_percent(share),
            })
        });
        not_counted.chain(other)
    };
    ranking.iter().flat_map(of_one).collect()
}

/// Where both languages can be told and differ.
fn other_language(job: Option<Language>, ranked: &Ranked) -> Option<Note> {
    let (id, job) = (ranked.id().clone(), job?);
    let language = language(ranked.candidate.profile().text())?;
    (language != job).then_some(Note::OtherLanguage { id, language, job })
}
