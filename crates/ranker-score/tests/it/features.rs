//! The extractor keeps its contract, and the features say what they promise.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ranker_core::{
    Candidate, CosineBaseline, EmbedError, Embedded, Embedder, Embedding, Expansion, Fact,
    FeatureError, FeatureSchema, FeatureSpec, Hit, JobDescription, LegScore, Profile, Query, Role,
    Score, Term, TermSource, TokenEmbeddings, TokenUsage, conformance,
};
use ranker_score::FeatureExtractor;
use ranker_score::{FactNames, Features, Joined, Passages, definitions};

/// A vector a letter: texts are as alike as their letters.
struct Letters;

impl Letters {
    fn letters(text: &str) -> impl Iterator<Item = (usize, usize)> {
        let letter = |c: char| {
            c.is_ascii_alphabetic()
                .then(|| c.to_ascii_lowercase() as usize - 97)
        };
        text.char_indices()
            .filter_map(move |(at, c)| letter(c).map(|letter| (at, letter)))
    }
}

impl Embedder for Letters {
    fn dimension(&self) -> usize {
        26
    }

    fn model_id(&self) -> &str {
        "letters"
    }

    fn embed(&self, texts: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embed = |text: &&str| {
            let mut counts = vec![0.001; 26];
            Self::letters(text).for_each(|(_, letter)| counts[letter] += 1.0);
            Embedded::new(
                Embedding::normalized(counts).unwrap(),
                TokenUsage::new(1, 1),
            )
        };
        Ok(texts.iter().map(embed).collect())
    }

    fn embed_tokens(&self, texts: &[&str], _: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        let tokens = |text: &&str| {
            let (spans, vectors): (Vec<_>, Vec<_>) = Self::letters(text)
                .map(|(at, letter)| {
                    let mut vector = vec![0.0_f32; 26];
                    vector[letter] = 1.0;
                    (at..at + 1, vector)
                })
                .unzip();
            TokenEmbeddings::new(26, vectors.concat(), spans).unwrap()
        };
        Ok(texts.iter().map(tokens).collect())
    }
}

/// An encoder without token vectors.
struct Coarse;

impl Embedder for Coarse {
    fn dimension(&self) -> usize {
        26
    }

    fn model_id(&self) -> &str {
        "coarse"
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        Letters.embed(texts, role)
    }
}

fn query(text: &str) -> Query {
    Query::new(JobDescription::new(text).unwrap())
}

fn candidate(text: &str) -> Candidate {
    let profile = Profile::new("p", text).unwrap();
    Candidate::new(
        Hit::new(profile.id().clone(), Score::default()),
        Arc::new(profile),
    )
}

fn value(features: &dyn FeatureExtractor, query: &Query, of: &Candidate, name: &str) -> f32 {
    let matrix = features.extract(query, std::slice::from_ref(of)).unwrap();
    matrix.row(0).unwrap()[matrix.schema().position(name).unwrap()]
}

#[test]
fn built_in_and_joined_features_keep_the_contract() {
    conformance::feature_extractor(&Features::new()).unwrap();
    let names = FactNames {
        skills: "skills".to_owned(),
        years_experience: "years".to_owned(),
        ..FactNames::default()
    };
    let late = Features::with_late_interaction(Arc::new(Letters)).with_fact_names(names);
    conformance::feature_extractor(&late).unwrap();
    conformance::feature_extractor(&Renamed::joined()).unwrap();
    conformance::feature_extractor(&Passages::new(Arc::new(Letters))).unwrap();
    let joined = Features::new()
        .and(Passages::new(Arc::new(Letters)))
        .unwrap();
    conformance::feature_extractor(&joined).unwrap();
}

/// The built-in features under other names.
struct Renamed(Features, Arc<ranker_core::FeatureSchema>);

impl Renamed {
    fn joined() -> Joined {
        Features::new().and(Self::new()).unwrap()
    }

    fn new() -> Self {
        let mut columns = Features::new().schema().columns().to_vec();
        columns
            .iter_mut()
            .for_each(|column| column.name = format!("my_{}", column.name).into());
        let schema = Arc::new(ranker_core::FeatureSchema::new(columns).unwrap());
        Self(Features::new(), schema)
    }
}

impl FeatureExtractor for Renamed {
    fn schema(&self) -> &Arc<ranker_core::FeatureSchema> {
        &self.1
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<ranker_core::FeatureMatrix, FeatureError> {
        let rows = self.0.extract(query, candidates)?;
        ranker_core::FeatureMatrix::new(self.1.clone(), rows.rows().flatten().copied().collect())
    }
}

#[test]
fn joined_features_stand_side_by_side() {
    let joined = Renamed::joined();
    let names: Vec<&str> = joined.schema().names().collect();
    assert_eq!(
        (names.len(), names[0], names[13]),
        (26, "dense", "my_dense")
    );
    let (query, candidate) = (query("5+ years"), candidate("text"));
    let matrix = joined
        .extract(&query, &[candidate.clone(), candidate])
        .unwrap();
    assert!(matrix.rows().all(|row| row[..13] == row[13..]));
    let twice = Features::new().and(Features::new());
    assert!(matches!(twice, Err(FeatureError::DuplicateName { name }) if name == "dense"));
}

/// Gives a row less than it should.
struct Short(Features);

impl FeatureExtractor for Short {
    fn schema(&self) -> &Arc<ranker_core::FeatureSchema> {
        self.0.schema()
    }

    fn extract(
        &self,
        query: &Query,
        candidates: &[Candidate],
    ) -> Result<ranker_core::FeatureMatrix, FeatureError> {
        self.0.extract(query, &candidates[1..])
    }
}

#[test]
fn a_joined_extractor_that_leaves_rows_out_is_an_error() {
    let joined = Joined::new(Short(Features::new()), Renamed::new()).unwrap();
    let refused = joined.extract(&query("job"), &[candidate("text")]);
    assert!(
        matches!(
            refused,
            Err(FeatureError::Shape {
                values: 0,
                columns: 13
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn legs_are_bounded_and_silent_ones_say_nothing() {
    let leg = |leg: &str, score: f64, best: f64| {
        LegScore::new(leg, Score::new(score).unwrap(), Score::new(best).unwrap())
    };
    let profile = Arc::new(Profile::new("p", "text").unwrap());
    let hit = Hit::new(profile.id().clone(), Score::default());
    let features = Features::new();
    let value = |hit: &Hit, name: &str| {
        let candidate = Candidate::new(hit.clone(), profile.clone());
        value(&features, &query("job"), &candidate, name)
    };
    assert_eq!((value(&hit, "dense"), value(&hit, "bm25")), (0.0, 0.0));
    let hit = hit
        .with_leg(leg("dense", -0.25, 0.9))
        .with_leg(leg("bm25", 3.0, 12.0));
    assert_eq!((value(&hit, "dense"), value(&hit, "bm25")), (-0.25, 0.25));
    let hit = hit
        .with_leg(leg("dense", 1.000_001, 1.0))
        .with_leg(leg("bm25", -3.0, -1.0));
    assert_eq!((value(&hit, "dense"), value(&hit, "bm25")), (1.0, 0.0));
}

/// An encoder whose cosines all lie above .8 tells as much between .8 and 1 as another between 0 and 1.
#[test]
fn similarities_count_from_the_encoders_baseline() {
    let score = |value| Score::new(value).unwrap();
    let profile = Arc::new(Profile::new("p", "cab").unwrap());
    let hit = Hit::new(profile.id().clone(), Score::default());
    let hit = hit.with_leg(LegScore::new("dense", score(0.9), score(0.95)));
    let candidate = Candidate::new(hit, profile);
    let features = Features::with_late_interaction(Arc::new(Letters));
    let plain = query("abc");
    let above = query("abc").with_baseline(CosineBaseline::new(0.8, 0.5));
    let of = |query: &Query, name| value(&features, query, &candidate, name);
    assert!((of(&plain, "dense") - 0.9).abs() < 1e-6);
    assert!((of(&above, "dense") - 0.5).abs() < 1e-6);
    let (raw, rescaled) = (of(&plain, "maxsim"), of(&above, "maxsim"));
    assert!(
        (rescaled - (raw - 0.5) / 0.5).abs() < 1e-6,
        "{raw} {rescaled}"
    );
}

#[test]
fn late_interaction_compares_token_by_token() {
    let features = Features::with_late_interaction(Arc::new(Letters));
    assert_eq!(features.schema().names().nth(3), Some("maxsim"));
    let of = |text: &str| value(&features, &query("ab cd"), &candidate(text), "maxsim");
    assert_eq!(of("a b c d e f"), 1.0);
    assert_eq!(of("a xyz b"), 0.5);
    assert_eq!(of("123"), 0.0, "no tokens");
    assert!(features.extract(&query("job"), &[]).unwrap().is_empty());
}

#[test]
fn a_failing_embedder_is_named() {
    let features = Features::with_late_interaction(Arc::new(Coarse));
    let error = features
        .extract(&query("job"), &[candidate("text")])
        .unwrap_err();
    expect_test::expect![[r#"
        feature maxsim could not be computed
        encoder coarse gives no token vectors
    "#]]
    .assert_eq(&super::support::report(&error));
}

#[test]
fn a_profile_of_a_million_words_takes_linear_time() {
    let term = Term::new("machine learning", 0.5, TermSource::Skill, "test").unwrap();
    let query = query("machine learning, 5+ years").with_expansion(Expansion::new(vec![term]));
    let time = |words: usize| {
        let text = format!("{} machine learning", "machine ".repeat(words));
        let skills = (0..words / 100).map(|n| format!("machine skill {n}"));
        let profile = Profile::new("p", text).unwrap();
        let profile = profile.with_fact("skills", Fact::keywords(skills)).unwrap();
        let hit = Hit::new(profile.id().clone(), Score::default());
        let candidate = Candidate::new(hit, Arc::new(profile));
        let start = Instant::now();
        assert_eq!(
            value(&Features::new(), &query, &candidate, "expansion"),
            1.0
        );
        start.elapsed()
    };
    // Quadratic time would be a hundred times more for ten times the words, and minutes in all.
    let (short, long) = (time(100_000), time(1_000_000));
    let bound = (short * 40).max(Duration::from_secs(2));
    assert!(long < bound, "{short:?} for a tenth, {long:?} for all");
}

#[test]
fn the_headline_is_compared_with_the_job_s_title() {
    let passages = Passages::new(Arc::new(Letters));
    let query = query("Nurse. Cares for patients by night and by day.");
    let titled = candidate("Nurse\nFive years on a ward\nBowling");
    let buried = candidate("Bowling\nGolf\nChess\nNurse");
    let of = |candidate, name| value(&passages, &query, candidate, name);
    assert!(of(&titled, "headline") > 0.99 && of(&buried, "headline") < 0.9);
    assert!(of(&titled, "opening") > 0.99 && of(&buried, "opening") < 0.9);
    assert!(of(&buried, "title_passage") > 0.99);
    assert_eq!(of(&buried, "title_words"), 1.0);
    assert_eq!(of(&buried, "title_words_opening"), 0.0);
    assert_eq!(of(&buried, "title_words_match"), 1.0);
}

#[test]
fn a_job_without_a_title_has_passages_all_the_same() {
    let passages = Passages::new(Arc::new(Letters)).with_most(2);
    let query = query(&"cares for patients ".repeat(9));
    let some = candidate("Cares for patients\nSings\nDances");
    assert_eq!(value(&passages, &query, &some, "headline"), 0.0);
    assert!(value(&passages, &query, &some, "job_passage") > 0.99);
}

#[test]
fn features_of_another_model_are_others() {
    let schema = |model: Option<&str>| {
        let column = FeatureSpec::new("cross_encoder", "both texts, read together", 0.0..=1.0);
        let column = match model {
            Some(model) => column.with_model(model),
            None => column,
        };
        FeatureSchema::new(vec![column]).unwrap()
    };
    let of = |model| definitions(&schema(model));
    assert_eq!(of(Some("a")), of(Some("a")));
    assert_ne!(of(Some("a")), of(Some("b")));
    assert_ne!(of(Some("a")), of(None));
}
