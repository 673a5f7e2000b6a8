use ranker::core::{
    EmbedError, Embedded, Embedder, ExpandError, Expander, Expansion, ExpansionText, Hit, Query,
    Request, RetrieveError, Retriever, Role, TermSource, async_trait,
};
use ranker::score::{Features, LinearScorer};
use ranker::{Error, JobDescription, Note, Profile, Ranker, Score};

use crate::fakes::{Down, FakeEmbedder, ids_only, job, profiles, store};

fn ranker() -> Ranker {
    Ranker::builder(FakeEmbedder, ids_only(&profiles(20)))
        .profile_store(store(profiles(20)))
        .expander(Down)
        .features(Features::new())
        .build()
        .unwrap()
}

#[test]
fn an_expander_that_is_down_is_said_not_fatal() {
    let ranking = pollster::block_on(ranker().rank(&job())).unwrap();
    let [note @ Note::NotExpanded { .. }] = ranking.notes() else {
        panic!("{:?}", ranking.notes());
    };
    assert_eq!(
        note.to_string(),
        "the query was not expanded: thesaurus is unavailable"
    );
}

/// Writes a text for every job.
struct Writer(&'static str);

#[async_trait]
impl Expander for Writer {
    async fn expand(&self, _: &JobDescription) -> Result<Expansion, ExpandError> {
        let text = (self.0, Role::Document);
        let text = ExpansionText::new(text, 0.5, TermSource::HypotheticalResume, "was written");
        Ok(Expansion::default().with_texts(vec![text.unwrap()]))
    }
}

#[test]
fn a_text_beside_the_job_moves_its_vector_half_way_at_most() {
    let rank = |text: &'static str| {
        let ranker = Ranker::builder(FakeEmbedder, ids_only(&profiles(20)));
        let ranker = ranker
            .profile_store(store(profiles(20)))
            .expander(Writer(text));
        pollster::block_on(ranker.build().unwrap().rank(&job())).unwrap()
    };
    let ranking = rank("Nurse on a ward");
    let embed = |text: &str| {
        FakeEmbedder
            .embed(&[text], Role::Query)
            .unwrap()
            .swap_remove(0)
            .embedding
    };
    let found = ranking.query().embedding().unwrap();
    let (own, other) = (embed(job().text()), embed("Nurse on a ward"));
    let [near, far] = [&own, &other].map(|vector| found.cosine(vector).unwrap());
    assert!((near - far).abs() < 1e-5, "{near} {far}");
    assert!(near > own.cosine(&other).unwrap());
    assert_eq!(
        ranking.query().expansion().texts()[0].reason(),
        "was written"
    );
    assert!(
        ranking
            .notes()
            .iter()
            .all(|note| !matches!(note, Note::NotExpanded { .. }))
    );
    // One that cannot be embedded costs the ranking nothing but itself.
    let refusing = Ranker::builder(Refusing, ids_only(&profiles(20)));
    let refusing = refusing
        .profile_store(store(profiles(20)))
        .expander(Writer(REFUSED));
    let ranking = pollster::block_on(refusing.build().unwrap().rank(&job())).unwrap();
    assert!(ranking.query().expansion().is_empty());
    assert_eq!(ranking.query().embedding(), Some(&own));
    let told = ranking.notes().iter().map(Note::to_string);
    assert!(
        told.into_iter()
            .any(|note| note.contains("its texts were not embedded"))
    );
}

const REFUSED: &str = "what no encoder takes";

/// An encoder that does not take a text.
struct Refusing;

impl Embedder for Refusing {
    fn dimension(&self) -> usize {
        FakeEmbedder.dimension()
    }

    fn model_id(&self) -> &str {
        FakeEmbedder.model_id()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        match texts.iter().position(|text| *text == REFUSED) {
            Some(index) => Err(EmbedError::EmptyText { index }),
            None => FakeEmbedder.embed(texts, role),
        }
    }
}

#[test]
fn a_job_that_was_cut_says_so() {
    let long = JobDescription::new("engineer ".repeat(50)).unwrap();
    let ranking = pollster::block_on(ranker().rank(&long)).unwrap();
    assert!(ranking.notes().contains(&Note::JobCut {
        tokens: 50,
        used: 40
    }));
}

#[test]
fn hits_without_a_profile_are_left_out_and_named() {
    let known = profiles(20).split_off(1);
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&profiles(20)))
        .profile_store(store(known))
        .build()
        .unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    assert_eq!(ranking.len(), 19);
    let [
        Note::UnknownProfiles { ids },
        Note::TokensEncoded { candidates: 19 },
    ] = ranking.notes()
    else {
        panic!("{:?}", ranking.notes());
    };
    assert_eq!(ids[0].as_str(), "p0000");
}

#[test]
fn a_ranking_is_explained_by_the_model_that_made_it() {
    let ranker = ranker();
    let before = pollster::block_on(ranker.rank(&job())).unwrap();
    let schema = ranker.features().schema().clone();
    let weights = (0..schema.len()).map(|i| -(i as f64)).collect();
    ranker
        .serve(LinearScorer::new(schema, weights).unwrap())
        .unwrap();
    let after = pollster::block_on(ranker.rank(&job())).unwrap();
    assert_ne!(before.model(), after.model());
    for ranked in before.iter().chain(&after) {
        let explanation = ranker.explain(ranked).unwrap();
        assert_eq!(
            (explanation.id(), explanation.score()),
            (ranked.id(), ranked.score)
        );
    }
    let mut foreign = before.as_slice()[0].clone();
    foreign.model = "another".into();
    assert!(matches!(
        ranker.explain(&foreign),
        Err(Error::UnknownModel { .. })
    ));
}

#[test]
fn errors_say_the_stage_and_keep_the_cause() {
    let error = Error::Embed(ranker::core::EmbedError::EmptyText { index: 0 });
    assert_eq!(error.to_string(), "embedding the job description failed");
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .starts_with("text 0 is empty")
    );
}

#[test]
fn a_retrievers_own_score_orders_its_hits() {
    // By similarity of whole texts, which no other feature sees: the order that the retriever gave.
    let ranker = Ranker::builder(FakeEmbedder, ids_only(&profiles(20)))
        .profile_store(store(profiles(20)))
        .features(Features::new())
        .build()
        .unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let retrieved: Vec<f64> = ranking
        .iter()
        .map(|ranked| ranked.candidate.hit().score().get())
        .collect();
    assert!(retrieved.is_sorted_by(|a, b| a >= b), "{retrieved:?}");
    assert!(retrieved[0] > retrieved[19]);
    let first = ranking.as_slice()[0].candidate.profile();
    assert!(
        first.text().starts_with("Rust engineer"),
        "{}",
        first.text()
    );
    let explained = ranker.explain(&ranking.as_slice()[0]).unwrap().to_string();
    assert!(explained.contains("retrieved"), "{explained}");
}

/// A retriever whose scores are negated distances, worst of all for the first profile.
struct Distances;

#[async_trait]
impl Retriever for Distances {
    async fn retrieve(&self, _query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let hit = |(at, profile): (usize, &Profile)| {
            let score = Score::new(at as f64 - 50.0).expect("finite");
            Hit::new(profile.id().clone(), score)
        };
        let mut hits: Vec<Hit> = profiles(20).iter().enumerate().map(hit).collect();
        Hit::sort(&mut hits);
        hits.truncate(request.k);
        Ok(hits)
    }
}

#[test]
fn scores_below_zero_keep_their_order() {
    let ranker = Ranker::builder(FakeEmbedder, Distances)
        .profile_store(store(profiles(20)))
        .features(Features::new())
        .build()
        .unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let ids: Vec<&str> = ranking.iter().map(|ranked| ranked.id().as_str()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
}
