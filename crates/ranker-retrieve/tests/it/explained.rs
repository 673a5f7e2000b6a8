//! Keyword scores are told term by term, and the words of facts count where they shall.

use ranker_core::{
    CandidateId, Expansion, Fact, Filter, Profile, Request, Retriever, Term, TermScore, TermSource,
};
use ranker_retrieve::{Collection, CollectionOptions, Derived, KeywordIndex, KeywordOptions};

use crate::common::{id, names, query, retrieve, vector};

fn people() -> Vec<Profile> {
    let person = |name: &str, title: &str, text: &str, skills: &[&str]| {
        let profile = Profile::new(name, text).unwrap().with_title(title);
        let skills = Fact::keywords(skills.iter().copied());
        profile.with_fact("skills", skills).unwrap()
    };
    vec![
        person(
            "a",
            "Nurse",
            "night shifts on a ward",
            &["Wound care", "German"],
        ),
        person("b", "Engineer", "search engines, rust on nights", &["Rust"]),
        person("c", "Engineer", "bridges", &["surveying"]),
    ]
}

fn boosted() -> KeywordOptions {
    let options = KeywordOptions::new().with_title_boost(2.0).unwrap();
    options.with_fact_boost("skills", 1.5).unwrap()
}

fn together(terms: &[TermScore]) -> f64 {
    terms.iter().map(|one| f64::from(one.score)).sum()
}

fn said(terms: &[TermScore]) -> Vec<(&str, &str)> {
    let fields = terms.iter().map(|one| one.field.as_str());
    fields
        .zip(terms.iter().map(|one| one.term.as_str()))
        .collect()
}

#[test]
fn terms_make_the_score() {
    let index = KeywordIndex::with_options(people(), boosted()).unwrap();
    let asked = query("rust engineers for nights and surveying");
    let hits = index.search(&asked, 9, &Filter::All).unwrap();
    assert_eq!(hits.len(), 3);
    for hit in &hits {
        let terms = index.explain(&asked, hit.id()).unwrap().unwrap();
        assert!(
            (together(&terms) - hit.score().get()).abs() < 1e-5,
            "{terms:?}"
        );
        assert!(terms.is_sorted_by(|a, b| a.score >= b.score));
    }
    let terms = index.explain(&asked, &id("b")).unwrap().unwrap();
    let mut fields = said(&terms);
    fields.sort_unstable();
    let expected = [
        ("skills", "rust"),
        ("text", "engin"),
        ("text", "night"),
        ("text", "rust"),
        ("title", "engin"),
    ];
    assert_eq!(fields, expected);
    assert_eq!(index.explain(&asked, &id("x")).unwrap(), None);
    let nothing = index.explain(&query("lawyer"), &id("a")).unwrap();
    assert_eq!(nothing, Some(Vec::new()));
}

#[test]
fn what_was_added_to_the_query_is_told_apart() {
    let index = KeywordIndex::with_options(people(), boosted()).unwrap();
    let term = |text: &str, weight| Term::new(text, weight, TermSource::Skill, "test").unwrap();
    let added = Expansion::new(vec![
        term("search engines", 0.3),
        term("Rust", 0.2),
        term("nights", 0.1),
    ]);
    let asked = query("engineers for nights").with_expansion(added);
    let terms = index.explain(&asked, &id("b")).unwrap().unwrap();
    let hits = index.search(&asked, 9, &Filter::All).unwrap();
    let hit = hits.iter().find(|hit| *hit.id() == id("b")).unwrap();
    assert!((together(&terms) - hit.score().get()).abs() < 1e-5);
    let mut told: Vec<(&str, Option<usize>)> = terms
        .iter()
        .filter(|term| term.field == "text")
        .map(|term| (term.term.as_str(), term.added))
        .collect();
    told.sort_unstable();
    // What the job says itself was not added.
    let expected = [
        ("engin", None),
        ("night", None),
        ("rust", Some(1)),
        ("search engin", Some(0)),
    ];
    assert_eq!(told, expected);
}

#[test]
fn words_of_a_boosted_fact_are_found() {
    let german = query("German");
    let plain = KeywordIndex::new(people()).unwrap();
    assert!(plain.search(&german, 9, &Filter::All).unwrap().is_empty());
    let index = KeywordIndex::with_options(people(), boosted()).unwrap();
    for asked in [german, query("who knows wounds")] {
        let hits = index.search(&asked, 9, &Filter::All).unwrap();
        assert_eq!(names(&hits), ["a"]);
    }
    let three = ["one", "two", "three"];
    let options = three.iter().try_fold(boosted(), |options, fact| {
        options.with_fact_boost(fact, 1.0)
    });
    let options = options.unwrap().with_fact_boost("skills", 3.0).unwrap();
    let refused = options
        .with_fact_boost("five", 1.0)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("facts boosted"), "{refused}");
    assert!(options.with_fact_boost("skills", f32::NAN).is_err());
}

#[test]
fn a_collection_explains_what_it_found_and_follows_changes() {
    let directory = tempfile::tempdir().unwrap();
    let options = CollectionOptions::new();
    let unit = || vector(&[1.0, 0.0]);
    let collection = Collection::create(directory.path(), options).unwrap();
    let everyone = people().into_iter().map(|profile| (profile, unit()));
    collection.insert_all(everyone).unwrap();
    collection.close().unwrap();
    let collection = Collection::open(directory.path(), options.with_keyword(boosted())).unwrap();
    let came = &collection.opened().keywords;
    assert!(matches!(came, Derived::Rebuilt { .. }), "{came:?}");
    let asked = query("German speaking engineers").with_embedding(unit());
    let explained = |id: &CandidateId| collection.snapshot().explain(&asked, id).unwrap();
    for hit in retrieve(&collection, &asked, &Request::top(3)) {
        let terms = explained(hit.id()).unwrap();
        let score = hit.leg("bm25").unwrap().score.get();
        assert!(
            (together(&terms) - score).abs() < 1e-5,
            "{hit:?}: {terms:?}"
        );
    }
    assert_eq!(said(&explained(&id("a")).unwrap()), [("skills", "german")]);
    let changed = people().remove(0).with_facts(ranker_core::Facts::new());
    collection.update(changed, unit()).unwrap();
    assert_eq!(explained(&id("a")), Some(Vec::new()));
    collection.remove(&id("a")).unwrap();
    assert_eq!(explained(&id("a")), None);
    let scores = pollster::block_on(collection.score(&asked, &[id("a")])).unwrap();
    assert_eq!(scores, [None]);
}
