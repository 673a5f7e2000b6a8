//! Where the windows of a text lie.

use std::ops::Range;

use ranker_core::TokenUsage;
use ranker_folder::TokenSpans;

/// What windows may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Tokens that the encoder reads.
    pub(super) max_tokens: usize,
    /// Those of them that are not the text's own.
    pub(super) around: usize,
    /// Windows of a text.
    pub(super) windows: usize,
}

impl Limits {
    /// Tokens of a text in a window.
    pub(super) fn room(self) -> usize {
        self.max_tokens.saturating_sub(self.around).max(1)
    }
}

/// A text divided into windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// In the order of the text; never none.
    pub(super) windows: Vec<Window>,
    /// Tokens of the text, with those around it.
    tokens: usize,
    /// Tokens of the text that lie in no window.
    left_out: usize,
}

/// A part of a text that an encoder reads whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) bytes: Range<usize>,
    /// The text's own tokens in it.
    pub(super) tokens: usize,
}

impl Plan {
    /// Divides a text, whose tokens lie at `places`, into windows.
    ///
    /// A window ends where a line ends, else where a sentence or a word does, in its last quarter: a token is
    /// read differently where its word is torn, and a line of a resume belongs together.
    pub(super) fn new(text: &str, places: &TokenSpans, limits: Limits) -> Self {
        let (spans, room) = (places.spans.as_slice(), limits.room());
        let (mut windows, mut start) = (Vec::new(), 0);
        while start < spans.len() && windows.len() < limits.windows {
            let end = match places.counted.saturating_sub(start) <= room {
                true => spans.len(),
                false => end(text, spans, start..(start + room).min(spans.len())),
            };
            let bytes = spans[start].start..spans[end - 1].end;
            let tokens = end - start;
            if (text.get(bytes.clone())).is_some_and(|part| !part.trim().is_empty()) {
                windows.push(Window { bytes, tokens });
            }
            start = end;
        }
        if windows.len() <= 1 {
            // As it stands: the encoder cuts it by itself where it has to.
            start = places.counted.min(room);
            windows = vec![Window {
                bytes: 0..text.len(),
                tokens: start,
            }];
        }
        Self {
            windows,
            tokens: places.counted + limits.around,
            left_out: places.counted.saturating_sub(start),
        }
    }

    /// The tokens of the text with those around it counted once, and those that lie in windows.
    pub(super) fn usage(&self) -> TokenUsage {
        TokenUsage::new(self.tokens, self.tokens - self.left_out)
    }
}

/// The token at which the window that could hold these tokens had better end.
fn end(text: &str, spans: &[Range<usize>], window: Range<usize>) -> usize {
    let least = (window.end - window.len() / 4).max(window.start + 1);
    let last = |ends: &dyn Fn(&str, &str) -> bool| {
        (least..=window.end).rev().find(|&at| {
            let before = &spans[at - 1];
            let next = spans.get(at).map_or(text.len(), |next| next.start);
            let between = before.end..next.max(before.end);
            let part = |bytes: Range<usize>| text.get(bytes).unwrap_or_default();
            ends(part(before.clone()), part(between))
        })
    };
    last(&|_, between| between.contains('\n'))
        .or_else(|| last(&|token, between| !between.is_empty() && token.ends_with(['.', '!', '?'])))
        .or_else(|| last(&|_, between| !between.is_empty()))
        .unwrap_or(window.end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A token a word.
    fn words(text: &str, most: usize) -> TokenSpans {
        super::super::tests::Words::places(text, most)
    }

    fn limits(room: usize, windows: usize) -> Limits {
        Limits {
            max_tokens: room + 2,
            around: 2,
            windows,
        }
    }

    fn parts(text: &str, room: usize) -> Vec<&str> {
        let plan = Plan::new(text, &words(text, usize::MAX), limits(room, 100));
        let bytes = plan.windows.into_iter().map(|window| window.bytes);
        bytes.map(|bytes| &text[bytes]).collect()
    }

    #[test]
    fn a_text_that_fits_is_not_touched() {
        assert_eq!(
            parts("  one two three four\n", 4),
            ["  one two three four\n"]
        );
        assert_eq!(parts("\u{1}", 4), ["\u{1}"], "no token");
    }

    #[test]
    fn a_window_ends_with_a_line_else_a_sentence_else_a_word() {
        let lines = "a b c d e f\ng h. i j k";
        assert_eq!(parts(lines, 8), ["a b c d e f", "g h. i j k"]);
        let sentences = "a b c d e f g. h i j k";
        assert_eq!(parts(sentences, 8), ["a b c d e f g.", "h i j k"]);
        assert_eq!(
            parts("a b c d e f g h i j k", 8),
            ["a b c d e f g h", "i j k"]
        );
        let early = "a b\nc d e f g h i j k";
        assert_eq!(
            parts(early, 8)[0],
            "a b\nc d e f g h",
            "not before its last quarter"
        );
        assert_eq!(parts("a b c", 1), ["a", "b", "c"]);
    }

    #[test]
    fn what_lies_beyond_the_last_window_is_left_out() {
        let text = "a b c d e";
        let plan = Plan::new(text, &words(text, 4), limits(2, 2));
        assert_eq!(
            (plan.windows.len(), plan.usage()),
            (2, TokenUsage::new(7, 6))
        );
        let one = Plan::new(text, &words(text, 2), limits(2, 1));
        let (window, usage) = (&one.windows[0], one.usage());
        assert_eq!((&text[window.bytes.clone()], usage.used), (text, 4));
    }

    proptest! {
        #[test]
        fn windows_hold_every_token_once(text in "[ab.\n ]{1,200}", room in 1_usize..40) {
            let places = words(&text, usize::MAX);
            let plan = Plan::new(&text, &places, limits(room, 300));
            let held: usize = plan.windows.iter().map(|window| window.tokens).sum();
            prop_assert_eq!(held, places.counted);
            prop_assert!(!plan.usage().is_cut());
            prop_assert!(plan.windows.iter().all(|window| window.tokens <= room));
            let mut end = 0;
            for window in &plan.windows {
                prop_assert!(window.bytes.start >= end);
                prop_assert!(text[end..window.bytes.start].trim().is_empty());
                end = window.bytes.end;
            }
            prop_assert!(text[end..].trim().is_empty());
        }
    }
}
