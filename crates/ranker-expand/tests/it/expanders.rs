//! Several expanders as one.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use ranker_core::{ExpandError, Expansion, JobDescription, Term, TermSource, async_trait};
use ranker_expand::{Expander, Expanders};

use crate::jobs::{expand, texts, untitled};

/// Gives fixed terms, or an error.
enum Fixed {
    Terms(Vec<(&'static str, f32)>),
    Away,
    Broken,
}

#[async_trait]
impl Expander for Fixed {
    async fn expand(&self, _job: &JobDescription) -> Result<Expansion, ExpandError> {
        let term = |&(text, weight): &(&str, f32)| {
            Term::new(text, weight, TermSource::Other, "fixed").unwrap()
        };
        let backend = "fixed".to_owned();
        match self {
            Self::Terms(terms) => Ok(Expansion::new(terms.iter().map(term).collect())),
            Self::Away => Err(ExpandError::Unavailable {
                backend,
                source: "away".into(),
            }),
            Self::Broken => Err(ExpandError::Failed {
                backend,
                source: "broken".into(),
            }),
        }
    }
}

fn chain(members: Vec<Fixed>) -> Expanders {
    Expanders::new(
        members
            .into_iter()
            .map(|m| Arc::new(m) as Arc<dyn Expander>)
            .collect(),
    )
}

fn ask(expanders: &Expanders) -> Result<Expansion, ExpandError> {
    pollster::block_on(expanders.expand(&untitled("Rust engineer")))
}

#[test]
fn of_two_equal_terms_the_heavier_stays() {
    let expanders = chain(vec![
        Fixed::Terms(vec![("Front-end", 0.2), ("tokio", 0.1)]),
        Fixed::Terms(vec![("front end", 0.3), ("rust", 0.4)]),
    ]);
    let expansion = ask(&expanders).unwrap();
    assert_eq!(
        texts(&expansion),
        ["front end", "tokio"],
        "and the job's own words are left out"
    );
    assert_eq!(expansion.terms()[0].weight(), 0.3);
    let one = expand(&expanders.with_max_terms(1), &untitled("Rust engineer"));
    assert_eq!(texts(&one), ["front end"]);
}

#[test]
fn an_error_is_the_wholes_error_unless_told_otherwise() {
    let fine = || Fixed::Terms(vec![("tokio", 0.1)]);
    let strict = chain(vec![fine(), Fixed::Away]);
    assert!(matches!(ask(&strict), Err(ExpandError::Unavailable { .. })));
    let lenient = strict.skipping_unavailable();
    assert_eq!(texts(&ask(&lenient).unwrap()), ["tokio"]);

    let broken = chain(vec![fine(), Fixed::Away, Fixed::Broken]).skipping_unavailable();
    assert!(matches!(ask(&broken), Err(ExpandError::Failed { .. })));
    let nobody = chain(vec![Fixed::Away, Fixed::Away]).skipping_unavailable();
    assert!(matches!(ask(&nobody), Err(ExpandError::Unavailable { .. })));
    assert!(ask(&chain(Vec::new())).unwrap().is_empty());
}

/// Answers once all of `waiting` wait.
struct Meets {
    waiting: Arc<AtomicUsize>,
    others: usize,
}

#[async_trait]
impl Expander for Meets {
    async fn expand(&self, _job: &JobDescription) -> Result<Expansion, ExpandError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        poll_fn(|cx| {
            if self.waiting.load(Ordering::SeqCst) == self.others {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        Ok(Expansion::default())
    }
}

#[test]
fn members_wait_side_by_side() {
    let waiting = Arc::new(AtomicUsize::new(0));
    let member = || -> Arc<dyn Expander> {
        Arc::new(Meets {
            waiting: Arc::clone(&waiting),
            others: 3,
        })
    };
    // One after the other, the first would wait for ever.
    let expanders = Expanders::new(vec![member(), member(), member()]);
    assert!(ask(&expanders).unwrap().is_empty());
}
