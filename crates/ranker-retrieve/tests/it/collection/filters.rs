//! Filters are answered from facts that are read when they are first asked.

use ranker_core::{Filter, Request};
use ranker_retrieve::Collection;

use super::{asked, create, direction, name, numbered, open};
use crate::common::{id, retrieve};

/// Numbers that both ways of searching find under a filter.
fn found(collection: &Collection, filter: &Filter) -> Vec<u32> {
    let number = |hit: &ranker_core::Hit| {
        let facts = hit.profile().unwrap().facts();
        facts.get("number").unwrap().number().unwrap() as u32
    };
    let near = collection.search(&direction(0, 0), usize::MAX, filter);
    let mut near: Vec<u32> = near.unwrap().iter().map(number).collect();
    near.sort_unstable();
    let request = Request::top(near.len() + 1).with_filter(filter.clone());
    let both = retrieve(collection, &asked(0, 0), &request);
    let mut both: Vec<u32> = both.iter().map(number).collect();
    both.sort_unstable();
    assert_eq!(near, both);
    near
}

#[test]
fn who_passes_is_told_through_changes_and_openings() {
    let directory = tempfile::tempdir().unwrap();
    let mut collection = create(directory.path());
    // More than are kept together, and a tail.
    let count = 18_000;
    let profiles = (0..count).map(|n| numbered(n, 0));
    collection.insert_all(profiles).unwrap();
    let filters: [(Filter, &dyn Fn(u32) -> bool); 3] = [
        (Filter::at_most("number", 99.0), &|n| n < 100),
        (Filter::at_least("number", f64::from(count - 50)), &|n| {
            n >= count - 50
        }),
        (
            Filter::And(vec![
                Filter::any_of("digit", ["3"]),
                Filter::Not(Box::new(Filter::at_least("number", 500.0))),
            ]),
            &|n| n % 10 == 3 && n < 500,
        ),
    ];
    let mut alive: Vec<u32> = (0..count).collect();
    for turn in 0..3 {
        for (filter, passes) in &filters {
            let expected: Vec<u32> = alive.iter().copied().filter(|&n| passes(n)).collect();
            assert_eq!(
                found(&collection, filter),
                expected,
                "turn {turn}: {filter:?}"
            );
        }
        // Out of full pages and of the one being filled, and another edition behind all others.
        for gone in [7 + turn, 13 + 10 * turn, count - 1 - turn] {
            collection.remove(&id(&name(gone))).unwrap();
            alive.retain(|&n| n != gone);
        }
        let (profile, vector) = numbered(43, turn + 1);
        collection.update(profile, vector).unwrap();
        if turn == 0 {
            collection.close().unwrap();
            collection = open(directory.path());
        }
    }
    // Unsaved: what came since the last save is followed up.
    drop(collection);
    let collection = open(directory.path());
    for (filter, passes) in &filters {
        let expected: Vec<u32> = alive.iter().copied().filter(|&n| passes(n)).collect();
        assert_eq!(found(&collection, filter), expected, "opened: {filter:?}");
    }
}
