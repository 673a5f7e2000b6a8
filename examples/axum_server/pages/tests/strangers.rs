//! What strangers and hostile texts get.

use ranker::Profile;
use ranker::rlhf::FeedbackLog;

use super::super::layout::segment;
use super::{Browser, HOSTILE, header, is_sound, sign_in, start, with_clients};
use crate::tests::start_with;

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
    let cookie = browser.cookie();
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
    let id = segment(HOSTILE.trim_end_matches('\u{202e}'));
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
