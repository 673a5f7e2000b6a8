//! Redis: the real one, where there is one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use ranker_core::{
    Embedding, Fact, Filter, JobDescription, Profile, Pushdown, Query, Request, Retriever,
};
use ranker_engines::conformance::people;
use ranker_engines::redis::{Redis, RedisOptions};
use ranker_engines::{Secret, Space, Store, WriteError};

use crate::live;
use crate::proxy::Proxy;

const VARIABLE: &str = "RANKER_REDIS";

/// `host:port` of a URL without a user.
pub(crate) fn server(url: &str) -> String {
    url.trim_start_matches("redis://").to_owned()
}

fn options() -> RedisOptions {
    RedisOptions::new().with_time_limit(Duration::from_millis(1500))
}

fn opened(url: &str, name: &str, options: RedisOptions) -> Result<Redis, WriteError> {
    let space = Space::new(format!("{name}_{}", std::process::id()), 16, "m").unwrap();
    pollster::block_on(Redis::open(&Secret::new(url), space, options))
}

/// What the server says to a line.
pub(crate) fn said(url: &str, line: &str) -> String {
    let mut stream = TcpStream::connect(server(url)).unwrap();
    stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    let mut answer = [0; 256];
    let read = stream.read(&mut answer).unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

/// The address of what says the same to everyone.
fn parrot(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn found(store: &Redis, embedding: &Embedding, filter: &Filter) -> Vec<String> {
    let job = JobDescription::new("Nurse").unwrap();
    let query = Query::new(job).with_embedding(embedding.clone());
    let request = Request::top(100).with_filter(filter.clone());
    let hits = pollster::block_on(store.retrieve(&query, &request)).unwrap();
    let mut ids: Vec<String> = hits
        .iter()
        .map(|hit| hit.id().as_str().to_owned())
        .collect();
    ids.sort();
    ids
}

/// The suite on the server that a variable names, in whatever way `open` opens a space there; a near one is disturbed.
pub(crate) fn conforms<F>(
    variable: &str,
    name: &str,
    open: impl Fn(Secret, Space) -> F + Send + Sync,
) where
    F: Future<Output = Result<Arc<dyn Store>, WriteError>> + Send,
{
    let Some(url) = live::given(variable) else {
        return;
    };
    // What stands between speaks no TLS.
    let near = url.starts_with("redis://127.0.0.1:");
    let (mut suite, mut url) = (live::suite(), url);
    if near {
        let proxy = Arc::new(Proxy::new(server(&url)));
        url = format!("redis://127.0.0.1:{}", proxy.port);
        suite = suite.with_faults(proxy);
    }
    let url = Secret::new(url);
    let kept = suite.run(|place| {
        let space = Space::new(place.name, place.dimension, place.encoder);
        let opened = space.map(|space| open(url.clone(), space));
        async move { Ok(opened?.await?) }
    });
    let kept = pollster::block_on(kept).unwrap();
    let expected = if near { 14 } else { 11 };
    assert_eq!(kept.len(), expected, "{kept:?}");
    live::report(name, &kept);
}

#[test]
fn the_server_conforms() {
    conforms(VARIABLE, "redis", |url, space| async move {
        // The graph first, and all who pass where it finds too few.
        let opened = Redis::open(&url, space, options().with_compared(0)).await?;
        Ok(Arc::new(opened) as Arc<dyn Store>)
    });
}

#[test]
fn facts_of_any_name_and_any_number_are_filtered_by() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let store = opened(&url, "odd", RedisOptions::new()).unwrap();
    let odd = "it's \"odd\"; \\ .tags in $1 日本";
    let (_, embedding) = people(1).remove(0);
    let numbers = [0.1 + 0.2, 5e-324, -1e300, 9_007_199_254_740_993.0, 1e-7];
    let each = numbers.iter().enumerate().map(|(at, number)| {
        let profile = Profile::new(format!("p{at}"), "Text").unwrap();
        let profile = profile.with_fact(odd, Fact::Number(*number)).unwrap();
        (profile, embedding.clone())
    });
    let mut entries: Vec<_> = each.collect();
    let lacking = Profile::new("lacking", "Text").unwrap();
    let word = lacking
        .with_fact(odd, Fact::keyword("Größe \"x\""))
        .unwrap();
    entries.push((word, embedding.clone()));
    pollster::block_on(store.upsert(&entries)).unwrap();
    let not = |filter| Filter::Not(Box::new(filter));
    let filters = [
        Filter::at_least(odd, 0.1 + 0.2),
        Filter::at_most(odd, 1e-7),
        not(Filter::at_least(odd, -1e300)),
        not(Filter::at_most(odd, 1e-7)),
        Filter::at_least(odd, f64::NEG_INFINITY),
        Filter::any_of(odd, ["größe \"x\""]),
        Filter::Or(vec![
            Filter::any_of(odd, ["größe \"x\""]),
            Filter::at_least(odd, 9_007_199_254_740_993.0),
        ]),
        Filter::any_of(
            odd,
            (0..2000)
                .map(|at| format!("w{at}"))
                .chain(["größe \"x\"".to_owned()]),
        ),
    ];
    for filter in filters {
        assert_eq!(store.pushdown(&filter), Pushdown::Exact, "{filter:?}");
        let passing = entries.iter().map(|(profile, _)| profile);
        let passing = passing.filter(|profile| filter.matches(profile.facts()));
        let mut expected: Vec<&str> = passing.map(|profile| profile.id().as_str()).collect();
        expected.sort_unstable();
        assert_eq!(found(&store, &embedding, &filter), expected, "{filter:?}");
    }
    let tiny = Filter::at_least(odd, 5e-324);
    assert_eq!(store.pushdown(&tiny), Pushdown::Unsupported);
}

/// A vector and its profile are one version's, though others write in between.
#[test]
fn a_profile_is_never_read_with_another_versions_vector() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let store = opened(&url, "torn", RedisOptions::new()).unwrap();
    let versions: Vec<_> = people(2)
        .into_iter()
        .map(|(profile, embedding)| {
            let own = Profile::new("both", profile.text()).unwrap();
            (own, embedding)
        })
        .collect();
    let id = versions[0].0.id().clone();
    pollster::block_on(store.upsert(&versions[..1])).unwrap();
    let writing = {
        let (store, versions) = (store.clone(), versions.clone());
        thread::spawn(move || {
            for at in 0..200 {
                pollster::block_on(store.upsert(&versions[at % 2..=at % 2])).unwrap();
            }
        })
    };
    while !writing.is_finished() {
        let read = pollster::block_on(store.entries(std::slice::from_ref(&id))).unwrap();
        let (profile, embedding) = read[0].as_ref().unwrap();
        let own = versions.iter().find(|(own, _)| own == profile).unwrap();
        assert!(own.1.cosine(embedding).unwrap() > 0.999_99);
    }
    writing.join().unwrap();
    pollster::block_on(store.delete(&[id])).unwrap();
    let key = format!("ranker:{{torn_{}}}", std::process::id());
    assert_eq!(
        said(&url, &format!("EXISTS {key}:vectors {key}:profiles")),
        ":0\r\n"
    );
}

#[test]
fn users_passwords_and_databases_are_the_urls() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let made = "ACL SETUSER ranker_ann on >p@ss:/ ~* &* +@all";
    assert_eq!(said(&url, made), "+OK\r\n");
    let server = server(&url);
    let ann = format!("redis://ranker_ann:p%40ss%3a%2f@{server}");
    let store = opened(&ann, "users", options()).unwrap();
    pollster::block_on(store.upsert(&people(2))).unwrap();
    let other = opened(&format!("{ann}/1"), "users", options()).unwrap();
    let counts = [&store, &other].map(|store| pollster::block_on(store.count()).unwrap());
    assert_eq!(counts, [2, 0]);

    let wrong = format!("redis://ranker_ann:hunter2@{server}");
    let repeated = parrot("-ERR unknown command 'AUTH', with args beginning with: 'hunter2'\r\n");
    for url in [wrong, format!("redis://:hunter2@{repeated}")] {
        let error = opened(&url, "users", options()).unwrap_err();
        assert!(matches!(error, WriteError::Rejected { .. }), "{error:?}");
        assert!(
            !format!("{error:?} {error}").contains("hunter2"),
            "{error:?}"
        );
    }
}

#[test]
fn what_is_no_vector_set_is_said() {
    let answers = [
        ("-LOADING Redis is loading the dataset in memory\r\n", true),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", true),
        ("*1\r\n$-1\r\n:0\r\n:0\r\n", false),
        ("-NOAUTH Authentication required.\r\n:0\r\n:0\r\n", false),
    ];
    for (answer, passes) in answers {
        let url = format!("redis://{}", parrot(answer));
        let error = opened(&url, "none", options()).unwrap_err();
        let unavailable = matches!(error, WriteError::Unavailable { .. });
        assert_eq!(unavailable, passes, "{answer:?}: {error:?}");
    }
}

/// Byte by byte, each in time, is not in time.
#[test]
fn an_answer_that_drips_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            while stream.write_all(b"+").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        }
    });
    let begun = Instant::now();
    let options = RedisOptions::new().with_time_limit(Duration::from_millis(400));
    let error = opened(&format!("redis://{address}"), "drips", options).unwrap_err();
    assert!(matches!(error, WriteError::Unavailable { .. }), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(3));
}

#[test]
fn keys_of_others_are_left_alone() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let key = format!("ranker:{{others_{}}}:profiles", std::process::id());
    assert_eq!(said(&url, &format!("SET {key} theirs")), "+OK\r\n");
    let error = opened(&url, "others", options()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("use another name"), "{cause}");
    assert_eq!(said(&url, &format!("GET {key}")), "$6\r\ntheirs\r\n");
}

/// Through a proxy that speaks TLS: the server's own build may not.
#[test]
fn a_certificate_must_be_trusted() {
    let Some(url) = live::given(VARIABLE) else {
        return;
    };
    let port = crate::tls::proxy(server(&url), crate::tls::Opening::Nothing);
    let encrypted = format!("rediss://127.0.0.1:{port}");
    let error = opened(&encrypted, "tls", options()).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("UnknownIssuer"), "{cause}");
    let trusting = || options().with_root_certificates(crate::tls::AUTHORITY);
    let store = opened(&encrypted, "tls", trusting()).unwrap();
    pollster::block_on(store.upsert(&people(300))).unwrap();
    assert_eq!(pollster::block_on(store.count()).unwrap(), 300);
    // Plain text where TLS is spoken gets no answer that is one.
    let plain = opened(&format!("redis://127.0.0.1:{port}"), "tls", trusting());
    assert!(plain.is_err());
}
