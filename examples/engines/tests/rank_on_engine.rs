//! The program ranks over an engine as it would over an index of ours: on the servers whose addresses the caller gives.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, helpers included"
)]

use std::process::Command;

use ranker::core::JobDescription;
use ranker::files::{read_job_text, read_profiles};
use ranker::retrieve::ProfileIndex;
use ranker::{Ranker, Ranking};
use ranker_examples::{bundled, embed_profiles, open_encoder};

/// Engines that the program is run on, the variable of their address, and whether a ranking over them is that over our index:
/// with other words than ours it is not.
const ENGINES: [(&str, &str, bool); 5] = [
    ("chroma", "RANKER_CHROMA", true),
    ("milvus", "RANKER_MILVUS", true),
    ("postgresql", "RANKER_POSTGRES", false),
    ("redis", "RANKER_REDIS", true),
    ("redis-search", "RANKER_REDIS_SEARCH", false),
];

/// The lines that place someone, best first.
fn placed(output: &str) -> Vec<String> {
    let places = (1..=10).map(|place| format!("{place}. "));
    let line = |place: String| output.lines().find_map(|line| line.strip_prefix(&place));
    let ids = places.filter_map(|place| line(place)?.split(':').next().map(str::to_owned));
    ids.collect()
}

fn over_our_index(job: &JobDescription) -> Ranking {
    let embedder = open_encoder(None).unwrap();
    let profiles = read_profiles(&bundled::data("profiles.jsonl"))
        .unwrap()
        .profiles;
    // Without token vectors, which the engines do not keep either.
    let embedded = embed_profiles(&embedder, &profiles).unwrap().into_iter();
    let vectors = embedded.map(|embedded| embedded.embedding);
    let index = ProfileIndex::new(profiles.into_iter().zip(vectors)).unwrap();
    let ranker = Ranker::builder(embedder, index).top_k(10).build().unwrap();
    pollster::block_on(ranker.rank(job)).unwrap()
}

#[test]
fn the_program_ranks_on_every_server_that_is_there() {
    let given = ENGINES.iter().filter_map(|(name, variable, same)| {
        let url = std::env::var(variable).ok().filter(|url| !url.is_empty())?;
        Some((name, url, *same))
    });
    let given: Vec<_> = given.collect();
    if given.is_empty() {
        return;
    }
    let job = read_job_text(&bundled::data("job.txt")).unwrap();
    let ours = over_our_index(&job);
    let ours: Vec<String> = ours.iter().map(|ranked| ranked.id().to_string()).collect();
    for (name, url, same) in given {
        // Twice: filled, and found again.
        for _ in 0..2 {
            let mut program = Command::new(env!("CARGO_BIN_EXE_rank_on_engine"));
            let ran = program.arg(format!("{name}={url}")).output().unwrap();
            let (output, said) = (
                String::from_utf8(ran.stdout).unwrap(),
                String::from_utf8_lossy(&ran.stderr),
            );
            assert!(ran.status.success(), "{name}: {said}");
            let ids = placed(&output);
            assert_eq!(ids.len(), 10, "{name}: {output}");
            if same {
                assert_eq!(ids, ours, "{name}");
            }
        }
    }
}
