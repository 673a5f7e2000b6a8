//! The code of the README, which a test compares with this file.

use ranker::embed::OnnxEmbedder;
use ranker::retrieve::ProfileIndex;
use ranker::{JobDescription, Profile, Ranker};

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let embedder = OnnxEmbedder::from_dir("models/all-MiniLM-L6-v2")?;
    let profiles = vec![
        Profile::new("ana", "Builds search engines in Rust; six years on Lucene.")?,
        Profile::new("ben", "Surgical nurse with ten years on a cardiac ward.")?,
    ];
    let index = ProfileIndex::embed(profiles, &embedder)?;

    let ranker = Ranker::builder(embedder, index).top_k(10).build()?;
    let job = JobDescription::new("Senior Rust engineer, search team")?;
    let ranking = pollster::block_on(ranker.rank(&job))?;
    for ranked in &ranking {
        let why = ranker.explain(ranked)?;
        println!("{}. {}: {why}", ranked.rank, ranked.id());
    }
    Ok(())
}
