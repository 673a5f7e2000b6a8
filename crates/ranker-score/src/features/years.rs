//! How many years of experience a job asks for.

use ranker_core::{Filter, JobDescription};

/// More years than this are no years of work.
const MOST: f64 = 50.0;

/// Words that make years a demand when they stand just before the number.
const AT_LEAST: [&str; 6] = ["least", "minimum", "min", "over", "than", "minimal"];

/// Words that make years a demand when they follow within a few words.
const AFTER: [&str; 7] = [
    "experience",
    "experienced",
    "exp",
    "minimum",
    "working",
    "practice",
    "more",
];

/// Words after which the years are those of something else.
const NOT_WORK: [&str; 3] = ["ago", "old", "contract"];

const NUMBERS: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

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

/// The most years that an English text asks for: "5+ years", "at least 3 years", "3-5 years" (3),
/// "two years of experience".
///
/// Where some mentions are plain demands, the others ("our team of 30 years") do not count.
fn in_text(text: &str) -> Option<f64> {
    let lower = text.to_lowercase();
    let tokens = tokens(&lower);
    let mentions: Vec<Mention> = (0..tokens.len())
        .filter(|&at| matches!(tokens[at], "year" | "years" | "yr" | "yrs"))
        .filter_map(|at| mention(&tokens, at))
        .collect();
    let most = |demands: bool| {
        let chosen = mentions.iter().filter(|mention| mention.demand == demands);
        chosen.map(|mention| mention.years).reduce(f64::max)
    };
    most(true).or_else(|| most(false))
}

struct Mention {
    years: f64,
    demand: bool,
}

/// Reads the number before the word "years", which stands at `at`.
fn mention(tokens: &[&str], at: usize) -> Option<Mention> {
    let before = &tokens[..at];
    let (before, open) = match before {
        [rest @ .., "or", "more"] | [rest @ .., "+" | "plus"] => (rest, true),
        rest => (rest, false),
    };
    let (&last, before) = before.split_last()?;
    let upper = number(last)?;
    let (years, before, range) = lower_end(before, upper).unwrap_or((upper, before, false));
    let after = &tokens[at + 1..];
    let not_work = match after {
        [first, ..] if NOT_WORK.contains(first) => true,
        ["of", "age", ..] => true,
        _ => false,
    };
    let least = before
        .iter()
        .rev()
        .take(3)
        .any(|word| AT_LEAST.contains(word));
    let wanted = after.first() == Some(&"+") || after.iter().take(6).any(|w| AFTER.contains(w));
    (!not_work && years <= MOST).then_some(Mention {
        years,
        demand: open || range || least || wanted,
    })
}

/// The lower end of a range whose upper end was just read, and what stands before it.
fn lower_end<'a, 't>(before: &'a [&'t str], upper: f64) -> Option<(f64, &'a [&'t str], bool)> {
    let (rest, lower) = match before {
        [rest @ .., "between", lower, "and"] | [rest @ .., lower, "to" | "or"] => (rest, lower),
        [rest @ .., lower] => (rest, lower),
        [] => return None,
    };
    let lower = number(lower).filter(|&lower| lower <= upper)?;
    Some((lower, rest, lower < upper))
}

fn number(token: &str) -> Option<f64> {
    let written = || {
        NUMBERS
            .iter()
            .position(|word| *word == token)
            .map(|n| n as f64)
    };
    let digits = token.len() <= 3 && token.bytes().all(|b| b.is_ascii_digit());
    if digits {
        token.parse().ok()
    } else {
        written()
    }
}

/// Runs of digits, runs of letters, and single plus signs.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        '0'..='9' => 1,
        '+' => 2,
        _ if c.is_alphabetic() => 3,
        _ => 0,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut current = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let next = kind(c);
        if next != current || next == 2 {
            if current != 0 {
                tokens.push(&text[start..at]);
            }
            (start, current) = (at, next);
        }
    }
    tokens
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
