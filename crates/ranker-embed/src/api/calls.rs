//! Any number of texts in calls that a server takes.

use std::sync::atomic::{AtomicUsize, Ordering};

use ranker_core::EmbedError;

use super::refusal::{Refusal, failed};
use super::server::Until;
use super::{ApiError, ApiLimits, LongTexts, lanes, tokens};
use crate::progress::reindex;

/// The fewest bytes to which a text is cut.
const SHORTEST: usize = 32;

/// One call of a server.
pub(crate) trait Ask: Sync {
    type Output: Send;

    /// One result a text, in their order.
    fn ask(&self, texts: &[&str], until: Until) -> Result<Vec<Self::Output>, Refusal>;

    /// Whether a text must not share a call with others.
    fn alone(&self, _text: &str) -> bool {
        false
    }

    /// Notes in a result that of `whole` bytes of its text only `read` were sent.
    fn cut(&self, output: Self::Output, read: usize, whole: usize) -> Self::Output;
}

/// Divides texts into calls, and learns how many texts of a call the server takes.
#[derive(Debug)]
pub(crate) struct Calls {
    backend: String,
    limits: ApiLimits,
    long_texts: LongTexts,
    /// The texts of a call that the server has been seen to take.
    most: AtomicUsize,
}

struct Work<'w, A> {
    ask: &'w A,
    texts: &'w [&'w str],
    until: Until,
}

type Results<T> = Result<Vec<(usize, T)>, EmbedError>;

impl Calls {
    pub(crate) fn new(model: &str, limits: ApiLimits, long_texts: LongTexts) -> Self {
        Self {
            backend: format!("served model {model}"),
            most: AtomicUsize::new(limits.texts),
            limits,
            long_texts,
        }
    }

    /// An error that is not about a text.
    pub(crate) fn failed(&self, error: ApiError) -> EmbedError {
        failed(error, &self.backend)
    }

    pub(crate) fn until(&self) -> Until {
        Until::new(self.limits.deadline)
    }

    /// The result of each text, in their order.
    pub(crate) fn run<A: Ask>(
        &self,
        ask: &A,
        texts: &[&str],
    ) -> Result<Vec<A::Output>, EmbedError> {
        let until = self.until();
        let work = Work { ask, texts, until };
        let length = |text: &&str| match ask.alone(text) {
            true => self.limits.tokens,
            false => tokens::estimate(text),
        };
        let lengths: Vec<usize> = texts.iter().map(length).collect();
        let most = self.most.load(Ordering::Relaxed);
        let calls = plan(&lengths, most, self.limits.tokens);
        let call = |places: &Vec<usize>| self.some(&work, places);
        let mut results = lanes::run(&calls, self.limits.calls, call)?;
        results.sort_unstable_by_key(|(place, _)| *place);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    /// The results of the texts at some places, in as many calls as the server needs.
    fn some<A: Ask>(&self, work: &Work<'_, A>, places: &[usize]) -> Results<A::Output> {
        let most = self.most.load(Ordering::Relaxed);
        if places.len() > most {
            let parts = places.chunks(most).map(|part| self.some(work, part));
            let parts: Result<Vec<_>, EmbedError> = parts.collect();
            return Ok(parts?.into_iter().flatten().collect());
        }
        let texts: Vec<&str> = places.iter().map(|&place| work.texts[place]).collect();
        match work.ask.ask(&texts, work.until) {
            Ok(results) => Ok(places.iter().copied().zip(results).collect()),
            Err(Refusal::Other(error)) => Err(self.failed(error)),
            Err(Refusal::Text(error)) => Err(reindex(error, |at| places[at])),
            Err(refusal) => self.smaller(work, places, refusal),
        }
    }

    /// After a refusal that is about the texts: fewer of them, or less of the only one.
    fn smaller<A: Ask>(
        &self,
        work: &Work<'_, A>,
        places: &[usize],
        refusal: Refusal,
    ) -> Results<A::Output> {
        if let &[place] = places {
            return match refusal {
                Refusal::TooLong { .. } if self.long_texts == LongTexts::Cut => {
                    Ok(vec![(place, self.shortened(work, place, refusal)?)])
                }
                refusal => Err(refusal.of_text(place, &self.backend)),
            };
        }
        let half = places.len().div_ceil(2);
        let (first, second) = places.split_at(half);
        let mut both = self.some(work, first)?;
        both.extend(self.some(work, second)?);
        // Where one text was too long, the number of texts was not at fault.
        if matches!(refusal, Refusal::TooMuch { .. }) {
            self.most.fetch_min(half, Ordering::Relaxed);
        }
        Ok(both)
    }

    /// The result of as much of a text as the server takes.
    fn shortened<A: Ask>(
        &self,
        work: &Work<'_, A>,
        place: usize,
        mut refusal: Refusal,
    ) -> Result<A::Output, EmbedError> {
        let whole = work.texts[place];
        let mut text = half(whole);
        while matches!(refusal, Refusal::TooLong { .. }) && text.len() >= SHORTEST {
            match work.ask.ask(&[text], work.until) {
                Ok(results) => {
                    let result = results.into_iter().next();
                    let result = result.map(|result| work.ask.cut(result, text.len(), whole.len()));
                    let (asked, answered) = (1, 0);
                    let none = || self.failed(ApiError::Count { asked, answered });
                    return result.ok_or_else(none);
                }
                Err(next) => refusal = next,
            }
            text = half(text);
        }
        match refusal {
            Refusal::Text(error) => Err(reindex(error, |_| place)),
            refusal => Err(refusal.of_text(place, &self.backend)),
        }
    }
}

/// Texts in their order, at most `most` of them and so many tokens to a call; a longer text goes alone.
fn plan(lengths: &[usize], most: usize, budget: usize) -> Vec<Vec<usize>> {
    let mut calls: Vec<Vec<usize>> = Vec::new();
    let mut tokens = 0;
    for (place, &length) in lengths.iter().enumerate() {
        match calls.last_mut() {
            Some(call) if call.len() < most && tokens + length <= budget => {
                call.push(place);
                tokens += length;
            }
            _ => {
                calls.push(vec![place]);
                tokens = length;
            }
        }
    }
    calls
}

/// The first half of a text, up to a space where there is one in its last quarter.
fn half(text: &str) -> &str {
    let middle = text.floor_char_boundary(text.len() / 2);
    let first = &text[..middle];
    match first.rfind(char::is_whitespace) {
        Some(space) if space >= middle / 4 * 3 => &first[..space],
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::{half, plan};

    #[test]
    fn calls_keep_to_texts_and_tokens() {
        assert_eq!(
            plan(&[3, 3, 9, 1, 1, 1], 2, 8),
            [vec![0, 1], vec![2], vec![3, 4], vec![5]]
        );
        assert!(plan(&[], 2, 8).is_empty());
    }

    #[test]
    fn halves_end_at_words_and_never_within_a_character() {
        assert_eq!(half("one two three four"), "one two");
        assert_eq!(half("電気工事士"), "電気");
        assert_eq!(half("a"), "");
    }
}
