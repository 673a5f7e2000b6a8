//! Slow calls hold up no async thread.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::{Collection, create, everyone, name, numbered};
use crate::common::id;

#[test]
fn a_change_is_waited_for_elsewhere() {
    let directory = tempfile::tempdir().unwrap();
    let collection = Arc::new(create(directory.path()));
    let profiles: Vec<_> = (0..2000).map(|n| numbered(n, 0)).collect();
    let mut inserting = pin!(collection.insert_all_async(profiles));
    // Asked once, it is not done and does not block: many thousand words are indexed meanwhile.
    let first = inserting
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(first, Poll::Pending));
    let applied = pollster::block_on(inserting).unwrap();
    assert_eq!(applied.version, 1);
    assert_eq!(everyone(&collection).len(), 2000);
}

#[test]
fn many_changes_wait_for_each_other_and_not_on_the_computing_pool() {
    let directory = tempfile::tempdir().unwrap();
    let collection = Arc::new(create(directory.path()));
    let insert = |n| {
        let collection = Arc::clone(&collection);
        async move { collection.insert_all_async(vec![numbered(n, 0)]).await }
    };
    let all = futures_util::future::join_all((0..20).map(insert));
    let searching = ranker_core::compute(|| 7);
    let (applied, seven) = pollster::block_on(futures_util::future::join(all, searching));
    assert_eq!(seven, 7);
    let mut versions: Vec<u64> = applied
        .into_iter()
        .map(|one| one.unwrap().version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=20).collect::<Vec<u64>>());
    let removed = collection.wait(|collection: &Collection| collection.remove(&id(&name(3))));
    pollster::block_on(removed).unwrap();
    assert_eq!(everyone(&collection).len(), 19);
}

#[test]
fn what_is_dropped_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let collection = Arc::new(create(directory.path()));
    {
        let mut dropped = pin!(collection.insert_all_async(vec![numbered(1, 0)]));
        let _ = dropped
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
    }
    // The next change comes after it.
    let second = pollster::block_on(collection.insert_all_async(vec![numbered(2, 0)])).unwrap();
    assert!(second.version <= 2);
    while collection.len() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(everyone(&collection).len(), 2);
}
