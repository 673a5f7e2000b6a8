//! An encoder that others serve.

use std::fmt;
use std::sync::OnceLock;

use ranker_core::{CosineBaseline, EmbedError, Embedded, Embedder, Embedding, Role, TokenUsage};
use ranker_folder::Prompts;
use ranker_http::Endpoint;

use super::builder::{ApiEmbedderBuilder, LongTexts};
use super::calls::{Ask, Calls};
use super::embeddings::{Asked, Interface};
use super::refusal::{Refusal, refused};
use super::server::{Server, Until};
use super::{ApiError, ApiLimits, ApiUsage, tokens};
use crate::embedder::refuse_empty;
use crate::identity;

/// What is embedded to learn a model's name and dimension.
const PROBE: &str = "engineer";
/// Words of the text that shows where a server cuts.
const LONG_PROBE: usize = 10_000;
/// The fewest tokens at which any server in use cuts, by estimate.
const SHORTEST_LIMIT: usize = 100;
/// An encoder that a server runs. It is an [`Embedder`] like those that run here: unit vectors, in the order of
/// the texts, each of the dimension and the model that the first answer had.
///
/// ```no_run
/// use ranker_embed::http::{Endpoint, Secret};
/// use ranker_embed::{ApiEmbedder, Embedder, Role};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = Endpoint::new("https://api.example/v1")?.with_bearer(&Secret::new("key"))?;
/// let embedder = ApiEmbedder::open_ai(endpoint, "text-embedding-3-small").connect()?;
/// let embedded = embedder.embed(&["Rust engineer"], Role::Query)?;
/// println!("{} components for {:?}", embedder.dimension(), embedder.usage());
/// # Ok(())
/// # }
/// ```
///
/// - [`Embedder::model_id`] names the model as it was asked for and as the server answers, with the settings that
///   change an embedding. An answer of another model is [`ApiError::OtherModel`]. The address is not part of it:
///   the same model may be served elsewhere.
/// - Texts go in calls of bounded size, several at a time. Where the server fails on many texts it is sent fewer,
///   and the size that it takes is kept to.
/// - [`TokenUsage`] is the server's count where it reports one, shared out over the texts of a call by their
///   lengths, and else an estimate.
/// - OpenAI's interface has no way to ask how much a server reads, and some cut in silence. So before the first text
///   of more than some 100 tokens, one of 10,000 words is sent: a server that reports fewer tokens for it cuts
///   there, and texts that may be as long are sent alone, so that what is reported is theirs.
/// - It blocks its thread while it waits, as an encoder that computes does; `ranker` calls it where computing
///   belongs.
pub struct ApiEmbedder {
    server: Server,
    asked: Asked,
    prompts: Prompts,
    calls: Calls,
    /// The tokens at which the server cuts in silence, where it does.
    limit: OnceLock<Option<usize>>,
    dimension: usize,
    pub(super) baseline: CosineBaseline,
    model_id: String,
}

impl ApiEmbedder {
    /// An encoder behind OpenAI's interface. The endpoint's base is what OpenAI's own clients call the base URL; for
    /// most servers it ends in `/v1`.
    #[must_use]
    pub fn open_ai(endpoint: Endpoint, model: impl Into<String>) -> ApiEmbedderBuilder {
        ApiEmbedderBuilder::new(endpoint, Interface::OpenAi, model.into())
    }

    /// The encoder of a Text Embeddings Inference server, by its own interface: it names the revision of its
    /// weights and its limits, and refuses long texts rather than cutting them.
    #[must_use]
    pub fn tei(endpoint: Endpoint) -> ApiEmbedderBuilder {
        ApiEmbedderBuilder::new(endpoint, Interface::Tei, String::new())
    }

    /// What it has cost since it was connected, the first probe included.
    #[must_use]
    pub fn usage(&self) -> ApiUsage {
        self.server.usage()
    }

    /// Learns model and dimension from a first answer.
    pub(crate) fn probed(
        server: Server,
        asked: Asked,
        prompts: Prompts,
        limits: ApiLimits,
    ) -> Result<Self, ApiError> {
        let mut embedder = Self {
            calls: Calls::new(&asked.model, limits, asked.long_texts),
            server,
            asked,
            prompts,
            limit: OnceLock::new(),
            dimension: 0,
            baseline: CosineBaseline::NONE,
            model_id: String::new(),
        };
        let (vectors, _) = embedder.vectors(&[PROBE], embedder.calls.until())?;
        let given = vectors.first().map_or(0, Vec::len);
        match embedder.asked.dimensions {
            Some(asked) if asked != given => return Err(ApiError::NotShortened { asked, given }),
            _ => embedder.dimension = given,
        }
        Ok(embedder)
    }

    /// Gives it its id.
    pub(crate) fn named(mut self, revision: Option<String>) -> Self {
        let settings = [
            self.server.answers_as().unwrap_or_default(),
            &revision.unwrap_or_default(),
            &self.prompts.query,
            &self.prompts.document,
            &self.dimension.to_string(),
            &format!("{:?}", self.asked.long_texts),
        ];
        self.model_id = identity::settings_id(&self.asked.model, &settings);
        self
    }

    /// The vectors of one call, as they came, and the tokens that the server reports.
    fn vectors(
        &self,
        texts: &[&str],
        until: Until,
    ) -> Result<(Vec<Vec<f32>>, Option<u64>), ApiError> {
        let estimate = texts.iter().map(|text| tokens::estimate(text) as u64).sum();
        let read = |answer: &_, json: &_| self.asked.read(answer, json);
        let call = self.asked.call(texts);
        let (json, tokens) = self.server.call(call, estimate, until, read)?;
        let answered = self.asked.answered(json, texts.len())?;
        self.server.same_model(answered.model)?;
        Ok((answered.vectors, tokens))
    }

    /// Learns where the server cuts in silence, once a text is long enough to be cut.
    fn learn_limit(&self, texts: &[&str]) -> Result<(), EmbedError> {
        let long = texts
            .iter()
            .any(|text| tokens::estimate(text) >= SHORTEST_LIMIT);
        if !long || self.asked.interface == Interface::Tei || self.limit.get().is_some() {
            return Ok(());
        }
        let probe = "word ".repeat(LONG_PROBE);
        let read = match self
            .vectors(&[&probe], self.calls.until())
            .map_err(Refusal::from)
        {
            Ok((_, read)) => read.and_then(|read| usize::try_from(read).ok()),
            Err(Refusal::Other(error)) => return Err(self.calls.failed(error)),
            // It says so where a text is too long.
            Err(_) => None,
        };
        let _ = self.limit.set(read.filter(|&read| read < LONG_PROBE));
        Ok(())
    }

    /// How much of each text was read.
    fn usages(&self, texts: &[&str], total: Option<u64>) -> Vec<TokenUsage> {
        let mut usages = tokens::share(texts, total);
        if let ([usage], Some(Some(limit))) = (&mut usages[..], self.limit.get())
            && usage.used >= *limit
        {
            usage.tokens = usage
                .tokens
                .max(tokens::estimate(texts[0]))
                .max(usage.used + 1);
        }
        usages
    }

    /// A text's vector, if it is one of this encoder.
    fn unit(&self, index: usize, vector: Vec<f32>) -> Result<Embedding, EmbedError> {
        let (expected, actual) = (self.dimension, vector.len());
        if expected != actual {
            return Err(refused(index, ApiError::Dimension { expected, actual }));
        }
        Embedding::normalized(vector).map_err(|source| EmbedError::Output { index, source })
    }
}

impl Ask for ApiEmbedder {
    type Output = Embedded;

    fn ask(&self, texts: &[&str], until: Until) -> Result<Vec<Embedded>, Refusal> {
        let (vectors, total) = self.vectors(texts, until)?;
        let usages = self.usages(texts, total);
        let cut = usages.iter().find(|usage| usage.is_cut());
        if let (Some(usage), LongTexts::Refuse) = (cut, self.asked.long_texts) {
            return Err(Refusal::Cut {
                read: usage.used as u64,
                tokens: usage.tokens as u64,
            });
        }
        let results = vectors.into_iter().zip(usages).enumerate();
        results
            .map(|(at, (vector, usage))| Ok(Embedded::new(self.unit(at, vector)?, usage)))
            .collect::<Result<_, _>>()
            .map_err(Refusal::Text)
    }

    /// A token is seldom less than two bytes.
    fn alone(&self, text: &str) -> bool {
        let limit = self.limit.get().copied().flatten();
        limit.is_some_and(|limit| text.len() / 2 + 2 >= limit)
    }

    fn cut(&self, mut output: Embedded, read: usize, whole: usize) -> Embedded {
        let used = output.usage.used;
        let tokens = used.saturating_mul(whole) / read.max(1);
        output.usage = TokenUsage::new(tokens.max(used + 1), used);
        output
    }
}

impl Embedder for ApiEmbedder {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn model_id(&self) -> &str {
        &self.model_id
    }

    /// As [`ApiEmbedderBuilder::baseline`] says.
    fn cosine_baseline(&self) -> CosineBaseline {
        self.baseline
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        refuse_empty(texts)?;
        let prompt = self.prompts.of(role);
        let prompted: Vec<String> = match prompt {
            "" => Vec::new(),
            prompt => texts.iter().map(|text| format!("{prompt}{text}")).collect(),
        };
        let texts = match prompt {
            "" => texts.to_vec(),
            _ => prompted.iter().map(String::as_str).collect(),
        };
        self.learn_limit(&texts)?;
        self.calls.run(self, &texts)
    }
}

impl fmt::Debug for ApiEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiEmbedder")
            .field("server", &self.server)
            .field("model_id", &self.model_id)
            .field("dimension", &self.dimension)
            .finish_non_exhaustive()
    }
}
