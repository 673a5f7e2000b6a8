//! How many years of experience a job asks for.

use std::ops::Range;

use super::durations::{Duration, TimeOf, durations};
use super::wishes::{are_wishes_after, lower_words as words, wish_in};
use super::years_words::{
    ABOUT, AT, AT_LEAST, AT_LEAST_AFTER, AT_MOST, AT_MOST_AFTER, BEING, COMPANIES, DEMANDS,
    EMPLOYERS_DO, HAVING, JOINS, MORE_THAN, OURS, REQUESTS, SINCE, STAFF,
};

/// More years than this are no years of work.
const MOST: f64 = 50.0;

/// More years than this are asked of nobody who is not told "at least": employers say so of themselves.
const PLAUSIBLE: f64 = 20.0;

/// Years of experience that a job asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct YearsAsked {
    /// The least that will do.
    pub years: f64,
    /// The bytes of the text, from the number to the unit.
    pub at: Range<usize>,
    /// Whether they are a wish: "5 years preferred".
    pub preferred: bool,
}

/// The most years of experience that a text in plain form asks for: "5+ years", "at least 3 years",
/// "3-5 years" (3), "18 months" (1.5), "mindestens zwei Jahre"; in English, German, French, Spanish,
/// Italian and Dutch.
///
/// Upper bounds ("up to 3 years") and other things' years ("our team has 30 years of experience", "a two
/// year contract") ask for nothing. Where some mentions are plain demands, the others do not count, and
/// what is preferred counts only where nothing is required.
///
/// ```
/// let asked = ranker_core::years_asked("We are 30 years old. 5+ years of Rust").unwrap();
/// assert_eq!((asked.years, asked.preferred), (5.0, false));
/// ```
#[must_use]
pub fn years_asked(text: &str) -> Option<YearsAsked> {
    let mut mentions: Vec<Mention> = Vec::new();
    let mut wishes = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let before = mentions.len();
        let of_sentence = |(at, sentence): (usize, &str)| in_sentence(sentence, start + at);
        mentions.extend(sentences(line).flat_map(of_sentence));
        if mentions.len() == before {
            wishes = are_wishes_after(line).unwrap_or(wishes);
        }
        for mention in &mut mentions[before..] {
            mention.asked.preferred |= wishes;
        }
        start += line.len();
    }
    let most = |demand: bool, preferred: bool| {
        let chosen = mentions
            .iter()
            .filter(|mention| mention.demand == demand && mention.asked.preferred == preferred);
        chosen.reduce(|a, b| if a.asked.years >= b.asked.years { a } else { b })
    };
    let required = most(true, false).or_else(|| most(true, true));
    let asked = required.or_else(|| most(false, false))?;
    Some(asked.asked.clone())
}

struct Mention {
    asked: YearsAsked,
    demand: bool,
}

/// The sentences of a line, and where each begins: a full stop ends one before white space, but not after
/// "yrs.".
pub(super) fn sentences(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = &line[start..];
        if rest.is_empty() {
            return None;
        }
        let end = rest.char_indices().find(|&(at, c)| match c {
            ';' | '!' | '?' | '•' => true,
            '.' => {
                let short = ["yrs", "yr", "min", "max", "exp", "mind", "ca", "mos"];
                let after = rest[at + 1..].chars().next();
                let word = rest[..at].trim_end_matches(char::is_alphabetic).len();
                after.is_none_or(char::is_whitespace)
                    && !short
                        .iter()
                        .any(|short| rest[word..at].eq_ignore_ascii_case(short))
            }
            _ => false,
        });
        let (at, length) = end.map_or((rest.len(), 0), |(at, c)| (at, c.len_utf8()));
        let sentence = (start, &rest[..at]);
        start += at + length;
        Some(sentence)
    })
}

/// The mentions in a sentence that begins at this byte of the text.
fn in_sentence(sentence: &str, offset: usize) -> Vec<Mention> {
    let found = durations(sentence);
    let mut start = 0;
    let mut mentions = Vec::new();
    for (at, duration) in found.iter().enumerate() {
        let next = found.get(at + 1);
        let end = next.map_or(sentence.len(), |next| next.at.start);
        let around = Around {
            sentence: words(&sentence[..duration.at.start]),
            before: &sentence[start..duration.at.start],
            after: &sentence[duration.at.end..end],
            // "3 years of Java and 5 years of C++ experience"
            experience: [Some(duration), next]
                .into_iter()
                .flatten()
                .any(|named| named.of == TimeOf::Experience),
            goes_on: next.is_some(),
        };
        mentions.extend(around.mention(duration, offset));
        start = duration.at.end;
    }
    mentions
}

/// What stands around a number of years.
struct Around<'t> {
    /// The words of the sentence before it.
    sentence: Vec<String>,
    /// From the number of years before it, or the sentence's beginning.
    before: &'t str,
    /// To the next number of years, or the sentence's end.
    after: &'t str,
    /// Whether it, or the next one, is of experience.
    experience: bool,
    /// Whether there is a next one.
    goes_on: bool,
}

impl Around<'_> {
    fn mention(&self, duration: &Duration, offset: usize) -> Option<Mention> {
        let after = words(self.after.split(',').next().unwrap_or_default());
        let sign = self.before.trim_end().trim_end_matches('=');
        let bound = match sign.ends_with(['<', '≤']) {
            true => Some(Bound::AtMost),
            false => bound(&self.sentence, &after),
        };
        let least = bound == Some(Bound::AtLeast);
        let most = if least { MOST } else { PLAUSIBLE };
        let demand = |word: &String| DEMANDS.contains(&word.as_str());
        let mut near = after
            .iter()
            .take(6)
            .chain(self.sentence.iter().rev().take(3));
        let demand = duration.open || bound.is_some() || self.experience || near.any(demand);
        let counts = duration.of != TimeOf::Other
            && bound != Some(Bound::AtMost)
            && duration.years <= most
            && (demand || !duration.article)
            && !self.is_age(duration, &after)
            && (least || !self.is_of_employer(&after));
        counts.then(|| Mention {
            asked: YearsAsked {
                years: duration.years,
                at: offset + duration.at.start..offset + duration.at.end,
                preferred: self.is_preferred(),
            },
            demand,
        })
    }

    /// Whether it is how old somebody must be: "You must be at least 18 years".
    fn is_age(&self, duration: &Duration, after: &[String]) -> bool {
        const OF_AGE: Range<f64> = 14.0..22.0;
        let before = self.sentence.iter().rev().take(3);
        let being = |word: &String| BEING.contains(&word.as_str());
        duration.of == TimeOf::Unsaid
            && OF_AGE.contains(&duration.years)
            && (before.clone().any(being) || after.first().is_some_and(being))
    }

    /// Whether the years are the employer's own.
    fn is_of_employer(&self, after: &[String]) -> bool {
        let is = |known: &'static [&str]| move |word: &String| known.contains(&word.as_str());
        let asks = self.sentence.iter().rposition(is(REQUESTS));
        let company = |at: usize| {
            let worked = &self.sentence[at.saturating_sub(3)..at];
            is(COMPANIES)(&self.sentence[at]) && !worked.iter().any(is(AT))
        };
        let ours = |at: &usize| is(OURS)(&self.sentence[*at]) || company(*at);
        let ours = (0..self.sentence.len()).rfind(ours);
        let staff = |pair: &[String]| is(OURS)(&pair[0]) && is(STAFF)(&pair[1]);
        if (ours.is_some() && ours > asks) || after.windows(2).any(staff) || self.has_employer() {
            return true;
        }
        let ours_after = after.iter().take(2).any(is(OURS));
        (ours_after || self.begins_since())
            && asks.is_none()
            && !after.iter().take(3).any(is(REQUESTS))
    }

    /// "With 15 years of experience, Acme is ...", but not "With 5 years of experience, you are ...".
    fn has_employer(&self) -> bool {
        let is = |known: &'static [&str]| move |word: &String| known.contains(&word.as_str());
        let begins = self.sentence.first().is_some_and(is(HAVING)) && self.sentence.len() < 4;
        let Some((_, clause)) = self.after.split_once(',').filter(|_| begins) else {
            return false;
        };
        let clause = words(clause);
        let near = &clause[..clause.len().min(6)];
        near.iter().any(is(EMPLOYERS_DO)) && !near.iter().take(3).any(is(REQUESTS))
    }

    /// Whether the sentence begins as one about the past: "For more than 30 years, ...".
    fn begins_since(&self) -> bool {
        let vague = |word: &String| {
            let word = word.as_str();
            let mut more = MORE_THAN.iter().flat_map(|phrase| phrase.split(' '));
            SINCE.contains(&word) || ABOUT.contains(&word) || more.any(|more| more == word)
        };
        let first = self.sentence.first();
        first.is_some_and(|word| SINCE.contains(&word.as_str())) && self.sentence.iter().all(vague)
    }

    /// Whether the clause around the years says that they are a wish.
    fn is_preferred(&self) -> bool {
        let clause = |c: char| matches!(c, ',' | '(' | ')');
        let before = self.before.rsplit(clause).next().unwrap_or_default();
        let ends = |c: char| clause(c) || c.is_ascii_digit();
        let mut after = words(self.after.split(ends).next().unwrap_or_default());
        if self.goes_on {
            // "3 years and ideally 5": the wish is the next number's.
            let and = after.iter().position(|word| JOINS.contains(&word.as_str()));
            after.truncate(and.unwrap_or(after.len()));
        }
        wish_in(&words(before)) || wish_in(&after)
    }
}

#[derive(PartialEq)]
enum Bound {
    AtLeast,
    MoreThan,
    AtMost,
}

/// What kind of bound a number is: "no less than 5 years", "5 years at most".
fn bound(before: &[String], after: &[String]) -> Option<Bound> {
    let mut before = before;
    let starts =
        |phrases: &[&str], tail: &str| phrases.iter().any(|phrase| is_prefix(phrase, tail));
    loop {
        let last = &before[before.len().saturating_sub(4)..].join(" ");
        let ends = |phrases: &[&str]| phrases.iter().any(|phrase| is_suffix(phrase, last));
        // "no less than" ends like "less than": the longer phrase is looked for first.
        if ends(AT_LEAST) {
            return Some(Bound::AtLeast);
        }
        if ends(AT_MOST) {
            return Some(Bound::AtMost);
        }
        if ends(MORE_THAN) {
            return Some(Bound::MoreThan);
        }
        match before.split_last() {
            Some((word, rest)) if ABOUT.contains(&word.as_str()) => before = rest,
            _ => break,
        }
    }
    // "5 years maximum", "5 years of experience at most".
    let mut tails = (0..after.len().min(4)).map(|at| after[at..after.len().min(at + 3)].join(" "));
    if tails.any(|tail| starts(AT_MOST_AFTER, &tail)) {
        return Some(Bound::AtMost);
    }
    let tail = after[..after.len().min(3)].join(" ");
    starts(AT_LEAST_AFTER, &tail).then_some(Bound::AtLeast)
}

/// Whether a text of words begins with a phrase.
fn is_prefix(phrase: &str, text: &str) -> bool {
    let rest = text.strip_prefix(phrase);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Whether a text of words ends with a phrase.
fn is_suffix(phrase: &str, text: &str) -> bool {
    let rest = text.strip_suffix(phrase);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
}

#[cfg(test)]
mod tests;
