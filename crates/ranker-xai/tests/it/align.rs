//! Passages and shares.

use std::sync::Arc;

use proptest::prelude::*;
use ranker_core::{
    Candidate, EmbedError, Embedded, Embedder, ExplainError, Explainer, FeatureMatrix, Hit,
    JobDescription, Profile, Query, Ranked, Ranking, Role, Score, Scorer, TokenEmbeddings,
};
use ranker_xai::{AdditiveExplainer, Aligner, Alignment, Division, Place};

use crate::case::{Model, job, profiles, ranked, ranking};
use crate::toy::ToyEmbedder;

fn pair(job: JobDescription, profile: Profile) -> Ranked {
    let features = FeatureMatrix::new(Model::linear().schema().clone(), vec![0.0; 4]).unwrap();
    let score = Score::default();
    let candidate = Candidate::new(Hit::new(profile.id().clone(), score), Arc::new(profile));
    let query = Arc::new(Query::new(job));
    let ranking = Ranking::new(query, "model-1", vec![(score, candidate, features)]);
    ranking.as_slice()[0].clone()
}

fn align(ranked: &[Ranked]) -> Vec<Alignment> {
    Aligner::new(Arc::new(ToyEmbedder)).align(ranked).unwrap()
}

/// The matches as text.
fn matches(ranked: &Ranked, alignment: &Alignment) -> Vec<(String, String)> {
    let (job, profile) = (ranked.query.job(), ranked.candidate.profile());
    let text = |found: &ranker_core::PassageMatch| {
        let requirement = job.text()[found.requirement.clone()].to_owned();
        (
            requirement,
            profile.text()[found.passage.clone()].to_owned(),
        )
    };
    alignment.matches.iter().map(text).collect()
}

#[test]
fn requirements_find_their_passages() {
    let ada = ranked(&ranking(&Model::linear()), "ada");
    let found = matches(&ada, &align(std::slice::from_ref(&ada))[0]);
    let expected = [
        (
            "Judged queries and offline metrics",
            "Kept judged queries and reported metrics",
        ),
        ("Mentoring engineers", "Mentoring of two juniors"),
        (
            "Rust or C++ in production",
            "Wrote the query parser in Rust.",
        ),
    ];
    for (requirement, passage) in expected {
        let pair = (requirement.to_owned(), passage.to_owned());
        assert!(found.contains(&pair), "{pair:?} in {found:?}");
    }
    assert!(!found.iter().any(|(r, _)| r == "Requirements"), "{found:?}");
    assert!(
        !found.iter().any(|(r, _)| r.starts_with("Apply")),
        "{found:?}"
    );
}

#[test]
fn one_or_two_requirements_have_evidence_too() {
    for text in [
        "C++ and Linux needed.",
        "We look for a developer who writes modern C++ every day. You bring C++ and Linux.",
        "Your profile\n* Modern C++ every day\n* Linux",
    ] {
        let job = JobDescription::new(text)
            .unwrap()
            .with_title("C++ Developer");
        let profile = "Software developer.\nWrote modern C++ every day.\nLinux\nBaker of bread.";
        let pair = pair(job, Profile::new("p", profile).unwrap());
        let found = matches(&pair, &align(std::slice::from_ref(&pair))[0]);
        assert!(
            found.iter().any(|(_, passage)| passage.contains("C++")),
            "{text}: {found:?}"
        );
        assert!(
            !found.iter().any(|(_, passage)| passage.contains("bread")),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn as_many_matches_as_asked_for_and_none_that_nothing_speaks_for() {
    let ada = ranked(&ranking(&Model::linear()), "ada");
    let aligner = Aligner::new(Arc::new(ToyEmbedder)).with_most(1);
    let one = aligner.align(std::slice::from_ref(&ada)).unwrap();
    assert_eq!(one[0].matches.len(), 1);
    let strict = aligner.with_least_contrast(1.5);
    assert!(strict.align(&[ada]).unwrap()[0].matches.is_empty());
}

#[test]
fn shares_name_the_titles_too() {
    let job = JobDescription::new("Sailing boats")
        .unwrap()
        .with_title("Nurse");
    let profile = Profile::new("p", "Sailing")
        .unwrap()
        .with_title("Rust nurse");
    let aligned = align(&[pair(job, profile)]);
    let shares = &aligned[0].shares;
    let places: Vec<_> = shares
        .iter()
        .map(|s| (&s.requirement, &s.passage))
        .collect();
    assert_eq!(
        places,
        [
            (&Place::Title, &Place::Title),
            (&Place::Text(0..13), &Place::Text(0..7)),
        ]
    );
    // Three tokens: "Nurse", "Sailing" and "boats".
    assert!((shares[0].share - 1.0 / 3.0).abs() < 1e-6);
    assert!(shares[1].from_passage > 1.0 / 3.0 - 1e-6);
}

#[test]
fn an_alignment_does_not_depend_on_its_batch() {
    let other = JobDescription::new("Plans discharge of patients").unwrap();
    let mut all = Vec::new();
    for _ in 0..9 {
        all.extend(profiles().into_iter().map(|profile| pair(job(), profile)));
        all.push(pair(other.clone(), profiles().remove(1)));
    }
    let together = align(&all);
    assert_eq!(together.len(), all.len());
    for (ranked, together) in all.iter().zip(together) {
        assert_eq!(align(std::slice::from_ref(ranked)), [together]);
    }
}

/// An encoder that keeps no promise.
struct Broken(Vec<TokenEmbeddings>);

impl Embedder for Broken {
    fn dimension(&self) -> usize {
        2
    }
    fn model_id(&self) -> &str {
        "broken"
    }
    fn embed(&self, _: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
        Ok(vec![])
    }
    fn embed_tokens(&self, _: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        match (role, &self.0[..]) {
            (_, []) => Err(EmbedError::NoTokenVectors {
                model: self.model_id().to_owned(),
            }),
            (Role::Query, [query, ..]) => Ok(vec![query.clone()]),
            (Role::Document, [_, rest @ ..]) => Ok(rest.to_vec()),
        }
    }
}

#[test]
fn an_encoder_that_breaks_its_promises_is_an_error_and_no_panic() {
    let model = Model::linear();
    let ranking = ranking(&model);
    let one = &ranking.as_slice()[..1];
    let explain = |tokens: Vec<TokenEmbeddings>| {
        let explainer = AdditiveExplainer::new().with_alignment(Arc::new(Broken(tokens)));
        explainer.explain(one, &model)
    };
    let tokens = |dimension: usize, spans: &[(usize, usize)]| {
        let unit = std::iter::once(1.0).chain(std::iter::repeat_n(0.0, dimension - 1));
        let vectors = unit.cycle().take(dimension * spans.len()).collect();
        let spans = spans.iter().map(|&(from, to)| from..to).collect();
        TokenEmbeddings::new(dimension, vectors, spans).unwrap()
    };
    let none = explain(vec![]);
    assert!(
        matches!(
            none,
            Err(ExplainError::Embedder(EmbedError::NoTokenVectors { .. }))
        ),
        "{none:?}"
    );
    for answer in [
        vec![tokens(2, &[(0, 1)])],
        vec![tokens(2, &[(0, 9)]), tokens(3, &[(0, 9)])],
        vec![
            tokens(2, &[(0, 9)]),
            tokens(2, &[(0, 9)]),
            tokens(2, &[(0, 9)]),
        ],
    ] {
        let refused = explain(answer);
        assert!(
            matches!(
                refused,
                Err(ExplainError::Embedder(EmbedError::Output { .. }))
            ),
            "{refused:?}"
        );
    }
    let far = [(1_000_000, 1_000_001), (usize::MAX, 3), (30, 20)];
    let nothing = TokenEmbeddings::new(0, vec![], std::iter::once(20..24).collect()).unwrap();
    for odd in [tokens(2, &far), tokens(2, &[]), nothing] {
        explain(vec![odd.clone(), odd]).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn shares_sum_to_max_similarity(
        title in "([a-e]{1,2} ?){0,3}",
        job in "[a-eé]([a-eé .,;\n•-]{0,80})",
        profile in "[a-eé]([a-eé .,;\n•-]{0,80})",
    ) {
        let job = JobDescription::new(job).unwrap().with_title(title.clone());
        let profile = Profile::new("p", profile).unwrap().with_title(title);
        let ours = ToyEmbedder.embed_tokens(&[&job.full_text()], Role::Query).unwrap();
        let theirs = ToyEmbedder.embed_tokens(&[&profile.full_text()], Role::Document).unwrap();
        let expected = ours[0].max_similarity(&theirs[0]).unwrap();
        let (length, other) = (job.text().len(), profile.text().len());
        let found = align(&[pair(job, profile)]).remove(0);
        prop_assert!((found.max_similarity() - expected).abs() < 1e-6);
        let within = |place: &Place, length| match place {
            Place::Title => true,
            Place::Text(bytes) => bytes.end <= length,
        };
        for share in &found.shares {
            prop_assert!(within(&share.requirement, length) && within(&share.passage, other));
        }
    }
}

/// The terms of MaxSim are all there, whichever text they are grouped by.
#[test]
fn terms_by_passage_sum_to_max_similarity() {
    let job = JobDescription::new("Rust or C++ in production.\nMentoring of juniors.").unwrap();
    let text = "Wrote the query parser in Rust.\nMentoring of two juniors.\nLikes tea.";
    let ranked = pair(job, Profile::new("p", text).unwrap());
    let aligner = Aligner::new(Arc::new(ToyEmbedder));
    let ranked = std::slice::from_ref(&ranked);
    let terms = aligner.passages(ranked, Division::Terms).unwrap().remove(0);
    let sum: f64 = terms.iter().map(|passage| passage.part).sum();
    let whole = f64::from(aligner.align(ranked).unwrap()[0].max_similarity());
    assert!((sum - whole).abs() < 1e-5, "{sum} {whole}");
    let passages: Vec<&str> = terms.iter().map(|p| &text[p.written.clone()]).collect();
    assert_eq!(passages, text.lines().collect::<Vec<_>>());
    for division in [Division::Removal, Division::Shapley] {
        let parts = aligner.passages(ranked, division).unwrap().remove(0);
        assert!(parts[1].part > parts[2].part, "{division:?} {parts:?}");
    }
}

/// Words are the text's, in their order, and their terms of MaxSim are all there.
#[test]
fn terms_by_word_sum_to_max_similarity() {
    let job = JobDescription::new("Rust or C++ in production.\nMentoring of juniors.").unwrap();
    let text = "Wrote the query parser in Rust.\n\u{a0}Mentoring of  two juniors.";
    let ranked = pair(job, Profile::new("p", text).unwrap());
    let ranked = std::slice::from_ref(&ranked);
    let aligner = Aligner::new(Arc::new(ToyEmbedder));
    let terms = aligner.words(ranked, Division::Terms).unwrap().remove(0);
    let words: Vec<&str> = terms
        .iter()
        .map(|word| &text[word.written.clone()])
        .collect();
    assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
    let sum: f64 = terms.iter().map(|word| word.part).sum();
    let whole = f64::from(aligner.align(ranked).unwrap()[0].max_similarity());
    assert!((sum - whole).abs() < 1e-5, "{sum} {whole}");
    for division in [Division::Removal, Division::Shapley] {
        let parts = aligner.words(ranked, division).unwrap().remove(0);
        let of = |word: &str| parts[words.iter().position(|w| *w == word).unwrap()].part;
        assert!(of("juniors.") > of("two"), "{division:?} {parts:?}");
    }
}
