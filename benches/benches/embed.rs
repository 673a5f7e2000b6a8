//! Encoding with all-MiniLM-L6-v2 on two threads, and what it costs beyond running the graph.
//!
//! Measured: `OnnxEmbedder::embed` from text to unit vector under each engine, against `ort` alone
//! running the same graph on the same padded batches, tokenised beforehand and with its output thrown
//! away; batches under a token budget against batches of 16 texts as they come; one short query.
//! Not measured: loading, other models, more threads.
//!
//! Texts are made up with a fixed seed; their lengths are log-normal, as those of profiles are. Every
//! answer that is timed is first compared with a mean over what bare `ort` gives. The ratios come
//! from passes taken in turn, so that both sides meet the same machine.
//!
//! Without ONNX Runtime nothing is measured: `ranker_benches::need_runtime`.

// A bench prints its ratios, and stops at whatever goes wrong.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use ort::session::Session;
use ort::value::TensorRef;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_benches::{Ratios, in_turn, need_runtime};
use ranker_embed::{Backend, Embedded, Embedder, OnnxEmbedder, Role, onnxruntime};
use tokenizers::Tokenizer;

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/all-MiniLM-L6-v2");
const THREADS: usize = 2;
const TEXTS: usize = 32;
const MAX_TOKENS: usize = 256;
const TOKEN_BUDGET: usize = 1024;
const QUERY: &str = "Senior Rust engineer for our search team";

fn texts() -> Vec<String> {
    let words = "engineer nurse builds repairs databases wiring patients search teaches a of the in \
                 hospital workshop retrieval compilers turbines audits networks seven years with and";
    let words: Vec<&str> = words.split(' ').collect();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut text = || {
        // Box and Muller's normal variate, and its exponential: a median of 60 words.
        let (u, v): (f64, f64) = (rng.random_range(1e-9..1.0), rng.random());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let length = (4.1 + 0.9 * normal).exp().clamp(1.0, 600.0) as usize;
        let word = |_| words[rng.random_range(0..words.len())];
        (0..length).map(word).collect::<Vec<_>>().join(" ")
    };
    (0..TEXTS).map(|_| text()).collect()
}

fn load(backend: Backend, token_budget: usize) -> OnnxEmbedder {
    OnnxEmbedder::builder(MODEL)
        .backend(backend)
        .threads(THREADS)
        .token_budget(token_budget)
        .build()
        .unwrap()
}

/// `ort` alone, on batches made beforehand in the way that `ranker-embed` makes them.
struct Bare {
    session: Session,
    batches: Vec<Padded>,
}

struct Padded {
    texts: Vec<usize>,
    lengths: Vec<usize>,
    ids: Vec<i64>,
    mask: Vec<i64>,
    types: Vec<i64>,
}

impl Bare {
    fn new(texts: &[&str]) -> Self {
        let environment = onnxruntime::environment().unwrap();
        let session = Session::builder(&environment)
            .unwrap()
            .with_intra_threads(THREADS)
            .unwrap()
            .commit_from_file(Path::new(MODEL).join("model.onnx"))
            .unwrap();
        let mut tokenizer = Tokenizer::from_file(Path::new(MODEL).join("tokenizer.json")).unwrap();
        tokenizer.with_padding(None).with_truncation(None).unwrap();
        let ids = |text: &&str| {
            let mut ids = tokenizer.encode(*text, true).unwrap().get_ids().to_vec();
            if ids.len() > MAX_TOKENS {
                ids.drain(MAX_TOKENS - 1..ids.len() - 1);
            }
            ids
        };
        let ids: Vec<Vec<u32>> = texts.iter().map(ids).collect();
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(ids[i].len()));
        let mut batches = Vec::new();
        while !order.is_empty() {
            let rows = (TOKEN_BUDGET / ids[order[0]].len()).min(order.len());
            batches.push(Padded::new(order.drain(..rows).collect(), &ids));
        }
        Self { session, batches }
    }

    fn pass(&mut self) -> usize {
        let run = |batch: &Padded| batch.run(&mut self.session, |hidden| hidden.len());
        self.batches.iter().map(run).sum()
    }

    /// The mean over each text's hidden states, scaled to unit length.
    fn embeddings(&mut self) -> Vec<Vec<f32>> {
        let mut found = vec![Vec::new(); TEXTS];
        for batch in &self.batches {
            batch.run(&mut self.session, |hidden| {
                let rows = hidden.chunks(hidden.len() / batch.texts.len());
                for ((&text, &length), row) in batch.texts.iter().zip(&batch.lengths).zip(rows) {
                    found[text] = unit_mean(&row[..length * 384]);
                }
            });
        }
        found
    }
}

impl Padded {
    fn new(texts: Vec<usize>, ids: &[Vec<u32>]) -> Self {
        let lengths: Vec<usize> = texts.iter().map(|&text| ids[text].len()).collect();
        let (columns, cells) = (lengths[0], lengths[0] * texts.len());
        let mut batch = Self {
            texts,
            lengths,
            ids: vec![0; cells],
            mask: vec![0; cells],
            types: vec![0; cells],
        };
        for (row, &text) in batch.texts.iter().enumerate() {
            for (column, &id) in ids[text].iter().enumerate() {
                batch.ids[row * columns + column] = id.into();
                batch.mask[row * columns + column] = 1;
            }
        }
        batch
    }

    fn run<T>(&self, session: &mut Session, read: impl FnOnce(&[f32]) -> T) -> T {
        let shape = [self.texts.len(), self.lengths[0]];
        let tensor = |values| TensorRef::from_array_view((shape, values)).unwrap();
        let outputs = session
            .run(ort::inputs![
                "input_ids" => tensor(self.ids.as_slice()),
                "attention_mask" => tensor(self.mask.as_slice()),
                "token_type_ids" => tensor(self.types.as_slice()),
            ])
            .unwrap();
        read(outputs[0].try_extract_tensor::<f32>().unwrap().1)
    }
}

fn unit_mean(rows: &[f32]) -> Vec<f32> {
    let mut sum = vec![0.0; 384];
    for row in rows.chunks(384) {
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    sum.iter().map(|x| x / norm).collect()
}

/// Stops the bench when an embedding is not what bare `ort` gives.
fn check(found: &[Embedded], expected: &[Vec<f32>], tolerance: f32) {
    for (found, expected) in found.iter().zip(expected) {
        let gaps = found.embedding.as_slice().iter().zip(expected);
        let gap = gaps.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(gap <= tolerance, "an embedding is off by {gap}");
    }
}

fn embed(criterion: &mut Criterion) {
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    need_runtime();
    let native = load(Backend::Native, TOKEN_BUDGET);
    let mut group = criterion.benchmark_group("embed");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(4))
        .warm_up_time(Duration::from_secs(1));
    group.throughput(Throughput::Elements(TEXTS as u64));
    with_onnxruntime(&mut group, &texts, &native);
    time(&mut group, "32 texts, our own engine", &native, &texts);
    group.finish();
}

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn time(group: &mut Group<'_>, name: &str, embedder: &OnnxEmbedder, texts: &[&str]) {
    group.bench_function(name, |b| {
        b.iter(|| embedder.embed(texts, Role::Document).unwrap())
    });
}

fn with_onnxruntime(group: &mut Group<'_>, texts: &[&str], native: &OnnxEmbedder) {
    let ours = load(Backend::OnnxRuntime, TOKEN_BUDGET);
    let unbounded = load(Backend::OnnxRuntime, usize::MAX / 2);
    let mut bare = Bare::new(texts);
    let embed = |embedder: &OnnxEmbedder| embedder.embed(texts, Role::Document).unwrap();
    let in_16s = || -> Vec<Embedded> {
        let batch = |batch| unbounded.embed(batch, Role::Document).unwrap();
        texts.chunks(16).flat_map(batch).collect()
    };
    let expected = bare.embeddings();
    check(&embed(&ours), &expected, 1e-5);
    check(&in_16s(), &expected, 1e-5);
    check(&embed(native), &expected, 1e-5);

    let mut ratios = Ratios::of("embed");
    let (texts_32, embed_ours) = ("32 texts to vectors", || drop(embed(&ours)));
    let graph = in_turn(9, embed_ours, || {
        bare.pass();
    });
    ratios.limit(texts_32, "bare `ort` on the same batches", graph);
    let batches = in_turn(11, embed_ours, || drop(in_16s()));
    ratios.peer(texts_32, "batches of 16 as they come", batches);
    let engines = in_turn(5, embed_ours, || drop(embed(native)));
    ratios.peer(texts_32, "our own engine", engines);
    let query = |embedder: &OnnxEmbedder| drop(embedder.embed(&[QUERY], Role::Query).unwrap());
    let engines = in_turn(51, || query(&ours), || query(native));
    ratios.peer("one short query", "our own engine", engines);
    ratios.close().unwrap();

    time(group, "32 texts, ONNX Runtime", &ours, texts);
    group.bench_function("32 texts, bare ort", |b| b.iter(|| bare.pass()));
    group.throughput(Throughput::Elements(1));
    time(group, "one short query, ONNX Runtime", &ours, &[QUERY]);
    time(group, "one short query, our own engine", native, &[QUERY]);
    group.throughput(Throughput::Elements(TEXTS as u64));
}

criterion_group!(benches, embed);
criterion_main!(benches);
