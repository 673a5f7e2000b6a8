//! The encoder, and what runs it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ranker::Profile;
use ranker::core::{
    BoxError, CosineBaseline, EmbedError, Embedded, EmbeddedTokens, Embedder, Role,
    TokenEmbeddings, TokenUsage,
};
use ranker::embed::onnxruntime::{self, Place};
use ranker::embed::{
    Kernels, OnnxEmbedder, OnnxEmbedderBuilder, Precision, StaticEmbedder, TokenLimit, TokenSpans,
    WindowVector, Windowed, WithTokens, embed_all,
};
use ranker::retrieve::{Encoded, ProfileIndex, encode_profiles};
use ranker::score::OccupationTable;

use crate::{Outcome, Progress, bundled, causes, say};

/// Profiles encoded in one call.
const STEP: usize = 256;

/// Loads ONNX Runtime, once a process: from `ORT_DYLIB_PATH`, else from `target/onnxruntime`, where
/// `cargo xtask setup` puts it. Where there is none, says so; encoders then run on our own engine.
pub fn runtime() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let setup = Place::Folder(bundled::target("onnxruntime"));
        if let Err(error) = onnxruntime::load_first(&[Place::Environment, setup]) {
            say(&format!(
                "{}; `cargo xtask setup` fetches it",
                causes(&error)
            ));
        }
    });
}

/// The encoder in a folder, of whichever kind it is.
#[derive(Debug)]
pub enum AnyEncoder {
    /// A transformer.
    Transformer(Box<OnnxEmbedder>),
    /// A table with a vector a token.
    Static(Box<StaticEmbedder>),
}

impl AnyEncoder {
    /// What runs it, for display.
    #[must_use]
    pub fn backend(&self) -> &str {
        match self {
            Self::Transformer(encoder) => encoder.backend(),
            Self::Static(_) => "a table of token vectors",
        }
    }

    /// How many tokens of a text are read; `usize::MAX` where all are.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.inner().max_tokens()
    }

    fn inner(&self) -> &dyn TokenLimit {
        match self {
            Self::Transformer(encoder) => &**encoder,
            Self::Static(encoder) => &**encoder,
        }
    }
}

impl Embedder for AnyEncoder {
    fn dimension(&self) -> usize {
        self.inner().dimension()
    }

    fn model_id(&self) -> &str {
        self.inner().model_id()
    }

    fn cosine_baseline(&self) -> CosineBaseline {
        self.inner().cosine_baseline()
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        self.inner().embed(texts, role)
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        self.inner().embed_tokens(texts, role)
    }

    fn embed_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
    ) -> Result<Vec<EmbeddedTokens>, EmbedError> {
        self.inner().embed_with_tokens(texts, role)
    }

    fn embed_each_with_tokens(
        &self,
        texts: &[&str],
        role: Role,
        take: &(dyn Fn(usize, EmbeddedTokens) + Sync),
    ) -> Result<(), EmbedError> {
        self.inner().embed_each_with_tokens(texts, role, take)
    }
}

impl TokenLimit for AnyEncoder {
    fn max_tokens(&self) -> usize {
        self.inner().max_tokens()
    }

    fn tokens_around(&self, role: Role) -> Result<usize, BoxError> {
        self.inner().tokens_around(role)
    }

    fn token_spans(&self, text: &str, most: usize) -> Result<TokenSpans, BoxError> {
        self.inner().token_spans(text, most)
    }

    fn max_tokens_of(&self, role: Role) -> usize {
        self.inner().max_tokens_of(role)
    }

    fn token_usage(&self, texts: &[&str], role: Role) -> Result<Vec<TokenUsage>, EmbedError> {
        self.inner().token_usage(texts, role)
    }
}

/// Loads the encoder in a folder, or the bundled one for jobs and profiles, and says on standard error
/// what runs it.
///
/// # Errors
///
/// A model folder that is not complete, or that no engine can run.
pub fn open_encoder(folder: Option<&Path>) -> Outcome<AnyEncoder> {
    open_encoder_in(folder, (Precision::Exact, None))
}

/// The form of a text's vectors that a program's `--window-vector` asks for.
///
/// # Errors
///
/// A name that none has.
pub fn window_vector(name: &str) -> Result<WindowVector, String> {
    let named = |form: &WindowVector| form.name() == name;
    WindowVector::ALL.into_iter().find(named).ok_or_else(|| {
        let names = WindowVector::ALL.map(WindowVector::name);
        format!("it must be one of: {}", names.join(", "))
    })
}

/// The table of occupations that lies beside the bundled encoder for jobs and profiles; none where a folder names another
/// encoder, of embeddings or of token vectors.
///
/// # Errors
///
/// A table that cannot be read.
pub fn occupations(folder: Option<&Path>) -> Outcome<Option<OccupationTable>> {
    match folder {
        Some(_) => Ok(None),
        None => Ok(Some(OccupationTable::load(bundled::occupations())?)),
    }
}

/// What a program's `--fast` asks for.
#[must_use]
pub fn precision(fast: bool) -> Precision {
    match fast {
        true => Precision::Fast,
        false => Precision::Exact,
    }
}

/// How an encoder computes: exactly, or fast on our own engine; and with which of that engine's loops, by
/// default the fastest.
pub type Computing = (Precision, Option<Kernels>);

/// The same, computing as is chosen.
///
/// # Errors
///
/// As [`open_encoder`]; a table of token vectors, which has one precision, asked for another.
pub fn open_encoder_in(folder: Option<&Path>, computing: Computing) -> Outcome<AnyEncoder> {
    let (precision, _) = computing;
    let folder = match folder {
        Some(folder) => folder.to_path_buf(),
        None => bundled::encoder()?,
    };
    let name = folder.file_name().unwrap_or(folder.as_os_str()).display();
    if StaticEmbedder::is_at(&folder)? {
        if precision != Precision::Exact {
            return Err(
                format!("{name} is a table of token vectors, which has no fast form").into(),
            );
        }
        let encoder = StaticEmbedder::from_dir(&folder)?;
        say(&format!("encoder {name} is a table of token vectors"));
        return Ok(AnyEncoder::Static(Box::new(encoder)));
    }
    let encoder = open_transformer(&folder, computing)?;
    if encoder.is_late() {
        return Err(format!(
            "{name} gives vectors of tokens and none of texts: name it by --token-model, beside an encoder"
        )
        .into());
    }
    Ok(AnyEncoder::Transformer(Box::new(encoder)))
}

/// Loads the transformer in a folder, and says on standard error what runs it.
///
/// # Errors
///
/// As [`open_encoder`].
pub fn open_transformer(folder: &Path, computing: Computing) -> Outcome<OnnxEmbedder> {
    runtime();
    built(folder, OnnxEmbedder::builder(folder), computing)
}

/// Loads it with settings of its own.
fn built(
    folder: &Path,
    encoder: OnnxEmbedderBuilder,
    (precision, kernels): Computing,
) -> Outcome<OnnxEmbedder> {
    let encoder = encoder.precision(precision);
    let encoder = match kernels {
        Some(kernels) => encoder.kernels(kernels),
        None => encoder,
    };
    let encoder = encoder.build()?;
    let name = folder.file_name().unwrap_or(folder.as_os_str()).display();
    let slower = match (onnxruntime::loaded_version(), precision) {
        (None, Precision::Exact) if kernels.is_none() => ", which is slower than ONNX Runtime",
        _ => "",
    };
    say(&format!(
        "encoder {name} runs on {}{slower}",
        encoder.backend()
    ));
    if encoder.pooling_is_assumed() {
        let pooling = encoder.pooling().name();
        say(&format!(
            "nothing in {name} says how its tokens become a text's vector: `{pooling}` is assumed"
        ));
    }
    Ok(encoder)
}

/// A model of late interaction beside the encoder.
#[derive(Debug, Clone, Default)]
pub struct TokenModel {
    /// Its folder, where there is one.
    pub folder: Option<PathBuf>,
    /// How many tokens of a job it reads; as its folder says by default.
    pub query_tokens: Option<usize>,
}

impl TokenModel {
    /// The encoder with this model's token vectors, read in so many windows; the encoder itself where none is named.
    ///
    /// # Errors
    ///
    /// A folder that is not complete, or of a model that gives a vector a text.
    pub fn join<E: Embedder + 'static>(
        &self,
        encoder: Arc<E>,
        (windows, precision): (NonZeroUsize, Precision),
    ) -> Outcome<Arc<dyn Embedder>> {
        let Some(folder) = &self.folder else {
            return Ok(encoder);
        };
        runtime();
        let builder = OnnxEmbedder::builder(folder);
        let builder = match self.query_tokens {
            Some(tokens) => builder.query_tokens(tokens),
            None => builder,
        };
        let tokens = built(folder, builder, (precision, None))?;
        if !tokens.is_late() {
            let name = folder.display();
            return Err(
                format!("{name} is no model of late interaction: name it by --model").into(),
            );
        }
        say(&format!(
            "its late interaction reads {} tokens of a job and {} of a profile",
            tokens.max_tokens_of(Role::Query),
            tokens.max_tokens_of(Role::Document)
        ));
        let tokens = Windowed::new(tokens).with_windows(windows);
        Ok(Arc::new(WithTokens::new(encoder, tokens)))
    }
}

/// Embeds profiles as documents, showing progress.
///
/// # Errors
///
/// [`EmbedError`].
pub fn embed_profiles(
    embedder: &dyn Embedder,
    profiles: &[Profile],
) -> Result<Vec<Embedded>, EmbedError> {
    let texts: Vec<String> = profiles.iter().map(Profile::full_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    embed_texts(embedder, &texts, Role::Document, "embedding profiles")
}

/// Embeds texts, showing progress as `what`.
///
/// # Errors
///
/// [`EmbedError`]; a text's index counts from the first text.
pub fn embed_texts(
    embedder: &dyn Embedder,
    texts: &[&str],
    role: Role,
    what: &'static str,
) -> Result<Vec<Embedded>, EmbedError> {
    let mut progress = Progress::new(what, texts.len());
    let embedded = embed_all(embedder, texts, role, &mut |done, _| progress.reach(done));
    progress.finish();
    embedded
}

/// Embeds profiles with their token vectors, as a collection keeps them, showing progress.
///
/// # Errors
///
/// Profiles that cannot be encoded.
pub fn encode_with_tokens(embedder: &dyn Embedder, profiles: &[Profile]) -> Outcome<Vec<Encoded>> {
    let mut progress = Progress::new("encoding profiles", profiles.len());
    let mut encoded = Vec::with_capacity(profiles.len());
    for step in profiles.chunks(STEP) {
        encoded.extend(encode_profiles(embedder, step)?);
        progress.reach(encoded.len());
    }
    progress.finish();
    Ok(encoded)
}

/// Indexes profiles with what [`encode_with_tokens`] makes of them.
///
/// # Errors
///
/// Profiles that cannot be encoded or indexed.
pub fn index_with_tokens(embedder: &dyn Embedder, profiles: Vec<Profile>) -> Outcome<ProfileIndex> {
    let encoded = encode_with_tokens(embedder, &profiles)?;
    Ok(ProfileIndex::new(profiles.into_iter().zip(encoded))?)
}
