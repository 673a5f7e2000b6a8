//! Keyword search weighs words as it says.

use ranker_core::{
    Expansion, Filter, Hit, JobDescription, Profile, Query, Request, Retriever, Term, TermSource,
};
use ranker_retrieve::{IndexError, KeywordIndex, KeywordOptions};
use std::sync::Arc;

use crate::common::{id, names, profile, query, with_years};

fn index(texts: &[(&str, &str)]) -> KeywordIndex {
    let profiles = texts.iter().map(|(name, text)| profile(name, text));
    KeywordIndex::new(profiles).unwrap()
}

fn search(index: &KeywordIndex, query: &Query) -> Vec<Hit> {
    index.search(query, 10, &Filter::All).unwrap()
}

fn expanded(text: &str, terms: &[(&str, f32)]) -> Query {
    let term = |(text, weight): &(&str, f32)| {
        Term::new(*text, *weight, TermSource::Synonym, "test").unwrap()
    };
    query(text).with_expansion(Expansion::new(terms.iter().map(term).collect()))
}

#[test]
fn scores_are_those_of_bm25() {
    let texts = [
        ("a", "rust rust engineer"),
        ("b", "rust nurse ward night"),
        ("c", "nurse"),
    ];
    let index = index(&texts);
    let (k1, b, average) = (1.2, 0.75, 8.0 / 3.0);
    let part = |having: f64, count: f64, length: f64| {
        let idf = (1.0_f64 + (3.0 - having + 0.5) / (having + 0.5)).ln();
        idf * count * (k1 + 1.0) / (count + k1 * (1.0 - b + b * length / average))
    };
    let hits = search(&index, &query("rust engineers and more rust"));
    assert_eq!(names(&hits), ["a", "b"]);
    let expected = [
        2.0 * part(2.0, 2.0, 3.0) + part(1.0, 1.0, 3.0),
        2.0 * part(2.0, 1.0, 4.0),
    ];
    for (hit, expected) in hits.iter().zip(expected) {
        assert!(
            (hit.score().get() - expected).abs() < 1e-5,
            "{hit:?}, not {expected}"
        );
        assert_eq!(hit.leg("bm25").unwrap().best, hits[0].score());
    }
}

#[test]
fn a_candidate_scored_alone_has_its_hits_score() {
    let words = [
        "rust", "search", "nurse", "ward", "engine", "night", "audit", "tax",
    ];
    let text = |i: usize| {
        let word = |j: usize| words[(i * (j + 3) + j * j) % words.len()];
        (0..4 + i % 7).map(word).collect::<Vec<_>>().join(" ")
    };
    let profiles = (0..300).map(|i| profile(&format!("p{i}"), &text(i)));
    let options = KeywordOptions::new().with_title_boost(2.0).unwrap();
    let index = KeywordIndex::with_options(profiles, options).unwrap();
    for i in 0..20 {
        // Several segments, and removed documents among them.
        index
            .insert(profile(&format!("q{i}"), &text(i * 3)))
            .unwrap();
        index.remove(&id(&format!("p{}", i * 11))).unwrap();
    }
    let asked = expanded(
        "rust search engine ward",
        &[("night nurse", 0.5), ("audits", 0.2)],
    );
    let hits = index.search(&asked, 1_000, &Filter::All).unwrap();
    assert!(hits.len() > 200);
    let ids: Vec<_> = hits.iter().rev().map(|hit| hit.id().clone()).collect();
    let scores = pollster::block_on(index.score(&asked, &ids)).unwrap();
    for (hit, score) in hits.iter().rev().zip(scores) {
        assert_eq!(Some(hit.score()), score, "{}", hit.id());
    }
    let same = pollster::block_on(index.retrieve(&asked, &Request::top(1_000))).unwrap();
    assert_eq!(same, hits);
    let top = index.search(&asked, 7, &Filter::All).unwrap();
    assert_eq!(top, hits[..7], "fewer are a part of more");
}

#[test]
fn unmatched_candidates_score_nothing_and_unknown_ones_not_at_all() {
    let index = index(&[("a", "rust"), ("b", "nurse")]);
    let scores = pollster::block_on(index.score(&query("rust"), &[id("b"), id("x"), id("b")]));
    let scores: Vec<_> = scores
        .unwrap()
        .into_iter()
        .map(|s| s.map(|s| s.get()))
        .collect();
    assert_eq!(scores, [Some(0.0), None, Some(0.0)]);
    assert_eq!(names(&search(&index, &query("rust"))), ["a"]);
}

#[test]
fn no_character_has_a_special_meaning() {
    let index = index(&[("a", "rust engineer"), ("b", "nurse")]);
    for text in [
        "title:rust AND (engineer OR -nurse)^9 \"",
        "* ? ~2 [a TO z] {x}",
        "\u{0}\u{1b}[31m rust",
        "slot:0",
        "//\\",
        "+rust -rust",
    ] {
        let hits = search(&index, &query(text));
        assert!(hits.len() <= 2, "{text}");
    }
    assert_eq!(
        names(&search(&index, &query("-rust"))),
        ["a"],
        "a minus forbids nothing"
    );
    assert_eq!(search(&index, &query("* ? ~ the of")), []);
}

#[test]
fn a_synonym_never_outscores_the_word_itself() {
    let index = index(&[
        ("exact", "attorney city"),
        ("synonym", "lawyer city"),
        ("no", "nurse city"),
    ]);
    let hits = search(&index, &expanded("attorney", &[("lawyer", 1.0)]));
    assert_eq!(names(&hits), ["exact", "synonym"]);
    assert_eq!(
        hits[0].score(),
        hits[1].score(),
        "of weight 1, as good; the tie breaks by id"
    );
    let hits = search(&index, &expanded("attorney", &[("lawyer", 0.25)]));
    assert_eq!(hits[1].score().get() * 4.0, hits[0].score().get());
    let hits = search(
        &index,
        &expanded("attorney in any great city", &[("lawyer", 1.0)]),
    );
    let said = |name: &str| {
        hits.iter()
            .find(|hit| hit.id().as_str() == name)
            .unwrap()
            .score()
    };
    assert!(said("synonym") <= said("exact"));
}

#[test]
fn words_that_stand_together_count_twice_as_much() {
    let index = index(&[
        ("phrase", "applied machine learning daily"),
        ("apart", "learning about any machine"),
        ("one", "machine tools in the shop"),
        ("gap", "heads of learning machine shops"),
    ]);
    let hits = search(&index, &expanded("ML", &[("machine learning", 0.5)]));
    assert_eq!(
        names(&hits),
        ["phrase", "apart", "gap"],
        "every word must be there"
    );
    assert!(hits[0].score().get() > 1.9 * hits[1].score().get());
    let hits = search(&index, &expanded("x", &[("heads of learning", 0.5)]));
    assert_eq!(names(&hits), ["gap"], "stop words keep their place");
}

#[test]
fn titles_count_as_often_as_told() {
    let titled = |name: &str, title: &str, text: &str| {
        Arc::new(Profile::new(name, text).unwrap().with_title(title))
    };
    let pool = [
        titled("a", "Chef", "cooks nurse"),
        titled("b", "Nurse", "cooks chef"),
    ];
    let asked = query("nurse");
    let plain = KeywordIndex::new(pool.clone()).unwrap();
    let hits = search(&plain, &asked);
    assert_eq!(hits[0].score(), hits[1].score());
    let options = KeywordOptions::new().with_title_boost(2.0).unwrap();
    let hits = search(&KeywordIndex::with_options(pool, options).unwrap(), &asked);
    assert_eq!(names(&hits), ["b", "a"]);
    let job = JobDescription::new("cooks").unwrap().with_title("Nurse");
    assert_eq!(
        search(&plain, &Query::new(job)).len(),
        2,
        "a job's title is looked for too"
    );
}

#[test]
fn filters_are_exact_and_leave_the_best_alone() {
    let pool =
        (0..50).map(|i| with_years(&format!("p{i:02}"), &"rust ".repeat(i as usize % 7 + 1), i));
    let index = KeywordIndex::new(pool).unwrap();
    let all = index.search(&query("rust"), 50, &Filter::All).unwrap();
    let filter = Filter::at_least("years", 45.0);
    let few = index.search(&query("rust"), 50, &filter).unwrap();
    let passing = all
        .iter()
        .filter(|hit| filter.matches(hit.profile().unwrap().facts()));
    assert_eq!(few, passing.cloned().collect::<Vec<_>>());
    assert_eq!(few.len(), 5);
}

#[test]
fn a_million_words_are_indexed() {
    let long: String = (0..1_000_000).map(|i| format!("w{} ", i % 5_000)).collect();
    let pool = [
        profile("long", &(long.clone() + " needle")),
        profile("short", "haystack"),
    ];
    let index = KeywordIndex::new(pool).unwrap();
    assert_eq!(names(&search(&index, &query("needle"))), ["long"]);
    let hits = search(&index, &query(&(long + "haystack")));
    assert_eq!(
        names(&hits),
        ["long"],
        "the word said once is not among the most telling"
    );
}

#[test]
fn edges() {
    let empty = index(&[]);
    assert_eq!(search(&empty, &query("rust")), []);
    let scores = pollster::block_on(empty.score(&query("rust"), &[id("a")])).unwrap();
    assert_eq!(scores, [None]);
    let index = index(&[("a", "!? -"), ("b", "the of and"), ("c", "rust")]);
    let found = |k| index.search(&query("rust"), k, &Filter::All).unwrap().len();
    assert_eq!((found(0), found(1), found(usize::MAX)), (0, 1, 1));
    for terms in [0, KeywordOptions::MAX_TERMS + 1] {
        let refused = KeywordOptions::new().with_max_terms(terms);
        assert!(matches!(refused, Err(IndexError::Option { .. })), "{terms}");
    }
    for boost in [0.5, f32::NAN, f32::INFINITY] {
        assert!(
            KeywordOptions::new().with_title_boost(boost).is_err(),
            "{boost}"
        );
    }
    let twice = KeywordIndex::new([profile("a", "x"), profile("a", "y")]);
    assert!(matches!(twice, Err(IndexError::DuplicateId { .. })));
}

/// What each text scores for a query; 0 for who is no hit.
fn scores(texts: &[(&str, &str)], asked: &str) -> Vec<f64> {
    let index = index(texts);
    let hits = search(&index, &query(asked));
    let score = |name: &str| {
        let hit = hits.iter().find(|hit| hit.id().as_str() == name);
        hit.map_or(0.0, |hit| hit.score().get())
    };
    texts.iter().map(|(name, _)| score(name)).collect()
}

#[test]
fn names_with_signs_are_found_and_nothing_else_is_them() {
    let texts = [
        ("net", "developer of trading systems in .NET"),
        ("dotnet", "developer of trading systems in DotNet"),
        ("fish", "repairs nets and sets the net at dawn"),
        ("books", "net revenue reports and net income analysis"),
    ];
    let found = scores(&texts, ".NET");
    assert!(found[0] > 0.0 && found[0] == found[1], "{found:?}");
    assert_eq!(found[2..], [0.0, 0.0]);
    let texts = [
        ("go", "services in Go and Rust"),
        (
            "host",
            "a Go-getter, always on the go, going to fairs to go live",
        ),
    ];
    let found = scores(&texts, "Go developer");
    assert!(found[0] > 0.0 && found[1] == 0.0, "{found:?}");
}

#[test]
fn what_is_denied_scores_no_more_than_silence() {
    let texts = [
        ("java", "Java developer in banking."),
        (
            "none",
            "Python developer in banking. No experience with Java or Spring Boot.",
        ),
        (
            "never",
            "Python developer. I have never used Java; do not contact me for Java jobs.",
        ),
    ];
    let found = scores(&texts, "Java Spring");
    assert!(found[0] > 0.0, "{found:?}");
    assert_eq!(found[1..], [0.0, 0.0]);
    let found = scores(&texts, "Python. We do not use Java.");
    assert_eq!(found[0], 0.0, "what a job denies is not asked");
}

#[test]
fn a_text_scores_alike_however_it_was_encoded() {
    let texts = [
        (
            "plain",
            "verified offline evaluation in information retrieval, Z\u{fc}rich",
        ),
        (
            "soft",
            "veri\u{ad}fied off\u{ad}line evalu\u{ad}ation in infor\u{ad}mation retrieval, Z\u{fc}rich",
        ),
        (
            "zero",
            "veri\u{200b}fied off\u{200d}line evalu\u{feff}ation in information retrieval, Zu\u{308}rich",
        ),
        (
            "ligature",
            "veri\u{fb01}ed o\u{fb04}ine evaluation in\u{a0}information retrieval, Z\u{fc}rich",
        ),
        (
            "broken",
            "verified offline evalu-\nation in information re-\r\ntrieval, Z\u{fc}rich",
        ),
    ];
    let found = scores(
        &texts,
        "verified offline evaluation, information retrieval in Zurich",
    );
    assert!(
        found.iter().all(|score| *score > 0.0 && *score == found[0]),
        "{found:?}"
    );
}

#[test]
fn scripts_without_spaces_are_searched_by_pairs() {
    let texts = [
        (
            "search",
            "\u{691c}\u{7d22}\u{30a8}\u{30f3}\u{30b8}\u{30f3}\u{306e}\u{958b}\u{767a}",
        ),
        ("care", "\u{770b}\u{8b77}\u{5e2b}"),
    ];
    let found = scores(&texts, "\u{691c}\u{7d22}\u{958b}\u{767a}");
    assert!(found[0] > 0.0 && found[1] == 0.0, "{found:?}");
}
