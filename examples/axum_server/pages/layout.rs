//! What all pages have in common.

use std::fmt::Write as _;

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use ranker::Ranked;
use ranker::xai::html::Escaped;

use crate::blind::is_hidden;
use crate::clients::Client;
use crate::error::ApiError;
use crate::service::Service;

/// Style and script come from this service's own addresses, and forms go there; nothing else is loaded or run, and no other
/// site puts a page into a frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The addresses that every page leads to.
const MENU: [(&str, &str); 3] = [
    ("/", "Rank"),
    ("/learning", "Learning"),
    ("/audit", "Audit"),
];

/// A page in the making. What is written into the body is markup: foreign text goes through [`Escaped`].
pub(super) struct Page {
    title: String,
    head: &'static str,
    pub(super) body: String,
}

impl Page {
    /// A page with this title, which is its first heading too.
    pub(super) fn new(title: impl Into<String>) -> Self {
        let title = title.into();
        let body = format!("<h1><bdi>{}</bdi></h1>\n", Escaped(&title));
        Self {
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
        let mut menu = String::new();
        for (to, name) in MENU {
            let current = match to == here {
                true => " aria-current=\"page\"",
                false => "",
            };
            let _ = write!(menu, "<li><a href=\"{to}\"{current}>{name}</a></li>");
        }
        let mut nav = format!("<nav aria-label=\"Pages\"><ul>{menu}</ul></nav>\n");
        if service.guard.clients.have_tokens() {
            let (who, token) = (Escaped(client.0.as_str()), token(service, client));
            let _ = writeln!(
                nav,
                "<form class=\"who\" method=\"post\" action=\"/sign-out\">{token}\
                 <bdi>{who}</bdi> <button class=\"quiet\">Sign out</button></form>"
            );
        }
        self.document(&nav)
    }

    /// The page for nobody in particular.
    pub(super) fn document(self, nav: &str) -> Html<String> {
        let Self { title, head, body } = self;
        Html(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{} – ranker</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n\
             <script src=\"/page.js\" defer></script>\n{head}</head>\n<body>\n\
             <a class=\"skip\" href=\"#content\">Skip to the content</a>\n\
             <header class=\"top\">{nav}</header>\n\
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

/// A list of notes; nothing where there are none.
pub(super) fn notes(heading: &str, notes: &[String]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let items: Vec<String> = notes
        .iter()
        .map(|note| format!("<li>{}</li>", Escaped(note)))
        .collect();
    let items = items.concat();
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

/// A number of people, in words.
pub(super) fn people(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        count => format!("{count} people"),
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
pub(super) fn time(millis: i64) -> String {
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
    let shown = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}");
    let machine = shown.replace(' ', "T");
    format!("<time datetime=\"{machine}Z\">{shown} UTC</time>")
}

/// The page that says what is wrong.
pub(crate) fn failed(error: &ApiError) -> Response {
    let mut page = Page::new("That did not work");
    let message = Escaped(error.message());
    page.add(format_args!(
        "<p role=\"alert\">{message}.</p>\n<p>Go back in your browser, or <a href=\"/\">begin anew</a>.</p>\n"
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
        assert!(time(0).contains("1970-01-01 00:00 UTC"));
        assert!(time(1_796_048_400_000).contains("2026-11-30 "));
        assert_eq!(segment("a b/..ä\"<"), "a%20b%2F%2E%2E%C3%A4%22%3C");
    }
}
