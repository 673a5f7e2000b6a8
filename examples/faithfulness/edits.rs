//! Edits that change nothing of what a text says, and what they change of an attribution.

use std::collections::HashMap;

use ranker::xai::faithfulness::kendall_tau;
use ranker_examples::Outcome;

use crate::attributors::{Attributor, Parts, Tools};

/// How far the order of the segments stays, as Kendall's τ over segments that both texts have once; `None` where nothing is told
/// apart.
pub(crate) struct Stability {
    pub(crate) spaces: Option<f64>,
    pub(crate) sections: Option<f64>,
    pub(crate) wording: Option<f64>,
}

pub(crate) fn stability(
    tools: &Tools<'_>,
    attributor: Attributor,
    parts: &Parts<'_>,
) -> Outcome<Stability> {
    // The unedited text is read as the edited ones are: by the encoder, not from the index's compressed token vectors.
    let unedited = parts.with_text(parts.text.to_owned())?;
    let unedited = [parts.like(&unedited)];
    let (values, _) = tools.attributions(attributor, &unedited)?;
    let reworded = |text: String| -> Outcome<Option<f64>> {
        let edited = parts.with_text(text)?;
        let edited = [parts.like(&edited)];
        let (again, _) = tools.attributions(attributor, &edited)?;
        // Place by place: a word stands where the other stood.
        Ok((values[0].len() == again[0].len())
            .then(|| kendall_tau(&values[0], &again[0]))
            .flatten())
    };
    let compare = |text: String| -> Outcome<Option<f64>> {
        let edited = parts.with_text(text)?;
        let edited = [parts.like(&edited)];
        let (again, _) = tools.attributions(attributor, &edited)?;
        let before = (&unedited[0], &values[0][..]);
        Ok(agreement(before, (&edited[0], &again[0][..])))
    };
    Ok(Stability {
        spaces: compare(spaced(parts.text))?,
        sections: compare(turned(parts))?,
        wording: reworded(in_other_words(parts.text))?,
    })
}

/// Two spaces for each, and blank lines.
fn spaced(text: &str) -> String {
    text.replace(' ', "  ").replace('\n', "\n\n")
}

/// The second half of the text before the first.
fn turned(parts: &Parts<'_>) -> String {
    let count = parts.segments.len();
    let half =
        |first: bool| -> Vec<bool> { (0..count).map(|at| (at < count / 2) == first).collect() };
    format!("{}\n{}", parts.kept(&half(false)), parts.kept(&half(true)))
}

/// Words that resumes use one for the other, and spellings: one word for one, so that the text has as many words and segments as before.
#[rustfmt::skip]
const WORDING: [(&str, &str); 42] = [
    ("managed", "led"), ("developed", "built"), ("created", "made"), ("assisted", "helped"), ("utilized", "used"), ("utilizing", "using"),
    ("performed", "did"), ("prepared", "drafted"), ("reviewed", "checked"), ("coordinated", "organised"), ("organized", "organised"),
    ("implemented", "introduced"), ("supervised", "oversaw"), ("monitored", "watched"), ("trained", "taught"), ("assist", "help"),
    ("assisting", "helping"), ("maintained", "kept"), ("provided", "gave"), ("provide", "give"), ("ensured", "assured"), ("ensure", "assure"),
    ("improved", "bettered"), ("conducted", "ran"), ("customers", "clients"), ("customer", "client"), ("employees", "workers"),
    ("company", "firm"), ("job", "position"), ("tasks", "duties"), ("goals", "aims"), ("multiple", "several"), ("various", "different"),
    ("approximately", "about"), ("skilled", "adept"), ("knowledge", "understanding"), ("excellent", "outstanding"), ("program", "programme"),
    ("labor", "labour"), ("center", "centre"), ("analyzed", "analysed"), ("resolved", "settled"),
];

/// The text in other words: each of these, in any case, by its like.
fn in_other_words(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric();
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let fresh = !made.ends_with(is_word);
        let found = WORDING.iter().find(|(from, _)| {
            let same = rest
                .get(..from.len())
                .is_some_and(|begins| begins.eq_ignore_ascii_case(from));
            fresh && same && !rest[from.len()..].starts_with(is_word)
        });
        match found {
            Some((from, to)) => {
                made.push_str(to);
                rest = &rest[from.len()..];
            }
            None => {
                made.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    made
}

fn agreement(before: (&Parts<'_>, &[f64]), after: (&Parts<'_>, &[f64])) -> Option<f64> {
    let (before, after) = (by_text(before), by_text(after));
    let both = before.iter().filter_map(|(text, value)| {
        let other = (*after.get(text)?)?;
        Some((((*value)?), other))
    });
    let (one, other): (Vec<f64>, Vec<f64>) = both.unzip();
    kendall_tau(&one, &other)
}

/// The segments' numbers by their words; none for words that stand there twice.
fn by_text((parts, values): (&Parts<'_>, &[f64])) -> HashMap<String, Option<f64>> {
    let mut found: HashMap<String, Option<f64>> = HashMap::new();
    for (segment, &value) in parts.segments.iter().zip(values) {
        let words: Vec<&str> = parts.text[segment.bytes.clone()]
            .split_whitespace()
            .collect();
        found
            .entry(words.join(" "))
            .and_modify(|known| *known = None)
            .or_insert(Some(value));
    }
    found
}
