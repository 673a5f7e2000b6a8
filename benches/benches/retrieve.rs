//! Retrieval beside its limits and its peers, measured in turn in the same run.
//!
//! - Flat scan of 100,000 vectors of 384 components (154 MB, more than the caches hold), top 10:
//!   beside reading as many bytes once, which no scan can beat, and beside the plain loop.
//! - HNSW with `ef_search` 64 over 20,000 clustered vectors of 64 components: beside the flat scan of
//!   the same, on one thread. (Larger pools, where a graph pays most, take too long to build here.)
//! - BM25 over 40,000 texts of 120 words drawn by Zipf's law, a query of 150 words, top 100: beside
//!   tantivy's own `TopDocs` over the same terms.
//! - Sparse vectors of 150 weights over a vocabulary of 30,000, drawn by Zipf's law, 40,000 of them, queries of 60 and of 250
//!   weights, top 100: beside comparing all vectors. Real models' weights are spread otherwise.
//! - Fusion of both legs over 10,000 profiles: beside the legs asked alone.
//!
//! Everything is drawn by seed. Not measured: loading, saving, filters. Before anything is timed its
//! answer is compared with the peer's. Medians of interleaved passes; the ratios are what counts.

// A bench prints its ratios, and stops at whatever goes wrong.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use pollster::block_on;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker_benches::{Ratios, passes};
use ranker_core::{
    CandidateId, EmbedError, Embedding, Filter, Hit, JobDescription, Profile, Query, Request, Role,
    SparseEmbedded, SparseEmbedder, SparseVector,
};
use ranker_retrieve::{
    FlatIndex, HnswIndex, HnswOptions, KeywordIndex, KeywordOptions, ProfileIndex, Retriever,
    SparseIndex,
};
use rayon::prelude::*;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STRING, Schema, TEXT};
use tantivy::{Index, Searcher, TantivyDocument, Term};

const SEED: u64 = 11;

type Pool = Vec<(CandidateId, Embedding)>;

fn id(i: usize) -> CandidateId {
    CandidateId::new(format!("p{i:06}")).unwrap()
}

/// Vectors around 200 centres.
fn vectors(len: usize, dimension: usize) -> Pool {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut random = |scale: f32| -> Vec<f32> {
        (0..dimension)
            .map(|_| scale * (rng.random::<f32>() - 0.5))
            .collect()
    };
    let centres: Vec<Vec<f32>> = (0..200).map(|_| random(1.0)).collect();
    let near = |i: usize| {
        let noise = random(1.0);
        let sum = centres[i * 7919 % 200]
            .iter()
            .zip(noise)
            .map(|(c, n)| c + n);
        (id(i), Embedding::normalized(sum.collect()).unwrap())
    };
    (0..len).map(near).collect()
}

/// Texts of words whose frequency falls as one over their rank.
fn texts(len: usize, words: usize, seed: u64) -> Vec<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let vocabulary = 30_000_f32;
    let mut word = || format!("w{}x", vocabulary.powf(rng.random::<f32>()) as u32);
    let text = |_| (0..words).map(|_| word()).collect::<Vec<_>>().join(" ");
    (0..len).map(text).collect()
}

/// The median time of each of some works, done in turn.
fn medians(works: &mut [(&str, &mut dyn FnMut())]) -> Vec<f64> {
    let mut times = vec![Vec::new(); works.len()];
    let passes = passes(15);
    for _ in 0..passes {
        for ((_, work), times) in works.iter_mut().zip(&mut times) {
            let started = Instant::now();
            work();
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
    }
    let medians = times.into_iter().map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[passes / 2]
    });
    let medians: Vec<f64> = medians.collect();
    for ((name, _), median) in works.iter().zip(&medians) {
        println!("  {name:<34} {median:>9.3} ms");
    }
    medians
}

fn quick<'a>(
    c: &'a mut Criterion,
    name: &str,
) -> criterion::BenchmarkGroup<'a, criterion::measurement::WallTime> {
    let mut group = c.benchmark_group(name);
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_secs(1));
    group
}

fn ids(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.id().as_str()).collect()
}

/// What the plain loop finds.
fn plain(pool: &Pool, query: &Embedding, k: usize) -> Vec<CandidateId> {
    let mut scored: Vec<(f32, &CandidateId)> = pool
        .iter()
        .map(|(id, vector)| (vector.cosine(query).unwrap(), id))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(k)
        .map(|(_, id)| id.clone())
        .collect()
}

/// Reads every number once, with sums enough to keep the memory busy.
fn read(matrix: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 64];
    for block in matrix.as_chunks::<64>().0 {
        for (sum, x) in sums.iter_mut().zip(block) {
            *sum += x;
        }
    }
    sums.iter().sum()
}

fn flat(c: &mut Criterion, ratios: &mut Ratios) {
    let (len, dimension) = (100_000, 384);
    let pool = vectors(len, dimension);
    let query = pool[4_321].1.clone();
    let index = FlatIndex::new(pool.clone()).unwrap();
    let matrix: Vec<f32> = pool
        .iter()
        .flat_map(|(_, v)| v.as_slice().to_vec())
        .collect();
    let search = || index.search(&query, 10, &Filter::All).unwrap();
    let expected = plain(&pool, &query, 10);
    assert_eq!(
        ids(&search()),
        expected.iter().map(CandidateId::as_str).collect::<Vec<_>>()
    );

    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    println!(
        "flat, {len} x {dimension}, top 10, on one thread and on {}",
        rayon::current_num_threads()
    );
    let took = medians(&mut [
        ("FlatIndex, one thread", &mut || {
            drop(black_box(one.install(search)))
        }),
        ("reading, one thread", &mut || {
            black_box(read(&matrix));
        }),
        ("plain loop, one thread", &mut || {
            drop(black_box(plain(&pool, &query, 10)))
        }),
        ("FlatIndex, all threads", &mut || drop(black_box(search()))),
        ("reading, all threads", &mut || {
            let sum: f32 = matrix.par_chunks(dimension * 4096).map(read).sum();
            black_box(sum);
        }),
    ]);
    let (one, all) = ("flat scan, one thread", "flat scan, all threads");
    ratios.limit(one, "reading its bytes once", [took[0], took[1]]);
    ratios.peer(one, "the plain loop", [took[0], took[2]]);
    ratios.limit(all, "reading its bytes once", [took[3], took[4]]);
    let mut group = quick(c, "flat");
    group.bench_function("100k x 384", |b| b.iter(search));
    group.finish();
}

/// An encoder of vectors that come from elsewhere.
struct Foreign;

impl SparseEmbedder for Foreign {
    fn vocabulary(&self) -> usize {
        VOCABULARY as usize
    }

    fn model_id(&self) -> &str {
        "foreign"
    }

    fn embed_sparse(&self, _: &[&str], _: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
        Ok(Vec::new())
    }
}

const VOCABULARY: f32 = 30_000.0;

/// Vectors of so many weights at most, entries falling as one over their rank.
fn sparse_vectors(len: usize, weights: usize, seed: u64) -> Vec<SparseVector> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut vector = |_| {
        let entry = |_| {
            (
                VOCABULARY.powf(rng.random::<f32>()) as u32 - 1,
                rng.random_range(0.1..3.0),
            )
        };
        let entries: BTreeMap<u32, f32> = (0..weights).map(entry).collect();
        SparseVector::new(entries).unwrap()
    };
    (0..len).map(&mut vector).collect()
}

fn sparse(c: &mut Criterion, ratios: &mut Ratios) {
    let len = 40_000;
    let vectors = sparse_vectors(len, 150, SEED);
    let profile = |i: usize| Arc::new(Profile::new(id(i).as_str(), "weighed").unwrap());
    let each = vectors.iter().cloned().enumerate();
    let each = each.map(|(i, vector)| (profile(i), vector));
    let started = Instant::now();
    let index = SparseIndex::new(Arc::new(Foreign), each).unwrap();
    println!("sparse, {len} x 150, indexed in {:.1?}", started.elapsed());
    let ids: Vec<CandidateId> = (0..len).map(id).collect();
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    for weights in [60, 250] {
        let query = sparse_vectors(1, weights, SEED + 1).swap_remove(0);
        let search = || index.search(&query, 100, &Filter::All).unwrap();
        let plain = || {
            let scored = vectors.iter().zip(&ids);
            let mut scored: Vec<(f32, &CandidateId)> =
                scored.map(|(vector, id)| (query.dot(vector), id)).collect();
            scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            scored.truncate(100);
            scored
        };
        let (found, expected) = (search(), plain());
        let found = found.iter().map(|hit| (hit.score().get() as f32, hit.id()));
        assert!(found.eq(expected), "another answer than comparing all");
        println!("  a query of {} weights, top 100", query.len());
        let took = medians(&mut [
            ("SparseIndex, one thread", &mut || {
                drop(black_box(one.install(search)))
            }),
            ("comparing all, one thread", &mut || {
                drop(black_box(plain()))
            }),
            ("SparseIndex, all threads", &mut || {
                drop(black_box(search()))
            }),
        ]);
        let name = format!("sparse search, {weights} weights, one thread");
        ratios.peer(&name, "comparing all", [took[0], took[1]]);
    }
    let query = sparse_vectors(1, 60, SEED + 1).swap_remove(0);
    let mut group = quick(c, "sparse");
    group.bench_function("40k x 150", |b| {
        b.iter(|| index.search(&query, 100, &Filter::All).unwrap());
    });
    group.finish();
}

fn hnsw(c: &mut Criterion, ratios: &mut Ratios) {
    let (len, dimension) = (20_000, 64);
    let mut pool = vectors(len + 100, dimension);
    let queries = pool.split_off(len);
    let started = Instant::now();
    let options = HnswOptions::new()
        .with_ef_search(64)
        .unwrap()
        .with_ef_construction(50)
        .unwrap();
    let index = HnswIndex::build(pool.clone(), options).unwrap();
    let built = started.elapsed();
    let exact = FlatIndex::new(pool).unwrap();
    let near = |query: &Embedding| index.search(query, 10, &Filter::All).unwrap();
    let one = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let all = |query: &Embedding| one.install(|| exact.search(query, 10, &Filter::All).unwrap());
    let mut found = 0;
    for (_, query) in &queries {
        let (near, all) = (near(query), all(query));
        let expected: BTreeSet<&str> = ids(&all).into_iter().collect();
        found += ids(&near)
            .iter()
            .filter(|id| expected.contains(*id))
            .count();
    }
    let recall = found as f64 / (10 * queries.len()) as f64;
    assert!(recall >= 0.95, "recall {recall}");
    println!(
        "hnsw, {len} x {dimension}, built in {built:.1?}, recall@10 {recall:.3}; {} queries",
        queries.len()
    );
    let took = medians(&mut [
        ("HnswIndex", &mut || {
            queries.iter().for_each(|(_, q)| drop(black_box(near(q))))
        }),
        ("FlatIndex", &mut || {
            queries.iter().for_each(|(_, q)| drop(black_box(all(q))))
        }),
    ]);
    let what = format!("HNSW, recall {recall:.3}");
    ratios.peer(&what, "the flat scan", [took[0], took[1]]);
    let mut group = quick(c, "hnsw");
    group.bench_function("20k x 64", |b| b.iter(|| near(&queries[0].1)));
    group.finish();
}

/// The texts in tantivy, as it searches itself.
fn peer(texts: &[String]) -> (Searcher, Field, Field) {
    let mut schema = Schema::builder();
    let (name, text) = (
        schema.add_text_field("id", STRING),
        schema.add_text_field("text", TEXT),
    );
    let index = Index::create_in_ram(schema.build());
    let mut writer = index.writer_with_num_threads(1, 100_000_000).unwrap();
    for (i, words) in texts.iter().enumerate() {
        let mut document = TantivyDocument::new();
        document.add_text(name, id(i).as_str());
        document.add_text(text, words);
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    (index.reader().unwrap().searcher(), text, name)
}

/// The most telling terms of a query of distinct words: the rarest.
fn rarest(searcher: &Searcher, field: Field, words: &str, terms: usize) -> BooleanQuery {
    let words: BTreeSet<&str> = words.split(' ').collect();
    let words = words
        .into_iter()
        .map(|word| Term::from_field_text(field, word));
    let mut words: Vec<(u64, Term)> = words
        .map(|term| (searcher.doc_freq(&term).unwrap(), term))
        .collect();
    words.retain(|(having, _)| *having > 0);
    words.sort();
    words.truncate(terms);
    let clauses = words.into_iter().map(|(_, term)| {
        let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
        (
            Occur::Should,
            Box::new(query) as Box<dyn tantivy::query::Query>,
        )
    });
    BooleanQuery::new(clauses.collect())
}

fn bm25(c: &mut Criterion, ratios: &mut Ratios) {
    let texts = texts(40_000, 120, SEED);
    // Every word once: how often a word is said is weighed, and tantivy's query would not know.
    let asked = self::texts(1, 250, SEED + 1).remove(0);
    let asked: BTreeSet<&str> = asked.split(' ').collect();
    let asked = asked.into_iter().take(150).collect::<Vec<_>>().join(" ");
    let query = Query::new(JobDescription::new(asked.as_str()).unwrap());
    let (searcher, text, _) = peer(&texts);
    let profiles = texts.iter().enumerate();
    let profiles: Vec<_> = profiles
        .map(|(i, text)| Arc::new(Profile::new(id(i).as_str(), text.as_str()).unwrap()))
        .collect();
    let mut group = quick(c, "bm25");
    for terms in [20, 64, 150] {
        let options = KeywordOptions::new().with_max_terms(terms).unwrap();
        let index = KeywordIndex::with_options(profiles.clone(), options).unwrap();
        let search = || index.search(&query, 100, &Filter::All).unwrap();
        let union = rarest(&searcher, text, &asked, terms);
        let collector = || TopDocs::with_limit(100).order_by_score();
        let theirs = || searcher.search(&union, &collector()).unwrap();
        let (hits, docs) = (search(), theirs());
        for (hit, (score, _)) in hits.iter().zip(&docs) {
            assert!(
                (hit.score().get() - f64::from(*score)).abs() < 0.05,
                "{hit:?} {score}"
            );
        }
        println!(
            "bm25, {} texts of 120 words, {terms} terms, top 100, one thread",
            texts.len()
        );
        let took = medians(&mut [
            ("KeywordIndex", &mut || drop(black_box(search()))),
            ("tantivy TopDocs", &mut || drop(black_box(theirs()))),
        ]);
        let what = format!("BM25, {terms} terms, top 100");
        ratios.peer(&what, "tantivy's TopDocs", [took[0], took[1]]);
        group.bench_function(format!("40k, {terms} terms"), |b| b.iter(search));
    }
    group.finish();
}

fn fused(c: &mut Criterion, ratios: &mut Ratios) {
    let len = 10_000;
    let texts = texts(len, 120, SEED);
    let vectors = vectors(len, 384);
    let query = Query::new(JobDescription::new(texts[77].as_str()).unwrap())
        .with_embedding(vectors[77].1.clone());
    let profiles = texts
        .iter()
        .zip(vectors)
        .map(|(text, (id, vector))| (Profile::new(id.as_str(), text.as_str()).unwrap(), vector));
    let index = ProfileIndex::new(profiles).unwrap();
    let request = Request::top(50);
    let ask = |leg: &dyn Retriever| block_on(leg.retrieve(&query, &request)).unwrap();
    let hits = ask(&index);
    assert_eq!(hits[0].id(), &id(77));
    assert!(hits.iter().all(|hit| hit.legs().len() == 2));
    println!("fused, {len} profiles, top 50");
    let took = medians(&mut [
        ("ProfileIndex", &mut || drop(black_box(ask(&index)))),
        ("dense alone", &mut || {
            drop(black_box(ask(index.dense().as_ref())))
        }),
        ("bm25 alone", &mut || {
            drop(black_box(ask(index.keywords().as_ref())))
        }),
    ]);
    let legs = took[1] + took[2];
    ratios.limit(
        "fusion of both legs",
        "the legs one by one",
        [took[0], legs],
    );
    let mut group = quick(c, "fused");
    group.bench_function("10k profiles", |b| b.iter(|| ask(&index)));
    group.finish();
}

fn retrieve(c: &mut Criterion) {
    let mut ratios = Ratios::of("retrieve");
    flat(c, &mut ratios);
    sparse(c, &mut ratios);
    hnsw(c, &mut ratios);
    bm25(c, &mut ratios);
    fused(c, &mut ratios);
    ratios.close().unwrap();
}

criterion_group!(benches, retrieve);
criterion_main!(benches);
