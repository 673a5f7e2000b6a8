//! Measures retrieval and ranking on judged data in BEIR form.

mod expand;
mod legs;
mod rows;
mod stores;
mod system;
mod table;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use ranker::embed::WindowVector;
use ranker::eval::{
    BeirDataset, Comparison, Evaluation, Metric, Options, Qrels, QueryText, Run, ScoredDocument,
    evaluate,
};
use ranker::xai::audit::rank_biased_overlap;
use ranker::{JobReading, Reading};
use ranker_examples::{Outcome, TokenModel, beir, finish, say, window_vector};
use serde_json::json;

use system::System;

const METRICS: [&str; 6] = [
    "mrr",
    "mrr@10",
    "ndcg@10",
    "map",
    "recall@100",
    "success@10",
];

/// Measures a method on judged data: MRR, nDCG, MAP, recall, success, and the time of a query.
///
/// Queries without a relevant document are left out of every mean. `full` retrieves by keyword and
/// vector, measures the hits, and ranks them with the model that serves before any feedback; for
/// `hybrid` and `full` both legs are measured too, and compared in pairs.
#[derive(Debug, Parser)]
struct Args {
    /// The BEIR folder: corpus.jsonl, queries.jsonl, qrels.tsv. A name that is no folder here is
    /// looked up in the folder that RANKER_DATA names. Several with --table and --engine.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// Which judgments: the file qrels/SPLIT.tsv of the folder.
    #[arg(long)]
    split: Option<String>,
    /// Leaves the document out that has the query's own id, as for ArguAna, whose queries are documents.
    #[arg(long)]
    not_itself: bool,
    /// What is measured.
    #[arg(long, value_enum, required_unless_present_any = ["table", "features", "engine"])]
    method: Option<Method>,
    /// Measures every method on all the data, and prints one table in Markdown, with what `full` gains over the strongest
    /// of the others.
    #[arg(long, conflicts_with_all = ["method", "against", "run", "json", "features"])]
    table: bool,
    /// The encoder's folder [default: the bundled one for jobs and profiles].
    #[arg(long)]
    model: Option<PathBuf>,
    /// Encodes in 8 bits on our own engine: faster, and other embeddings.
    #[arg(long)]
    fast: bool,
    /// The folder of a model of late interaction (a ColBERT, as PyLate writes it), whose token vectors are compared
    /// in the place of the encoder's own.
    #[arg(long, value_name = "FOLDER")]
    token_model: Option<PathBuf>,
    /// How many tokens of a query it reads [default: as its folder says, mostly 32].
    #[arg(long, value_name = "N", requires = "token_model")]
    query_tokens: Option<usize>,
    /// The folder of a model that weighs a vocabulary (SPLADE, as sentence-transformers writes it), by which documents are searched
    /// as well; alone with --method sparse. It is read by ONNX Runtime alone.
    #[arg(long, value_name = "FOLDER")]
    sparse_model: Option<PathBuf>,
    /// Adds what a cross-encoder says, which reads query and document together, to what the first 100 are ranked by: the folder
    /// of a sequence classifier, such as `finetune --head cross-encoder` writes.
    #[arg(long, value_name = "FOLDER")]
    cross_encoder: Option<PathBuf>,
    /// In how many windows a text is read that is longer than the encoder's limit; with 1 its beginning
    /// alone.
    #[arg(long, value_name = "N", default_value = "1")]
    windows: NonZeroUsize,
    /// What becomes a document's vector, of several windows: that of the first, the mean, or several: each window's,
    /// or several-with-first: each later one's drawn towards the first. Of several vectors the best counts.
    #[arg(long, value_name = "FORM", default_value = "first", value_parser = window_vector)]
    window_vector: WindowVector,
    /// Keeps embeddings in this file and reuses them.
    #[arg(long)]
    cache: Option<PathBuf>,
    /// What expands queries: tables (the bundled acronyms and skills), mined (acronyms that the documents define), feedback
    /// (words of the documents found first), esco=FILE.csv (other titles, of ESCO's occupations_en.csv), vectors=PATH (words
    /// nearest by vectors: a folder of spaCy's or a text file). Several by commas.
    #[arg(long, value_name = "SOURCE", value_delimiter = ',')]
    expand: Vec<expand::Source>,
    /// Keeps the documents' token vectors in two bits a component, as a collection does, instead of
    /// encoding the candidates of each query.
    #[arg(long)]
    keep_tokens: bool,
    /// Measures an engine of others beside the index in memory: postgresql, redis, redis-search (its query engine), chroma,
    /// milvus, elasticsearch, opensearch, qdrant or pinecone, and its address. Several by repeating it; every method, or that of
    /// --method. The documents stay there, and another run finds them again. Needs `--features engines`.
    #[arg(long, value_name = "NAME=URL", conflicts_with_all = ["table", "against", "run", "json", "features"])]
    engine: Vec<String>,
    /// Finds words by an index in memory, not by the engine's own: engines without words always do.
    #[arg(long, requires = "engine")]
    words_in_memory: bool,
    /// Hits retrieved a query; `full` ranks the first 100 of them, and leaves the others below in the order of retrieval.
    #[arg(long, default_value_t = 1000)]
    depth: usize,
    /// Measures the first queries only.
    #[arg(long)]
    limit: Option<usize>,
    /// Reads documents whole, with names and whatever else says who somebody is; by default they are read blind.
    #[arg(long)]
    whole: bool,
    /// Reads all of a query, also what a job says of the employer, its offer and how to apply.
    #[arg(long)]
    whole_jobs: bool,
    /// Compares with another run in TREC's format, such as one that `--run` wrote, in pairs, and says how far the
    /// two agree.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Writes the run in TREC's format.
    #[arg(long)]
    run: Option<PathBuf>,
    /// Instead of measuring, writes the features of what `full` ranks, with their grades, as SVMlight:
    /// data for `learn`.
    #[arg(long)]
    features: Option<PathBuf>,
    /// Writes for every judged query the signals of its expansion and the nDCG@10 that it loses beside the other run, which
    /// is one without expansion: data for `expansion_gate`.
    #[arg(long, value_name = "FILE.tsv", requires_all = ["expand", "against"])]
    expansion_signals: Option<PathBuf>,
    /// Writes the numbers as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Method {
    Bm25,
    Dense,
    Sparse,
    Hybrid,
    Full,
}

impl Args {
    /// The model of late interaction.
    fn token_model(&self) -> TokenModel {
        TokenModel {
            folder: self.token_model.clone(),
            query_tokens: self.query_tokens,
        }
    }

    /// What is searched each alone.
    fn legs(&self) -> Vec<Method> {
        let sparse = self.sparse_model.as_ref().map(|_| Method::Sparse);
        let legs = [Method::Bm25, Method::Dense].into_iter();
        legs.chain(sparse).collect()
    }

    /// How much of the documents is read.
    fn reading(&self) -> Reading {
        match self.whole {
            true => Reading::Whole,
            false => Reading::Blind,
        }
    }

    /// How much of the queries is read.
    fn job_reading(&self) -> JobReading {
        match self.whole_jobs {
            true => JobReading::Whole,
            false => JobReading::Asked,
        }
    }
}

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Bm25 => "bm25",
            Self::Dense => "dense",
            Self::Sparse => "sparse",
            Self::Hybrid => "hybrid",
            Self::Full => "full",
        }
    }
}

fn main() -> ExitCode {
    finish(measure(&Args::parse()))
}

fn measure(args: &Args) -> Outcome {
    if args.table {
        print(&table::head())?;
        for folder in &args.data {
            let name = folder.file_name().unwrap_or(folder.as_os_str());
            let rows = table::rows(args, &name.to_string_lossy(), &Data::open(folder, args)?)?;
            print(&rows.trim_end())?;
        }
        return Ok(());
    }
    if !args.engine.is_empty() {
        print(&stores::head())?;
        for folder in &args.data {
            let name = folder.file_name().unwrap_or(folder.as_os_str());
            stores::print_rows(args, &name.to_string_lossy(), &Data::open(folder, args)?)?;
        }
        return Ok(());
    }
    let [folder] = args.data.as_slice() else {
        return Err("one --data at a time, but for --table and --engine".into());
    };
    let data = Data::open(folder, args)?;
    let other = args
        .against
        .as_deref()
        .map(|path| other(path, &data.judged));
    let other = other.transpose()?;
    let system = System::build(args, &data.documents)?;
    if let Some(path) = &args.features {
        return rows::write(path, &system, &data.queries, &data.judged);
    }

    let method = args.method.unwrap_or(Method::Full);
    let (run, times) = system.answer(method, &data.queries)?;
    if args.not_itself {
        say("left out of every ranking: the document that has the query's own id");
    }
    let evaluation = data.measure(&run);
    report(args, method, &data, &evaluation, &times)?;
    if matches!(method, Method::Hybrid | Method::Full) {
        for leg in args.legs() {
            let alone = data.measure(&system.answer(leg, &data.queries)?.0);
            let table = Comparison::against(leg.name(), &alone);
            print(&table.system(method.name(), &evaluation).build()?)?;
        }
    }
    if let Some(other) = &other {
        print(&agreement(&data.judged, &run, other)?)?;
        let other = data.measure(other);
        if let Some(path) = &args.expansion_signals {
            expand::write_signals(path, &system, &data.queries, (&other, &evaluation))?;
        }
        let table = Comparison::against("the other run", &other);
        print(&table.system("this run", &evaluation).build()?)?;
    }
    if let Some(path) = &args.run {
        run.write_trec(BufWriter::new(File::create(path)?))?;
    }
    Ok(())
}

/// What is measured on.
struct Data {
    documents: BeirDataset,
    /// Those that are asked.
    queries: Vec<QueryText>,
    /// Their judgments.
    judged: Qrels,
    metrics: Vec<Metric>,
}

impl Data {
    fn open(folder: &Path, args: &Args) -> Outcome<Self> {
        let documents = beir::open_split(folder, args.split.as_deref())?;
        let queries = queries(documents.queries(), args.limit.unwrap_or(usize::MAX));
        let judged = judged(documents.qrels(), &queries)?;
        let metrics = METRICS.iter().map(|name| name.parse());
        Ok(Self {
            metrics: metrics.collect::<Result<_, _>>()?,
            documents,
            queries,
            judged,
        })
    }

    fn measure(&self, run: &Run) -> Evaluation {
        evaluate(&self.judged, run, &self.metrics, &Options::new())
    }
}

/// How far the rankings of two runs agree, over the judged queries that both answer.
fn agreement(judged: &Qrels, one: &Run, other: &Run) -> Outcome<String> {
    const PERSISTENCE: f64 = 0.9;
    const FIRST: usize = 10;
    let (mut queries, mut overlap, mut flips, mut shared) = (0_usize, 0.0, 0_usize, 0.0);
    for (query, _) in judged.iter() {
        let (Some(one), Some(other)) = (one.ranking(query), other.ranking(query)) else {
            continue;
        };
        let ids = |ranking: &[ScoredDocument]| -> Vec<String> {
            let ids = ranking.iter().map(|scored| scored.document().to_owned());
            ids.collect()
        };
        let (one, other) = (ids(one), ids(other));
        overlap += rank_biased_overlap(&one, &other, PERSISTENCE)?;
        flips += usize::from(one.first() != other.first());
        let first = &one[..one.len().min(FIRST)];
        let both = other.iter().take(FIRST).filter(|id| first.contains(id));
        shared += both.count() as f64 / FIRST.min(one.len().max(other.len())).max(1) as f64;
        queries += 1;
    }
    let [mean, shared] = [overlap, shared].map(|sum| sum / queries.max(1) as f64);
    Ok(format!(
        "rank-biased overlap (p {PERSISTENCE}) with the other run {mean:.4}; of the first {FIRST} {shared:.4} are the same; another first place for {flips} of {queries} queries"
    ))
}

/// Prints the numbers, and writes them where asked.
fn report(
    args: &Args,
    method: Method,
    data: &Data,
    evaluation: &Evaluation,
    times: &[Duration],
) -> Outcome {
    let queries = evaluation
        .metrics()
        .next()
        .and_then(|metric| evaluation.values(metric));
    let queries = queries.map_or(0, |values| values.per_query().len());
    let mut numbers = serde_json::Map::new();
    numbers.insert("method".to_owned(), json!(method.name()));
    numbers.insert("queries".to_owned(), json!(queries));
    numbers.insert(
        "documents".to_owned(),
        json!(data.documents.document_count()),
    );
    for metric in evaluation.metrics() {
        numbers.insert(metric.to_string(), json!(evaluation.mean(metric)));
    }
    for (name, share) in [("query_ms_p50", 0.50), ("query_ms_p99", 0.99)] {
        numbers.insert(name.to_owned(), json!(percentile_ms(times, share)));
    }
    for (name, value) in &numbers {
        print(&match value.as_f64() {
            Some(value) if !value.is_nan() && name.contains("query_ms") => {
                format!("{name:14} {value:.2}")
            }
            Some(value) if value.fract() != 0.0 => format!("{name:14} {value:.4}"),
            _ => format!("{name:14} {value}"),
        })?;
    }
    if let Some(path) = &args.json {
        serde_json::to_writer_pretty(BufWriter::new(File::create(path)?), &numbers)?;
    }
    Ok(())
}

/// The time that a share of the queries does not exceed, in milliseconds.
fn percentile_ms(times: &[Duration], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(at.saturating_sub(1))
        .map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn print(text: &impl std::fmt::Display) -> Outcome {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// The first queries that have some text. Those that have none cannot be asked, and are named.
fn queries(all: &[QueryText], limit: usize) -> Vec<QueryText> {
    let (asked, blank): (Vec<_>, Vec<_>) = all
        .iter()
        .take(limit)
        .partition(|query| !query.text.trim().is_empty());
    if !blank.is_empty() {
        let ids: Vec<&str> = blank.iter().map(|query| query.id.as_str()).collect();
        let ids = ids.join(", ");
        say(&format!(
            "note: queries without text are left out, also of the means: {ids}"
        ));
    }
    asked.into_iter().cloned().collect()
}

/// The run to compare with. One that answers none of the queries would compare with nothing.
fn other(path: &Path, judged: &Qrels) -> Outcome<Run> {
    let run = Run::read_trec(path)?;
    let answered = judged
        .iter()
        .filter(|(query, _)| run.ranking(query).is_some())
        .count();
    let (shown, judged) = (path.display(), judged.iter().count());
    if answered == 0 {
        let has = match run.iter().next() {
            Some((query, _)) => format!("its first query is {query:?}"),
            None => "it is empty".to_owned(),
        };
        let error = format!(
            "{shown} answers none of the {judged} judged queries ({has}): is it a run of other data?"
        );
        return Err(error.into());
    }
    if answered < judged {
        say(&format!(
            "note: {shown} answers {answered} of {judged} judged queries; the others count 0 for it"
        ));
    }
    Ok(run)
}

/// The judgments of the queries that are measured.
fn judged(all: &Qrels, queries: &[QueryText]) -> Outcome<Qrels> {
    let mut judged = Qrels::new();
    for query in queries {
        for (document, grade) in all.judgments(&query.id).into_iter().flatten() {
            judged.insert(&query.id, document, *grade)?;
        }
    }
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(id: &str, text: &str) -> QueryText {
        let line = serde_json::json!({"_id": id, "text": text}).to_string();
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
        write("corpus.jsonl", "{\"_id\": \"d\", \"text\": \"x\"}");
        write("queries.jsonl", &line);
        write("qrels.tsv", "query-id\tcorpus-id\tscore\n");
        ranker::eval::BeirDataset::open(folder.path())
            .unwrap()
            .queries()[0]
            .clone()
    }

    #[test]
    fn blank_queries_are_not_asked() {
        let all = [query("a", "cook"), query("b", " "), query("c", "nurse")];
        let asked = queries(&all, 2);
        assert_eq!(
            asked
                .iter()
                .map(|query| query.id.as_str())
                .collect::<Vec<_>>(),
            ["a"]
        );
    }

    #[test]
    fn a_run_of_other_data_is_refused() {
        let mut judged = Qrels::new();
        judged.insert("q1", "d1", 1).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        let run = |content: &str| {
            std::fs::write(&file, content).unwrap();
            other(file.path(), &judged).map_err(|error| error.to_string())
        };
        assert!(run("q1 Q0 d1 1 9.0 t\n").is_ok());
        assert!(
            run("xq1 Q0 d1 1 9.0 t\n")
                .unwrap_err()
                .contains("none of the 1 judged queries (its first")
        );
        assert!(run("").unwrap_err().contains("it is empty"));
    }
}
