//! What a recruiter does with a ranking.

use std::path::Path;

use ranker::decision::DecisionRecord;
use ranker::rlhf::{EventKind, FeedbackLog, SourceId};

use super::{Browser, HOSTILE, header, is_sound, start};

#[test]
fn a_job_is_ranked_and_everyone_shown_with_the_verdicts() {
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
}

#[test]
fn what_is_said_is_shown_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    let address = browser.rank(&[("job", "Search engines in Rust")], &[]);
    browser.get(&address);
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

    assert_eq!(
        recorded(folder.path()),
        ["shown", "shortlist", "reject", "grade"]
    );
}

/// Pages are in the language that the address asks for, then goes on in it; else in that of the browser.
#[test]
fn pages_are_in_the_readers_language() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    let address = browser.rank(&[("job", "Search engines in Rust")], &[]);
    let english = |page: &str| page.contains("<html lang=\"en\">") && page.contains("Score<");
    let german = |page: &str| page.contains("<html lang=\"de\">") && page.contains("Merkmal<");
    for path in [
        format!("{address}/candidates/ana"),
        format!("{address}/compare?one=cem&other=ana"),
    ] {
        assert!(english(&browser.get(&path)));
        let head = format!("GET {path} HTTP/1.1\r\naccept-language: fr, de-AT;q=0.8, en;q=0.3");
        let (status, _, page) = browser.send(&head, b"");
        assert!(status == 200 && german(&page), "{page}");
        is_sound(&path, &page);
        let link = page.split("hreflang=\"en\"").next().unwrap();
        let link = link.rsplit("href=\"").next().unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        assert!(link.starts_with(&path), "{link}");
        browser.get(&link.replace("lang=en", "lang=de"));
        assert!(german(&browser.get(&path)), "it goes on in that language");
        assert!(english(&browser.get(&link)));
        browser.cookies.clear();
    }
    let one = browser.get(&format!("{address}/candidates/ana?lang=de"));
    assert!(
        one.contains("Dieses Profil steht") && one.contains("<summary>In English</summary>"),
        "{one}"
    );
}

#[test]
fn one_candidate_and_two_side_by_side_have_pages() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    let address = browser.rank(&[("job", "Search engines in Rust")], &[]);
    let said = format!("{address}/said");
    let one = browser.get(&format!("{address}/candidates/ana"));
    assert!(
        one.contains("lang=\"de\"") && one.contains("Dieses Profil steht"),
        "{one}"
    );
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

    assert_eq!(recorded(folder.path()), ["shown", "preference", "opened"]);
}

/// What the log has, all of it by this client.
fn recorded(folder: &Path) -> Vec<&'static str> {
    let log = FeedbackLog::open(folder.join("feedback.sqlite")).unwrap();
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
    kinds.collect()
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
            "There is nobody to rank: add resumes",
        ),
    ] {
        let page = browser.rank(&fields, &[]);
        is_sound(why, &page);
        assert!(page.contains("role=\"alert\""), "{page}");
        assert!(why == "blank" || page.contains(why), "{page}");
    }
}
