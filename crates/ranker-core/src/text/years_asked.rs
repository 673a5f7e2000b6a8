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
        let bound = match self.before.trim_end().ends_with(['<', '≤'])
            || self.before.trim_end().ends_with("<=")
        {
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
mod tests {
    use super::*;

    fn in_text(text: &str) -> Option<f64> {
        let asked = years_asked(text)?;
        let named = text.get(asked.at.clone());
        assert!(
            named.is_some_and(|named| !named.trim().is_empty()),
            "{text}"
        );
        Some(asked.years)
    }

    #[test]
    fn reads_what_people_write() {
        let mut wrong = Vec::new();
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
            ("Teach four- to six-year-olds", None),
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
            if in_text(text) != years {
                wrong.push((text, years, in_text(text)));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Texts, and the years that they ask for: bounds, employers' ages, wishes and forms in other words.
    const OTHER_WORDS: &[(&str, Option<f64>)] = &[
        // Bounds above, and what only looks like one.
        ("not more than 4 years of experience", None),
        ("at most three years", None),
        ("fewer than 3 years' experience", None),
        ("under 5 years of experience", None),
        ("a maximum of 6 years of experience", None),
        ("5 years of experience at most", None),
        ("3 years max.", None),
        ("no less than 5 years of experience", Some(5.0)),
        ("not fewer than four years", Some(4.0)),
        ("bis zu 3 Jahre Erfahrung", None),
        ("nicht mehr als fünf Jahre Berufserfahrung", None),
        ("3 Jahre Berufserfahrung höchstens", None),
        ("nicht weniger als fünf Jahre Erfahrung", Some(5.0)),
        ("ab 3 Jahren Berufserfahrung", Some(3.0)),
        ("mindestens fünfjährige Berufserfahrung", Some(5.0)),
        ("anderthalb Jahre Berufserfahrung", Some(1.5)),
        ("3 ans d'expérience maximum", None),
        ("pas plus de 5 ans d'expérience", None),
        ("jusqu'à 3 ans d'expérience", None),
        ("pas moins de 3 ans d'expérience", Some(3.0)),
        ("5 ans d'expérience minimum", Some(5.0)),
        ("plus de cinq ans d'expérience", Some(5.0)),
        ("un an d'expérience", Some(1.0)),
        ("deux ans et demi d'expérience", Some(2.5)),
        ("entre 3 et 5 ans d'expérience", Some(3.0)),
        ("como máximo 3 años de experiencia", None),
        ("no más de cinco años", None),
        ("menos de 2 años de experiencia", None),
        ("no menos de 3 años de experiencia", Some(3.0)),
        ("mínimo de 3 años de experiencia", Some(3.0)),
        ("experiencia de 2 a 4 años", Some(2.0)),
        ("al massimo 3 anni di esperienza", None),
        ("non più di cinque anni", None),
        ("non meno di 3 anni di esperienza", Some(3.0)),
        ("tra i 3 e i 5 anni di esperienza", Some(3.0)),
        ("esperienza almeno triennale", Some(3.0)),
        ("hooguit 3 jaar ervaring", None),
        ("niet meer dan 5 jaar ervaring", None),
        ("niet minder dan drie jaar ervaring", Some(3.0)),
        ("ten minste 3 jaar werkervaring", Some(3.0)),
        ("3 tot 5 jaar ervaring", Some(3.0)),
        // The employer's age, and other things' time.
        (
            "With over 40 years of experience, Acme leads the market.",
            None,
        ),
        ("Acme GmbH has 15 years of experience in logistics", None),
        (
            "Founded 25 years ago. 3 years of experience needed.",
            Some(3.0),
        ),
        ("Seit mehr als 15 Jahren bauen wir Maschinen", None),
        (
            "Unser Team hat 12 Jahre Erfahrung. Sie bringen 3 Jahre mit.",
            Some(3.0),
        ),
        ("Depuis plus de 15 ans, Acme accompagne ses clients", None),
        ("Notre entreprise a 18 ans d'expérience", None),
        ("Desde hace 15 años desarrollamos software", None),
        ("Da oltre 18 anni produciamo macchine", None),
        ("La nostra azienda ha 15 anni di esperienza", None),
        ("Al 15 jaar ontwikkelen wij software", None),
        ("Ons bedrijf heeft 15 jaar ervaring", None),
        ("For this role, 5 years of experience", Some(5.0)),
        ("Team lead with 5 years of experience", Some(5.0)),
        ("Experience in a software company of 5 years", Some(5.0)),
        ("Our ideal candidate has 5 years of experience", Some(5.0)),
        (
            "We are looking for someone with 5 years in sales",
            Some(5.0),
        ),
        ("5 Jahre Erfahrung sind erforderlich", Some(5.0)),
        ("a probation period of six months", None),
        ("befristet auf 2 Jahre", None),
        ("CDD de 2 ans", None),
        ("contrato de 2 años", None),
        ("you lead the team after 2 years", None),
        ("3 years of experience in the last 5 years", Some(3.0)),
        ("$90,000 a year", None),
        ("25 days of leave per year", None),
        ("laurea triennale", None),
        // Preferred against required.
        ("3 years required, ideally 5 years", Some(3.0)),
        (
            "3 years of Java and ideally 5 years of C++ experience",
            Some(3.0),
        ),
        ("3 years of experience (5 years preferred)", Some(3.0)),
        (
            "Required: 2 years of SQL experience.\nNice to have:\n- 7+ years of Java",
            Some(2.0),
        ),
        (
            "Nice to have: 7+ years of Java\nMust have: 2+ years of SQL",
            Some(2.0),
        ),
        ("Preferred\n- 8+ years\nRequirements\n- 4+ years", Some(4.0)),
        ("3 Jahre Erfahrung, idealerweise 5 Jahre", Some(3.0)),
        (
            "mindestens 2 Jahre; 5 Jahre Erfahrung wären von Vorteil",
            Some(2.0),
        ),
        (
            "2 ans d'expérience exigés, 5 ans d'expérience souhaités",
            Some(2.0),
        ),
        (
            "mínimo 2 años, se valorarán 5 años de experiencia",
            Some(2.0),
        ),
        (
            "almeno 2 anni, preferibilmente 5 anni di esperienza",
            Some(2.0),
        ),
        ("minimaal 2 jaar, bij voorkeur 5 jaar ervaring", Some(2.0)),
        (
            "5+ years is a plus, 2 years of experience required",
            Some(2.0),
        ),
        (
            "se valorará experiencia de 5 años; imprescindible 2 años",
            Some(2.0),
        ),
        // Forms.
        ("more than 3 but less than 6 years of experience", Some(3.0)),
        ("non oltre 3 anni di esperienza", None),
        (
            "Bachelor's degree (4 years) or 6 years of experience",
            Some(6.0),
        ),
        ("The position is limited to 2 years.", None),
        ("Years of experience: 5", Some(5.0)),
        ("experience required: 3-5 years", Some(3.0)),
        ("a decade of experience", Some(10.0)),
        ("one and a half years of experience", Some(1.5)),
        ("a year of experience", Some(1.0)),
        ("5+ YOE", Some(5.0)),
        ("You must be 18 years or older.", None),
        ("You should be at least 18 years", None),
        ("Sie sind mindestens 18 Jahre alt", None),
        ("18 years in the field", Some(18.0)),
        ("<2 years of experience", None),
        ("≤ 3 years of experience", None),
        (">= 3 years of experience", Some(3.0)),
        ("Zero to two years of experience", Some(0.0)),
        ("10+ years of combined experience across our team", None),
        ("3+ years of experience across our products", Some(3.0)),
        ("at least 5, ideally 8 years of experience", Some(5.0)),
        ("3 or preferably 5 years of experience", Some(3.0)),
        (
            "mindestens 2, idealerweise 4 Jahre Berufserfahrung",
            Some(2.0),
        ),
        ("5 years' driving licence", None),
        ("5 years' driving experience", Some(5.0)),
        ("Projektdauer: 2 Jahre", None),
        ("At least 3 full-time years of experience", Some(3.0)),
        (
            "With 15 years of experience, Acme is a market leader. 2 years of experience needed",
            Some(2.0),
        ),
        (
            "With 5 years of experience, you are ready to lead",
            Some(5.0),
        ),
        ("twenty-one years of experience", None),
        ("at least twenty-one years of experience", Some(21.0)),
    ];

    #[test]
    fn bounds_ages_and_wishes_in_other_words() {
        let read = OTHER_WORDS
            .iter()
            .map(|(text, years)| (text, years, in_text(text)));
        let wrong: Vec<_> = read.filter(|(_, years, read)| *years != read).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
