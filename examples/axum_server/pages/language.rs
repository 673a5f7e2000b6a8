//! The language of accounts: what the address asks for, else what the browser prefers.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use ranker::xai::Language;
use ranker::xai::html::Escaped;

/// The language that accounts are shown in, and sentences first.
#[derive(Clone, Copy)]
pub(super) struct Spoken(pub(super) Language);

/// Languages that there are sentences in, with their tags and what the other readers are told.
const LANGUAGES: [(Language, &str, &str); 2] = [
    (Language::English, "en", "In English"),
    (Language::German, "de", "Auf Deutsch"),
];

impl<S: Send + Sync> FromRequestParts<S> for Spoken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let asked = parts.uri.query().unwrap_or_default().split('&');
        let asked = asked.filter_map(|field| field.strip_prefix("lang="));
        let header = parts.headers.get(ACCEPT_LANGUAGE);
        let header = header.and_then(|value| value.to_str().ok());
        let asked = asked.filter_map(of_tag).next();
        Ok(Self(
            asked.or(header.and_then(preferred)).unwrap_or_default(),
        ))
    }
}

/// The language of a tag: "de" and "de-AT" are German.
fn of_tag(tag: &str) -> Option<Language> {
    let primary = tag.trim().split('-').next()?;
    let known = LANGUAGES
        .iter()
        .find(|(_, known, _)| primary.eq_ignore_ascii_case(known))?;
    Some(known.0)
}

/// The one of the languages that is preferred most (RFC 9110, 12.5.4); the first of equals.
fn preferred(header: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for range in header.split(',') {
        let mut parts = range.split(';');
        let language = parts.next().and_then(of_tag);
        let quality = parts.find_map(|part| part.trim().strip_prefix("q="));
        let quality = quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0));
        if let Some(language) = language
            && quality > best.map_or(0.0, |(_, best)| best)
        {
            best = Some((language, quality));
        }
    }
    Some(best?.0)
}

impl Spoken {
    fn others(self) -> impl Iterator<Item = &'static (Language, &'static str, &'static str)> {
        LANGUAGES
            .iter()
            .filter(move |(language, ..)| *language != self.0)
    }

    fn tag(self) -> &'static str {
        let tag = LANGUAGES.iter().find(|(language, ..)| *language == self.0);
        tag.map_or("en", |(_, tag, _)| tag)
    }

    /// The sentences in this language.
    pub(super) fn first(self, words: impl Fn(Language) -> String) -> String {
        let (tag, words) = (self.tag(), words(self.0));
        format!(
            "<p class=\"words\" lang=\"{tag}\">{}</p>\n",
            Escaped(&words)
        )
    }

    /// Markup that [`ranker::xai::html`] wrote in this language.
    pub(super) fn part(self, markup: &str) -> String {
        let tag = self.tag();
        format!("<div lang=\"{tag}\">\n{markup}</div>\n")
    }

    /// The sentences in the other languages, to be opened.
    pub(super) fn rest(self, words: impl Fn(Language) -> String) -> String {
        let others = self.others().map(|(language, tag, name)| {
            format!(
                "<details lang=\"{tag}\"><summary>{name}</summary><p class=\"words\">{}</p></details>\n",
                Escaped(&words(*language)),
            )
        });
        others.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_preferred_language_is_taken() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::German)),
            ("fr, en;q=0.4, de;q=0.7", Some(Language::German)),
            ("en-GB, de", Some(Language::English)),
            ("DE", Some(Language::German)),
            ("de;q=0, fr", None),
            ("*", None),
            ("den;q=x,,;;", None),
        ] {
            assert_eq!(preferred(header), expected, "{header}");
        }
    }
}
