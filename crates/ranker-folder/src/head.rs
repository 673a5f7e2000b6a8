//! The modules of sentence-transformers behind the pooling, and the routes among them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use ranker_core::Role;
use serde::Deserialize;

use crate::activation::Activation;
use crate::error::FolderError;
use crate::json;
use crate::modules::Listed;

/// The routes that a query takes where nobody names one: that of sentence-transformers' `encode_query`,
/// and the column that its losses take for the query.
pub(crate) const QUERY: [&str; 2] = ["query", "anchor"];
/// The same of a document.
pub(crate) const DOCUMENT: [&str; 4] = ["document", "passage", "corpus", "positive"];

/// A module behind the pooling: from a text's vector to a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Module {
    /// `activation(W x + b)`. W is the tensor `linear.weight` (`[to, from]`), b is `linear.bias` (`[to]`).
    Dense {
        /// Components of x.
        from: usize,
        /// Components of the result.
        to: usize,
        /// Whether there is a b.
        bias: bool,
        /// What is done to each component in the end.
        activation: Activation,
        /// Whether x is added to the result then; where the sizes differ, the tensor `residual.weight`
        /// (`[to, from]`) times x.
        residual: bool,
        /// The file of the tensors.
        weights: PathBuf,
    },
    /// Layer normalisation with the tensors `norm.weight` and `norm.bias` (`[dimension]`); epsilon is 1e-5.
    LayerNorm {
        /// Components of the vector.
        dimension: usize,
        /// The file of the tensors.
        weights: PathBuf,
    },
    /// To unit length.
    Normalize,
}

impl Module {
    /// The file of its tensors.
    #[must_use]
    pub fn weights(&self) -> Option<&Path> {
        match self {
            Self::Dense { weights, .. } | Self::LayerNorm { weights, .. } => Some(weights),
            Self::Normalize => None,
        }
    }
}

/// What it computes, without the file: `Dense 8 6 Tanh;`.
impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dense {
                from,
                to,
                bias,
                activation,
                residual,
                ..
            } => {
                let bias = if *bias { "" } else { " without bias" };
                let residual = if *residual { " and residual" } else { "" };
                write!(
                    f,
                    "Dense {from} {to} {}{bias}{residual};",
                    activation.name()
                )
            }
            Self::LayerNorm { dimension, .. } => write!(f, "LayerNorm {dimension};"),
            Self::Normalize => f.write_str("Normalize;"),
        }
    }
}

/// What becomes of a text's pooled vector: modules in their order, some of which a router may choose by
/// the text's role (`Router` of sentence-transformers, `Asym` in its older versions).
///
/// Every embedding has unit length in the end, so that a `Normalize` that nothing follows is no part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    steps: Vec<Step>,
    /// Whether it is applied to each token's vector, not to a pooled one.
    of_tokens: bool,
    /// The modules' files, relative to the folder.
    pub(crate) files: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Module(Module),
    Router(Router),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Router {
    /// The file that names the routes.
    file: PathBuf,
    routes: BTreeMap<String, Vec<Module>>,
    parameters: RouterParameters,
}

/// `2_Dense/config.json`.
#[derive(Debug, Deserialize)]
struct DenseConfig {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    /// Tanh, where sentence-transformers finds none.
    activation_function: Option<String>,
    module_input_name: Option<String>,
    module_output_name: Option<String>,
    #[serde(default)]
    use_residual: bool,
}

fn yes() -> bool {
    true
}

/// `4_Normalize/config.json`, which older versions do not write.
#[derive(Debug, Default, Deserialize)]
struct NormalizeConfig {
    module_input_name: Option<String>,
    module_output_name: Option<String>,
}

/// `3_LayerNorm/config.json`.
#[derive(Debug, Deserialize)]
struct NormConfig {
    dimension: usize,
}

/// `2_Router/router_config.json`, or `2_Asym/config.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct RouterConfig {
    /// The class of each module, by its folder beside this file.
    pub(crate) types: BTreeMap<String, String>,
    /// The modules of each route.
    pub(crate) structure: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) parameters: RouterParameters,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct RouterParameters {
    pub(crate) default_route: Option<String>,
    /// A route by a task and a kind of input, which Python writes as `('query', 'text')`; either may be
    /// `None`, for any.
    pub(crate) route_mappings: Option<BTreeMap<String, String>>,
}

impl Head {
    /// One that is applied to each token's vector.
    pub(crate) fn of_tokens() -> Self {
        Self {
            of_tokens: true,
            ..Self::default()
        }
    }

    pub(crate) fn push(&mut self, module: Module) {
        self.steps.push(Step::Module(module));
    }

    /// The modules that all texts go through, where there are no routes.
    #[must_use]
    pub fn plain(&self) -> Vec<&Module> {
        let modules = self.steps.iter().filter_map(|step| match step {
            Step::Module(module) => Some(module),
            Step::Router(_) => None,
        });
        modules.collect()
    }

    /// Whether the pooled vector is the embedding, but for its length.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The names of the routes; none where all texts take the same way.
    #[must_use]
    pub fn routes(&self) -> Vec<&str> {
        let routers = self.steps.iter().filter_map(|step| match step {
            Step::Router(router) => Some(router),
            Step::Module(_) => None,
        });
        let mut names: Vec<&str> = routers
            .flat_map(|router| router.routes.keys().map(String::as_str))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The modules for the texts of a role, in their order.
    ///
    /// A route is chosen by its name, where one is given. Else a query takes the route `query` or `anchor`,
    /// a document `document`, `passage`, `corpus` or `positive`, and either the router's default where it
    /// has no such route.
    ///
    /// # Errors
    /// [`FolderError::Invalid`] where a router has no such route.
    pub fn modules(&self, role: Role, route: Option<&str>) -> Result<Vec<&Module>, FolderError> {
        let mut modules = Vec::new();
        for step in &self.steps {
            match step {
                Step::Module(module) => modules.push(module),
                Step::Router(router) => modules.extend(router.modules(role, route)?),
            }
        }
        Ok(modules)
    }

    /// Adds a module of `modules.json` that stands behind the pooling. Whether its class is known.
    pub(crate) fn add(&mut self, root: &Path, listed: &Listed) -> Result<bool, FolderError> {
        if ["Router", "Asym"].contains(&listed.name()) {
            let router = self.router(root, listed)?;
            self.steps.push(Step::Router(router));
            return Ok(true);
        }
        let module = self.module(root, listed)?;
        let known = module.is_some();
        self.steps.extend(module.flatten().map(Step::Module));
        Ok(known)
    }

    /// Takes off the end what the unit length of every embedding does again.
    pub(crate) fn finish(&mut self) {
        while let Some(Step::Module(Module::Normalize)) = self.steps.last() {
            self.steps.pop();
        }
    }

    /// The module; `Some(None)` for one that does nothing here, `None` for an unknown class.
    fn module(
        &mut self,
        root: &Path,
        listed: &Listed,
    ) -> Result<Option<Option<Module>>, FolderError> {
        let module = match listed.name() {
            "Normalize" => {
                let config = root.join(listed.file(root, "config.json")?);
                let names: NormalizeConfig = json::read_if_present(&config)?.unwrap_or_default();
                self.check(
                    &config,
                    [&names.module_input_name, &names.module_output_name],
                )?;
                Module::Normalize
            }
            // Nothing is dropped when nothing is trained.
            "Dropout" => return Ok(Some(None)),
            "Dense" => {
                let (config, weights) = self.own_files(root, listed)?;
                self.dense(&config, weights)?
            }
            "LayerNorm" => {
                let (config, weights) = self.own_files(root, listed)?;
                let NormConfig { dimension } = json::read(&config)?;
                Module::LayerNorm { dimension, weights }
            }
            _ => return Ok(None),
        };
        Ok(Some(Some(module)))
    }

    /// The configuration and the weights of a module, which are files of the model from now on.
    fn own_files(
        &mut self,
        root: &Path,
        listed: &Listed,
    ) -> Result<(PathBuf, PathBuf), FolderError> {
        let mut file = |name| -> Result<PathBuf, FolderError> {
            let file = listed.file(root, name)?;
            let path = root.join(&file);
            self.files.push(file);
            Ok(path)
        };
        let (config, weights) = (file("config.json")?, file("model.safetensors")?);
        let pickled = weights.with_file_name("pytorch_model.bin");
        if pickled.is_file() && !weights.is_file() {
            return Err(FolderError::Unsupported {
                path: pickled,
                what: "weights in Python's pickle format (save the model again with a newer \
                       sentence-transformers, which writes model.safetensors)"
                    .to_owned(),
            });
        }
        Ok((config, weights))
    }

    fn router(&mut self, root: &Path, listed: &Listed) -> Result<Router, FolderError> {
        let new = listed.file(root, "router_config.json")?;
        let file = match root.join(&new).is_file() {
            true => new,
            false => listed.file(root, "config.json")?,
        };
        let path = root.join(&file);
        let config: RouterConfig = json::read(&path)?;
        self.files.push(file);
        let mut routes = BTreeMap::new();
        for (route, names) in &config.structure {
            let mut modules = Vec::new();
            for name in names {
                let Some(kind) = config.types.get(name) else {
                    let reason = format!("route {route:?} names a module {name:?} without a type");
                    return Err(FolderError::invalid(&path)(reason));
                };
                let inner = listed.inner(name, kind);
                let Some(module) = self.module(root, &inner)? else {
                    let what = format!("a module of type `{kind}` in the route {route:?}");
                    return Err(FolderError::Unsupported { path, what });
                };
                modules.extend(module);
            }
            routes.insert(route.clone(), modules);
        }
        Ok(Router {
            file: path,
            routes,
            parameters: config.parameters,
        })
    }
}

impl Head {
    fn dense(&self, path: &Path, weights: PathBuf) -> Result<Module, FolderError> {
        let config: DenseConfig = json::read(path)?;
        let unsupported = |what| FolderError::Unsupported {
            path: path.to_path_buf(),
            what,
        };
        self.check(
            path,
            [&config.module_input_name, &config.module_output_name],
        )?;
        let activation = match &config.activation_function {
            None => Activation::Tanh,
            Some(class) => Activation::of_class(class)
                .ok_or_else(|| unsupported(format!("the activation `{class}`")))?,
        };
        Ok(Module::Dense {
            from: config.in_features,
            to: config.out_features,
            bias: config.bias,
            activation,
            residual: config.use_residual,
            weights,
        })
    }

    /// Refuses a module that reads or writes anything but what this head is applied to.
    fn check(&self, path: &Path, names: [&Option<String>; 2]) -> Result<(), FolderError> {
        let own = match self.of_tokens {
            true => "token_embeddings",
            false => "sentence_embedding",
        };
        let mut names = names.into_iter().flatten();
        match names.find(|&name| name != own) {
            None => Ok(()),
            Some(name) => Err(FolderError::Unsupported {
                path: path.to_path_buf(),
                what: format!("a module on `{name}`"),
            }),
        }
    }
}

impl Router {
    fn modules(&self, role: Role, route: Option<&str>) -> Result<&[Module], FolderError> {
        let (task, usual): (&str, &[&str]) = match role {
            Role::Query => ("query", &QUERY),
            Role::Document => ("document", &DOCUMENT),
        };
        let found = match route {
            Some(name) => self.routes.get(name),
            None => {
                let names = self.mapped(task).into_iter().chain(usual.iter().copied());
                let mut names = names.chain(self.parameters.default_route.as_deref());
                names.find_map(|name| self.routes.get(name))
            }
        };
        found.map(Vec::as_slice).ok_or_else(|| {
            let names: Vec<&str> = self.routes.keys().map(String::as_str).collect();
            let asked = match route {
                Some(name) => format!("no route {name:?}"),
                None => format!("none of the routes {}", usual.join(", ")),
            };
            let routes = names.join(", ");
            let reason = format!("it has {asked}: choose one of {routes} for the role {role:?}");
            FolderError::invalid(&self.file)(reason)
        })
    }

    /// The route that the file maps a task on text to.
    fn mapped(&self, task: &str) -> Option<&str> {
        let keys = [
            format!("('{task}', 'text')"),
            format!("('{task}', None)"),
            "(None, 'text')".to_owned(),
            "(None, None)".to_owned(),
        ];
        let mappings = self.parameters.route_mappings.as_ref()?;
        let mut keys = keys.iter();
        keys.find_map(|key| mappings.get(key)).map(String::as_str)
    }
}
