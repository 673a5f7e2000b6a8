//! What a text denies: "no experience with Java", "we do not use PHP".

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::words::{Word, words};

/// How far a denial reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// To the end of the sentence, as far as it goes on listing.
    Sentence,
    /// Over a few words, to the next comma.
    Phrase,
    /// Over the clause before it.
    Before,
}

/// Words that deny the noun after them, wherever they stand.
const NONE_OF: [&str; 18] = [
    "no",
    "zero",
    "keine",
    "kein",
    "keinen",
    "keiner",
    "keinerlei",
    "aucune",
    "aucun",
    "sin",
    "ninguna",
    "ningún",
    "nessuna",
    "nessun",
    "geen",
    "sans",
    "senza",
    "zonder",
];

/// What is denied to the sentence's end: experience, and its like.
const MATTERS: [&str; 42] = [
    "experience",
    "knowledge",
    "background",
    "exposure",
    "familiarity",
    "expertise",
    "skill",
    "skills",
    "training",
    "interest",
    "qualification",
    "qualifications",
    "prior",
    "previous",
    "professional",
    "practical",
    "commercial",
    "working",
    "erfahrung",
    "erfahrungen",
    "kenntnisse",
    "expérience",
    "expériences",
    "connaissance",
    "connaissances",
    "experiencia",
    "conocimientos",
    "conocimiento",
    "esperienza",
    "esperienze",
    "conoscenza",
    "conoscenze",
    "ervaring",
    "kennis",
    "praxis",
    "vorkenntnisse",
    "berufserfahrung",
    "formation",
    "formación",
    "formazione",
    "opleiding",
    "ausbildung",
];

/// Words that deny the verb or adjective after them.
const NOT: [&str; 20] = [
    "not", "never", "dont", "doesnt", "didnt", "havent", "hasnt", "wont", "cannot", "cant",
    "nicht", "nie", "niemals", "jamais", "nunca", "mai", "nooit", "niet", "pas", "non",
];

/// What may stand between the two.
const BETWEEN: [&str; 16] = [
    "really",
    "yet",
    "ever",
    "actually",
    "currently",
    "be",
    "been",
    "he",
    "de",
    "d",
    "mit",
    "met",
    "con",
    "avec",
    "have",
    "personally",
];

/// The verbs and adjectives with which a denial reaches to the sentence's end.
const DENIED: [&str; 75] = [
    "use",
    "used",
    "using",
    "work",
    "worked",
    "working",
    "know",
    "known",
    "have",
    "had",
    "want",
    "contact",
    "call",
    "approach",
    "need",
    "require",
    "offer",
    "speak",
    "write",
    "written",
    "wrote",
    "program",
    "programmed",
    "code",
    "coded",
    "touch",
    "touched",
    "learn",
    "learned",
    "learnt",
    "study",
    "studied",
    "hold",
    "familiar",
    "experienced",
    "proficient",
    "skilled",
    "interested",
    "looking",
    "qualified",
    "certified",
    "fluent",
    "trained",
    "versed",
    "vertraut",
    "benutzt",
    "verwendet",
    "gearbeitet",
    "programmiert",
    "genutzt",
    "utilisé",
    "travaillé",
    "expérience",
    "connaissance",
    "connaissances",
    "usado",
    "utilizado",
    "trabajado",
    "usato",
    "utilizzato",
    "lavorato",
    "gebruikt",
    "gewerkt",
    "tengo",
    "conozco",
    "conosco",
    "ho",
    "j",
    "kontaktieren",
    "suche",
    "erfahren",
    "bekend",
    "gelernt",
    "appris",
    "aprendido",
];

/// Adjectives that deny what stands before them: "Java is not required".
const UNASKED: [&str; 16] = [
    "required",
    "needed",
    "necessary",
    "mandatory",
    "essential",
    "expected",
    "erforderlich",
    "notwendig",
    "nötig",
    "nécessaire",
    "requis",
    "requise",
    "necesario",
    "necesaria",
    "vereist",
    "nodig",
];

/// Words after "no" and "without" that deny nothing of a person.
const HARMLESS: [&str; 30] = [
    "longer",
    "more",
    "less",
    "later",
    "fewer",
    "matter",
    "problem",
    "problems",
    "doubt",
    "one",
    "other",
    "only",
    "limit",
    "limits",
    "issue",
    "issues",
    "error",
    "errors",
    "exception",
    "exceptions",
    "need",
    "fail",
    "supervision",
    "accidents",
    "incidents",
    "delay",
    "delays",
    "loss",
    "downtime",
    "and",
];

/// Words that end a denial.
const BUT: [&str; 22] = [
    "but", "however", "although", "though", "yet", "while", "whereas", "instead", "except",
    "because", "aber", "sondern", "jedoch", "doch", "mais", "sauf", "pero", "sino", "ma", "però",
    "maar", "echter",
];

/// Words that go on with a list.
const OR: [&str; 10] = [
    "or", "nor", "oder", "noch", "ou", "ni", "o", "né", "of", "noch",
];

/// Small words that a denial begins with.
const HELPERS: [&str; 20] = [
    "do", "does", "did", "have", "has", "will", "i", "we", "you", "please", "ich", "habe", "wir",
    "je", "ai", "ik", "heb", "is", "are", "am",
];

/// The most words that a denial of [`Reach::Phrase`] covers.
const PHRASE: usize = 6;
/// Items of a list after a comma have at most so many words.
const ITEM: usize = 3;

static HARMLESS_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| HARMLESS.into_iter().collect());
static DENIED_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| DENIED.into_iter().collect());

/// A word of a sentence, in lower case.
struct Said<'t> {
    word: Word<'t>,
    text: String,
    /// What stands between it and the word before.
    gap: &'t str,
}

/// The stretches of a plain text that deny something: in English with negations of experience, skills and
/// wishes, and with the most usual ones of German, French, Spanish, Italian and Dutch. In order and
/// disjoint. Takes time linear in the text.
pub(crate) fn negated(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut sentence: Vec<Said<'_>> = Vec::new();
    let mut end = 0;
    for word in words(text) {
        let gap = &text[end.min(word.at.start)..word.at.start];
        if ends_sentence(gap) {
            in_sentence(&sentence, &mut found);
            sentence.clear();
        }
        end = word.at.end;
        let said = word.text.to_lowercase();
        sentence.push(Said {
            word,
            text: said,
            gap,
        });
    }
    in_sentence(&sentence, &mut found);
    found
        .into_iter()
        .map(|range| with_stop(text, range))
        .collect()
}

fn ends_sentence(gap: &str) -> bool {
    gap.contains(['\n', ';', '!', '?', '•', '|', '▪', '●'])
        || gap.contains(". ")
        || gap.contains("。")
        || gap.contains(" – ")
        || gap.contains(" — ")
}

/// The stretch with the sign that ends it, so that no lone full stop stays.
fn with_stop(text: &str, range: Range<usize>) -> Range<usize> {
    let stop = text[range.end..]
        .chars()
        .next()
        .filter(|c| matches!(c, '.' | ';' | ','));
    range.start..range.end + stop.map_or(0, char::len_utf8)
}

fn in_sentence(sentence: &[Said<'_>], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while at < sentence.len() {
        let Some((reach, after)) = denial(sentence, at) else {
            at += 1;
            continue;
        };
        let end = match reach {
            Reach::Sentence => end_of_sentence(sentence, after),
            Reach::Phrase => end_of_phrase(sentence, after),
            Reach::Before => after,
        };
        // "Java: no experience" denies what stands before.
        let start = if reach == Reach::Before || (end == after && reach == Reach::Sentence) {
            start_of_clause(sentence, at)
        } else {
            at
        };
        let start = with_helpers(sentence, start);
        let from = sentence[start].word.at.start;
        if found.last().is_none_or(|last| last.end <= from) {
            found.push(from..sentence[end - 1].word.at.end);
        }
        at = end.max(at + 1);
    }
}

/// Where the small words begin that belong to a denial: "we do" of "we do not use".
fn with_helpers(sentence: &[Said<'_>], at: usize) -> usize {
    let helps =
        |at: usize| HELPERS.contains(&sentence[at].text.as_str()) && is_close(sentence[at + 1].gap);
    (0..at)
        .rev()
        .take_while(|&at| helps(at))
        .last()
        .unwrap_or(at)
}

/// The denial that begins with this word: how far it reaches and the first word after it.
fn denial(sentence: &[Said<'_>], at: usize) -> Option<(Reach, usize)> {
    let text = |at: usize| sentence.get(at).map_or("", |said| said.text.as_str());
    let close = |at: usize| sentence.get(at).is_some_and(|said| is_close(said.gap));
    let (word, next) = (text(at), text(at + 1));
    let labelled = at > 0 && sentence[at].gap.contains([':', '(']);
    if labelled
        && at + 1 == sentence.len()
        && matches!(word, "none" | "no" | "never" | "keine" | "geen")
    {
        return Some((Reach::Before, at + 1));
    }
    if !close(at + 1) {
        return None;
    }
    if matches!(
        (word, next),
        ("unfamiliar", "with") | ("lack" | "lacking", "of" | "experience" | "knowledge")
    ) {
        return Some((Reach::Sentence, at + 2));
    }
    let lower = sentence[at].word.text.starts_with(char::is_lowercase);
    if word == "without" || word == "ohne" || NONE_OF.contains(&word) {
        if MATTERS.contains(&next) {
            return Some((Reach::Sentence, at + 2));
        }
        // "no-code" and "SANS" are names, and some of these are words of other languages.
        let apart = sentence[at + 1].gap == " ";
        let plain = apart && (lower || word != "sans");
        let denies = !matches!(word, "sin" | "zero") && plain && !is_number(next);
        return (denies && !HARMLESS_SET.contains(next)).then_some((Reach::Phrase, at + 1));
    }
    if !NOT.contains(&word) {
        return None;
    }
    let mut verb = at + 1;
    while verb < at + 4 && BETWEEN.contains(&text(verb)) && !DENIED_SET.contains(text(verb)) {
        verb += 1;
    }
    if verb < sentence.len() && UNASKED.contains(&text(verb)) {
        return Some((Reach::Before, verb + 1));
    }
    DENIED_SET
        .contains(text(verb))
        .then_some((Reach::Sentence, verb + 1))
}

/// Whether two words stand close enough to belong together.
fn is_close(gap: &str) -> bool {
    gap.chars().all(|c| matches!(c, ' ' | '-' | '\'' | '’'))
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn end_of_sentence(sentence: &[Said<'_>], from: usize) -> usize {
    let mut at = from;
    while at < sentence.len() {
        let said = &sentence[at];
        let comma = said.gap.contains([',', '(', ')', ':']);
        let ends = BUT.contains(&said.text.as_str())
            || (comma && !goes_on_listing(&sentence[at..]))
            || (matches!(said.text.as_str(), "and" | "und" | "et" | "y" | "e" | "en")
                && sentence.get(at + 1).is_some_and(|next| {
                    is_number(&next.text) || matches!(next.text.as_str(), "i" | "have")
                }));
        if ends {
            break;
        }
        at += 1;
    }
    at
}

/// Whether what follows a comma is an item of the list before it.
fn goes_on_listing(rest: &[Said<'_>]) -> bool {
    let item = rest
        .iter()
        .skip(1)
        .take_while(|said| !said.gap.contains(','))
        .count()
        + 1;
    let item = &rest[..item];
    let tells = |said: &Said<'_>| {
        is_number(&said.text)
            || matches!(
                said.text.as_str(),
                "i" | "years"
                    | "year"
                    | "have"
                    | "am"
                    | "we"
                    | "is"
                    | "are"
                    | "my"
                    | "jahre"
                    | "ans"
                    | "años"
                    | "anni"
                    | "jaar"
            )
    };
    let lists = item
        .iter()
        .take(7)
        .any(|said| OR.contains(&said.text.as_str()));
    !item.iter().any(tells) && (item.len() <= ITEM || lists)
}

fn end_of_phrase(sentence: &[Said<'_>], from: usize) -> usize {
    let mut at = from;
    while at < sentence.len() && at < from + PHRASE {
        let said = &sentence[at];
        let comma = at > from && said.gap.contains([',', '(', ')', ':']);
        let and = matches!(
            said.text.as_str(),
            "and" | "und" | "et" | "y" | "e" | "en" | "to"
        );
        if comma || and || BUT.contains(&said.text.as_str()) {
            break;
        }
        at += 1;
    }
    at
}

/// Where the clause begins that holds this word.
fn start_of_clause(sentence: &[Said<'_>], at: usize) -> usize {
    let before = (0..=at).rev();
    let mut begins = before.take_while(|&at| at > 0);
    let is_start =
        |at: &usize| sentence[*at].gap.contains(',') || BUT.contains(&sentence[*at].text.as_str());
    begins.find(is_start).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> String {
        let mut rest = text.to_owned();
        for range in negated(text).into_iter().rev() {
            rest.replace_range(range, "");
        }
        rest.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_denied_is_found() {
        for (text, left) in [
            (
                "Python in banking. No experience with Java, Spring Boot or the JVM. Linux.",
                "Python in banking. Linux.",
            ),
            (
                "Eight years of Python. I have never used Java; do not contact me for Java jobs.",
                "Eight years of Python.",
            ),
            ("No Java, no Spring, please.", "please."),
            (
                "No experience with Java, but eight years of Python",
                "but eight years of Python",
            ),
            (
                "No experience with Java, eight years of Python",
                "eight years of Python",
            ),
            ("We do not use PHP. We write Rust.", "We write Rust."),
            ("We don't use PHP or Perl, we write Rust.", "we write Rust."),
            (
                "Rust developer without Java experience, loves Linux",
                "Rust developer loves Linux",
            ),
            ("PHP is not required. Rust is.", "Rust is."),
            ("Java: none\nRust: daily", "Rust: daily"),
            ("Java: no experience\nRust", "Rust"),
            ("Not familiar with Kubernetes. Knows Linux.", "Knows Linux."),
            (
                "Keine Erfahrung mit Java, aber mit Python",
                "aber mit Python",
            ),
            ("Ohne Java-Kenntnisse. Python.", "Python."),
            (
                "Aucune expérience en Java. Python depuis 2015.",
                "Python depuis 2015.",
            ),
            (
                "Sin experiencia en Java. Python desde 2015.",
                "Python desde 2015.",
            ),
            ("Nessuna esperienza con Java. Python.", "Python."),
            ("Geen ervaring met Java. Python.", "Python."),
        ] {
            assert_eq!(rest(text), left, "{text}");
        }
    }

    #[test]
    fn what_is_only_said_with_a_small_word_stays() {
        for text in [
            "No. 1 salesperson of the region; no less than 30 deals",
            "Not only Java but also Kotlin. Not limited to Java",
            "Worked without supervision and with no errors",
            "SANS certified, sans-serif fonts, no-code tools, Notepad, notes, another Java project",
            "No longer a junior: leads the Java team",
            "no more than 5 years of experience with Java",
            "Never missed a deadline, mai 2019 - juin 2020, sin and cos",
            "Nonprofit work; non-technical colleagues; Java and pas de deux",
        ] {
            assert_eq!(rest(text), text, "{text}");
        }
    }
}
