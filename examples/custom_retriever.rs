//! A team's own store as a [`Retriever`]: an inverted index over words.
//!
//! The index and its trait implementation are all that a ranker needs; the test below runs the
//! trait's contract against them.
//!
//! ```text
//! cargo run --release --example custom_retriever
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ranker::core::{CandidateId, Hit, Pushdown, Request, RetrieveError, Retriever, async_trait};
use ranker::files::{read_job_text, read_profiles};
use ranker::{Filter, Profile, Query, Ranker, Score};
use ranker_examples::{Outcome, bundled, finish, open_encoder};

/// Which profiles say a word.
struct WordIndex {
    profiles: Vec<Arc<Profile>>,
    postings: HashMap<String, Vec<usize>>,
}

impl WordIndex {
    fn new(profiles: impl IntoIterator<Item = Profile>) -> Self {
        let profiles: Vec<_> = profiles.into_iter().map(Arc::new).collect();
        let mut postings: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, profile) in profiles.iter().enumerate() {
            for word in words(&profile.full_text()) {
                postings.entry(word).or_default().push(at);
            }
        }
        Self { profiles, postings }
    }

    /// Sums, for each profile, the rarity of the words that it shares with a job.
    fn overlaps(&self, job: &str) -> BTreeMap<usize, f64> {
        let mut overlaps = BTreeMap::new();
        for word in words(job) {
            let holders = self.postings.get(&word).map_or(&[][..], Vec::as_slice);
            let rarity = (1.0 + self.profiles.len() as f64 / holders.len().max(1) as f64).ln();
            for &at in holders {
                *overlaps.entry(at).or_default() += rarity;
            }
        }
        overlaps
    }

    fn checked(&self, overlap: f64) -> Result<Score, RetrieveError> {
        Score::new(overlap).map_err(|source| RetrieveError::Invalid {
            backend: self.name().to_owned(),
            source,
        })
    }
}

#[async_trait]
impl Retriever for WordIndex {
    async fn retrieve(&self, query: &Query, request: &Request) -> Result<Vec<Hit>, RetrieveError> {
        let mut hits = Vec::new();
        for (at, overlap) in self.overlaps(&query.job().full_text()) {
            let profile = &self.profiles[at];
            if request.filter.matches(profile.facts()) {
                let hit = Hit::new(profile.id().clone(), self.checked(overlap)?);
                hits.push(hit.with_profile(profile.clone()));
            }
        }
        Hit::sort(&mut hits);
        hits.truncate(request.k);
        Ok(hits)
    }

    async fn score(
        &self,
        query: &Query,
        ids: &[CandidateId],
    ) -> Result<Vec<Option<Score>>, RetrieveError> {
        let overlaps = self.overlaps(&query.job().full_text());
        let known = overlaps.into_iter();
        let known = known.map(|(at, overlap)| (self.profiles[at].id(), overlap));
        let known: HashMap<&CandidateId, f64> = known.collect();
        let score = |id| known.get(id).map(|&overlap| self.checked(overlap));
        ids.iter().map(|id| score(id).transpose()).collect()
    }

    fn name(&self) -> &str {
        "words"
    }

    fn pushdown(&self, _filter: &Filter) -> Pushdown {
        Pushdown::Exact
    }

    fn holds_profiles(&self) -> bool {
        true
    }
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Rank the bundled profiles with a retriever written in this example.
#[derive(Parser)]
struct Args {
    /// How many candidates to show.
    #[arg(long, value_name = "N", default_value_t = 5)]
    top: usize,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let index = WordIndex::new(read_profiles(&bundled::data("profiles.jsonl"))?.profiles);
    let job = read_job_text(&bundled::data("job.txt"))?;
    let encoder = open_encoder(None)?;
    let ranker = Ranker::builder(encoder, index).top_k(args.top).build()?;
    let ranking = pollster::block_on(ranker.rank(&job))?;
    for ranked in &ranking {
        let (id, title) = (ranked.id(), ranked.candidate.profile().title());
        writeln!(
            io::stdout(),
            "{:>3}  {:.3}  {id}  {title}",
            ranked.rank,
            ranked.score
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ranker::core::{BoxError, conformance};

    use super::*;

    #[test]
    fn keeps_the_contract() {
        let checked = pollster::block_on(conformance::retriever(|entries| async {
            let index = WordIndex::new(entries.into_iter().map(|entry| entry.profile));
            Ok::<_, BoxError>(Arc::new(index) as Arc<dyn Retriever>)
        }));
        checked.unwrap();
    }
}
