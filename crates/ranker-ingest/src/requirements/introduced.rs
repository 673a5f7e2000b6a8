//! The words of a job after which it lists what it asks for by name.

use super::forms::Token;

/// How much what stands after an introduction must look like a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// A capital is enough.
    Capitals,
    /// Places and employers stand there too: "experience in London".
    Sure,
}

/// Words that introduce what is asked by name, each the end of a phrase: "knowledge", "of".
#[rustfmt::skip]
const PHRASES: &[(&[&str], &[&str], Trust)] = &[
    (&["experience", "experienced", "experiences"], &["with", "using"], Trust::Capitals),
    (&["experience", "experienced", "background", "grounding"], &["in", "of"], Trust::Sure),
    (&["knowledge", "understanding", "command", "grasp", "mastery", "use", "users"], &["of"], Trust::Capitals),
    (&["proficient", "proficiency", "competent", "competence", "skilled", "skills", "expertise", "versed", "certified", "certification"],
        &["in", "with"], Trust::Capitals),
    (&["familiar", "familiarity", "comfortable", "confident", "conversant"], &["with"], Trust::Capitals),
    (&["you"], &["know", "master"], Trust::Capitals),
    (&["such", "tools", "software", "systems", "technologies", "frameworks", "platforms"], &["as", "like"], Trust::Capitals),
    (&["e.g", "including", "using", "z.b"], &[], Trust::Sure),
    (&["kenntnisse", "grundkenntnisse", "programmierkenntnisse", "kenntnis", "know-how", "anwenderkenntnisse", "fachkenntnisse"],
        &["in", "im", "von", "mit", "der", "zu"], Trust::Capitals),
    (&["erfahrung", "erfahrungen", "praxis", "berufserfahrung"], &["mit"], Trust::Capitals),
    (&["erfahrung", "erfahrungen", "praxis", "berufserfahrung", "sicher", "fit"], &["in", "im"], Trust::Sure),
    (&["umgang", "vertraut", "arbeiten"], &["mit"], Trust::Capitals),
    (&["beherrschung", "anwendung", "beherrschen"], &["von"], Trust::Capitals),
    (&["maîtrise", "connaissance", "connaissances", "utilisation", "pratique"], &["de", "du", "des", "d'", "en"], Trust::Capitals),
    (&["expérience"], &["avec"], Trust::Capitals),
    (&["expérience"], &["en", "sur", "de"], Trust::Sure),
    (&["maîtrisez", "connaissez"], &[], Trust::Capitals),
    (&["conocimiento", "conocimientos", "dominio", "manejo", "uso"], &["de", "en", "del"], Trust::Capitals),
    (&["experiencia", "esperienza"], &["con"], Trust::Capitals),
    (&["experiencia", "esperienza"], &["en", "in", "de", "di"], Trust::Sure),
    (&["conoscenza", "conoscenze", "padronanza", "uso"], &["di", "del", "dei", "della"], Trust::Capitals),
    (&["ervaring", "bekend", "vertrouwd"], &["met"], Trust::Capitals),
    (&["kennis", "beheersing"], &["van"], Trust::Capitals),
    (&["ervaring", "vaardig"], &["in"], Trust::Sure),
];

/// What stands before a colon and a list of names.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "skills", "stack", "tools", "technologies", "technology", "software", "frameworks", "databases", "platforms", "certifications",
    "kenntnisse", "it-kenntnisse", "edv-kenntnisse", "programme", "technologien", "werkzeuge", "kompetenzen", "zertifikate",
    "compétences", "logiciels", "outils", "herramientas", "conocimientos", "competenze", "strumenti", "conoscenze", "vaardigheden",
];

/// What stands behind a name that is asked: "Terraform experience".
#[rustfmt::skip]
const BEHIND: &[&str] = &["experience", "knowledge", "skills", "certification", "certificate", "expertise", "proficiency"];

/// Endings of German and Dutch words that a hyphen joins to a name: "SAP-Kenntnisse".
const JOINED: &[&str] = &[
    "-kenntnisse",
    "-kenntnissen",
    "-erfahrung",
    "-know-how",
    "-zertifizierung",
    "-kennis",
    "-ervaring",
];

/// How much to trust what follows the token at `at`; `None` where it introduces nothing.
pub(super) fn introduces(tokens: &[Token<'_>], at: usize) -> Option<Trust> {
    let last = &tokens[at];
    let word = last.lower();
    if last.ends == Some(':') && LABELS.contains(&word.as_str()) {
        return Some(Trust::Capitals);
    }
    if last.ends.is_some_and(|sign| sign != ':') {
        return None;
    }
    let before = at.checked_sub(1).map(|before| tokens[before].lower());
    let found = PHRASES.iter().find(|(firsts, seconds, _)| {
        let is = |words: &[&str], word: &str| words.contains(&word);
        match (seconds.is_empty(), &before) {
            (true, _) => is(firsts, &word),
            (false, Some(before)) => is(firsts, before) && is(seconds, &word),
            (false, None) => false,
        }
    });
    // In a heading every word has a capital, and none tells.
    let heading = last.text.starts_with(char::is_uppercase) && at > 0;
    let trust = found.map(|(_, _, trust)| *trust)?;
    Some(if heading { Trust::Sure } else { trust })
}

/// Whether what stands before this token is asked: "Terraform experience".
pub(super) fn stands_behind(token: &Token<'_>) -> bool {
    BEHIND.contains(&token.text)
}

/// The length of the name that this word begins with: "SAP-Kenntnisse".
pub(super) fn joined_name(word: &str) -> Option<usize> {
    let lower = word.to_lowercase();
    let ending = JOINED.iter().find(|ending| lower.ends_with(**ending))?;
    word.len().checked_sub(ending.len())
}
