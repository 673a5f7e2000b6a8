//! Trades that a title names by its head noun.

use super::words::words;

/// Head nouns that name one trade each, of English (in the singular), German and Dutch titles, where they stand last, by the group of ISCO-08
/// (International Standard Classification of Occupations, ILO, 2012). Most nouns of titles (manager, analyst, technician,
/// teacher of what?) name many trades, and are not here.
#[rustfmt::skip]
const LAST: [(Trade, &[&str]); 8] = [
    (Trade::Software, &[
        "developer", "programmer", "coder", "entwickler", "entwicklerin", "softwareentwickler", "softwareentwicklerin",
        "webentwickler", "webentwicklerin", "programmierer", "programmiererin", "softwareingenieur", "softwareingenieurin",
        "ontwikkelaar", "softwareontwikkelaar", "programmeur",
    ]),
    (Trade::Nursing, &[
        "nurse", "rn", "krankenschwester", "krankenpfleger", "krankenpflegerin", "pflegefachfrau", "pflegefachmann", "pflegefachkraft",
        "verpleegkundige",
    ]),
    (Trade::Physiotherapy, &["physiotherapist", "physiotherapeut", "physiotherapeutin", "fysiotherapeut"]),
    (Trade::Accounting, &[
        "accountant", "buchhalter", "buchhalterin", "bilanzbuchhalter", "bilanzbuchhalterin", "boekhouder",
    ]),
    (Trade::Law, &[
        "lawyer", "attorney", "solicitor", "barrister", "counsel", "rechtsanwalt", "rechtsanwältin", "jurist", "juristin", "advocaat",
    ]),
    (Trade::Electrics, &["electrician", "elektriker", "elektrikerin", "elektricien"]),
    (Trade::Cooking, &["cook", "chef", "koch", "köchin", "kok"]),
    (Trade::Recruiting, &["recruiter", "headhunter", "sourcer"]),
];

/// Those of French, Spanish and Italian titles, where they stand first.
#[rustfmt::skip]
const FIRST: [(Trade, &[&str]); 8] = [
    (Trade::Software, &[
        "développeur", "développeuse", "programmeur", "programmeuse", "desarrollador", "desarrolladora", "programador", "programadora",
        "sviluppatore", "sviluppatrice", "programmatore", "programmatrice",
    ]),
    (Trade::Nursing, &["infirmier", "infirmière", "enfermero", "enfermera", "infermiere", "infermiera"]),
    (Trade::Physiotherapy, &["kinésithérapeute", "physiothérapeute", "fisioterapeuta", "fisioterapista"]),
    (Trade::Accounting, &["comptable", "contable", "ragioniere", "ragioniera", "contabile"]),
    (Trade::Law, &["avocat", "avocate", "abogado", "abogada", "avvocato", "avvocata"]),
    (Trade::Electrics, &["électricien", "électricienne", "electricista", "elettricista"]),
    (Trade::Cooking, &["cuisinier", "cuisinière", "cocinero", "cocinera", "cuoco", "cuoca"]),
    (Trade::Recruiting, &["recruteur", "recruteuse", "reclutador", "reclutadora"]),
];

/// Engineers are of many trades; beside one of [`OF_SOFTWARE`] they write software.
#[rustfmt::skip]
const ENGINEERS: [&str; 9] = [
    "engineer", "architect", "ingenieur", "ingenieurin", "ingénieur", "ingénieure", "ingeniero", "ingeniera", "ingegnere",
];

/// What software engineers work on.
#[rustfmt::skip]
const OF_SOFTWARE: [&str; 36] = [
    "software", "backend", "frontend", "fullstack", "stack", "web", "search", "retrieval", "ranking", "relevance", "data", "ml", "nlp",
    "ai", "learning", "devops", "platform", "cloud", "mobile", "android", "ios", "java", "python", "rust", "golang", "go",
    "c++", "javascript", "typescript", "php", "ruby", ".net", "logiciel", "logiciels", "informatique", "informático",
];

/// Developers beside one of these write no software.
#[rustfmt::skip]
const NO_SOFTWARE: [&str; 12] = [
    "business", "property", "land", "estate", "curriculum", "training", "sales", "talent", "people", "content", "personal", "market",
];

/// Where what somebody is called ends, and what follows says of what, or where.
#[rustfmt::skip]
const OF: [&str; 16] = [
    "of", "for", "in", "at", "with", "to", "and", "für", "im", "bei", "mit", "und", "voor", "bij", "met", "van",
];

/// What somebody does, by groups of ISCO-08 (International Standard Classification of Occupations, ILO, 2012): a few that
/// titles name by one noun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trade {
    /// 251: software and applications developers and analysts.
    Software,
    /// 2221 and 3221: nursing professionals and associate professionals.
    Nursing,
    /// 2264: physiotherapists.
    Physiotherapy,
    /// 2411: accountants.
    Accounting,
    /// 2611: lawyers.
    Law,
    /// 741: electrical equipment installers and repairers.
    Electrics,
    /// 3434 and 5120: chefs and cooks.
    Cooking,
    /// 2423: personnel and careers professionals, those of them who recruit.
    Recruiting,
}

/// The trade that a title, in any form, names by its head noun: the last word before a comma, a bracket or a preposition,
/// in Romance languages the first. `None` where that noun names many trades. English, German, French, Spanish, Italian, Dutch.
///
/// ```
/// use ranker_core::{Trade, trade_of};
///
/// assert_eq!(trade_of("Senior Search Engineer"), Some(Trade::Software));
/// assert_eq!(trade_of("Search Engine Optimization Consultant"), None);
/// ```
#[must_use]
pub fn trade_of(title: &str) -> Option<Trade> {
    let called = title.split([',', '(', '|', ';', '–', '/']).next()?;
    let called: Vec<String> = words(called).map(|word| word.text.to_lowercase()).collect();
    let end = called.iter().position(|word| OF.contains(&word.as_str()));
    let head = called[..end.unwrap_or(called.len())].last()?;
    let first = called.first()?;
    // "Accountants" are of the trade of an accountant; "boss" is no plural, but no noun of a trade without its last letter either.
    let head = head.strip_suffix('s').unwrap_or(head);
    let is = |names: &[&str]| called.iter().any(|word| names.contains(&word.as_str()));
    if ENGINEERS.contains(&head) || ENGINEERS.contains(&first.as_str()) {
        return is(&OF_SOFTWARE).then_some(Trade::Software);
    }
    // "Chef de projet" leads projects, "Chef de partie" cooks.
    if first == "chef" && is(&["de", "d"]) {
        return is(&["cuisine", "partie", "rang"]).then_some(Trade::Cooking);
    }
    let named = |table: &[(Trade, &[&str])], noun: &str| {
        let has = |(_, nouns): &&(Trade, &[&str])| nouns.contains(&noun);
        table.iter().find(has).map(|(trade, _)| *trade)
    };
    let trade = named(&LAST, head).or_else(|| named(&FIRST, first))?;
    (trade != Trade::Software || !is(&NO_SOFTWARE)).then_some(trade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_noun_names_the_trade() {
        use Trade::{Cooking, Law, Nursing, Recruiting, Software};
        for (title, expected) in [
            ("Senior Search Engineer", Some(Software)),
            ("Senior Backend Developer, Lucene Platforms", Some(Software)),
            ("Développeuse Java senior", Some(Software)),
            ("Ingénieur logiciel", Some(Software)),
            ("Softwareentwicklerin (m/w/d)", Some(Software)),
            ("Developer for payments", Some(Software)),
            ("Software Engineers and Testers", Some(Software)),
            ("Registered Nurses", Some(Nursing)),
            ("Civil Engineer", None),
            ("Graduate Site Engineer", None),
            ("Business Developer", None),
            ("Developer Relations Manager", None),
            ("Search Engine Optimization Consultant", None),
            ("Senior Staff Nurse, Intensive Care", Some(Nursing)),
            ("Nurse Manager", None),
            ("Legal Counsel, Commercial Contracts", Some(Law)),
            ("Head Chef", Some(Cooking)),
            ("Chef de projet", None),
            ("Chef de partie", Some(Cooking)),
            ("Technical Recruiter", Some(Recruiting)),
            ("of", None),
            ("", None),
        ] {
            assert_eq!(trade_of(title), expected, "{title}");
        }
    }
}
