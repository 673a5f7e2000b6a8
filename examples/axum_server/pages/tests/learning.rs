//! Learning and the audit.

use std::sync::Arc;

use ranker::JobDescription;
use ranker::rlhf::SourceId;
use ranker::score::LinearScorer;

use super::{Browser, is_sound, sign_in, start, with_clients};
use crate::tests::start_with;
use crate::wire::Said;

#[test]
fn what_was_learned_is_shown_served_and_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = start_with(folder.path(), with_clients(folder.path()));
    let service = &server.service;
    // A model that ranks the wrong way round: whatever is learned does better.
    let schema = service.ranker.features().schema();
    let prior = LinearScorer::prior(schema);
    let reversed = prior.weights().iter().map(|weight| -weight).collect();
    let reversed = LinearScorer::new(Arc::clone(schema), reversed).unwrap();
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
        "Rankings: 2",
        "By <bdi>sex</bdi>",
        "By <bdi>age × sex</bdi>",
        "&lt;b&gt;old",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(audit("name\nana\n").0, 422);
    let (status, page) = audit("id,sex\nana,f\nana,m\n");
    assert_eq!(status, 422, "{page}");
}
