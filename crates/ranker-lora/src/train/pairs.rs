use std::path::Path;

use serde::Deserialize;

use super::error::TrainError;
use crate::error::LoraError;
use crate::files;

/// Two texts that belong together, as a line of a JSONL file has them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// What is looked for with.
    pub query: String,
    /// What should be found.
    pub positive: String,
    /// Pairs of one group are never negatives of each other: say, all titles of one occupation.
    #[serde(default)]
    pub group: Option<String>,
    /// Texts that should not be found.
    #[serde(default)]
    pub negatives: Vec<String>,
    /// The pair's similarity for [`Loss::CoSent`](crate::Loss::CoSent), its margin for
    /// [`Loss::MarginMse`](crate::Loss::MarginMse).
    #[serde(default)]
    pub score: Option<f32>,
    /// How much the pair counts, such as the inverse of the probability that it was shown.
    /// Default: 1.
    #[serde(default)]
    pub weight: Option<f32>,
}

impl Pair {
    /// Two texts and nothing else.
    pub fn new(query: impl Into<String>, positive: impl Into<String>) -> Self {
        Self {
            query: query.into(),
            positive: positive.into(),
            ..Self::default()
        }
    }

    /// Sets the group.
    #[must_use]
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    fn check(&self) -> Result<(), String> {
        let empty = |text: &String| text.trim().is_empty();
        if empty(&self.query) || empty(&self.positive) {
            return Err("query and positive must both have some text".to_owned());
        }
        if self.negatives.iter().any(empty) {
            return Err("a negative has no text".to_owned());
        }
        let same = |negative: &&String| *negative == &self.positive || *negative == &self.query;
        if let Some(negative) = self.negatives.iter().find(same) {
            return Err(format!("{negative:?} is also a negative of itself"));
        }
        if self.weight.is_some_and(|w| !(w.is_finite() && w > 0.0)) {
            return Err("weight must be a finite number above 0".to_owned());
        }
        if self.score.is_some_and(|score| !score.is_finite()) {
            return Err("score must be a finite number".to_owned());
        }
        Ok(())
    }
}

/// Reads pairs from a file with one JSON object a line; empty lines are skipped.
///
/// # Errors
/// [`TrainError::Line`] for a line that is not such an object, has an unknown field or no text, or
/// whose negative is its own query or positive; [`LoraError::Setting`] for a file without pairs.
pub fn read_pairs(path: impl AsRef<Path>) -> Result<Vec<Pair>, TrainError> {
    let path = path.as_ref();
    let bytes = files::read(path)?;
    let mut pairs = Vec::new();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |problem: String| TrainError::Line {
            path: path.to_path_buf(),
            line: index + 1,
            problem,
        };
        let pair: Pair = serde_json::from_slice(line).map_err(|error| wrong(error.to_string()))?;
        pair.check().map_err(wrong)?;
        pairs.push(pair);
    }
    if pairs.is_empty() {
        let rule = "the file must hold at least one pair";
        return Err(LoraError::setting("pairs", path.display(), rule).into());
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Pair>, TrainError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_pairs(file.path())
    }

    #[test]
    fn reads_lines() {
        let text = "{\"query\": \"a\", \"positive\": \"b\", \"group\": \"g\"}\n\n\
                    {\"query\": \"c\", \"positive\": \"d\", \"negatives\": [\"e\"], \"score\": 0.5}\n";
        let pairs = read(text).unwrap();
        assert_eq!(pairs[0], Pair::new("a", "b").with_group("g"));
        assert_eq!(pairs[1].negatives, ["e"]);
        assert_eq!(pairs[1].score, Some(0.5));
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        for line in [
            "{",
            r#"{"query": "a"}"#,
            r#"{"query": "a", "positive": " "}"#,
            r#"{"query": "a", "positive": "b", "groups": "g"}"#,
            r#"{"query": "a", "positive": "b", "negatives": ["b"]}"#,
            r#"{"query": "a", "positive": "b", "negatives": [""]}"#,
            r#"{"query": "a", "positive": "b", "weight": 0}"#,
        ] {
            let text = format!("{{\"query\": \"a\", \"positive\": \"b\"}}\n{line}");
            let error = read(&text).unwrap_err();
            assert!(matches!(error, TrainError::Line { line: 2, .. }), "{error}");
        }
        assert!(matches!(read("\n"), Err(TrainError::Lora(_))));
    }
}
