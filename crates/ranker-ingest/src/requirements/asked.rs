//! What a job requires.

use std::collections::BTreeSet;
use std::ops::Range;

use ranker_core::{
    Asked, Demand, Filter, JobDescription, Language, Requirement, language, years_asked,
};

use super::named::{Named, named};
use super::parts::{Part, parts};
use super::titles::Title;
use crate::FactFinder;
use crate::facts::{degree, fact_names, languages};

/// A requirement, and what else is needed to judge it.
pub(super) struct Item {
    pub(super) requirement: Requirement,
    /// The condition of the filter that it stands for.
    pub(super) condition: Option<Filter>,
    /// The job's title, where its text asks for years under one like it.
    pub(super) title: Title,
}

/// The requirements of a job: those of its text in order, then those of its filter.
pub(super) fn items(finder: &FactFinder, job: &JobDescription) -> Vec<Item> {
    let text = job.plain_text();
    let german = language(text) == Some(Language::German);
    let mut found: Vec<Requirement> = Vec::new();
    if let Some(years) = years_asked(text) {
        let demand = demand(years.preferred);
        found.push(Requirement::new(Asked::Years(years.years), demand).at(years.at));
    }
    for part in parts(text) {
        found.extend(degree_of(&part));
        found.extend(languages_of(&part));
        found.extend(skills_of(finder, &part, german));
    }
    let found = without_repeated(found).into_iter().map(|mut requirement| {
        requirement.place = requirement.place.map(|place| job.written_at(place));
        let title = match requirement.asked {
            Asked::Years(_) => Title::known(finder, job.title()),
            _ => Title::default(),
        };
        Item {
            requirement,
            condition: None,
            title,
        }
    });
    let mut items: Vec<Item> = found.collect();
    of_filter(job.filter(), Demand::Required, &mut items);
    items
}

fn demand(wish: bool) -> Demand {
    match wish {
        true => Demand::Preferred,
        false => Demand::Required,
    }
}

fn degree_of(part: &Part) -> Option<Requirement> {
    let (degree, at) = degree::lowest(part.text)?;
    let asked = Asked::Degree(degree.to_owned());
    Some(Requirement::new(asked, demand(part.wish)).at(part.place(&at)))
}

fn languages_of(part: &Part) -> Vec<Requirement> {
    let asked = languages::asked(part.text).into_iter();
    let asked = asked.map(|(language, at)| Named {
        names: vec![language.to_owned()],
        at,
    });
    grouped(part, &asked.collect::<Vec<_>>(), Asked::Languages)
}

/// The skills that the taxonomy knows, and what else is asked by name.
fn skills_of(finder: &FactFinder, part: &Part, german: bool) -> Vec<Requirement> {
    let known = finder.skills.named(part.text, part.point).into_iter();
    let mut all: Vec<Named> = known
        .map(|known| Named {
            names: vec![known.skill.to_owned()],
            at: known.at,
        })
        .collect();
    let places: Vec<Range<usize>> = all.iter().map(|known| known.at.clone()).collect();
    for named in named(part, &places, german) {
        let within =
            |known: &&Named| known.at.start < named.at.end && named.at.start < known.at.end;
        let Some(last) = all
            .iter()
            .filter(within)
            .map(|known| known.at.clone())
            .next_back()
        else {
            all.push(named);
            continue;
        };
        if let [acronym, _, ..] = named.names.as_slice() {
            // The table knows the words, the job their acronym too.
            let at = last.clone();
            let known = all.iter_mut().find(|known| known.at == at);
            known
                .into_iter()
                .for_each(|known| known.names.push(acronym.clone()));
            continue;
        }
        // "SAP FI/CO" is more than SAP; "Autodesk AutoCAD" and "Python 3" are no more than what is known.
        let more = part.text.get(last.end..named.at.end);
        if !more.is_some_and(|more| more.contains(char::is_alphabetic)) {
            continue;
        }
        let mut named = named;
        if named.at.start < last.start {
            named
                .names
                .push(part.text[last.start..named.at.end].to_owned());
        }
        all.retain(|known| !(known.at.start < named.at.end && named.at.start < known.at.end));
        all.push(named);
    }
    all.sort_by_key(|named| named.at.start);
    grouped(part, &all, Asked::Skills)
}

/// One requirement for each name; names with "or" among them, and examples ("such as ..."), are one.
fn grouped(
    part: &Part,
    named: &[Named],
    asked: impl Fn(BTreeSet<String>) -> Asked,
) -> Vec<Requirement> {
    let text = part.text;
    let join = |left: &Named, right: &Named| join(text.get(left.at.end..right.at.start)?);
    let mut found = Vec::new();
    for run in named.chunk_by(|left, right| join(left, right).is_some()) {
        let last_or = run
            .windows(2)
            .rposition(|pair| join(&pair[0], &pair[1]) == Some(Join::Or));
        // "A, B or C, D": D is asked beside one of the others. "A, B or similar": each of them is one way.
        let by_commas = run.windows(2).all(|pair| {
            let gap = text.get(pair[0].at.end..pair[1].at.start);
            gap.is_some_and(|gap| gap.trim() == ",")
        });
        let is_open = by_commas && is_left_open("", &text[run[run.len() - 1].at.end..]);
        let alternatives = match is_open || are_examples(&text[..run[0].at.start]) {
            true => run.len(),
            false => last_or.map_or(0, |at| at + 2),
        };
        let (one_of, each) = run.split_at(alternatives);
        let groups = std::iter::once(one_of).chain(each.chunks(1));
        let is_whole = |group: &&[Named]| match (group.first(), group.last()) {
            (Some(first), Some(last)) => {
                !is_left_open(&text[..first.at.start], &text[last.at.end..])
            }
            _ => false,
        };
        for group in groups.filter(is_whole) {
            let names = group.iter().flat_map(|named| named.names.clone()).collect();
            let place = part.place(&(group[0].at.start..group[group.len() - 1].at.end));
            found.push(Requirement::new(asked(names), demand(part.wish)).at(place));
        }
    }
    found
}

/// Whether what stands before or after names another way to meet a requirement, in words that are not known:
/// "Zig or C++", "Kafka, or similar". Who has that would be called lacking.
fn is_left_open(before: &str, after: &str) -> bool {
    let or = |word: Option<&str>| word.is_some_and(|word| join(word) == Some(Join::Or));
    let before = before.trim_end_matches([' ', ',']);
    let after = after.trim_start_matches([' ', ',', ')']);
    or(before.split_whitespace().next_back()) || or(after.split_whitespace().next())
}

/// How two names of a list are joined.
#[derive(Debug, PartialEq)]
enum Join {
    And,
    Or,
}

/// How what stands between two names joins them; `None` where they are not of one list.
fn join(gap: &str) -> Option<Join> {
    const OR: [&str; 7] = ["or", "oder", "ou", "o", "of", "bzw", "/"];
    const AND: [&str; 9] = ["and", "und", "et", "y", "e", "en", "&", "+", ""];
    let lower = gap.to_lowercase().replace('/', " / ");
    let mut found = Join::And;
    for word in lower.split([' ', ',', '.', '\n', '(', ')']) {
        match word {
            word if OR.contains(&word) => found = Join::Or,
            word if AND.contains(&word) => {}
            _ => return None,
        }
    }
    Some(found)
}

/// Whether examples follow this text: "a language such as".
fn are_examples(before: &str) -> bool {
    const SUCH_AS: [&str; 11] = [
        "such as",
        "like",
        "e.g.",
        "eg",
        "for example",
        "z.b.",
        "wie",
        "comme",
        "como",
        "come",
        "zoals",
    ];
    let before = before.trim_end_matches([' ', ',', ':', '(']).to_lowercase();
    SUCH_AS.iter().any(|words| {
        let rest = before.strip_suffix(words);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', ',', '(']))
    })
}

/// What is asked twice is asked once, and required where one of the two requires it.
fn without_repeated(found: Vec<Requirement>) -> Vec<Requirement> {
    let mut kept: Vec<Requirement> = Vec::new();
    for requirement in found {
        match kept.iter_mut().find(|kept| kept.asked == requirement.asked) {
            Some(kept) if kept.demand == Demand::Preferred => *kept = requirement,
            Some(_) => {}
            None => kept.push(requirement),
        }
    }
    kept
}

/// The conditions of a filter, each a requirement unless the text has it.
fn of_filter(filter: &Filter, demand: Demand, items: &mut Vec<Item>) {
    let words = |words: &BTreeSet<String>| words.iter().cloned().collect();
    let asked = match filter {
        Filter::All => return,
        Filter::And(all) => {
            all.iter().for_each(|one| of_filter(one, demand, items));
            return;
        }
        Filter::Not(denied) if demand == Demand::Required => {
            return of_filter(denied, Demand::Excluded, items);
        }
        Filter::Range { fact, min, max } if fact == fact_names::YEARS && *max == f64::INFINITY => {
            Asked::Years(*min)
        }
        Filter::AnyOf { fact, words: any } if fact == fact_names::SKILLS => {
            Asked::Skills(words(any))
        }
        Filter::AnyOf { fact, words: any } if fact == fact_names::LANGUAGES => {
            Asked::Languages(words(any))
        }
        Filter::AllOf { fact, words: all } if fact == fact_names::SKILLS => {
            let one = |word: &String| Filter::any_of(fact_names::SKILLS, [word]);
            all.iter()
                .for_each(|word| of_filter(&one(word), demand, items));
            return;
        }
        other => Asked::Fact(other.to_string()),
    };
    if items.iter().any(|item| item.requirement.asked == asked) {
        return;
    }
    items.push(Item {
        requirement: Requirement::new(asked, demand),
        condition: Some(filter.clone()),
        title: Title::default(),
    });
}
