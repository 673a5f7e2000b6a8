//! What a text denies: "no experience with Java", "we do not use PHP".

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::negated_words::{
    AND, ANSWERS, AVOID, BETWEEN, BUT, DENIED, HARMLESS, HELPERS, KINDS, LACK, LACKED, MATTERS,
    NEITHER, NONE_OF, NOT, OR, PAIRS, ROLES, TELLS, UNASKED, VERB_LAST, ZERO_NAMES,
};
use super::words::{Lowered, Word};

/// How far a denial reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// To the end of the sentence, as far as it goes on listing.
    Sentence,
    /// Over a few words, to the next comma.
    Phrase,
    /// Over the clause before it, and no further.
    Before,
}

/// A denial, and the first word after what denies.
type Denial = (Reach, usize);

/// The most words that a denial of [`Reach::Phrase`] covers.
const PHRASE: usize = 6;
/// Items of a list after a comma have at most so many words.
const ITEM: usize = 3;
/// How far the verb may stand from what denies it, where verbs come last.
const TO_VERB: usize = 5;

static DENIED_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| DENIED.iter().copied().collect());

/// A word of a sentence, in lower case.
struct Said<'t> {
    word: Word<'t>,
    text: String,
    /// What stands between it and the word before.
    gap: &'t str,
}

impl Said<'_> {
    fn is(&self, known: &[&str]) -> bool {
        known.contains(&self.text.as_str())
    }

    fn is_denied(&self) -> bool {
        DENIED_SET.contains(self.text.as_str())
    }
}

/// The stretches of a plain text that deny something: in English with negations of experience, skills and
/// wishes, and with the most usual ones of German, French, Spanish, Italian and Dutch. In order and
/// disjoint. `words` are those of the text. Takes time linear in it.
pub(crate) fn negated<'t>(
    text: &'t str,
    words: impl IntoIterator<Item = Lowered<'t>>,
) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut sentence: Vec<Said<'_>> = Vec::new();
    let mut end = 0;
    for Lowered { word, lower: said } in words {
        let gap = &text[end.min(word.at.start)..word.at.start];
        if ends_sentence(gap, &said) {
            in_sentence(&sentence, &mut found);
            sentence.clear();
        }
        end = word.at.end;
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

/// Whether a sentence ends before this word: at a dash too, but not before the answer in "Java – none".
fn ends_sentence(gap: &str, next: &str) -> bool {
    gap.contains(['\n', ';', '!', '?', '•', '|', '▪', '●', '。'])
        || gap.contains(". ")
        || ([" – ", " — "].contains(&gap) && !ANSWERS.contains(&next))
}

/// The stretch with the signs that end it, so that no lone full stop or bracket stays.
fn with_stop(text: &str, range: Range<usize>) -> Range<usize> {
    let opened = text[range.clone()].contains('(') && text[range.end..].starts_with(')');
    let end = range.end + usize::from(opened);
    let stop = text[end..]
        .chars()
        .next()
        .filter(|c| matches!(c, '.' | ';' | ','));
    range.start..end + stop.map_or(0, char::len_utf8)
}

fn in_sentence(sentence: &[Said<'_>], found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while at < sentence.len() {
        let Some((reach, after)) = (Place { sentence, at }).denial() else {
            at += 1;
            continue;
        };
        let end = match reach {
            Reach::Sentence => end_of_sentence(sentence, at, after),
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
    let helps = |at: usize| sentence[at].is(HELPERS) && is_close(sentence[at + 1].gap);
    (0..at)
        .rev()
        .take_while(|&at| helps(at))
        .last()
        .unwrap_or(at)
}

/// A word of a sentence that may deny.
#[derive(Clone, Copy)]
struct Place<'s, 't> {
    sentence: &'s [Said<'t>],
    at: usize,
}

impl Place<'_, '_> {
    fn text(&self, at: usize) -> &str {
        self.sentence.get(at).map_or("", |said| said.text.as_str())
    }

    fn is(&self, at: usize, known: &[&str]) -> bool {
        self.sentence.get(at).is_some_and(|said| said.is(known))
    }

    fn is_denied(&self, at: usize) -> bool {
        self.sentence.get(at).is_some_and(Said::is_denied)
    }

    /// Whether there is a word at `at`, close to the one before it.
    fn is_close(&self, at: usize) -> bool {
        self.sentence.get(at).is_some_and(|said| is_close(said.gap))
    }

    /// The denial that begins with this word.
    fn denial(&self) -> Option<Denial> {
        let at = self.at;
        if self.is_answer() || self.is_last_of_clause() {
            return Some((Reach::Before, at + 1));
        }
        if !self.is_close(at + 1) {
            return None;
        }
        if self.is_none_of_years() {
            return Some((Reach::Before, at + 2));
        }
        if let Some(lacked) = self.lacked() {
            return Some((Reach::Phrase, lacked));
        }
        if PAIRS.contains(&[self.text(at), self.text(at + 1)]) {
            return Some((Reach::Sentence, at + 2));
        }
        if self.is_neither() {
            return Some((Reach::Sentence, at + 1));
        }
        if self.text(at) == "excluding"
            || (self.is(at, AVOID) && at > 0 && self.text(at - 1) == "i")
        {
            return Some((Reach::Phrase, at + 1));
        }
        if self.is(at, NONE_OF) {
            return self.none_of();
        }
        if self.is(at, &["ne", "n", "nai"]) {
            return self.ne_pas();
        }
        self.is(at, NOT).then(|| self.not()).flatten()
    }

    /// "Java: none", "Java (never)", "Java - no".
    fn is_answer(&self) -> bool {
        let gap = self.sentence[self.at].gap;
        let labelled = gap.contains([':', '(']) || [" - ", " – ", " — "].contains(&gap);
        let next = self.sentence.get(self.at + 1);
        let last = next.is_none_or(|next| next.gap.contains([')', ',']));
        self.at > 0 && labelled && last && self.is(self.at, ANSWERS)
    }

    /// "Java: 0 years"
    fn is_none_of_years(&self) -> bool {
        let labelled = self.at > 0 && self.sentence[self.at].gap.contains([':', '(']);
        labelled
            && self.is(self.at, &["0", "zero"])
            && self.is(self.at + 1, &["years", "year", "yrs"])
    }

    /// "lacking Java skills", "zero Java experience": where the last word is of what somebody has none of.
    fn lacked(&self) -> Option<usize> {
        let zero = self.text(self.at) == "zero"
            && self.is_named(self.at + 1)
            && !self.is(self.at + 1, ZERO_NAMES);
        let near = (self.at + 1..self.at + 5).take_while(|&at| self.is_close(at));
        let mut near = near.skip(1).filter(|_| zero || self.is(self.at, LACK));
        near.find(|&at| self.is(at, LACKED))
    }

    /// "Ich kenne Java nicht", "ik ken Java niet": the clause's last word denies its verb.
    fn is_last_of_clause(&self) -> bool {
        let next = self.sentence.get(self.at + 1);
        let last = next.is_none_or(|next| !is_close(next.gap) || next.is(BUT));
        if !last || !self.is(self.at, VERB_LAST) {
            return false;
        }
        let clause = start_of_clause(self.sentence, self.at)..self.at;
        self.sentence[clause].iter().any(Said::is_denied)
    }

    fn is_neither(&self) -> bool {
        let mut rest = self.sentence[self.at + 1..].iter().take(PHRASE);
        let pair = NEITHER
            .iter()
            .find(|[first, _]| *first == self.text(self.at));
        pair.is_some_and(|[_, second]| rest.any(|said| said.text == *second))
    }

    /// "no Java", "without any experience in Java", "no need to know Java".
    fn none_of(&self) -> Option<Denial> {
        let (at, next) = (self.at, self.text(self.at + 1));
        let written = self.sentence[at].word.text.as_ref();
        // "SANS" is an institute.
        let name = written.chars().all(char::is_uppercase) && self.text(at) == "sans";
        let matter = (at + 1..).find(|&at| !self.is(at, KINDS))?;
        if self.is(matter, MATTERS) && !name {
            return Some((Reach::Sentence, matter + 1));
        }
        if next == "longer" && self.is_denied(at + 2) {
            return Some((Reach::Sentence, at + 3));
        }
        if next == "need" {
            let goes_on = self.is(at + 2, &["for", "to"]);
            return goes_on.then_some((Reach::Sentence, at + 2));
        }
        // The Spanish "no" denies verbs.
        let apart = self.sentence[at + 1].gap == " ";
        if self.text(at) == "no"
            && apart
            && !self.is(at + 1, UNASKED)
            && let Some(denial) = self.not()
        {
            return Some(denial);
        }
        // "no-code" is a name, and some of these are words of other languages.
        // "I have zero Java"
        let had = at > 0 && self.is(at - 1, &["have", "has", "had", "with"]);
        let names = had && self.is_named(at + 1) && self.text(at) == "zero";
        let denies =
            (names || !self.is(at, &["sin", "zero", "sem"])) && apart && !name && !is_number(next);
        (denies && !HARMLESS.contains(&next)).then_some((Reach::Phrase, at + 1))
    }

    /// "je ne connais pas Java", "n'ai jamais utilisé Java".
    fn ne_pas(&self) -> Option<Denial> {
        let second = ["pas", "jamais", "aucune", "aucun", "guère"];
        let pas = (self.at + 1..self.at + 5).find(|&at| self.is(at, &second))?;
        let denied = (self.at..pas).any(|at| self.is_denied(at));
        denied.then_some((Reach::Sentence, pas + 1))
    }

    /// "not familiar with Java", "nie mit Java gearbeitet", "not a Java developer", "not required".
    fn not(&self) -> Option<Denial> {
        let at = self.at;
        // "whether or not a part is needed"
        if at > 0 && self.text(at - 1) == "or" {
            return None;
        }
        let verb = (at + 1..at + 4).find(|&at| self.is_denied(at) || !self.is(at, BETWEEN));
        let verb = verb.unwrap_or(at + 4);
        if self.is(verb, UNASKED) {
            return Some((Reach::Before, verb + 1));
        }
        if self.is_denied(verb) {
            return Some((Reach::Sentence, verb + 1));
        }
        let mut near = (at + 1..=at + TO_VERB).take_while(|&at| self.is_close(at));
        if self.is(at, VERB_LAST) {
            let verb = near.find(|&at| self.is_denied(at))?;
            return Some((Reach::Phrase, verb + 1));
        }
        if self.is(at + 1, &["a", "an", "soy", "sono", "suis"]) {
            let role = near.find(|&at| self.is(at, ROLES))?;
            return Some((Reach::Phrase, role + 1));
        }
        // "Pas de Java", but not the département.
        let of = self.text(at) == "pas" && self.is(at + 1, &["de", "d"]) && self.is_named(at + 2);
        if of && self.sentence[at + 1].gap == " " {
            return Some((Reach::Phrase, at + 1));
        }
        self.is_not_a_name().then_some((Reach::Phrase, at + 1))
    }

    fn is_named(&self, at: usize) -> bool {
        let written = self.sentence.get(at).map(|said| &said.word);
        written.is_some_and(|word| word.text.starts_with(char::is_uppercase))
    }

    /// "Python, not Java": a name that nothing else is said of.
    fn is_not_a_name(&self) -> bool {
        let this = &self.sentence[self.at];
        let next = self.sentence.get(self.at + 1);
        let named = self.is_named(self.at + 1);
        let alone = self
            .sentence
            .get(self.at + 2)
            .is_none_or(|next| !is_close(next.gap));
        let listed = self.at > 0
            && this.gap.contains([',', '('])
            && next.is_some_and(|next| next.gap == " ");
        this.is(&["not", "nicht", "pas", "niet"]) && listed && named && alone
    }
}

/// Whether two words stand close enough to belong together.
fn is_close(gap: &str) -> bool {
    gap.chars().all(|c| matches!(c, ' ' | '-' | '\'' | '’'))
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn end_of_sentence(sentence: &[Said<'_>], start: usize, from: usize) -> usize {
    let bracketed = sentence[start].gap.contains('(');
    let ends = |at: &usize| {
        let said = &sentence[*at];
        let comma = said.gap.contains([',', '(', ')', ':']);
        let next = sentence.get(at + 1);
        let tells = next.is_some_and(|next| is_number(&next.text) || next.is(&["i", "have"]));
        said.is(BUT)
            || (bracketed && said.gap.contains(')'))
            || (comma && !goes_on_listing(&sentence[*at..]))
            || (said.is(AND) && tells)
    };
    (from..sentence.len()).find(ends).unwrap_or(sentence.len())
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
    let tells = |said: &Said<'_>| is_number(&said.text) || said.is(TELLS);
    let lists = item.iter().take(7).any(|said| said.is(OR));
    !item.iter().any(tells) && (item.len() <= ITEM || lists)
}

fn end_of_phrase(sentence: &[Said<'_>], from: usize) -> usize {
    let last = (from + PHRASE).min(sentence.len());
    let ends = |at: &usize| {
        let said = &sentence[*at];
        let comma = *at > from && said.gap.contains([',', '(', ')', ':']);
        comma || said.is(AND) || said.is(BUT) || said.text == "to"
    };
    (from..last).find(ends).unwrap_or(last.max(from))
}

/// Where the clause begins that holds this word.
fn start_of_clause(sentence: &[Said<'_>], at: usize) -> usize {
    let is_start = |at: &usize| sentence[*at].gap.contains(',') || sentence[*at].is(BUT);
    (1..=at).rev().find(is_start).unwrap_or(0)
}

#[cfg(test)]
mod tests;
