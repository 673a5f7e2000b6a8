//! Lengths of time that a text names.

use std::ops::Range;

use super::duration_words::{
    AND, BESIDE, BETWEEN, BOUND, DECADES, EXPERIENCE, FUSED, MONTHS, OR_MORE, THE, THINGS,
    THINGS_OF, TO, UPPER, WHOLE, WITHIN, YEARS,
};
use super::numbers::{is_article, is_tens, joins, number_word};
use super::time_tokens::{Token, tokens};
use super::years_words::PREFERRED;

/// What a length of time is of, as far as the words beside it say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeOf {
    /// Experience: "five years of experience".
    Experience,
    /// A thing or the calendar: "a two-year contract", "25 years ago", "the last 3 years".
    Other,
    /// The words beside it do not say.
    Unsaid,
}

/// A length of time that a text names: "5+ years", "drei bis fünf Jahre", "18 months".
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Duration {
    /// In years; of a range, its lower end.
    pub years: f64,
    /// Whether it is a range or says that more is welcome: "3-5 years", "5+ years", "five or more years".
    pub open: bool,
    /// Whether an article is all that counts: "a year".
    pub article: bool,
    /// What it is of.
    pub of: TimeOf,
    /// The bytes of the text, from the number to the unit.
    pub at: Range<usize>,
}

/// The lengths of time in years, months and decades that a text in plain form names, in order: digits,
/// decimals, fractions and words, in English, German, French, Spanish, Italian, Dutch and some Portuguese.
/// Takes time linear in the text.
///
/// ```
/// let found = ranker_core::durations("mindestens drei bis fünf Jahre Berufserfahrung");
/// assert_eq!((found[0].years, found[0].open), (3.0, true));
/// assert_eq!(found[0].of, ranker_core::TimeOf::Experience);
/// ```
#[must_use]
pub fn durations(text: &str) -> Vec<Duration> {
    let tokens = tokens(text);
    let mut found: Vec<Duration> = Vec::new();
    // The token after the last one that was read.
    let mut read = 0;
    for at in 0..tokens.len() {
        let Some((amount, unit)) = duration_at(&tokens, at) else {
            continue;
        };
        // "6 months to 2 years" is a range.
        let joined = amount.from == read + 1
            && TO.contains(&tokens[read].text.as_str())
            && is_close(tokens[read].gap)
            && !tokens[read].gap.contains(')');
        let dashed = amount.from == read && is_dash(tokens[read].gap);
        let goes_on = |last: &&mut Duration| (joined || dashed) && last.years < amount.years;
        if let Some(last) = found.last_mut().filter(goes_on) {
            last.open = true;
            last.at.end = tokens[unit].at.end;
        } else {
            found.push(amount.duration(&tokens, unit));
        }
        read = amount.to.max(unit + 1);
    }
    found
}

/// A number of units of time, and the tokens that say so.
struct Amount {
    years: f64,
    open: bool,
    article: bool,
    /// The first token, and the one after the last.
    from: usize,
    to: usize,
    /// Whether the form says that it is experience: "Years of experience: 5".
    labelled: bool,
}

impl Amount {
    fn duration(&self, tokens: &[Token<'_>], unit: usize) -> Duration {
        let first = &tokens[self.from.min(unit)];
        let last = &tokens[(self.to - 1).max(unit)];
        let of = if self.labelled || tokens[unit].text == "yoe" {
            TimeOf::Experience
        } else {
            of(tokens, self.from, self.to.max(unit + 1))
        };
        Duration {
            years: self.years,
            open: self.open,
            article: self.article,
            of,
            at: first.at.start..last.at.end,
        }
    }
}

/// The amount whose unit stands here.
fn duration_at(tokens: &[Token<'_>], at: usize) -> Option<(Amount, usize)> {
    let token = &tokens[at];
    if let Some((_, years)) = FUSED.iter().find(|(word, _)| *word == token.text) {
        let experience = of(tokens, at, at + 1) == TimeOf::Experience;
        let (years, from, to) = (*years, at, at + 1);
        let amount = Amount {
            years,
            open: false,
            article: false,
            from,
            to,
            labelled: false,
        };
        return experience.then_some((amount, at));
    }
    let scale = unit(token)?;
    let amount = counted(tokens, at).or_else(|| labelled(tokens, at))?;
    let years = amount.years * scale;
    Some((Amount { years, ..amount }, at))
}

/// How many years a unit of time has.
fn unit(token: &Token<'_>) -> Option<f64> {
    match token.text.as_str() {
        "y" if !token.gap.is_empty() => None,
        word if YEARS.contains(&word) => Some(1.0),
        word if MONTHS.contains(&word) => Some(1.0 / 12.0),
        word if DECADES.contains(&word) => Some(10.0),
        _ => None,
    }
}

/// The number before the unit at `unit`.
fn counted(tokens: &[Token<'_>], unit: usize) -> Option<Amount> {
    let word = |at: usize| tokens[at].text.as_str();
    let mut end = unit;
    if !is_close(tokens[unit].gap) {
        return None;
    }
    if end > 2 && [word(end - 2), word(end - 1)] == ["full", "time"] {
        end -= 2;
    } else if end > 1 && WHOLE.contains(&word(end - 1)) {
        end -= 1;
    }
    let mut open = tokens.get(unit + 1).is_some_and(|next| next.text == "+");
    while end > 1 && matches!(word(end - 1), "+" | "plus") {
        (open, end) = (true, end - 1);
    }
    if end > 2
        && OR_MORE
            .iter()
            .any(|more| *more == [word(end - 2), word(end - 1)])
    {
        (open, end) = (true, end - 2);
    }
    let half = half_before(tokens, end);
    let end = if half > 0.0 { end - 2 } else { end };
    let last = end.checked_sub(1)?;
    let (upper, from) = match number(tokens, end) {
        Some(number) => number,
        // "half a year" and "a year".
        None if is_article(word(last)) => {
            let halved =
                last > 0 && matches!(word(last - 1), "half" | "halbes" | "halbe" | "medio");
            let from = if halved { last - 1 } else { last };
            (if halved { 0.5 } else { 1.0 }, from)
        }
        None => return None,
    };
    let after = half_after(tokens, unit);
    let article = is_article(word(last)) && from + 1 >= last && after == 0.0;
    let (lower, from, range) = lower_end(tokens, from, upper).unwrap_or((upper, from, false));
    Some(Amount {
        years: lower + half + if range { 0.0 } else { after },
        open: open || range,
        article,
        from,
        to: unit + 1,
        labelled: false,
    })
}

/// "one and a half years": what the half adds.
fn half_before(tokens: &[Token<'_>], end: usize) -> f64 {
    let ends = |half: &[&str]| {
        let at = end.checked_sub(half.len());
        at.is_some_and(|at| at > 0 && (at..end).all(|i| tokens[i].text == half[i - at]))
    };
    // The article stays, and is read like the number: "and" is what is looked for before it.
    if ends(&["a", "half"]) && end > 2 && joins(&tokens[end - 3].text) {
        return 0.5;
    }
    0.0
}

/// "dos años y medio", "deux ans et demi", "due anni e mezzo", "a year and a half".
fn half_after(tokens: &[Token<'_>], unit: usize) -> f64 {
    let after: Vec<&str> = tokens[unit + 1..]
        .iter()
        .take(3)
        .map(|token| token.text.as_str())
        .collect();
    match after.as_slice() {
        ["y", "medio" | "media", ..]
        | ["et", "demi" | "demie", ..]
        | ["e", "mezzo" | "meio", ..] => 0.5,
        ["and", "a", "half"] | ["en", "een", "half"] => 0.5,
        _ => 0.0,
    }
}

/// The number that ends before the token `end`, and where it begins.
fn number(tokens: &[Token<'_>], end: usize) -> Option<(f64, usize)> {
    let mut last = end.checked_sub(1)?;
    if joins(&tokens[last].text) {
        // The "and" of "and a half".
        last = last.checked_sub(1)?;
    }
    // "vingt et un": an article that counts only after tens.
    let one = is_article(&tokens[last].text) && last > 1 && joins(&tokens[last - 1].text);
    let one = one && number_word(&tokens[last - 2].text).is_some_and(is_tens);
    let value = if one { 1.0 } else { value(&tokens[last])? };
    let Some(before) = last.checked_sub(1) else {
        return Some((value, last));
    };
    let near = is_close(tokens[last].gap);
    let tens = |at: usize| number_word(&tokens[at].text).filter(|&tens| is_tens(tens));
    let ones = value < 10.0 && (one || number_word(&tokens[last].text).is_some());
    if let Some(tens) = tens(before).filter(|_| ones && near) {
        return Some((tens + value, before));
    }
    if let Some(at) = before.checked_sub(1)
        && joins(&tokens[before].text)
        && let Some(tens) = tens(at).filter(|_| ones && near)
    {
        return Some((tens + value, at));
    }
    Some((value, last))
}

/// What one token counts.
fn value(token: &Token<'_>) -> Option<f64> {
    let whole = token.text.trim_end_matches(['½', '¼', '¾']);
    let part = match token.text[whole.len()..].chars().next() {
        Some('½') => 0.5,
        Some('¼') => 0.25,
        Some('¾') => 0.75,
        _ => 0.0,
    };
    if whole.is_empty() {
        return Some(part);
    }
    if whole.starts_with(|c: char| c.is_ascii_digit()) {
        let whole: f64 = (whole.len() <= 5).then(|| whole.replace(',', ".").parse().ok())??;
        return Some(whole + part);
    }
    number_word(whole)
}

/// The lower end of a range whose upper end begins at `from`, where it begins, and whether the two differ.
fn lower_end(tokens: &[Token<'_>], from: usize, upper: f64) -> Option<(f64, usize, bool)> {
    let word = |at: Option<usize>| at.map_or("", |at| tokens[at].text.as_str());
    let mut before = from.checked_sub(1)?;
    let gap = tokens[from].gap;
    // "five (5) years", but not "Python 3 (5 years)".
    let again = gap.contains('(');
    if !again && !is_dash(gap) && gap != "/" {
        if THE.contains(&word(Some(before))) && before > 1 {
            before -= 1;
        }
        let connector = word(Some(before));
        let between = |at: usize| BETWEEN.contains(&word(Some(at)));
        let spans = AND.contains(&connector) && (before.saturating_sub(4)..before).any(between);
        if !spans && !TO.contains(&connector) {
            return below(tokens, from, upper);
        }
        before = before.checked_sub(1)?;
        if connector == "to" && word(Some(before)) == "up" {
            before = before.checked_sub(1)?;
        }
    }
    while before > 0 && matches!(word(Some(before)), "+" | "plus") {
        before -= 1;
    }
    let (lower, at) = number(tokens, before + 1)?;
    let fits = if again {
        lower == upper
    } else {
        lower <= upper
    };
    fits.then_some((lower, at, lower < upper))
}

/// "at least 3 but no more than 5 years", "at least 3, ideally 5 years": the lower end, where it begins, and whether the two
/// differ.
fn below(tokens: &[Token<'_>], from: usize, upper: f64) -> Option<(f64, usize, bool)> {
    let between = |known: &[&[&str]], telling: &[&str]| {
        let is = |token: &&Token<'_>| known.iter().any(|words| words.contains(&&*token.text));
        let words = tokens[..from].iter().rev().take_while(is);
        let told = words.clone().any(|token| telling.contains(&&*token.text));
        let before = from.checked_sub(words.count())?;
        let (lower, at) = number(tokens, before).filter(|_| told)?;
        (lower < upper).then_some((lower, at, true))
    };
    between(&[BOUND], UPPER).or_else(|| between(&[BOUND, PREFERRED, TO], PREFERRED))
}

/// "Years of experience: 5", "Berufserfahrung (Jahre): 3": the number after a unit that is a label.
fn labelled(tokens: &[Token<'_>], unit: usize) -> Option<Amount> {
    const LABEL: usize = 5;
    let rest = &tokens[unit + 1..];
    let colon = rest
        .iter()
        .take(LABEL)
        .position(|token| token.gap.contains([':', '=']))?;
    let label = tokens[unit.saturating_sub(3)..unit + 1 + colon].iter();
    let mut label = label.map(|token| token.text.as_str());
    if !label.any(|word| EXPERIENCE.contains(&word)) {
        return None;
    }
    let from = unit + 1 + colon;
    let first = value(&tokens[from])?;
    let mut to = from + 1;
    let mut open = tokens.get(to).is_some_and(|next| next.text == "+");
    if let Some(next) = tokens.get(to).filter(|next| is_dash(next.gap))
        && value(next).is_some()
    {
        (open, to) = (true, to + 1);
    }
    // "Years of experience: 5 years" is read at its own unit.
    let again = tokens[to..]
        .iter()
        .take(2)
        .any(|token| self::unit(token).is_some());
    (!again).then_some(Amount {
        years: first,
        open,
        article: false,
        from,
        to,
        labelled: true,
    })
}

/// How many words before and after tell what a time is of.
const NEAR: usize = 6;

/// What the time in these tokens is of.
fn of(tokens: &[Token<'_>], from: usize, to: usize) -> TimeOf {
    let after: Vec<&str> = words_after(tokens, to, |gap| {
        ends_clause(gap) || gap.contains([',', '(', ')'])
    });
    let before: Vec<&str> = words_before(tokens, from, ends_clause);
    let thing = after.iter().take(2).any(|word| THINGS.contains(word))
        || matches!(
            after.as_slice(),
            ["of" | "d", "age" | "âge", ..] | ["de" | "di", "edad" | "età", ..]
        )
        || matches!(after.as_slice(), ["in", "a", "row", ..]);
    let beside = before.first().is_some_and(|word| BESIDE.contains(word))
        || after
            .first()
            .is_some_and(|word| matches!(*word, "later" | "später" | "après" | "después" | "dopo"));
    // "a degree (4 years)"
    let bracketed = tokens
        .get(from)
        .is_some_and(|token| token.gap.contains('('));
    let beside = beside || (bracketed && before.first().is_some_and(|word| THINGS.contains(word)));
    let thing_of = before.iter().take(3).any(|word| THINGS_OF.contains(word));
    if thing || beside {
        return TimeOf::Other;
    }
    let experience = after
        .iter()
        .chain(&before)
        .any(|word| EXPERIENCE.contains(word));
    let within = before.first().is_some_and(|word| WITHIN.contains(word));
    match (experience, thing_of || within) {
        (true, _) => TimeOf::Experience,
        (false, true) => TimeOf::Other,
        (false, false) => TimeOf::Unsaid,
    }
}

fn words_after<'t>(
    tokens: &'t [Token<'_>],
    to: usize,
    ends: impl Fn(&str) -> bool,
) -> Vec<&'t str> {
    let rest = tokens[to.min(tokens.len())..].iter();
    let words = rest.take_while(|token| !ends(token.gap)).take(NEAR);
    words.map(|token| token.text.as_str()).collect()
}

/// The words before, the nearest first.
fn words_before<'t>(
    tokens: &'t [Token<'_>],
    from: usize,
    ends: impl Fn(&str) -> bool,
) -> Vec<&'t str> {
    let mut words = Vec::new();
    for at in (0..from).rev().take(NEAR) {
        if ends(tokens[at + 1].gap) {
            break;
        }
        words.push(tokens[at].text.as_str());
    }
    words
}

/// Whether a sentence or line ends in this gap.
fn ends_clause(gap: &str) -> bool {
    gap.contains(['\n', ';', '!', '?', '•', '|']) || gap.contains(". ")
}

/// Whether words parted by this belong together.
fn is_close(gap: &str) -> bool {
    gap.chars().all(|c| {
        matches!(
            c,
            ' ' | '-' | '–' | '(' | ')' | '’' | '\'' | '"' | '~' | '.'
        )
    }) && !gap.contains(". ")
}

fn is_dash(gap: &str) -> bool {
    gap.contains(['-', '–', '—', '−', '~']) && gap.trim().chars().count() == 1
}

#[cfg(test)]
mod tests;
