//! A small ranking to explain.

use std::sync::Arc;

use ranker_core::{
    Candidate, Contributions, Fact, FeatureMatrix, FeatureSchema, FeatureSpec, Hit, JobDescription,
    Note, Profile, Query, Ranked, Ranking, Score, ScoreError, Scorer,
};

/// A model with weights, a bias, and perhaps an interaction; without one it splits its scores.
pub(crate) struct Model {
    schema: Arc<FeatureSchema>,
    interaction: f64,
}

const BIAS: f64 = 0.1;
const WEIGHTS: [f64; 4] = [0.6, 0.3, 0.05, -0.2];

impl Model {
    pub(crate) fn linear() -> Self {
        Self::with_interaction(0.0)
    }

    pub(crate) fn with_interaction(interaction: f64) -> Self {
        let spec = |name: &'static str, description: &'static str, max| {
            FeatureSpec::new(name, description, 0.0..=max)
        };
        let schema = FeatureSchema::new(vec![
            spec(
                "dense",
                "How alike the job and the profile are in meaning.",
                1.0,
            ),
            spec(
                "bm25",
                "How well the job's words match, as a share of the best.",
                1.0,
            ),
            spec("years", "Years of experience.", 50.0),
            spec(
                "gaps",
                "Required skills that the profile does not name.",
                20.0,
            ),
        ]);
        Self {
            schema: Arc::new(schema.unwrap()),
            interaction,
        }
    }
}

fn terms(row: &[f32]) -> impl Iterator<Item = f64> + '_ {
    row.iter()
        .zip(WEIGHTS)
        .map(|(&x, weight)| weight * f64::from(x))
}

impl Scorer for Model {
    fn model_id(&self) -> &str {
        "model-1"
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        ScoreError::check_schema(&self.schema, features.schema())?;
        let score = |row: &[f32]| {
            let crossed = self.interaction * f64::from(row[0] * row[2]);
            Score::new(BIAS + terms(row).sum::<f64>() + crossed).unwrap()
        };
        Ok(features.rows().map(score).collect())
    }

    fn contributions(&self, features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        if self.interaction != 0.0 {
            let model = self.model_id().to_owned();
            return Err(ScoreError::NotAdditive { model });
        }
        ScoreError::check_schema(&self.schema, features.schema())?;
        let split = |row| Contributions::new(BIAS, terms(row).collect());
        Ok(features.rows().map(split).collect())
    }
}

pub(crate) fn job() -> JobDescription {
    JobDescription::new(
        "About us\nWe run a search platform. Apply with a letter.\n\nRequirements\n\
         - Rust or C++ in production\n- Judged queries and offline metrics\n- Mentoring engineers",
    )
    .unwrap()
    .with_title("Search engineer")
}

pub(crate) fn profiles() -> Vec<Profile> {
    let profile = |id: &str, title: &str, text: &str, years| {
        let profile = Profile::new(id, text).unwrap().with_title(title);
        profile.with_fact("years", Fact::integer(years)).unwrap()
    };
    vec![
        profile(
            "ada",
            "Search developer",
            "Summary\nLikes order. Wrote the query parser in Rust.\n\nExperience\n\
             - Kept judged queries and reported metrics\n- Mentoring of two juniors\n\nSkills\nSQL, Linux",
            6,
        ),
        profile(
            "bob",
            "Nurse",
            "Cares for patients. Plans their discharge & <care>.",
            9,
        ),
        profile(
            "eve",
            "",
            "<script>alert(\"1\")</script> Rust\u{202e}\u{1b}[31m & 'C++' in production",
            2,
        ),
    ]
}

/// The profiles above, ranked by the model.
pub(crate) fn ranking(model: &Model) -> Ranking {
    let rows = [
        [0.9, 1.0, 6.0, 1.0],
        [0.1, 0.0, 9.0, 4.0],
        [0.5, 0.4, 2.0, 3.0],
    ];
    let all = FeatureMatrix::new(model.schema.clone(), rows.concat()).unwrap();
    let scores = model.score(&all).unwrap();
    let scored = profiles().into_iter().zip(scores).enumerate();
    let scored = scored.map(|(row, (profile, score))| {
        let hit = Hit::new(profile.id().clone(), score);
        (
            score,
            Candidate::new(hit, Arc::new(profile)),
            all.select(row),
        )
    });
    let notes = vec![Note::JobCut {
        tokens: 300,
        used: 256,
    }];
    Ranking::new(Arc::new(Query::new(job())), "model-1", scored.collect()).with_notes(notes)
}

/// One candidate of it.
pub(crate) fn ranked(ranking: &Ranking, id: &str) -> Ranked {
    ranking
        .iter()
        .find(|ranked| ranked.id().as_str() == id)
        .unwrap()
        .clone()
}
