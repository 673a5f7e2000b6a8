//! Lines and paragraphs out of placed glyphs.
//!
//! The order in which a file draws its text is nearly always the order in which it was written: word
//! processors, browsers and typesetters draw a column, a cell or a text box to its end before the next.
//! So that order is kept, and only two kinds of files are put right: those that draw a line across all
//! columns, one after the other, and those whose order makes no sense at all.

use super::{Glyph, SOFT_HYPHEN};

/// Baselines that lie closer than this share of the font's size belong to one line.
const SAME_LINE: f32 = 0.4;

/// A gap of this share of the font's size stands between words.
const WORD_GAP: f32 = 0.22;

/// A wider gap ends a run: what follows is another column, cell or date.
const RUN_GAP: f32 = 1.6;

/// A line of fewer characters is an item or a heading, and does not go on in the next one.
const SHORT: usize = 16;

/// Glyphs that follow each other on a line.
#[derive(Debug, Clone)]
struct Run {
    text: String,
    left: f32,
    right: f32,
    baseline: f32,
    size: f32,
    /// Where its last glyph begins.
    last: f32,
}

/// The runs that a file draws one after another on a line, from left to right.
type Line = Vec<Run>;

/// The text of a page.
pub(super) fn text(glyphs: &[Glyph]) -> String {
    let mut runs = runs(glyphs);
    if is_scrambled(&runs) {
        runs.sort_by(|a, b| {
            let (up, across) = (b.baseline.total_cmp(&a.baseline), a.left.total_cmp(&b.left));
            up.then(across)
        });
    }
    let lines = columns(lines(runs));
    paragraphs(&lines)
}

fn runs(glyphs: &[Glyph]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for glyph in glyphs {
        match runs.last_mut() {
            Some(run) if run.is_ligature_of(glyph) => run.text.push_str(&glyph.text),
            Some(run) if run.continues_with(glyph) => {
                run.show_hyphen();
                if glyph.spaced || glyph.left - run.right > WORD_GAP * run.size {
                    run.text.push(' ');
                }
                run.text.push_str(&glyph.text);
                run.right = run.right.max(glyph.right);
                run.size = run.size.max(glyph.size);
                run.last = glyph.left;
            }
            _ => runs.push(Run {
                text: glyph.text.clone(),
                left: glyph.left,
                right: glyph.right,
                baseline: glyph.baseline,
                size: glyph.size,
                last: glyph.left,
            }),
        }
    }
    runs
}

impl Run {
    fn on_line(&self, baseline: f32, size: f32) -> bool {
        (self.baseline - baseline).abs() < SAME_LINE * self.size.max(size)
    }

    /// Whether this is a letter of the glyph that the run ends with: PDFium gives each letter of a ligature
    /// the place of the whole.
    fn is_ligature_of(&self, glyph: &Glyph) -> bool {
        let near = |one: f32, other: f32| (one - other).abs() < 0.02 * self.size;
        let same = near(glyph.left, self.last) && near(glyph.right, self.right);
        same && !glyph.spaced && near(glyph.baseline, self.baseline)
    }

    /// A soft hyphen shows only where a line ends: one within a line is a hyphen. Fonts have one glyph for both, and
    /// some files name it as the soft one throughout.
    fn show_hyphen(&mut self) {
        if self.text.ends_with(SOFT_HYPHEN) {
            self.text.pop();
            self.text.push('-');
        }
    }

    fn continues_with(&self, glyph: &Glyph) -> bool {
        let gap = glyph.left - self.right;
        let size = self.size.max(glyph.size);
        self.on_line(glyph.baseline, glyph.size) && gap > -0.6 * size && gap < RUN_GAP * size
    }

    fn words(&self) -> usize {
        self.text.split(' ').count()
    }

    /// Whether this looks like a date or a place beside a heading: short, or with a number.
    fn is_aside(&self) -> bool {
        self.words() < 3 || self.text.chars().filter(char::is_ascii_digit).count() >= 2
    }
}

/// Whether the file draws its text in no order at all: lines go up as often as down.
fn is_scrambled(runs: &[Run]) -> bool {
    let moves = runs
        .windows(2)
        .map(|pair| pair[1].baseline - pair[0].baseline);
    let least = runs
        .iter()
        .map(|run| run.size)
        .fold(f32::INFINITY, f32::min);
    let (up, down) = moves.fold((0, 0), |(up, down), by| {
        (
            up + usize::from(by > least),
            down + usize::from(by < -least),
        )
    });
    up + down > 12 && up * 5 > (up + down) * 2
}

fn lines(runs: Vec<Run>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for run in runs {
        let before = lines.last().and_then(|line| line.last());
        let follows = before.is_some_and(|last| {
            last.on_line(run.baseline, run.size) && run.left >= last.right - 0.6 * run.size
        });
        match lines.last_mut() {
            Some(line) if follows => line.push(run),
            _ => lines.push(vec![run]),
        }
    }
    lines
}

/// The fewest lines that are taken for two columns.
const LEAST_ROWS: usize = 4;

/// Takes apart columns that the file draws line by line across: the left one first.
fn columns(lines: Vec<Line>) -> Vec<Line> {
    let mut ordered = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let end = across(&lines, at);
        if end == at {
            ordered.push(lines[at].clone());
            at += 1;
            continue;
        }
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let gutter = gutter(&lines[at..end]);
        for run in lines[at..end].iter().flatten() {
            let side = if run.left < gutter {
                &mut left
            } else {
                &mut right
            };
            side.push(vec![run.clone()]);
        }
        ordered.append(&mut left);
        ordered.append(&mut right);
        at = end;
    }
    ordered
}

/// Where the lines from `at` on stop to be two columns of text; `at` if they are none.
fn across(lines: &[Line], at: usize) -> usize {
    let mut end = at;
    let (mut left_end, mut right_start) = (f32::NEG_INFINITY, f32::INFINITY);
    let mut pairs = 0;
    while let Some(line) = lines.get(end) {
        let (mut ends, mut starts) = (left_end, right_start);
        match line.as_slice() {
            [left, right] => {
                ends = ends.max(left.right);
                starts = starts.min(right.left);
            }
            [one] if one.left >= right_start - 1.0 => {}
            [one] if one.right < right_start => ends = ends.max(one.right),
            _ => break,
        }
        if ends >= starts {
            break;
        }
        pairs += usize::from(line.len() == 2);
        (left_end, right_start) = (ends, starts);
        end += 1;
    }
    let rows = &lines[at..end];
    let sides = |side: usize| {
        rows.iter()
            .filter(|line| line.len() == 2)
            .map(move |l| &l[side])
    };
    let is_text = |side: usize| sides(side).filter(|run| run.is_aside()).count() * 3 < pairs;
    let columns = pairs >= LEAST_ROWS && pairs * 2 >= rows.len() && is_text(0) && is_text(1);
    if columns { end } else { at }
}

fn gutter(rows: &[Line]) -> f32 {
    let pairs = rows.iter().filter(|line| line.len() == 2);
    pairs.map(|line| line[1].left).fold(f32::INFINITY, f32::min) - 0.5
}

/// Lines as text; a line that is full goes on in the next one.
fn paragraphs(lines: &[Line]) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let content = content(line);
        if at > 0 {
            text.push_str(between(lines, at, &content));
        }
        text.push_str(&content);
    }
    text
}

fn content(line: &Line) -> String {
    let mut content = String::new();
    for (at, run) in line.iter().enumerate() {
        if at > 0 {
            let bullet = is_bullet(&content);
            content.push(if bullet { ' ' } else { '\t' });
        }
        content.push_str(&run.text);
    }
    content
}

/// What stands between a line and the one before it.
fn between(lines: &[Line], at: usize, content: &str) -> &'static str {
    let (Some(above), Some(below)) = (lines[at - 1].last(), lines[at].first()) else {
        return "\n";
    };
    let start = lines[at - 1].first().map_or(above.left, |run| run.left);
    let size = above.size.max(below.size);
    let drop = above.baseline - below.baseline;
    let close = drop > 0.0 && drop < 1.8 * size && (above.size - below.size).abs() < 0.15 * size;
    if !close {
        return if drop.abs() > 2.2 * size {
            "\n\n"
        } else {
            "\n"
        };
    }
    // The plain form of texts decides whether a word goes on, and needs the line's end for it.
    let divided = above.text.ends_with(['-', SOFT_HYPHEN]);
    if divided || lines[at].len() > 1 || is_bullet(content) || above.text.chars().count() < SHORT {
        return "\n";
    }
    let first = content.split(' ').next().unwrap_or_default();
    let width = (below.right - below.left) * first.chars().count() as f32
        / content.chars().count().max(1) as f32;
    let hangs = below.left >= start - 0.5 * size && below.left - start < 3.0 * size;
    let full = above.right + width > right_edge(lines, at) - 0.2 * size;
    if hangs && full { " " } else { "\n" }
}

/// How far to the right the lines around reach that share the left edge of this one.
fn right_edge(lines: &[Line], at: usize) -> f32 {
    const AROUND: usize = 12;
    let left = lines[at].first().map_or(0.0, |run| run.left);
    let around = &lines[at.saturating_sub(AROUND)..(at + AROUND).min(lines.len())];
    let near = |line: &&Line| {
        let (first, size) = line.first().map_or((0.0, 1.0), |run| (run.left, run.size));
        (first - left).abs() < 3.0 * size
    };
    let ends = around.iter().filter(near).filter_map(|line| line.last());
    ends.map(|run| run.right).fold(f32::NEG_INFINITY, f32::max)
}

fn is_bullet(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    let then = characters.next();
    matches!(
        first,
        Some(
            '•' | '●'
                | '▪'
                | '■'
                | '◦'
                | '‣'
                | '–'
                | '—'
                | '-'
                | '*'
                | '·'
                | '►'
                | '✓'
                | '\u{f0b7}'
                | '\u{f0a7}'
        )
    ) && then.is_none_or(|next| next == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Glyphs of ten points, half as wide.
    fn glyphs(at: &[(f32, f32, &str)]) -> Vec<Glyph> {
        let mut all = Vec::new();
        for (left, baseline, text) in at {
            let mut spaced = true;
            for (place, c) in text.chars().enumerate() {
                if c == ' ' {
                    spaced = true;
                    continue;
                }
                let left = left + 5.0 * place as f32;
                all.push(Glyph {
                    text: c.to_string(),
                    left,
                    right: left + 5.0,
                    baseline: *baseline,
                    size: 10.0,
                    spaced,
                });
                spaced = false;
            }
        }
        all
    }

    #[test]
    fn the_order_of_the_file_is_kept() {
        let page = glyphs(&[
            (10.0, 700.0, "Skills"),
            (10.0, 688.0, "Rust, SQL"),
            (300.0, 700.0, "Experience"),
            (300.0, 688.0, "Engineer"),
            (450.0, 688.0, "2019 - 2021"),
        ]);
        assert_eq!(
            text(&page),
            "Skills\nRust, SQL\nExperience\nEngineer\t2019 - 2021"
        );
    }

    #[test]
    fn columns_drawn_line_by_line_are_taken_apart() {
        let mut at = Vec::new();
        for (row, (left, right)) in [
            ("built a search engine for", "speaks French and some German"),
            (
                "a library in Lyon, with all",
                "likes long walks in the woods",
            ),
            (
                "of its catalogue and its many",
                "plays the cello in a quartet",
            ),
            (
                "readers, over seven long years",
                "writes about birds and lakes",
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let y = 700.0 - 12.0 * row as f32;
            at.push((10.0, y, left));
            at.push((300.0, y, right));
        }
        let read = text(&glyphs(&at));
        let read = read.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            read.starts_with("built a search engine for a library in Lyon"),
            "{read}"
        );
        assert!(
            read.contains("seven long years speaks French and some German likes"),
            "{read}"
        );
    }

    #[test]
    fn letters_of_a_ligature_share_its_place() {
        let mut page = glyphs(&[(10.0, 700.0, "profxit")]);
        // A wide ligature of "fi".
        page.truncate(5);
        page[3].right = page[3].left + 8.0;
        page[4] = Glyph {
            text: "i".to_owned(),
            ..page[3].clone()
        };
        page.extend(
            glyphs(&[(33.0, 700.0, "t")])
                .into_iter()
                .map(|glyph| Glyph {
                    spaced: false,
                    ..glyph
                }),
        );
        assert_eq!(text(&page), "profit");
    }

    #[test]
    fn soft_hyphens_within_a_line_are_hyphens() {
        let page = glyphs(&[(10.0, 700.0, "full\u{ad}time, 2019 \u{ad} 2021, part\u{ad}")]);
        assert_eq!(text(&page), "full-time, 2019 - 2021, part\u{ad}");
    }

    #[test]
    fn full_lines_go_on() {
        let page = glyphs(&[
            (
                10.0,
                700.0,
                "Built the full-text search of a library and mea-",
            ),
            (
                10.0,
                688.0,
                "sured its relevance with judged queries, a full-",
            ),
            (10.0, 676.0, "text engine."),
            (10.0, 664.0, "• Rust"),
        ]);
        assert_eq!(
            text(&page),
            "Built the full-text search of a library and mea-\nsured its relevance with judged \
             queries, a full-\ntext engine.\n• Rust"
        );
    }

    #[test]
    fn degenerate_pages_do_no_harm() {
        let mut page = glyphs(&[(10.0, 700.0, "x")]);
        page[0].left = f32::NAN;
        page.extend(glyphs(&[(f32::INFINITY, f32::NAN, "yz")]));
        assert!(text(&page).contains('x'));
        assert_eq!(text(&[]), "");
    }
}
