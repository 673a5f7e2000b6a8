//! One server: calls within a budget and a deadline, and what they cost.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ranker_http::{Answer, Call, Client, HttpError};
use serde_json::Value;

use super::ApiError;

/// What a served model may cost since it was connected. Unlimited unless set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApiBudget {
    requests: Option<u64>,
    tokens: Option<u64>,
}

impl ApiBudget {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many calls may be made. A call that is tried again counts once.
    #[must_use]
    pub fn with_requests(mut self, requests: u64) -> Self {
        self.requests = Some(requests);
        self
    }

    /// How many tokens may be read. What a call will need is estimated before it, and what the server
    /// reports counts after it.
    #[must_use]
    pub fn with_tokens(mut self, tokens: u64) -> Self {
        self.tokens = Some(tokens);
        self
    }
}

/// What a served model has cost since it was connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ApiUsage {
    /// Calls that were made, those that failed included. A call that was tried again counts once.
    pub requests: u64,
    /// Tokens as the server reported them; of calls for which it reported none, an estimate.
    pub tokens: u64,
}

/// When one call of ours, which may take many of the server's, must end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    begun: Instant,
    limit: Option<Duration>,
}

impl Until {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self {
            begun: Instant::now(),
            limit,
        }
    }

    /// What is left, where there is a limit.
    fn left(&self) -> Result<Option<Duration>, ApiError> {
        let Some(limit) = self.limit else {
            return Ok(None);
        };
        match limit.checked_sub(self.begun.elapsed()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(ApiError::Deadline { limit }),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    client: Client,
    budget: ApiBudget,
    usage: Mutex<ApiUsage>,
    /// The model that the first answer named.
    answers_as: OnceLock<String>,
}

impl Server {
    pub(crate) fn new(client: Client, budget: ApiBudget) -> Self {
        Self {
            client,
            budget,
            usage: Mutex::default(),
            answers_as: OnceLock::new(),
        }
    }

    pub(crate) fn usage(&self) -> ApiUsage {
        *self.lock()
    }

    /// The model that the first answer named.
    pub(crate) fn answers_as(&self) -> Option<&str> {
        self.answers_as.get().map(String::as_str)
    }

    /// That an answer names the model which the first one named.
    pub(crate) fn same_model(&self, actual: Option<String>) -> Result<(), ApiError> {
        let Some(actual) = actual else {
            return Ok(());
        };
        let expected = self.answers_as.get_or_init(|| actual.clone());
        match *expected == actual {
            true => Ok(()),
            false => Err(ApiError::OtherModel {
                expected: expected.clone(),
                actual,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, ApiUsage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a call which needs about `tokens`; `read` says how many an answer reports.
    pub(crate) fn call(
        &self,
        call: Call,
        tokens: u64,
        until: Until,
        read: impl Fn(&Answer, &Value) -> Option<u64>,
    ) -> Result<(Value, Option<u64>), ApiError> {
        let left = until.left()?;
        let call = match left {
            Some(left) => call.within(left),
            None => call,
        };
        self.reserve(tokens)?;
        let sent = self.client.found(&call).map_err(ApiError::from);
        let answered = sent.and_then(|answer| {
            let json = parsed(&answer)?;
            let reported = read(&answer, &json);
            Ok((json, reported))
        });
        let cost = match &answered {
            Ok((_, reported)) => reported.unwrap_or(tokens),
            Err(_) => 0,
        };
        let mut usage = self.lock();
        usage.tokens = (usage.tokens + cost).saturating_sub(tokens);
        drop(usage);
        // A call that ended with the deadline failed for that reason.
        if matches!(&answered, Err(ApiError::Http(HttpError::NoAnswer { .. }))) {
            until.left()?;
        }
        answered
    }

    /// Takes a call and its tokens out of the budget.
    fn reserve(&self, tokens: u64) -> Result<(), ApiError> {
        let mut usage = self.lock();
        let units = [
            ("requests", self.budget.requests, usage.requests, 1),
            ("tokens", self.budget.tokens, usage.tokens, tokens),
        ];
        for (unit, limit, spent, needed) in units {
            let limit = limit.unwrap_or(u64::MAX);
            if spent.saturating_add(needed) > limit {
                return Err(ApiError::BudgetSpent {
                    unit,
                    limit,
                    spent,
                    needed,
                });
            }
        }
        usage.requests += 1;
        usage.tokens += tokens;
        Ok(())
    }
}

/// The body as JSON. Some servers write NaN, which Python's parser takes and JSON does not know.
fn parsed(answer: &Answer) -> Result<Value, ApiError> {
    answer.json().map_err(|error| {
        let body = answer.body();
        let holds = |word: &[u8]| body.windows(word.len()).any(|bytes| bytes == word);
        let whole = body.trim_ascii_end().ends_with(b"}") || body.trim_ascii_end().ends_with(b"]");
        if whole && (holds(b"NaN") || holds(b"Infinity")) {
            ApiError::NotANumber
        } else {
            error.into()
        }
    })
}
