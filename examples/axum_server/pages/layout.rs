//! What all pages have in common.

use std::fmt::Write as _;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use ranker::Ranked;
use ranker::xai::html::Escaped;

use super::language::Spoken;
use super::words::Words;
use crate::blind::is_hidden;
use crate::clients::Client;
use crate::error::ApiError;
use crate::service::Service;

/// Style and script come from this service's own addresses, and forms go there; nothing else is loaded or run, and no other
/// site puts a page into a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The addresses that every page leads to.
const MENU: [&str; 3] = ["/", "/learning", "/audit"];

/// A page in the making. What is written into the body is markup: foreign text goes through [`Escaped`].
pub(super) struct Page {
    spoken: Spoken,
    title: String,
    head: &'static str,
    pub(super) body: String,
}

impl Page {
    /// A page with this title, which is its first heading too.
    pub(super) fn new(spoken: &Spoken, title: impl Into<String>) -> Self {
        let title = title.into();
        let body = format!("<h1><bdi>{}</bdi></h1>\n", Escaped(&title));
        Self {
            spoken: spoken.clone(),
            title,
            head: "",
            body,
        }
    }

    /// Adds elements to the head.
    pub(super) fn head(mut self, elements: &'static str) -> Self {
        self.head = elements;
        self
    }

    /// Adds markup.
    pub(super) fn add(&mut self, markup: impl std::fmt::Display) -> &mut Self {
        // A string takes all that is written.
        let _ = write!(self.body, "{markup}");
        self
    }

    /// The page for somebody, who looks at this address of the menu.
    pub(super) fn finish(self, service: &Service, client: &Client, here: &str) -> Html<String> {
        let words = &self.spoken.words.frame;
        let mut menu = String::new();
        for (to, name) in MENU.into_iter().zip(words.menu) {
            let current = match to == here {
                true => " aria-current=\"page\"",
                false => "",
            };
            let _ = write!(menu, "<li><a href=\"{to}\"{current}>{name}</a></li>");
        }
        let mut nav = format!(
            "<nav aria-label=\"{}\"><ul>{menu}</ul></nav>\n",
            words.pages
        );
        if service.guard.clients.have_tokens() {
            let (who, token) = (Escaped(client.0.as_str()), token(service, client));
            let _ = writeln!(
                nav,
                "<form class=\"who\" method=\"post\" action=\"/sign-out\">{token}\
                 <bdi>{who}</bdi> <button class=\"quiet\">{}</button></form>",
                words.sign_out,
            );
        }
        self.document(&nav)
    }

    /// The page for nobody in particular.
    pub(super) fn document(self, nav: &str) -> Html<String> {
        let Self {
            spoken,
            title,
            head,
            body,
        } = self;
        let (tag, skip, links) = (spoken.words.tag, spoken.words.frame.skip, spoken.links());
        Html(format!(
            "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{} – ranker</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n\
             <script src=\"/page.js\" defer></script>\n{head}</head>\n<body>\n\
             <a class=\"skip\" href=\"#content\">{skip}</a>\n\
             <header class=\"top\">{nav}<p class=\"tongues\">{links}</p></header>\n\
             <main id=\"content\" tabindex=\"-1\">\n{body}</main>\n</body>\n</html>\n",
            Escaped(&title),
        ))
    }
}

/// The hidden field without which no form is taken.
pub(super) fn token(service: &Service, client: &Client) -> String {
    let token = service.guard.seal.token(client);
    format!("<input type=\"hidden\" name=\"token\" value=\"{token}\">")
}

/// A button that posts to an address and nothing else.
pub(super) fn button((service, client): (&Service, &Client), to: &str, name: &str) -> String {
    let token = token(service, client);
    format!("<form method=\"post\" action=\"{to}\">{token}<button>{name}</button></form>\n")
}

/// A list of notes, which are markup; nothing where there are none.
pub(super) fn notes(heading: &str, notes: impl Iterator<Item = String>) -> String {
    let items: String = notes.map(|note| format!("<li>{note}</li>")).collect();
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<aside class=\"notes\" aria-label=\"{heading}\"><b>{heading}</b><ul>{items}</ul></aside>\n"
    )
}

/// What a candidate is called who is to be judged by nothing else: the headline without names, or else the first line,
/// where it is short, or else the id.
pub(super) fn name(ranked: &Ranked) -> &str {
    const LONGEST: usize = 60;
    let profile = ranked.candidate.profile();
    let first = || {
        let mut lines = profile.plain_text().lines().map(str::trim);
        let line = lines.find(|line| !line.is_empty() && !is_hidden(line))?;
        (line.chars().count() <= LONGEST).then_some(line)
    };
    match profile.plain_title() {
        "" => first().unwrap_or_else(|| ranked.id().as_str()),
        title => title,
    }
}

/// A part of an address.
pub(super) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => {
                segment.push(byte.into());
            }
            // A dot alone would be a step of the path.
            byte => {
                let _ = write!(segment, "%{byte:02X}");
            }
        }
    }
    segment
}

/// A day and a time of day, UTC, of milliseconds since 1970 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub(super) fn time(millis: i64, words: &Words) -> String {
    let minutes = millis.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (minute / 60, minute % 60);
    let shown = (words.time)([year, month, day, hour, minute]);
    format!(
        "<time datetime=\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z\">{shown}</time>"
    )
}

/// The page that says what is wrong.
pub(crate) fn failed(error: &ApiError, spoken: &Spoken) -> Response {
    let words = spoken.words;
    let mut page = Page::new(spoken, words.frame.failed);
    page.add(format_args!(
        "<p role=\"alert\">{}.</p>\n<p>{}</p>\n",
        words.fault(error.fault()),
        words.frame.go_back,
    ));
    (error.status(), page.document("")).into_response()
}

/// What every answer to a browser says.
pub(crate) fn protect(headers: &mut HeaderMap) {
    let mut say = |name, value| headers.insert(name, HeaderValue::from_static(value));
    say(CONTENT_SECURITY_POLICY, POLICY);
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Forms have to name their origin, which a browser without any referrer does not.
    say(REFERRER_POLICY, "same-origin");
    // Pages are about people: no copy stays in a browser that others use.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_addresses_are_plain() {
        let [english, german] = super::super::words::ALL;
        assert!(time(0, english).contains("Z\">1970-01-01 00:00 UTC<"));
        assert!(time(1_796_048_400_000, english).contains("2026-11-30 "));
        let german = time(1_796_048_400_000, german);
        assert!(german.contains("=\"2026-11-30T") && german.contains(">30.11.2026, "));
        assert_eq!(segment("a b/..ä\"<"), "a%20b%2F%2E%2E%C3%A4%22%3C");
    }
}
