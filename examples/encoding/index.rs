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

/// Texts whose token vectors are made in one call, as `encode_profiles` makes them.
const CALL: usize = 128;

pub(crate) fn measure(encoder: &OnnxEmbedder, profiles: &[Profile], args: &Args) -> Outcome<()> {
    let profiles = &profiles[..profiles.len().min(args.n)];
    let texts = texts(profiles, profiles.len());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut sides: [Vec<(f64, f64)>; 4] = Default::default();
    for _ in 0..args.turns {
        for (side, times) in sides.iter_mut().enumerate() {
            times.push(timed(|| match side {
                0 => Ok(embed_all(encoder, &texts, Role::Document, &mut |_, _| ()).map(drop)?),
                1 => texts.chunks(CALL).try_for_each(|call| {
                    Ok(encoder.embed_with_tokens(call, Role::Document).map(drop)?)
                }),
                2 => Ok(encode_profiles(encoder, profiles).map(drop)?),
                _ => collection(encoder, profiles),
            })?);
        }
        let each = sides.iter().filter_map(|times| times.last());
        let each: Vec<String> = each.map(|(clock, _)| format!("{clock:.2}")).collect();
        say(&format!("{} s", each.join(", ")));
    }
    let alone = sides[0].clone();
    for (name, times) in SIDES.iter().zip(sides) {
        let ratios = |of: fn(&(f64, f64)) -> f64| {
            let each = times.iter().zip(&alone);
            median(each.map(|(some, alone)| of(some) / of(alone)).collect())
        };
        print(&format!(
            "{name}: {:.3} times the time of embeddings, {:.3} times the processor time",
            ratios(|times| times.0),
            ratios(|times| times.1)
        ))?;
    }
    print(&format!("{} profiles", texts.len()))
}

fn collection(encoder: &OnnxEmbedder, profiles: &[Profile]) -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let folder = directory.path().join("collection");
    let collection = Collection::create(&folder, CollectionOptions::new())?;
    let collection = collection.embedded_by(encoder.model_id())?;
    collection.import(profiles, encoder, &mut |_, _| ())?;
    Ok(collection.close()?)
}

/// Seconds by the clock and of the processors.
fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<(f64, f64)> {
    let (started, cpu) = (Instant::now(), cpu_seconds());
    work()?;
    let cpu = cpu_seconds()
        .zip(cpu)
        .map_or(f64::NAN, |(now, then)| now - then);
    Ok((started.elapsed().as_secs_f64(), cpu))
}
