//! A static encoder's texts a second: ours beside model2vec-rs, on the same folder and texts.
//!
//! ```text
//! cargo run --release -- FOLDER DATA
//! ```
//!
//! Both read each text to its end, by turns, on one thread and on two. Agreement is the cosine of the two vectors of a text.

use std::path::PathBuf;
use std::time::Instant;

use model2vec_rs::model::StaticModel;
use ranker_core::{Embedder, Profile, Role};
use ranker_embed::StaticEmbedder;
use ranker_eval::BeirDataset;
use rayon::{ThreadPool, ThreadPoolBuilder};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Turns of each side.
const TURNS: usize = 7;
/// Texts of one call.
const CALL: usize = 256;

fn main() -> Outcome<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [folder, data] = arguments.as_slice() else {
        return Err(
            "give a static encoder's folder and one of judged data in BEIR's layout".into(),
        );
    };
    let ours = StaticEmbedder::from_dir(folder)?;
    let theirs = StaticModel::from_pretrained(folder, None, None, None)
        .map_err(|error| format!("model2vec-rs: {error:#}"))?;
    let texts = texts(&BeirDataset::open(data)?)?;
    let words: usize = texts
        .iter()
        .map(|text| text.split_whitespace().count())
        .sum();
    println!(
        "{} texts of {} words",
        texts.len(),
        words / texts.len().max(1)
    );

    let (made, peer) = (embed(&ours, &texts)?, encode(&theirs, &texts));
    let cosines: Vec<f64> = made
        .iter()
        .zip(&peer)
        .filter_map(|(a, b)| cosine(a, b))
        .collect();
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    let least = cosines.iter().copied().fold(1.0, f64::min);
    println!(
        "cosine mean {mean:.7}, least {least:.7}, of {} texts",
        cosines.len()
    );

    for threads in [1, 2] {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
        let (mut seconds, mut ratios) = ([Vec::new(), Vec::new()], Vec::new());
        for _ in 0..TURNS {
            let one = timed(&pool, || embed(&ours, &texts).map(drop))?;
            let other = timed(&pool, || {
                encode(&theirs, &texts);
                Ok(())
            })?;
            seconds[0].push(one);
            seconds[1].push(other);
            ratios.push(other / one);
        }
        let [one, other] = seconds.map(|seconds| texts.len() as f64 / median(seconds));
        println!(
            "{threads} threads: StaticEmbedder {one:.0} texts a second, model2vec-rs {other:.0}; {:.2} times as many, median of {TURNS} turns",
            median(ratios)
        );
    }
    Ok(())
}

fn embed(encoder: &StaticEmbedder, texts: &[String]) -> Outcome<Vec<Vec<f32>>> {
    let mut all = Vec::with_capacity(texts.len());
    for call in texts.chunks(CALL) {
        let call: Vec<&str> = call.iter().map(String::as_str).collect();
        let made = encoder.embed(&call, Role::Document)?.into_iter();
        all.extend(made.map(|one| one.embedding.as_slice().to_vec()));
    }
    Ok(all)
}

fn encode(model: &StaticModel, texts: &[String]) -> Vec<Vec<f32>> {
    model.encode_with_args(texts, None, CALL)
}

fn timed(pool: &ThreadPool, work: impl FnOnce() -> Outcome<()> + Send) -> Outcome<f64> {
    let start = Instant::now();
    pool.install(work)?;
    Ok(start.elapsed().as_secs_f64())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// `None` where either has no direction: the peer gives zeros for texts without any known token.
fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    let product = |a: &[f32], b: &[f32]| {
        let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
        products.sum::<f64>()
    };
    let lengths = (product(a, a) * product(b, b)).sqrt();
    (lengths > 0.0).then(|| product(a, b) / lengths)
}

/// The texts of all documents that have any, read as profiles are.
fn texts(data: &BeirDataset) -> Outcome<Vec<String>> {
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
