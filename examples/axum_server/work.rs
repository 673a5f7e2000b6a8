//! What takes longer than a page should: done beside it, with its progress to be looked at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use ranker::rlhf::SourceId;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;
use crate::fault::Fault;
use crate::intake::Note;

/// Pieces of work at once.
const AT_ONCE: usize = 4;

/// Pieces of work that are remembered.
const REMEMBERED: usize = 100;

/// What is being done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Beginning,
    Documents,
    Encoding,
    Ranking,
    Feedback,
    Learning,
    Gate,
}

/// How far a piece of work has come.
#[derive(Debug, Clone)]
pub(crate) enum State {
    /// What is being done, and how many of how many are done; 0 of 0 where nobody knows.
    Running(Step, usize, usize),
    /// Where its result is, and what the person should read before.
    Done(String, Vec<Note>),
    Failed(ApiError),
}

/// A piece of work.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) id: String,
    pub(crate) owner: SourceId,
    state: Mutex<State>,
    ended: Notify,
}

impl Work {
    pub(crate) fn state(&self) -> State {
        let state = self.state.lock();
        state.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Tells how far it is.
    pub(crate) fn reach(&self, what: Step, done: usize, all: usize) {
        self.set(State::Running(what, done, all));
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&self) {
        let ended = self.ended.notified();
        if matches!(self.state(), State::Running(..)) {
            ended.await;
        }
    }
}

/// The pieces of work that are under way, and the last ones that ended.
#[derive(Debug)]
pub(crate) struct Works {
    oldest_first: Mutex<VecDeque<Arc<Work>>>,
    slots: Arc<Semaphore>,
}

impl Default for Works {
    fn default() -> Self {
        Self {
            oldest_first: Mutex::default(),
            slots: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Works {
    /// One of a client's own: nobody else's business.
    pub(crate) fn get(&self, id: &str, owner: &SourceId) -> Option<Arc<Work>> {
        let kept = self.oldest_first.lock();
        let kept = kept.unwrap_or_else(PoisonError::into_inner);
        let mut found = kept.iter().filter(|work| work.owner == *owner);
        found.find(|work| work.id == id).cloned()
    }

    /// Begins a piece of work, which goes on whether or not anybody waits for it.
    pub(crate) fn begin<F>(
        &self,
        (id, owner): (String, SourceId),
        work: impl FnOnce(Arc<Work>) -> F,
    ) -> Result<Arc<Work>, ApiError>
    where
        F: Future<Output = Result<(String, Vec<Note>), ApiError>> + Send + 'static,
    {
        let slot = Arc::clone(&self.slots)
            .try_acquire_owned()
            .map_err(|_| ApiError::new(StatusCode::TOO_MANY_REQUESTS, Fault::TooMuch))?;
        let begun = Arc::new(Work {
            id,
            owner,
            state: Mutex::new(State::Running(Step::Beginning, 0, 0)),
            ended: Notify::new(),
        });
        self.remember(Arc::clone(&begun));
        let doing = work(Arc::clone(&begun));
        tokio::spawn(run(Arc::clone(&begun), doing, slot));
        Ok(begun)
    }

    fn remember(&self, work: Arc<Work>) {
        let kept = self.oldest_first.lock();
        let mut kept = kept.unwrap_or_else(PoisonError::into_inner);
        kept.push_back(work);
        if kept.len() > REMEMBERED {
            kept.pop_front();
        }
    }
}

async fn run<F>(work: Arc<Work>, doing: F, slot: OwnedSemaphorePermit)
where
    F: Future<Output = Result<(String, Vec<Note>), ApiError>> + Send + 'static,
{
    // A task of its own, so that a panic ends it and not the state that people look at.
    let ended = tokio::spawn(doing).await;
    let ended = ended.unwrap_or_else(|_| Err(ApiError::internal("a piece of work was lost")));
    work.set(match ended {
        Ok((to, notes)) => State::Done(to, notes),
        Err(error) => State::Failed(error),
    });
    drop(slot);
    work.ended.notify_waiters();
}
