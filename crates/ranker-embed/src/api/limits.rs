//! How work is divided into calls, and how long it may take.

use std::time::Duration;

use super::ApiError;

/// How much a call of a server holds, how many are under way, and how long all of them may take.
#[derive(Debug, Clone)]
pub struct ApiLimits {
    pub(super) texts: usize,
    pub(super) tokens: usize,
    pub(super) calls: usize,
    pub(super) deadline: Option<Duration>,
}

impl Default for ApiLimits {
    fn default() -> Self {
        Self {
            texts: 32,
            tokens: 8192,
            calls: 4,
            deadline: None,
        }
    }
}

impl ApiLimits {
    /// 32 texts and 8192 tokens a call, four calls at a time, and no deadline.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many texts a call holds at most; no more than a TEI server of embeddings says.
    #[must_use]
    pub fn with_batch_texts(mut self, texts: usize) -> Self {
        self.texts = texts;
        self
    }

    /// How many tokens the texts of a call hold at most, by an estimate of four bytes a token. A text with more is
    /// sent alone.
    #[must_use]
    pub fn with_batch_tokens(mut self, tokens: usize) -> Self {
        self.tokens = tokens;
        self
    }

    /// How many calls are under way at a time.
    #[must_use]
    pub fn with_concurrency(mut self, calls: usize) -> Self {
        self.calls = calls;
        self
    }

    /// How long the texts that are given at once may take, however many calls they need. Each call has the limits of
    /// its [`Endpoint`](ranker_http::Endpoint) besides.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    pub(super) fn check(&self) -> Result<(), ApiError> {
        let settings = [
            ("batch_texts", self.texts),
            ("batch_tokens", self.tokens),
            ("concurrency", self.calls),
        ];
        match settings.iter().find(|(_, value)| *value == 0) {
            Some(&(setting, _)) => Err(ApiError::Setting {
                setting,
                reason: "it is 0; at least 1 is needed",
            }),
            None => Ok(()),
        }
    }
}
