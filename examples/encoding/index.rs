//! The encoder alone, and what comes to it until there is a collection.

use std::time::Instant;

use ranker::Profile;
use ranker::core::{Embedder, Role};
use ranker::embed::{OnnxEmbedder, embed_all};
use ranker::retrieve::{Collection, CollectionOptions, encode_profiles};
use ranker_examples::{Outcome, cpu_seconds, say};

use crate::{Args, median, print, texts};

/// What is timed by turns; each does what the one before does, and more.
const SIDES: [&str; 4] = [
    "embeddings",
    "embeddings and token vectors",
    "embeddings and token codes",
    "a collection of them",
];

/// Profiles of a step: sides take turns by the step, so that whatever else the machine does meets all of them. A call of
/// `Collection::import` encodes as many at once.
const STEP: usize = 128;

/// Seconds by the clock and of the processors.
type Seconds = (f64, f64);

pub(crate) fn measure(encoder: &OnnxEmbedder, profiles: &[Profile], args: &Args) -> Outcome<()> {
    let profiles = &profiles[..profiles.len().min(args.n)];
    let mut sides: [Vec<Seconds>; 4] = Default::default();
    for turn in 0..args.turns {
        one_turn(encoder, profiles, turn, &mut sides)?;
        let each = sides.iter().map(|times| seconds(times));
        let each: Vec<String> = each.map(|(clock, _)| format!("{clock:.2}")).collect();
        say(&format!("{} s so far", each.join(", ")));
    }
    let alone = &sides[0];
    for (name, times) in SIDES.iter().zip(&sides) {
        let ratio = |of: fn(&Seconds) -> f64| {
            let steps = times.iter().zip(alone);
            let steps = steps.map(|(some, alone)| of(some) / of(alone));
            (
                of(&seconds(times)) / of(&seconds(alone)),
                median(steps.collect()),
            )
        };
        let ((clock, clock_median), (cpu, cpu_median)) = (ratio(|t| t.0), ratio(|t| t.1));
        print(&format!(
            "{name}: {clock:.3} times the time of embeddings (median of steps {clock_median:.3}), {cpu:.3} times the \
             processor time ({cpu_median:.3})"
        ))?;
    }
    let steps = alone.len();
    print(&format!(
        "{} profiles, {steps} steps in all turns",
        profiles.len()
    ))
}

/// All profiles, step by step, each side first by turns; with the last step the collection is closed.
fn one_turn(
    encoder: &OnnxEmbedder,
    profiles: &[Profile],
    turn: usize,
    sides: &mut [Vec<Seconds>; 4],
) -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let mut collection = None;
    let opened = timed(|| {
        let made = Collection::create(
            directory.path().join("collection"),
            CollectionOptions::new(),
        )?;
        collection = Some(made.embedded_by(encoder.model_id())?);
        Ok(())
    })?;
    let collection = collection.ok_or("the collection was not made")?;
    for (number, step) in profiles.chunks(STEP).enumerate() {
        let texts = texts(step, step.len());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for nth in 0..sides.len() {
            let side = (nth + number + turn) % sides.len();
            sides[side].push(timed(|| match side {
                0 => Ok(embed_all(encoder, &texts, Role::Document, &mut |_, _| ()).map(drop)?),
                1 => Ok(encoder
                    .embed_with_tokens(&texts, Role::Document)
                    .map(drop)?),
                2 => Ok(encode_profiles(encoder, step).map(drop)?),
                _ => Ok(collection.import(step, encoder, &mut |_, _| ()).map(drop)?),
            })?);
        }
    }
    let closed = timed(|| Ok(collection.close()?))?;
    if let Some(last) = sides[3].last_mut() {
        last.0 += opened.0 + closed.0;
        last.1 += opened.1 + closed.1;
    }
    Ok(())
}

fn seconds(steps: &[Seconds]) -> Seconds {
    let sum = |of: fn(&Seconds) -> f64| steps.iter().map(of).sum();
    (sum(|step| step.0), sum(|step| step.1))
}

/// How long it takes.
fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<Seconds> {
    let (started, cpu) = (Instant::now(), cpu_seconds());
    work()?;
    let cpu = cpu_seconds()
        .zip(cpu)
        .map_or(f64::NAN, |(now, then)| now - then);
    Ok((started.elapsed().as_secs_f64(), cpu))
}
