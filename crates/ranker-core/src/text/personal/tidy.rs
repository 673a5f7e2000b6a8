//! What is left of a line, once parts of it are gone: no empty cells, brackets or lines.

use std::ops::Range;

use super::labels::label;
use super::page::{Cell, Line, Page};
use super::vocabulary::EMPTY_HEADINGS;

/// Stretches in order that neither touch nor overlap.
pub(super) fn merged(mut stretches: Vec<Range<usize>>) -> Vec<Range<usize>> {
    stretches.sort_by_key(|stretch| stretch.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match merged.last_mut() {
            Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
            _ => merged.push(stretch),
        }
    }
    merged.retain(|stretch| !stretch.is_empty());
    merged
}

/// Whether one of some stretches in order, which do not overlap, has a part of this one.
pub(super) fn meets(stretches: &[Range<usize>], at: &Range<usize>) -> bool {
    let first = stretches.partition_point(|one| one.end <= at.start);
    stretches.get(first).is_some_and(|one| one.start < at.end)
}

/// The stretches, each with the signs and spaces that would be left without a purpose.
pub(super) fn tidied(page: &Page<'_>, cuts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let cuts = merged(
        cuts.into_iter()
            .map(|cut| with_brackets(page.text, cut))
            .collect(),
    );
    let mut tidy = Vec::with_capacity(cuts.len());
    for line in &page.lines {
        let first = cuts.partition_point(|cut| cut.end <= line.at.start);
        let end = cuts.partition_point(|cut| cut.start < line.at.end);
        if first < end {
            in_line(page, line, &cuts[first..end], &mut tidy);
        } else if is_empty_heading(page, line) {
            tidy.push(whole(page.text, line));
        }
    }
    merged(tidy)
}

fn is_empty_heading(page: &Page<'_>, line: &Line) -> bool {
    (1..=4).contains(&line.tokens.len())
        && EMPTY_HEADINGS.contains(&page.folded(line.tokens.clone()).as_str())
}

/// A line with its end.
fn whole(text: &str, line: &Line) -> Range<usize> {
    let ended = text[line.at.end..].starts_with('\n');
    let start = if ended || line.at.start == 0 {
        line.at.start
    } else {
        line.at.start - 1
    };
    start..line.at.end + usize::from(ended)
}

fn in_line(page: &Page<'_>, line: &Line, cuts: &[Range<usize>], tidy: &mut Vec<Range<usize>>) {
    let left: Vec<bool> = line
        .cells
        .iter()
        .map(|cell| is_left(page, cell, cuts))
        .collect();
    let Some(last) = left.iter().rposition(|left| *left) else {
        tidy.push(whole(page.text, line));
        return;
    };
    for cut in cuts {
        tidy.push(with_signs(page.text, line, cut));
    }
    // An emptied cell goes with the separator after it; after the last cell that is left, with the one before.
    let begins = |cell: &Cell| cell.at.start + leading(page.text, &cell.at);
    let mut from = None;
    for (cell, left) in line.cells.iter().zip(&left) {
        match (left, from) {
            (false, None) => from = Some(begins(cell)),
            (true, Some(start)) => {
                tidy.push(start..begins(cell));
                from = None;
            }
            (false, Some(_)) | (true, None) => {}
        }
    }
    if from.is_some() {
        let last = &line.cells[last].at;
        tidy.push(last.start + page.text[last.clone()].trim_end().len()..line.at.end);
    }
}

fn leading(text: &str, at: &Range<usize>) -> usize {
    text[at.clone()].len() - text[at.clone()].trim_start().len()
}

/// Whether a cell says something without what is cut; a label of contact data says nothing.
fn is_left(page: &Page<'_>, cell: &Cell, cuts: &[Range<usize>]) -> bool {
    let mut rest = String::new();
    let mut at = cell.at.start;
    let mut cut_here = false;
    let first = cuts.partition_point(|cut| cut.end <= cell.at.start);
    for cut in cuts[first..]
        .iter()
        .take_while(|cut| cut.start < cell.at.end)
    {
        rest.push_str(&page.text[at..cut.start.max(at)]);
        at = cut.end.min(cell.at.end);
        cut_here = true;
    }
    rest.push_str(&page.text[at..cell.at.end]);
    let says = rest.chars().any(char::is_alphanumeric);
    if !cut_here {
        return says;
    }
    let bare = rest.trim_matches(|c: char| !c.is_alphanumeric());
    says && label(bare).is_none()
        && !bare
            .split([' ', ',', '/', ':', '(', ')', '.', '|'])
            .all(|word| word.is_empty() || label(word).is_some() || word.len() == 1)
}

/// A stretch with the brackets around it, if it fills them.
fn with_brackets(text: &str, cut: Range<usize>) -> Range<usize> {
    let before = text[..cut.start].trim_end_matches(' ');
    let after = text[cut.end..].trim_start_matches(' ');
    let pairs = [('(', ')'), ('[', ']'), ('"', '"'), ('<', '>')];
    match pairs
        .iter()
        .any(|(open, close)| before.ends_with(*open) && after.starts_with(*close))
    {
        true => before.len() - 1..text.len() - after.len() + 1,
        false => cut,
    }
}

/// A stretch with the signs after it that begin or end a cell for nothing, and one of the spaces around it.
fn with_signs(text: &str, line: &Line, cut: &Range<usize>) -> Range<usize> {
    let (start, mut end) = (cut.start.max(line.at.start), cut.end.min(line.at.end));
    let before = &text[line.at.start..start];
    let begins = before.trim_end().is_empty()
        || before
            .trim_end()
            .ends_with(['.', '!', '?', '|', '•', '–', '—', '·']);
    if begins {
        let rest = &text[end..line.at.end];
        end += rest.len()
            - rest
                .trim_start_matches([' ', ',', ':', ';', '.', '\'', '’', ')'])
                .len();
    }
    let rest = &text[end..line.at.end];
    let spaced = before.is_empty() || before.ends_with(' ');
    if spaced {
        end += rest.len() - rest.trim_start_matches(' ').len();
    }
    let over = rest.trim_start_matches(' ').is_empty();
    let start = if over {
        line.at.start + before.trim_end_matches([' ', ',']).len()
    } else {
        start
    };
    start..end
}
