//! `adapter_config.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Bias, LoraConfig, Scaling};
use crate::LoraError;

/// Settings that do not change what a finished adapter computes. Any other that is not read below
/// must be empty.
const INERT: [&str; 14] = [
    "auto_mapping",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "inference_mode",
    "layers_pattern",
    "loftq_config",
    "lora_ga_config",
    "megatron_config",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
];

/// The settings that are honoured, or that are refused with their own advice.
#[derive(Deserialize)]
struct Raw {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    target_modules: Option<Names>,
    exclude_modules: Option<Names>,
    lora_dropout: Option<f64>,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    bias: Option<String>,
    init_lora_weights: Option<Value>,
    rank_pattern: Option<BTreeMap<String, usize>>,
    alpha_pattern: Option<BTreeMap<String, f64>>,
    base_model_name_or_path: Option<String>,
    task_type: Option<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    List(Vec<String>),
    /// A regular expression, or `all-linear`.
    Pattern(String),
}

pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<LoraConfig, LoraError> {
    let raw: Raw = serde_json::from_slice(bytes)
        .map_err(LoraError::format(path, "JSON with an adapter's settings"))?;
    raw.refuse_other_kinds()?;
    raw.into_config()
}

impl Raw {
    fn refuse_other_kinds(&self) -> Result<(), LoraError> {
        if self.peft_type != "LORA" {
            return Err(refused(
                "peft_type",
                &self.peft_type,
                "only LORA can be read",
            ));
        }
        if self.fan_in_fan_out {
            let advice =
                "it is for Conv1D layers, which these encoders do not have; set it to false";
            return Err(refused("fan_in_fan_out", true, advice));
        }
        let init = self.init_lora_weights.as_ref().unwrap_or(&Value::Null);
        if !keeps_base_weights(init) {
            let advice = "it changes the encoder's own weights; convert the adapter to plain LoRA \
                          with path_initial_model_for_weight_conversion when PEFT saves it";
            return Err(refused("init_lora_weights", init, advice));
        }
        for (setting, value) in &self.rest {
            if !is_empty(value) && !INERT.contains(&setting.as_str()) {
                let advice = "only LoRA, rsLoRA and DoRA are computed here, and this setting may \
                              change the result";
                return Err(refused(setting, value, advice));
            }
        }
        Ok(())
    }

    fn into_config(self) -> Result<LoraConfig, LoraError> {
        let targets = list("target_modules", self.target_modules)?;
        let mut config = LoraConfig::new(self.r, self.lora_alpha, targets)?
            .with_lora_dropout(self.lora_dropout.unwrap_or(0.0))?
            .with_bias(bias(self.bias.as_deref())?);
        config.dora = self.use_dora;
        if self.use_rslora {
            config = config.with_scaling(Scaling::RankStabilized);
        }
        for module in list("exclude_modules", self.exclude_modules)? {
            config = config.with_excluded(module);
        }
        for (key, r) in self.rank_pattern.into_iter().flatten() {
            config = config.with_rank_pattern(key, r)?;
        }
        for (key, alpha) in self.alpha_pattern.into_iter().flatten() {
            config = config.with_alpha_pattern(key, alpha)?;
        }
        config.base_model = self.base_model_name_or_path;
        config.task_type = self.task_type;
        Ok(config)
    }
}

/// The file that PEFT would write.
pub(super) fn to_json(config: &LoraConfig) -> Value {
    let alphas: BTreeMap<_, _> = config
        .alpha_pattern
        .iter()
        .map(|(key, &alpha)| (key, number(alpha)))
        .collect();
    json!({
        "peft_type": "LORA",
        "task_type": config.task_type,
        "base_model_name_or_path": config.base_model,
        "r": config.r,
        "lora_alpha": number(config.lora_alpha),
        "lora_dropout": config.lora_dropout,
        "target_modules": config.target_modules,
        "exclude_modules": (!config.exclude_modules.is_empty()).then_some(&config.exclude_modules),
        "use_rslora": config.scaling == Scaling::RankStabilized,
        "use_dora": config.dora,
        "fan_in_fan_out": false,
        "bias": bias_name(config.bias),
        "init_lora_weights": true,
        "inference_mode": true,
        "modules_to_save": null,
        "rank_pattern": config.rank_pattern,
        "alpha_pattern": alphas,
    })
}

fn bias(name: Option<&str>) -> Result<Bias, LoraError> {
    let name = name.unwrap_or("none");
    let known = [Bias::None, Bias::LoraOnly, Bias::All];
    let advice = "it must be none, lora_only or all";
    known
        .into_iter()
        .find(|bias| bias_name(*bias) == name)
        .ok_or_else(|| refused("bias", name, advice))
}

fn bias_name(bias: Bias) -> &'static str {
    match bias {
        Bias::None => "none",
        Bias::LoraOnly => "lora_only",
        Bias::All => "all",
    }
}

/// PEFT declares alpha as a whole number, though it computes with any.
fn number(alpha: f64) -> Value {
    match alpha.fract() == 0.0 && alpha.abs() < 1e15 {
        true => json!(alpha as i64),
        false => json!(alpha),
    }
}

fn list(setting: &str, names: Option<Names>) -> Result<Vec<String>, LoraError> {
    match names {
        Some(Names::List(names)) => Ok(names),
        Some(Names::Pattern(pattern)) => Err(refused(
            setting,
            pattern,
            "write the layers' names as a list",
        )),
        None => Ok(Vec::new()),
    }
}

/// Initialisations such as PiSSA move a part of the weights into the adapter, so that it fits only
/// the rest of them.
fn keeps_base_weights(init: &Value) -> bool {
    match init {
        Value::Null | Value::Bool(_) => true,
        Value::String(name) => ["gaussian", "eva", "orthogonal"].contains(&name.as_str()),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(_) => false,
    }
}

fn refused(setting: &str, value: impl ToString, advice: &'static str) -> LoraError {
    LoraError::unsupported(setting, value, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_with(change: impl FnOnce(&mut Value)) -> Result<LoraConfig, LoraError> {
        // As PEFT 0.21 writes it, shortened by settings that are null.
        let mut value = json!({
            "alpha_pattern": {}, "arrow_config": null, "auto_mapping": null,
            "base_model_name_or_path": "all-MiniLM-L6-v2", "bias": "none", "eva_config": null,
            "fan_in_fan_out": false, "inference_mode": true, "init_lora_weights": true,
            "layer_replication": null, "layers_to_transform": null, "loftq_config": {},
            "lora_alpha": 16, "lora_bias": false, "lora_dropout": 0.1,
            "megatron_core": "megatron.core", "modules_to_save": null, "peft_type": "LORA",
            "peft_version": "0.21.2", "qalora_group_size": 16, "r": 8, "rank_pattern": {},
            "target_modules": ["value", "query"], "task_type": "FEATURE_EXTRACTION",
            "use_dora": false, "use_rslora": false,
        });
        change(&mut value);
        parse(
            Path::new("adapter_config.json"),
            value.to_string().as_bytes(),
        )
    }

    #[test]
    fn reads_what_peft_writes() {
        let config = parse_with(|_| ()).unwrap();
        assert_eq!((config.r(), config.lora_alpha()), (8, 16.0));
        assert_eq!(config.target_modules(), ["query", "value"]);
        assert_eq!(config.scale_of("query"), 2.0);
        let config = parse_with(|value| {
            value["use_rslora"] = json!(true);
            value["rank_pattern"] = json!({ "query": 4 });
            value["exclude_modules"] = json!(["encoder.layer.0.attention.self.value"]);
        });
        let config = config.unwrap();
        assert_eq!(config.scale_of("query"), 8.0);
        assert!(!config.targets("encoder.layer.0.attention.self.value"));
    }

    #[test]
    fn refuses_every_setting_that_would_change_the_result() {
        for (setting, value) in [
            ("bias", json!("some")),
            ("lora_bias", json!(true)),
            ("fan_in_fan_out", json!(true)),
            ("modules_to_save", json!(["pooler"])),
            ("layers_to_transform", json!([0, 1])),
            ("layer_replication", json!([[0, 1]])),
            ("trainable_token_indices", json!([1])),
            ("target_modules", json!("all-linear")),
            ("init_lora_weights", json!("pissa")),
            ("peft_type", json!("IA3")),
            ("rank_pattern", json!({ "layer.[01].*": 2 })),
            ("a_setting_of_tomorrow", json!(1)),
        ] {
            let error = parse_with(|config| config[setting] = value).unwrap_err();
            let named = matches!(&error, LoraError::Unsupported { setting: s, .. } if s == setting);
            assert!(named, "{setting}: {error}");
        }
    }

    #[test]
    fn refuses_values_that_make_no_sense() {
        for (setting, value) in [
            ("r", json!(0)),
            ("rank_pattern", json!({ "query": 0 })),
            ("target_modules", json!([])),
            ("target_modules", json!(null)),
            ("lora_dropout", json!(1.5)),
        ] {
            let error = parse_with(|config| config[setting] = value).unwrap_err();
            assert!(
                matches!(error, LoraError::Setting { .. }),
                "{setting}: {error}"
            );
        }
        for (setting, value) in [
            ("r", json!(-1)),
            ("r", json!("8")),
            ("lora_alpha", json!(null)),
        ] {
            let error = parse_with(|config| config[setting] = value).unwrap_err();
            assert!(
                matches!(error, LoraError::Format { .. }),
                "{setting}: {error}"
            );
        }
    }

    #[test]
    fn writes_whole_alphas_as_whole_numbers() {
        assert_eq!(number(16.0).to_string(), "16");
        assert_eq!(number(0.5).to_string(), "0.5");
    }
}
