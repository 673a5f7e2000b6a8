//! What the scores of a sequence classifier mean.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::activation::Activation;
use crate::error::FolderError;
use crate::folder::ModelFolder;
use crate::json;
use crate::prompts;

/// Names of labels that stand for relevance, in lower case.
const RELEVANT: [&str; 6] = ["entailment", "relevant", "positive", "match", "true", "yes"];

/// What is done to the scores of all labels in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LabelActivation {
    /// The same function of each.
    Each(Activation),
    /// All of a text's together, so that they sum to 1.
    Softmax,
}

/// The labels of a sequence classifier, as the folder's `config.json` has them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Classifier {
    /// Their names, in the order of the scores (`id2label`); empty where no file names them.
    pub labels: Vec<String>,
    /// Whether each is true or not by itself (`problem_type` is `multi_label_classification`), so that
    /// none's probability depends on the others.
    pub independent: bool,
    /// What sentence-transformers does to the scores (`activation_fn`), where a file says so.
    pub activation: Option<LabelActivation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    id2label: Option<BTreeMap<String, String>>,
    problem_type: Option<String>,
    sentence_transformers: Option<Stored>,
    /// Where versions before 4 kept it.
    sbert_ce_default_activation_function: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stored {
    activation_fn: Option<String>,
}

impl Classifier {
    /// Reads what the folder says of its labels.
    ///
    /// # Errors
    /// [`FolderError`] for a file that is damaged, or an activation that is not known.
    pub fn read(folder: &ModelFolder) -> Result<Self, FolderError> {
        let path = folder.config_file();
        let config: Config = json::read(&path)?;
        let own = folder.root.join(prompts::FILE);
        let stored: Stored = json::read_if_present(&own)?.unwrap_or_default();
        let old = config.sbert_ce_default_activation_function;
        let in_config = config.sentence_transformers.unwrap_or_default();
        let (file, class) = match stored.activation_fn {
            Some(class) => (own, Some(class)),
            None => (path.clone(), in_config.activation_fn.or(old)),
        };
        let activation = class.map(|class| {
            let unknown = || FolderError::Unsupported {
                path: file,
                what: format!("the activation `{class}`"),
            };
            LabelActivation::of_class(&class).ok_or_else(unknown)
        });
        let named = config.id2label.unwrap_or_default();
        Ok(Self {
            labels: in_order(&named).ok_or_else(|| {
                FolderError::invalid(&path)("`id2label` does not number its labels from 0")
            })?,
            independent: config.problem_type.as_deref() == Some("multi_label_classification"),
            activation: activation.transpose()?,
        })
    }

    /// The place of a label by its name; else, where none is asked for, of the one that stands for
    /// relevance: the only one, one of such a name (`entailment`, `relevant`, `positive`, `match`, `true`,
    /// `yes`), or the second of two without names.
    #[must_use]
    pub fn place(&self, asked: Option<&str>, count: usize) -> Option<usize> {
        let is_named = |name: &str| {
            let mut labels = self.labels.iter().take(count);
            labels.position(|label| label.to_lowercase() == name)
        };
        if let Some(name) = asked {
            return is_named(&name.to_lowercase());
        }
        if count == 1 {
            return Some(0);
        }
        let unnamed = self.labels.is_empty() || is_named("label_1") == Some(1);
        let second = (count == 2 && unnamed).then_some(1);
        RELEVANT.iter().find_map(|name| is_named(name)).or(second)
    }
}

fn in_order(named: &BTreeMap<String, String>) -> Option<Vec<String>> {
    let name = |place: usize| named.get(&place.to_string()).cloned();
    (0..named.len()).map(name).collect()
}

impl LabelActivation {
    fn of_class(class: &str) -> Option<Self> {
        let softmax = class.starts_with("torch.nn.") && class.ends_with(".Softmax");
        match softmax {
            true => Some(Self::Softmax),
            false => Activation::of_class(class).map(Self::Each),
        }
    }

    /// Applies it to the scores of a text's labels.
    pub fn apply(self, scores: &mut [f32]) {
        match self {
            Self::Each(one) => scores
                .iter_mut()
                .for_each(|score| *score = one.apply(*score)),
            Self::Softmax => {
                let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let mut sum = 0.0;
                for score in scores.iter_mut() {
                    *score = (*score - most).exp();
                    sum += *score;
                }
                scores.iter_mut().for_each(|score| *score /= sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Classifier {
        Classifier {
            labels: names.iter().map(|&name| name.to_owned()).collect(),
            independent: false,
            activation: None,
        }
    }

    #[test]
    fn the_label_of_relevance_is_found_and_never_guessed() {
        let place = |names: &[&str], count| labels(names).place(None, count);
        assert_eq!(place(&["LABEL_0"], 1), Some(0));
        assert_eq!(
            place(&["contradiction", "entailment", "neutral"], 3),
            Some(1)
        );
        assert_eq!(place(&["Relevant", "irrelevant"], 2), Some(0));
        assert_eq!(place(&["LABEL_0", "LABEL_1"], 2), Some(1));
        assert_eq!(place(&[], 2), Some(1));
        assert_eq!(place(&["LABEL_0", "LABEL_1", "LABEL_2"], 3), None);
        assert_eq!(place(&["good", "bad"], 2), None);
        assert_eq!(labels(&["good", "bad"]).place(Some("Good"), 2), Some(0));
        assert_eq!(labels(&["good", "bad"]).place(Some("fair"), 2), None);
    }

    #[test]
    fn labels_are_numbered_from_zero() {
        let named = |pairs: &[(&str, &str)]| {
            let owned = |&(a, b): &(&str, &str)| (a.to_owned(), b.to_owned());
            in_order(&pairs.iter().map(owned).collect())
        };
        let eleven: Vec<(String, String)> =
            (0..11).map(|i| (i.to_string(), format!("l{i}"))).collect();
        let eleven = in_order(&eleven.into_iter().collect()).unwrap();
        assert_eq!(eleven[10], "l10", "not in the order of the letters");
        assert_eq!(named(&[("1", "a")]), None);
        assert_eq!(named(&[]), Some(Vec::new()));
    }

    #[test]
    fn a_softmax_sums_to_one_far_out_too() {
        let mut scores = [1000.0, 999.0, -1000.0];
        LabelActivation::Softmax.apply(&mut scores);
        assert!(
            (scores.iter().sum::<f32>() - 1.0).abs() < 1e-6,
            "{scores:?}"
        );
        assert!((scores[0] - 0.731_058_6).abs() < 1e-6, "{scores:?}");
    }
}
