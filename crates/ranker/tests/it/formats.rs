//! Files that earlier versions wrote: what this version makes of them.
//!
//! `tests/formats/WHEN/KIND/` holds a small set of files of each kind, compressed, as the version of that time wrote them.
//! When a format changes, add a folder of the new one and leave the old ones as they are:
//!
//! ```text
//! WHEN=2027-01 cargo test -p ranker --all-features --test it -- --ignored formats::write
//! ```

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ranker::core::{
    EmbedError, Embedded, Embedder, Embedding, FeatureMatrix, FeatureSchema, FeatureSpec, Hit,
    Role, Scorer, TokenEmbeddings,
};
use ranker::decision::{Circumstances, DecisionRecord};
use ranker::embed::CachedEmbedder;
use ranker::retrieve::{
    Collection, CollectionOptions, Entry, FlatIndex, ProfileIndex, QuantizedIndex, encode_profiles,
};
use ranker::rlhf::{
    Action, Event, EventId, EventKind, FeedbackLog, Impression, JobId, RankingId, Shown, Timestamp,
};
use ranker::score::{
    BlendScorer, LinearScorer, Member, MlpScorer, Model, Models, Network, Node, Tree, TreeScorer,
};
use ranker::{CandidateId, Filter, Profile, Ranker};

use crate::fakes::{FakeEmbedder, job, profiles};

/// A kind of files: how they are written, and what must come out of them.
struct Kind {
    name: &'static str,
    write: fn(&Path),
    check: fn(&Path),
}

const KINDS: [Kind; 11] = [
    Kind {
        name: "collection",
        write: write_collection,
        check: check_collection,
    },
    Kind {
        name: "flat-index",
        write: write_flat,
        check: check_flat,
    },
    Kind {
        name: "quantized-index",
        write: write_quantized,
        check: check_quantized,
    },
    Kind {
        name: "collection-several",
        write: |folder| write_collection_by(&SeveralVectors, folder),
        check: |folder| check_collection_by(&SeveralVectors, folder),
    },
    Kind {
        name: "flat-index-several",
        write: write_flat_several,
        check: check_flat_several,
    },
    Kind {
        name: "quantized-index-several",
        write: write_quantized_several,
        check: check_quantized_several,
    },
    Kind {
        name: "embedding-cache",
        write: write_cache,
        check: check_cache,
    },
    Kind {
        name: "feedback-log",
        write: write_log,
        check: check_log,
    },
    Kind {
        name: "models",
        write: write_models,
        check: check_models,
    },
    Kind {
        name: "served-models",
        write: write_served,
        check: check_served,
    },
    Kind {
        name: "decision-record",
        write: write_record,
        check: check_record,
    },
];

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

#[test]
fn files_of_every_earlier_version_say_the_same() {
    let mut versions = 0;
    for version in fs::read_dir(formats()).unwrap() {
        versions += 1;
        for kind in KINDS {
            let kept = version.as_ref().unwrap().path().join(kind.name);
            // A kind that is younger than the version has no files of it.
            if kept.is_dir() {
                let folder = tempfile::tempdir().unwrap();
                unpack(&kept, folder.path());
                (kind.check)(folder.path());
            }
        }
    }
    assert!(versions > 0);
}

#[test]
#[ignore = "writes tests/formats/$WHEN"]
fn write() {
    let when = std::env::var("WHEN").expect("WHEN names the folder, such as 2027-01");
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        (kind.write)(folder.path());
        (kind.check)(folder.path());
        // As it was written, not as checking left it.
        let folder = tempfile::tempdir().unwrap();
        (kind.write)(folder.path());
        pack(folder.path(), &formats().join(&when).join(kind.name));
    }
}

/// Compresses the files of a folder into another one.
fn pack(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            pack(&path, &to.join(name));
            continue;
        }
        let file = File::create(to.join(format!("{name}.gz"))).unwrap();
        let mut packed = GzEncoder::new(file, Compression::best());
        packed.write_all(&fs::read(path).unwrap()).unwrap();
        packed.finish().unwrap();
    }
}

fn unpack(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        let Some(name) = name.strip_suffix(".gz") else {
            unpack(&path, &to.join(name));
            continue;
        };
        let mut bytes = Vec::new();
        let mut packed = GzDecoder::new(File::open(path).unwrap());
        packed.read_to_end(&mut bytes).unwrap();
        fs::write(to.join(name), bytes).unwrap();
    }
}

/// Twelve people, of whom one was changed and one has left.
fn people() -> Vec<Profile> {
    let mut people = profiles(12);
    let text = "Rust engineer who builds search engines and speaks Ελληνικά.";
    people[5] = Profile::new("p0005", text).unwrap().with_title("Engineer");
    people.remove(3);
    people
}

fn entries(people: &[Profile]) -> Vec<(CandidateId, Embedding)> {
    let texts: Vec<String> = people.iter().map(Profile::full_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embedded = FakeEmbedder.embed(&texts, Role::Document).unwrap();
    let ids = people.iter().map(|profile| profile.id().clone());
    ids.zip(embedded.into_iter().map(|one| one.embedding))
        .collect()
}

/// A fake encoder that gives documents a further vector, of their last words.
#[derive(Debug, Clone, Copy)]
struct SeveralVectors;

impl Embedder for SeveralVectors {
    fn dimension(&self) -> usize {
        FakeEmbedder.dimension()
    }

    fn model_id(&self) -> &str {
        "fake word counts, twice"
    }

    fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embedded = FakeEmbedder.embed(texts, role)?;
        if role == Role::Query {
            return Ok(embedded);
        }
        let ends = texts.iter().map(|text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            words[words.len() / 2..].join(" ")
        });
        let ends: Vec<String> = ends.collect();
        let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
        let ends = FakeEmbedder.embed(&ends, role)?.into_iter();
        let both = embedded.into_iter().zip(ends);
        Ok(both
            .map(|(whole, end)| whole.with_further(vec![end.embedding]))
            .collect())
    }

    fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        FakeEmbedder.embed_tokens(texts, role)
    }
}

fn several_entries(people: &[Profile]) -> Vec<Entry> {
    let texts: Vec<String> = people.iter().map(Profile::full_text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let embedded = SeveralVectors.embed(&texts, Role::Document).unwrap();
    let ids = people.iter().map(|profile| profile.id().clone());
    let entries = ids.zip(embedded);
    entries
        .map(|(id, one)| Entry::from((id, one.embedding)).with_further(one.further))
        .collect()
}

fn job_vector() -> Embedding {
    let embedded = FakeEmbedder.embed(&[job().text()], Role::Query).unwrap();
    embedded[0].embedding.clone()
}

fn write_collection(folder: &Path) {
    write_collection_by(&FakeEmbedder, folder);
}

fn check_collection(folder: &Path) {
    check_collection_by(&FakeEmbedder, folder);
}

fn write_collection_by(embedder: &dyn Embedder, folder: &Path) {
    let options = CollectionOptions::new();
    let collection = Collection::create(folder.join("profiles"), options).unwrap();
    let collection = collection.embedded_by(embedder.model_id()).unwrap();
    let first = profiles(12);
    let encoded = encode_profiles(embedder, &first).unwrap();
    collection
        .insert_all(first.into_iter().zip(encoded))
        .unwrap();
    collection.checkpoint().unwrap();
    // What comes after the checkpoint lies beside what came before.
    let changed = people().swap_remove(4);
    assert_eq!(changed.id().as_str(), "p0005");
    let encoded = encode_profiles(embedder, &[&changed]).unwrap();
    collection.update(changed, encoded[0].clone()).unwrap();
    collection
        .remove(&CandidateId::new("p0003").unwrap())
        .unwrap();
    collection.close().unwrap();
}

/// Everyone is there with facts, words, vectors and token vectors: the whole ranking is that of an index made now.
fn check_collection_by<E: Embedder + Copy + 'static>(embedder: &E, folder: &Path) {
    let options = CollectionOptions::new();
    let collection = Collection::open(folder.join("profiles"), options).unwrap();
    assert_eq!(collection.len(), 11);
    let now = ProfileIndex::embed(people(), embedder).unwrap();
    let kept = Ranker::builder(*embedder, collection).build().unwrap();
    let now = Ranker::builder(*embedder, now).build().unwrap();
    for job in [job(), job().with_filter(Filter::at_least("years", 5.0))] {
        let ranked = [&kept, &now].map(|ranker| {
            let ranking = pollster::block_on(ranker.rank(&job)).unwrap();
            assert_eq!(ranking.notes(), []);
            let placed = ranking.iter();
            let placed = placed.map(|one| (one.id().to_string(), one.score.get()));
            placed.collect::<Vec<_>>()
        });
        // Words count who was removed until an index is merged.
        for ((kept, score), (now, anew)) in ranked[0].iter().zip(&ranked[1]) {
            assert!(kept == now && (score - anew).abs() < 5e-3, "{ranked:?}");
        }
        assert_eq!(ranked[0].len(), ranked[1].len());
    }
}

fn write_flat(folder: &Path) {
    let index = FlatIndex::new(entries(&people())).unwrap();
    index.save(folder.join("flat.index")).unwrap();
}

fn check_flat(folder: &Path) {
    let kept = FlatIndex::load(folder.join("flat.index")).unwrap();
    let now = FlatIndex::new(entries(&people())).unwrap();
    let found = |index: &FlatIndex| index.search(&job_vector(), 11, &Filter::All).unwrap();
    assert_eq!(found(&kept), found(&now));
}

fn write_quantized(folder: &Path) {
    let index = QuantizedIndex::new(entries(&people())).unwrap();
    index.save(folder.join("quantized.index")).unwrap();
}

fn check_quantized(folder: &Path) {
    let kept = QuantizedIndex::load(folder.join("quantized.index")).unwrap();
    kept.verify().unwrap();
    let now = FlatIndex::new(entries(&people())).unwrap();
    let kept = kept.search(&job_vector(), 3, &Filter::All).unwrap();
    let now = now.search(&job_vector(), 3, &Filter::All).unwrap();
    assert_eq!(kept[0].id(), now[0].id());
}

fn flat_several() -> FlatIndex {
    let index = FlatIndex::new([]).unwrap();
    let entries = several_entries(&people()).into_iter();
    entries.for_each(|entry| index.insert(entry).unwrap());
    index
}

fn write_flat_several(folder: &Path) {
    flat_several().save(folder.join("flat.index")).unwrap();
}

fn check_flat_several(folder: &Path) {
    let kept = FlatIndex::load(folder.join("flat.index")).unwrap();
    let found = |index: &FlatIndex| index.search(&job_vector(), 11, &Filter::All).unwrap();
    assert_eq!(found(&kept), found(&flat_several()));
    assert_eq!(found(&kept).len(), 11);
}

fn write_quantized_several(folder: &Path) {
    let index = QuantizedIndex::new([]).unwrap();
    let entries = several_entries(&people()).into_iter();
    entries.for_each(|entry| index.insert(entry).unwrap());
    index.save(folder.join("quantized.index")).unwrap();
}

fn check_quantized_several(folder: &Path) {
    let kept = QuantizedIndex::load(folder.join("quantized.index")).unwrap();
    kept.verify().unwrap();
    let found = kept.search(&job_vector(), 11, &Filter::All).unwrap();
    let now = flat_several().search(&job_vector(), 11, &Filter::All);
    let ids = |hits: &[Hit]| hits.iter().map(|hit| hit.id().clone()).collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&now.unwrap()));
}

fn write_cache(folder: &Path) {
    let cached = CachedEmbedder::open(FakeEmbedder, folder.join("embeddings")).unwrap();
    cached.embed(&["a kept text"], Role::Document).unwrap();
}

fn check_cache(folder: &Path) {
    let cached = CachedEmbedder::open(FakeEmbedder, folder.join("embeddings")).unwrap();
    assert!(cached.holds("a kept text").unwrap());
    let kept = cached.embed(&["a kept text"], Role::Document).unwrap();
    let now = FakeEmbedder
        .embed(&["a kept text"], Role::Document)
        .unwrap();
    assert_eq!(kept[0].embedding, now[0].embedding);
    assert_eq!(cached.stats().misses, 0);
}

fn events() -> Vec<Event> {
    let (ranking, job) = (RankingId::new("r").unwrap(), JobId::new("j").unwrap());
    let candidate = CandidateId::new("p0005").unwrap();
    let shown = vec![Shown::new(candidate.clone(), 1).with_propensity(0.25)];
    let impression = Impression::new(ranking.clone(), job.clone(), "a model", shown).unwrap();
    let features = vec!["dense".to_owned(), "years".to_owned()];
    let impression = impression
        .with_features(features, vec![vec![0.5, 3.0]])
        .unwrap();
    let kinds = [
        EventKind::Impression(impression),
        EventKind::Click(Action::new(ranking, candidate.clone())),
        EventKind::Grade {
            job,
            candidate,
            grade: 3,
        },
    ];
    let event = |(at, kind)| {
        let id = EventId::new(format!("event {at}")).unwrap();
        Event::new(id, Timestamp::from_millis(at), kind)
    };
    (1..).zip(kinds).map(event).collect()
}

fn write_log(folder: &Path) {
    let log = FeedbackLog::open(folder.join("feedback.sqlite")).unwrap();
    log.append(&events()).unwrap();
}

fn check_log(folder: &Path) {
    let log = FeedbackLog::open(folder.join("feedback.sqlite")).unwrap();
    let kept: Vec<Event> = log.events().map(|logged| logged.unwrap().event).collect();
    assert_eq!(kept, events());
}

fn schema() -> Arc<FeatureSchema> {
    let spec = |name: &'static str| FeatureSpec::new(name, "a number", 0.0..=10.0);
    let columns = ["dense", "years"].map(spec).to_vec();
    Arc::new(FeatureSchema::new(columns).unwrap())
}

fn models() -> Vec<(&'static str, Model)> {
    let linear = LinearScorer::new(schema(), vec![1.0, 0.125]).unwrap();
    let split = Node {
        feature: 1,
        threshold: 2.5,
        left: 1,
        value: 0.0,
        cover: 8.0,
    };
    let nodes = vec![split, Node::leaf(-0.5, 3.0), Node::leaf(0.75, 5.0)];
    let tree = Tree::new(nodes, 2).unwrap();
    let trees = TreeScorer::new(schema(), 0.5, vec![tree]).unwrap();
    let network = Network {
        centres: vec![0.5, 2.0],
        scales: vec![2.0, 0.5],
        inner: vec![1.0, -1.0],
        biases: vec![0.25],
        outer: vec![2.0],
    };
    let mlp = MlpScorer::new(&schema(), network).unwrap();
    let member = |model: Model, weight: f64| Member {
        model,
        weight,
        mean: 0.5,
        spread: 2.0,
    };
    let members = vec![
        member(linear.clone().into(), 0.75),
        member(trees.clone().into(), 0.25),
    ];
    let blend = BlendScorer::new(members).unwrap();
    vec![
        ("linear.json", linear.into()),
        ("trees.json", trees.into()),
        ("mlp.json", mlp.into()),
        ("blend.json", blend.into()),
    ]
}

fn write_models(folder: &Path) {
    for (name, model) in models() {
        model.save(folder.join(name)).unwrap();
    }
}

fn check_models(folder: &Path) {
    let rows = FeatureMatrix::new(schema(), vec![0.5, 1.0, 0.75, 4.0]).unwrap();
    for (name, model) in models() {
        let kept = Model::load(folder.join(name), &schema()).unwrap();
        assert_eq!(kept.model_id(), model.model_id(), "{name}");
        assert_eq!(kept.score(&rows).unwrap(), model.score(&rows).unwrap());
    }
}

fn write_served(folder: &Path) {
    let mut models = models();
    let (second, first) = (models.swap_remove(1).1, models.swap_remove(0).1);
    let served = Models::open(folder.join("served"), first, "an encoder").unwrap();
    served.serve(second).unwrap();
}

fn check_served(folder: &Path) {
    let mut models = models();
    let (second, first) = (models.swap_remove(1).1, models.swap_remove(0).1);
    let ids = [&first, &second].map(|model| model.model_id().to_owned());
    let served = Models::open(folder.join("served"), first, "an encoder").unwrap();
    assert_eq!(served.serving().model_id(), ids[1]);
    assert_eq!(served.history(), ids);
    assert_eq!(served.rollback().unwrap().model_id(), ids[1]);
    assert_eq!(served.serving().model_id(), ids[0]);
}

fn write_record(folder: &Path) {
    let index = ProfileIndex::embed(people(), &FakeEmbedder).unwrap();
    let ranker = Ranker::builder(FakeEmbedder, index).build().unwrap();
    let ranking = pollster::block_on(ranker.rank(&job())).unwrap();
    let how = Circumstances::new().engine("a fake").index("people", 7);
    let record = ranker.decision_record(&ranking, &how, [7; 32]).unwrap();
    record.write(folder.join("decision.json")).unwrap();
}

/// It verifies, and tells the job and who was ranked; whether the ranking comes out the same is another question.
fn check_record(folder: &Path) {
    let record = DecisionRecord::read(folder.join("decision.json")).unwrap();
    record.verify().unwrap();
    assert_eq!(record.job().unwrap(), job());
    assert_eq!(record.erased(), []);
    let mut shorter = record;
    shorter.erase(&CandidateId::new("p0005").unwrap()).unwrap();
    shorter.verify().unwrap();
}
