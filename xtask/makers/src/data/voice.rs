//! From task statements, which begin with a verb ("Plan, direct, or review projects"), to lines of
//! a resume: "Planned, directed and reviewed projects".

use std::collections::BTreeSet;

use super::onet::Tables;

/// Whether a job is still held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tense {
    Present,
    Past,
}

/// Every word that some task statement begins with. Most are verbs; many are nouns as well.
#[derive(Debug)]
pub(crate) struct Verbs(BTreeSet<String>);

impl Verbs {
    pub(crate) fn new(tables: &Tables) -> Self {
        let texts = tables
            .tasks
            .values()
            .flatten()
            .map(|task| task.text.as_str());
        let first = texts.filter_map(|text| text.split_whitespace().next());
        Self(
            first
                .map(|word| word.trim_end_matches(',').to_lowercase())
                .collect(),
        )
    }

    fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }

    /// A task statement in the tense asked for, or `None` where a word might be a noun or a verb
    /// and the sentence does not tell.
    pub(crate) fn line(&self, text: &str, tense: Tense) -> Option<String> {
        let words = split(text);
        let group = self.leading(&words)?;
        let later = self.later(&words, *group.last()?)?;
        Some(written(words, (&group, &later), tense))
    }

    /// A line of the catalog in the tense asked for. Its writer marks later verbs with `~`.
    pub(crate) fn marked_line(&self, text: &str, tense: Tense) -> Option<String> {
        let words = split(text);
        let group = self.leading(&words)?;
        let marked = |(index, word): (usize, &String)| word.starts_with('~').then_some(index);
        let later: Vec<usize> = words.iter().enumerate().filter_map(marked).collect();
        let plain = words
            .iter()
            .map(|word| word.trim_start_matches('~').to_owned())
            .collect();
        Some(written(plain, (&group, &later), tense))
    }

    fn opens(&self, word: &str) -> bool {
        word.starts_with('~') || self.contains(bare(word))
    }

    /// Positions of the verbs that open the line: "Plan, direct, or review".
    fn leading(&self, words: &[String]) -> Option<Vec<usize>> {
        let mut group = vec![0];
        let mut at = 0;
        words
            .first()
            .filter(|word| word.chars().all(|c| c.is_alphabetic() || ",-~".contains(c)))?;
        loop {
            let comma = words.get(at)?.ends_with(',');
            let mut next = at + 1;
            if words
                .get(next)
                .is_some_and(|word| PARTICLES.contains(&word.as_str()))
            {
                next += 1;
            }
            let joined = words
                .get(next)
                .is_some_and(|word| word == "and" || word == "or");
            next += usize::from(joined);
            match words.get(next) {
                Some(word) if (comma || joined) && self.opens(word) => group.push(next),
                // "Test, validate, and reformulate": a verb that opens no other statement.
                Some(_) if joined => return None,
                _ => return Some(group),
            }
            at = next;
            if joined {
                return Some(group);
            }
        }
    }

    /// Positions of verbs that a later "and" joins to the leading ones, if that can be told.
    fn later(&self, words: &[String], from: usize) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        let mut infinitive = false;
        for index in from + 1..words.len() {
            let word = bare(&words[index]);
            let before = words[index - 1].as_str();
            infinitive |= before == "to" && self.contains(word);
            let joined = ["and", "or", "then"].contains(&before);
            if infinitive || !self.contains(word) || !(joined || before.ends_with(',')) {
                continue;
            }
            let opens = words
                .get(index + 1)
                .is_some_and(|next| OPENERS.contains(&next.as_str()));
            match (CLEAR.contains(&word), opens) {
                (true, _) | (false, true) => found.push(index),
                (false, false) if joined => return None,
                (false, false) => {} // After a comma: one more noun of a list.
            }
        }
        Some(found)
    }
}

fn split(text: &str) -> Vec<String> {
    text.trim_end_matches('.')
        .split_whitespace()
        .map(String::from)
        .collect()
}

fn written(mut words: Vec<String>, (group, later): (&[usize], &[usize]), tense: Tense) -> String {
    for verb in later.iter().filter(|verb| **verb > 0) {
        if words[verb - 1] == "or" {
            words[verb - 1] = "and".into();
        }
    }
    for (index, word) in words.iter_mut().enumerate() {
        if tense == Tense::Past && (group.contains(&index) || later.contains(&index)) {
            *word = past_word(word);
        }
    }
    capitalized(&tidy_or(words, group).join(" "))
}

/// A resume says what was done, not what might have been: "or" between verbs becomes "and".
fn tidy_or(mut words: Vec<String>, group: &[usize]) -> Vec<String> {
    if let (Some(last), true) = (group.last(), group.len() > 1) {
        let joint = last - 1;
        if words[joint] == "or" {
            words[joint] = "and".into();
        }
        if group.len() == 2 || words[joint] != "and" {
            return words;
        }
        // "planned, directed, and reviewed" keeps its commas but the last.
        let before = words[joint - 1].trim_end_matches(',').to_owned();
        words[joint - 1] = before;
    }
    words
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphabetic())
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn past_word(word: &str) -> String {
    let stem = word.trim_end_matches(',');
    let tail = &word[stem.len()..];
    let upper = stem.starts_with(char::is_uppercase);
    let past = past(&stem.to_lowercase());
    if upper {
        capitalized(&past) + tail
    } else {
        past + tail
    }
}

/// The past tense of a lower-case verb.
pub(crate) fn past(verb: &str) -> String {
    if let Some((_, past)) = IRREGULAR.iter().find(|(base, _)| *base == verb) {
        return (*past).to_owned();
    }
    let letters: Vec<char> = verb.chars().collect();
    let ending = |back: usize| letters.len().checked_sub(back).map(|at| letters[at]);
    match (ending(2), ending(1)) {
        (_, Some('e')) => format!("{verb}d"),
        (Some(before), Some('y')) if !is_vowel(before) => {
            format!("{}ied", &verb[..verb.len() - 1])
        }
        (_, Some(last)) if doubles(verb, &letters) => format!("{verb}{last}ed"),
        _ => format!("{verb}ed"),
    }
}

/// "plan" becomes "planned", "refer" "referred", but "clean" "cleaned" and "visit" "visited".
fn doubles(verb: &str, letters: &[char]) -> bool {
    if DOUBLED.contains(&verb) {
        return true;
    }
    let vowels = letters.iter().filter(|letter| is_vowel(**letter)).count();
    match letters {
        [.., before, vowel, last] => {
            vowels == 1 && !is_vowel(*before) && is_vowel(*vowel) && !"aeiouwxy".contains(*last)
        }
        _ => false,
    }
}

fn is_vowel(letter: char) -> bool {
    "aeiou".contains(letter)
}

const PARTICLES: [&str; 7] = ["up", "out", "down", "off", "over", "with", "in"];

/// What follows a verb that could also be a noun.
const OPENERS: [&str; 12] = [
    "the", "a", "an", "that", "them", "their", "its", "it", "all", "each", "every", "any",
];

/// Verbs that are not nouns or adjectives as well.
#[rustfmt::skip]
const CLEAR: &[&str] = &[
    "adapt", "adjust", "administer", "advise", "allocate", "analyze", "apply", "approve", "arrange",
    "assess", "assign", "assist", "calculate", "clarify", "classify", "collaborate", "collect",
    "communicate", "compile", "compute", "conduct", "confirm", "consult", "coordinate", "correct", "create",
    "decide", "define", "deliver", "describe", "determine", "develop", "diagnose", "discuss",
    "distribute", "enforce", "ensure", "enter", "establish", "evaluate", "examine", "explain",
    "formulate", "gather", "generate", "hire", "identify", "implement", "improve", "inform",
    "inspect", "install", "institute", "instruct", "integrate", "interpret", "interview",
    "investigate", "keep", "maintain", "make", "modify", "negotiate", "notify", "obtain", "operate",
    "oversee", "perform", "prepare", "prescribe", "prioritize", "propose", "provide", "recommend",
    "reconcile", "refer", "remove", "resolve", "select", "submit", "suggest", "summarize", "teach",
    "verify", "write",
];

/// Verbs of more than one syllable that double their last letter.
#[rustfmt::skip]
const DOUBLED: &[&str] = &[
    "admit", "commit", "confer", "control", "equip", "occur", "permit", "prefer", "refer", "submit",
    "transfer",
];

#[rustfmt::skip]
const IRREGULAR: &[(&str, &str)] = &[
    ("patrol", "patrolled"), ("input", "input"), ("troubleshoot", "troubleshot"),
    ("become", "became"), ("begin", "began"), ("bend", "bent"), ("bind", "bound"), ("blow", "blew"),
    ("break", "broke"), ("bring", "brought"), ("broadcast", "broadcast"), ("build", "built"),
    ("buy", "bought"), ("cast", "cast"), ("catch", "caught"), ("choose", "chose"), ("cut", "cut"),
    ("dig", "dug"), ("do", "did"), ("draw", "drew"), ("drive", "drove"), ("feed", "fed"),
    ("find", "found"), ("fly", "flew"), ("forecast", "forecast"), ("format", "formatted"),
    ("freeze", "froze"), ("get", "got"), ("give", "gave"), ("grind", "ground"), ("grow", "grew"),
    ("hang", "hung"), ("hear", "heard"), ("hit", "hit"), ("hold", "held"), ("keep", "kept"),
    ("lay", "laid"), ("lead", "led"), ("leave", "left"), ("lend", "lent"), ("let", "let"),
    ("lose", "lost"), ("make", "made"), ("meet", "met"), ("mislead", "misled"),
    ("oversee", "oversaw"), ("pay", "paid"), ("put", "put"), ("quiz", "quizzed"), ("read", "read"),
    ("rebuild", "rebuilt"), ("reset", "reset"), ("rewind", "rewound"), ("rewrite", "rewrote"),
    ("ride", "rode"), ("run", "ran"), ("seek", "sought"), ("sell", "sold"), ("send", "sent"),
    ("set", "set"), ("shake", "shook"), ("shed", "shed"), ("show", "showed"), ("shut", "shut"),
    ("sing", "sang"), ("slide", "slid"), ("speak", "spoke"), ("spend", "spent"), ("spin", "spun"),
    ("split", "split"), ("spread", "spread"), ("stand", "stood"), ("stick", "stuck"),
    ("strike", "struck"), ("string", "strung"), ("sweep", "swept"), ("take", "took"),
    ("teach", "taught"), ("tear", "tore"), ("tell", "told"), ("think", "thought"),
    ("throw", "threw"), ("undergo", "underwent"), ("understand", "understood"), ("wear", "wore"),
    ("weave", "wove"), ("win", "won"), ("wind", "wound"), ("withdraw", "withdrew"),
    ("write", "wrote"),
];

#[cfg(test)]
mod tests {
    use super::{super::fixture::tables, *};

    fn past_line(text: &str) -> Option<String> {
        Verbs::new(&tables()).line(text, Tense::Past)
    }

    #[test]
    fn knows_the_past_tense() {
        let pairs = "plan planned,clean cleaned,visit visited,carry carried,survey surveyed,\
            write wrote,lead led,refer referred,control controlled,fix fixed,show showed,\
            prepare prepared,monitor monitored,confer conferred,map mapped,oversee oversaw,\
            model modeled,pass passed,forecast forecast,equip equipped,brief briefed";
        for pair in pairs.split(',') {
            let (base, expected) = pair.trim().split_once(' ').unwrap();
            assert_eq!(past(base), expected);
        }
    }

    #[test]
    fn converts_every_leading_verb() {
        for (task, line) in [
            (
                "Plan, direct, or review projects.",
                "Planned, directed and reviewed projects",
            ),
            (
                "Plan and schedule work to meet deadlines.",
                "Planned and scheduled work to meet deadlines",
            ),
            (
                "Set up and monitor medical equipment.",
                "Set up and monitored medical equipment",
            ),
            (
                "Confer with users to plan tests.",
                "Conferred with users to plan tests",
            ),
        ] {
            assert_eq!(past_line(task).as_deref(), Some(line));
        }
    }

    #[test]
    fn converts_a_later_verb_only_where_it_is_one() {
        let sure = past_line("Inspect sites, and recommend changes.").unwrap();
        assert_eq!(sure, "Inspected sites, and recommended changes");
        let article = past_line("Inspect sites and report the findings.").unwrap();
        assert_eq!(article, "Inspected sites and reported the findings");
        let infinitive = past_line("Inspect sites to find and report faults.").unwrap();
        assert_eq!(infinitive, "Inspected sites to find and report faults");
        assert_eq!(past_line("Inspect sites and report findings."), None);
        assert_eq!(past_line("Inspect, test, and frobnicate sites."), None);
    }

    #[test]
    fn follows_the_marks_of_the_catalog() {
        let verbs = Verbs::new(&tables());
        let line = |tense| verbs.marked_line("Tune boosts and test sets, and ~report gains", tense);
        assert_eq!(
            line(Tense::Past).unwrap(),
            "Tuned boosts and test sets, and reported gains"
        );
        assert_eq!(
            line(Tense::Present).unwrap(),
            "Tune boosts and test sets, and report gains"
        );
    }

    #[test]
    fn leaves_the_present_as_it_is() {
        let verbs = Verbs::new(&tables());
        let line = verbs
            .line("Plan, direct, or review projects.", Tense::Present)
            .unwrap();
        assert_eq!(line, "Plan, direct and review projects");
    }
}
