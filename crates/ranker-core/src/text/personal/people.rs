//! Other people, and the candidate where a sentence introduces a name.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use super::kinds::Kind;
use super::page::{Case, Page};
use super::vocabulary::{CAPTIONS, INTRODUCES, REFERENCES};

/// Names that a title, a phrase or the heading of references introduces. `of_candidate` says whether the name is
/// the candidate's own.
pub(super) struct Introduced {
    pub(super) at: Range<usize>,
    pub(super) tokens: Range<usize>,
    pub(super) of_candidate: bool,
}

/// The phrases with which candidates name themselves.
const SELVES: [&str; 20] = [
    "my name is",
    "i am",
    "i'm",
    "im",
    "this is",
    "hi i'm",
    "ich heisse",
    "mein name ist",
    "je m'appelle",
    "je mappelle",
    "me llamo",
    "mi nombre es",
    "mi chiamo",
    "mijn naam is",
    "ik heet",
    "sincerely",
    "regards",
    "cordialement",
    "atentamente",
    "respectfully",
];

/// The first words of phrases that introduce a name.
static FIRST_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let words = INTRODUCES
        .iter()
        .filter_map(|phrase| phrase.split(' ').next());
    words.collect()
});

/// All of them.
pub(super) fn introduced(page: &Page<'_>) -> Vec<Introduced> {
    let mut found = Vec::new();
    for line in &page.lines {
        for at in line.tokens.clone() {
            found.extend(after_title(page, at, line.tokens.end));
            found.extend(after_phrase(page, at, line.tokens.end));
        }
    }
    found.extend(in_references(page));
    found
}

/// "Mr Smith", "Frau Dr. Weber": with the title, but for those of a degree.
fn after_title(page: &Page<'_>, at: usize, end: usize) -> Option<Introduced> {
    let title = &page.tokens[at];
    let honorific = title.is(Kind::Honorific) && title.case == Case::Capital;
    let degree = title.is(Kind::Degree) && title.case == Case::Capital && title.folded.len() <= 4;
    let gap = page.gap_after(at);
    if !(honorific || degree)
        || !matches!(gap, " " | ". ")
        || (degree && gap == " " && title.folded == "ing")
    {
        return None;
    }
    // "Oak Dr. Springfield" is a street.
    if degree
        && at > 0
        && page.gap_before(at) == " "
        && page.tokens[at - 1].is_capital()
        && !page.tokens[at - 1].is(Kind::Honorific)
        && !page.tokens[at - 1].is(Kind::Degree)
        && title.folded == "dr"
        && at > 1
        && page.tokens[at - 2].case == Case::Number
    {
        return None;
    }
    let mut first = at + 1;
    while first < end
        && (page.tokens[first].is(Kind::Honorific) || page.tokens[first].is(Kind::Degree))
        && page.tokens[first].is_capital()
    {
        first += 1;
    }
    if page
        .tokens
        .get(first)
        .is_some_and(|next| next.is(Kind::Product) || next.is(Kind::Month))
    {
        return None;
    }
    let small = |token: &usize| page.tokens[*token].is_particle();
    let word = first + (first..end).take_while(small).count();
    let last = name_end(page, word..end.min(word + 5));
    let from = if honorific { at } else { first };
    (last > word).then(|| Introduced {
        at: page.tokens[from].at.start..page.tokens[last - 1].at.end,
        tokens: first..last,
        of_candidate: false,
    })
}

/// "Reported to John Smith", "My name is Ana".
fn after_phrase(page: &Page<'_>, at: usize, end: usize) -> Option<Introduced> {
    const LONGEST: usize = 3;
    if !FIRST_WORDS.contains(page.tokens[at].folded.as_str()) {
        return None;
    }
    let after = (at + 1..=(at + LONGEST).min(end))
        .rev()
        .find(|after| INTRODUCES.contains(&page.folded(at..*after).as_str()))?;
    let phrase = page.folded(at..after);
    let own = SELVES.contains(&phrase.as_str());
    let gap = page.gap_after(after - 1);
    let colon = gap.trim_start().starts_with([':', '：']);
    let closing = own && gap.trim_end().len() <= 1 && gap.ends_with('\n');
    if !colon && !closing && (gap != " " || (after == at + 1 && !own)) && !(gap == ", " && own) {
        return None;
    }
    let last_of_line = match closing {
        true => {
            page.lines
                .get(page.line_at(page.tokens.get(after)?.at.start))?
                .tokens
                .end
        }
        false => end,
    };
    let last = name_end(page, after..last_of_line.min(after + 6));
    let words = (after..last)
        .filter(|token| page.tokens[*token].folded.chars().count() > 1)
        .count();
    let single = own
        && words == 1
        && ends(page, last - 1)
        && !page.tokens[after].is(Kind::Both)
        && !page.tokens[after].is(Kind::People);
    (words > 1 || single).then(|| Introduced {
        at: page.tokens[after].at.start..page.tokens[last - 1].at.end,
        tokens: after..last,
        of_candidate: own,
    })
}

/// Whether a sentence, clause or line ends after a token.
fn ends(page: &Page<'_>, token: usize) -> bool {
    let gap = page.gap_after(token);
    gap.trim().starts_with(['.', ',', '!', ';'])
        || gap.contains('\n')
        || gap.is_empty()
        || page
            .tokens
            .get(token + 1)
            .is_some_and(|next| next.folded == "and")
}

/// The first cells of lines under the heading of references.
fn in_references(page: &Page<'_>) -> Vec<Introduced> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in &page.lines {
        let words = line.tokens.len();
        if (1..=2).contains(&words)
            && REFERENCES.contains(&page.folded(line.tokens.clone()).as_str())
        {
            inside = true;
            continue;
        }
        inside &= !super::head::is_heading(page, line);
        for cell in line.cells.iter().filter(|_| inside) {
            let last = name_end(
                page,
                cell.tokens.start..cell.tokens.end.min(cell.tokens.start + 6),
            );
            let words = (cell.tokens.start..last)
                .filter(|token| page.tokens[*token].folded.chars().count() > 1)
                .count();
            let firm = page.tokens[cell.tokens.start..last]
                .iter()
                .any(|token| token.is(Kind::Firm));
            let goes_on = last < cell.tokens.end && page.gap_after(last - 1) == " ";
            if last > cell.tokens.start && words > 1 && !firm && !goes_on {
                found.push(Introduced {
                    at: page.tokens[cell.tokens.start].at.start..page.tokens[last - 1].at.end,
                    tokens: cell.tokens.start..last,
                    of_candidate: false,
                });
            }
        }
    }
    found
}

/// The token after the words of a name that begins here.
pub(super) fn name_end(page: &Page<'_>, tokens: Range<usize>) -> usize {
    let mut end = tokens.start;
    for at in tokens.clone() {
        let token = &page.tokens[at];
        let particle = token.is_particle() && at > tokens.start;
        if !(token.is_capital() && !token.is(Kind::Trade) || particle) {
            break;
        }
        if !particle {
            end = at + 1;
        }
        let initial = token.is_initial() || token.folded.len() == 2 && token.is(Kind::Suffix);
        let gap = page.gap_after(at);
        let joins = matches!(gap, " " | "'" | "’") || (gap == ". " && initial);
        if !joins {
            break;
        }
    }
    end
}

/// Captions of photographs: the line from "Photo of" on.
pub(super) fn captions(page: &Page<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for line in &page.lines {
        let Some(cell) = line.cells.first() else {
            continue;
        };
        let starts = |caption: &&str| {
            page.folded(
                cell.tokens.start
                    ..cell
                        .tokens
                        .end
                        .min(cell.tokens.start + caption.split(' ').count()),
            ) == **caption
        };
        if line.tokens.len() <= 14 && CAPTIONS.iter().any(starts) {
            found.push(line.at.clone());
        }
    }
    found
}
