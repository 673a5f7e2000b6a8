//! Resident memory over batches of all sizes.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ranker::core::{Embedder, Role};
use ranker::embed::OnnxEmbedder;
use ranker_examples::{Outcome, memory_mb, say};

use crate::print;

/// The most texts of a batch.
const MOST: usize = 8;
/// The most bytes that are left of a text: some reach the encoder's limit, most are far shorter.
const BYTES: usize = 1500;
/// How often memory is looked at.
const EVERY: usize = 50;

/// Batches of 1 to [`MOST`] texts, each cut anywhere, with token vectors and without by turns.
pub(crate) fn measure(encoder: &OnnxEmbedder, texts: &[String], batches: usize) -> Outcome<()> {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut seen = Vec::new();
    for batch in 0..batches {
        let count = random.random_range(1..=MOST);
        let mut cut = || {
            let text = &texts[random.random_range(0..texts.len())];
            let share: f64 = random.random();
            let end = (share * share * BYTES as f64).ceil() as usize;
            let end = end.clamp(1, text.len());
            &text[..text.ceil_char_boundary(end)]
        };
        let texts: Vec<&str> = (0..count).map(|_| cut()).collect();
        let texts: Vec<&str> = texts
            .into_iter()
            .filter(|text| !text.trim().is_empty())
            .collect();
        match batch % 2 {
            0 => drop(encoder.embed(&texts, Role::Document)?),
            _ => drop(encoder.embed_with_tokens(&texts, Role::Document)?),
        }
        if (batch + 1) % EVERY == 0 {
            let held = memory_mb("VmRSS").ok_or("the system does not tell what is resident")?;
            say(&format!("after {} batches {held:.1} MiB", batch + 1));
            seen.push(held);
        }
    }
    let (first, last) = (seen.get(1), seen.last());
    let (Some(first), Some(last)) = (first, last) else {
        return Err("too few batches: at least 100".into());
    };
    let most = seen.iter().copied().fold(0.0, f64::max);
    print(&format!(
        "resident after {} batches {first:.1} MiB, after {batches} {last:.1} MiB, at most {most:.1} MiB",
        2 * EVERY
    ))
}
