//! Models of late interaction: ColBERT (Khattab and Zaharia 2020), as PyLate, sentence-transformers and its authors
//! write them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::activation::Activation;
use crate::config::Config;
use crate::error::FolderError;
use crate::head::{Head, Module};
use crate::json;
use crate::limits::{self, SentenceConfig};
use crate::modules::Listed;
use crate::prompts;

/// The class of the original authors' models, which keep the projection among the encoder's weights.
const ORIGINAL: &str = "HF_ColBERT";
/// The original authors' settings.
pub(crate) const METADATA: &str = "artifact.metadata";
/// The scoring mask of sentence-transformers.
const MASK: &str = "MultiVectorMask";

/// Lengths where no file says any: those of PyLate, and of ColBERT before it.
const QUERY_TOKENS: usize = 32;
const DOCUMENT_TOKENS: usize = 180;

/// What a model compares that gives a vector a token, and none a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LateInteraction {
    /// From a token's hidden state to its vector; unit length comes last.
    pub head: Head,
    /// What tells queries and documents apart.
    pub marks: Marks,
    /// How many tokens of a query are read, those around it and its mark included, where a file says so.
    pub query_tokens: Option<usize>,
    /// The same of a document.
    pub document_tokens: Option<usize>,
    /// How short queries are filled up.
    pub expansion: Option<Expansion>,
    /// Tokens, as they are written, whose vectors are left out.
    pub skipped: Vec<String>,
    /// Whether they are left out of queries: of documents they always are.
    pub skips_in_queries: bool,
    /// Whether they are left out of documents.
    pub skips_in_documents: bool,
}

/// What tells the texts of one role from those of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Marks {
    /// A token behind the one that begins a text, as it is written; none where it is empty.
    Tokens {
        /// Of a query.
        query: String,
        /// Of a document.
        document: String,
    },
    /// The prompts, whose first token may be a control token.
    Prompts,
}

/// How a short query is filled up with tokens whose vectors are compared like its own: query augmentation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expansion {
    /// How long a query becomes, in tokens, those around it included.
    pub tokens: usize,
    /// Whether the query's own tokens attend to them.
    pub is_attended: bool,
    /// The token, as it is written.
    pub token: String,
}

/// What tells a model of late interaction, and its settings as PyLate writes them, of
/// `config_sentence_transformers.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PyLate {
    model_type: Option<String>,
    query_prefix: Option<String>,
    document_prefix: Option<String>,
    query_length: Option<usize>,
    document_length: Option<usize>,
    do_query_expansion: Option<bool>,
    attend_to_expansion_tokens: Option<bool>,
    skiplist_words: Option<Vec<String>>,
}

/// `query_expansion` of `sentence_bert_config.json`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct QueryExpansion {
    strategy: String,
    #[serde(default)]
    attend: bool,
    token: Option<String>,
    length: usize,
}

/// The scoring mask's `config.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MaskConfig {
    skiplist_words: Vec<String>,
    skiplist_tasks: Option<Vec<String>>,
    keep_only_token_ids: Option<Vec<u32>>,
}

/// `artifact.metadata`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    query_token_id: Option<String>,
    doc_token_id: Option<String>,
    query_maxlen: Option<usize>,
    doc_maxlen: Option<usize>,
    mask_punctuation: Option<bool>,
    attend_to_mask_tokens: Option<bool>,
    dim: Option<usize>,
    similarity: Option<String>,
}

/// Control tokens, of `tokenizer_config.json` or `special_tokens_map.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Controls {
    mask_token: Option<Written>,
    eos_token: Option<Written>,
}

/// A token as new and old versions write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Plain(String),
    Added { content: String },
}

impl PyLate {
    /// sentence-transformers has files of its own for these.
    fn refuse_beside(&self, path: &Path) -> Result<(), FolderError> {
        let set = [
            ("query_prefix", self.query_prefix.is_some()),
            ("document_prefix", self.document_prefix.is_some()),
            ("query_length", self.query_length.is_some()),
            ("document_length", self.document_length.is_some()),
            ("do_query_expansion", self.do_query_expansion.is_some()),
            ("skiplist_words", self.skiplist_words.is_some()),
        ];
        match set.iter().find(|(_, is_set)| *is_set) {
            None => Ok(()),
            Some((name, _)) => Err(FolderError::Unsupported {
                path: path.to_path_buf(),
                what: format!("`{name}`, of PyLate, beside a `{MASK}` of sentence-transformers"),
            }),
        }
    }
}

impl Written {
    fn content(self) -> String {
        match self {
            Self::Plain(content) | Self::Added { content } => content,
        }
    }
}

/// A folder as far as it is read, whose model may be one of late interaction.
pub(crate) struct Folder<'f> {
    pub(crate) root: &'f Path,
    pub(crate) config: &'f Config,
    /// The modules that `modules.json` lists, where there is one.
    pub(crate) modules: Option<&'f [Listed]>,
    pub(crate) sentence: &'f SentenceConfig,
}

impl Folder<'_> {
    /// What the model compares; `None` of one that gives a vector a text.
    pub(crate) fn late_interaction(&self) -> Result<Option<LateInteraction>, FolderError> {
        let path = self.root.join(prompts::FILE);
        let settings: PyLate = json::read_if_present(&path)?.unwrap_or_default();
        let kind = settings.model_type.as_deref().unwrap_or_default();
        match self.modules {
            Some(modules) if kind == "MultiVectorEncoder" || has(modules, MASK) => {
                settings.refuse_beside(&path)?;
                self.sentence_transformers(modules).map(Some)
            }
            Some(modules) if kind == "ColBERT" || has(modules, "pylate") => {
                self.pylate(modules, settings).map(Some)
            }
            None if self.config.has_architecture(ORIGINAL) => self.original().map(Some),
            _ => Ok(None),
        }
    }

    /// Modules of an encoder and linear maps, and all else in one file.
    fn pylate(&self, modules: &[Listed], own: PyLate) -> Result<LateInteraction, FolderError> {
        let head = self.head(modules, &["Transformer"])?;
        let query_tokens = own.query_length.unwrap_or(QUERY_TOKENS);
        let attend = own.attend_to_expansion_tokens.unwrap_or(false);
        Ok(LateInteraction {
            head,
            marks: Marks::Tokens {
                query: own.query_prefix.unwrap_or_else(|| "[Q] ".to_owned()),
                document: own.document_prefix.unwrap_or_else(|| "[D] ".to_owned()),
            },
            query_tokens: Some(query_tokens),
            document_tokens: Some(own.document_length.unwrap_or(DOCUMENT_TOKENS)),
            expansion: match own.do_query_expansion {
                Some(false) => None,
                _ => Some(self.expansion(query_tokens, attend, None)?),
            },
            skipped: own.skiplist_words.unwrap_or_else(punctuation),
            skips_in_queries: false,
            skips_in_documents: true,
        })
    }

    /// The linear map among the encoder's weights.
    fn original(&self) -> Result<LateInteraction, FolderError> {
        let path = self.root.join(METADATA);
        let own: Metadata = json::read_if_present(&path)?.unwrap_or_default();
        if let Some(other) = own.similarity.filter(|name| name != "cosine") {
            let what = format!("the similarity `{other}`");
            return Err(FolderError::Unsupported { path, what });
        }
        let from = self.config.hidden_size();
        let weights = self.root.join("model.safetensors");
        let (Some(from), Some(to)) = (from, own.dim) else {
            let reason = "it must say `dim`, the components of a token's vector, and config.json `hidden_size`";
            return Err(FolderError::invalid(&path)(reason));
        };
        let mut head = Head::of_tokens();
        head.push(Module::Dense {
            from,
            to,
            bias: false,
            activation: Activation::Identity,
            residual: false,
            weights,
        });
        let query_tokens = own.query_maxlen.unwrap_or(QUERY_TOKENS);
        let attend = own.attend_to_mask_tokens.unwrap_or(false);
        Ok(LateInteraction {
            head,
            marks: Marks::Tokens {
                query: own.query_token_id.unwrap_or_else(|| "[unused0]".to_owned()),
                document: own.doc_token_id.unwrap_or_else(|| "[unused1]".to_owned()),
            },
            query_tokens: Some(query_tokens),
            document_tokens: Some(own.doc_maxlen.unwrap_or(DOCUMENT_TOKENS)),
            expansion: Some(self.expansion(query_tokens, attend, None)?),
            skipped: match own.mask_punctuation {
                Some(false) => Vec::new(),
                _ => punctuation(),
            },
            skips_in_queries: false,
            skips_in_documents: true,
        })
    }

    /// A module for everything.
    fn sentence_transformers(&self, modules: &[Listed]) -> Result<LateInteraction, FolderError> {
        let path = self.root.join(crate::ModelFolder::MODULES);
        let unsupported = |path: &Path, what: &str| {
            let (path, what) = (path.to_path_buf(), what.to_owned());
            Err(FolderError::Unsupported { path, what })
        };
        if !has(modules, "Normalize") {
            return unsupported(&path, "token vectors of other than unit length");
        }
        let mask = modules.iter().find(|module| module.name() == MASK);
        let Some(mask) = mask else {
            return unsupported(&path, "late interaction without a `MultiVectorMask`");
        };
        let file = self.root.join(mask.file(self.root, "config.json")?);
        let own: MaskConfig = json::read(&file)?;
        if own.keep_only_token_ids.is_some_and(|ids| !ids.is_empty()) {
            return unsupported(&file, "`keep_only_token_ids`");
        }
        let tasks = own.skiplist_tasks;
        let tasks = tasks.unwrap_or_else(|| vec!["document".to_owned()]);
        let expansion = match &self.sentence.query_expansion {
            None => None,
            Some(own) if ["fixed", "min"].contains(&own.strategy.as_str()) => {
                Some(self.expansion(own.length, own.attend, own.token.clone())?)
            }
            Some(_) => {
                let path = self.root.join(limits::FILE);
                return unsupported(&path, "a `strategy` of `query_expansion` but fixed and min");
            }
        };
        let fixed = self.sentence.query_expansion.as_ref();
        let fixed = fixed.filter(|own| own.strategy == "fixed");
        let query_tokens = match fixed {
            Some(own) => Some(own.length),
            None => self.sentence.query_length,
        };
        Ok(LateInteraction {
            head: self.head(modules, &["Transformer", MASK])?,
            marks: Marks::Prompts,
            query_tokens,
            document_tokens: self.sentence.document_length,
            expansion,
            skipped: own.skiplist_words,
            skips_in_queries: tasks.iter().any(|task| task == "query"),
            skips_in_documents: tasks.iter().any(|task| task == "document"),
        })
    }

    /// The modules between the encoder and the comparison.
    fn head(&self, modules: &[Listed], others: &[&str]) -> Result<Head, FolderError> {
        let mut head = Head::of_tokens();
        for module in modules {
            let known = match module.name() {
                name if others.contains(&name) => true,
                "Dense" | "Normalize" | "Dropout" => head.add(self.root, module)?,
                _ => false,
            };
            if !known {
                return Err(FolderError::Unsupported {
                    path: self.root.join(crate::ModelFolder::MODULES),
                    what: format!("a module of type `{}` in late interaction", module.kind),
                });
            }
        }
        head.finish();
        Ok(head)
    }

    /// With the token that is asked for, else the mask, else, of a decoder, the token that ends a text.
    fn expansion(
        &self,
        tokens: usize,
        is_attended: bool,
        token: Option<String>,
    ) -> Result<Expansion, FolderError> {
        let files = [limits::TOKENIZER_FILE, "special_tokens_map.json"];
        let (mut mask, mut end) = (token, None);
        for file in files {
            let found: Option<Controls> = json::read_if_present(&self.root.join(file))?;
            let found = found.unwrap_or_default();
            mask = mask.or(found.mask_token.map(Written::content));
            end = end.or(found.eos_token.map(Written::content));
        }
        let missing = "it names no mask_token and no eos_token, and queries are filled up with one";
        let path = self.root.join(limits::TOKENIZER_FILE);
        let token = mask.or(end);
        let token = token.ok_or_else(|| FolderError::invalid(&path)(missing))?;
        Ok(Expansion {
            tokens,
            is_attended,
            token,
        })
    }
}

impl LateInteraction {
    /// The files of its tensors.
    pub fn weights(&self) -> impl Iterator<Item = PathBuf> {
        let modules = self.head.plain().into_iter();
        modules.filter_map(|module| module.weights().map(Path::to_path_buf))
    }
}

/// Whether there is a module of a class, or of a package.
fn has(modules: &[Listed], name: &str) -> bool {
    let package = format!("{name}.");
    let is = |module: &Listed| module.name() == name || module.kind.starts_with(&package);
    modules.iter().any(is)
}

/// `string.punctuation` of Python.
fn punctuation() -> Vec<String> {
    let all = ('!'..='~').filter(char::is_ascii_punctuation);
    all.map(String::from).collect()
}
