//! Several expanders as one.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ranker_core::{ExpandError, Expander, Expansion, ExpansionText, JobDescription, async_trait};

use crate::fold::{Phrase, Words};
use crate::terms::{DEFAULT_MAX_TERMS, Terms};

/// Several expanders as one: asked side by side, their terms put together.
///
/// - Of two terms that say the same the heavier stays; weights are not added. Texts are kept, each once.
/// - Terms that the job holds already are left out, whoever gave them.
/// - An error of a member is the whole's error, the first member's first: what is added to a job never
///   depends on chance unnoticed. With [`Expanders::skipping_unavailable`] a member that is
///   [`ExpandError::Unavailable`] is left out instead, unless no member answers. [`ExpandError::Failed`]
///   is always passed on.
/// - No members add nothing.
#[derive(Clone)]
pub struct Expanders {
    members: Vec<Arc<dyn Expander>>,
    max_terms: usize,
    skips_unavailable: bool,
}

impl Expanders {
    /// These expanders as one.
    #[must_use]
    pub fn new(members: Vec<Arc<dyn Expander>>) -> Self {
        Self {
            members,
            max_terms: DEFAULT_MAX_TERMS,
            skips_unavailable: false,
        }
    }

    /// Leaves out a member that is unavailable, as long as another answers.
    #[must_use]
    pub fn skipping_unavailable(mut self) -> Self {
        self.skips_unavailable = true;
        self
    }

    /// Sets the most terms of an expansion. 12 by default.
    #[must_use]
    pub fn with_max_terms(mut self, max_terms: usize) -> Self {
        self.max_terms = max_terms;
        self
    }

    /// The answers to work with, in the order of the members.
    fn usable(&self, answers: Vec<Answer>) -> Result<Vec<Expansion>, ExpandError> {
        let mut usable = Vec::new();
        let mut away = None;
        for answer in answers {
            match answer {
                Ok(expansion) => usable.push(expansion),
                Err(error @ ExpandError::Unavailable { .. }) if self.skips_unavailable => {
                    away.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        match away {
            Some(error) if usable.is_empty() => Err(error),
            _ => Ok(usable),
        }
    }
}

type Answer = Result<Expansion, ExpandError>;
type Asked<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

#[async_trait]
impl Expander for Expanders {
    async fn expand(&self, job: &JobDescription) -> Result<Expansion, ExpandError> {
        let asked = self
            .members
            .iter()
            .map(|member| member.expand(job))
            .collect();
        let usable = self.usable(all(asked).await)?;
        let words = Words::of(&job.full_text());
        let mut terms = Terms::new(&words);
        for term in usable.iter().flat_map(Expansion::terms) {
            terms.offer(&Phrase::of(term.text()), term.clone());
        }
        let mut texts: Vec<ExpansionText> = Vec::new();
        for text in usable.iter().flat_map(Expansion::texts) {
            if texts.iter().all(|known| known.text() != text.text()) {
                texts.push(text.clone());
            }
        }
        Ok(terms.heaviest(self.max_terms).with_texts(texts))
    }
}

/// All answers, in order; slow members wait beside each other, not after each other.
async fn all(mut asked: Vec<Asked<'_>>) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = asked.iter().map(|_| None).collect();
    poll_fn(|cx: &mut Context<'_>| {
        for (future, answer) in asked.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *answer = Some(ready);
            }
        }
        if answers.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

impl std::fmt::Debug for Expanders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expanders")
            .field("members", &self.members.len())
            .field("max_terms", &self.max_terms)
            .field("skips_unavailable", &self.skips_unavailable)
            .finish()
    }
}
