//! Late interaction over a hundred candidates a query, with kept token vectors: ours beside next-plaid's.
//!
//! ```text
//! cargo run --release -- ENCODER DATA [VECTORS]
//! ```
//!
//! Where a folder for the vectors is named, they are written there for `maxsim.py`, which has the peers in Python do the same.
//!
//! Every contestant orders the same hundred documents, those nearest to the query by their embeddings. Queries come
//! in turns, each contestant once a query, and all use the pool of rayon. Agreement is with MaxSim of the `f32` vectors
//! of all tokens: the share of its best ten that are among the contestant's best ten.

mod dump;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::Array2;
use next_plaid::{IndexConfig, MmapIndex, SearchParameters};
use ranker_core::{EmbeddedTokens, Embedder, Profile, Role, TokenCodec, TokenEmbeddings};
use ranker_embed::{OnnxEmbedder, onnxruntime};
use ranker_eval::BeirDataset;
use ranker_retrieve::TwoBitCodec;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Candidates of a query.
const CANDIDATES: usize = 100;
/// Places that are compared.
const PLACES: usize = 10;
/// Texts encoded in one call.
const STEP: usize = 64;

fn main() -> Outcome<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (model, data, vectors) = match arguments.as_slice() {
        [model, data] => (model, data, None),
        [model, data, vectors] => (model, data, Some(vectors)),
        _ => {
            return Err(
                "give an encoder's folder and one of judged data in BEIR's layout; and, for peers in \
                 Python, one that vectors are written to"
                    .into(),
            );
        }
    };
    if let Some(library) = onnxruntime::path_from_env() {
        onnxruntime::load(&library)?;
    }
    let encoder = OnnxEmbedder::from_dir(model)?;
    let data = BeirDataset::open(data)?;
    let documents = documents(&data)?;
    let queries: Vec<String> = data
        .queries()
        .iter()
        .map(|query| query.text.clone())
        .collect();
    let documents = encode(&encoder, &documents, Role::Document)?;
    let queries = encode(&encoder, &queries, Role::Query)?;
    let tokens = |all: &[EmbeddedTokens]| {
        all.iter()
            .map(|one| one.tokens.vectors().count())
            .sum::<usize>()
            / all.len()
    };
    println!(
        "{} documents of {} tokens, {} queries of {}",
        documents.len(),
        tokens(&documents),
        queries.len(),
        tokens(&queries)
    );

    let candidates: Vec<Vec<usize>> = queries.iter().map(|one| nearest(one, &documents)).collect();
    if let Some(folder) = vectors {
        dump::write(folder, [&documents, &queries], &candidates)?;
    }

    let mut contestants: Vec<Box<dyn Contestant>> = vec![
        Box::new(Exact::new(&documents)),
        Box::new(Ours::new(&documents)?),
    ];
    let folder = tempfile::tempdir()?;
    for (name, config) in [
        (
            "next-plaid, 2 bits",
            IndexConfig {
                nbits: 2,
                ..IndexConfig::default()
            },
        ),
        ("next-plaid, 4 bits", IndexConfig::default()),
        (
            "next-plaid, 1 bit",
            IndexConfig {
                binary: true,
                ..IndexConfig::default()
            },
        ),
    ] {
        contestants.push(Box::new(Plaid::new(
            name,
            &documents,
            config,
            folder.path(),
        )?));
    }
    let mut results: Vec<Measured> = contestants.iter().map(|_| Measured::default()).collect();
    for (query, candidates) in queries.iter().zip(&candidates) {
        let mut truth = Vec::new();
        for (contestant, result) in contestants.iter().zip(&mut results) {
            let start = Instant::now();
            let mut scores = contestant.scores(&query.tokens, candidates)?;
            result.times.push(start.elapsed());
            scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            let best: Vec<usize> = scores.iter().take(PLACES).map(|(at, _)| *at).collect();
            if truth.is_empty() {
                truth.clone_from(&best);
            }
            let agreeing = best.iter().filter(|at| truth.contains(at)).count();
            result.agreement += agreeing as f64 / (truth.len() * queries.len()) as f64;
        }
    }
    println!(
        "{:36} {:>9} {:>9} {:>15} {:>12}",
        "", "p50, ms", "p99, ms", "bytes/document", "same top 10"
    );
    for (contestant, result) in contestants.iter().zip(&mut results) {
        result.times.sort();
        let at = |share: f64| {
            result.times[((result.times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
        };
        println!(
            "{:36} {:9.2} {:9.2} {:15} {:12.3}",
            contestant.name(),
            at(0.5),
            at(0.99),
            contestant.bytes() / documents.len(),
            result.agreement
        );
    }
    Ok(())
}

#[derive(Default)]
struct Measured {
    times: Vec<Duration>,
    agreement: f64,
}

trait Contestant {
    fn name(&self) -> String;
    /// Bytes of what is kept of all documents' tokens.
    fn bytes(&self) -> usize;
    /// MaxSim of each candidate, with its place among the documents.
    fn scores(&self, query: &TokenEmbeddings, candidates: &[usize]) -> Outcome<Vec<(usize, f32)>>;
}

/// All tokens in `f32`, by next-plaid's own function (a matrix product, and the greatest of each row).
struct Exact(Vec<Array2<f32>>);

impl Exact {
    fn new(documents: &[EmbeddedTokens]) -> Self {
        Self(documents.iter().map(|one| matrix(&one.tokens)).collect())
    }
}

impl Contestant for Exact {
    fn name(&self) -> String {
        "f32, next-plaid's loop, one thread".to_owned()
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|one| 4 * one.len()).sum()
    }

    fn scores(&self, query: &TokenEmbeddings, candidates: &[usize]) -> Outcome<Vec<(usize, f32)>> {
        let query = matrix(query);
        let score = |at: &usize| {
            (
                *at,
                next_plaid::maxsim::maxsim_score(&query.view(), &self.0[*at].view()),
            )
        };
        Ok(candidates.iter().map(score).collect())
    }
}

/// `TwoBitCodec`, as collections keep token vectors.
struct Ours(Vec<Vec<u8>>);

impl Ours {
    fn new(documents: &[EmbeddedTokens]) -> Outcome<Self> {
        let codes = documents.iter().map(|one| TwoBitCodec.encode(&one.tokens));
        Ok(Self(codes.collect::<Result<_, _>>()?))
    }
}

impl Contestant for Ours {
    fn name(&self) -> String {
        "TwoBitCodec".to_owned()
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    fn scores(&self, query: &TokenEmbeddings, candidates: &[usize]) -> Outcome<Vec<(usize, f32)>> {
        let codes: Vec<&[u8]> = candidates.iter().map(|&at| self.0[at].as_slice()).collect();
        let scores = TwoBitCodec.max_similarities(query, &codes)?;
        Ok(candidates.iter().copied().zip(scores).collect())
    }
}

/// An index of next-plaid, searched among the candidates alone, all of which it scores in full.
struct Plaid {
    name: &'static str,
    index: MmapIndex,
    bytes: usize,
}

impl Plaid {
    fn new(
        name: &'static str,
        documents: &[EmbeddedTokens],
        config: IndexConfig,
        folder: &Path,
    ) -> Outcome<Self> {
        let config = IndexConfig {
            start_from_scratch: 0,
            ..config
        };
        let folder = folder.join(name.replace([' ', ','], "-"));
        let documents: Vec<Array2<f32>> = documents.iter().map(|one| matrix(&one.tokens)).collect();
        let path = folder.to_str().ok_or("the temporary folder is not UTF-8")?;
        let index = MmapIndex::create_with_kmeans(&documents, path, &config)?;
        let files = std::fs::read_dir(&folder)?;
        let bytes = files
            .map(|file| Ok(file?.metadata()?.len() as usize))
            .sum::<std::io::Result<usize>>()?;
        Ok(Self { name, index, bytes })
    }
}

impl Contestant for Plaid {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn scores(&self, query: &TokenEmbeddings, candidates: &[usize]) -> Outcome<Vec<(usize, f32)>> {
        let params = SearchParameters {
            n_full_scores: 4 * CANDIDATES,
            top_k: CANDIDATES,
            n_ivf_probe: usize::MAX >> 32,
            centroid_score_threshold: None,
            ..SearchParameters::default()
        };
        let subset: Vec<i64> = candidates.iter().map(|&at| at as i64).collect();
        let found = self.index.search(&matrix(query), &params, Some(&subset))?;
        let scores = found
            .passage_ids
            .into_iter()
            .map(|at| at as usize)
            .zip(found.scores);
        Ok(scores.collect())
    }
}

fn matrix(tokens: &TokenEmbeddings) -> Array2<f32> {
    let rows = tokens.vectors().count();
    let all: Vec<f32> = tokens.vectors().flatten().copied().collect();
    Array2::from_shape_vec((rows, all.len() / rows.max(1)), all).unwrap_or_default()
}

/// The texts of all documents that have any, read as profiles are.
fn documents(data: &BeirDataset) -> Outcome<Vec<String>> {
    let mut texts = Vec::new();
    for document in data.documents()? {
        let document = document?;
        if !document.text.trim().is_empty() {
            let profile = Profile::new(document.id, document.text)?.with_title(document.title);
            texts.push(profile.full_text());
        }
    }
    Ok(texts)
}

fn nearest(query: &EmbeddedTokens, documents: &[EmbeddedTokens]) -> Vec<usize> {
    let query = query.embedded.embedding.as_slice();
    let near = |one: &EmbeddedTokens| {
        let products = query.iter().zip(one.embedded.embedding.as_slice());
        products.map(|(a, b)| a * b).sum()
    };
    let mut found: Vec<(usize, f32)> = documents.iter().map(near).enumerate().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found
        .into_iter()
        .take(CANDIDATES)
        .map(|(at, _)| at)
        .collect()
}

fn encode(encoder: &dyn Embedder, texts: &[String], role: Role) -> Outcome<Vec<EmbeddedTokens>> {
    let mut encoded = Vec::with_capacity(texts.len());
    for step in texts.chunks(STEP) {
        let step: Vec<&str> = step.iter().map(String::as_str).collect();
        encoded.extend(encoder.embed_with_tokens(&step, role)?);
    }
    Ok(encoded)
}
