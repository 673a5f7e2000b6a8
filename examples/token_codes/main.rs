//! Compares ways to keep the token vectors of profiles in few bytes, on judged data in BEIR form.
//!
//! ```text
//! cargo run --release --example token_codes -- --data cranfield --data cisi
//! ```
//!
//! The hundred documents nearest to a query are ordered by `dense + maxsim`, where MaxSim reads what each
//! way keeps. The bytes are those of the vectors alone, but of `TwoBitCodec` all.

mod forms;
mod pools;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ranker::core::{EmbeddedTokens, Embedder, Profile, Role, TokenEmbeddings};
use ranker::eval::{BeirDataset, Comparison, Metric, Options, Run, evaluate};
use ranker_examples::{Outcome, Progress, beir, dot, finish, open_encoder, say};
use rayon::prelude::*;

use forms::Form;

/// Texts encoded in one call.
const STEP: usize = 64;
/// Documents a query that are ordered.
const CANDIDATES: usize = 100;

/// Measures what codes of token vectors cost in quality.
#[derive(Parser)]
#[command(name = "token_codes")]
struct Args {
    /// A BEIR folder, once or several times.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// The encoder's folder [default: the bundled one for jobs and profiles].
    #[arg(long)]
    model: Option<PathBuf>,
    /// Only the forms whose names contain this.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome<()> {
    let encoder = open_encoder(args.model.as_deref())?;
    for folder in &args.data {
        say(&format!("{}", folder.display()));
        let data = beir::open(folder)?;
        compare(&encoder, &data, args.only.as_deref())?;
    }
    Ok(())
}

fn compare(encoder: &dyn Embedder, data: &BeirDataset, only: Option<&str>) -> Outcome<()> {
    let profiles = beir::profiles(data)?;
    let texts: Vec<String> = profiles.iter().map(Profile::full_text).collect();
    let documents = encode(encoder, &texts, Role::Document)?;
    let texts: Vec<String> = data
        .queries()
        .iter()
        .map(|query| query.text.clone())
        .collect();
    let queries = encode(encoder, &texts, Role::Query)?;
    let nearest: Vec<Vec<(usize, f32)>> = queries
        .par_iter()
        .map(|query| nearest(query, &documents))
        .collect();
    let metrics: Vec<Metric> = ["mrr", "ndcg@10"]
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>()?;
    let tokens: Vec<&TokenEmbeddings> = documents.iter().map(|both| &both.tokens).collect();

    let mut evaluations = Vec::new();
    for form in Form::all() {
        let baseline = evaluations.is_empty();
        if !baseline && only.is_some_and(|only| !form.name().contains(only)) {
            continue;
        }
        let kept = form.keep(&tokens)?;
        let bytes = kept.iter().map(|kept| kept.bytes).sum::<usize>() / kept.len().max(1);
        let mut run = Run::new(form.name());
        let mut sum = 0.0;
        for ((query, both), nearest) in data.queries().iter().zip(&queries).zip(&nearest) {
            let each = nearest.par_iter().map(|&(at, _)| {
                let maxsim = both.tokens.max_similarity(&kept[at].vectors)?;
                Ok(maxsim * kept[at].gain)
            });
            let each = each.collect::<Result<Vec<f32>, ranker::core::ValueError>>()?;
            sum += f64::from(each.iter().sum::<f32>()) / each.len().max(1) as f64;
            let scores = nearest.iter().zip(each).map(|(&(at, dense), maxsim)| {
                (profiles[at].id().to_string(), f64::from(dense + maxsim))
            });
            run.insert(&query.id, scores)?;
        }
        let evaluation = evaluate(data.qrels(), &run, &metrics, &Options::new());
        let means = metrics
            .iter()
            .map(|&metric| format!("{:.4}", evaluation.mean(metric).unwrap_or_default()));
        say(&format!(
            "{:40} {bytes:7} bytes  MaxSim {:.4}  {}",
            form.name(),
            sum / queries.len().max(1) as f64,
            means.collect::<Vec<_>>().join("  ")
        ));
        evaluations.push((form.name(), evaluation));
    }
    let Some(((name, baseline), others)) = evaluations.split_first() else {
        return Ok(());
    };
    let table = Comparison::against(name.clone(), baseline);
    let table = others.iter().fold(table, |table, (name, evaluation)| {
        table.system(name.clone(), evaluation)
    });
    Ok(writeln!(std::io::stdout(), "{}", table.build()?)?)
}

fn encode(encoder: &dyn Embedder, texts: &[String], role: Role) -> Outcome<Vec<EmbeddedTokens>> {
    let mut progress = Progress::new("encoded", texts.len());
    let mut encoded = Vec::with_capacity(texts.len());
    for step in texts.chunks(STEP) {
        let step: Vec<&str> = step.iter().map(String::as_str).collect();
        encoded.extend(encoder.embed_with_tokens(&step, role)?);
        progress.reach(encoded.len());
    }
    progress.finish();
    Ok(encoded)
}

fn nearest(query: &EmbeddedTokens, documents: &[EmbeddedTokens]) -> Vec<(usize, f32)> {
    let near = |document: &EmbeddedTokens| {
        dot(
            query.embedded.embedding.as_slice(),
            document.embedded.embedding.as_slice(),
        )
    };
    let mut found: Vec<(usize, f32)> = documents.iter().map(near).enumerate().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(CANDIDATES);
    found
}
