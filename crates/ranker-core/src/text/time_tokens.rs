//! Numbers and words of a text, as lengths of time are made of them.

use std::ops::Range;

use super::duration_words::ADJECTIVE_STEMS;
use super::numbers::number_word;

/// A piece of a text: a number, a run of letters in lower case, or a plus.
pub(super) struct Token<'t> {
    pub(super) text: String,
    pub(super) at: Range<usize>,
    /// What stands between it and the token before.
    pub(super) gap: &'t str,
}

/// The most bytes that a word of time has.
const LONGEST: usize = 24;

/// The numbers, words and pluses of a text.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let (mut at, mut end) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match c {
            '0'..='9' => number_length(rest),
            '½' | '¼' | '¾' => c.len_utf8(),
            '+' => 1,
            _ if c.is_alphabetic() => rest
                .find(|c: char| !c.is_alphabetic())
                .unwrap_or(rest.len()),
            _ => 0,
        };
        if length == 0 {
            at += c.len_utf8();
            continue;
        }
        let gap = &text[end..at];
        end = at + length;
        if let Some(fraction) = fraction(&text[at..]).filter(|_| gap == " ")
            && let Some(whole) = tokens
                .last_mut()
                .filter(|last| last.text.parse::<u8>().is_ok())
        {
            // "1 1/2 years".
            whole.text.push(fraction);
            end = at + "1/2".len();
            whole.at.end = end;
        } else {
            push(&mut tokens, &text[at..end], (at, gap));
        }
        at = end;
    }
    tokens
}

/// Adds a token; a number and years in one word ("fünfjährige") become two.
fn push<'t>(tokens: &mut Vec<Token<'t>>, written: &'t str, (at, gap): (usize, &'t str)) {
    let text = if written.len() <= LONGEST {
        written.to_lowercase()
    } else {
        String::new()
    };
    let stem = ADJECTIVE_STEMS
        .iter()
        .find_map(|stem| text.find(stem))
        .filter(|&at| at > 0);
    if let Some(split) = stem
        && text.len() == written.len()
        && number_word(&text[..split]).is_some()
    {
        let number = text[..split].to_owned();
        tokens.push(Token {
            text: number,
            at: at..at + split,
            gap,
        });
        let unit = text[split..].to_owned();
        tokens.push(Token {
            text: unit,
            at: at + split..at + written.len(),
            gap: "",
        });
        return;
    }
    tokens.push(Token {
        text,
        at: at..at + written.len(),
        gap,
    });
}

fn fraction(text: &str) -> Option<char> {
    let fractions = [("1/2", '½'), ("1/4", '¼'), ("3/4", '¾')];
    let (written, sign) = fractions
        .iter()
        .find(|(written, _)| text.starts_with(written))?;
    let goes_on = text[written.len()..].starts_with(|c: char| c.is_alphanumeric());
    (!goes_on).then_some(*sign)
}

/// How many bytes a number has: digits, one or two decimals, a fraction.
fn number_length(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(text);
    if let Some(decimals) = text[length..].strip_prefix(['.', ','])
        && (1..=2).contains(&digits(decimals))
    {
        length += 1 + digits(decimals);
    }
    let fraction = text[length..].chars().next();
    let fraction = fraction.filter(|c| matches!(c, '½' | '¼' | '¾'));
    length + fraction.map_or(0, char::len_utf8)
}
