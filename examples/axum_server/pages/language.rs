//! The language of the pages: what the address asks for, else what it asked for last, else what the browser prefers.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use ranker::xai::Language;
use ranker::xai::html::Escaped;

use super::words::{ALL, Words};

/// The cookie, and the field of an address, that tell the language.
const LANG: &str = "lang";

/// Seconds for which a browser remembers which language was asked for.
const REMEMBERED: u64 = 365 * 24 * 3600;

/// The language that a page is in.
#[derive(Clone)]
pub(crate) struct Spoken {
    pub(super) words: &'static Words,
    /// Whether the address asks for it.
    asked: bool,
    /// The address without what it says of the language; empty where it is none to come back to.
    here: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Spoken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.method, &parts.uri, &parts.headers))
    }
}

impl Spoken {
    /// The language of what answers a request.
    pub(crate) fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let fields = || uri.query().unwrap_or_default().split('&');
        let asked = |field: &str| of_tag(field.strip_prefix(LANG)?.strip_prefix('=')?);
        let asked = fields().find_map(asked);
        let cookies = headers.get_all(COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';'));
        let remembered = || {
            pairs.find_map(|pair| {
                let (name, tag) = pair.trim().split_once('=')?;
                (name == LANG).then(|| of_tag(tag))?
            })
        };
        let header = headers.get(ACCEPT_LANGUAGE);
        let preferred = || header.and_then(|value| preferred(value.to_str().ok()?));
        let others: Vec<&str> = fields()
            .filter(|field| !field.is_empty() && !field.starts_with("lang="))
            .collect();
        let path = uri.path();
        let here = match (method, others.as_slice()) {
            (&Method::GET, []) => format!("{path}?"),
            (&Method::GET, others) => format!("{path}?{}&", others.join("&")),
            // What a form led to is not come back to.
            _ => String::new(),
        };
        Self {
            words: asked
                .or_else(remembered)
                .or_else(preferred)
                .unwrap_or(ALL[0]),
            asked: asked.is_some(),
            here,
        }
    }

    pub(super) fn language(&self) -> Language {
        self.words.language
    }

    /// Has the browser remember what the address asked for.
    pub(crate) fn keep(&self, headers: &mut HeaderMap) {
        let tag = self.words.tag;
        let cookie = format!("{LANG}={tag}; Path=/; HttpOnly; SameSite=Lax; Max-Age={REMEMBERED}");
        if self.asked
            && let Ok(cookie) = HeaderValue::from_str(&cookie)
        {
            headers.append(SET_COOKIE, cookie);
        }
    }

    fn others(&self) -> impl Iterator<Item = &'static Words> {
        let here = self.language();
        ALL.into_iter().filter(move |words| words.language != here)
    }

    /// Links to this page in the other languages; none where it is not to be come back to.
    pub(super) fn links(&self) -> String {
        let here = Escaped(&self.here);
        let link = |words: &Words| {
            let (tag, name) = (words.tag, words.name);
            format!(
                "<a href=\"{here}{LANG}={tag}\" lang=\"{tag}\" hreflang=\"{tag}\" rel=\"nofollow\">{name}</a>\n"
            )
        };
        match self.here.as_str() {
            "" => String::new(),
            _ => self.others().map(link).collect(),
        }
    }

    /// The sentences in this language.
    pub(super) fn first(&self, words: impl Fn(Language) -> String) -> String {
        let words = words(self.language());
        format!("<p class=\"words\">{}</p>\n", Escaped(&words))
    }

    /// The sentences in the other languages, to be opened.
    pub(super) fn rest(&self, words: impl Fn(Language) -> String) -> String {
        let others = self.others().map(|other| {
            format!(
                "<details lang=\"{}\"><summary>{}</summary><p class=\"words\">{}</p></details>\n",
                other.tag,
                other.in_it,
                Escaped(&words(other.language)),
            )
        });
        others.collect()
    }
}

/// The language of a tag: "de" and "de-AT" are German.
fn of_tag(tag: &str) -> Option<&'static Words> {
    let primary = tag.trim().split('-').next()?;
    let mut all = ALL.into_iter();
    all.find(|words| primary.eq_ignore_ascii_case(words.tag))
}

/// The one of the languages that is preferred most (RFC 9110, 12.5.4); the first of equals.
fn preferred(header: &str) -> Option<&'static Words> {
    let mut best: Option<(&'static Words, f32)> = None;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_preferred_language_is_taken() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some("de")),
            ("fr, en;q=0.4, de;q=0.7", Some("de")),
            ("en-GB, de", Some("en")),
            ("DE", Some("de")),
            ("de;q=0, fr", None),
            ("*", None),
            ("den;q=x,,;;", None),
        ] {
            let found = preferred(header).map(|words| words.tag);
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn the_address_wins_over_what_it_asked_for_last_and_that_over_the_browser() {
        let of = |method, uri: &str, cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("de"));
            headers.insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
            let spoken = Spoken::of(&method, &uri.parse().unwrap(), &headers);
            let mut kept = HeaderMap::new();
            spoken.keep(&mut kept);
            (spoken.words.tag, kept.len(), spoken.links())
        };
        let (tag, kept, links) = of(Method::GET, "/r/compare?one=a&lang=en&other=%22", "lang=de");
        assert_eq!((tag, kept), ("en", 1));
        assert!(
            links.contains("\"/r/compare?one=a&amp;other=%22&amp;lang=de\""),
            "{links}"
        );
        let (tag, kept, links) = of(Method::GET, "/", "session=1.2.3; lang=en");
        assert_eq!((tag, kept), ("en", 0));
        assert!(links.contains("\"/?lang=de\""), "{links}");
        let (tag, _, links) = of(Method::POST, "/?lang=xx", "session=lang");
        assert_eq!((tag, links.as_str()), ("de", ""));
    }
}
