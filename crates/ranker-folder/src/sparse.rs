//! Encoders that weigh a vocabulary: SPLADE (Formal et al. 2021) and its kin, as sentence-transformers' `SparseEncoder`
//! writes them.

use std::path::{Path, PathBuf};

use ranker_core::Role;
use serde::Deserialize;

use crate::config::Config;
use crate::error::FolderError;
use crate::folder::ModelFolder;
use crate::head::{DOCUMENT, QUERY, RouterConfig};
use crate::json;
use crate::limits;
use crate::modules::{self, Listed};
use crate::prompts::{self, Prompts};
use crate::static_folder::StaticFolder;

/// The pooling's class.
const POOLING: &str = "SpladePooling";
/// The class of a table of weights.
const TABLE: &str = "SparseStaticEmbedding";

/// The folder of an encoder that gives a text weights over its vocabulary.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SparseFolder {
    /// The folder, as an absolute path.
    pub root: PathBuf,
    /// How a query is weighed.
    pub query: SparseWay,
    /// How a document is.
    pub document: SparseWay,
    /// The texts that precede queries and documents.
    pub prompts: Prompts,
    /// How many weights of a text are kept, the greatest; all where the folder does not say.
    pub most: Option<usize>,
}

/// How texts of a role are weighed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SparseWay {
    /// By a masked language model, whose logits are pooled.
    Masked {
        /// Its folder.
        folder: Box<ModelFolder>,
        /// How.
        pooling: SparsePooling,
    },
    /// By a table with a weight a token, without a model: an inference-free query.
    Table {
        /// Its tokenizer and its weights.
        table: StaticFolder,
        /// How many tokens are read; all where no file says.
        tokens: Option<usize>,
    },
}

/// How the logits of a text's tokens become its weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SparsePooling {
    /// Whether weights of tokens are added up; of SPLADE from version 2 on the greatest counts.
    pub sums: bool,
    /// Whether the logarithm is taken twice, `log(1 + log(1 + relu(x)))`, as in OpenSearch's models.
    pub logs_twice: bool,
}

impl SparsePooling {
    /// A logit as a weight: `log(1 + relu(x))`, or the logarithm of 1 and that. NaN stays NaN.
    #[must_use]
    pub fn weight(self, logit: f32) -> f32 {
        if logit <= 0.0 {
            return 0.0;
        }
        let once = logit.ln_1p();
        match self.logs_twice {
            true => once.ln_1p(),
            false => once,
        }
    }

    /// The weights of a text, `[vocabulary]`, from the logits of its tokens, `[tokens, vocabulary]` row after row.
    ///
    /// NaN stays NaN, whatever the other tokens say.
    ///
    /// # Panics
    ///
    /// Where the vocabulary is empty.
    #[must_use]
    pub fn pool(self, logits: &[f32], vocabulary: usize) -> Vec<f32> {
        let mut pooled = vec![0.0_f32; vocabulary];
        for row in logits.chunks_exact(vocabulary) {
            let each = pooled.iter_mut().zip(row);
            match self.sums {
                true => each.for_each(|(sum, &logit)| *sum += self.weight(logit)),
                // Every step keeps the order of logits, so that it is taken once.
                false => each.for_each(|(most, &logit)| {
                    *most = match logit > *most || logit.is_nan() {
                        true => logit,
                        false => *most,
                    };
                }),
            }
        }
        if !self.sums {
            pooled
                .iter_mut()
                .for_each(|most| *most = self.weight(*most));
        }
        pooled
    }
}

/// The part of `config_sentence_transformers.json` that matters here.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    model_type: Option<String>,
    similarity_fn_name: Option<String>,
    max_active_dims: Option<usize>,
}

/// `1_SpladePooling/config.json`.
#[derive(Debug, Deserialize)]
struct PoolingConfig {
    #[serde(default = "max")]
    pooling_strategy: String,
    #[serde(default = "relu")]
    activation_function: String,
}

fn max() -> String {
    "max".to_owned()
}

fn relu() -> String {
    "relu".to_owned()
}

/// The part of a table's `config.json` that matters.
#[derive(Debug, Default, Deserialize)]
struct TableConfig {
    path: Option<String>,
}

impl SparseFolder {
    /// Whether a folder's `modules.json` or settings name such an encoder.
    ///
    /// # Errors
    /// [`FolderError`] for a folder that is not there, and a file of it that is damaged.
    pub fn is_at(folder: impl AsRef<Path>) -> Result<bool, FolderError> {
        let folder = folder.as_ref();
        let root = folder.canonicalize().map_err(FolderError::read(folder))?;
        let settings: Option<Settings> = json::read_if_present(&root.join(prompts::FILE))?;
        let kind = settings.unwrap_or_default().model_type;
        let listed = modules::listed(&root)?.unwrap_or_default();
        let named = |module: &Listed| [POOLING, TABLE].contains(&module.name());
        Ok(kind.as_deref() == Some("SparseEncoder") || listed.iter().any(named))
    }

    /// Reads the folder's JSON files. Weights and tokenizers are not read.
    ///
    /// The folder holds a masked language model and its pooling (`SpladePooling`), or a `Router` with those for documents and
    /// those or a table of weights (`SparseStaticEmbedding`) for queries. Without `modules.json`, a masked language model is
    /// pooled as SPLADE does from version 2 on, which is what sentence-transformers does.
    ///
    /// # Errors
    /// [`FolderError`], with the file that is missing, damaged or requires something unknown.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, FolderError> {
        let folder = folder.as_ref();
        let root = folder.canonicalize().map_err(FolderError::read(folder))?;
        let path = root.join(prompts::FILE);
        let settings: Settings = json::read_if_present(&path)?.unwrap_or_default();
        if let Some(other) = settings.similarity_fn_name.filter(|name| name != "dot") {
            let what = format!("the similarity `{other}` of sparse vectors");
            return Err(FolderError::Unsupported { path, what });
        }
        if settings.max_active_dims == Some(0) {
            return Err(FolderError::invalid(&path)("`max_active_dims` is 0"));
        }
        let [query, document] = ways(&root)?;
        Ok(Self {
            query,
            document,
            prompts: Prompts::read(&root)?,
            most: settings.max_active_dims,
            root,
        })
    }

    /// How texts of a role are weighed.
    #[must_use]
    pub fn way(&self, role: Role) -> &SparseWay {
        match role {
            Role::Query => &self.query,
            Role::Document => &self.document,
        }
    }

    /// The folder's own name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.root.file_name();
        name.map_or_else(
            || "model".into(),
            |name| name.to_string_lossy().into_owned(),
        )
    }
}

/// The ways of queries and of documents.
fn ways(root: &Path) -> Result<[SparseWay; 2], FolderError> {
    let path = root.join(ModelFolder::MODULES);
    let Some(listed) = modules::listed(root)? else {
        let config: Config = json::read(&root.join(ModelFolder::CONFIG))?;
        if !config.is_masked() {
            let reason = "it names no masked language model (`...ForMaskedLM`), and there is no modules.json";
            return Err(FolderError::invalid(&root.join(ModelFolder::CONFIG))(
                reason,
            ));
        }
        let way = SparseWay::Masked {
            folder: Box::new(ModelFolder::of_transformer(root)?),
            pooling: SparsePooling::default(),
        };
        return Ok([way.clone(), way]);
    };
    match &listed[..] {
        [router] if ["Router", "Asym"].contains(&router.name()) => routes(root, router),
        modules => {
            let way = way(root, &path, modules)?;
            Ok([way.clone(), way])
        }
    }
}

/// The ways of a router.
fn routes(root: &Path, router: &Listed) -> Result<[SparseWay; 2], FolderError> {
    let new = router.file(root, "router_config.json")?;
    let file = match root.join(&new).is_file() {
        true => new,
        false => router.file(root, "config.json")?,
    };
    let path = root.join(file);
    let config: RouterConfig = json::read(&path)?;
    let mappings = &config.parameters.route_mappings;
    if mappings
        .as_ref()
        .is_some_and(|mappings| !mappings.is_empty())
    {
        let what = "`route_mappings` of sparse vectors".to_owned();
        return Err(FolderError::Unsupported { path, what });
    }
    let route = |names: &[&str]| {
        let default = config.parameters.default_route.as_deref();
        let mut names = names.iter().copied().chain(default);
        let Some(modules) = names.find_map(|name| config.structure.get(name)) else {
            let reason = "it has neither routes for queries and documents nor a default";
            return Err(FolderError::invalid(&path)(reason));
        };
        let modules = modules.iter().map(|name| match config.types.get(name) {
            Some(kind) => Ok(router.inner(name, kind)),
            None => {
                let reason = format!("a route names a module {name:?} without a type");
                Err(FolderError::invalid(&path)(reason))
            }
        });
        way(root, &path, &modules.collect::<Result<Vec<_>, _>>()?)
    };
    Ok([route(&QUERY)?, route(&DOCUMENT)?])
}

/// The way that these modules are; `path` names them.
fn way(root: &Path, path: &Path, modules: &[Listed]) -> Result<SparseWay, FolderError> {
    let names: Vec<&str> = modules.iter().map(Listed::name).collect();
    match names[..] {
        ["Transformer" | "MLMTransformer", POOLING] => {
            let inner = root.join(modules[0].folder(root)?);
            Ok(SparseWay::Masked {
                folder: Box::new(ModelFolder::of_transformer(&inner)?),
                pooling: pooling(&root.join(modules[1].file(root, "config.json")?))?,
            })
        }
        [TABLE] => table(&root.join(modules[0].folder(root)?)),
        _ => Err(FolderError::Unsupported {
            path: path.to_path_buf(),
            what: format!(
                "sparse vectors by modules other than a masked language model and `{POOLING}`, or a `{TABLE}` ({names:?})"
            ),
        }),
    }
}

fn pooling(path: &Path) -> Result<SparsePooling, FolderError> {
    let config: PoolingConfig = json::read(path)?;
    let unsupported = |what: String| FolderError::Unsupported {
        path: path.to_path_buf(),
        what,
    };
    Ok(SparsePooling {
        sums: match config.pooling_strategy.as_str() {
            "max" => false,
            "sum" => true,
            other => return Err(unsupported(format!("the pooling `{other}` of logits"))),
        },
        logs_twice: match config.activation_function.as_str() {
            "relu" => false,
            "log1p_relu" => true,
            other => return Err(unsupported(format!("the activation `{other}` of logits"))),
        },
    })
}

fn table(folder: &Path) -> Result<SparseWay, FolderError> {
    let path = folder.join(ModelFolder::CONFIG);
    let config: TableConfig = json::read_if_present(&path)?.unwrap_or_default();
    if config.path.is_some() {
        let what = format!(
            "weights in JSON (`path`): save the model again, so that its `{TABLE}` is in safetensors"
        );
        return Err(FolderError::Unsupported { path, what });
    }
    Ok(SparseWay::Table {
        tokens: limits::tokenizer_limit(folder)?,
        table: StaticFolder {
            root: folder.to_path_buf(),
            weights: folder.join("model.safetensors"),
            tokenizer: folder.join(ModelFolder::TOKENIZER),
            prompts: Prompts::default(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = r#"{"model_type": "bert", "vocab_size": 9, "max_position_embeddings": 8, "architectures": ["BertForMaskedLM"]}"#;
    const MODULES: &str = r#"[{"path": "", "type": "sentence_transformers.sparse_encoder.models.MLMTransformer"},
        {"path": "1", "type": "sentence_transformers.sparse_encoder.models.SpladePooling"}]"#;

    fn read(files: &[(&str, &str)]) -> Result<SparseFolder, FolderError> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        SparseFolder::read(folder.path())
    }

    fn told(way: &SparseWay) -> Option<SparsePooling> {
        match way {
            SparseWay::Masked { pooling, .. } => Some(*pooling),
            SparseWay::Table { .. } => None,
        }
    }

    #[test]
    fn one_way_for_all_and_one_a_role_are_read() {
        let plain = read(&[("config.json", MODEL)]).unwrap();
        assert_eq!(told(&plain.query), Some(SparsePooling::default()));
        let pooled = [
            ("config.json", MODEL),
            ("modules.json", MODULES),
            (
                "1/config.json",
                r#"{"pooling_strategy": "sum", "activation_function": "log1p_relu"}"#,
            ),
            (
                "config_sentence_transformers.json",
                r#"{"model_type": "SparseEncoder", "max_active_dims": 5, "similarity_fn_name": "dot"}"#,
            ),
        ];
        let pooled = read(&pooled).unwrap();
        let both = SparsePooling {
            sums: true,
            logs_twice: true,
        };
        assert_eq!(
            [told(&pooled.query), told(&pooled.document)],
            [Some(both); 2]
        );
        assert_eq!(pooled.most, Some(5));

        // As the published models of OpenSearch lie: the document's transformer in the root.
        let routed = [
            ("config.json", MODEL),
            (
                "modules.json",
                r#"[{"path": "", "type": "sentence_transformers.models.Router"}]"#,
            ),
            (
                "router_config.json",
                r#"{"types": {"query_0": "x.SparseStaticEmbedding", "": "x.MLMTransformer", "document_1": "x.SpladePooling"},
                "structure": {"query": ["query_0"], "document": ["", "document_1"]}, "parameters": {"default_route": "document", "route_mappings": {}}}"#,
            ),
            ("document_1/config.json", "{}"),
            (
                "query_0/tokenizer_config.json",
                r#"{"model_max_length": 512}"#,
            ),
        ];
        let routed = read(&routed).unwrap();
        assert_eq!(told(&routed.document), Some(SparsePooling::default()));
        let SparseWay::Table { table, tokens } = &routed.query else {
            panic!("{:?}", routed.query);
        };
        assert_eq!(
            (tokens, &table.weights),
            (&Some(512), &routed.root.join("query_0/model.safetensors"))
        );
    }

    #[test]
    fn what_would_be_weighed_otherwise_is_refused_by_name() {
        let refused = |more: &[(&str, &str)]| {
            let files = [
                ("config.json", MODEL),
                ("modules.json", MODULES),
                ("1/config.json", "{}"),
            ];
            read(&[&files, more].concat()).unwrap_err().to_string()
        };
        let settings = "config_sentence_transformers.json";
        assert!(refused(&[(settings, r#"{"similarity_fn_name": "cosine"}"#)]).contains("`cosine`"));
        assert!(refused(&[(settings, r#"{"max_active_dims": 0}"#)]).contains(settings));
        assert!(
            refused(&[("1/config.json", r#"{"pooling_strategy": "mean"}"#)]).contains("`mean`")
        );
        assert!(
            refused(&[("1/config.json", r#"{"activation_function": "gelu"}"#)]).contains("`gelu`")
        );
        let other =
            r#"[{"path": "", "type": "Transformer"}, {"path": "1", "type": "SparseAutoEncoder"}]"#;
        assert!(refused(&[("modules.json", other)]).contains("SparseAutoEncoder"));
        let outside =
            r#"[{"path": "../x", "type": "Transformer"}, {"path": "1", "type": "SpladePooling"}]"#;
        assert!(matches!(
            read(&[("modules.json", outside)]),
            Err(FolderError::Invalid { .. })
        ));
        let encoder = read(&[(
            "config.json",
            r#"{"model_type": "bert", "architectures": ["BertModel"]}"#,
        )]);
        assert!(matches!(encoder, Err(FolderError::Invalid { .. })));
        let json = r#"[{"path": "t", "type": "SparseStaticEmbedding"}]"#;
        assert!(
            refused(&[
                ("modules.json", json),
                ("t/config.json", r#"{"path": "idf.json"}"#)
            ])
            .contains("safetensors")
        );
    }

    #[test]
    fn pooling_is_what_it_says() {
        let logits = [1.0, -1.0, 0.0, 3.0, -2.0, f32::NAN];
        let weigh = |sums, logs_twice| SparsePooling { sums, logs_twice }.pool(&logits, 3);
        let most = weigh(false, false);
        assert_eq!(most[..2], [3.0_f32.ln_1p(), 0.0]);
        assert_eq!(weigh(true, false)[0], 1.0_f32.ln_1p() + 3.0_f32.ln_1p());
        assert_eq!(weigh(false, true)[0], 3.0_f32.ln_1p().ln_1p());
        assert!(most[2].is_nan() && weigh(true, true)[2].is_nan());
    }
}
