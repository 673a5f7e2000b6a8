//! What recruiters are shown: the candidates of every job, in order, with their features.

use std::io::Write;
use std::sync::Arc;

use ranker::core::FeatureMatrix;
use ranker::core::{Embedder, Query, Request, Retriever, Role, Scorer};
use ranker::embed::CachedEmbedder;
use ranker::eval::{BeirDataset, QueryText};
use ranker::score::{Features, LinearScorer, Passages};
use ranker::{JobDescription, Ranker};
use ranker_examples::{
    Outcome, Progress, beir, bundled, index_with_tokens, occupations, open_encoder,
};

use crate::Args;

/// How many candidates a job's list holds.
const LISTED: usize = 100;

/// How deep the legs alone are measured, for comparison.
const DEPTH: usize = 1000;

/// One job's list, as it is shown before any feedback: best first.
pub(crate) struct List {
    pub(crate) job: String,
    pub(crate) candidates: Vec<String>,
    /// A row a candidate, in the same order.
    pub(crate) features: FeatureMatrix,
}

/// A job's candidates with their scores.
pub(crate) type Scored = (String, Vec<(String, f64)>);

/// Every judged job's list, and what the legs alone answer.
pub(crate) struct Shown {
    pub(crate) lists: Vec<List>,
    pub(crate) prior: LinearScorer,
    /// Keywords, embeddings, and both.
    pub(crate) alone: [(&'static str, Vec<Scored>); 3],
}

impl Shown {
    /// Embeds and indexes the documents, and ranks every judged job.
    pub(crate) fn all(args: &Args, data: &BeirDataset) -> Outcome<Self> {
        let encoder = open_encoder(args.model.as_deref())?;
        let cache = args.cache.clone();
        let cache = cache.unwrap_or_else(|| bundled::target("feedback-loop-cache.redb"));
        let embedder: Arc<dyn Embedder> = Arc::new(CachedEmbedder::open(encoder, cache)?);
        let index = Arc::new(index_with_tokens(&*embedder, beir::profiles(data)?)?);

        let passages = Passages::new(embedder.clone());
        let features = Features::with_late_interaction(embedder.clone()).and(passages)?;
        let ranker = Ranker::builder(embedder.clone(), index.clone()).top_k(LISTED);
        let mut ranker = ranker.features(features);
        if let Some(table) = occupations(args.model.as_deref())? {
            ranker = ranker.occupations(table);
        }
        let ranker = ranker.build()?;
        let prior = LinearScorer::prior(ranker.features().schema());

        let mut lists = Vec::new();
        let mut alone = ["bm25", "dense", "hybrid"].map(|name| (name, Vec::new()));
        let jobs: Vec<&QueryText> = data.judged_queries().collect();
        let mut progress = Progress::new("ranking jobs", jobs.len());
        for (done, job) in jobs.into_iter().enumerate() {
            lists.extend(list(&ranker, job)?);
            let embedded = embedder.embed(&[&job.text], Role::Query)?.swap_remove(0);
            let query = Query::new(JobDescription::new(&job.text)?);
            let query = query
                .with_embedding(embedded.embedding)
                .with_baseline(embedder.cosine_baseline());
            let legs: [&dyn Retriever; 3] = [&**index.keywords(), &**index.dense(), &*index];
            for ((_, scored), leg) in alone.iter_mut().zip(legs) {
                scored.push((job.id.clone(), retrieved(leg, &query)?));
            }
            progress.reach(done + 1);
        }
        progress.finish();
        Ok(Self {
            lists,
            prior,
            alone,
        })
    }

    /// Every list with its judgments: `grade qid:list 1:value 2:value ...`.
    pub(crate) fn write_svmlight(&self, data: &BeirDataset, mut to: impl Write) -> Outcome {
        for (place, list) in self.lists.iter().enumerate() {
            for (candidate, row) in list.candidates.iter().zip(list.features.rows()) {
                let grade = data.qrels().grade(&list.job, candidate).unwrap_or(0);
                write!(to, "{} qid:{place}", grade.max(0))?;
                for (feature, value) in row.iter().enumerate() {
                    write!(to, " {}:{value}", feature + 1)?;
                }
                writeln!(to, " # {candidate}")?;
            }
        }
        Ok(to.flush()?)
    }

    /// The lists of one fold, scored by a model.
    pub(crate) fn rescored(
        &self,
        args: &Args,
        fold: usize,
        model: &dyn Scorer,
    ) -> Outcome<Vec<Scored>> {
        let of_fold = |(at, _): &(usize, &List)| at % args.folds == fold;
        let held_out = self.lists.iter().enumerate().filter(of_fold);
        let rescored = |(_, list): (usize, &List)| {
            let scores = model.score(&list.features)?;
            let scored = list.candidates.iter().cloned();
            let scored = scored.zip(scores.iter().map(|score| score.get())).collect();
            Ok((list.job.clone(), scored))
        };
        held_out.map(rescored).collect()
    }
}

/// A job's list; nothing for a job without any candidate.
fn list(ranker: &Ranker, job: &QueryText) -> Outcome<Option<List>> {
    let ranking = pollster::block_on(ranker.rank(&JobDescription::new(&job.text)?))?;
    let rows = ranking
        .iter()
        .flat_map(|ranked| ranked.features.rows().flatten());
    let rows: Vec<f32> = rows.copied().collect();
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(List {
        job: job.id.clone(),
        candidates: ranking.iter().map(|r| r.id().to_string()).collect(),
        features: FeatureMatrix::new(ranker.features().schema().clone(), rows)?,
    }))
}

fn retrieved(retriever: &dyn Retriever, query: &Query) -> Outcome<Vec<(String, f64)>> {
    let hits = pollster::block_on(retriever.retrieve(query, &Request::top(DEPTH)))?;
    let scored = hits
        .iter()
        .map(|hit| (hit.id().to_string(), hit.score().get()));
    Ok(scored.collect())
}
