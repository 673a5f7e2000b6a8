use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::error::LoraError;

/// How the low-rank change is scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scaling {
    /// alpha / r (Hu et al. 2021).
    #[default]
    Standard,
    /// alpha / √r, which keeps learning stable at high ranks (rsLoRA, Kalajdzievski 2023,
    /// <https://arxiv.org/abs/2312.03732>).
    RankStabilized,
}

/// Which shifts b are trained beside the factors. The names are PEFT's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bias {
    /// None.
    #[default]
    None,
    /// Those of the layers that the adapter changes.
    LoraOnly,
    /// Those of all linear layers and norms.
    All,
}

/// Which layers an adapter changes, and how strongly. The names are PEFT's.
///
/// ```
/// use ranker_lora::{LoraConfig, Scaling};
///
/// let config = LoraConfig::new(8, 16.0, ["query", "value"])?.with_scaling(Scaling::RankStabilized);
/// assert_eq!(config.r(), 8);
/// # Ok::<(), ranker_lora::LoraError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LoraConfig {
    pub(super) r: usize,
    pub(super) lora_alpha: f64,
    pub(super) target_modules: Vec<String>,
    pub(super) exclude_modules: Vec<String>,
    pub(crate) lora_dropout: f64,
    pub(super) scaling: Scaling,
    pub(super) dora: bool,
    pub(super) bias: Bias,
    pub(super) rank_pattern: BTreeMap<String, usize>,
    pub(super) alpha_pattern: BTreeMap<String, f64>,
    pub(super) base_model: Option<String>,
    pub(super) task_type: Option<String>,
}

impl LoraConfig {
    /// An adapter of rank `r` for the layers whose path is, or ends in a dot and, one of
    /// `target_modules`. No dropout, [`Scaling::Standard`], no
    /// [`Bias`].
    ///
    /// # Errors
    /// [`LoraError::Setting`] for a rank of 0, an alpha that is not finite, or no targets.
    pub fn new(
        r: usize,
        lora_alpha: f64,
        target_modules: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, LoraError> {
        let mut targets: Vec<String> = target_modules.into_iter().map(Into::into).collect();
        // PEFT keeps a set; the order in the file means nothing.
        targets.sort();
        targets.dedup();
        if targets.is_empty() || targets.iter().any(String::is_empty) {
            let rule = "it must name at least one layer, such as \"query\"";
            return Err(LoraError::setting(
                "target_modules",
                format!("{targets:?}"),
                rule,
            ));
        }
        Ok(Self {
            r: rank("r", r)?,
            lora_alpha: alpha("lora_alpha", lora_alpha)?,
            target_modules: targets,
            exclude_modules: Vec::new(),
            lora_dropout: 0.0,
            scaling: Scaling::default(),
            dora: false,
            bias: Bias::default(),
            rank_pattern: BTreeMap::new(),
            alpha_pattern: BTreeMap::new(),
            base_model: None,
            task_type: Some("FEATURE_EXTRACTION".to_owned()),
        })
    }

    /// Sets how the change is scaled. Default: [`Scaling::Standard`].
    #[must_use]
    pub fn with_scaling(mut self, scaling: Scaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// Trains the lengths of the weights' rows apart from their directions (DoRA, Liu et al. 2024,
    /// <https://arxiv.org/abs/2402.09353>): y = m / ‖V‖ ⊙ (V x) + b, where V = W + s · B A, ‖V‖ are the
    /// norms of its rows, and m is trained. Better at low ranks, and slower to train; merged, it costs
    /// nothing. Default: no.
    #[must_use]
    pub fn with_dora(mut self) -> Self {
        self.dora = true;
        self
    }

    /// Sets which shifts are trained as well. Default: [`Bias::None`].
    #[must_use]
    pub fn with_bias(mut self, bias: Bias) -> Self {
        self.bias = bias;
        self
    }

    /// Sets the dropout that training uses. It is never applied here. Default: 0.
    ///
    /// # Errors
    /// [`LoraError::Setting`] outside 0 ≤ p < 1.
    pub fn with_lora_dropout(mut self, p: f64) -> Result<Self, LoraError> {
        if !(0.0..1.0).contains(&p) {
            return Err(LoraError::setting(
                "lora_dropout",
                p,
                "it must be from 0 to below 1",
            ));
        }
        self.lora_dropout = p;
        Ok(self)
    }

    /// Leaves out the layers whose path is, or ends in a dot and, `module`.
    #[must_use]
    pub fn with_excluded(mut self, module: impl Into<String>) -> Self {
        self.exclude_modules.push(module.into());
        self.exclude_modules.sort();
        self.exclude_modules.dedup();
        self
    }

    /// Gives the layers that match `key` another rank. A key is a layer's path or its end after a
    /// dot; a leading `^` asks for the whole path. Where several keys match, the first in
    /// alphabetical order counts, as in files that PEFT writes.
    ///
    /// # Errors
    /// [`LoraError::Setting`] for a rank of 0, [`LoraError::Unsupported`] for a regular expression.
    pub fn with_rank_pattern(
        mut self,
        key: impl Into<String>,
        r: usize,
    ) -> Result<Self, LoraError> {
        let key = literal("rank_pattern", key.into())?;
        self.rank_pattern.insert(key, rank("rank_pattern", r)?);
        Ok(self)
    }

    /// Gives the layers that match `key` another alpha; keys as in [`LoraConfig::with_rank_pattern`].
    ///
    /// # Errors
    /// [`LoraError::Setting`] for an alpha that is not finite, [`LoraError::Unsupported`] for a
    /// regular expression.
    pub fn with_alpha_pattern(
        mut self,
        key: impl Into<String>,
        lora_alpha: f64,
    ) -> Result<Self, LoraError> {
        let key = literal("alpha_pattern", key.into())?;
        self.alpha_pattern
            .insert(key, alpha("alpha_pattern", lora_alpha)?);
        Ok(self)
    }

    /// Notes which encoder the adapter is for. Default: none.
    #[must_use]
    pub fn with_base_model(mut self, name_or_path: impl Into<String>) -> Self {
        self.base_model = Some(name_or_path.into());
        self
    }

    /// Adds all settings to a fingerprint.
    pub(crate) fn digest(&self, digest: &mut Digest) {
        let Self {
            r,
            lora_alpha,
            target_modules,
            exclude_modules,
            lora_dropout,
            scaling,
            dora,
            bias,
            rank_pattern,
            alpha_pattern,
            base_model,
            task_type,
        } = self;
        digest
            .number(*r as u64)
            .real(*lora_alpha)
            .real(*lora_dropout);
        for names in [target_modules, exclude_modules] {
            digest.number(names.len() as u64);
            names.iter().for_each(|name| _ = digest.text(name));
        }
        digest.number(match scaling {
            Scaling::Standard => 0,
            Scaling::RankStabilized => 1,
        });
        digest.number(u64::from(*dora)).number(match bias {
            Bias::None => 0,
            Bias::LoraOnly => 1,
            Bias::All => 2,
        });
        digest.number(rank_pattern.len() as u64);
        rank_pattern
            .iter()
            .for_each(|(key, r)| _ = digest.text(key).number(*r as u64));
        digest.number(alpha_pattern.len() as u64);
        alpha_pattern
            .iter()
            .for_each(|(key, alpha)| _ = digest.text(key).real(*alpha));
        for name in [base_model, task_type] {
            digest.text(name.as_deref().unwrap_or_default());
        }
    }

    /// The rank of layers that no pattern names.
    pub fn r(&self) -> usize {
        self.r
    }

    /// The alpha of layers that no pattern names.
    pub fn lora_alpha(&self) -> f64 {
        self.lora_alpha
    }

    /// Which layers are changed: paths or their ends, in alphabetical order.
    pub fn target_modules(&self) -> &[String] {
        &self.target_modules
    }

    /// Whether row lengths are trained: see [`LoraConfig::with_dora`].
    pub fn is_dora(&self) -> bool {
        self.dora
    }

    /// Which shifts are trained as well.
    pub fn trained_bias(&self) -> Bias {
        self.bias
    }

    /// Whether the adapter changes the layer with this path.
    pub fn targets(&self, path: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|name| ends_in(path, name));
        named(&self.target_modules) && !named(&self.exclude_modules)
    }

    /// The rank for the layer with this path.
    pub fn rank_of(&self, path: &str) -> usize {
        first_match(&self.rank_pattern, path).unwrap_or(self.r)
    }

    /// s in y = W x + b + s · B A x for the layer with this path: alpha / r or alpha / √r.
    pub fn scale_of(&self, path: &str) -> f64 {
        let alpha = first_match(&self.alpha_pattern, path).unwrap_or(self.lora_alpha);
        let r = self.rank_of(path) as f64;
        match self.scaling {
            Scaling::Standard => alpha / r,
            Scaling::RankStabilized => alpha / r.sqrt(),
        }
    }
}

fn rank(setting: &str, r: usize) -> Result<usize, LoraError> {
    if r == 0 {
        return Err(LoraError::setting(setting, r, "a rank must be at least 1"));
    }
    Ok(r)
}

fn alpha(setting: &str, alpha: f64) -> Result<f64, LoraError> {
    if !alpha.is_finite() {
        return Err(LoraError::setting(setting, alpha, "it must be finite"));
    }
    Ok(alpha)
}

/// PEFT reads the keys of patterns as regular expressions. Names are enough for an encoder; the
/// dots in them are taken as dots.
fn literal(setting: &str, key: String) -> Result<String, LoraError> {
    let name = key.strip_prefix('^').unwrap_or(&key);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if name.is_empty() || !name.chars().all(plain) {
        let advice = "name each layer's path or its end instead of a regular expression";
        return Err(LoraError::unsupported(setting, key, advice));
    }
    Ok(key)
}

fn first_match<T: Copy>(pattern: &BTreeMap<String, T>, path: &str) -> Option<T> {
    let matches = |key: &str| match key.strip_prefix('^') {
        Some(whole) => path == whole,
        None => ends_in(path, key),
    };
    pattern
        .iter()
        .find(|(key, _)| matches(key))
        .map(|(_, &value)| value)
}

pub(super) fn ends_in(path: &str, name: &str) -> bool {
    path.strip_suffix(name)
        .is_some_and(|start| start.is_empty() || start.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "encoder.layer.0.attention.self.query";

    fn config() -> LoraConfig {
        LoraConfig::new(4, 6.0, ["query", "output.dense"]).unwrap()
    }

    #[test]
    fn targets_whole_words_at_the_end() {
        let config = config().with_excluded("encoder.layer.1.output.dense");
        assert!(config.targets(QUERY));
        assert!(config.targets("query"));
        assert!(config.targets("encoder.layer.0.attention.output.dense"));
        assert!(!config.targets("encoder.layer.0.subquery"));
        assert!(!config.targets("encoder.layer.0.attention.self.key"));
        assert!(!config.targets("encoder.layer.1.output.dense"));
    }

    #[test]
    fn scales_by_rank_and_alpha() {
        assert_eq!(config().scale_of(QUERY), 1.5);
        assert_eq!(
            config()
                .with_scaling(Scaling::RankStabilized)
                .scale_of(QUERY),
            3.0
        );
        let config = config()
            .with_rank_pattern("query", 2)
            .unwrap()
            .with_alpha_pattern(QUERY, 10.0)
            .unwrap();
        assert_eq!(config.rank_of(QUERY), 2);
        assert_eq!(config.scale_of(QUERY), 5.0);
        assert_eq!(config.rank_of("encoder.layer.0.output.dense"), 4);
    }

    #[test]
    fn the_first_pattern_in_order_counts() {
        let config = config()
            .with_rank_pattern("query", 2)
            .unwrap()
            .with_rank_pattern(QUERY, 3)
            .unwrap();
        assert_eq!(config.rank_of(QUERY), 3);
        assert_eq!(config.rank_of("encoder.layer.1.attention.self.query"), 2);
        let config = config.with_rank_pattern("^query", 9).unwrap();
        assert_eq!((config.rank_of(QUERY), config.rank_of("query")), (3, 9));
    }

    #[test]
    fn refuses_what_makes_no_sense() {
        let setting = |result: Result<LoraConfig, LoraError>| {
            matches!(result, Err(LoraError::Setting { .. }))
        };
        assert!(setting(LoraConfig::new(0, 1.0, ["query"])));
        assert!(setting(LoraConfig::new(1, f64::NAN, ["query"])));
        assert!(setting(LoraConfig::new(1, 1.0, [""; 0])));
        assert!(setting(config().with_lora_dropout(1.0)));
        assert!(setting(config().with_rank_pattern("query", 0)));
        let regex = config().with_rank_pattern("layer.[0-3].*", 2);
        assert!(matches!(regex, Err(LoraError::Unsupported { .. })));
    }
}
