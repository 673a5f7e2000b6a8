//! The feature `occupation`, and the file of its table.

use std::fs;
use std::sync::Arc;

use ranker_core::{Candidate, Hit, JobDescription, Profile, Query, Score, TokenUsage, conformance};
use ranker_core::{EmbedError, Embedded, Embedder, Embedding, Role};
use ranker_score::{
    FeatureExtractor, Features, LinearScorer, OccupationError, OccupationTable, Occupations,
};

/// Directions of an office, a kitchen and a workshop, by the words of each; any other word is none of them.
struct Trades(&'static str);

const WORDS: [&[&str]; 3] = [
    &["ledger", "invoices", "accountant"],
    &["menu", "oven", "chef"],
    &["lathe", "welding", "fitter"],
];

impl Embedder for Trades {
    /// That of the suite's queries.
    fn dimension(&self) -> usize {
        8
    }

    fn model_id(&self) -> &str {
        self.0
    }

    fn embed(&self, texts: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
        let embed = |text: &&str| {
            let mut vector = vec![0.0_f32; 8];
            for word in text.split_whitespace() {
                let trade = WORDS.iter().position(|words| words.contains(&word));
                vector[trade.unwrap_or(3)] += 1.0;
            }
            if self.0 == "turned" {
                vector.rotate_left(1);
            }
            let embedding = Embedding::normalized(vector).unwrap();
            Embedded::new(embedding, TokenUsage::new(1, 1))
        };
        Ok(texts.iter().map(embed).collect())
    }
}

fn table() -> OccupationTable {
    let group = |words: &[&str]| {
        (
            words[2].to_owned(),
            words.iter().map(|w| (*w).to_owned()).collect(),
        )
    };
    let groups: Vec<_> = WORDS.iter().map(|words| group(words)).collect();
    OccupationTable::embedded(&Trades("trades"), &groups).unwrap()
}

fn candidate(id: &str, text: &str) -> Candidate {
    let profile = Profile::new(id, text).unwrap();
    Candidate::new(
        Hit::new(profile.id().clone(), Score::default()),
        Arc::new(profile),
    )
}

fn query(text: &str) -> Query {
    Query::new(JobDescription::new(text).unwrap())
}

#[test]
fn it_tells_one_occupation_without_a_word_in_common() {
    let occupations = Occupations::new(Arc::new(Trades("trades")), table()).unwrap();
    let candidates = [candidate("a", "oven menu"), candidate("b", "lathe welding")];
    let values = |text| {
        let matrix = occupations.extract(&query(text), &candidates).unwrap();
        [0, 1].map(|row| matrix.row(row).unwrap()[0])
    };
    let [cook, fitter] = values("chef");
    assert!(cook > 0.9 && fitter < 0.1, "{cook} {fitter}");
    assert_eq!(
        values("something else entirely"),
        [0.0, 0.0],
        "near to no occupation"
    );
    assert!(occupations.extract(&query("chef"), &[]).unwrap().is_empty());

    let both = Features::new().and(occupations).unwrap();
    let weight = LinearScorer::prior(both.schema()).weight("occupation");
    assert!(weight > Some(0.0), "it counts before any feedback");
}

#[test]
fn it_keeps_the_contract() {
    let occupations = Occupations::new(Arc::new(Trades("trades")), table()).unwrap();
    conformance::feature_extractor(&occupations).unwrap();
}

#[test]
fn a_saved_table_is_the_same_within_its_eight_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("occupations.json");
    let table = table();
    table.save(&path).unwrap();
    let read = OccupationTable::load(&path).unwrap();
    assert_eq!(read.len(), 3);
    let chef = Trades("trades").embed(&["chef"], Role::Query).unwrap();
    let nearest = |table: &OccupationTable| {
        let nearest = table.nearest(&chef[0].embedding, 2).unwrap();
        nearest
            .into_iter()
            .map(|(name, cosine)| (name.to_owned(), cosine))
            .collect::<Vec<_>>()
    };
    let (made, read) = (nearest(&table), nearest(&read));
    assert_eq!(read[0].0, "chef");
    assert!((made[0].1 - read[0].1).abs() < 0.02);
}

#[test]
fn a_table_of_another_encoder_is_refused() {
    let refused = Occupations::new(Arc::new(Trades("turned")), table()).unwrap_err();
    assert!(
        matches!(refused, OccupationError::OtherEncoder { .. }),
        "{refused}"
    );
    let empty = OccupationTable::embedded(&Trades("trades"), &[]).unwrap_err();
    assert!(matches!(empty, OccupationError::Empty { .. }));
    let blank = [("nobody".to_owned(), Vec::new())];
    let blank = OccupationTable::embedded(&Trades("trades"), &blank).unwrap_err();
    assert!(blank.to_string().contains("nobody"));
}

#[test]
fn every_changed_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("occupations.json");
    let table = table();
    table.save(&path).unwrap();
    let (bytes, whole) = (
        fs::read(&path).unwrap(),
        OccupationTable::load(&path).unwrap(),
    );
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        match OccupationTable::load(&path) {
            Err(OccupationError::Malformed { .. }) => {}
            Ok(same) => assert_eq!(same, whole, "byte {at}"),
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(OccupationTable::load(&path).is_err(), "half a file");
}
