//! `modules.json` and the pooling it names.

use std::path::Path;

use serde::Deserialize;

use super::json;
use crate::LoadError;
use crate::pooling::Pooling;

/// What happens to the hidden states.
#[derive(Debug, PartialEq)]
pub(super) struct Modules {
    pub(super) pooling: Option<Pooling>,
    pub(super) pools_prompt: bool,
}

#[derive(Debug, Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// `1_Pooling/config.json`, as old and new versions of sentence-transformers write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PoolingConfig {
    pooling_mode: Option<Names>,
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
    include_prompt: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Many(Vec<String>),
}

/// Reads what the folder says of its modules.
///
/// A folder without `modules.json` may still have the pooling in its usual place.
pub(super) fn read(root: &Path) -> Result<Modules, LoadError> {
    let path = root.join("modules.json");
    let Some(modules) = json::read_if_present::<Vec<Module>>(&path)? else {
        let usual = root.join("1_Pooling/config.json");
        return match json::read_if_present::<PoolingConfig>(&usual)? {
            Some(config) => config.modules(&usual),
            None => Ok(Modules {
                pooling: None,
                pools_prompt: true,
            }),
        };
    };
    let mut found = Modules {
        pooling: None,
        pools_prompt: true,
    };
    for module in modules {
        // Old and new versions differ in the path before the class's name.
        match module.kind.rsplit('.').next().unwrap_or_default() {
            // Embeddings are of unit length here whether or not the folder asks for it.
            "Transformer" | "Normalize" => {}
            "Pooling" => {
                let config = root.join(&module.path).join("config.json");
                found = json::read::<PoolingConfig>(&config)?.modules(&config)?;
            }
            _ => {
                return Err(LoadError::Unsupported {
                    path,
                    what: format!("a module of type `{}`", module.kind),
                });
            }
        }
    }
    Ok(found)
}

impl PoolingConfig {
    fn modules(&self, path: &Path) -> Result<Modules, LoadError> {
        let unsupported = |what| LoadError::Unsupported {
            path: path.to_path_buf(),
            what,
        };
        let names = self.names();
        let pooling = match names.as_slice() {
            ["cls"] => Pooling::Cls,
            // Divided by another number: the direction, and so the embedding, is the same.
            ["mean" | "mean_sqrt_len_tokens"] => Pooling::Mean,
            ["max"] => Pooling::Max,
            ["lasttoken"] => Pooling::LastToken,
            [] => {
                return Err(LoadError::Invalid {
                    path: path.to_path_buf(),
                    source: "no pooling is switched on".into(),
                });
            }
            [one] => return Err(unsupported(format!("pooling `{one}`"))),
            many => return Err(unsupported(format!("several poolings at once ({many:?})"))),
        };
        Ok(Modules {
            pooling: Some(pooling),
            pools_prompt: self.include_prompt.unwrap_or(true),
        })
    }

    fn names(&self) -> Vec<&str> {
        match &self.pooling_mode {
            Some(Names::One(name)) => return vec![name],
            Some(Names::Many(names)) => return names.iter().map(String::as_str).collect(),
            None => {}
        }
        [
            (self.pooling_mode_cls_token, "cls"),
            (self.pooling_mode_mean_tokens, "mean"),
            (self.pooling_mode_max_tokens, "max"),
            (
                self.pooling_mode_mean_sqrt_len_tokens,
                "mean_sqrt_len_tokens",
            ),
            (self.pooling_mode_weightedmean_tokens, "weightedmean"),
            (self.pooling_mode_lasttoken, "lasttoken"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pooling(text: &str) -> Result<Modules, LoadError> {
        let config: PoolingConfig = serde_json::from_str(text).unwrap();
        config.modules(Path::new("1_Pooling/config.json"))
    }

    #[test]
    fn reads_every_pooling_in_both_spellings() {
        for (text, expected) in [
            (r#"{"pooling_mode_mean_tokens": true}"#, Pooling::Mean),
            (r#"{"pooling_mode_cls_token": true}"#, Pooling::Cls),
            (r#"{"pooling_mode_max_tokens": true}"#, Pooling::Max),
            (r#"{"pooling_mode_lasttoken": true}"#, Pooling::LastToken),
            (
                r#"{"pooling_mode_mean_sqrt_len_tokens": true}"#,
                Pooling::Mean,
            ),
            (r#"{"pooling_mode": "cls"}"#, Pooling::Cls),
            (r#"{"pooling_mode": ["lasttoken"]}"#, Pooling::LastToken),
        ] {
            assert_eq!(pooling(text).unwrap().pooling, Some(expected), "{text}");
        }
        assert!(pooling(r#"{"pooling_mode": "mean"}"#).unwrap().pools_prompt);
        let without = pooling(r#"{"pooling_mode": "mean", "include_prompt": false}"#).unwrap();
        assert!(!without.pools_prompt);
    }

    #[test]
    fn refuses_what_it_would_do_wrongly() {
        for text in [
            r#"{"pooling_mode_weightedmean_tokens": true}"#,
            r#"{"pooling_mode": "attention"}"#,
            r#"{"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true}"#,
        ] {
            let refused = pooling(text).unwrap_err();
            assert!(matches!(refused, LoadError::Unsupported { .. }), "{text}");
        }
        assert!(matches!(pooling("{}"), Err(LoadError::Invalid { .. })));
    }
}
