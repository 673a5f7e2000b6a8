//! The same profiles under another encoder, while the first one serves and changes.

use ranker_core::{
    EmbedError, Embedded, Embedder, Embedding, Profile, Retriever, Role, TokenUsage,
};
use ranker_retrieve::ProfileIndex;

/// Named a fake: embeds a text as the counts of its letters, turned by its own offset.
#[derive(Debug)]
struct FakeLetters(usize, &'static str);

impl Embedder for FakeLetters {
    fn dimension(&self) -> usize {
        26
    }

    fn model_id(&self) -> &str {
        self.1
    }

    fn embed(&self, texts: &[&str], _role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embed = |text: &&str| {
            let mut counts = vec![0.1; 26];
            for letter in text.bytes().filter(u8::is_ascii_lowercase) {
                counts[(usize::from(letter - b'a') + self.0) % 26] += 1.0;
            }
            Embedded::new(
                Embedding::normalized(counts).unwrap(),
                TokenUsage::new(text.len(), text.len()),
            )
        };
        Ok(texts.iter().map(embed).collect())
    }
}

const OLD: FakeLetters = FakeLetters(0, "old");
const NEW: FakeLetters = FakeLetters(5, "new");

fn profile(number: usize, text: &str) -> Profile {
    Profile::new(format!("p{number:03}"), format!("{text} {number}")).unwrap()
}

fn embedding(embedder: &dyn Embedder, profile: &Profile) -> Embedding {
    let text = profile.full_text();
    embedder
        .embed(&[&text], Role::Document)
        .unwrap()
        .remove(0)
        .embedding
}

/// What `index` finds for a profile's own vector is that profile, first of all.
fn assert_holds(index: &ProfileIndex, profile: &Profile) {
    let held = index.profile(profile.id()).unwrap();
    assert_eq!(*held, *profile);
    let hits = index
        .dense()
        .search(&embedding(&NEW, profile), 1, &ranker_core::Filter::All);
    let hits = hits.unwrap();
    assert!((hits[0].score().get() - 1.0).abs() < 1e-6, "{hits:?}");
}

#[test]
fn changes_made_in_the_meantime_are_taken_over() {
    let words = ["abc", "mnop", "xyz"];
    let people = (0..600).map(|number| profile(number, words[number % 3]));
    let old = ProfileIndex::embed(people.collect(), &OLD).unwrap();
    assert_eq!(old.encoder(), Some("old"));

    let mut said = Vec::new();
    let (changed, added) = (profile(1, "changed"), profile(700, "added"));
    let new = old.reembed(&NEW, &mut |done, total| {
        if said.is_empty() {
            old.update(changed.clone(), embedding(&OLD, &changed))
                .unwrap();
            old.insert(added.clone(), embedding(&OLD, &added)).unwrap();
            old.remove(profile(2, "").id()).unwrap();
        }
        said.push((done, total));
    });
    let new = new.unwrap();
    assert_eq!(said, [(256, 600), (512, 600), (600, 600)]);
    assert_eq!(new.encoder(), Some("new"));
    assert_eq!(new.len(), old.len());
    assert!(new.profile(profile(2, "").id()).is_none());
    for profile in [&changed, &added, &profile(3, words[0])] {
        assert_holds(&new, profile);
    }

    let later = profile(701, "later");
    old.insert(later.clone(), embedding(&OLD, &later)).unwrap();
    old.remove(added.id()).unwrap();
    let followed = new.follow(&old, &NEW).unwrap();
    assert_eq!(
        (followed.inserted, followed.updated, followed.removed),
        (1, 0, 1)
    );
    assert_holds(&new, &later);
    assert_eq!(new.follow(&old, &NEW).unwrap(), Default::default());
}
