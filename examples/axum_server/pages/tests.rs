//! The pages as a browser gets them, over a real socket.

use std::collections::HashSet;
use std::path::Path;

use ranker::decision::DecisionRecord;
use ranker::rlhf::{EventKind, FeedbackLog, SourceId};
use ranker::score::LinearScorer;
use ranker::{JobDescription, Profile};

use crate::clients::Clients;
use crate::service::Options;
use crate::tests::{Server, start_with};
use crate::wire::Said;

/// What a hostile candidate, job or reason would like to be.
const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u{202e}";

/// A browser with its cookies and the token of the last page.
struct Browser<'s> {
    server: &'s Server,
    cookie: String,
    token: String,
}

impl<'s> Browser<'s> {
    fn new(server: &'s Server) -> Self {
        Self {
            server,
            cookie: String::new(),
            token: String::new(),
        }
    }

    fn send(&mut self, head: &str, body: &[u8]) -> (u16, String, String) {
        let cookie = match self.cookie.as_str() {
            "" => String::new(),
            cookie => format!("cookie: {cookie}\r\n"),
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
            self.cookie = cookie.split(';').next().unwrap().to_owned();
        }
        if let Some((_, after)) = answer.2.split_once("name=\"token\" value=\"") {
            self.token = after.split('"').next().unwrap().to_owned();
        }
        answer
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
    assert!(page.contains("<html lang=\"en\">"), "{path}");
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

#[test]
fn ranks_shows_compares_and_records_what_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    assert!(browser.get("/").contains("None yet."));
    let job = [
        ("title", HOSTILE),
        (
            "job",
            "Requirements\r\n- Rust\r\n- Fluent German\r\n- Search engines with Lucene",
        ),
    ];
    let address = browser.rank(&job, &[]);
    let page = browser.get(&address);
    assert_eq!(page.matches("<article class=\"candidate\"").count(), 3);
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(
        page.contains("speaks most for it") || page.contains("speak most for it"),
        "{page}"
    );
    assert!(page.contains("<span class=\"verdict unsaid\">not said</span>"));
    assert!(page.contains("<caption>What the job asks, and what the profile has of it</caption>"));
    assert!(
        browser
            .get("/")
            .contains(&format!("<a href=\"{address}\">"))
    );
    let again = browser.get(&address.replace("/rankings/", "/?again="));
    assert!(
        again.contains(">\nRequirements\n- Rust\n- Fluent German\n"),
        "{again}"
    );

    let said = format!("{address}/said");
    let here = format!("{address}#place-1");
    for (fields, shown) in [
        (
            vec![("kind", "shortlist"), ("candidate", "ana")],
            "on your shortlist",
        ),
        (
            vec![
                ("kind", "reject"),
                ("candidate", "ana"),
                ("reason", HOSTILE),
            ],
            "turned down: <bdi>&lt;script&gt;",
        ),
        (
            vec![("kind", "grade"), ("candidate", "ana"), ("grade", "3")],
            "graded 3, excellent",
        ),
    ] {
        let (status, to, page) = browser.post(&said, &fields);
        assert_eq!((status, to.as_str()), (303, here.as_str()), "{page}");
        assert!(browser.get(&address).contains(shown), "{shown}");
    }
    for wrong in [
        vec![("kind", "grade"), ("candidate", "ana"), ("grade", "9")],
        vec![("kind", "dance"), ("candidate", "ana")],
    ] {
        let (status, _, page) = browser.post(&said, &wrong);
        assert_eq!(status, 400);
        is_sound("a refusal", &page);
    }
    assert_eq!(
        browser
            .post(&said, &[("kind", "shortlist"), ("candidate", "zoe")])
            .0,
        404
    );

    let one = browser.get(&format!("{address}/candidates/ana"));
    assert!(
        one.contains("lang=\"de\"") && one.contains("Dieses Profil steht"),
        "{one}"
    );
    assert!(one.contains("graded 3, excellent"));
    let both = browser.get(&format!("{address}/compare?one=cem&other=ana"));
    assert!(both.contains("stands above") && both.contains("lang=\"de\""));
    let fields = [("kind", "preference"), ("better", "cem"), ("worse", "ana")];
    let (status, to, _) = browser.post(&said, &fields);
    assert_eq!(status, 303);
    assert!(browser.get(&to).contains("Your word is recorded."));
    let (status, _, whole) = browser.post(&format!("{address}/candidates/ana"), &[]);
    assert_eq!(status, 200);
    is_sound("as written", &whole);

    let same = browser.send(
        &format!("GET {address}/compare?one=ana&other=ana HTTP/1.1"),
        b"",
    );
    assert_eq!(same.0, 400);
    is_sound("a refusal", &same.2);

    let log = FeedbackLog::open(folder.path().join("feedback.sqlite")).unwrap();
    let kinds = log.events().map(|logged| {
        let event = logged.unwrap().event;
        assert_eq!(event.source, Some(SourceId::new("127.0.0.1").unwrap()));
        match event.kind {
            EventKind::Impression(_) => "shown",
            EventKind::Shortlist(_) => "shortlist",
            EventKind::Reject { reason, .. } if reason == HOSTILE => "reject",
            EventKind::Grade { grade: 3, .. } => "grade",
            EventKind::Preference(_) => "preference",
            EventKind::Opened(_) => "opened",
            other => panic!("{other:?}"),
        }
    });
    let kinds: Vec<&str> = kinds.collect();
    assert_eq!(
        kinds,
        [
            "shown",
            "shortlist",
            "reject",
            "grade",
            "preference",
            "opened"
        ]
    );
}

#[test]
fn documents_are_read_shown_blind_recorded_and_erased() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    let resume = b"{\\rtf1 Ana Lopez\\par ana.lopez@example.com\\par Java Developer\\par Ana Lopez built search in Java for six years. <script>alert(1)</script>}";
    let files: [(&str, &[u8]); 2] = [("Ana_Lopez.rtf", resume), ("broken.docx", b"PK\x03\x04")];
    let fields = [
        ("job", "Java developer for search"),
        ("whom", "new"),
        ("pasted", HOSTILE),
    ];
    let page = browser.rank(&fields, &files);
    is_sound("what was not read", &page);
    assert!(page.contains("broken.docx was left out: "), "{page}");
    let address = page.split("class=\"go\" href=\"").nth(1).unwrap();
    let address = address.split('"').next().unwrap().to_owned();
    let page = browser.get(&address);
    assert_eq!(
        page.matches("<article class=\"candidate\"").count(),
        2,
        "those who were sent, and nobody else"
    );
    assert_eq!(server.service.collection.len(), 5);
    assert!(!page.contains("came with") && !page.contains("came_with"));
    for gone in ["Lopez", "example.com"] {
        assert!(!page.contains(gone), "{gone}");
    }
    let people: Vec<&str> = page
        .match_indices(&format!("{address}/candidates/"))
        .map(|(at, found)| {
            let id = &page[at + found.len()..];
            &id[..id.find('"').unwrap()]
        })
        .collect();
    let ana = people.iter().find(|id| {
        let page = browser.get(&format!("{address}/candidates/{id}"));
        page.contains("Java Developer")
    });
    let ana = format!("{address}/candidates/{}", ana.unwrap());
    let page = browser.get(&ana);
    assert!(
        !page.contains("Lopez") && page.contains("<span class=\"hidden\">hidden</span>"),
        "{page}"
    );
    assert!(page.contains("of the text says who somebody is"));
    let (_, _, whole) = browser.post(&ana, &[]);
    assert!(whole.contains("ana.lopez@example.com"), "{whole}");
    assert!(whole.contains("&lt;script&gt;alert(1)"));
    is_sound("as written", &whole);

    let (status, head, record) = browser.send(&format!("GET {address}/record HTTP/1.1"), b"");
    assert_eq!(status, 200);
    assert!(
        header(&head, "content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    let record = DecisionRecord::from_bytes(record.as_bytes()).unwrap();
    assert_eq!(record.verify().unwrap().places, 2);
    assert!(record.erased().is_empty());

    let erase = format!("{ana}/erase");
    assert_eq!(browser.post(&erase, &[]).0, 400, "not without the box");
    let (status, _, page) = browser.post(&erase, &[("sure", "yes")]);
    assert_eq!(status, 200, "{page}");
    is_sound("erased", &page);
    assert_eq!(server.service.collection.len(), 4);
    let (_, _, after) = browser.send(&format!("GET {address}/record HTTP/1.1"), b"");
    let after = DecisionRecord::from_bytes(after.as_bytes()).unwrap();
    assert_eq!((after.root(), after.erased().len()), (record.root(), 1));

    for nowhere in [
        "/rankings/none",
        "/rankings/none/record",
        "/work/none",
        "/rankings/..%2f..%2fjobs/record",
    ] {
        let (status, _, page) = browser.send(&format!("GET {nowhere} HTTP/1.1"), b"");
        assert_eq!(status, 404, "{nowhere}");
        is_sound(nowhere, &page);
    }
}

#[test]
fn an_order_that_cannot_be_done_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    for (fields, why) in [
        (vec![("job", " ")], "blank"),
        (
            vec![("job", "nurse"), ("whom", "new")],
            "there is nobody to rank: add resumes",
        ),
    ] {
        let page = browser.rank(&fields, &[]);
        is_sound(why, &page);
        assert!(page.contains("role=\"alert\""), "{page}");
        assert!(why == "blank" || page.contains(why), "{page}");
    }
}

#[test]
fn no_form_is_taken_that_is_not_ours() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    let address = browser.rank(&[("job", "nurse")], &[]);
    browser.get(&address);
    let token = browser.token.clone();
    let said = format!("{address}/said");
    let fields = |token: &'static str| {
        vec![
            ("kind", "shortlist"),
            ("candidate", "ben"),
            ("token", token),
        ]
    };
    let own = "origin: http://localhost\r\n";
    let everything = [
        "/".to_owned(),
        said.clone(),
        format!("{address}/candidates/ben"),
        format!("{address}/candidates/ben/erase"),
        "/learning".to_owned(),
        "/learning/serve".to_owned(),
        "/learning/roll-back".to_owned(),
        "/audit".to_owned(),
        "/sign-out".to_owned(),
    ];
    for path in &everything {
        for wrong in ["", "0123456789abcdef"] {
            let (status, _, page) = browser.post_as(path, own, fields(wrong));
            assert_eq!(status, 403, "{path}: {page}");
        }
        let right = vec![
            ("kind", "shortlist"),
            ("candidate", "ben"),
            ("token", token.as_str()),
        ];
        for foreign in ["origin: http://evil.example\r\n", "origin: null\r\n"] {
            let (status, _, page) = browser.post_as(path, foreign, right.clone());
            assert_eq!(status, 403, "{path}: {page}");
        }
    }
    // A site whose name leads here is no way around that.
    let request = "GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert_eq!(server.exchange(request.as_bytes()).0, 403);
    // A program's addresses take no form, whatever it holds.
    for path in ["/learn", "/rollback", "/rank", "/feedback"] {
        let form = "content-type: application/x-www-form-urlencoded";
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{form}\r\ncontent-length: 0\r\n\r\n"
        );
        assert_eq!(server.exchange(request.as_bytes()).0, 415, "{path}");
    }
    let log = FeedbackLog::open(folder.path().join("feedback.sqlite")).unwrap();
    assert_eq!(log.events().count(), 1, "the ranking that was shown");
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

#[test]
fn where_clients_have_tokens_people_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_with(folder.path(), with_clients(folder.path()));
    let mut browser = Browser::new(&server);
    for path in ["/", "/learning", "/audit", "/rankings/r"] {
        let (status, head, _) = browser.send(&format!("GET {path} HTTP/1.1"), b"");
        assert_eq!(
            (status, header(&head, "location").as_deref()),
            (303, Some("/sign-in")),
            "{path}"
        );
    }
    browser.get("/sign-in");
    assert_eq!(
        browser
            .post_as("/", "origin: http://localhost\r\n", vec![])
            .0,
        401
    );
    assert_eq!(
        browser
            .post_as("/sign-in", "", vec![("secret", "0123456789abcdef")])
            .0,
        403,
        "of no known origin"
    );
    assert_eq!(sign_in(&mut browser, "wrong-token-of-some-length"), 401);
    assert_eq!(sign_in(&mut browser, "0123456789abcdef"), 303);
    assert!(browser.get("/").contains("<bdi>ann</bdi>"));
    let address = browser.rank(&[("job", "nurse"), ("title", "Ann's job")], &[]);
    browser.get(&address);
    let anns = browser.token.clone();

    let mut other = Browser::new(&server);
    assert_eq!(sign_in(&mut other, "fedcba9876543210"), 303);
    assert!(
        !other.get("/").contains("Ann&#39;s job"),
        "what others rank is theirs"
    );
    let stolen = vec![
        ("kind", "shortlist"),
        ("candidate", "ben"),
        ("token", anns.as_str()),
    ];
    let said = format!("{address}/said");
    assert_eq!(
        other
            .post_as(&said, "origin: http://localhost\r\n", stolen)
            .0,
        403
    );

    assert_eq!(browser.post("/sign-out", &[]).0, 303);
    assert_eq!(browser.send("GET / HTTP/1.1", b"").0, 303);
    assert_eq!(sign_in(&mut browser, "0123456789abcdef"), 303);
    let cookie = &browser.cookie;
    let program = format!(
        "GET /explain/r/ana HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n"
    );
    assert_eq!(
        server.exchange(program.as_bytes()).0,
        401,
        "a program's address wants the token itself"
    );
}

#[test]
fn what_was_learned_is_shown_served_and_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_with(folder.path(), with_clients(folder.path()));
    let service = &server.service;
    // A model that ranks the wrong way round: whatever is learned does better.
    let schema = service.ranker.features().schema();
    let prior = LinearScorer::prior(schema);
    let reversed = prior.weights().iter().map(|weight| -weight).collect();
    let reversed = LinearScorer::new(std::sync::Arc::clone(schema), reversed).unwrap();
    service.ranker.serve(reversed).unwrap();
    let before = service.ranker.scorer().model_id().to_owned();

    let mut browser = Browser::new(&server);
    assert_eq!(sign_in(&mut browser, "0123456789abcdef"), 303);
    let page = browser.get("/learning");
    assert!(page.contains(&before));
    let refused = browser.post("/learning/serve", &[]);
    assert_eq!(refused.0, 409, "nothing was learned");
    is_sound("a refusal", &refused.2);

    let ann = SourceId::new("ann").unwrap();
    for opening in 0..90 {
        let (text, fits) = match opening % 3 {
            0 => ("Search engines in Rust with Lucene", "ana"),
            1 => ("Nurse for a cardiac ward", "ben"),
            _ => ("Data engineer for Java and Elasticsearch", "cem"),
        };
        let job = JobDescription::new(format!("{text}, opening {opening}")).unwrap();
        server.runtime.block_on(async {
            let out = service
                .give_out(job, (3, service.deadline), ann.clone())
                .await
                .unwrap();
            for candidate in ["ana", "ben", "cem"] {
                let said = Said::Grade {
                    candidate: candidate.to_owned(),
                    grade: if candidate == fits { 3 } else { 0 },
                };
                let said = (out.id.as_str(), said);
                service
                    .happened(said, ann.clone(), (None, None))
                    .await
                    .unwrap();
            }
        });
    }
    browser.get("/learning");
    let (status, to, page) = browser.post("/learning", &[]);
    assert_eq!(status, 303, "{page}");
    assert_eq!(browser.follow(&to), "/learning");
    let page = browser.get("/learning");
    assert!(
        page.contains("Grades: 270") && page.contains("Rankings shown: 90"),
        "{page}"
    );
    assert!(page.contains("The gate lets it pass."), "{page}");
    assert!(
        page.contains("What it would change in your last rankings") && page.contains("<td>up "),
        "{page}"
    );
    assert_eq!(
        service.ranker.scorer().model_id(),
        before,
        "nothing is served by looking"
    );

    let (status, to, page) = browser.post("/learning/serve", &[]);
    assert_eq!(
        (status, to.as_str()),
        (303, "/learning?done=served"),
        "{page}"
    );
    assert!(browser.get(&to).contains("The learned model ranks now."));
    assert_ne!(service.ranker.scorer().model_id(), before);
    let (status, to, _) = browser.post("/learning/roll-back", &[]);
    assert_eq!((status, to.as_str()), (303, "/learning?done=rolled-back"));
    assert_eq!(service.ranker.scorer().model_id(), before);
    browser.get(&to);
}

#[test]
fn an_audit_reads_groups_and_keeps_none() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    for job in ["nurse", "search in Rust"] {
        browser.rank(&[("job", job)], &[]);
    }
    browser.get("/audit");
    let mut audit = |content: &str| {
        let token = browser.token.clone();
        let body = format!(
            "--xyz\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n\
             --xyz\r\ncontent-disposition: form-data; name=\"first\"\r\n\r\n1\r\n\
             --xyz\r\ncontent-disposition: form-data; name=\"groups\"; filename=\"g.csv\"\r\n\r\n{content}\r\n--xyz--\r\n"
        );
        let head = "POST /audit HTTP/1.1\r\norigin: http://localhost\r\ncontent-type: multipart/form-data; boundary=xyz";
        let (status, _, page) = browser.send(head, body.as_bytes());
        is_sound("an audit", &page);
        (status, page)
    };
    let (status, page) = audit("id,sex,age\nana,f,<b>old\nben,m,young\ncem,m,young\n");
    assert_eq!(status, 200, "{page}");
    for part in [
        "2 rankings",
        "By <bdi>sex</bdi>",
        "By <bdi>age and sex</bdi>",
        "&lt;b&gt;old",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(audit("name\nana\n").0, 422);
    let (status, page) = audit("id,sex\nana,f\nana,m\n");
    assert_eq!(status, 422, "{page}");
}

#[test]
fn a_hostile_profile_is_text_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let text = format!("Rust developer {HOSTILE} with six years of Rust and Lucene.");
    let hostile = Profile::new(HOSTILE.trim_end_matches('\u{202e}'), text)
        .unwrap()
        .with_title(HOSTILE);
    server.service.import(&[hostile]).unwrap();
    let mut browser = Browser::new(&server);
    let address = browser.rank(&[("job", "Requirements\n- Rust\n- Lucene")], &[]);
    let page = browser.get(&address);
    let id = super::layout::segment(HOSTILE.trim_end_matches('\u{202e}'));
    assert!(
        page.contains(&format!("{address}/candidates/{id}")),
        "{page}"
    );
    let one = format!("{address}/candidates/{id}");
    let page = browser.get(&one);
    assert!(
        page.contains("&lt;img src=x onerror=alert(2)&gt;"),
        "{page}"
    );
    browser.get(&format!("{address}/compare?one={id}&other=ana"));
    let (status, _, page) = browser.post(&one, &[]);
    assert_eq!(status, 200);
    is_sound("as written", &page);
    let fields = [
        ("kind", "shortlist"),
        ("candidate", HOSTILE.trim_end_matches('\u{202e}')),
        ("from", "candidate"),
    ];
    let (status, to, _) = browser.post(&format!("{address}/said"), &fields);
    assert_eq!((status, to), (303, format!("{one}#said")));
}

#[test]
fn style_and_script_are_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_with(folder.path(), with_clients(folder.path()));
    let mut browser = Browser::new(&server);
    for (path, kind) in [("/style.css", "text/css"), ("/page.js", "text/javascript")] {
        let (status, head, body) = browser.send(&format!("GET {path} HTTP/1.1"), b"");
        assert_eq!(status, 200);
        assert!(header(&head, "content-type").unwrap().starts_with(kind));
        assert!(!body.contains("http://") && !body.contains("https://") && !body.contains("url("));
    }
}
