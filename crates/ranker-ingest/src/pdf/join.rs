//! Words that a line's end divides, put together.

use super::LINE_END_HYPHEN;

/// The pages' texts, with words put together that a line's end divides.
pub(super) fn joined(pages: &[String]) -> String {
    let text = pages.join("\n");
    let mut whole = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find([' ', '\n']) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let stem = before
            .strip_suffix(LINE_END_HYPHEN)
            .or_else(|| before.strip_suffix('-'));
        let tail = after.split([' ', '\n', '\t']).next().unwrap_or_default();
        match stem.filter(|stem| divides(stem, tail)) {
            Some(stem) => {
                whole.push_str(stem);
                if keeps_hyphen(&text, stem, tail) {
                    whole.push('-');
                }
            }
            None => {
                whole.push_str(before);
                whole.push_str(&rest[at..=at]);
            }
        }
        rest = after;
    }
    whole.push_str(rest);
    whole.replace(LINE_END_HYPHEN, "-")
}

/// Whether a hyphen between these is one of a divided word: "on- and offline" has none.
fn divides(stem: &str, tail: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_lowercase);
    letter(stem.chars().next_back())
        && letter(tail.chars().next())
        && !matches!(
            tail,
            "and" | "or" | "und" | "oder" | "et" | "ou" | "y" | "o" | "e" | "en" | "of"
        )
}

/// Whether the text writes the word with a hyphen elsewhere.
fn keeps_hyphen(text: &str, stem: &str, tail: &str) -> bool {
    let word = |c: char| !c.is_alphanumeric() && c != '-';
    let stem = stem.rsplit(word).next().unwrap_or_default();
    let tail = tail
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or_default();
    text.contains(&format!("{stem}-{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divided_words_are_whole() {
        let whole = |text: &str| joined(&[text.to_owned()]);
        assert_eq!(
            whole(
                "the full-text search of a library, mea- sured a full-\ntext engine, re\u{ad} ports"
            ),
            "the full-text search of a library, measured a full-text engine, reports"
        );
        assert_eq!(whole("on- and offline"), "on- and offline");
        assert_eq!(joined(&["a re-".into(), "port".into()]), "a report");
        assert_eq!(joined(&[]), "");
    }
}
