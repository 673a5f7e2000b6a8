//! One caller, and several at the same time, of one encoder.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use ranker::core::{EmbedError, Embedder, Role};
use ranker::embed::OnnxEmbedder;
use ranker_examples::Outcome;

use crate::{Args, median, print, turn};

/// Texts of one call.
const CALL: usize = 16;

pub(crate) fn measure(encoder: &OnnxEmbedder, texts: &[String], args: &Args) -> Outcome<()> {
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut ratios = Vec::new();
    for _ in 0..args.turns {
        let one = seconds(encoder, &texts, 1)?;
        let many = seconds(encoder, &texts, args.callers)?;
        turn(&mut ratios, [one, many], texts.len());
    }
    print(&format!(
        "{} callers encode {:.3} times as many texts a second as one",
        args.callers,
        1.0 / median(ratios)
    ))
}

/// What all calls take when so many threads make them.
fn seconds(encoder: &OnnxEmbedder, texts: &[&str], callers: usize) -> Result<f64, EmbedError> {
    let calls: Vec<&[&str]> = texts.chunks(CALL).collect();
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), EmbedError> {
        while let Some(call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
            encoder.embed(call, Role::Document)?;
        }
        Ok(())
    };
    let started = Instant::now();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..callers).map(|_| scope.spawn(work)).collect();
        let mut ended = threads.into_iter().map(|thread| thread.join());
        ended.try_for_each(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    Ok(started.elapsed().as_secs_f64())
}
