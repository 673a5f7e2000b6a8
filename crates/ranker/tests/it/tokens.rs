//! Token vectors that an index keeps: the encoder then reads the job alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ranker::core::{
    EmbedError, Embedded, Embedder, ExpandError, Expander, Expansion, Place, Role, Term, TermOf,
    TermSource, TokenEmbeddings, async_trait,
};
use ranker::retrieve::{Collection, CollectionOptions, Encoded, ProfileIndex, encode_profiles};
use ranker::{Filter, JobDescription, Note, Profile, Ranker, Ranking};

use crate::fakes::{FakeEmbedder, ids_only, job, profiles};

/// Counts the texts whose token vectors were computed.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Counting {
    fn taken(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl Embedder for Counting {
    fn dimension(&self) -> usize {
        FakeEmbedder.dimension()
    }

    fn model_id(&self) -> &str {
        FakeEmbedder.model_id()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        FakeEmbedder.embed(texts, role)
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        self.0.fetch_add(texts.len(), Ordering::Relaxed);
        FakeEmbedder.embed_tokens(texts, role)
    }
}

/// Ranks everyone, and explains ten.
fn ranked(encoder: &Arc<Counting>, index: ProfileIndex) -> Ranking {
    let ranker = Ranker::builder(Arc::clone(encoder), index).build().unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let explained = pollster::block_on(ranker.explain_all(&ranking, 10)).unwrap();
    assert_eq!(explained.len(), 10);
    assert!(
        explained
            .iter()
            .any(|explanation| !explanation.matches().is_empty())
    );
    ranking
}

fn order(ranking: &Ranking) -> Vec<(String, f64)> {
    let placed = ranking.iter();
    placed
        .map(|ranked| (ranked.id().to_string(), ranked.score.get()))
        .collect()
}

#[test]
fn the_encoder_reads_the_job_once_and_no_candidate() {
    let encoder = Arc::new(Counting::default());
    let index = ProfileIndex::embed(profiles(40), &encoder).unwrap();
    assert_eq!(encoder.taken(), 40);
    let ranking = ranked(&encoder, index);
    assert_eq!(encoder.taken(), 1, "the job, for features and explanations");
    assert_eq!(ranking.notes(), []);
}

#[test]
fn candidates_without_codes_or_with_anothers_are_encoded_and_come_out_the_same() {
    let encoder = Arc::new(Counting::default());
    let whole = ranked(
        &encoder,
        ProfileIndex::embed(profiles(40), &encoder).unwrap(),
    );
    let encoded = encode_profiles(&encoder, &profiles(40)).unwrap();
    let partly = |(at, (profile, encoded)): (usize, (Profile, Encoded))| match at % 3 {
        0 => (
            profile,
            Encoded {
                tokens: None,
                ..encoded
            },
        ),
        _ => (profile, encoded),
    };
    let partly = profiles(40)
        .into_iter()
        .zip(encoded)
        .enumerate()
        .map(partly);
    let index = ProfileIndex::new(partly).unwrap();
    encoder.taken();
    let mixed = ranked(&encoder, index);
    assert_eq!(mixed.notes(), [Note::TokensEncoded { candidates: 14 }]);
    assert!(encoder.taken() > 14);
    assert_eq!(order(&mixed), order(&whole));
}

/// An engine that knows ids and vectors, beside a collection that keeps profiles and token vectors.
#[test]
fn a_foreign_engine_ranks_by_the_token_vectors_of_a_store_beside_it() {
    let encoder = Arc::new(Counting::default());
    let folder = tempfile::tempdir().unwrap();
    let options = CollectionOptions::new();
    let store = Collection::create(folder.path().join("profiles"), options).unwrap();
    let encoded = || encode_profiles(&encoder, &profiles(40)).unwrap();
    let unnamed = store.insert_all(profiles(40).into_iter().zip(encoded()));
    assert!(unnamed.unwrap_err().to_string().contains("embedded_by"));
    let store = store.embedded_by(encoder.model_id()).unwrap();
    store
        .insert_all(profiles(40).into_iter().zip(encoded()))
        .unwrap();
    let ranker = Ranker::builder(Arc::clone(&encoder), ids_only(&profiles(40)))
        .profile_store(Arc::new(store))
        .build()
        .unwrap();
    encoder.taken();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    assert_eq!(encoder.taken(), 1, "the job alone");
    assert_eq!(ranking.notes(), []);

    let senior = job().with_filter(Filter::at_least("years", 20.0));
    let filtered = pollster::block_on(ranker.rank(&senior)).unwrap();
    assert_eq!(encoder.taken(), 1);
    assert!(matches!(filtered.notes(), [Note::FilteredHere { .. }]));
}

/// Adds what a Rust engineer builds.
struct Adds;

#[async_trait]
impl Expander for Adds {
    async fn expand(&self, _job: &JobDescription) -> Result<Expansion, ExpandError> {
        let reason = "Rust engineers build them";
        let term = Term::new("search engines", 0.4, TermSource::Skill, reason).unwrap();
        Ok(Expansion::new(vec![term]))
    }
}

#[test]
fn what_was_added_to_the_job_is_told_with_its_reason() {
    let index = ProfileIndex::embed(profiles(40), &FakeEmbedder).unwrap();
    let ranker = Ranker::builder(FakeEmbedder, index).expander(Adds);
    let ranker = ranker.build().unwrap();
    let job = JobDescription::new("A Rust engineer").unwrap();
    let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
    let told = pollster::block_on(ranker.explain_all(&ranking, 1)).unwrap();
    let mut words = told[0].added_terms().map(|(part, term)| {
        let TermOf::Added { from, .. } = &term.of else {
            panic!("{term:?}");
        };
        assert_eq!(from.reason(), "Rust engineers build them");
        (part.feature.as_str(), term.contribution)
    });
    let (feature, adds) = words.next().unwrap();
    assert!(feature == "bm25" && adds > 0.0, "{}", told[0]);
    let part = told[0].parts().iter().find(|part| part.feature == "bm25");
    let part = part.unwrap();
    let sum: f64 = part.terms.iter().map(|term| term.contribution).sum();
    assert!(
        (sum - part.contribution).abs() < 1e-6 && adds < sum,
        "{part:?}"
    );
    let expanded = told[0].expanded().unwrap();
    assert!(expanded > 0.0 && expanded < told[0].score().get());
}

/// The parts of the legs and of late interaction are told by what they are made of.
#[test]
fn parts_are_told_by_words_requirements_and_passages() {
    let index = ProfileIndex::embed(profiles(40), &FakeEmbedder).unwrap();
    let ranker = Ranker::builder(FakeEmbedder, index).build().unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let best = &ranking.as_slice()[0];
    let at_once = ranker.explain(best).unwrap();
    let waited = pollster::block_on(ranker.explain_all(&ranking, 1)).unwrap();
    assert_eq!(waited, std::slice::from_ref(&at_once));
    let terms = |feature: &str| {
        let mut parts = at_once.parts().iter();
        let part = parts.find(|part| part.feature == feature).unwrap();
        let sum: f64 = part.terms.iter().map(|term| term.contribution).sum();
        assert!((sum - part.contribution).abs() < 1e-9, "{part:?}");
        part.terms
            .iter()
            .map(|term| term.of.clone())
            .collect::<Vec<_>>()
    };
    let word = |of: &TermOf| matches!(of, TermOf::Word { term, field } if term == "rust" && field == "text");
    assert!(terms("bm25").iter().any(word));
    let asked = |of: &TermOf| matches!(of, TermOf::Job(Place::Text(_)));
    assert!(!terms("maxsim").is_empty() && terms("maxsim").iter().all(asked));
    let said = |of: &TermOf| matches!(of, TermOf::Profile(Place::Text(_)));
    assert!(!terms("dense").is_empty() && terms("dense").iter().all(said));
}
