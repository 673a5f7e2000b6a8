//! Pseudo-relevance feedback: the formulas by hand, and the expander over a team's own store.

use std::collections::HashMap;
use std::sync::Arc;

use ranker_core::{
    CandidateId, EmbedError, Embedded, Embedder, Embedding, ExpandError, Expander, Expansion, Fact,
    Filter, Hit, Profile, Pushdown, Query, Request, RetrieveError, Retriever, Role, Score,
    TermSource, TokenUsage, ValueError, async_trait, conformance,
};
use ranker_expand::feedback::{
    FeedbackText, Rocchio, TermWeights, bo1, kl, rm3, rocchio, rocchio_embedding,
};
use ranker_expand::{CollectionStatistics, FeedbackModel, RelevanceFeedback, TermCounts};

use crate::jobs::{texts, untitled};

/// Five texts of 4, 2, 2, 4 and 4 words.
const POOL: [&str; 5] = [
    "rust tokio rust async",
    "rust tokio",
    "nurse ward",
    "nurse rust ward night",
    "weld steel pipe weld",
];

fn found() -> [FeedbackText; 2] {
    [
        FeedbackText::new(POOL[0], 3.0),
        FeedbackText::new(POOL[1], 1.0),
    ]
}

fn check(weights: &TermWeights, expected: &[(&str, f64)]) {
    let words: Vec<&str> = weights.keys().map(String::as_str).collect();
    let expected_words: Vec<&str> = expected.iter().map(|(word, _)| *word).collect();
    assert_eq!(words, expected_words);
    for (word, expected) in expected {
        let error = (weights[*word] - expected).abs();
        assert!(
            error <= 1e-9,
            "{word}: {} where {expected} is expected",
            weights[*word]
        );
    }
}

#[test]
fn rm3_mixes_the_query_with_the_texts() {
    // Query "rust engine", lambda 0.6, P(Q|D) = 3/4 and 1/4.
    // async: .6 * 3/4 * 1/4; engine: .4 / 2; rust: .4 / 2 + .6 * (3/4 * 2/4 + 1/4 * 1/2);
    // tokio: .6 * (3/4 * 1/4 + 1/4 * 1/2).
    let query = TermCounts::of("rust engine");
    let expected = [
        ("async", 0.1125),
        ("engine", 0.2),
        ("rust", 0.5),
        ("tokio", 0.1875),
    ];
    check(&rm3(&query, &found(), 0.6), &expected);
    // Without positive scores all texts count alike: rust .4 / 2 + .6 * (2/4 + 1/2) / 2.
    let alike = [
        FeedbackText::new(POOL[0], -2.0),
        FeedbackText::new(POOL[1], f64::NAN),
    ];
    assert!((rm3(&query, &alike, 0.6)["rust"] - 0.5).abs() <= 1e-9);
    assert_eq!(rm3(&query, &[], 1.0)["rust"], 0.0);
}

#[test]
fn bo1_measures_the_distance_from_chance() {
    let weights = bo1(&found(), &CollectionStatistics::of(POOL));
    // F / N: async 1/5, rust 4/5, tokio 2/5; tf: 1, 3, 2.
    // async: log2(6) + log2(1.2); rust: 3 log2(2.25) + log2(1.8); tokio: 2 log2(3.5) + log2(1.4).
    let expected = [
        ("async", 2.847_996_906_554_95),
        ("rust", 4.357_771_910_881_888),
        ("tokio", 4.100_136_671_285_45),
    ];
    check(&weights, &expected);
}

#[test]
fn kl_compares_shares() {
    let weights = kl(&found(), &CollectionStatistics::of(POOL));
    // Shares of 6 and of 16 words: async 1/6 and 1/16, rust 3/6 and 4/16, tokio 2/6 and 2/16.
    // async: log2(8/3) / 6; rust: log2(2) / 2; tokio: log2(8/3) / 3.
    let expected = [
        ("async", 0.235_839_583_213_140_6),
        ("rust", 0.5),
        ("tokio", 0.471_679_166_426_281_2),
    ];
    check(&weights, &expected);
    let unknown = [FeedbackText::new("martian", 1.0)];
    check(&kl(&unknown, &CollectionStatistics::of(POOL)), &[]);
    check(&bo1(&unknown, &CollectionStatistics::of(POOL)), &[]);
    check(&kl(&[], &CollectionStatistics::default()), &[]);
}

fn weights<const N: usize>(weights: [(&str, f64); N]) -> TermWeights {
    weights
        .map(|(word, weight)| (word.to_owned(), weight))
        .into()
}

#[test]
fn rocchio_moves_towards_the_relevant_and_away_from_the_others() {
    let query = weights([("rust", 1.0)]);
    let relevant = [
        weights([("rust", 0.5), ("tokio", 1.0)]),
        weights([("tokio", 0.2)]),
    ];
    let others = [weights([("tokio", 1.0), ("game", 1.0)])];
    let moved = rocchio(&query, &relevant, &others, Rocchio::default());
    // rust: 1 + .75 * .25; tokio: .75 * .6 - .15; game would be -.15.
    check(&moved, &[("rust", 1.1875), ("tokio", 0.3)]);
}

#[test]
fn rocchio_moves_embeddings_too() {
    let at = |x: f32, y: f32| Embedding::normalized(vec![x, y]).unwrap();
    let moved = rocchio_embedding(
        &at(1.0, 0.0),
        &[at(0.0, 1.0), at(1.0, 0.0)],
        &[at(-1.0, 0.0)],
        Rocchio::default(),
    );
    // (1 + .75 / 2 + .15, .75 / 2) = (1.525, .375), of length 1.570429...
    let expected = [1.525_f64, 0.375].map(|x| x / 1.525_f64.hypot(0.375));
    for (x, expected) in moved.unwrap().as_slice().iter().zip(expected) {
        assert!((f64::from(*x) - expected).abs() < 1e-7);
    }
    let three = Embedding::normalized(vec![1.0; 3]).unwrap();
    let refused = rocchio_embedding(&at(1.0, 0.0), &[three], &[], Rocchio::default());
    assert_eq!(
        refused,
        Err(ValueError::Dimension {
            expected: 2,
            actual: 3
        })
    );
    let nothing = Rocchio {
        alpha: 0.0,
        ..Rocchio::default()
    };
    assert_eq!(
        rocchio_embedding(&at(1.0, 0.0), &[], &[], nothing),
        Err(ValueError::ZeroVector)
    );
}

/// Finds profiles by words in common with the job, and may hold them.
#[derive(Clone)]
struct Store {
    profiles: Vec<Arc<Profile>>,
    holds: bool,
    wants_vector: bool,
    away: bool,
}

impl Store {
    fn of(profiles: impl IntoIterator<Item = Profile>) -> Self {
        let profiles = profiles.into_iter().map(Arc::new).collect();
        Self {
            profiles,
            holds: true,
            wants_vector: false,
            away: false,
        }
    }

    fn statistics(&self) -> CollectionStatistics {
        CollectionStatistics::of(self.profiles.iter().map(|profile| profile.full_text()))
    }

    fn by_id(&self) -> HashMap<CandidateId, Arc<Profile>> {
        self.profiles
            .iter()
            .map(|profile| (profile.id().clone(), profile.clone()))
            .collect()
    }
}

#[async_trait]
impl Retriever for Store {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        if self.away {
            return Err(RetrieveError::Unavailable {
                backend: "store".to_owned(),
                source: "away".into(),
            });
        }
        if self.wants_vector && query.embedding().is_none() {
            return Err(RetrieveError::NoEmbedding {
                retriever: "store".to_owned(),
            });
        }
        let job = TermCounts::of(&query.job().full_text());
        let hit = |profile: &Arc<Profile>| {
            let words = TermCounts::of(&profile.full_text());
            let text = profile.full_text();
            let shared: u64 = text.split_whitespace().map(|word| job.count(word)).sum();
            let score = Score::new(shared as f64 / words.total() as f64).unwrap();
            let hit = Hit::new(profile.id().clone(), score);
            if self.holds {
                hit.with_profile(profile.clone())
            } else {
                hit
            }
        };
        let mut hits: Vec<Hit> = self
            .profiles
            .iter()
            .map(hit)
            .filter(|hit| hit.score().get() > 0.0)
            .collect();
        Hit::sort(&mut hits);
        hits.truncate(request.k);
        Ok(hits)
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Unsupported
    }
}

fn pool() -> Store {
    Store::of(
        (0..)
            .zip(POOL)
            .map(|(i, text)| Profile::new(format!("p{i}"), text).unwrap()),
    )
}

fn ask(feedback: &RelevanceFeedback, job: &str) -> Result<Expansion, ExpandError> {
    pollster::block_on(feedback.expand(&untitled(job)))
}

#[test]
fn every_model_finds_what_the_first_profiles_share() {
    let models = [
        (FeedbackModel::Bo1, "Bo1"),
        (FeedbackModel::Kl, "KL"),
        (FeedbackModel::Rm3, "RM3"),
        (FeedbackModel::Rocchio, "Rocchio"),
    ];
    for (model, name) in models {
        let feedback = RelevanceFeedback::new(pool(), pool().statistics())
            .with_model(model)
            .with_profiles(2);
        let expansion = ask(&feedback, "Rust").unwrap();
        assert_eq!(
            texts(&expansion),
            ["tokio"],
            "async stands in one alone ({name})"
        );
        let term = &expansion.terms()[0];
        assert_eq!((term.weight(), term.source()), (0.2, TermSource::Feedback));
        let reason = format!("'tokio' stands in 2 of the 2 profiles found first ({name})");
        assert_eq!(term.reason(), reason);
        pollster::block_on(conformance::expander(&feedback)).unwrap();
        assert!(ask(&feedback, "Astronaut").unwrap().is_empty());
    }
}

#[test]
fn a_store_beside_the_retriever_gives_the_profiles() {
    let bare = Store {
        holds: false,
        ..pool()
    };
    let feedback = RelevanceFeedback::new(bare.clone(), bare.statistics()).with_profiles(2);
    assert!(
        ask(&feedback, "Rust").unwrap().is_empty(),
        "nobody's text is known"
    );
    let feedback = feedback.with_store(bare.by_id());
    assert_eq!(texts(&ask(&feedback, "Rust").unwrap()), ["tokio"]);
}

#[test]
fn profiles_that_do_not_pass_the_filter_are_not_read() {
    let mut store = pool();
    for profile in &mut store.profiles[..2] {
        let changed = Profile::clone(profile).with_fact("permit", Fact::flag(false));
        *profile = Arc::new(changed.unwrap());
    }
    let feedback = RelevanceFeedback::new(store.clone(), store.statistics());
    let job = untitled("Rust").with_filter(Filter::flag("permit", true));
    let expansion = pollster::block_on(feedback.expand(&job)).unwrap();
    assert!(!texts(&expansion).contains(&"tokio"), "{expansion:?}");
}

/// Puts every text at one place.
struct OnePlace;

impl Embedder for OnePlace {
    fn dimension(&self) -> usize {
        2
    }

    fn model_id(&self) -> &str {
        "one place"
    }

    fn embed(&self, texts: &[&str], _role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embedding = Embedding::normalized(vec![1.0, 0.0]).unwrap();
        Ok(texts
            .iter()
            .map(|_| Embedded::new(embedding.clone(), TokenUsage::new(1, 1)))
            .collect())
    }
}

#[test]
fn what_fails_says_whether_to_try_again() {
    let store = Store {
        wants_vector: true,
        ..pool()
    };
    let feedback = RelevanceFeedback::new(store.clone(), store.statistics()).with_profiles(2);
    assert!(matches!(
        ask(&feedback, "Rust"),
        Err(ExpandError::Failed { .. })
    ));
    let feedback = feedback.with_embedder(OnePlace);
    assert_eq!(texts(&ask(&feedback, "Rust").unwrap()), ["tokio"]);
    let away = Store {
        away: true,
        ..pool()
    };
    let feedback = RelevanceFeedback::new(away.clone(), away.statistics());
    assert!(matches!(
        ask(&feedback, "Rust"),
        Err(ExpandError::Unavailable { .. })
    ));
    assert!(
        RelevanceFeedback::new(pool(), pool().statistics())
            .with_weight(1.5)
            .is_err()
    );
}
