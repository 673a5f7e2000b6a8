//! A text with passages marked in it.

use std::fmt;
use std::ops::Range;

use super::escape::Escaped;

/// Escapes a text and puts `<mark>` around these bytes of it, the first with the number 1 and the
/// class `m1`, and so on; colours repeat after six.
///
/// Where ranges overlap, the first one's colour shows. A range that is empty, out of bounds or
/// inside of a character is left out.
#[must_use]
pub fn highlight(text: &str, ranges: &[Range<usize>]) -> String {
    Highlighted {
        text,
        ranges,
        words: &[],
    }
    .to_string()
}

/// See [`highlight`]; these words of the text, marked or not, are `<b class="word">`.
pub(super) struct Highlighted<'a> {
    pub(super) text: &'a str,
    pub(super) ranges: &'a [Range<usize>],
    pub(super) words: &'a [Range<usize>],
}

/// The class of the mark with that number.
pub(super) fn class(number: usize) -> usize {
    const COLOURS: usize = 6;
    (number - 1) % COLOURS + 1
}

impl Highlighted<'_> {
    fn is_sound(&self, range: &Range<usize>) -> bool {
        let slice = self.text.get(range.clone());
        slice.is_some_and(|slice| !slice.is_empty())
    }

    /// A piece between two cuts.
    fn piece(&self, f: &mut fmt::Formatter<'_>, bytes: Range<usize>) -> fmt::Result {
        let piece = Escaped(&self.text[bytes.clone()]);
        match self.words.iter().any(|word| covers(word, &bytes)) {
            true => write!(f, "<b class=\"word\">{piece}</b>"),
            false => write!(f, "{piece}"),
        }
    }
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

impl fmt::Display for Highlighted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<(usize, &Range<usize>)> = (1..)
            .zip(self.ranges)
            .filter(|(_, range)| self.is_sound(range))
            .collect();
        let words = self.words.iter().filter(|word| self.is_sound(word));
        let marked = ranges.iter().map(|(_, range)| *range);
        let mut cuts: Vec<usize> = marked
            .chain(words)
            .flat_map(|range| [range.start, range.end])
            .chain([0, self.text.len()])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        // Pieces under the same marks are of one mark, whatever words are told apart in it.
        let mut open: Option<usize> = None;
        for cut in cuts.windows(2) {
            let bytes = cut[0]..cut[1];
            let mut over = ranges.iter().filter(|(_, range)| covers(range, &bytes));
            let first = over.clone().next().map(|(number, _)| *number);
            if let (Some(number), None) = (first, open) {
                write!(f, "<mark class=\"m{}\">", class(number))?;
            }
            self.piece(f, bytes.clone())?;
            for (number, _) in over.by_ref().filter(|(_, range)| range.end == bytes.end) {
                write!(f, "<sup>{number}</sup>")?;
            }
            let ends =
                |(_, range): &(usize, &Range<usize>)| [range.start, range.end].contains(&bytes.end);
            let goes_on =
                first.is_some() && bytes.end < self.text.len() && !ranges.iter().any(ends);
            if first.is_some() && !goes_on {
                f.write_str("</mark>")?;
            }
            open = first.filter(|_| goes_on);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passages_are_marked_and_markup_is_text() {
        assert_eq!(
            highlight("a <b> & \"c'", &[2..5, 8..11]),
            "a <mark class=\"m1\">&lt;b&gt;<sup>1</sup></mark> &amp; \
             <mark class=\"m2\">&quot;c&#39;<sup>2</sup></mark>"
        );
        assert_eq!(
            highlight("abc", &[0..2, 1..3, 0..2]),
            "<mark class=\"m1\">a</mark><mark class=\"m1\">b<sup>1</sup><sup>3</sup></mark>\
             <mark class=\"m2\">c<sup>2</sup></mark>"
        );
    }

    #[test]
    fn words_are_told_apart_within_marks_and_without() {
        let highlighted = Highlighted {
            text: "ab cd ef",
            ranges: &[0..5, 0..0],
            words: &[3..5, 0..1, 6..8, 7..99],
        };
        assert_eq!(
            highlighted.to_string(),
            "<mark class=\"m1\"><b class=\"word\">a</b>b <b class=\"word\">cd</b><sup>1</sup></mark> \
             <b class=\"word\">ef</b>"
        );
    }

    #[test]
    fn unsound_ranges_are_left_out() {
        let reversed = Range { start: 3, end: 1 };
        for odd in [1..1, 2..9, 9..12, 1..2, reversed, usize::MAX..usize::MAX] {
            assert_eq!(highlight("xé", &[odd]), "xé");
        }
        assert_eq!(highlight("", &[0..0, 0..1]), "");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_let_through(
            text in "[a-cé<>&\"' \u{0}]{0,30}",
            ranges in prop::collection::vec((0_usize..40, 0_usize..40), 0..4),
        ) {
            let ranges: Vec<Range<usize>> = ranges.into_iter().map(|(a, b)| a..b).collect();
            let html = highlight(&text, &ranges);
            let mut plain = html;
            for number in 1..=ranges.len() {
                plain = plain.replace(&format!("<sup>{number}</sup>"), "");
                plain = plain.replace(&format!("<mark class=\"m{number}\">"), "");
            }
            plain = plain.replace("</mark>", "");
            prop_assert!(!plain.contains(['<', '>', '"', '\'', '\0']));
            let back = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            let back = back.replace("&#39;", "'").replace("&amp;", "&");
            prop_assert_eq!(back, text.replace('\0', "\u{fffd}"));
        }
    }
}
