//! Word vectors: the formats of others, and what jobs are expanded with.

use std::fs;
use std::path::{Path, PathBuf};

use ranker_core::{TermSource, ValueError};
use ranker_expand::{CollectionStatistics, VectorExpander, WordVectors, WordVectorsError};

use crate::jobs::{texts, untitled};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/vectors");

fn golden_model() -> PathBuf {
    Path::new(GOLDEN).join("model")
}

/// Compares with the neighbours that spaCy finds (`scripts/golden_vectors.py`).
fn check_neighbours(vectors: &WordVectors, neighbours: &str) {
    let mut lines = neighbours
        .lines()
        .filter(|line| !line.starts_with('#'))
        .peekable();
    let mut words = 0;
    while let Some(line) = lines.peek() {
        let word = line.split('\t').next().unwrap();
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.split('\t').next() == Some(word)) {
            expected.push(line.split('\t').collect::<Vec<_>>());
        }
        assert_eq!(
            vectors.is_pruned(word),
            expected[0][1] == "pruned",
            "{word}"
        );
        let near = vectors.neighbours(word, expected.len());
        assert_eq!(near.len(), expected.len(), "{word}");
        let mut cosines: Vec<f64> = Vec::new();
        for (near, expected) in near.iter().zip(&expected) {
            let cosine: f64 = expected[3].parse().unwrap();
            let error = (f64::from(near.similarity) - cosine).abs();
            assert!(error <= 1e-6, "{word} and {}: {error}", near.word);
            cosines.push(cosine);
        }
        // Rows whose cosines differ by less than f32 tells apart may trade places.
        for (at, near) in near.iter().enumerate() {
            let named = |(other, expected): (usize, &Vec<&str>)| {
                expected[2] == near.word && (cosines[other] - cosines[at]).abs() <= 1e-6
            };
            assert!(
                expected.iter().enumerate().any(named),
                "{word}: {}",
                near.word
            );
        }
        words += 1;
    }
    assert!(words > 30, "{words} words were compared");
}

#[test]
fn neighbours_are_those_that_spacy_finds() {
    let vectors = WordVectors::from_spacy(golden_model()).unwrap();
    assert_eq!((vectors.len(), vectors.dimension()), (38, 12));
    let neighbours = fs::read_to_string(Path::new(GOLDEN).join("neighbours.tsv")).unwrap();
    check_neighbours(&vectors, &neighbours);
    let vocab = WordVectors::from_spacy(golden_model().join("vocab")).unwrap();
    assert_eq!(
        vocab.vector("agent"),
        vectors.vector("agent"),
        "a symbol of spaCy's"
    );
    assert!(vectors.neighbours("unknown", 3).is_empty());
    assert!(vectors.neighbours("solr", 0).is_empty());
}

#[test]
#[ignore = "needs a spaCy model; see scripts/golden_vectors.py"]
fn real_model() {
    let path = |name: &str| PathBuf::from(std::env::var_os(name).expect(name));
    let vectors = WordVectors::from_spacy(path("RANKER_SPACY_MODEL")).unwrap();
    check_neighbours(
        &vectors,
        &fs::read_to_string(path("RANKER_SPACY_NEIGHBOURS")).unwrap(),
    );
}

/// A copy of the golden model, changed.
fn spacy_with(change: impl Fn(&Path)) -> Result<WordVectors, WordVectorsError> {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(golden_model().join("vocab")).unwrap() {
        let name = entry.unwrap().file_name();
        let from = golden_model().join("vocab").join(&name);
        fs::copy(from, folder.path().join(&name)).unwrap();
    }
    change(folder.path());
    WordVectors::from_spacy(folder.path())
}

/// The golden model's file with some bytes replaced.
fn damaged(name: &str, damage: impl Fn(&mut Vec<u8>)) -> String {
    let refused = spacy_with(|folder| {
        let mut bytes = fs::read(folder.join(name)).unwrap();
        damage(&mut bytes);
        fs::write(folder.join(name), bytes).unwrap();
    });
    let error = refused.unwrap_err().to_string();
    assert!(error.contains(name), "{error}");
    error
}

fn replace(bytes: &mut Vec<u8>, from: &str, to: &str) {
    let at = bytes
        .windows(from.len())
        .position(|here| here == from.as_bytes())
        .unwrap();
    bytes.splice(at..at + from.len(), to.bytes());
}

#[test]
fn damaged_models_are_refused_with_file_and_place() {
    for (name, damage, said) in [
        (
            "vectors",
            &(|b: &mut Vec<u8>| b.clear()) as &dyn Fn(&mut Vec<u8>),
            "cut off",
        ),
        ("vectors", &|b| b.truncate(200), "does not hold"),
        ("vectors", &|b| b.push(0), "does not hold"),
        ("vectors", &|b| b[0] = 0, "byte 0: it is no file of NumPy's"),
        ("vectors", &|b| b[6] = 9, "byte 6"),
        ("vectors", &|b| b[9] = 0xff, "header of"),
        ("vectors", &|b| replace(b, "<f4", ">f4"), "'<f4'"),
        (
            "vectors",
            &|b| replace(b, "False", "True "),
            "fortran_order",
        ),
        (
            "vectors",
            &|b| replace(b, "(24, 12)", "(24,)   "),
            "a shape of two numbers",
        ),
        (
            "vectors",
            &|b| replace(b, "(24, 12)", "(9999999999, 9999999999)"),
            "header",
        ),
        (
            "vectors",
            &|b| {
                replace(b, "(24, 12), }", "(0, 9999999999999999999), }");
                b.truncate(128);
            },
            "holds no word vectors",
        ),
        (
            "vectors",
            &|b| b[128 + 48..][..4].copy_from_slice(&f32::NAN.to_le_bytes()),
            "row 1: it holds NaN",
        ),
        ("key2row", &|b| b.truncate(9), "byte 4: the file is cut off"),
        (
            "key2row",
            &|b| *b.last_mut().unwrap() = 99,
            "row 99 of a table of 24",
        ),
        ("strings.json", &|b| b.truncate(30), "line 4, column"),
        ("strings.json", &|b| b[0] = b'{', "line 1"),
        (
            "vectors.cfg",
            &|b| replace(b, "default", "floret"),
            "floret",
        ),
    ] {
        let error = damaged(name, damage);
        assert!(error.contains(said), "{name}: {error}");
    }
    let missing = spacy_with(|folder| fs::remove_file(folder.join("key2row")).unwrap());
    assert!(
        matches!(missing, Err(WordVectorsError::Read { path, .. }) if path.ends_with("key2row"))
    );
    let nothing = spacy_with(|folder| fs::write(folder.join("strings.json"), "[]").unwrap());
    assert!(
        nothing.unwrap().vector("agent").is_some(),
        "symbols need no strings"
    );
}

fn text(content: impl AsRef<[u8]>) -> Result<WordVectors, WordVectorsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors.txt");
    fs::write(&path, content).unwrap();
    WordVectors::from_text(path)
}

fn word2vec(content: impl AsRef<[u8]>) -> Result<WordVectors, WordVectorsError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors.bin");
    fs::write(&path, content).unwrap();
    WordVectors::from_word2vec(path)
}

#[test]
fn text_files_of_three_kinds_are_read() {
    let glove = text("the 1 0 -2\nrust 3e0 4 0\n").unwrap();
    assert_eq!(glove.vector("rust"), Some(&[0.6, 0.8, 0.0][..]));
    assert_eq!(glove.len(), 2);
    let spaced = text("the 1 0 0\n. . . 0 1 0\n").unwrap();
    assert!(spaced.vector(". . .").is_some(), "a word with spaces");
    let word2vec = text("2 2\nrust 3 4 \nrust 1 1\n").unwrap();
    assert_eq!(
        word2vec.vector("rust"),
        Some(&[0.6, 0.8][..]),
        "the first of two stays"
    );
    assert!(matches!(
        text("1 2\nzero 0 0\n"),
        Err(WordVectorsError::Empty { .. })
    ));
}

#[test]
fn broken_text_files_are_refused_with_the_line() {
    for (content, said) in [
        (
            &b"2 2\nrust 3 4\n"[..],
            "line 1: it tells of 2 words, and 1 follow",
        ),
        (b"a 1 2\nb 1\n", "line 2"),
        (b"a 1 2\nb 1 x\n", "line 2: \"x\" is no number"),
        (b"a 1 2\nb 1 nan\n", "line 2: \"b\" has the component NaN"),
        (b"a 1 2\nb 1 1e99\n", "inf"),
        (b"a 1 2\n\xff 1 2\n", "line 2: it is no text in UTF-8"),
        (b"1 18446744073709551615\na 1 2\n", "line 2"),
        (b"", "holds no word vectors"),
    ] {
        let error = text(content).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

/// word2vec's binary form of these words.
fn binary(header: &str, words: &[(&str, [f32; 2])]) -> Vec<u8> {
    let mut bytes = format!("{header}\n").into_bytes();
    for (word, vector) in words {
        bytes.extend(format!("{word} ").bytes());
        bytes.extend(vector.iter().flat_map(|x| x.to_le_bytes()));
        bytes.push(b'\n');
    }
    bytes
}

#[test]
fn binary_files_are_read_or_refused_with_the_word() {
    let words = [("rust", [3.0, 4.0]), ("search", [0.0, 1.0])];
    let bytes = binary("2 2", &words);
    let vectors = word2vec(&bytes).unwrap();
    assert_eq!(vectors.vector("rust"), Some(&[0.6, 0.8][..]));
    assert_eq!(vectors.neighbours("search", 5)[0].word, "rust");
    let odd = binary("1 2", &[("rust", [f32::INFINITY, 0.0])]);
    for (bytes, said) in [
        (
            bytes[..bytes.len() - 5].to_vec(),
            "word 2: the file is cut off",
        ),
        (odd, "word 1: \"rust\" has the component inf"),
        (binary("9 2", &words), "does not hold"),
        (binary("4294967296 4294967296", &words), "does not hold"),
        (binary("words 2", &words), "line 1"),
        (
            binary("0 18446744073709551615", &[]),
            "holds no word vectors",
        ),
        (b"1 1\n\xff 1234".to_vec(), "word 1: it is no text in UTF-8"),
        (vec![b'7'; 5000], "line 1"),
    ] {
        let error = word2vec(bytes).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

/// Words on a circle, by their angles in degrees.
pub(crate) fn circle(words: &[(&str, f32)]) -> WordVectors {
    WordVectors::new(words.iter().map(|&(word, degrees)| {
        let angle = degrees.to_radians();
        (word, vec![angle.cos(), angle.sin()])
    }))
    .unwrap()
}

fn expander() -> VectorExpander {
    let vectors = circle(&[
        ("solr", 0.0),
        ("lucene", 10.0),
        ("Engine", 14.0),
        ("quantum", 15.0),
        ("senior", 90.0),
        ("junior", 91.0),
        ("nurse", 180.0),
        ("with", 181.0),
        ("r2d2", 182.0),
    ]);
    let profiles = [
        "Lucene and an engine",
        "junior nurses with r2d2",
        "a welder",
    ];
    VectorExpander::new(vectors, CollectionStatistics::of(profiles))
}

fn added(expander: &VectorExpander, job: &str) -> Vec<String> {
    let expansion = expander.expansion(&untitled(job));
    texts(&expansion).into_iter().map(str::to_owned).collect()
}

#[test]
fn near_words_of_the_pool_are_added_with_their_reason() {
    let expansion = expander().expansion(&untitled("A Solr engineer"));
    assert_eq!(
        texts(&expansion),
        ["lucene", "engine"],
        "quantum is in no profile"
    );
    let term = &expansion.terms()[0];
    assert_eq!(term.source(), TermSource::WordVectors);
    assert!((term.weight() - 0.2 * 10.0_f32.to_radians().cos()).abs() < 1e-6);
    let reason = "'lucene' is near 'Solr' in the job, cosine 0.98 (word vectors)";
    assert_eq!(term.reason(), reason);
}

#[test]
fn what_says_nothing_new_is_not_added() {
    assert_eq!(
        added(&expander(), "Solr and Lucene"),
        ["engine"],
        "a word of the job"
    );
    assert_eq!(
        added(&expander(), "NURSES wanted"),
        Vec::<String>::new(),
        "stop words, numbers"
    );
    assert_eq!(
        added(&expander(), "welder"),
        Vec::<String>::new(),
        "no vector"
    );
    assert_eq!(added(&expander(), "a senior"), ["junior"]);
    let strict = expander().with_antonyms([["Junior", "senior"]]);
    assert_eq!(added(&strict, "a senior"), Vec::<String>::new());
    let near = expander().with_min_similarity(0.98).unwrap();
    assert_eq!(added(&near, "Solr"), ["lucene"]);
}

#[test]
fn frequent_words_are_not_added() {
    let vectors = circle(&[("solr", 0.0), ("lucene", 10.0), ("search", 11.0)]);
    let mut profiles = vec!["search"; 40];
    profiles[..3].fill("search lucene");
    let expander = VectorExpander::new(vectors, CollectionStatistics::of(profiles));
    assert_eq!(added(&expander, "Solr"), ["lucene"]);
    let all = expander.clone().with_max_share(1.0).unwrap();
    assert_eq!(added(&all, "Solr"), ["lucene", "search"]);
    let rare = expander.with_max_share(0.05).unwrap();
    assert_eq!(added(&rare, "Solr"), Vec::<String>::new());
}

#[test]
fn pruned_words_are_neither_expanded_nor_added() {
    let vectors = WordVectors::from_spacy(golden_model()).unwrap();
    let neighbours = fs::read_to_string(Path::new(GOLDEN).join("neighbours.tsv")).unwrap();
    let is_pruned = |line: &&str| line.split('\t').nth(1) == Some("pruned");
    let pruned: Vec<&str> = neighbours.lines().filter(is_pruned).collect();
    let words: Vec<&str> = pruned
        .iter()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert!(words.contains(&"bookkeeping"), "{words:?}");
    let profiles = ["audit ledger accountant bookkeeping tax search solr lucene index"];
    let expander = VectorExpander::new(vectors, CollectionStatistics::of(profiles));
    for job in words.into_iter().filter(|word| !word.contains('-')) {
        assert_eq!(added(&expander, job), Vec::<String>::new(), "{job}");
    }
    let near = added(&expander.with_min_similarity(0.0).unwrap(), "engine ledger");
    assert!(near.contains(&"search".to_owned()), "{near:?}");
    assert!(!near.contains(&"bookkeeping".to_owned()), "{near:?}");
}

#[test]
fn settings_are_checked() {
    for odd in [-0.1, 1.1, f32::NAN] {
        let refused = |result: Result<VectorExpander, ValueError>| {
            assert!(
                matches!(result, Err(ValueError::OutOfRange { .. })),
                "{odd}"
            );
        };
        refused(expander().with_weight(odd));
        refused(expander().with_min_similarity(odd));
        refused(expander().with_max_share(odd.into()));
    }
    let one = expander().with_max_terms(1);
    assert_eq!(added(&one, "Solr"), ["lucene"]);
    assert_eq!(
        added(&expander().with_weight(0.0).unwrap(), "Solr"),
        Vec::<String>::new()
    );
}
