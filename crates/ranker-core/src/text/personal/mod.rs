//! What of a text says who somebody is, where they live and what they are, and nothing of their work.

mod address;
mod birth;
mod contact;
mod head;
mod kinds;
mod labels;
mod mentions;
mod page;
mod people;
mod pronouns;
mod spaces;
mod tidy;
#[rustfmt::skip] // Lists of words.
mod vocabulary;

use std::collections::HashSet;
use std::ops::Range;

use contact::{Contact, contacts};
use head::{Known, head_lines};
use labels::Label;
use mentions::Names;
use page::{Case, Page, fold};
pub(crate) use spaces::spaces;

/// How far the taking out goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Names, pronouns, contact data, addresses, and what is said of birth, sex and family.
    Person,
    /// Years of studies too.
    PersonAndStudies,
}

/// The stretches of a resume that say who somebody is, disjoint and in order, with the signs that would be left for
/// nothing. Takes a text with single spaces and without blank lines ([`spaces`]), whose first line is a headline of
/// its own where `titled` says so. Takes time linear in the text.
pub(crate) fn personal(text: &str, titled: Titled, extent: Extent) -> Vec<Range<usize>> {
    let page = Page::of(text);
    let contacts = contacts(text);
    let head = head_lines(&page, &contacts);
    let mut found = Found::of(&page, head, &contacts);
    found.names(&page, head, titled, &contacts);
    if extent == Extent::PersonAndStudies {
        found.cuts.extend(birth::graduations(&page));
    }
    tidy::tidied(&page, found.cuts)
}

/// Whether a text begins with a headline that was given apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Titled {
    Apart,
    No,
}

/// What was found of a text.
struct Found {
    cuts: Vec<Range<usize>>,
    names: Names,
}

impl Found {
    /// What needs no name to be found.
    fn of(page: &Page<'_>, head: usize, contacts: &[(Contact, Range<usize>)]) -> Self {
        let mut names = Names::default();
        let mut cuts = Vec::new();
        for one in labels::labelled(page, head, contacts) {
            if one.label == Label::Name {
                names.add(page, one.value);
            }
            cuts.push(one.at);
        }
        let ends = page
            .lines
            .get(head)
            .map_or(page.text.len(), |line| line.at.start);
        let sure = contacts.iter().filter(|(kind, _)| is_sure(*kind));
        let lines: HashSet<usize> = sure.map(|(_, at)| page.line_at(at.start)).collect();
        // "Booking.com" in a sentence is no page of the candidate's.
        let taken: Vec<Range<usize>> = contacts.iter().map(|(_, at)| at.clone()).collect();
        let told = |line: usize| {
            let words = page
                .lines
                .get(line)
                .map_or(0..0, |line| line.tokens.clone());
            let mut words = page.tokens[words].iter();
            words.any(|token| token.case == Case::Small && !tidy::meets(&taken, &token.at))
        };
        let near = |at: &Range<usize>| {
            let line = page.line_at(at.start);
            lines.contains(&line) || (at.start < ends && !told(line))
        };
        let meant = contacts
            .iter()
            .filter(|(kind, at)| is_sure(*kind) || near(at));
        cuts.extend(meant.map(|(_, at)| at.clone()));
        cuts.extend(address::addresses(page));
        cuts.extend(birth::births(page, head));
        cuts.extend(people::captions(page));
        Self {
            cuts: tidy::merged(cuts),
            names,
        }
    }

    /// Names, places beside contact data, later mentions, and pronouns.
    fn names(
        &mut self,
        page: &Page<'_>,
        head: usize,
        titled: Titled,
        contacts: &[(Contact, Range<usize>)],
    ) {
        let small = page
            .tokens
            .iter()
            .filter(|token| token.case == Case::Small && token.folded.len() > 2);
        let mut known = Known {
            page,
            head,
            titled: titled == Titled::Apart,
            found: &[],
            small: small.map(|token| token.folded.as_str()).collect(),
            handles: handles(page.text, contacts),
        };
        let before = std::mem::take(&mut self.cuts);
        known.found = &before;
        let mut cuts = before.clone();
        if let Some(name) = known.name() {
            let from = titles_before(page, name.start);
            cuts.push(page.tokens[from].at.start..page.tokens[name.end - 1].at.end);
            self.names.add(page, name);
        }
        for one in people::introduced(page) {
            if one.of_candidate {
                self.names.add(page, one.tokens.clone());
            }
            cuts.push(one.at);
        }
        let cuts = tidy::merged(cuts);
        known.found = &cuts;
        let mut all = known.places();
        all.extend(self.names.mentions(page, &known.small));
        all.extend(pronouns::pronouns(page));
        all.extend(cuts);
        self.cuts = all;
    }
}

/// The first of the titles before a name that give away a sex.
fn titles_before(page: &Page<'_>, mut name: usize) -> usize {
    let joined = |token: usize| matches!(page.gap_after(token), " " | ". ");
    let mut first = name;
    while name > 0
        && joined(name - 1)
        && (page.tokens[name - 1].is(kinds::Kind::Honorific)
            || page.tokens[name - 1].is(kinds::Kind::Degree))
    {
        name -= 1;
        if page.tokens[name].is(kinds::Kind::Honorific) {
            first = name;
        }
    }
    first
}

/// Whether a stretch leads to somebody wherever it stands.
fn is_sure(kind: Contact) -> bool {
    matches!(kind, Contact::Mail | Contact::Link | Contact::Phone)
}

/// The letters of e-mail addresses and of the last part of links, in small letters.
fn handles(text: &str, contacts: &[(Contact, Range<usize>)]) -> Vec<String> {
    let of = |(kind, at): &(Contact, Range<usize>)| {
        let whole = &text[at.clone()];
        let part = match kind {
            Contact::Mail => whole.split('@').next(),
            Contact::Link => whole.trim_end_matches('/').rsplit('/').next(),
            Contact::Domain | Contact::Phone | Contact::Digits => None,
        };
        part.map(|part| {
            fold(part)
                .chars()
                .filter(|c| c.is_alphabetic())
                .collect::<String>()
        })
    };
    contacts
        .iter()
        .filter_map(of)
        .filter(|handle| !handle.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
