//! A weighted sum of models.

use std::sync::Arc;

use ranker_core::{Contributions, FeatureMatrix, FeatureSchema, Score, ScoreError, Scorer};
use serde::{Deserialize, Serialize};

use super::ModelError;
use super::file::{Bits, Content};
use super::model::{AnyContent, Model};

/// A model in a blend.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The model.
    pub model: Model,
    /// What its standardised score counts; not negative.
    pub weight: f64,
    /// Its mean score in training.
    pub mean: f64,
    /// The spread of its scores in training; positive.
    pub spread: f64,
}

/// A weighted sum of standardised models: `score = Σ weight · (score of the member - mean) / spread`.
///
/// Mean and spread are numbers of the training data, not of the list at hand, so that a row's score
/// depends on that row alone. Where all members split their scores into parts, so does the blend.
#[derive(Debug, Clone, PartialEq)]
pub struct BlendScorer {
    schema: Arc<FeatureSchema>,
    members: Vec<Member>,
    model_id: String,
}

impl BlendScorer {
    /// A blend of at least one member, all for the same features.
    ///
    /// # Errors
    ///
    /// [`ModelError::Blend`]: no members, other features, or a number out of its range.
    pub fn new(members: Vec<Member>) -> Result<Self, ModelError> {
        let blend = |wrong| ModelError::Blend { wrong };
        check(&members).map_err(blend)?;
        let content = BlendContent::new(&members);
        Ok(Self {
            schema: Arc::clone(members[0].model.schema()),
            model_id: content.id("blend"),
            members,
        })
    }

    /// The models and what they count.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn content(&self) -> BlendContent {
        BlendContent::new(&self.members)
    }

    pub(super) fn of_content(
        content: &BlendContent,
        schema: &Arc<FeatureSchema>,
    ) -> Result<Self, String> {
        let member = |member: &MemberContent| {
            if !schema.names().eq(member.model.names()) {
                return Err("a member was made for other features".to_owned());
            }
            Ok(Member {
                model: member.model.model(schema)?,
                weight: member.weight,
                mean: member.mean,
                spread: member.spread,
            })
        };
        let members = content.members.iter().map(member);
        Self::new(members.collect::<Result<_, _>>()?).map_err(|error| error.to_string())
    }
}

fn check(members: &[Member]) -> Result<(), String> {
    let first = members.first().ok_or("it has no members")?;
    let schema = first.model.schema();
    for (at, member) in members.iter().enumerate() {
        if !member.model.schema().names().eq(schema.names()) {
            return Err(format!("member {at} was made for other features"));
        }
        let right = (0.0..=1e9).contains(&member.weight)
            && member.mean.is_finite()
            && (member.spread > 0.0 && member.spread.is_finite());
        if !right {
            let Member {
                weight,
                mean,
                spread,
                ..
            } = member;
            return Err(format!(
                "member {at} has weight {weight}, mean {mean}, spread {spread}"
            ));
        }
    }
    Ok(())
}

impl Scorer for BlendScorer {
    fn model_id(&self) -> &str {
        &self.model_id
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        let mut sums = vec![0.0; features.len()];
        for member in &self.members {
            let scores = member.model.score(features)?;
            for (sum, score) in sums.iter_mut().zip(scores) {
                *sum += member.weight * (score.get() - member.mean) / member.spread;
            }
        }
        let score =
            |(row, sum)| Score::new(sum).map_err(|source| ScoreError::Output { row, source });
        sums.into_iter().enumerate().map(score).collect()
    }

    fn contributions(&self, features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        let nothing = Contributions::new(0.0, vec![0.0; self.schema.len()]);
        let mut sums = vec![nothing; features.len()];
        for member in &self.members {
            let splits = member.model.contributions(features);
            let splits = splits.map_err(|error| self.renamed(error))?;
            let scale = member.weight / member.spread;
            for (sum, split) in sums.iter_mut().zip(splits) {
                sum.base += scale * (split.base - member.mean);
                for (sum, part) in sum.parts.iter_mut().zip(split.parts) {
                    *sum += scale * part;
                }
            }
        }
        Ok(sums)
    }
}

impl BlendScorer {
    /// It is the blend that was asked, not its member.
    fn renamed(&self, error: ScoreError) -> ScoreError {
        match error {
            ScoreError::NotAdditive { model } => ScoreError::NotAdditive {
                model: format!("{}, as it has {model}", self.model_id),
            },
            other => other,
        }
    }
}

/// A blend in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlendContent {
    members: Vec<MemberContent>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberContent {
    weight: f64,
    mean: f64,
    spread: f64,
    model: AnyContent,
}

impl BlendContent {
    pub(super) fn models(&self) -> impl Iterator<Item = &AnyContent> {
        self.members.iter().map(|member| &member.model)
    }

    fn new(members: &[Member]) -> Self {
        let member = |member: &Member| MemberContent {
            weight: member.weight,
            mean: member.mean,
            spread: member.spread,
            model: member.model.content(),
        };
        Self {
            members: members.iter().map(member).collect(),
        }
    }
}

impl Content for BlendContent {
    const FORMAT: &'static str = "ranker-blend";

    fn names(&self) -> Vec<&str> {
        let first = self.members.first();
        first.map_or_else(Vec::new, |member| member.model.names())
    }

    fn feed(&self, bits: &mut Bits) {
        bits.count(self.members.len());
        for member in &self.members {
            bits.numbers(&[member.weight, member.mean, member.spread]);
            member.model.feed(bits);
        }
    }
}
