//! A model of any kind that can be saved.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use ranker_core::{Contributions, FeatureMatrix, FeatureSchema, Score, ScoreError, Scorer};
use serde::{Deserialize, Serialize};

use super::ModelError;
use super::blend::{BlendContent, BlendScorer};
use super::file::{self, Bits, Content, Opened};
use super::linear::LinearScorer;
use super::linear_content::LinearContent;
use super::mlp::{MlpContent, MlpScorer};
use super::other::{Other, OtherContent};
use super::trees::{TreeScorer, TreesContent};

/// A model of any kind that this crate knows: what a model file holds.
///
/// ```
/// use ranker_core::FeatureExtractor;
/// use ranker_score::{Features, LinearScorer, Model, Scorer};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.json");
/// let schema = Features::new().schema().clone();
/// let model = Model::Linear(LinearScorer::prior(&schema));
/// model.save(&path)?;
/// // Whatever kind of model it is:
/// let again = Model::load(&path, &schema)?;
/// assert_eq!(again.model_id(), model.model_id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Model {
    /// A weight a feature.
    Linear(LinearScorer),
    /// Boosted trees.
    Trees(TreeScorer),
    /// A small neural network.
    Mlp(MlpScorer),
    /// A weighted sum of others.
    Blend(BlendScorer),
    /// A model of a kind that this crate does not know: it is served, explained and blended as the
    /// others are, but saved and loaded by who made it.
    Other(Other),
}

impl Model {
    /// Reads a saved model of any kind, which must have been made for the features of `schema`.
    ///
    /// # Errors
    ///
    /// [`ModelError`], which names the file: whatever the file holds, the answer is an error or a
    /// model that scores every row.
    pub fn load(path: impl AsRef<Path>, schema: &Arc<FeatureSchema>) -> Result<Self, ModelError> {
        let file = Opened::new(path.as_ref())?;
        let content = match file.format.as_str() {
            LinearContent::FORMAT => AnyContent::Linear(file.content(schema)?),
            TreesContent::FORMAT => AnyContent::Trees(file.content(schema)?),
            MlpContent::FORMAT => AnyContent::Mlp(file.content(schema)?),
            BlendContent::FORMAT => AnyContent::Blend(file.content(schema)?),
            other => return Err(file.wrong(format!("its format is {other:?}"))),
        };
        content.model(schema).map_err(|wrong| file.wrong(wrong))
    }

    /// Writes the model as JSON. The file is replaced as a whole or not at all, and is on the disk
    /// on return.
    ///
    /// # Errors
    ///
    /// [`ModelError::Io`], and [`ModelError::OtherKind`] where it is, or blends, [`Model::Other`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModelError> {
        let path = path.as_ref();
        self.check_kind(path)?;
        match self.content() {
            AnyContent::Linear(content) => file::save(path, content),
            AnyContent::Trees(content) => file::save(path, content),
            AnyContent::Mlp(content) => file::save(path, content),
            AnyContent::Blend(content) => file::save(path, content),
            AnyContent::Other(content) => Err(content.refused(path)),
        }
    }

    /// BLAKE3 over the bits of all its numbers and names, in 64 hexadecimal digits, as its file has it; `None` where it is, or
    /// blends, [`Model::Other`], whose numbers are not known here.
    #[must_use]
    pub fn hash(&self) -> Option<String> {
        let content = self.content();
        match (content.other(), &content) {
            (Some(_), _) | (_, AnyContent::Other(_)) => None,
            (None, AnyContent::Linear(content)) => Some(content.hash()),
            (None, AnyContent::Trees(content)) => Some(content.hash()),
            (None, AnyContent::Mlp(content)) => Some(content.hash()),
            (None, AnyContent::Blend(content)) => Some(content.hash()),
        }
    }

    /// Refuses a model that this crate cannot save to `path`.
    pub(crate) fn check_kind(&self, path: &Path) -> Result<(), ModelError> {
        match self.content().other() {
            Some(other) => Err(other.refused(path)),
            None => Ok(()),
        }
    }

    pub(super) fn content(&self) -> AnyContent {
        match self {
            Self::Linear(model) => AnyContent::Linear(model.content()),
            Self::Trees(model) => AnyContent::Trees(model.content()),
            Self::Mlp(model) => AnyContent::Mlp(model.content()),
            Self::Blend(model) => AnyContent::Blend(model.content()),
            Self::Other(model) => AnyContent::Other(model.content()),
        }
    }

    /// Whatever kind of model a scorer is: one of this crate's keeps its kind, so that it can be saved.
    #[must_use]
    pub fn of(scorer: impl Scorer + 'static) -> Self {
        let mut held = Some(scorer);
        let known = known_kind(&mut held);
        let model = known.or_else(|| held.map(Self::other));
        model.expect("a scorer that is of no known kind is still held")
    }

    /// A model of a kind that this crate does not know.
    #[must_use]
    pub fn other(scorer: impl Scorer + 'static) -> Self {
        Self::Other(Other::new(Arc::new(scorer)))
    }

    fn inner(&self) -> &dyn Scorer {
        match self {
            Self::Linear(model) => model,
            Self::Trees(model) => model,
            Self::Mlp(model) => model,
            Self::Blend(model) => model,
            Self::Other(model) => model.scorer(),
        }
    }
}

/// Takes a scorer out, if it is of a kind of this crate.
fn known_kind(held: &mut dyn Any) -> Option<Model> {
    fn taken<M: 'static>(held: &mut dyn Any) -> Option<M> {
        held.downcast_mut::<Option<M>>()?.take()
    }
    let shared = |held: &mut dyn Any| {
        let shared = taken::<Arc<dyn Scorer>>(held)?;
        Some(Model::Other(Other::new(shared)))
    };
    taken::<Model>(held)
        .or_else(|| taken(held).map(Model::Linear))
        .or_else(|| taken(held).map(Model::Trees))
        .or_else(|| taken(held).map(Model::Mlp))
        .or_else(|| taken(held).map(Model::Blend))
        .or_else(|| shared(held))
}

impl From<LinearScorer> for Model {
    fn from(model: LinearScorer) -> Self {
        Self::Linear(model)
    }
}

impl From<TreeScorer> for Model {
    fn from(model: TreeScorer) -> Self {
        Self::Trees(model)
    }
}

impl From<MlpScorer> for Model {
    fn from(model: MlpScorer) -> Self {
        Self::Mlp(model)
    }
}

impl From<BlendScorer> for Model {
    fn from(model: BlendScorer) -> Self {
        Self::Blend(model)
    }
}

impl Scorer for Model {
    fn model_id(&self) -> &str {
        self.inner().model_id()
    }

    fn schema(&self) -> &Arc<FeatureSchema> {
        self.inner().schema()
    }

    fn score(&self, features: &FeatureMatrix) -> Result<Vec<Score>, ScoreError> {
        self.inner().score(features)
    }

    fn contributions(&self, features: &FeatureMatrix) -> Result<Vec<Contributions>, ScoreError> {
        self.inner().contributions(features)
    }
}

/// A model of any kind in a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AnyContent {
    Linear(LinearContent),
    Trees(TreesContent),
    Mlp(MlpContent),
    Blend(BlendContent),
    Other(OtherContent),
}

impl AnyContent {
    /// The model, or what is wrong with it.
    pub(super) fn model(&self, schema: &Arc<FeatureSchema>) -> Result<Model, String> {
        Ok(match self {
            Self::Linear(content) => {
                let model = LinearScorer::of_content(content, schema);
                Model::Linear(model.map_err(|error| error.to_string())?)
            }
            Self::Trees(content) => {
                let forest = content.forest()?;
                Model::Trees(TreeScorer::of_forest(Arc::clone(schema), forest))
            }
            Self::Mlp(content) => Model::Mlp(MlpScorer::of_content(content, schema)?),
            Self::Blend(content) => Model::Blend(BlendScorer::of_content(content, schema)?),
            Self::Other(content) => return Err(content.not_loaded()),
        })
    }

    /// The first part that this crate cannot save.
    pub(super) fn other(&self) -> Option<&OtherContent> {
        match self {
            Self::Other(content) => Some(content),
            Self::Blend(content) => content.models().find_map(Self::other),
            Self::Linear(_) | Self::Trees(_) | Self::Mlp(_) => None,
        }
    }

    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Linear(content) => content.names(),
            Self::Trees(content) => content.names(),
            Self::Mlp(content) => content.names(),
            Self::Blend(content) => content.names(),
            Self::Other(content) => content.names(),
        }
    }

    pub(super) fn feed(&self, bits: &mut Bits) {
        let hash = match self {
            Self::Linear(content) => content.hash(),
            Self::Trees(content) => content.hash(),
            Self::Mlp(content) => content.hash(),
            Self::Blend(content) => content.hash(),
            Self::Other(content) => content.hash(),
        };
        bits.text(&hash);
    }
}
