//! The candidate's name at the head of a resume, and the place beside the contact data.

use std::collections::HashSet;
use std::ops::Range;

use super::address::{is_place_shaped, is_postal};
use super::birth::parts;
use super::contact::Contact;
use super::kinds::Kind;
use super::page::{Case, Line, Page, Token};
use super::tidy::meets;
use super::vocabulary::{DOCUMENTS, LINKS};

/// What is known before names are looked for.
pub(super) struct Known<'p> {
    pub(super) page: &'p Page<'p>,
    /// How many lines the head has.
    pub(super) head: usize,
    /// Whether the first line is a headline that was given apart.
    pub(super) titled: bool,
    /// What was found so far.
    pub(super) found: &'p [Range<usize>],
    /// Words that the text has in small letters too.
    pub(super) small: HashSet<&'p str>,
    /// The letters of e-mail addresses and of links to people, by which names are known.
    pub(super) handles: Vec<String>,
}

/// A candidate for a name: its tokens, and what follows them.
struct Parsed {
    tokens: Range<usize>,
    /// How many words have two letters at least.
    words: usize,
    /// Whether a title such as "Mr" stands before.
    titled: bool,
    after: After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The end of the cell, a comma or a bracket.
    End,
    /// A trade, without a sign between.
    Trade,
    /// Another word.
    Other,
}

/// How many lines the head of a resume has: up to the first heading or long line, twelve at most.
pub(super) fn head_lines(page: &Page<'_>, contacts: &[(Contact, Range<usize>)]) -> usize {
    const MOST: usize = 12;
    const LONG: usize = 16;
    let ends = |(at, line): (usize, &Line)| {
        let contact = contacts
            .iter()
            .any(|(_, one)| line.at.start <= one.start && one.end <= line.at.end);
        is_heading(page, line) || (at > 0 && line.tokens.len() > LONG && !contact)
    };
    let lines = page.lines.iter().enumerate().take(MOST);
    lines.clone().position(ends).unwrap_or(lines.len())
}

/// Whether a line is the heading of a section.
pub(super) fn is_heading(page: &Page<'_>, line: &Line) -> bool {
    const WORDS: [&str; 14] = [
        "history",
        "background",
        "and",
        "y",
        "et",
        "und",
        "e",
        "en",
        "of",
        "professionnelle",
        "laboral",
        "profesional",
        "professionale",
        "me",
    ];
    let words = &page.tokens[line.tokens.clone()];
    let heading = |token: &Token| token.is(Kind::Section) || WORDS.contains(&token.folded.as_str());
    (1..=4).contains(&words.len()) && words[0].is(Kind::Section) && words.iter().all(heading)
}

impl Known<'_> {
    /// The tokens of the candidate's name, as it stands at the head.
    pub(super) fn name(&self) -> Option<Range<usize>> {
        const LINES: usize = 6;
        let mut unknown = 0;
        let mut traded = false;
        for (number, line) in self
            .page
            .lines
            .iter()
            .enumerate()
            .take(self.head.min(LINES))
        {
            for cell in &line.cells {
                if self.is_found(&cell.at) {
                    continue;
                }
                let (tokens, introduced) = self.without_document(cell.tokens.clone());
                if tokens.is_empty() {
                    continue;
                }
                if let Some(parsed) = self.parsed(tokens.clone(), introduced) {
                    let place = Place {
                        number,
                        unknown,
                        traded,
                        introduced,
                    };
                    if self.is_name(&parsed, &place) {
                        return Some(parsed.tokens);
                    }
                }
                let words = &self.page.tokens[tokens];
                let trade = words.iter().any(|token| token.is(Kind::Trade)) || are_of_titles(words);
                traded |= trade;
                unknown += usize::from(!trade);
            }
        }
        None
    }

    /// Whether something found has every word of a stretch.
    fn is_found(&self, at: &Range<usize>) -> bool {
        let mut tokens = self.page.within(at);
        tokens.all(|token| meets(self.found, &self.page.tokens[token].at))
    }

    /// A cell without "Curriculum Vitae of" before it; whether that stood there.
    fn without_document(&self, tokens: Range<usize>) -> (Range<usize>, bool) {
        for words in (1..=3)
            .rev()
            .filter(|words| tokens.start + words <= tokens.end)
        {
            let at = tokens.start + words;
            if !DOCUMENTS.contains(&self.page.folded(tokens.start..at).as_str()) {
                continue;
            }
            let gap = self.page.gap_after(at - 1);
            if at < tokens.end && LINKS.contains(&self.page.tokens[at].folded.as_str()) {
                return (at + 1..tokens.end, true);
            }
            return (
                at..tokens.end,
                gap.contains(':') || words > 1 || at < tokens.end,
            );
        }
        (tokens, false)
    }

    /// The words at the start of a cell that may be a name.
    fn parsed(&self, tokens: Range<usize>, introduced: bool) -> Option<Parsed> {
        const MOST: usize = 7;
        let page = self.page;
        let mut first = tokens.start;
        while first + 1 < tokens.end
            && (page.tokens[first].is(Kind::Honorific) || page.tokens[first].is(Kind::Degree))
        {
            first += 1;
        }
        let titled = first > tokens.start;
        let small = introduced || self.is_handle(first..tokens.end.min(first + 4));
        let (mut end, mut words, mut comma) = (first, 0, false);
        let mut after = After::End;
        for at in first..tokens.end.min(first + MOST) {
            let token = &page.tokens[at];
            if !self.may_name(token, at == first, small) {
                after = if token.is(Kind::Trade) {
                    After::Trade
                } else {
                    After::Other
                };
                break;
            }
            let particle = token.is_particle();
            if !particle {
                end = at + 1;
            }
            words += usize::from(
                !particle && !token.is(Kind::Suffix) && token.folded.chars().count() > 1,
            );
            let gap = page.gap_after(at);
            if gap.contains([':', '：']) {
                return None;
            }
            let inverted =
                gap == ", " && !comma && words <= 3 && self.is_inverted(at + 1..tokens.end);
            comma |= inverted;
            if !inverted
                && !matches!(
                    gap,
                    " " | ". "
                        | "' "
                        | " ("
                        | ") "
                        | " \""
                        | "\" "
                        | " “"
                        | "” "
                        | " '"
                        | "'"
                        | "’"
                )
                && at + 1 < tokens.end
            {
                break;
            }
        }
        (end > first && words > 0).then_some(Parsed {
            tokens: first..end,
            words,
            titled,
            after,
        })
    }

    /// Whether what follows a comma to the cell's end is first names: "LOPEZ, Ana Maria".
    fn is_inverted(&self, tokens: Range<usize>) -> bool {
        let words = &self.page.tokens[tokens.clone()];
        let signs = tokens
            .clone()
            .any(|at| at + 1 < tokens.end && !matches!(self.page.gap_after(at), " " | ". "));
        (1..=3).contains(&words.len())
            && !signs
            && words.iter().all(|token| {
                token.is_capital()
                    && !token.is(Kind::Trade)
                    && !token.is(Kind::Letters)
                    && !token.is(Kind::Suffix)
                    && !self.is_everyday(token)
            })
    }

    fn may_name(&self, token: &Token, first: bool, small: bool) -> bool {
        if token.is(Kind::Particle) && (token.case == Case::Small || !first) {
            return true;
        }
        if token.is(Kind::Trade) || token.case == Case::Number {
            return false;
        }
        let written = token.is_capital() || (small && token.case == Case::Small);
        written && (!self.is_everyday(token) || small)
    }

    /// Whether the text has the word in small letters too, so that it is no name, or one that is a word as well.
    fn is_everyday(&self, token: &Token) -> bool {
        !token.is(Kind::Both) && self.small.contains(token.folded.as_str())
    }

    /// Whether an e-mail address or a link repeats one of these words.
    fn is_handle(&self, tokens: Range<usize>) -> bool {
        const LEAST: usize = 3;
        let words = self.page.tokens[tokens]
            .iter()
            .filter(|token| !token.is(Kind::Trade) && token.folded.len() >= LEAST);
        let known = |piece: &str| {
            piece.len() >= LEAST && self.handles.iter().any(|handle| handle.contains(piece))
        };
        words.into_iter().any(|token| {
            known(&token.folded.replace('-', "")) || token.folded.split('-').any(known)
        })
    }

    fn is_name(&self, parsed: &Parsed, place: &Place) -> bool {
        let words = &self.page.tokens[parsed.tokens.clone()];
        let doubtful = words.iter().all(|token| {
            token.is(Kind::Both) || token.folded.chars().count() < 2 || token.is(Kind::Particle)
        });
        let firm = words
            .iter()
            .any(|token| token.is(Kind::Firm) && !token.is(Kind::Both));
        if place.introduced
            || (parsed.titled && parsed.after != After::Other)
            || self.is_handle(parsed.tokens.clone())
        {
            return true;
        }
        let headline = match self.titled && place.number == 0 {
            true => parsed.words < 2 || words.iter().any(is_of_titles),
            false => are_of_titles(words),
        };
        if firm || headline {
            return false;
        }
        let beside = self.beside(place.number);
        match (place.unknown, parsed.after) {
            (0, After::End) if parsed.words > 1 => !doubtful || beside != Beside::Nothing,
            (0, After::End) => {
                !doubtful
                    && beside != Beside::Nothing
                    && !place.traded
                    && !self.is_everyday(&words[0])
            }
            (0, After::Trade) => parsed.words > 1 && self.is_set_apart(parsed),
            (0, After::Other) => {
                parsed.words > 1
                    && self
                        .page
                        .tokens
                        .get(parsed.tokens.end)
                        .is_some_and(|next| next.is(Kind::Does))
                    && !doubtful
            }
            (_, After::End) => {
                place.traded
                    && parsed.words > 1
                    && !doubtful
                    && place.unknown < 2
                    && beside == Beside::Contact
            }
            _ => false,
        }
    }

    /// Whether a name in capitals stands before a trade that is not, or the other way round.
    fn is_set_apart(&self, parsed: &Parsed) -> bool {
        let case = self.page.tokens[parsed.tokens.start].case;
        let next = self
            .page
            .tokens
            .get(parsed.tokens.end)
            .map(|token| token.case);
        let capitals = |case: Case| case == Case::Capitals;
        let one = self.page.tokens[parsed.tokens.clone()]
            .iter()
            .all(|token| token.case == case || token.is_initial());
        let long = self
            .page
            .tokens
            .get(parsed.tokens.end)
            .is_some_and(|next| next.folded.len() > 3);
        one && long && next.is_some_and(|next| capitals(case) != capitals(next))
    }

    /// What the head has on this line and the two after it.
    fn beside(&self, number: usize) -> Beside {
        let lines = &self.page.lines[number..(number + 3).min(self.page.lines.len())];
        let holds = |line: &Line| meets(self.found, &line.at);
        if lines.iter().any(holds) {
            return Beside::Contact;
        }
        let next = lines
            .iter()
            .skip(1)
            .flat_map(|line| self.page.tokens[line.tokens.clone()].iter().take(8));
        match next
            .clone()
            .any(|token| token.is(Kind::Trade) && token.folded.len() > 3)
        {
            true => Beside::Trade,
            false => Beside::Nothing,
        }
    }

    /// The places that stand with the contact data of the head, line by line outwards from these.
    pub(super) fn places(&self) -> Vec<Range<usize>> {
        let holds = |line: &Line| {
            let meets =
                |found: &Range<usize>| line.at.start < found.end && found.start < line.at.end;
            self.found.iter().any(meets)
        };
        let lines = &self.page.lines[..self.head];
        let mut held: Vec<bool> = lines.iter().map(holds).collect();
        let mut found = Vec::new();
        let (down, up) = (0..lines.len(), (0..lines.len()).rev());
        for number in down.chain(up) {
            let around = number.saturating_sub(1)..(number + 2).min(held.len());
            if held[around].iter().any(|held| *held) {
                let places = self.places_in(number, &held);
                held[number] |= !places.is_empty();
                found.extend(places);
            }
        }
        found
    }

    /// The places of a line of the head: all that may be one where the line has contact data, and a line of few words
    /// with such data above and below.
    fn places_in(&self, number: usize, held: &[bool]) -> Vec<Range<usize>> {
        let line = &self.page.lines[number];
        if self.titled && number == 0 {
            return Vec::new();
        }
        let words = &self.page.tokens[line.tokens.clone()];
        // A headline may stand there too: "Site Manager, Residential".
        let headline = are_of_titles(words) || words.iter().any(|word| word.is(Kind::Trade));
        let between = number > 0 && held[number - 1] && held.get(number + 1) == Some(&true);
        let whole = held[number]
            || is_postal(self.page, &line.tokens)
            || (between && line.tokens.len() <= 3 && !headline);
        let parts = parts(self.page, line.tokens.clone()).into_iter();
        let places = parts.filter(|part| {
            whole
                && !self.is_found(&self.bytes(part))
                && is_place_shaped(self.page, part)
                && !self.is_skill(part)
        });
        places.map(|part| self.bytes(&part)).collect()
    }

    fn is_skill(&self, tokens: &Range<usize>) -> bool {
        let words = &self.page.tokens[tokens.clone()];
        // "Prep Cook": what ends in a trade that is a surname too is more likely a headline than a place.
        let headline = words.len() > 1 && words.last().is_some_and(|last| last.is(Kind::Both));
        let skill = |token: &Token| {
            token.is(Kind::Section) || token.is(Kind::Trade) || self.is_everyday(token)
        };
        headline || words.iter().any(skill)
    }

    fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        self.page.tokens[tokens.start].at.start..self.page.tokens[tokens.end - 1].at.end
    }
}

/// Whether a word may stand in the title of an occupation.
fn is_of_titles(token: &Token) -> bool {
    token.is(Kind::TitleWord) || token.is(Kind::Trade) || token.is(Kind::Both)
}

/// Whether these words are a headline rather than a name: "Tub Tender".
fn are_of_titles(words: &[Token]) -> bool {
    words.iter().any(|token| token.is(Kind::TitleWord)) && words.iter().all(is_of_titles)
}

/// Where a candidate for a name stands.
struct Place {
    number: usize,
    /// How many cells before it are neither a trade nor personal data.
    unknown: usize,
    /// Whether a trade stands before it.
    traded: bool,
    /// Whether a document's own name introduces it.
    introduced: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Contact,
    Trade,
    Nothing,
}
