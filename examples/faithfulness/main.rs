//! Measures whether what accounts point at is what scores rest on.
//!
//! Of some queries of a judged set, for each of the first ten: each attributor gives the segments of the resume an order; the
//! ranker itself then scores the resume without the first of them, and with them alone, its encoder really run. Beside it stand
//! segments by chance, as many and as much text. `docs/EXPLAINING.md` has the numbers.

mod attributors;
mod changes;
mod edits;
mod table;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use pollster::block_on;
use ranker::core::Embedder;
use ranker::embed::TokenCache;
use ranker::eval::QueryText;
use ranker::xai::faithfulness::{Faithfulness, Plan, SHARES, chance, kendall_tau, order};
use ranker::{JobDescription, Ranked, Ranker};
use ranker_examples::{
    AnyEncoder, Outcome, Progress, beir, finish, index_with_tokens, occupations, open_encoder,
};

use attributors::{Attributor, Parts, Tools};
use table::Measured;

/// Measures comprehensiveness, sufficiency, deletion, insertion and stability of each way to say which passages a score rests on.
#[derive(Debug, Parser)]
struct Args {
    /// The BEIR folder; a name that is no folder here is looked up in the folder that RANKER_DATA names.
    #[arg(long, required_unless_present = "changes")]
    data: Option<PathBuf>,
    /// Instead, measures what the smallest changes take that would move somebody up, on the bundled jobs and people.
    #[arg(long)]
    changes: bool,
    /// How many queries, at equal distances among those of the set.
    #[arg(long, default_value_t = 10)]
    queries: usize,
    /// How many of the first candidates of each.
    #[arg(long, default_value_t = 10)]
    top: usize,
    /// Orders by chance a candidate.
    #[arg(long, default_value_t = 2)]
    draws: u64,
    /// Also Shapley values of the ranker's own score, over so many pairs of orders: the encoder then runs some hundred times a
    /// candidate and pair.
    #[arg(long, value_name = "PAIRS")]
    shapley: Option<usize>,
    /// Measures nothing but what edits of each query's first candidate change.
    #[arg(long)]
    edits: bool,
    /// Words instead of segments: which words the similarity rests on.
    #[arg(long)]
    words: bool,
    /// Leaves out what runs the encoder once a segment.
    #[arg(long)]
    free_only: bool,
    /// The encoder's folder [default: the bundled one for jobs and profiles].
    #[arg(long)]
    model: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let mut out = std::io::stdout().lock();
    let Some(data) = args.data.as_deref().filter(|_| !args.changes) else {
        return Ok(write!(out, "{}", changes::table(args.model.as_deref())?)?);
    };
    let data = beir::open(data)?;
    let encoder = TokenCache::new(
        open_encoder(args.model.as_deref())?,
        TokenCache::<AnyEncoder>::DEFAULT_BYTES,
    );
    let embedder: Arc<dyn Embedder> = Arc::new(encoder);
    let index = index_with_tokens(&*embedder, beir::profiles(&data)?)?;
    let mut builder = Ranker::builder(embedder.clone(), index).top_k(args.top);
    if let Some(table) = occupations(args.model.as_deref())? {
        builder = builder.occupations(table);
    }
    let ranker = builder.build()?;
    let tools = Tools {
        ranker: &ranker,
        embedder,
    };
    let queries = spread(data.queries(), args.queries);
    let mut measured = Measured::new(attributors(args));
    let mut progress = Progress::new("queries", queries.len());
    for (number, query) in queries.iter().enumerate() {
        let ranking = block_on(ranker.rank(&JobDescription::new(&query.text)?))?;
        of_query(args, &tools, ranking.as_slice(), &mut measured)?;
        progress.reach(number + 1);
    }
    progress.finish();
    if args.edits {
        return Ok(write!(out, "{}", measured.edits())?);
    }
    Ok(writeln!(out, "{measured}")?)
}

fn attributors(args: &Args) -> Vec<Attributor> {
    if args.words {
        return Attributor::WORDS.to_vec();
    }
    let mut all = Attributor::FREE.to_vec();
    if !args.free_only {
        all.push(Attributor::LeaveOneOut);
        all.extend(args.shapley.map(Attributor::Shapley));
    }
    all
}

/// Queries at equal distances.
fn spread(all: &[QueryText], count: usize) -> Vec<&QueryText> {
    let count = count.min(all.len());
    (0..count).map(|at| &all[at * all.len() / count]).collect()
}

/// What one candidate's shortened texts were scored.
struct Scored<'s> {
    tools: &'s Tools<'s>,
    parts: &'s Parts<'s>,
    whole: f64,
}

impl Scored<'_> {
    fn faithfulness(&self, plan: &Plan) -> Outcome<Faithfulness> {
        let scores = self.tools.scores(self.parts, plan.kept())?;
        let measured = plan.measured(self.whole, &scores);
        measured.ok_or_else(|| "scores are missing".into())
    }

    /// Comprehensiveness and sufficiency of segments by chance with as much text: the curves are not needed of them.
    fn as_long(&self, plan: &Plan, seed: u64) -> Outcome<Faithfulness> {
        let lengths = self
            .parts
            .segments
            .iter()
            .map(|segment| segment.bytes.len());
        let as_long = plan.as_long(&lengths.collect::<Vec<_>>(), seed);
        let as_long = as_long.ok_or("a length a segment is missing")?;
        let needed = &as_long.kept()[..2 * SHARES.len()];
        let mut scores = self.tools.scores(self.parts, needed)?;
        scores.resize(as_long.kept().len(), self.whole);
        let measured = as_long.measured(self.whole, &scores);
        measured.ok_or_else(|| "scores are missing".into())
    }
}

fn of_query(args: &Args, tools: &Tools<'_>, first: &[Ranked], all: &mut Measured) -> Outcome {
    let of = if args.words { Parts::words } else { Parts::of };
    let parts: Vec<Parts<'_>> = first.iter().map(of).collect();
    // Of one segment nothing can be told.
    let parts: Vec<Parts<'_>> = parts.into_iter().filter(|p| p.segments.len() > 1).collect();
    if args.edits {
        return of_edits(tools, parts.first(), all);
    }
    let mut by_attributor = Vec::new();
    for &attributor in all.attributors() {
        by_attributor.push(tools.attributions(attributor, &parts)?);
    }
    let alone = by_attributor.iter().zip(all.attributors().to_vec());
    let alone = alone.filter(|(_, attributor)| *attributor == Attributor::LeaveOneOut);
    let alone = alone.map(|((values, _), _)| values.clone()).next();
    all.begin_query();
    for (at, candidate) in parts.iter().enumerate() {
        let whole = vec![true; candidate.segments.len()];
        let scored = Scored {
            tools,
            parts: candidate,
            whole: tools.scores(candidate, &[whole])?[0],
        };
        all.whole(scored.whole, candidate.segments.len());
        for draw in 0..args.draws {
            let drawn = Plan::new(&chance(candidate.segments.len(), draw));
            let drawn = drawn.ok_or("a text of one segment")?;
            all.chance(scored.faithfulness(&drawn)?);
        }
        for (which, (values, took)) in by_attributor.iter().enumerate() {
            let plan = Plan::new(&order(&values[at])).ok_or("a text of one segment")?;
            let own = scored.faithfulness(&plan)?;
            let as_long = scored.as_long(&plan, at as u64)?;
            let agrees = alone
                .as_ref()
                .and_then(|alone| kendall_tau(&values[at], &alone[at]));
            all.attributed(which, (own, as_long), agrees);
            all.took(which, share(*took, parts.len()));
        }
        // Edits of the first alone: they take as long as an attribution each.
        if at == 0 {
            of_edits(tools, Some(candidate), all)?;
        }
    }
    Ok(())
}

fn of_edits(tools: &Tools<'_>, first: Option<&Parts<'_>>, all: &mut Measured) -> Outcome {
    for (which, attributor) in all.attributors().to_vec().into_iter().enumerate() {
        if let Some(candidate) = first {
            let stable = edits::stability(tools, attributor, candidate)?;
            all.stable(which, stable);
        }
    }
    Ok(())
}

fn share(took: Duration, of: usize) -> Duration {
    took / u32::try_from(of.max(1)).unwrap_or(u32::MAX)
}
