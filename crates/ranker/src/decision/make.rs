//! A record of a ranking.

use ranker_core::{Note, Profile, Query, Ranked, Ranking};
use ranker_score::{LinearScorer, definitions};

use super::forms::{self, JobForm};
use super::hash::Hash;
use super::parts::{
    CandidatePart, IndexForm, Linear, Making, ModelForm, Settings, ShowingPart, Slot, TermForm,
};
use super::record::{CANDIDATE, DecisionRecord, MAKING, SHOWING};
use super::{Circumstances, RecordError, machine};
use crate::stages::Stages;

/// Where salts come from: a new record's from a secret, a replay's from the record.
pub(super) trait Salts {
    fn candidate(&self, place: usize) -> String;
    fn showing(&self, number: usize) -> String;
}

/// Salts out of a secret, which is kept nowhere: who lacks it cannot find one salt from another.
pub(super) struct Secret(pub(super) [u8; 32]);

impl Salts for Secret {
    fn candidate(&self, place: usize) -> String {
        self.salt("ranker decision 1: salt of a candidate", place)
    }

    fn showing(&self, number: usize) -> String {
        self.salt("ranker decision 1: salt of a showing", number)
    }
}

impl Secret {
    fn salt(&self, label: &str, at: usize) -> String {
        let at = (at as u64).to_le_bytes();
        Hash::of(label, [&self.0[..], &at]).as_str().to_owned()
    }
}

pub(super) fn record(
    stages: &Stages,
    ranking: &Ranking,
    how: &Circumstances,
    salts: &dyn Salts,
) -> Result<DecisionRecord, RecordError> {
    let making = Slot::new(MAKING, making(stages, ranking, how)?)?;
    let candidates = ranking.iter().map(|ranked| {
        let part = candidate(ranking, ranked, salts.candidate(ranked.rank))?;
        Slot::new(CANDIDATE, part)
    });
    let candidates = candidates.collect::<Result<Vec<_>, _>>()?;
    let showings = how.showings.iter().enumerate().map(|(at, showing)| {
        let part = ShowingPart {
            salt: salts.showing(at + 1),
            ..showing.0.clone()
        };
        Slot::new(SHOWING, part)
    });
    let showings = showings.collect::<Result<Vec<_>, _>>()?;
    DecisionRecord::new(making, candidates, showings)
}

fn making(stages: &Stages, ranking: &Ranking, how: &Circumstances) -> Result<Making, RecordError> {
    let query = ranking.query();
    let schema = stages.features.schema();
    let index = how.index.as_ref();
    Ok(Making {
        library: env!("CARGO_PKG_VERSION").to_owned(),
        machine: machine::family(),
        encoder: stages.embedder.model_id().to_owned(),
        engine: how.engine.clone(),
        model: model(stages, ranking.model())?,
        features: schema.names().map(str::to_owned).collect(),
        definitions: definitions(schema),
        job: JobForm::of(query.job())?,
        expansion: terms(query),
        index: index.map(|(name, version)| IndexForm {
            name: name.clone(),
            version: *version,
        }),
        retriever: stages.retriever.name().to_owned(),
        settings: Settings {
            top_k: stages.top_k,
            candidates: stages.candidates,
            profiles: stages.reading.form().to_owned(),
        },
        notes: general_notes(ranking),
    })
}

fn model(stages: &Stages, id: &str) -> Result<ModelForm, RecordError> {
    let scorer = stages
        .models
        .get(id)
        .ok_or_else(|| RecordError::UnknownModel {
            model: id.to_owned(),
        })?;
    let linear = LinearScorer::of(&*scorer);
    Ok(ModelForm {
        id: id.to_owned(),
        blake3: stages.models.hash(id),
        linear: linear.map(|linear| Linear {
            bias: linear.bias(),
            weights: linear.weights().to_vec(),
        }),
    })
}

fn terms(query: &Query) -> Vec<TermForm> {
    let terms = query.expansion().terms().iter();
    let form = |term: &ranker_core::Term| TermForm {
        text: term.text().to_owned(),
        weight: term.weight(),
        source: term.source().to_string(),
        reason: term.reason().to_owned(),
    };
    let texts = query.expansion().texts().iter();
    let of_text = |text: &ranker_core::ExpansionText| TermForm {
        text: text.text().to_owned(),
        weight: text.weight(),
        source: text.source().to_string(),
        reason: text.reason().to_owned(),
    };
    terms.map(form).chain(texts.map(of_text)).collect()
}

fn candidate(
    ranking: &Ranking,
    ranked: &Ranked,
    salt: String,
) -> Result<CandidatePart, RecordError> {
    let profile = ranked.candidate.profile();
    let row = ranked.features.row(0);
    Ok(CandidatePart {
        salt,
        place: ranked.rank,
        id: ranked.id().to_string(),
        score: ranked.score.get(),
        features: row.unwrap_or_default().to_vec(),
        text_sha256: text(profile),
        read_sha256: Hash::of("read", [profile.full_text().as_bytes()]),
        facts: forms::facts(profile.facts())?,
        notes: notes_of(ranking, ranked),
    })
}

/// Over title and text as they were given.
fn text(profile: &Profile) -> Hash {
    let pieces = [profile.title().as_bytes(), profile.text().as_bytes()];
    Hash::of("written", pieces)
}

/// The notes that are about nobody.
fn general_notes(ranking: &Ranking) -> Vec<String> {
    let general = ranking.notes().iter();
    let general = general.filter(|note| note.about().is_none());
    general.map(ToString::to_string).collect()
}

/// The notes about one person: they are erased with the person.
fn notes_of(ranking: &Ranking, ranked: &Ranked) -> Vec<String> {
    let of_them = |note: &&Note| note.about() == Some(ranked.id());
    let notes = ranking.notes().iter().filter(of_them);
    notes.map(ToString::to_string).collect()
}
