//! The pages as a browser gets them, over a real socket.

mod languages;
mod learning;
mod ranking;
mod strangers;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::clients::Clients;
use crate::service::Options;
use crate::tests::{Server, start_with};

/// What a hostile candidate, job or reason would like to be.
const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u{202e}";

/// A browser with its cookies and the token of the last page.
struct Browser<'s> {
    server: &'s Server,
    /// By name.
    cookies: BTreeMap<String, String>,
    token: String,
}

impl<'s> Browser<'s> {
    fn new(server: &'s Server) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
            token: String::new(),
        }
    }

    fn send(&mut self, head: &str, body: &[u8]) -> (u16, String, String) {
        let cookie = match self.cookies.is_empty() {
            true => String::new(),
            false => format!("cookie: {}\r\n", self.cookie()),
        };
        let length = body.len();
        let head = format!(
            "{head}\r\nhost: localhost\r\nconnection: close\r\n{cookie}content-length: {length}\r\n\r\n"
        );
        let answer = self.server.exchange(&[head.as_bytes(), body].concat());
        for header in [
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
        ] {
            assert!(answer.1.contains(header), "{head}{}", answer.1);
        }
        assert!(!answer.1.contains("unsafe-inline"));
        if let Some(cookie) = header(&answer.1, "set-cookie") {
            assert!(cookie.contains("HttpOnly; SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        if let Some((_, after)) = answer.2.split_once("name=\"token\" value=\"") {
            self.token = after.split('"').next().unwrap().to_owned();
        }
        answer
    }

    /// What it sends of cookies.
    fn cookie(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs = pairs.map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Goes on in a language that it asked for.
    fn speaks(&mut self, tag: &str) {
        self.cookies.insert("lang".to_owned(), tag.to_owned());
    }

    /// A page, which must be there and sound.
    fn get(&mut self, path: &str) -> String {
        let (status, _, page) = self.send(&format!("GET {path} HTTP/1.1"), b"");
        assert_eq!(status, 200, "{path}: {page}");
        is_sound(path, &page);
        page
    }

    /// What a form of the last page answers: its status, where it leads to, and its page.
    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> (u16, String, String) {
        let token = self.token.clone();
        let mut all = fields.to_vec();
        all.push(("token", &token));
        self.post_as(path, "origin: http://localhost\r\n", all)
    }

    fn post_as(
        &mut self,
        path: &str,
        head: &str,
        fields: Vec<(&str, &str)>,
    ) -> (u16, String, String) {
        let pairs = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", super::layout::segment(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let head = format!(
            "POST {path} HTTP/1.1\r\n{head}content-type: application/x-www-form-urlencoded"
        );
        let (status, head, page) = self.send(&head, body.as_bytes());
        (status, header(&head, "location").unwrap_or_default(), page)
    }

    /// Sends the form of the first page, with documents, and follows it to the end of the work.
    fn rank(&mut self, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> String {
        self.get("/");
        let mut body = Vec::new();
        let token = self.token.clone();
        for (name, value) in fields
            .iter()
            .chain([&("token", token.as_str()), &("top", "10")])
        {
            let part = format!(
                "--xyz\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.into_bytes());
        }
        for (name, bytes) in files {
            let head = format!(
                "--xyz\r\ncontent-disposition: form-data; name=\"resumes\"; filename=\"{name}\"\r\n\
                 content-type: application/octet-stream\r\n\r\n"
            );
            body.extend(head.into_bytes());
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--xyz--\r\n");
        let head = "POST / HTTP/1.1\r\norigin: http://localhost\r\ncontent-type: multipart/form-data; boundary=xyz";
        let (status, head, page) = self.send(head, &body);
        assert_eq!(status, 303, "{page}");
        self.follow(&header(&head, "location").unwrap())
    }

    /// Where a piece of work leads to, or its last page where there is something to read before.
    fn follow(&mut self, work: &str) -> String {
        loop {
            let (status, head, page) = self.send(&format!("GET {work} HTTP/1.1"), b"");
            match status {
                303 => return header(&head, "location").unwrap(),
                200 if page.contains("id=\"progress\"") => {
                    is_sound(work, &page);
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                _ => return page,
            }
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.to_owned())
}

/// The elements of a page in order: their names and attributes.
fn elements(page: &str) -> Vec<(&str, &str)> {
    let tags = page
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'));
    let tags = tags.filter(|(tag, _)| !tag.starts_with(['/', '!']));
    tags.map(|(tag, _)| tag.split_once(' ').unwrap_or((tag, "")))
        .collect()
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let begin = format!("{name}=\"");
    let at = match attributes.starts_with(&begin) {
        true => 0,
        false => attributes.find(&format!(" {begin}"))? + 1,
    };
    attributes[at + begin.len()..].split('"').next()
}

/// What holds of every page: language, title, one first heading and none skipped, a name for whatever can be filled in
/// or pressed, headings for rows and columns, no id twice, nothing inline, no foreign markup.
fn is_sound(path: &str, page: &str) {
    assert!(
        page.contains("<html lang=\"en\">") || page.contains("<html lang=\"de\">"),
        "{path}"
    );
    assert!(
        page.contains("<a class=\"skip\" href=\"#content\">"),
        "{path}"
    );
    assert!(!page.contains("<title> "), "{path}");
    let elements = elements(page);
    let levels = elements
        .iter()
        .filter_map(|(name, _)| name.strip_prefix('h')?.parse::<u32>().ok());
    let levels: Vec<u32> = levels.collect();
    assert_eq!(
        levels.iter().filter(|level| **level == 1).count(),
        1,
        "{path}: {levels:?}"
    );
    assert_eq!(levels[0], 1, "{path}");
    assert!(
        levels.windows(2).all(|two| two[1] <= two[0] + 1),
        "{path}: {levels:?}"
    );

    let of = |name: &'static str| elements.iter().filter(move |element| element.0 == name);
    let labels: HashSet<&str> = of("label")
        .filter_map(|label| attribute(label.1, "for"))
        .collect();
    for name in ["input", "select", "textarea"] {
        for (_, attributes) in of(name).filter(|input| !input.1.contains("type=\"hidden\"")) {
            let id = attribute(attributes, "id").unwrap_or_else(|| panic!("{path}: {attributes}"));
            assert!(labels.contains(id), "{path}: no label for {id}");
        }
    }
    assert!(
        of("th").all(|th| attribute(th.1, "scope").is_some()),
        "{path}"
    );
    assert_eq!(of("table").count(), of("caption").count(), "{path}");
    let mut ids = HashSet::new();
    for id in elements
        .iter()
        .filter_map(|element| attribute(element.1, "id"))
    {
        assert!(ids.insert(id), "{path}: {id} twice");
    }
    for (name, attributes) in &elements {
        assert!(
            attribute(attributes, "style").is_none(),
            "{path}: {name} {attributes}"
        );
        let names: String = attributes.split('"').step_by(2).collect();
        assert!(
            !names.contains(" on") && !names.contains('\''),
            "{path}: {name} {attributes}"
        );
        assert_ne!(*name, "style", "{path}");
        assert_ne!(*name, "img", "{path}");
    }
    let scripts: Vec<_> = of("script").collect();
    assert_eq!(scripts, [&("script", "src=\"/page.js\" defer")], "{path}");
    assert_eq!(
        of("form")
            .filter(|form| form.1.contains("method=\"post\"") && !form.1.contains("/sign-in"))
            .count(),
        page.matches("name=\"token\"").count(),
        "{path}: a token for each form"
    );
    assert!(!page.contains('\u{202e}'), "{path}");
    assert!(!page.contains('\u{e000}'), "{path}");
}

fn start(folder: &Path) -> Server {
    start_with(folder, Options::default())
}

/// Clients with tokens, of whom `ann` is trusted.
fn with_clients(folder: &Path) -> Options {
    let file = folder.join("clients.txt");
    std::fs::write(&file, "ann 0123456789abcdef\nben fedcba9876543210\n").unwrap();
    let clients = Clients::read(&file).unwrap();
    Options {
        clients: clients.trusting(&["ann".to_owned()]).unwrap(),
        ..Options::default()
    }
}

fn sign_in(browser: &mut Browser<'_>, secret: &str) -> u16 {
    browser
        .post_as(
            "/sign-in",
            "origin: http://localhost\r\n",
            vec![("secret", secret)],
        )
        .0
}
