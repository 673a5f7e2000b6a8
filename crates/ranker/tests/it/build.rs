use ranker::core::{
    Candidate, EmbedError, Embedded, Embedder, FeatureError, FeatureExtractor, FeatureMatrix,
    FeatureSchema, FeatureSpec, Query, Role,
};
use ranker::{BuildError, Error, Ranker};

use ranker::score::{Features, LinearScorer};

use crate::fakes::{FakeEmbedder, ids_only, profiles, store};

#[test]
fn a_ranker_that_could_not_explain_is_refused() {
    let refused = Ranker::builder(FakeEmbedder, ids_only(&profiles(3))).build();
    assert!(matches!(refused, Err(BuildError::NoProfiles { .. })));
    let said = refused.unwrap_err().to_string();
    assert_eq!(
        said,
        "retriever custom returns no profiles: give the builder a profile_store as well"
    );
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    let builder =
        || Ranker::builder(FakeEmbedder, ids_only(&profiles(3))).profile_store(store(profiles(3)));
    assert!(matches!(
        builder().top_k(0).build(),
        Err(BuildError::NoTopK)
    ));
    let refused = builder().top_k(10).candidates(5).build();
    assert!(matches!(
        refused,
        Err(BuildError::TooFewCandidates {
            candidates: 5,
            top_k: 10
        })
    ));
    assert!(
        builder().top_k(1_000_000).build().is_ok(),
        "more than there are is no error"
    );
}

#[test]
fn a_scorer_for_other_features_is_refused() {
    let foreign = FeatureSpec::new("shoe_size", "not ours", 0.0..=60.0);
    let schema = FeatureSchema::new(vec![foreign]).unwrap().into();
    let scorer = LinearScorer::new(schema, vec![1.0]).unwrap();
    let builder =
        Ranker::builder(FakeEmbedder, ids_only(&profiles(3))).profile_store(store(profiles(3)));
    let refused = builder.scorer(scorer.clone()).build();
    assert!(matches!(refused, Err(BuildError::Scorer(_))));

    let ranker = Ranker::builder(FakeEmbedder, ids_only(&profiles(3)))
        .profile_store(store(profiles(3)))
        .build()
        .unwrap();
    let before = ranker.scorer().model_id().to_owned();
    assert!(matches!(ranker.serve(scorer), Err(Error::Models(_))));
    assert_eq!(ranker.scorer().model_id(), before, "the present one stays");
}

/// Features of the user's own, joined to ours.
struct TextLength(std::sync::Arc<FeatureSchema>);

impl FeatureExtractor for TextLength {
    fn schema(&self) -> &std::sync::Arc<FeatureSchema> {
        &self.0
    }

    fn extract(&self, _: &Query, who: &[Candidate]) -> Result<FeatureMatrix, FeatureError> {
        let share = |c: &Candidate| (c.profile().text().len() as f32 / 1000.0).min(1.0);
        FeatureMatrix::new(self.0.clone(), who.iter().map(share).collect())
    }
}

#[test]
fn a_users_own_features_join_ours() {
    let own = || {
        let spec = FeatureSpec::new("text_length", "Thousands of bytes of text.", 0.0..=1.0);
        TextLength(FeatureSchema::new(vec![spec]).unwrap().into())
    };
    let builder =
        || Ranker::builder(FakeEmbedder, ids_only(&profiles(3))).profile_store(store(profiles(3)));
    for builder in [
        builder().features(Features::new().and(own()).unwrap()),
        builder().features(Features::new()).add_features(own()),
        builder().add_features(own()),
    ] {
        let ranker = builder.build().unwrap();
        let ranking = pollster::block_on(ranker.rank(&crate::fakes::job())).unwrap();
        let row = &ranking.as_slice()[0].features;
        let at = row.schema().position("text_length").unwrap();
        assert!(row.row(0).unwrap()[at] > 0.0);
        assert_eq!(row.schema().len(), at + 1, "theirs come after ours");
    }
    let twice = builder().add_features(own()).add_features(own()).build();
    assert!(matches!(twice, Err(BuildError::Features(_))));
}

/// An encoder without token vectors, as served ones are.
struct NoTokens;

impl Embedder for NoTokens {
    fn dimension(&self) -> usize {
        FakeEmbedder.dimension()
    }

    fn model_id(&self) -> &str {
        FakeEmbedder.model_id()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        FakeEmbedder.embed(texts, role)
    }
}

#[test]
fn an_encoder_without_token_vectors_ranks_and_explains_without_settings() {
    let ranker = Ranker::builder(NoTokens, ids_only(&profiles(30)))
        .profile_store(store(profiles(30)))
        .build()
        .unwrap();
    let ranking = pollster::block_on(ranker.rank(&crate::fakes::job())).unwrap();
    let first = &ranking.as_slice()[0];
    assert_eq!(first.features.schema().position("maxsim"), None);
    assert!(ranker.explain(first).unwrap().matches().is_empty());
    let with = Ranker::builder(FakeEmbedder, ids_only(&profiles(30)))
        .profile_store(store(profiles(30)))
        .build()
        .unwrap();
    let ranking = pollster::block_on(with.rank(&crate::fakes::job())).unwrap();
    assert!(
        ranking.as_slice()[0]
            .features
            .schema()
            .position("maxsim")
            .is_some()
    );
}
