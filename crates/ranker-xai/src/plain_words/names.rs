//! What features, degrees and languages are called.

use super::Language;
use super::grammar::capital;
use crate::render::text::Line;

/// The built-in features: noun phrases in the singular, in German in the nominative.
#[rustfmt::skip]
const FEATURES: [(&str, &str, &str); 29] = [
    ("dense", "closeness in meaning", "die inhaltliche Nähe"),
    ("bm25", "the match of the job's words", "die Übereinstimmung der Stichwörter"),
    ("retrieved", "the score of the search", "die Bewertung der Suche"),
    ("sparse", "the match of weighed words", "die Übereinstimmung gewichteter Wörter"),
    ("maxsim", "closeness word by word", "die Nähe Wort für Wort"),
    ("cross_encoder", "the cross-encoder's reading of both texts", "das Urteil des Cross-Encoders über beide Texte"),
    ("title_overlap", "the match of the titles", "die Übereinstimmung der Berufsbezeichnungen"),
    ("trade", "the trade that the title names", "der Beruf, den die Bezeichnung nennt"),
    ("occupation", "the nearness to the same occupations", "die Nähe zu denselben Berufen"),
    ("skills_found", "the number of skills that the job names", "die Zahl der gefragten Fähigkeiten"),
    ("skills_missing", "the share of required skills that is missing", "der Anteil der fehlenden Fähigkeiten"),
    ("years_met", "the fulfilment of the years of work asked for", "die Erfüllung der geforderten Berufsjahre"),
    ("years_over", "the distance to the years of work asked for", "der Abstand zu den geforderten Berufsjahren"),
    ("seniority", "the level of the title", "die Stufe der Berufsbezeichnung"),
    ("seniority_gap", "the distance to the level asked for", "der Abstand zur gefragten Stufe"),
    ("location", "the place", "der Ort"),
    ("expansion", "the match of related terms", "die Übereinstimmung verwandter Begriffe"),
    ("headline", "closeness of the headline to the job's title", "die Nähe der Überschrift zum Stellentitel"),
    ("opening", "closeness of the first passages to the job's title", "die Nähe der ersten Abschnitte zum Stellentitel"),
    ("title_passage", "closeness of the best passage to the job's title", "die Nähe des besten Abschnitts zum Stellentitel"),
    ("title_passages", "closeness of the three best passages to the job's title", "die Nähe der drei besten Abschnitte zum Stellentitel"),
    ("title_profile", "closeness of the whole profile to the job's title", "die Nähe des ganzen Profils zum Stellentitel"),
    ("job_passage", "closeness of the best passage to the job", "die Nähe des besten Abschnitts zur Stelle"),
    ("job_passages", "closeness of the five best passages to the job", "die Nähe der fünf besten Abschnitte zur Stelle"),
    ("job_all_passages", "closeness of all passages to the job", "die Nähe aller Abschnitte zur Stelle"),
    ("title_words", "the share of the title's words in the profile", "der Anteil der Titelwörter im Profil"),
    ("title_words_opening", "the share of the title's words in the first passages", "der Anteil der Titelwörter in den ersten Abschnitten"),
    ("title_words_passage", "the share of the title's words in one passage", "der Anteil der Titelwörter in einem Abschnitt"),
    ("title_words_match", "the match of the title with the best passage", "die Übereinstimmung des Titels mit dem besten Abschnitt"),
];

/// Degrees as facts name them. Without an article: they stand in lists.
const DEGREES: [(&str, &str, &str); 6] = [
    ("doctorate", "doctorate", "Promotion"),
    ("master", "master's degree", "Masterabschluss"),
    ("bachelor", "bachelor's degree", "Bachelorabschluss"),
    ("associate", "associate degree", "Kurzstudium"),
    ("vocational", "vocational qualification", "Berufsausbildung"),
    ("secondary", "school leaving certificate", "Schulabschluss"),
];

/// Languages by their English names, in German.
#[rustfmt::skip]
const LANGUAGES: [(&str, &str); 34] = [
    ("english", "Englisch"), ("german", "Deutsch"), ("french", "Französisch"), ("spanish", "Spanisch"),
    ("italian", "Italienisch"), ("dutch", "Niederländisch"), ("portuguese", "Portugiesisch"), ("polish", "Polnisch"),
    ("swedish", "Schwedisch"), ("danish", "Dänisch"), ("norwegian", "Norwegisch"), ("finnish", "Finnisch"),
    ("czech", "Tschechisch"), ("slovak", "Slowakisch"), ("hungarian", "Ungarisch"), ("romanian", "Rumänisch"),
    ("bulgarian", "Bulgarisch"), ("croatian", "Kroatisch"), ("serbian", "Serbisch"), ("greek", "Griechisch"),
    ("turkish", "Türkisch"), ("russian", "Russisch"), ("ukrainian", "Ukrainisch"), ("arabic", "Arabisch"),
    ("hebrew", "Hebräisch"), ("persian", "Persisch"), ("hindi", "Hindi"), ("urdu", "Urdu"),
    ("bengali", "Bengalisch"), ("chinese", "Chinesisch"), ("japanese", "Japanisch"), ("korean", "Koreanisch"),
    ("vietnamese", "Vietnamesisch"), ("indonesian", "Indonesisch"),
];

/// The facts that are found in texts, and those that the bundled people have beside them.
const FACTS: [(&str, &str, &str); 8] = [
    ("years_experience", "years of work", "Berufsjahre"),
    ("seniority", "level", "Stufe"),
    ("education", "education", "Abschluss"),
    ("languages", "languages", "Sprachen"),
    ("skills", "skills", "Fähigkeiten"),
    ("location", "place", "Ort"),
    ("work_permit", "work permit", "Arbeitserlaubnis"),
    ("remote", "remote work", "Arbeit von zu Hause"),
];

/// Levels of titles, in German.
const LEVELS: [(&str, &str); 6] = [
    ("intern", "Praktikum"),
    ("lead", "Leitung"),
    ("principal", "Fachleitung"),
    ("manager", "Management"),
    ("director", "Direktion"),
    ("executive", "Geschäftsleitung"),
];

/// What a fact is called, of those that are known.
pub(super) fn fact(name: &str, language: Language) -> Option<&'static str> {
    of(&FACTS, name, language)
}

/// What a level is called in German; "junior" and "senior" are German too.
pub(super) fn seniority(level: &str) -> &str {
    let known = LEVELS.iter().find(|(english, _)| *english == level);
    known.map_or(level, |(_, german)| german)
}

/// What a built-in feature is called.
pub(super) fn feature(name: &str, language: Language) -> Option<&'static str> {
    of(&FEATURES, name, language)
}

/// What a degree is called; of one that is not known, its own name.
pub(super) fn degree(name: &str, language: Language) -> String {
    let known = of(&DEGREES, name, language).map(str::to_owned);
    known.unwrap_or_else(|| Line(name).to_string())
}

/// What a language is called; of one that is not known, its own name.
pub(super) fn language(name: &str, language: Language) -> String {
    let german = LANGUAGES.iter().find(|(english, _)| *english == name);
    match (language, german) {
        (Language::German, Some((_, german))) => (*german).to_owned(),
        _ => capital(&Line(name).to_string()),
    }
}

fn of(
    table: &'static [(&str, &'static str, &'static str)],
    name: &str,
    language: Language,
) -> Option<&'static str> {
    let (_, english, german) = table.iter().find(|row| row.0 == name)?;
    Some(match language {
        Language::English => english,
        Language::German => german,
    })
}
