//! Where a text names again whom it named before.

use std::collections::HashSet;
use std::ops::Range;

use super::kinds::Kind;
use super::page::{Case, Page};

/// The words of names, folded.
#[derive(Debug, Default)]
pub(super) struct Names {
    words: HashSet<String>,
    /// Small words before them: "van", "der".
    particles: HashSet<String>,
}

impl Names {
    /// Adds the words of a name, and the parts of those with a hyphen.
    pub(super) fn add(&mut self, page: &Page<'_>, tokens: Range<usize>) {
        for token in &page.tokens[tokens] {
            if token.is_particle() {
                self.particles.insert(token.folded.clone());
                continue;
            }
            let short = token.folded.chars().count() < 2;
            if short
                || token.is(Kind::Suffix)
                || token.is(Kind::Honorific)
                || token.case == Case::Number
            {
                continue;
            }
            let parts = token
                .folded
                .split('-')
                .filter(|part| part.len() > 2 && part.len() < token.folded.len());
            self.words.extend(parts.map(str::to_owned));
            self.words.insert(token.folded.clone());
        }
    }

    fn has(&self, page: &Page<'_>, token: usize) -> bool {
        let token = &page.tokens[token];
        self.words.contains(&token.folded)
            || (token.folded.contains('-')
                && token
                    .folded
                    .split('-')
                    .all(|part| self.words.contains(part)))
    }

    /// Whether it is a small word of a name, before the next one.
    fn is_particle(&self, page: &Page<'_>, token: usize) -> bool {
        let word = &page.tokens[token];
        word.is_particle() && self.particles.contains(&word.folded) && page.gap_after(token) == " "
    }

    /// The stretches that name somebody again.
    pub(super) fn mentions(&self, page: &Page<'_>, small: &HashSet<&str>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.words.is_empty() {
            return found;
        }
        for line in &page.lines {
            let mut at = line.tokens.start;
            while at < line.tokens.end {
                if !self.has(page, at) {
                    at += 1;
                    continue;
                }
                let (start, end) = self.run(page, at, &line.tokens);
                let several = (at..end).filter(|token| self.has(page, *token)).count() > 1;
                let capital = (at..end).any(|token| page.tokens[token].is_capital());
                if (several && capital)
                    || (!several && self.is_meant(page, at, &line.tokens, small))
                {
                    found.push(page.tokens[start].at.start..page.tokens[end - 1].at.end);
                }
                at = end;
            }
        }
        found
    }

    /// The words of names in a row, with initials and small words among them.
    fn run(&self, page: &Page<'_>, at: usize, line: &Range<usize>) -> (usize, usize) {
        let joins = |token: usize| matches!(page.gap_after(token), " " | ". " | ", " | "-");
        let (mut end, mut next) = (at + 1, at + 1);
        while next < line.end && joins(next - 1) {
            let token = &page.tokens[next];
            if self.has(page, next) {
                end = next + 1;
            } else if !(token.is_initial() || token.is_particle()) || next - end > 2 {
                break;
            }
            next += 1;
        }
        let single = end == at + 1;
        let initial = |token: usize| {
            page.tokens[token].is_initial() && matches!(page.gap_after(token), " " | ". ")
        };
        let mut start = at;
        while start > line.start && initial(start - 1) && !single {
            start -= 1;
        }
        // "A. Lopez" and "Ana L."
        if single && at > line.start && initial(at - 1) && page.gap_after(at - 1) == ". " {
            start = at - 1;
        }
        while start > line.start && self.is_particle(page, start - 1) {
            start -= 1;
        }
        (start, end)
    }

    /// Whether one word alone is the person and not a skill, a firm or a place.
    fn is_meant(
        &self,
        page: &Page<'_>,
        at: usize,
        line: &Range<usize>,
        small: &HashSet<&str>,
    ) -> bool {
        let token = &page.tokens[at];
        if !token.is_capital() {
            // Scripts without capitals.
            return !token.folded.is_ascii()
                && token.case == Case::Small
                && !page.text[token.at.clone()].contains(char::is_lowercase);
        }
        let doubtful = token.is(Kind::Both) || token.is(Kind::Trade) || token.is(Kind::Month);
        if token.is(Kind::Thing)
            || small.contains(token.folded.as_str())
            || (doubtful && !is_in_sentence(page, at, line))
        {
            return self.acts(page, at, line);
        }
        !(is_part_of_another(page, at, line) || is_place(page, at, line))
    }

    /// Whether the word begins a sentence in which somebody does something: "Grace led the team".
    fn acts(&self, page: &Page<'_>, at: usize, line: &Range<usize>) -> bool {
        let begins = at == line.start || page.gap_after(at - 1).contains(['.', '!', '?', '•', ':']);
        let next = page.tokens.get(at + 1).filter(|_| at + 1 < line.end);
        let own = page.text[page.tokens[at].at.clone()].ends_with(['s'])
            && page.text[page.tokens[at].at.clone()].contains(['\'', '’']);
        let does = next.is_some_and(|next| next.is(Kind::Does) && next.case == Case::Small)
            && page.gap_after(at) == " ";
        begins && (does || own)
    }
}

/// Whether the word stands inside a sentence, where only names have capitals.
fn is_in_sentence(page: &Page<'_>, at: usize, line: &Range<usize>) -> bool {
    at > line.start
        && page.gap_after(at - 1) == " "
        && page.tokens[at].case == Case::Capital
        && page.tokens[at - 1].case == Case::Small
}

/// Whether it stands in the name of a firm, a school or another thing: "JPMorgan Chase", "Lopez Consulting GmbH".
fn is_part_of_another(page: &Page<'_>, at: usize, line: &Range<usize>) -> bool {
    let tokens = &page.tokens;
    let joined = |gap: &str| matches!(gap, " " | " & " | "-" | "&" | "/");
    let next = (at + 1 < line.end && joined(page.gap_after(at))).then(|| &tokens[at + 1]);
    let before = (at > line.start && joined(page.gap_after(at - 1))).then(|| &tokens[at - 1]);
    if next.is_some_and(|next| next.is(Kind::Firm))
        || page.gap_after(at).starts_with([' ']) && page.gap_after(at).trim() == "&"
        || page.text[..tokens[at].at.start].ends_with("& ")
    {
        return true;
    }
    let around = line.start.max(at.saturating_sub(8))..line.end.min(at + 9);
    let mut long = tokens[around].iter().filter(|token| token.folded.len() > 3);
    let capitals = long.all(|token| token.case == Case::Capitals);
    if capitals {
        return false;
    }
    let begins = at < 2
        || at - 1 == line.start
        || page.gap_after(at - 2).contains(['.', '!', '?', ':', '•']);
    let proper = |token: &super::page::Token| {
        token.is_capital() && !token.is(Kind::Trade) && !token.is_initial()
    };
    before.is_some_and(|before| proper(before) && !begins) || next.is_some_and(proper)
}

/// Whether it stands where a place does: "in Jordan", "Austin, TX", "Amman, Jordan".
fn is_place(page: &Page<'_>, at: usize, line: &Range<usize>) -> bool {
    let tokens = &page.tokens;
    let after =
        at > line.start && page.gap_after(at - 1) == " " && tokens[at - 1].is(Kind::PlaceAfter);
    let of = at > line.start + 1 && tokens[at - 1].folded == "of" && tokens[at - 2].is(Kind::Firm);
    let region = at + 1 < line.end
        && page.gap_after(at) == ", "
        && tokens[at + 1].case == Case::Capitals
        && tokens[at + 1].folded.len() == 2;
    let city =
        at > line.start && page.gap_after(at - 1) == ", " && tokens[at - 1].is_capital() && {
            let ends = at + 1 == line.end
                || !page.gap_after(at).starts_with(' ')
                || page.gap_after(at).len() > 1
                || tokens[at + 1].case == Case::Number;
            ends && (at - 1 == line.start || !matches!(page.gap_after(at - 2), ", "))
        };
    after || of || region || city
}
