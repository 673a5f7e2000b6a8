//! Profiles that are one person's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use ranker_core::Profile;

/// Words that are compared together.
const SHINGLE: usize = 4;

/// The least hashes of a text that are kept: a sample of its shingles that is the same for all texts
/// (A. Z. Broder, "On the resemblance and containment of documents", 1997).
const SKETCH: usize = 128;

/// Texts are alike from this share of shingles on.
const ALIKE: f64 = 0.7;

/// A shingle that more texts have is a phrase of a template, and brings nobody together.
const COMMON: usize = 64;

/// An address that more profiles name is an agency's.
const AGENCY: usize = 5;

/// Groups of profiles that are one person's, by their places: the same or nearly the same text without
/// regard to case and spaces, or the same e-mail address. Only groups of two or more, each in the order
/// of the profiles.
pub fn same_person<'p>(profiles: impl IntoIterator<Item = &'p Profile>) -> Vec<Vec<usize>> {
    let mut addresses: HashMap<String, Vec<usize>> = HashMap::new();
    let mut sketches = Vec::new();
    for (at, profile) in profiles.into_iter().enumerate() {
        for address in addresses_in(profile.text()) {
            addresses.entry(address).or_default().push(at);
        }
        sketches.push(sketch(&profile.full_text()));
    }
    let mut groups = Groups::new(sketches.len());
    for places in addresses.values().filter(|places| places.len() <= AGENCY) {
        places
            .windows(2)
            .for_each(|pair| groups.join(pair[0], pair[1]));
    }
    for (one, other) in candidates(&sketches) {
        if resemblance(&sketches[one], &sketches[other]) >= ALIKE {
            groups.join(one, other);
        }
    }
    groups.of_several()
}

/// Pairs that share a shingle which is not everybody's.
fn candidates(sketches: &[BTreeSet<u64>]) -> BTreeSet<(usize, usize)> {
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, sketch) in sketches.iter().enumerate() {
        for hash in sketch {
            holders.entry(*hash).or_default().push(at);
        }
    }
    let mut pairs = BTreeSet::new();
    for holders in holders.values().filter(|holders| holders.len() <= COMMON) {
        for (at, one) in holders.iter().enumerate() {
            pairs.extend(holders[at + 1..].iter().map(|other| (*one, *other)));
        }
    }
    pairs
}

/// The share of the two texts' shingles that both have, told from the least of them.
fn resemblance(one: &BTreeSet<u64>, other: &BTreeSet<u64>) -> f64 {
    let (mut both, mut all) = (0_u32, 0_u32);
    for hash in one.union(other).take(SKETCH) {
        all += 1;
        both += u32::from(one.contains(hash) && other.contains(hash));
    }
    f64::from(both) / f64::from(all.max(1))
}

fn sketch(text: &str) -> BTreeSet<u64> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let hash = |shingle: &[&str]| {
        let mut hasher = DefaultHasher::new();
        shingle.hash(&mut hasher);
        hasher.finish()
    };
    let mut hashes: Vec<u64> = match words.len() {
        0 => Vec::new(),
        few if few < SHINGLE => vec![hash(&words)],
        _ => words.windows(SHINGLE).map(hash).collect(),
    };
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(SKETCH);
    hashes.into_iter().collect()
}

/// E-mail addresses, in lower case.
fn addresses_in(text: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+');
    let words = text.split(move |c: char| !part(c));
    let words = words.map(|word| word.trim_matches('.').to_lowercase());
    words
        .filter(|word| {
            let parts = word.split_once('@');
            parts.is_some_and(|(name, host)| {
                !name.is_empty() && host.contains('.') && !host.contains('@')
            })
        })
        .collect()
}

/// Sets that grow together.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }

    fn of_several(mut self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..self.0.len() {
            let root = self.root(at);
            groups.entry(root).or_default().push(at);
        }
        groups
            .into_values()
            .filter(|group| group.len() > 1)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(id: &str, text: &str) -> Profile {
        Profile::new(id, text).unwrap()
    }

    #[test]
    fn the_same_text_or_address_is_one_person() {
        let text = "Search engineer with eight years of experience. Built full-text search on Lucene \
                    and Elasticsearch for a library catalogue, added vector search, measured relevance \
                    with judged queries, wrote services in Rust, mentored two juniors in Lyon";
        let edited = format!("{text}, and now leads a team");
        let profiles = [
            profile("a", text),
            profile(
                "b",
                "Nurse with ten years on a cardiac ward. ana.doe@example.org",
            ),
            profile("c", &text.to_uppercase()),
            profile("d", &edited),
            profile("e", "Head nurse; contact: Ana.Doe@example.org."),
            profile("f", "Pastry chef for a small hotel, desserts and bread."),
        ];
        assert_eq!(same_person(&profiles), [vec![0, 2, 3], vec![1, 4]]);
    }

    #[test]
    fn a_template_does_not_make_one_person() {
        let template = |n: usize| {
            let duties: String = (0..30)
                .map(|d| format!("duty {n} {d} was done. "))
                .collect();
            profile(
                &n.to_string(),
                &format!("Curriculum vitae of an applicant with references upon request. {duties}"),
            )
        };
        let profiles: Vec<Profile> = (0..100).map(template).collect();
        assert!(same_person(&profiles).is_empty());
    }
}
