//! An index file of any bytes: as it is, with its checksums made to hold, and a sound file with some
//! bytes changed and its checksums made to hold. It is refused, or what it holds can be searched,
//! changed and rebuilt.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{CandidateId, Embedding, Filter};
use ranker_retrieve::{FlatIndex, HnswIndex, HnswOptions, QuantizedIndex};

/// Bytes before the table of sections, and bytes of a section in it.
const HEADER: usize = 24;
const TABLE_ENTRY: usize = 16;

static SOUND: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let vector = |i: usize| {
        let components = (0..4).map(|j| ((i * 7 + j * 3) % 5) as f32 - 1.5).collect();
        Embedding::normalized(components).unwrap()
    };
    let entry = |i: usize| (id(&format!("p{i}")), vector(i));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("index");
    FlatIndex::new((0..5).map(entry))
        .unwrap()
        .save(&path)
        .unwrap();
    let flat = std::fs::read(&path).unwrap();
    // Enough for a second layer, which has a thirty-second of the points at least.
    let hnsw = HnswIndex::build((0..120).map(entry), HnswOptions::new()).unwrap();
    hnsw.remove(&id("p3")).unwrap();
    hnsw.insert(entry(120)).unwrap();
    hnsw.save(&path).unwrap();
    let hnsw = std::fs::read(&path).unwrap();
    // Few, and enough that the widths of its stages are measured.
    let [few, many] = [5, 1100].map(|rows| {
        let index = QuantizedIndex::new((0..rows).map(entry)).unwrap();
        index.save(&path).unwrap();
        std::fs::read(&path).unwrap()
    });
    [flat, hnsw, few, many]
});

fn id(name: &str) -> CandidateId {
    CandidateId::new(name).unwrap()
}

/// Makes the checksums hold, as far as there is something to sum. The last section gets the rest.
fn repaired(mut file: Vec<u8>) -> Vec<u8> {
    if file.len() < HEADER {
        return file;
    }
    file[..8].copy_from_slice(b"RANKRIDX");
    // A quantized index has a later layout than the others.
    let version = if file[16] == 3 { 3 } else { 1 };
    file[8..12].copy_from_slice(&u32::to_le_bytes(version));
    let sections = usize::from(file[20] % 9);
    file[20..24].copy_from_slice(&(sections as u32).to_le_bytes());
    let start = HEADER + sections * TABLE_ENTRY;
    if file.len() < start {
        return file;
    }
    let mut from = start;
    for (i, at) in (HEADER..start).step_by(TABLE_ENTRY).enumerate() {
        let told = u64::from_le_bytes(file[at + 8..at + 16].try_into().unwrap());
        let rest = file.len() - from;
        let last = i + 1 == sections;
        let length = if last {
            rest
        } else {
            usize::try_from(told).unwrap_or(rest).min(rest)
        };
        let sum = crc32fast::hash(&file[from..from + length]);
        file[at + 4..at + 8].copy_from_slice(&sum.to_le_bytes());
        file[at + 8..at + 16].copy_from_slice(&(length as u64).to_le_bytes());
        from += length;
    }
    let sum = crc32fast::hash(&file[16..start]);
    file[12..16].copy_from_slice(&sum.to_le_bytes());
    file
}

/// A sound file with bytes changed: the first byte of `edits` says which, then three say where and
/// one says what.
fn edited(edits: &[u8]) -> Vec<u8> {
    let (which, edits) = edits.split_first().unwrap_or((&0, &[]));
    let mut file = SOUND[usize::from(*which) % SOUND.len()].clone();
    for edit in edits.chunks_exact(4) {
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize % file.len();
        file[at] = edit[3];
    }
    file
}

fn load(bytes: &[u8]) {
    if let Ok(index) = FlatIndex::from_bytes(bytes, "fuzz") {
        let query = query(index.dimension());
        for k in [0, 1, 1_000] {
            assert!(index.search(&query, k, &Filter::All).unwrap().len() <= k);
        }
    }
    if let Ok(index) = HnswIndex::from_bytes(bytes, "fuzz") {
        let query = query(index.dimension());
        for k in [0, 1, 5, 1_000] {
            assert_eq!(
                index.search(&query, k, &Filter::All).unwrap().len(),
                k.min(index.len())
            );
        }
        let everyone = index.search(&query, usize::MAX, &Filter::All).unwrap();
        for hit in everyone.iter().take(2) {
            index.remove(hit.id()).unwrap();
        }
        index.search(&query, 1, &Filter::All).unwrap();
        if index.len() < 50 {
            index.rebuild();
        }
    }
    if let Ok(index) = QuantizedIndex::from_bytes(bytes, "fuzz") {
        load_quantized(&index);
    }
}

fn load_quantized(index: &QuantizedIndex) {
    let query = query(index.dimension());
    for k in [0, 1, 5, 1_000] {
        let asked = [query.clone(), query.clone()];
        let together = index.search_batch(&asked, k, &Filter::All).unwrap();
        let alone = index.search(&query, k, &Filter::All).unwrap();
        for hits in together.iter().chain([&alone]) {
            assert_eq!(hits.len(), k.min(index.len()));
        }
    }
    let everyone = index.search(&query, usize::MAX, &Filter::All).unwrap();
    assert_eq!(everyone.len(), index.len());
    for hit in everyone.iter().take(2) {
        index.remove(hit.id()).unwrap();
    }
    index.insert((id("another"), query.clone())).unwrap();
    assert_eq!(index.search(&query, 1, &Filter::All).unwrap().len(), 1);
    index.verify().unwrap();
}

fn query(dimension: Option<usize>) -> Embedding {
    Embedding::normalized(vec![1.0; dimension.unwrap_or(1)]).unwrap()
}

fuzz_target!(|bytes: &[u8]| {
    load(bytes);
    load(&repaired(bytes.to_vec()));
    load(&repaired(edited(bytes)));
});
