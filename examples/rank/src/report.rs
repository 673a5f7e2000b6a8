//! The ranking for another program, and as a web page.

use std::collections::BTreeMap;
use std::ops::Range;

use ranker::core::{
    Assessment, Embedder, PartTerm, PassageMatch, RationalePassage, TermOf, Uncounted,
};
use ranker::xai::{Claim, Ground, Language, PlainWords, html};
use ranker::{Explanation, JobDescription, Ranked};
use ranker_examples::Outcome;
use serde::Serialize;

use crate::found::Found;

/// The ranking as a web page that needs no other file.
pub(crate) fn html(found: &Found<'_>) -> String {
    let language = found.words.unwrap_or_default();
    let title = match (found.ranking.query().job().title(), language) {
        ("", Language::German) => "Rangfolge",
        ("", _) => "Ranking",
        (title, _) => title,
    };
    let page = html::page(title, found.ranking, found.explanations, language);
    let answers = found.answers.sections.concat();
    page.replacen(
        "</main>",
        &format!("{answers}{}</main>", notes(found, language)),
        1,
    )
}

/// What the reader of the page should know: of all, and of each candidate.
fn notes(found: &Found<'_>, language: Language) -> String {
    let truncated = |ranked: &Ranked| {
        let id = ranked.id().as_str();
        let usage = found.pool.truncated(id)?;
        let (used, tokens) = (usage.used, usage.tokens);
        Some(format!(
            "{id}: truncated, the encoder read {used} of {tokens} tokens"
        ))
    };
    let notes = found.notes_of_reading();
    let notes = notes.chain(found.ranking.iter().filter_map(truncated));
    let items: Vec<String> = notes
        .map(|note| format!("<li>{}</li>", html::Escaped(&note)))
        .collect();
    if items.is_empty() {
        return String::new();
    }
    let heading = match language {
        Language::German => "Hinweise zum Gelesenen",
        _ => "Notes on what was read",
    };
    format!(
        "<section><h2>{heading}</h2><ul lang=\"en\">{}</ul></section>",
        items.concat()
    )
}

/// The ranking as JSON.
pub(crate) fn json(found: &Found<'_>) -> Outcome<String> {
    Ok(serde_json::to_string_pretty(&Report::new(found))? + "\n")
}

#[derive(Serialize)]
struct Report<'a> {
    job: &'a str,
    job_uncounted: JobUncountedReport,
    /// The scorer, the encoder, and what runs the encoder.
    model: &'a str,
    encoder: &'a str,
    backend: &'a str,
    profiles: usize,
    cut: CutReport,
    notes: Vec<String>,
    /// Files that were not read, each with the reason.
    left_out: &'a [String],
    ranking: Vec<Place<'a>>,
    /// Answers to what else was asked: --compare, --why-not, --what-if.
    answers: &'a [String],
    seconds: Vec<Stage<'a>>,
}

/// The shares of the job's text that do not count.
#[derive(Serialize)]
struct JobUncountedReport {
    negated: f32,
    /// About the employer, its offer or how to apply.
    employer: f32,
}

impl JobUncountedReport {
    fn new(job: &JobDescription) -> Self {
        Self {
            negated: job.uncounted_share(Uncounted::Negated),
            employer: job.uncounted_share(Uncounted::Employer),
        }
    }
}

/// Profiles that are longer than the encoder reads, and the tokens of theirs.
#[derive(Serialize)]
struct CutReport {
    profiles: usize,
    tokens: usize,
    tokens_read: usize,
}

#[derive(Serialize)]
struct Stage<'a> {
    stage: &'a str,
    seconds: f64,
}

/// One candidate: the base and the parts sum to the score.
#[derive(Serialize)]
struct Place<'a> {
    rank: usize,
    id: &'a str,
    title: &'a str,
    /// How many tokens of the profile the encoder read, of how many, if not all.
    truncated: Option<[usize; 2]>,
    /// Other profiles of the same person.
    same_person: Vec<&'a str>,
    score: f64,
    features: BTreeMap<&'a str, f32>,
    base: f64,
    parts: Vec<PartReport<'a>>,
    /// What the words that were added to the job give of the score; none where no part tells of such.
    expansion: Option<f64>,
    rationale: Vec<RationaleReport<'a>>,
    /// As the rationale, single words.
    rationale_words: Vec<RationaleReport<'a>>,
    matches: Vec<MatchReport<'a>>,
    /// The account in sentences.
    words: WordsReport,
    /// What is asked and had, in words.
    remarks: Vec<String>,
    requirements: Vec<RequirementReport>,
    uncounted: UncountedReport,
}

/// The account in sentences, each with what it rests on.
#[derive(Serialize)]
struct WordsReport {
    en: Vec<ClaimReport>,
    de: Vec<ClaimReport>,
}

#[derive(Serialize)]
struct ClaimReport {
    sentence: String,
    /// `score`, `part NAME`, or `requirement N`, from 0.
    rests_on: Vec<String>,
}

impl WordsReport {
    fn new(ranked: &Ranked, explanation: &Explanation) -> Self {
        let claims = |language: Language| {
            let claims = PlainWords::new(language).account(explanation, ranked);
            claims.into_iter().map(ClaimReport::from).collect()
        };
        Self {
            en: claims(Language::English),
            de: claims(Language::German),
        }
    }
}

impl From<Claim> for ClaimReport {
    fn from(claim: Claim) -> Self {
        let rests_on = claim.grounds.iter().map(|ground| match ground {
            Ground::Part(feature) => format!("part {feature}"),
            Ground::Verdict(at) => format!("requirement {at}"),
            _ => "score".to_owned(),
        });
        Self {
            rests_on: rests_on.collect(),
            sentence: claim.sentence,
        }
    }
}

/// The shares of the profile's text that do not count.
#[derive(Serialize)]
struct UncountedReport {
    copied: f32,
    repeated: f32,
    negated: f32,
    /// Says who somebody is.
    personal: f32,
}

#[derive(Serialize)]
struct PartReport<'a> {
    feature: &'a str,
    value: f32,
    contribution: f64,
    terms: Vec<TermReport<'a>>,
}

/// What a part is made of: a word of the job in a field, a requirement, or a passage.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "of")]
enum TermReport<'a> {
    Word {
        term: &'a str,
        field: &'a str,
        contribution: f64,
    },
    /// A word that was added to the job.
    Added {
        term: &'a str,
        field: &'a str,
        expansion: &'a str,
        source: String,
        weight: f32,
        reason: &'a str,
        contribution: f64,
    },
    Job {
        text: &'a str,
        contribution: f64,
    },
    Profile {
        text: &'a str,
        contribution: f64,
    },
}

/// A passage of the profile that the score rests on, in bytes of its text, and the similarity that is lost without it.
#[derive(Serialize)]
struct RationaleReport<'a> {
    passage: &'a str,
    passage_bytes: [usize; 2],
    weight: f64,
}

/// A passage of the profile that answers a requirement of the job; bytes of the two texts.
#[derive(Serialize)]
struct MatchReport<'a> {
    requirement: &'a str,
    requirement_bytes: [usize; 2],
    passage: &'a str,
    passage_bytes: [usize; 2],
    similarity: f32,
}

/// What is asked, and whether the profile has it; bytes of the two texts.
#[derive(Serialize)]
struct RequirementReport {
    asked: String,
    demand: String,
    asked_bytes: Option<[usize; 2]>,
    verdict: String,
    reason: String,
    passage_bytes: Option<[usize; 2]>,
    confidence: f32,
}

impl RequirementReport {
    fn new(assessment: &Assessment) -> Self {
        let bytes = |range: &Option<Range<usize>>| range.as_ref().map(|r| [r.start, r.end]);
        let requirement = &assessment.requirement;
        Self {
            asked: requirement.asked.to_string(),
            demand: requirement.demand.to_string(),
            asked_bytes: bytes(&requirement.place),
            verdict: assessment.verdict.to_string(),
            reason: assessment.reason.to_string(),
            passage_bytes: bytes(&assessment.passage),
            confidence: assessment.confidence,
        }
    }
}

impl<'a> Report<'a> {
    fn new(found: &Found<'a>) -> Self {
        let cut = &found.pool.cut;
        let places = found.ranking.iter().zip(found.explanations);
        let stages = found.stages.iter();
        Self {
            job: found.ranking.query().job().title(),
            job_uncounted: JobUncountedReport::new(found.ranking.query().job()),
            model: found.ranking.model(),
            encoder: found.pool.embedder.model_id(),
            backend: found.pool.encoder.inner().backend(),
            profiles: found.pool.profiles,
            cut: CutReport {
                profiles: cut.profiles,
                tokens: cut.tokens,
                tokens_read: cut.used,
            },
            notes: found.notes(),
            left_out: found.left_out,
            ranking: places
                .map(|(ranked, why)| Place::new(found, ranked, why))
                .collect(),
            answers: &found.answers.texts,
            seconds: stages
                .map(|(stage, took)| Stage {
                    stage,
                    seconds: took.as_secs_f64(),
                })
                .collect(),
        }
    }
}

impl<'a> Place<'a> {
    fn new(found: &Found<'a>, ranked: &'a Ranked, explanation: &'a Explanation) -> Self {
        let truncated = found.pool.truncated(ranked.id().as_str());
        let (job, profile) = (ranked.query.job(), ranked.candidate.profile());
        let names = ranked.features.schema().names();
        let parts = explanation.parts().iter().map(|part| PartReport {
            feature: &part.feature,
            value: part.value,
            contribution: part.contribution,
            terms: part
                .terms
                .iter()
                .filter_map(|term| TermReport::new(term, ranked))
                .collect(),
        });
        let matches = explanation.matches().iter();
        Self {
            rank: ranked.rank,
            id: ranked.id().as_str(),
            title: profile.title(),
            truncated: truncated.map(|usage| [usage.used, usage.tokens]),
            same_person: found.people.others(ranked.id().as_str()),
            score: ranked.score.get(),
            features: names
                .zip(ranked.features.row(0).unwrap_or_default().iter().copied())
                .collect(),
            base: explanation.base(),
            parts: parts.collect(),
            expansion: explanation.expanded(),
            words: WordsReport::new(ranked, explanation),
            remarks: explanation
                .remarks()
                .iter()
                .map(ToString::to_string)
                .collect(),
            requirements: explanation
                .assessments()
                .iter()
                .map(RequirementReport::new)
                .collect(),
            uncounted: UncountedReport {
                copied: profile.uncounted_share(Uncounted::Copied),
                repeated: profile.uncounted_share(Uncounted::Repeated),
                negated: profile.uncounted_share(Uncounted::Negated),
                personal: profile.uncounted_share(Uncounted::Personal),
            },
            rationale: rationale(explanation.rationale(), profile.text()),
            rationale_words: rationale(explanation.rationale_words(), profile.text()),
            matches: matches
                .map(|found| MatchReport::new(found, job.text(), profile.text()))
                .collect(),
        }
    }
}

fn rationale<'a>(found: &'a [RationalePassage], text: &'a str) -> Vec<RationaleReport<'a>> {
    let found = found.iter();
    found.map(|one| RationaleReport::new(one, text)).collect()
}

impl<'a> TermReport<'a> {
    fn new(term: &'a PartTerm, ranked: &'a Ranked) -> Option<Self> {
        let contribution = term.contribution;
        let (job, profile) = (ranked.query.job(), ranked.candidate.profile());
        match &term.of {
            TermOf::Word { term, field } => Some(Self::Word {
                term,
                field,
                contribution,
            }),
            TermOf::Added { term, field, from } => Some(Self::Added {
                term,
                field,
                expansion: from.text(),
                source: from.source().to_string(),
                weight: from.weight(),
                reason: from.reason(),
                contribution,
            }),
            TermOf::Job(place) => Some(Self::Job {
                text: place.of(job.title(), job.text()),
                contribution,
            }),
            TermOf::Profile(place) => Some(Self::Profile {
                text: place.of(profile.title(), profile.text()),
                contribution,
            }),
            _ => None,
        }
    }
}

impl<'a> RationaleReport<'a> {
    fn new(found: &RationalePassage, profile: &'a str) -> Self {
        let bytes = &found.passage;
        Self {
            passage: profile.get(bytes.clone()).unwrap_or_default(),
            passage_bytes: [bytes.start, bytes.end],
            weight: found.weight,
        }
    }
}

impl<'a> MatchReport<'a> {
    fn new(found: &PassageMatch, job: &'a str, profile: &'a str) -> Self {
        let (asked, has) = (&found.requirement, &found.passage);
        Self {
            requirement: job.get(asked.clone()).unwrap_or_default(),
            requirement_bytes: [asked.start, asked.end],
            passage: profile.get(has.clone()).unwrap_or_default(),
            passage_bytes: [has.start, has.end],
            similarity: found.similarity,
        }
    }
}
