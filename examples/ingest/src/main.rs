//! Measures the reading of documents: their text, the facts in them, and what hostile files do.
//!
//! ```text
//! cargo run --release -p ingest -- text FOLDER      # of scripts/make_resumes.py; --hayro reads PDF without PDFium
//! cargo run --release -p ingest -- mutate FOLDER
//! cargo run --release -p ingest -- facts
//! cargo run --release -p ingest -- facts --show FILE
//! cargo run --release -p ingest -- requirements
//! cargo run --release -p ingest -- requirements --real FOLDER [--show development]
//! ```

mod facts;
mod judged;
mod mutate;
mod repack;
mod requirements;
mod table;
mod text;

use std::error::Error;
use std::io::{stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ranker_ingest::worker::{Program, serve};
use ranker_ingest::{DocumentReader, PdfEngine};

/// What parts return: an error is shown with its text.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The argument on which this program is a worker.
const WORKER: &str = "ingest-worker";

/// Measure the reading of documents.
#[derive(Parser)]
#[command(name = "ingest")]
struct Args {
    #[command(subcommand)]
    what: What,
    /// PDFium's library; target/pdfium of the workspace, where `cargo xtask setup` puts it, if left out.
    #[arg(long, value_name = "FILE", global = true)]
    pdfium: Option<PathBuf>,
    /// Reads PDF by hayro, which needs no library.
    #[arg(long, global = true, conflicts_with = "pdfium")]
    hayro: bool,
}

#[derive(Subcommand)]
enum What {
    /// Words and their order against the known text, by template, and milliseconds a file.
    Text {
        /// Documents, and beside each the words in reading order (FILE.words).
        folder: PathBuf,
    },
    /// Mutated files of each format through worker processes: what becomes of them.
    Mutate {
        /// Documents to mutate.
        folder: PathBuf,
        /// Files of each format.
        #[arg(long, default_value_t = 10_000)]
        count: usize,
        /// Chooses the mutations.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Precision and recall of the facts read from the bundled people's texts.
    Facts {
        /// Profiles, a JSON record a line with `text`: their facts, with the words that say so, to be judged by
        /// hand.
        #[arg(long, value_name = "FILE")]
        show: Option<PathBuf>,
    },
    /// Precision and recall of the verdicts on requirements, on the bundled jobs and people.
    Requirements {
        /// On pairs with real resumes that one reader judged: a folder with `resume-onet-title` and `resume-onet-jd`.
        #[arg(long, value_name = "FOLDER")]
        real: Option<PathBuf>,
        /// The requirements and verdicts of each of these pairs instead, to be judged by hand.
        #[arg(long, value_name = "PAIRS", requires = "real")]
        show: Option<judged::Set>,
    },
}

fn main() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|first| first == WORKER)
    {
        let served = serve(stdin(), stdout());
        return if served.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Outcome {
    match &args.what {
        What::Text { folder } => text::measure(folder, engine(args)),
        What::Mutate {
            folder,
            count,
            seed,
        } => {
            let workers = DocumentReader::in_workers(Program::current([WORKER])?);
            let workers = workers.with_pdf_engine(engine(args));
            let plan = mutate::Plan {
                count: *count,
                seed: *seed,
            };
            mutate::run(folder, workers, &plan)
        }
        What::Facts { show: Some(file) } => facts::show(file),
        What::Facts { show: None } => facts::measure(),
        What::Requirements { real: None, .. } => requirements::measure(),
        What::Requirements {
            real: Some(folder),
            show: Some(set),
        } => judged::show(folder, *set),
        What::Requirements {
            real: Some(folder),
            show: None,
        } => judged::measure(folder),
    }
}

/// What reads PDF: PDFium, where it is and not refused.
fn engine(args: &Args) -> PdfEngine {
    if args.hayro {
        return PdfEngine::Hayro;
    }
    let named = args
        .pdfium
        .clone()
        .map(|library| PdfEngine::Pdfium { library });
    let found = named.or_else(|| PdfEngine::in_folder(&workspace().join("target/pdfium")));
    found.unwrap_or_else(|| {
        say("no PDFium, so hayro reads PDF: `cargo xtask setup` fetches PDFium, or name it by --pdfium");
        PdfEngine::Hayro
    })
}

/// The folder of the workspace.
fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[expect(clippy::print_stderr, reason = "a program talks to its user")]
fn say(line: &str) {
    eprintln!("{line}");
}

#[expect(clippy::print_stdout, reason = "a program prints its results")]
fn print(line: &str) {
    println!("{line}");
}
