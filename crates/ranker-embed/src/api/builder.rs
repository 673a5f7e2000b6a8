//! Settings of a served encoder, and connecting to it.

use ranker_core::{CosineBaseline, Embedder as _, Role};
use ranker_folder::Prompts;
use ranker_http::{Call, Client, Endpoint};

use super::embeddings::{Asked, Interface};
use super::server::{Server, Until};
use super::{ApiBudget, ApiEmbedder, ApiError, ApiLimits};

/// How vectors are asked for. An answer is read in either form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum VectorFormat {
    /// As numbers, which every server can.
    #[default]
    Numbers,
    /// In base64: less than half as long, and exact. Some servers refuse to.
    Base64,
}

/// What happens to a text that is longer than the model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LongTexts {
    /// It is an error, also where the server cuts without saying so and its usage gives that away.
    #[default]
    Refuse,
    /// Its beginning is embedded, and [`TokenUsage`](ranker_core::TokenUsage) says that it was cut. A server that
    /// refuses long texts is sent half of such a text, and half again, until it takes it.
    Cut,
}

/// Settings of an [`ApiEmbedder`].
#[derive(Debug, Clone)]
pub struct ApiEmbedderBuilder {
    endpoint: Endpoint,
    asked: Asked,
    expected: Option<usize>,
    prompts: Prompts,
    limits: ApiLimits,
    budget: ApiBudget,
    baseline: CosineBaseline,
}

impl ApiEmbedderBuilder {
    pub(crate) fn new(endpoint: Endpoint, interface: Interface, model: String) -> Self {
        Self {
            endpoint,
            asked: Asked {
                interface,
                model,
                dimensions: None,
                format: VectorFormat::Numbers,
                long_texts: LongTexts::Refuse,
            },
            expected: None,
            prompts: Prompts::default(),
            limits: ApiLimits::default(),
            budget: ApiBudget::new(),
            baseline: CosineBaseline::NONE,
        }
    }

    /// How many components the vectors must have: another number is an error. Default: as many as the first
    /// answer's.
    #[must_use]
    pub fn expect_dimension(mut self, dimension: usize) -> Self {
        self.expected = Some(dimension);
        self
    }

    /// Asks the server for vectors of so many components, for models that were trained to be shortened
    /// (Matryoshka representation learning, Kusupati et al. 2022). Default: the model's own.
    #[must_use]
    pub fn dimensions(mut self, dimensions: usize) -> Self {
        self.asked.dimensions = Some(dimensions);
        self
    }

    /// How vectors are asked for. Default: [`VectorFormat::Numbers`]. TEI's own interface has numbers alone.
    #[must_use]
    pub fn format(mut self, format: VectorFormat) -> Self {
        self.asked.format = format;
        self
    }

    /// What happens to a text that is longer than the model reads. Default: [`LongTexts::Refuse`].
    #[must_use]
    pub fn long_texts(mut self, long_texts: LongTexts) -> Self {
        self.asked.long_texts = long_texts;
        self
    }

    /// The text before each text of a role, which the server does not add by itself. Default: none.
    #[must_use]
    pub fn prompt(mut self, role: Role, prompt: impl Into<String>) -> Self {
        self.prompts = self.prompts.with(role, prompt.into());
        self
    }

    /// How work is divided into calls, and how long it may take. Default: [`ApiLimits::new`].
    #[must_use]
    pub fn limits(mut self, limits: ApiLimits) -> Self {
        self.limits = limits;
        self
    }

    /// What it may cost. Default: no limit.
    #[must_use]
    pub fn budget(mut self, budget: ApiBudget) -> Self {
        self.budget = budget;
        self
    }

    /// The cosines that count as no similarity, as [`CosineBaseline::measure`] once said of this model. Default: none. Models whose
    /// cosines all lie close together need it where vector search is joined with keywords: E5, BGE and GTE, `text-embedding-ada-002`.
    #[must_use]
    pub fn baseline(mut self, baseline: CosineBaseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// Embeds one word, which tells the model's name and the number of components.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub fn connect(mut self) -> Result<ApiEmbedder, ApiError> {
        self.limits.check()?;
        if self.asked.dimensions == Some(0) {
            let (setting, reason) = ("dimensions", "it is 0; at least 1 is needed");
            return Err(ApiError::Setting { setting, reason });
        }
        let server = Server::new(Client::new(self.endpoint), self.budget);
        let mut revision = None;
        if self.asked.interface == Interface::Tei {
            revision = tei(&server, &mut self.asked, &mut self.limits)?;
        }
        let mut embedder = ApiEmbedder::probed(server, self.asked, self.prompts, self.limits)?;
        embedder.baseline = self.baseline;
        if let Some(expected) = self.expected {
            let actual = embedder.dimension();
            if actual != expected {
                return Err(ApiError::Dimension { expected, actual });
            }
        }
        Ok(embedder.named(revision))
    }
}

/// Takes model and limits from what a TEI server says of itself; answers the revision of its weights.
fn tei(
    server: &Server,
    asked: &mut Asked,
    limits: &mut ApiLimits,
) -> Result<Option<String>, ApiError> {
    let until = Until::new(limits.deadline);
    let (info, _) = server.call(Call::get("/info"), 0, until, |_, _| None)?;
    let model = info["model_id"].as_str();
    let model = model.ok_or_else(|| super::embeddings::shape("`/info` names no `model_id`"))?;
    asked.model = model.to_owned();
    let most = info["max_client_batch_size"].as_u64();
    if let Some(most) = most.and_then(|most| usize::try_from(most).ok()) {
        limits.texts = limits.texts.min(most.max(1));
    }
    Ok(info["model_sha"].as_str().map(str::to_owned))
}
