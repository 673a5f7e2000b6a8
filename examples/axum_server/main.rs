//! A ranker in a web service: rank, explain, take feedback, learn from it.
//!
//! ```text
//! cargo run --release --example axum_server
//! curl localhost:3000/rank -H 'content-type: application/json' \
//!     -d '{"title": "Pastry chef", "text": "Desserts and bread for a small hotel", "top": 3}'
//! ```
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /rank` | candidates for a job, best first; the ranking is logged as an impression |
//! | `GET /explain/{ranking}/{candidate}` | why a candidate stands where it stands |
//! | `POST /feedback` | stores a click, a shortlisting, a preference ... on the disk |
//! | `POST /learn` | learns from the logged preferences and grades, and serves the result |
//! | `GET /health` | which model is served, over how many profiles |
//!
//! Nothing here blocks the web server's threads: the ranker computes on its own pool, and the log
//! is written there too.

mod error;
mod service;
#[cfg(test)]
mod tests;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ranker::files::read_profiles;
use ranker::rlhf::FeedbackLog;
use ranker_examples::{Outcome, bundled, finish, open_encoder, say};

use service::Service;

/// Serve rankings over HTTP.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// A JSONL file or a folder of profiles; the bundled profiles if left out.
    #[arg(long, value_name = "FILE|FOLDER")]
    profiles: Option<PathBuf>,
    /// The encoder's folder; the bundled all-MiniLM-L6-v2 if left out.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// The feedback log; a file in the target folder if left out.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(Args::parse()))
}

fn run(args: Args) -> Outcome {
    let profiles = args
        .profiles
        .unwrap_or_else(|| bundled::data("profiles.jsonl"));
    let log = args
        .log
        .unwrap_or_else(|| bundled::target("feedback.sqlite"));
    let encoder = open_encoder(&args.model.unwrap_or_else(bundled::model))?;
    let service = Service::new(encoder, read_profiles(&profiles)?.profiles, FeedbackLog::open(&log)?)?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(args.listen).await?;
        say(&format!(
            "listening on http://{}, feedback goes to {}",
            listener.local_addr()?,
            log.display()
        ));
        let stop = async {
            // Without the signal there is nothing to wait for: the server then runs until killed.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        axum::serve(listener, service::routes(service))
            .with_graceful_shutdown(stop)
            .await?;
        Ok(())
    })
}
