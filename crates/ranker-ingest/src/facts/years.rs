//! Years of work.

use std::ops::Range;

use ranker_core::Fact;

use super::dates::{Month, periods};
use super::tokens::{Kind, Token, tokens};
use super::{FoundFact, fact_names};
use crate::sections::{Section, SectionKind};

/// More than this is no working life.
const MOST: f64 = 60.0;

/// Years of work, from the dates of jobs if there are any, else as the text states them.
pub(super) fn find(text: &str, sections: &[Section], today: Month) -> Option<FoundFact> {
    dated(text, sections, today).or_else(|| stated(text, sections))
}

fn fact(years: f64, place: Range<usize>, confidence: f32) -> FoundFact {
    FoundFact {
        name: fact_names::YEARS,
        fact: Fact::Number(years),
        place,
        confidence,
    }
}

/// The months of all jobs, each counted once.
fn dated(text: &str, sections: &[Section], today: Month) -> Option<FoundFact> {
    let has_jobs = sections
        .iter()
        .any(|section| section.kind == SectionKind::Experience);
    let is_work = |section: &&Section| match section.kind {
        SectionKind::Experience => true,
        SectionKind::Head | SectionKind::Summary | SectionKind::Projects => !has_jobs,
        _ => false,
    };
    let mut worked: Vec<Range<u32>> = Vec::new();
    let mut place: Option<Range<usize>> = None;
    for section in sections.iter().filter(is_work) {
        let body = &text[section.body.clone()];
        for period in periods(&tokens(body), today) {
            let line = line_of(body, period.place.start).to_lowercase();
            if NOT_WORK.iter().any(|word| line.contains(word)) {
                continue;
            }
            let start = section.body.start;
            place.get_or_insert(start + period.place.start..start + period.place.end);
            worked.push(period.months);
        }
    }
    let years = f64::from(merged(worked)) / 12.0;
    let years = (years * 10.0).round() / 10.0;
    let confidence = if has_jobs { 0.9 } else { 0.6 };
    Some(fact(years.min(MOST), place?, confidence))
}

/// What a dated line tells of that is no job.
const NOT_WORK: [&str; 16] = [
    "universit",
    "bachelor",
    "master",
    "b.sc",
    "m.sc",
    "diploma",
    "school",
    "studium",
    "hochschule",
    "licenciatura",
    "lycée",
    "parental leave",
    "career break",
    "sabbatical",
    "elternzeit",
    "maternity leave",
];

fn line_of(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    text[start..].lines().next().unwrap_or_default()
}

/// How many months lie in any of the ranges.
fn merged(mut ranges: Vec<Range<u32>>) -> u32 {
    ranges.sort_by_key(|range| range.start);
    let mut months = 0;
    let mut reached = 0;
    for range in ranges {
        months += range.end.saturating_sub(range.start.max(reached));
        reached = reached.max(range.end);
    }
    months
}

const YEAR_WORDS: [&str; 15] = [
    "year", "years", "yr", "yrs", "jahr", "jahre", "jahren", "an", "ans", "années", "año", "años",
    "anni", "anos", "jaar",
];

const EXPERIENCE: [&str; 12] = [
    "experience",
    "experienced",
    "exp",
    "erfahrung",
    "berufserfahrung",
    "expérience",
    "experiencia",
    "esperienza",
    "ervaring",
    "experiência",
    "career",
    "werkervaring",
];

/// Words after which years are not those of work.
const OTHERWISE: [&str; 12] = [
    "ago",
    "old",
    "contract",
    "warranty",
    "alt",
    "degree",
    "course",
    "programme",
    "program",
    "plan",
    "auction",
    "history",
];

/// The most years that the text claims.
fn stated(text: &str, sections: &[Section]) -> Option<FoundFact> {
    let mut best: Option<FoundFact> = None;
    for section in sections {
        let alone = match section.kind {
            SectionKind::Head | SectionKind::Summary => true,
            SectionKind::Experience | SectionKind::Other => false,
            _ => continue,
        };
        let tokens = tokens(&text[section.body.clone()]);
        for at in 1..tokens.len() {
            let Some((years, first)) = claim(&tokens, at, alone) else {
                continue;
            };
            let offset = section.body.start;
            let place = offset + tokens[first].place.start..offset + tokens[at].place.end;
            let more = |best: &FoundFact| best.fact.number() < Some(years);
            if best.as_ref().is_none_or(more) {
                best = Some(fact(years, place, 0.7));
            }
        }
    }
    best
}

/// The years before the word "years" at `at`, and where they begin.
fn claim(tokens: &[Token], at: usize, alone: bool) -> Option<(f64, usize)> {
    tokens[at].word().filter(|word| YEAR_WORDS.contains(word))?;
    let after = tokens[at + 1..].iter().take(6).filter_map(Token::word);
    let after: Vec<&str> = after.collect();
    if after.iter().take(2).any(|word| OTHERWISE.contains(word)) {
        return None;
    }
    let before = tokens[at.saturating_sub(8)..at]
        .iter()
        .filter_map(Token::word);
    let experience = after
        .iter()
        .copied()
        .chain(before)
        .any(|word| EXPERIENCE.contains(&word));
    if !alone && !experience {
        return None;
    }
    let plus = usize::from(tokens[at - 1].is_mark(&['+', '-']));
    let last = (at - 1).checked_sub(plus)?;
    let (years, first) = number(tokens, last)?;
    (years > 0.0 && years <= MOST).then_some((years, first))
}

/// The number that ends at a token, and where it begins.
fn number(tokens: &[Token], last: usize) -> Option<(f64, usize)> {
    match &tokens[last].kind {
        Kind::Word(word) => {
            let found = NUMBERS
                .iter()
                .position(|names| names.contains(&word.as_str()))?;
            Some((found as f64 + 1.0, last))
        }
        Kind::Number { value, .. } => {
            let value = f64::from(*value);
            let point = last >= 2 && tokens[last - 1].is_mark(&['.', ',']);
            match (point, last.checked_sub(2).map(|at| &tokens[at].kind)) {
                (true, Some(Kind::Number { value: whole, .. })) => {
                    let digits = tokens[last].place.len() as i32;
                    Some((f64::from(*whole) + value / 10_f64.powi(digits), last - 2))
                }
                _ => Some((value, last)),
            }
        }
        Kind::Mark(_) => None,
    }
}

/// One to twenty, in English, German, French, Spanish, Italian and Dutch.
const NUMBERS: [&[&str]; 20] = [
    &["one", "a", "ein", "einem", "un", "uno", "een"],
    &["two", "zwei", "deux", "dos", "due", "twee", "dois"],
    &["three", "drei", "trois", "tres", "tre", "drie", "três"],
    &["four", "vier", "quatre", "cuatro", "quattro", "quatro"],
    &["five", "fünf", "cinq", "cinco", "cinque", "vijf"],
    &["six", "sechs", "seis", "sei", "zes"],
    &["seven", "sieben", "sept", "siete", "sette", "zeven", "sete"],
    &["eight", "acht", "huit", "ocho", "otto", "oito"],
    &["nine", "neun", "neuf", "nueve", "nove", "negen"],
    &["ten", "zehn", "dix", "diez", "dieci", "tien", "dez"],
    &["eleven", "elf", "onze", "once", "undici"],
    &[
        "twelve", "zwölf", "douze", "doce", "dodici", "twaalf", "doze",
    ],
    &[
        "thirteen", "dreizehn", "treize", "trece", "tredici", "dertien",
    ],
    &[
        "fourteen",
        "vierzehn",
        "quatorze",
        "catorce",
        "quattordici",
        "veertien",
    ],
    &[
        "fifteen",
        "fünfzehn",
        "quinze",
        "quince",
        "quindici",
        "vijftien",
    ],
    &[
        "sixteen",
        "sechzehn",
        "seize",
        "dieciséis",
        "sedici",
        "zestien",
    ],
    &[
        "seventeen",
        "siebzehn",
        "diecisiete",
        "diciassette",
        "zeventien",
    ],
    &["eighteen", "achtzehn", "dieciocho", "diciotto", "achttien"],
    &[
        "nineteen",
        "neunzehn",
        "diecinueve",
        "diciannove",
        "negentien",
    ],
    &["twenty", "zwanzig", "vingt", "veinte", "venti", "twintig"],
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sections::sections;

    fn years(text: &str) -> Option<f64> {
        let today = Month::new(2026, 11).unwrap();
        let found = find(text, &sections(text), today)?;
        assert!(!text[found.place].is_empty());
        found.fact.number()
    }

    #[test]
    fn jobs_are_added_up_and_overlaps_counted_once() {
        assert_eq!(
            years("Experience\nA, 01/2010 - 12/2013\nB, 01/2012 - 12/2015\nC, 01/2020 - 12/2020"),
            Some(7.0)
        );
        let schooled = "Education\n2000 - 2005 University\nExperience\nEngineer, 2011 – present\n2008 - 2009 parental leave";
        assert_eq!(years(schooled), Some(15.4));
        assert_eq!(years("Rust Engineer, since 2025"), Some(1.4));
        assert_eq!(years("Education\nBSc, 2001 - 2005"), None);
    }

    #[test]
    fn claims_count_where_there_are_no_dates() {
        for (text, expected) in [
            (
                "Experience\nRust Engineer, twelve years of experience",
                Some(12.0),
            ),
            ("Engineer with 8+ years in search", Some(8.0)),
            ("Ingenieur mit sieben Jahren Erfahrung", Some(7.0)),
            ("2.5 years of experience", Some(2.5)),
            ("Profile\nHas worked in data for 16 years.", Some(16.0)),
            ("45 years old", None),
            ("Experience\nRan the plant's 20 years plan", None),
            ("Profile\nOne year in kitchens", Some(1.0)),
        ] {
            assert_eq!(years(text), expected, "{text}");
        }
    }
}
