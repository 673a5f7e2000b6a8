//! How many years of experience a job asks for.

use ranker_core::{Filter, JobDescription};

use super::years_words::{
    AFTER, AT_LEAST, AT_MOST, MONTHS, NOT_WORK, NUMBERS, OURS, PREFERRED, REQUESTS, YEARS,
};

/// More years than this are no years of work.
const MOST: f64 = 50.0;

/// The years that a job asks for: those in its text, else the least that its filter lets pass.
pub(super) fn asked(job: &JobDescription, fact: &str) -> Option<f64> {
    in_text(&job.full_text()).or_else(|| in_filter(job.filter(), fact))
}

/// The least number of a fact that passes a filter, where the filter has such a bound.
fn in_filter(filter: &Filter, name: &str) -> Option<f64> {
    match filter {
        Filter::Range { fact, min, .. } => (fact == name && min.is_finite()).then_some(*min),
        Filter::And(filters) => {
            let bounds = filters.iter().filter_map(|filter| in_filter(filter, name));
            bounds.reduce(f64::max)
        }
        _ => None,
    }
}

/// The most years that a text asks for: "5+ years", "at least 3 years", "3-5 years" (3), "18 months"
/// (1.5), "mindestens zwei Jahre"; in English, German, French, Spanish, Italian and Dutch.
///
/// Upper bounds ("up to 3 years") and other things' years ("our team has 30 years of experience", "a two
/// year contract") ask for nothing. Where some mentions are plain demands, the others do not count, and
/// what is preferred counts only where nothing is required.
fn in_text(text: &str) -> Option<f64> {
    let lower = text.to_lowercase();
    let mentions: Vec<Mention> = sentences(&lower).flat_map(in_sentence).collect();
    let most = |demand: bool, preferred: bool| {
        let chosen = mentions
            .iter()
            .filter(|mention| mention.demand == demand && mention.preferred == preferred);
        chosen.map(|mention| mention.years).reduce(f64::max)
    };
    let required = most(true, false).or_else(|| most(true, true));
    required.or_else(|| most(false, false))
}

struct Mention {
    years: f64,
    demand: bool,
    preferred: bool,
}

/// The sentences of a text: a full stop ends one before white space, but not after "yrs.".
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.char_indices().find(|&(at, c)| match c {
            '\n' | ';' | '!' | '?' | '•' => true,
            '.' => {
                let short = ["yrs", "yr", "min", "max", "exp", "mind"];
                let after = rest[at + 1..].chars().next();
                after.is_none_or(char::is_whitespace)
                    && !short.iter().any(|word| rest[..at].ends_with(word))
            }
            _ => false,
        });
        let (at, length) = end.map_or((rest.len(), 0), |(at, c)| (at, c.len_utf8()));
        let sentence = &rest[..at];
        rest = &rest[at + length..];
        Some(sentence)
    })
}

fn in_sentence(sentence: &str) -> Vec<Mention> {
    let tokens = tokens(sentence);
    let units = (0..tokens.len()).filter_map(|at| Some((at, unit(tokens[at])?)));
    let mentions = units.filter_map(|(at, unit)| mention(&tokens, at, unit));
    mentions.collect()
}

/// How many years a unit of time has.
fn unit(token: &str) -> Option<f64> {
    match token {
        _ if YEARS.contains(&token) => Some(1.0),
        _ if MONTHS.contains(&token) => Some(1.0 / 12.0),
        _ => None,
    }
}

/// Reads the number before the unit of time that stands at `at`.
fn mention(tokens: &[&str], at: usize, unit: f64) -> Option<Mention> {
    let (before, open) = match &tokens[..at] {
        [rest @ .., "or", "more"] | [rest @ .., "+" | "plus"] => (rest, true),
        rest => (rest, false),
    };
    let (&last, before) = before.split_last()?;
    let upper = number(last)?;
    let (years, before, range) = lower_end(before, upper).unwrap_or((upper, before, false));
    let after = &tokens[at + 1..];
    let years = years * unit;
    if years > MOST || is_bound_above(before, after) || is_other(tokens, before, after) {
        return None;
    }
    let near = |words: &[&str]| before.iter().rev().take(3).any(|word| words.contains(word));
    let follows = |words: &[&str]| after.iter().take(6).any(|word| words.contains(word));
    let wanted = after.first() == Some(&"+") || follows(AFTER) || near(AFTER);
    let clause_after = after.iter().take_while(|&&word| word != ",").take(12);
    let clause_before = before.iter().rev().take_while(|&&word| word != ",").take(6);
    let preferred = clause_after
        .chain(clause_before)
        .any(|word| PREFERRED.contains(word));
    Some(Mention {
        years,
        demand: open || range || near(AT_LEAST) || wanted,
        preferred,
    })
}

/// Whether a number of years is the most that may be had: "no more than 5 years", "5 years or less".
fn is_bound_above(before: &[&str], after: &[&str]) -> bool {
    let ends = |bound: &&[&str]| {
        let at = before.len().checked_sub(bound.len());
        at.is_some_and(|at| before[at..] == **bound)
    };
    let or_less = matches!(
        after,
        [
            "maximum" | "max" | "maximal" | "máximo" | "massimo" | "maximaal",
            ..
        ] | [
            "or" | "oder" | "ou" | "o" | "of",
            "less" | "fewer" | "weniger" | "moins" | "menos" | "meno" | "minder",
            ..
        ]
    );
    or_less || AT_MOST.iter().any(ends)
}

/// Whether the years are those of something else than a candidate's work.
fn is_other(tokens: &[&str], before: &[&str], after: &[&str]) -> bool {
    let thing = after.iter().take(2).any(|word| NOT_WORK.contains(word));
    let age = matches!(after, ["of", "age", ..]);
    let asks = tokens.iter().any(|word| REQUESTS.contains(word));
    let ours = before.iter().any(|word| OURS.contains(word))
        || after
            .iter()
            .take(2)
            .any(|word| matches!(*word, "we" | "wir" | "nous" | "wij"));
    thing || age || (ours && !asks)
}

/// The lower end of a range whose upper end was just read, and what stands before it.
fn lower_end<'a, 't>(before: &'a [&'t str], upper: f64) -> Option<(f64, &'a [&'t str], bool)> {
    let (rest, lower) = match before {
        [
            rest @ ..,
            "between" | "zwischen" | "entre" | "tra" | "tussen",
            lower,
            "and" | "und" | "et" | "y" | "e" | "en",
        ]
        | [
            rest @ ..,
            lower,
            "to" | "or" | "bis" | "oder" | "à" | "ou" | "a" | "o" | "tot" | "of",
        ] => (rest, lower),
        [rest @ .., lower] => (rest, lower),
        [] => return None,
    };
    let lower = number(lower).filter(|&lower| lower <= upper)?;
    Some((lower, rest, lower < upper))
}

fn number(token: &str) -> Option<f64> {
    let whole = token.trim_end_matches(['½', '¼', '¾']);
    let part = match token[whole.len()..].chars().next() {
        Some('½') => 0.5,
        Some('¼') => 0.25,
        Some('¾') => 0.75,
        _ => 0.0,
    };
    let is_number = whole.starts_with(|c: char| c.is_ascii_digit()) && whole.len() <= 5;
    if is_number {
        let whole: f64 = whole.replace(',', ".").parse().ok()?;
        return Some(whole + part);
    }
    let named = NUMBERS.iter().find(|(words, _)| words.contains(&token));
    named.map(|(_, value)| *value)
}

/// Runs of digits (with decimals), runs of letters, and single signs of meaning.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match c {
            '0'..='9' => number_length(rest),
            '+' | ',' => 1,
            _ if c.is_alphabetic() => rest
                .find(|c: char| !c.is_alphabetic())
                .unwrap_or(rest.len()),
            _ => 0,
        };
        if length == 0 {
            at += c.len_utf8();
        } else {
            tokens.push(&rest[..length]);
            at += length;
        }
    }
    tokens
}

/// How many bytes a number has: digits, one or two decimals, a fraction.
fn number_length(text: &str) -> usize {
    let digits =
        |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut length = digits(text);
    if let Some(decimals) = text[length..].strip_prefix(['.', ','])
        && (1..=2).contains(&digits(decimals))
    {
        length += 1 + digits(decimals);
    }
    let fraction = text[length..]
        .chars()
        .next()
        .filter(|c| matches!(c, '½' | '¼' | '¾'));
    length + fraction.map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, years) in [
            ("5+ years of Rust", Some(5.0)),
            ("At least 3 years", Some(3.0)),
            ("two years", Some(2.0)),
            ("3-5 years' experience", Some(3.0)),
            ("3 – 5 yrs", Some(3.0)),
            ("between two and four years in sales", Some(2.0)),
            ("three (3) years minimum", Some(3.0)),
            ("5 or more years", Some(5.0)),
            ("5 years or more", Some(5.0)),
            ("10years plus", Some(10.0)),
            (
                "a minimum of 4 years as a nurse and 2 years in theatre",
                Some(4.0),
            ),
            (
                "For 30 years we build cars. You bring 4+ years of practice.",
                Some(4.0),
            ),
            ("founded 25 years ago", None),
            ("must be 18 years old", None),
            ("over 18 years of age", None),
            ("since 2019 years passed", None),
            ("900 years", None),
            ("a two year contract", None),
            ("many years", None),
            ("no more than 5 years of experience", None),
            ("less than 2 years of experience", None),
            ("up to 3 years of experience", None),
            ("maximum 5 years of experience", None),
            (
                "For more than 50 years we have developed software. You have experience in Rust.",
                None,
            ),
            (
                "Our team has 30 years of experience in finance. 3+ years required.",
                Some(3.0),
            ),
            ("2.5 years of experience", Some(2.5)),
            ("2,5 Jahre Berufserfahrung", Some(2.5)),
            ("3½ years of experience", Some(3.5)),
            ("5+ yrs of experience", Some(5.0)),
            ("at least five (5) years of experience", Some(5.0)),
            ("5\u{2013}7 years", Some(5.0)),
            (
                "We are a 12 year old company. 4 years experience with Java.",
                Some(4.0),
            ),
            ("5 years warranty on products", None),
            ("a four-year degree and 2 years in sales", Some(2.0)),
            ("18 months of experience", Some(1.5)),
            ("six months of experience", Some(0.5)),
            ("We require 5 years of experience", Some(5.0)),
            ("3+ years required, 7+ years preferred", Some(3.0)),
            ("7+ years of experience preferred", Some(7.0)),
            ("Mindestens 5 Jahre Berufserfahrung", Some(5.0)),
            ("Erfahrung von drei bis fünf Jahren", Some(3.0)),
            ("höchstens 3 Jahre Erfahrung", None),
            ("Seit über 50 Jahren entwickeln wir Software", None),
            ("au moins 5 ans d'expérience", Some(5.0)),
            ("moins de 3 ans d'expérience", None),
            ("al menos tres años de experiencia", Some(3.0)),
            ("hasta 3 años de experiencia", None),
            ("almeno 4 anni di esperienza", Some(4.0)),
            ("minimaal 2 jaar ervaring", Some(2.0)),
            ("maximaal 2 jaar ervaring", None),
            ("years", None),
            ("+ years", None),
            ("", None),
        ] {
            assert_eq!(in_text(text), years, "{text}");
        }
    }

    #[test]
    fn a_filter_says_it_where_the_text_does_not() {
        let job = |text: &str| {
            let filter = Filter::at_least("years", 4.0).and(Filter::flag("permit", true));
            JobDescription::new(text).unwrap().with_filter(filter)
        };
        assert_eq!(asked(&job("engineer"), "years"), Some(4.0));
        assert_eq!(asked(&job("engineer"), "other"), None);
        assert_eq!(asked(&job("6+ years"), "years"), Some(6.0));
        assert_eq!(in_filter(&Filter::at_most("years", 4.0), "years"), None);
    }
}
