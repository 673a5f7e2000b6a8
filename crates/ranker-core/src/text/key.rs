//! Facts and filters compare by keys.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::names;
use super::plain::plain;

/// A fact's word as it is shown: in plain form (see [`crate::PlainText`]), in lower case, with one
/// space between words.
pub(crate) fn shown(word: &str) -> String {
    let words: Vec<String> = plain(word)
        .split_whitespace()
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

/// What two words of facts have in common when they mean the same: the word as facts hold it, without accents, with
/// the one spelling of names that are written in several ways (`NodeJS` and `node.js`).
#[must_use]
pub fn key(shown: &str) -> Cow<'_, str> {
    if let Some(name) = names::whole(shown) {
        return Cow::Borrowed(name);
    }
    if shown.is_ascii() {
        return Cow::Borrowed(shown);
    }
    let bare = shown.nfd().filter(|&c| !is_combining_mark(c)).nfc();
    let mut key = String::with_capacity(shown.len());
    for c in bare {
        match c {
            'ß' => key.push_str("ss"),
            'ς' => key.push('σ'),
            'ø' => key.push('o'),
            'æ' => key.push_str("ae"),
            'œ' => key.push_str("oe"),
            'đ' | 'ð' => key.push('d'),
            'ł' => key.push('l'),
            'ı' => key.push('i'),
            _ => key.push(c),
        }
    }
    Cow::Owned(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        key(&shown(a)) == key(&shown(b))
    }

    #[test]
    fn one_word_in_many_forms_has_one_key() {
        for (a, b) in [
            ("Zürich", "Zu\u{308}rich"),
            ("Zürich", "ZURICH"),
            ("Straße", "STRASSE"),
            ("İstanbul", "istanbul"),
            ("Łódź", "LODZ"),
            ("Næstved", "naestved"),
            ("Đà Nẵng", "Da Nang"),
            ("New York", "New\u{a0} York\u{200b} "),
            ("NodeJS", "Node.js"),
            ("postgres", "PostgreSQL"),
            ("Golang", "go"),
            ("dotnet", ".NET"),
            ("C Sharp", "c#"),
        ] {
            assert!(same(a, b), "{a} and {b}");
        }
        for (a, b) in [
            ("net", ".NET"),
            ("C", "C++"),
            ("Java", "JavaScript"),
            ("R", "R&D"),
        ] {
            assert!(!same(a, b), "{a} and {b}");
        }
        assert_eq!(shown(" New\u{a0}\u{a0}YORK "), "new york");
    }
}
