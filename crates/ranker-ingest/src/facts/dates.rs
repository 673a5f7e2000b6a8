//! Dates and the time between two of them, as resumes write them.

use std::ops::Range;

use ranker_core::ValueError;

use super::tokens::{Kind, Token};

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

impl Month {
    /// The month, from 1, of a year.
    ///
    /// # Errors
    ///
    /// [`ValueError::OutOfRange`] for a month that is none of 1 to 12.
    pub fn new(year: u32, month: u32) -> Result<Self, ValueError> {
        match month {
            1..=12 => Ok(Self(year.saturating_mul(12).saturating_add(month - 1))),
            _ => Err(ValueError::OutOfRange {
                what: "month",
                value: month.into(),
                min: 1.0,
                max: 12.0,
            }),
        }
    }

    pub(super) fn year(self) -> u32 {
        self.0 / 12
    }

    pub(super) fn index(self) -> u32 {
        self.0
    }
}

/// A stretch of time, in months since year 0: the end is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) months: Range<u32>,
    /// Where it was read.
    pub(crate) place: Range<usize>,
}

/// A date as it is written: a year, and a month where there is one.
#[derive(Clone, Copy)]
struct Date {
    year: u32,
    month: Option<u32>,
}

/// The months in English, German, French, Spanish, Italian, Dutch and Portuguese: a word that begins
/// like one of these is that month, if it is an abbreviation or one of the names.
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "januar", "jänner", "janvier", "enero", "gennaio", "januari", "janeiro",
    ],
    &[
        "february",
        "februar",
        "février",
        "febrero",
        "febbraio",
        "februari",
        "fevereiro",
    ],
    &["march", "märz", "mars", "marzo", "maart", "março", "mrz"],
    &["april", "avril", "abril", "aprile"],
    &["may", "mai", "mayo", "maggio", "mei", "maio"],
    &["june", "juni", "juin", "junio", "giugno", "junho"],
    &["july", "juli", "juillet", "julio", "luglio", "julho"],
    &["august", "août", "agosto", "augustus", "aout"],
    &[
        "september",
        "septembre",
        "septiembre",
        "settembre",
        "setembro",
    ],
    &[
        "october", "oktober", "octobre", "octubre", "ottobre", "outubro",
    ],
    &["november", "novembre", "noviembre", "novembro"],
    &[
        "december",
        "dezember",
        "décembre",
        "diciembre",
        "dicembre",
        "dezembro",
    ],
];

const TO: [&str; 16] = [
    "to", "until", "till", "through", "bis", "à", "au", "a", "ad", "al", "hasta", "tot", "fino",
    "até", "til", "jusqu",
];

/// What may follow a word of [`TO`] before a date.
const AFTER_TO: [&str; 12] = [
    "a", "en", "au", "met", "la", "the", "ad", "op", "ce", "el", "zum", "in",
];

const SINCE: [&str; 9] = [
    "since", "seit", "depuis", "desde", "dal", "sinds", "da", "ab", "vanaf",
];

#[rustfmt::skip]
const PRESENT: [&str; 35] = [
    "present", "now", "today", "current", "currently", "ongoing", "date", "heute", "jetzt", "dato", "aktuell", "derzeit", "laufend",
    "gegenwärtig", "présent", "aujourd", "jour", "actuel", "actuellement", "actualidad", "presente", "actual",
    "actualmente", "hoy", "fecha", "curso", "oggi", "attuale", "corso", "heden", "nu", "atual", "hoje", "momento", "nun",
];

/// Years that a resume writes.
const YEARS: Range<u32> = 1940..2101;

/// The longest working life, in months.
const LONGEST: u32 = 60 * 12;

/// The number of a month by its name or an abbreviation of three letters or more.
fn month(word: &str) -> Option<u32> {
    let short = word.chars().count() <= 5;
    let named = |name: &&str| {
        *name == word || (short && word.chars().count() >= 3 && name.starts_with(word))
    };
    let found = MONTHS.iter().position(|names| names.iter().any(named));
    // "sept" and "set" begin like their month; "mar" is March before it is anything else.
    found.and_then(|at| u32::try_from(at + 1).ok())
}

/// Reads a date at the start of the tokens; how many tokens it takes.
fn date(tokens: &[Token]) -> Option<(Date, usize)> {
    match &tokens.first()?.kind {
        Kind::Word(word) => {
            let month = month(word)?;
            let skip = usize::from(
                tokens
                    .get(1)
                    .is_some_and(|t| t.is_mark(&['.', ',', '/', '-', '’', '\''])),
            );
            let of = usize::from(tokens.get(1 + skip).and_then(Token::word) == Some("de"));
            let (year, used) = year(&tokens[1 + skip + of..])?;
            let month = Some(month);
            Some((Date { year, month }, 1 + skip + of + used))
        }
        Kind::Number { value, digits } => numeric(*value, *digits, tokens),
        Kind::Mark(_) => None,
    }
}

fn year(tokens: &[Token]) -> Option<(u32, usize)> {
    match tokens.first()?.kind {
        Kind::Number { value, digits: 4 } if YEARS.contains(&value) => Some((value, 1)),
        Kind::Number { value, digits: 2 } => Some((
            if value < 50 {
                2000 + value
            } else {
                1900 + value
            },
            1,
        )),
        _ => None,
    }
}

/// 2011, 2011-03, 2011-03-15, 03/2011, 15.03.2011, 1. März 2011.
fn numeric(value: u32, digits: usize, tokens: &[Token]) -> Option<(Date, usize)> {
    let number = |at: usize| match tokens.get(at).map(|token| &token.kind) {
        Some(Kind::Number { value, digits }) => Some((*value, *digits)),
        _ => None,
    };
    let joined = tokens
        .get(1)
        .is_some_and(|t| t.is_mark(&['/', '.', '-']) && !t.new_line);
    let again = tokens
        .get(3)
        .is_some_and(|t| t.is_mark(&['/', '.', '-']) && !t.new_line);
    if digits == 4 && YEARS.contains(&value) {
        let date = |month| Date { year: value, month };
        return match number(2) {
            Some((month @ 1..=12, 2)) if joined => {
                let day = again && matches!(number(4), Some((1..=31, 2)));
                Some((date(Some(month)), if day { 5 } else { 3 }))
            }
            _ => Some((date(None), 1)),
        };
    }
    if digits > 2 {
        return None;
    }
    match (number(2), number(4)) {
        (Some((second, 1..=2)), Some((year, 4))) if joined && again && YEARS.contains(&year) => {
            // A point is written after a day; a slash is ambiguous, and a day is no month.
            let pointed = tokens[1].is_mark(&['.']);
            let month = if pointed || value > 12 { second } else { value };
            (1..=12).contains(&month).then_some((
                Date {
                    year,
                    month: Some(month),
                },
                5,
            ))
        }
        (Some((year, 4)), _) if joined && YEARS.contains(&year) && (1..=12).contains(&value) => {
            Some((
                Date {
                    year,
                    month: Some(value),
                },
                3,
            ))
        }
        _ => {
            let skip = usize::from(tokens.get(1).is_some_and(|token| token.is_mark(&['.'])));
            tokens.get(1 + skip).and_then(Token::word).and_then(month)?;
            let (date, used) = date(&tokens[1 + skip..])?;
            Some((date, 1 + skip + used))
        }
    }
}

/// The periods of a text: two dates with a dash or a word between them, or a date after "since".
pub(super) fn periods(tokens: &[Token], today: Month) -> Vec<Period> {
    let mut periods = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match period(&tokens[at..], today) {
            Some((months, used)) => {
                if let Some(months) = months {
                    let place = tokens[at].place.start..tokens[at + used - 1].place.end;
                    periods.push(Period { months, place });
                }
                at += used;
            }
            None => at += 1,
        }
    }
    periods
}

/// The period that begins at the first token, if it is one of work, and how many tokens it takes.
fn period(tokens: &[Token], today: Month) -> Option<(Option<Range<u32>>, usize)> {
    let first = tokens.first()?;
    if first.word().is_some_and(|word| SINCE.contains(&word)) {
        let (start, used) = date(&tokens[1..])?;
        if !tokens.get(1 + used).is_some_and(is_to) {
            return Some((span(start, None, today), 1 + used));
        }
    }
    let (start, used) = date(tokens)?;
    let to = tokens.get(used).filter(|token| is_to(token))?;
    // "fino a", "tot en met", "hasta la actualidad", and two hyphens for a dash.
    let more = tokens[used + 1..].iter().take(2).take_while(|next| {
        next.is_mark(&['-', '–']) || next.word().is_some_and(|word| AFTER_TO.contains(&word))
    });
    let after = used + 1 + more.count();
    let rest = &tokens[after.min(tokens.len())..];
    if rest
        .first()
        .and_then(Token::word)
        .is_some_and(|word| PRESENT.contains(&word))
    {
        return Some((span(start, None, today), after + 1));
    }
    if let Some((end, length)) = date(rest) {
        return Some((span(start, Some(end), today), after + length));
    }
    // "2011-15" is the years 2011 to 2015.
    match rest.first()?.kind {
        Kind::Number { value, digits: 2 } if to.is_mark(&['-', '–', '/']) => {
            let end = Date {
                year: start.year / 100 * 100 + value,
                month: None,
            };
            Some((span(start, Some(end), today), after + 1))
        }
        _ => None,
    }
}

fn is_to(token: &Token) -> bool {
    token.is_mark(&['-', '–', '—', '−', '~', '→'])
        || token.word().is_some_and(|word| TO.contains(&word))
}

/// The months from a start to an end, or to today. A year alone is taken for its middle.
fn span(start: Date, end: Option<Date>, today: Month) -> Option<Range<u32>> {
    let index = |date: Date, default: u32| date.year * 12 + date.month.map_or(default, |m| m - 1);
    let now = today.index() + 1;
    let from = index(start, 6);
    let to = match end {
        None => now,
        // The month of the end was worked in.
        Some(end) => index(end, 6) + u32::from(end.month.is_some()),
    };
    let same_year = end.is_some_and(|end| end.year == start.year && from >= to);
    let (from, to) = if same_year {
        (from.saturating_sub(3), from + 3)
    } else {
        (from, to)
    };
    let to = to.min(now);
    (from < to && to - from <= LONGEST).then_some(from..to)
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn months(text: &str) -> Vec<u32> {
        let today = Month::new(2026, 11).unwrap();
        let found = periods(&tokens(text), today);
        found
            .iter()
            .map(|period| period.months.end - period.months.start)
            .collect()
    }

    #[test]
    fn dates_of_seven_languages() {
        let mut wrong = Vec::new();
        for (text, expected) in [
            ("03/2011 - 09/2012", 19),
            ("2011-03 – 2012-09", 19),
            ("March 2011 to Sept. 2012", 19),
            ("Mar 2011 — Sep 2012", 19),
            ("März 2011 bis September 2012", 19),
            ("01.03.2011 – 30.09.2012", 19),
            ("1. März 2011 - 30. Sept. 2012", 19),
            ("mars 2011 à septembre 2012", 19),
            ("marzo de 2011 hasta septiembre de 2012", 19),
            ("marzo 2011 fino a settembre 2012", 19),
            ("maart 2011 tot en met september 2012", 19),
            ("março 2011 até setembro 2012", 19),
            ("2011 – 2015", 48),
            ("2011-15", 48),
            ("2011/03/15 - 2012/09/01", 19),
            ("11/2025 - present", 13),
            ("Nov 2025 – heute", 13),
            ("seit 11/2025", 13),
            ("since November 2025", 13),
            ("nov. 2025 - aujourd'hui", 13),
            ("2015 - 2015", 6),
            ("03.2011 – 09.2012", 19),
            ("2011.03 - 2012.09", 19),
            ("Mar '11 - Sep '12", 19),
            ("from March 2011 until September 2012", 19),
            ("March, 2011 -- September, 2012", 19),
            ("11/2025 to date", 13),
            ("November 2025 till now", 13),
            ("Nov 2025 to the present", 13),
            ("11/2025 bis heute", 13),
            ("depuis novembre 2025", 13),
            ("novembre 2025 à ce jour", 13),
            ("noviembre de 2025 - actualidad", 13),
            ("desde noviembre de 2025 hasta la actualidad", 13),
            ("desde noviembre de 2025", 13),
            ("dal novembre 2025 ad oggi", 13),
            ("novembre 2025 - in corso", 13),
            ("van november 2025 tot heden", 13),
            ("november 2025 tot op heden", 13),
            ("sinds november 2025", 13),
            ("novembro de 2025 - presente", 13),
            ("desde novembro de 2025 até hoje", 13),
        ] {
            if months(text) != [expected] {
                wrong.push((text, months(text)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn what_is_no_period_is_none() {
        for text in [
            "from 34 to 28 percent",
            "ISO 9001 - 2015 audit",
            "+44 20 7946 0958",
            "2030 - 2031",
            "2015 - 2011",
            "in 2011",
            "may 5 people - now",
            "1800 - 1900",
        ] {
            assert_eq!(months(text), [0; 0], "{text}");
        }
        assert!(Month::new(2026, 13).is_err());
    }
}
