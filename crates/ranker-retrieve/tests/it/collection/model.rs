//! A collection follows a plain map, through restarts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ranker_core::Filter;
use ranker_retrieve::{Change, FlatIndex};

use super::{create, direction, everyone, name, numbered, open};
use crate::common::id;

#[derive(Debug, Clone)]
enum Step {
    Apply(Vec<(u8, u32, u32)>),
    Checkpoint,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let change = (0_u8..3, 0_u32..8, 0_u32..5);
    let step = prop_oneof![
        6 => prop::collection::vec(change, 0..6).prop_map(Step::Apply),
        1 => Just(Step::Checkpoint),
        2 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 0..10)
}

/// The changes, and the map after them; `None` where one of them is refused.
fn applied(
    model: &BTreeMap<u32, u32>,
    changes: &[(u8, u32, u32)],
) -> (Vec<Change>, Option<BTreeMap<u32, u32>>) {
    let (mut next, mut sound) = (model.clone(), true);
    let changes = changes.iter().map(|&(kind, number, edition)| {
        let there = next.contains_key(&number);
        sound &= there != (kind == 0);
        let (profile, vector) = numbered(number, edition);
        match kind {
            2 => {
                next.remove(&number);
                Change::Remove(id(&name(number)))
            }
            _ => {
                next.insert(number, edition);
                match kind {
                    0 => Change::Insert(profile, vector.into()),
                    _ => Change::Update(profile, vector.into()),
                }
            }
        }
    });
    let changes = changes.collect();
    (changes, sound.then_some(next))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn follows_a_map(steps in steps()) {
        let directory = tempfile::tempdir().unwrap();
        let mut collection = create(directory.path());
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Apply(changes) => {
                    let (changes, next) = applied(&model, &changes);
                    prop_assert_eq!(collection.apply(changes).is_ok(), next.is_some());
                    model = next.unwrap_or(model);
                }
                Step::Checkpoint => collection.checkpoint().unwrap(),
                Step::Restart => {
                    drop(collection);
                    collection = open(directory.path());
                }
            }
            let expected: Vec<(u32, u32)> = model.iter().map(|(a, b)| (*a, *b)).collect();
            prop_assert_eq!(everyone(&collection), expected);
        }
        let plain = model.iter().map(|(&number, &edition)| {
            let (profile, vector) = numbered(number, edition);
            (std::sync::Arc::new(profile), vector)
        });
        let plain = FlatIndex::with_profiles(plain).unwrap();
        let filter = Filter::at_least("number", 3.0);
        for filter in [Filter::All, filter] {
            let expected = plain.search(&direction(2, 3), 5, &filter).unwrap();
            let found = collection.search(&direction(2, 3), 5, &filter).unwrap();
            prop_assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert_eq!(found.id(), expected.id());
                prop_assert_eq!(found.score(), expected.score());
                prop_assert_eq!(found.profile(), expected.profile());
            }
        }
    }
}
