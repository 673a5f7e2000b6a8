//! Places of one person more than once.

use std::collections::HashMap;

use ranker::Profile;
#[cfg(feature = "facts")]
use ranker::ingest::same_person;

/// Who has more than one profile, by id; nobody without the feature `facts`.
#[derive(Debug, Default)]
pub(crate) struct People {
    groups: Vec<Vec<String>>,
    group_of: HashMap<String, usize>,
}

impl People {
    /// Groups profiles that are one person's.
    pub(crate) fn of(profiles: &[Profile]) -> Self {
        let id = |at: &usize| profiles[*at].id().to_string();
        let groups = same_person(profiles);
        let groups: Vec<Vec<String>> = groups
            .iter()
            .map(|group| group.iter().map(id).collect())
            .collect();
        let entries = groups.iter().enumerate();
        let group_of = entries.flat_map(|(at, ids)| ids.iter().map(move |id| (id.clone(), at)));
        Self {
            group_of: group_of.collect(),
            groups,
        }
    }

    /// The other profiles of the same person.
    pub(crate) fn others(&self, id: &str) -> Vec<&str> {
        let group = self.group_of.get(id).and_then(|at| self.groups.get(*at));
        let ids = group.into_iter().flatten().map(String::as_str);
        ids.filter(|other| *other != id).collect()
    }

    /// What the reader of a ranking should know.
    pub(crate) fn notes(&self) -> Vec<String> {
        let note = |ids: &Vec<String>| {
            format!(
                "{} are one person's: the same or nearly the same text, or one e-mail address",
                ids.join(", ")
            )
        };
        self.groups.iter().map(note).collect()
    }
}

#[cfg(not(feature = "facts"))]
fn same_person(_profiles: &[Profile]) -> Vec<Vec<usize>> {
    Vec::new()
}

#[cfg(test)]
#[cfg(feature = "facts")]
mod tests {
    use super::*;

    #[test]
    fn who_is_alone_has_no_others() {
        let text =
            "Pastry chef for a small hotel: desserts, bread, menu planning, food cost, hygiene.";
        let profile = |id: &str, text: &str| Profile::new(id, text).unwrap();
        let people = People::of(&[
            profile("a", text),
            profile("b", &text.to_uppercase()),
            profile("c", "Nurse on a cardiac ward."),
        ]);
        assert_eq!(people.others("a"), ["b"]);
        assert!(people.others("c").is_empty());
        assert_eq!(people.notes().len(), 1);
    }
}
