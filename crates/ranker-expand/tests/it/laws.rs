//! What holds for every job.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use ranker_core::{JobDescription, conformance};
use ranker_expand::{
    CollectionStatistics, Expander, Expanders, Taxonomy, TaxonomyExpander, VectorExpander,
    WordNetExpander,
};

use crate::jobs::{expand, titled};
use crate::{tables, vectors, wordnet};

static ALL: LazyLock<Vec<Arc<dyn Expander>>> = LazyLock::new(|| {
    let skills = TaxonomyExpander::default();
    let onet = skills.clone().with_taxonomy(Taxonomy::onet());
    let esco = TaxonomyExpander::new(tables::esco());
    let wordnet = WordNetExpander::from_dir(wordnet::FOLDER).unwrap();
    let near = vectors::circle(&[
        ("surgery", 0.0),
        ("engineer", 1.0),
        ("lawyer", 2.0),
        ("roadmap", 3.0),
        ("wiring", 4.0),
        ("patients", 5.0),
    ]);
    let pool: Vec<String> = conformance::pool()
        .iter()
        .map(|entry| entry.profile.full_text())
        .collect();
    let near = VectorExpander::new(near, CollectionStatistics::of(&pool));
    let near = near.with_max_share(1.0).unwrap();
    let chain = Expanders::new(vec![Arc::new(onet.clone()), Arc::new(wordnet.clone())]);
    vec![
        Arc::new(skills),
        Arc::new(onet.clone().with_max_terms(100)),
        Arc::new(onet),
        Arc::new(esco),
        Arc::new(wordnet),
        Arc::new(near),
        Arc::new(chain),
    ]
});

#[test]
fn every_expander_keeps_the_contract() {
    for expander in ALL.iter() {
        pollster::block_on(conformance::expander(expander)).unwrap();
    }
}

/// Words as anyone would compare them who knows nothing of plurals, dots or hyphens.
fn plain(text: &str) -> Vec<String> {
    let is_end = |c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#');
    let words = text
        .split_whitespace()
        .map(|word| word.trim_matches(is_end).to_lowercase());
    // A lone sign, such as a slash, stands between words: they are no phrase.
    words
        .map(|word| {
            if word.is_empty() {
                "|".to_owned()
            } else {
                word
            }
        })
        .collect()
}

fn jobs() -> impl Strategy<Value = JobDescription> {
    let piece = prop::sample::select(vec![
        "NLP",
        "machine learning",
        "CRM",
        "RN",
        "registered nurses",
        "HVAC",
        "CI/CD",
        "K8s",
        "IT",
        "it",
        "or",
        "OR",
        "surgery",
        "C++",
        "c#",
        ".NET",
        "Node.js",
        "R&D",
        "PM",
        "roadmap",
        "PT",
        "Software Engineer",
        "accountant",
        "lawyer",
        "teacher",
        "tailor",
        "flight",
        "SENIOR MANAGER",
        ",",
        ".",
        "\n",
        "/",
        "and",
        "the",
        "\u{ff2e}\u{ff2c}\u{ff30}",
        "na\u{ef}ve",
        "\u{1f980}",
    ]);
    let text = prop::collection::vec(piece, 1..40).prop_map(|pieces| pieces.join(" "));
    let odd = "\\PC{1,60}";
    let text = prop_oneof![4 => text, 1 => odd.prop_map(|s: String| s)];
    let title = prop::sample::select(vec![
        "",
        "Registered Nurse",
        "Web developer",
        "Tailor (m/f/d)",
    ]);
    (title, text)
        .prop_filter("blank", |(_, text)| !text.trim().is_empty())
        .prop_map(|(title, text)| titled(title, &text))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_original_leads_and_nothing_is_said_twice(job in jobs()) {
        for expander in ALL.iter() {
            let expansion = expand(expander, &job);
            prop_assert_eq!(&expansion, &expand(expander, &job), "deterministic");
            prop_assert!(expansion.original_mass() >= 0.5);

            let said = plain(&job.full_text());
            let mut seen = HashSet::new();
            for term in expansion.terms() {
                let words = plain(term.text());
                let repeats = said.windows(words.len().max(1)).any(|here| here == words);
                prop_assert!(!repeats, "{} is in the job already", term.text());
                prop_assert!(seen.insert(term.text().to_lowercase()), "{} twice", term.text());
                prop_assert!(!term.reason().is_empty());
            }
        }
    }

    #[test]
    fn fewer_terms_are_the_first_of_more(job in jobs(), most in 0_usize..12) {
        let expander = TaxonomyExpander::default();
        let few = expander.clone().with_max_terms(most).expansion(&job);
        let many = expander.expansion(&job);
        prop_assert!(few.terms().len() <= most);
        for term in few.terms() {
            prop_assert!(many.terms().iter().any(|t| t.text() == term.text()), "{}", term.text());
        }
    }
}
