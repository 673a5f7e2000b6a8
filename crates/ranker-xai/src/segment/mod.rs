//! From a text to the passages that an explanation points at.
//!
//! A resume is lines, bullets, lists and sentences, in any mixture. The rules here are few and
//! err towards too long: a passage that holds two sentences still reads well, half of one does not.

mod cap;
mod lines;
mod lists;
mod sentences;
mod words;

use std::ops::Range;

pub(crate) use words::is_stop_word;

/// What a segment is to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SegmentKind {
    /// It says something.
    Passage,
    /// It says something, under a bullet or a number of its own.
    Point,
    /// It names what follows: "Requirements", "What you bring", "Skills:".
    Heading,
}

/// A stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Segment {
    /// Its bytes; never empty, never with white space at an end.
    pub bytes: Range<usize>,
    /// What it is.
    pub kind: SegmentKind,
}

/// The most words a segment has.
pub const MAX_WORDS: usize = 40;

/// Splits a text at white space: each word a [`SegmentKind::Passage`], with the punctuation that it is written with.
#[must_use]
pub fn words(text: &str) -> Vec<Segment> {
    let start = text.as_ptr().addr();
    let word = |word: &str| {
        let from = word.as_ptr().addr() - start;
        Segment {
            bytes: from..from + word.len(),
            kind: SegmentKind::Passage,
        }
    };
    text.split_whitespace().map(word).collect()
}

/// Splits a text at lines, bullets, the items of lists and the ends of sentences; what is still
/// longer than [`MAX_WORDS`] (or 400 characters) is cut, at a comma where there is one.
///
/// Segments are in order and disjoint. What lies outside of them is white space, bullets and the
/// separators of lists; a text that is not blank has at least one. Time is linear in the length.
#[must_use]
pub fn segments(text: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    for block in lines::blocks(text) {
        if block.is_heading(text) {
            found.push(Segment {
                bytes: block.bytes,
                kind: SegmentKind::Heading,
            });
            continue;
        }
        let kind = if block.bulleted {
            SegmentKind::Point
        } else {
            SegmentKind::Passage
        };
        for sentence in sentences::split(text, block.bytes.clone()) {
            for item in lists::split(text, sentence, block.bulleted) {
                cap::cut(text, item, &mut |bytes| found.push(Segment { bytes, kind }));
            }
        }
    }
    if found.is_empty() {
        // Only bullets and separators: they are then the text.
        let kind = SegmentKind::Passage;
        found.extend(trimmed(text, 0..text.len()).map(|bytes| Segment { bytes, kind }));
    }
    found
}

/// The range without white space at its ends; `None` if nothing is left.
fn trimmed(text: &str, bytes: Range<usize>) -> Option<Range<usize>> {
    let slice = &text[bytes.clone()];
    let start = bytes.start + (slice.len() - slice.trim_start().len());
    let end = start + slice.trim().len();
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = segments(text)
            .into_iter()
            .map(|segment| &text[segment.bytes])
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn lines_and_bullets() {
        check(
            "Who we are\nA bank. Forty people!\n\n- Rust\n  • C++ \n* SQL\n– Go\n1. Lead\n-5 °C",
            &[
                "Who we are",
                "A bank.",
                "Forty people!",
                "Rust",
                "C++",
                "SQL",
                "Go",
                "1. Lead",
                "-5 °C",
            ],
        );
        check("Built X • Led Y • Sold Z", &["Built X", "Led Y", "Sold Z"]);
        check(
            "one\r\ntwo\rthree\u{2028}four",
            &["one", "two", "three", "four"],
        );
    }

    #[test]
    fn sentences_end_where_they_end() {
        check(
            "Knows tools (e.g. Node.js 3.5 and .NET). Worked for Dr. Who at Acme Inc. in the U.S. for years. Led 5.",
            &[
                "Knows tools (e.g. Node.js 3.5 and .NET).",
                "Worked for Dr. Who at Acme Inc. in the U.S. for years.",
                "Led 5.",
            ],
        );
        check(
            "\"Done.\" Really? Yes... And more: v1.2. End",
            &["\"Done.\"", "Really?", "Yes...", "And more: v1.2.", "End"],
        );
        check(
            "Ph.D. in physics. B.Sc. too",
            &["Ph.D. in physics.", "B.Sc. too"],
        );
        check(
            "求人です。経験三年！以上",
            &["求人です。", "経験三年！", "以上"],
        );
    }

    #[test]
    fn lists_split_into_their_items() {
        check(
            "vacuum sealers; combi ovens; recipe costing",
            &["vacuum sealers", "combi ovens", "recipe costing"],
        );
        check("Rust | C++ | SQL", &["Rust", "C++", "SQL"]);
        check(
            "Excel, Opera PMS, yield (rates, fares), booking engines, reviews",
            &[
                "Excel",
                "Opera PMS",
                "yield (rates, fares)",
                "booking engines",
                "reviews",
            ],
        );
        check(
            "- Repaired wiring, fixtures, lamps, tools, and cables",
            &["Repaired wiring, fixtures, lamps, tools, and cables"],
        );
    }

    #[test]
    fn wrapped_lines_are_one_sentence() {
        let wrapped = "Served on a team which identified and resolved ledger postings and allowed\nfor the first close. Then\nleft";
        check(
            wrapped,
            &[
                "Served on a team which identified and resolved ledger postings and allowed\nfor the first close.",
                "Then",
                "left",
            ],
        );
    }

    #[test]
    fn headings_and_points_are_told_apart() {
        let text = "What you bring\n- Rust; SQL\nSKILLS AND TOOLS\nThe usual stack:\nElectrician\n\
                    Experience with Rust\n2) Lead\n3.5 years";
        let of_kind = |kind| -> Vec<&str> {
            let all = segments(text)
                .into_iter()
                .filter(|segment| segment.kind == kind);
            all.map(|segment| &text[segment.bytes]).collect()
        };
        assert_eq!(
            of_kind(SegmentKind::Heading),
            ["What you bring", "SKILLS AND TOOLS", "The usual stack:"]
        );
        assert_eq!(of_kind(SegmentKind::Point), ["Rust", "SQL", "2) Lead"]);
        let passages = ["Electrician", "Experience with Rust", "3.5 years"];
        assert_eq!(of_kind(SegmentKind::Passage), passages);
    }

    #[test]
    fn long_texts_are_cut_at_commas_or_words() {
        let words = vec!["word"; 100].join(" ");
        let lengths = |text: &str| -> Vec<usize> {
            let count = |s: Segment| text[s.bytes].split_whitespace().count();
            segments(text).into_iter().map(count).collect()
        };
        assert_eq!(lengths(&words), [40, 40, 20]);
        let comma = format!("{} word, {words}", vec!["word"; 29].join(" "));
        assert_eq!(lengths(&comma), [30, 40, 40, 20]);
        let endless = "é".repeat(1000);
        assert_eq!(segments(&endless).len(), 3);
    }

    #[test]
    fn odd_texts_have_sound_segments() {
        check("", &[]);
        check(" \n\t", &[]);
        check("•", &["•"]);
        check("- -\n; ;", &["-", ";"]);
        check(".", &["."]);
        check("\u{feff}•\u{a0}x\u{0}", &["\u{feff}•\u{a0}x\u{0}"]);
    }

    #[test]
    fn a_million_words_take_linear_time() {
        for text in [
            "word ".repeat(1_000_000),
            "a.".repeat(1_000_000),
            ". ".repeat(1_000_000),
            "- \n".repeat(1_000_000),
            "Rust, ".repeat(1_000_000),
            "((((".repeat(500_000),
        ] {
            assert!(!segments(&text).is_empty());
        }
    }

    proptest! {
        #[test]
        fn segments_are_ordered_whole_and_complete(
            text in "([a-zA-Z0-9é求。.,;:!?|()•*\"\u{a0}\u{2028}–-]|[ \n]){0,300}"
        ) {
            let found = segments(&text);
            let mut at = 0;
            let mut outside = String::new();
            for Segment { bytes, .. } in &found {
                prop_assert!(at <= bytes.start && bytes.start < bytes.end);
                outside.push_str(&text[at..bytes.start]);
                let slice = &text[bytes.clone()];
                prop_assert_eq!(slice, slice.trim());
                prop_assert!(slice.split_whitespace().count() <= MAX_WORDS);
                prop_assert!(slice.chars().count() <= 400);
                at = bytes.end;
            }
            outside.push_str(&text[at..]);
            prop_assert!(
                outside.chars().all(|c| c.is_whitespace() || "•*-–,;|".contains(c)),
                "{outside:?} is in no segment"
            );
            prop_assert_eq!(found.is_empty(), text.trim().is_empty());
        }
    }
}
