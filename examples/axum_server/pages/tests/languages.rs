//! The pages in two languages: one template, and no word of the one on a page in the other.

use std::collections::BTreeSet;
use std::future::pending;

use axum::body::to_bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use ranker::core::ValueError;
use ranker::ingest::{Unreadable, Warning};
use ranker::rlhf::{LearnError, SourceId};
use ranker::xai::audit::AuditError;

use super::super::Spoken;
use super::super::layout::failed;
use super::{Browser, is_sound, sign_in, start, with_clients};
use crate::error::ApiError;
use crate::fault::{Fault, Long, What};
use crate::intake::{Note, Sent};
use crate::tests::start_with;
use crate::work::Step;

/// Elements whose text is foreign, a name, or marked as of another language.
const APART: [&str; 7] = ["bdi", "q", "code", "textarea", "title", "b", "script"];

/// Text that is the same in both languages.
const SHARED: [&str; 1] = ["p"];

/// All that a page says of its own: texts between tags, and the attributes that are read aloud. And its elements.
fn labels(page: &str) -> (BTreeSet<String>, Vec<String>) {
    let (mut labels, mut elements, mut inside) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut say = |text: &str| {
        let text = text.trim();
        if text.contains(char::is_alphabetic) && !SHARED.contains(&text) {
            labels.insert(text.to_owned());
        }
    };
    for piece in page.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap();
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let is_apart = APART.contains(&name)
            || attributes.contains("class=\"text\"")
            || (name != "html" && attributes.contains("lang=\""));
        let outer = inside.last().copied().unwrap_or_default();
        if tag.starts_with('/') {
            inside.pop();
        } else if !["meta", "link", "input", "!DOCTYPE", "rect", "path"].contains(&name)
            && !tag.ends_with('/')
        {
            inside.push(outer || is_apart);
        }
        elements.push(name.to_owned());
        if !outer && !is_apart {
            for name in ["aria-label", "title", "placeholder", "alt"] {
                say(super::attribute(attributes, name).unwrap_or_default());
            }
        }
        // "1. NAME" is a choice among people, "0, GRADE" one among grades.
        let whom = text.split_once(". ").map_or("", |(number, _)| number);
        let is_somebody = name == "option" && whom.parse::<usize>().is_ok();
        if !inside.last().copied().unwrap_or_default() && !is_somebody {
            say(text);
        }
    }
    assert!(inside.is_empty(), "{page}");
    (labels, elements)
}

/// That two pages are one page in two languages.
fn is_one_page(what: &str, [english, german]: [&str; 2]) {
    assert!(english.contains("<html lang=\"en\">"), "{what}");
    assert!(german.contains("<html lang=\"de\">"), "{what}");
    // Which says that what follows is not in the page's language.
    assert!(!german.contains("<span lang=\"en\">"), "{what}: {german}");
    let (in_english, elements) = labels(english);
    let (in_german, others) = labels(german);
    assert_eq!(elements, others, "{what}");
    assert!(in_english.len() > 2, "{what}: {in_english:?}");
    let title = |page: &str| {
        let title = page.split("<title>").nth(1).unwrap();
        title.split('<').next().unwrap().to_owned()
    };
    // That of a ranking is its job's, that of a person says who it is.
    let is_own = !english.contains("/candidates/");
    assert!(!is_own || title(english) != title(german), "{what}");
    let both: Vec<&String> = in_english.intersection(&in_german).collect();
    assert!(both.is_empty(), "{what}: {both:?}");
}

/// Looks at addresses in both languages.
fn look(browser: &mut Browser<'_>, paths: &[String]) {
    for path in paths {
        let both = ["en", "de"].map(|tag| {
            browser.speaks(tag);
            let (_, _, page) = browser.send(&format!("GET {path} HTTP/1.1"), b"");
            is_sound(path, &page);
            page
        });
        is_one_page(path, [&both[0], &both[1]]);
    }
    browser.speaks("en");
}

#[test]
fn every_page_of_a_ranking_is_in_one_language() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_with(folder.path(), with_clients(folder.path()));
    let mut browser = Browser::new(&server);
    look(&mut browser, &["/sign-in".to_owned()]);
    let wrong = ["en", "de"].map(|tag| {
        browser.speaks(tag);
        let origin = "origin: http://localhost\r\n";
        browser
            .post_as("/sign-in", origin, vec![("secret", "wrong")])
            .2
    });
    is_one_page("a wrong token", [&wrong[0], &wrong[1]]);
    assert_eq!(sign_in(&mut browser, "0123456789abcdef"), 303);
    look(&mut browser, &["/".to_owned()]);

    let resume = "Ana Lopez\nana.lopez@example.com\nJava Developer\nJava developer for six years.\nSkills\nJava, Lucene\n\
                  Languages\nGerman (fluent)\nEducation\nBachelor of Science";
    let files: [(&str, &[u8]); 2] = [("a.txt", resume.as_bytes()), ("broken.docx", b"PK\x03\x04")];
    let job = [
        ("title", "Java developer"),
        (
            "job",
            "Requirements\n- 8 years of work as a developer\n- Java\n- Rust\n- Fluent German\n- Master's degree\n\
             What we offer\n- A canteen for everyone who works with us",
        ),
        ("whom", "all"),
    ];
    let page = browser.rank(&job, &files);
    let address = page.split("class=\"go\" href=\"").nth(1).unwrap();
    let address = address.split('"').next().unwrap().to_owned();
    browser.get(&address);
    let said = format!("{address}/said");
    for fields in [
        vec![("kind", "shortlist"), ("candidate", "ana")],
        vec![("kind", "reject"), ("candidate", "ben"), ("reason", "far")],
        vec![("kind", "grade"), ("candidate", "cem"), ("grade", "2")],
    ] {
        assert_eq!(browser.post(&said, &fields).0, 303);
    }
    let page = browser.get(&address);
    let person = page.split("/candidates/person-").nth(1).unwrap();
    let person = format!("person-{}", person.split('"').next().unwrap());
    let one = format!("{address}/candidates/{person}");
    server.runtime.block_on(async {
        let whose = ("work-being-done".to_owned(), SourceId::new("ann").unwrap());
        let begun = server.service.works.begin(whose, |work| async move {
            work.reach(Step::Encoding, 1, 3);
            pending().await
        });
        begun.unwrap();
    });
    let paths = [
        "/".to_owned(),
        "/work/work-being-done".to_owned(),
        address.clone(),
        one.clone(),
        format!("{address}/candidates/ben"),
        format!("{address}/compare?one=ana&other={person}"),
        format!("{address}/compare?one=ana&other=ben&said=yes"),
        format!("{address}/compare?one=ana&other=ana"),
        "/rankings/none".to_owned(),
    ];
    look(&mut browser, &paths);

    browser.get(&one);
    let erase = |whom: &str| format!("{address}/candidates/{whom}/erase");
    let mut both = |what: &str, paths: [&str; 2], fields: &[(&str, &str)]| {
        let pages = ["en", "de"].map(|tag| {
            browser.speaks(tag);
            let path = paths[usize::from(tag == "de")];
            browser.post(path, fields).2
        });
        is_one_page(what, [&pages[0], &pages[1]]);
    };
    both("as written", [&one, &one], &[]);
    both(
        "an erasure refused",
        [&erase("ana"); 2].map(|path| path.as_str()),
        &[],
    );
    both("erased", [&erase("ana"), &erase("ben")], &[("sure", "yes")]);
}

#[test]
fn learning_and_the_audit_are_in_one_language() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut browser = Browser::new(&server);
    let address = browser.rank(&[("job", "Search engines in Rust")], &[]);
    browser.get(&address);
    let said = format!("{address}/said");
    for (whom, grade) in [("ana", "0"), ("ben", "1"), ("cem", "3")] {
        let fields = [("kind", "grade"), ("candidate", whom), ("grade", grade)];
        assert_eq!(browser.post(&said, &fields).0, 303);
    }
    let fields = [("kind", "preference"), ("better", "cem"), ("worse", "ana")];
    assert_eq!(browser.post(&said, &fields).0, 303);
    let (_, to, _) = browser.post("/learning", &[]);
    assert_eq!(browser.follow(&to), "/learning");
    let done = ["served", "refused", "rolled-back"];
    let mut paths: Vec<String> = done
        .iter()
        .map(|done| format!("/learning?done={done}"))
        .collect();
    paths.push("/audit".to_owned());
    look(&mut browser, &paths);

    browser.get("/audit");
    let token = browser.token.clone();
    let pages = ["en", "de"].map(|tag| {
        browser.speaks(tag);
        let groups = "id,sex,shift\nana,f,day\nben,m,day\ncem,m,night\n";
        let body = format!(
            "--xyz\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n\
             --xyz\r\ncontent-disposition: form-data; name=\"first\"\r\n\r\n1\r\n\
             --xyz\r\ncontent-disposition: form-data; name=\"groups\"; filename=\"g.csv\"\r\n\r\n{groups}\r\n--xyz--\r\n"
        );
        let head = "POST /audit HTTP/1.1\r\norigin: http://localhost\r\ncontent-type: multipart/form-data; boundary=xyz";
        let (status, _, page) = browser.send(head, body.as_bytes());
        assert_eq!(status, 200, "{page}");
        is_sound("an audit", &page);
        page
    });
    // Groups and attributes stand in the names of tables, too.
    let both = pages.map(|page| {
        page.replace("sex × shift: ", "")
            .replace("sex: ", "")
            .replace("shift: ", "")
    });
    is_one_page("an audit", [&both[0], &both[1]]);
}

/// The page that says what is wrong, in a language.
async fn said(fault: &Fault, tag: &str) -> String {
    let uri = format!("/?lang={tag}").parse().unwrap();
    let spoken = Spoken::of(&Method::GET, &uri, &HeaderMap::new());
    let error = ApiError::new(StatusCode::BAD_REQUEST, fault.clone());
    let body = failed(&error, &spoken).into_body();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_is_wrong_is_said_in_both_languages() {
    let file = || Sent::File("Ünlü.pdf".to_owned());
    let limit = std::time::Duration::from_secs(9);
    let (what, most, length) = (Long::Job, 9, 10);
    let notes = vec![
        Note::Warned(file(), Warning::Hidden { characters: 7 }),
        Note::Warned(file(), Warning::EmptyPages { count: 2 }),
        Note::Warned(file(), Warning::Truncated),
        Note::Unread(file(), Unreadable::Empty),
        Note::Unread(file(), Unreadable::Scanned { pages: 2 }),
        Note::Unread(file(), Unreadable::Encrypted),
        Note::Unread(file(), Unreadable::TooSlow { limit }),
        Note::Refused(
            Sent::Pasted,
            ValueError::Empty {
                what: "profile text",
            },
        ),
        Note::TooLong(file(), 256),
        Note::Twice(Sent::Pasted),
    ];
    let nobody = notes.into_iter().map(|note| Fault::Nobody(vec![note]));
    let whats = [What::Ranking, What::Record, What::Work, What::Candidate];
    let longs = [Long::Title, Long::Profile, Long::Reason];
    let own = [
        Fault::NoMethod,
        Fault::Internal,
        Fault::Busy,
        Fault::TooMuch,
        Fault::Deadline,
        Fault::Late,
        Fault::SlowBody,
        Fault::LongBody,
        Fault::ForeignHost,
        Fault::ForeignPage,
        Fault::ForeignForm,
        Fault::NoToken,
        Fault::NotSignedIn,
        Fault::TooLong { what, most, length },
        Fault::Value(ValueError::Empty {
            what: "job description",
        }),
        Fault::JobUnread(Unreadable::Encrypted),
        Fault::HowMany,
        Fault::Top { most: 50, top: 51 },
        Fault::Nobody(Vec::new()),
        Fault::NoGrade,
        Fault::NoKind,
        Fault::NotSure,
        Fault::NoModel,
        Fault::NotServed,
        Fault::LearningAlready,
        Fault::NothingLearned,
        Fault::Learn(LearnError::NoComparisons.into()),
        Fault::Places,
        Fault::NoGroups,
        Fault::NoColumn,
        Fault::Audit(AuditError::NobodyKnown {
            candidates: 3,
            attribute: "sex".to_owned(),
        }),
        Fault::Same("both are one".to_owned()),
    ];
    let faults = own.into_iter().chain(nobody);
    let faults = faults.chain(whats.map(Fault::NoSuch));
    let faults = faults.chain(longs.map(|what| Fault::TooLong { what, most, length }));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for fault in faults {
        let [english, german] = ["en", "de"].map(|tag| runtime.block_on(said(&fault, tag)));
        is_one_page(&fault.to_string(), [&english, &german]);
    }
    // A library's own words are those of its language, and say so.
    let foreign = runtime.block_on(said(&Fault::from("no <b> such"), "de"));
    assert!(
        foreign.contains("<span lang=\"en\">No &lt;b&gt; such</span>"),
        "{foreign}"
    );
}
