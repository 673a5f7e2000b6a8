//! A ranker as a service that can be left running: profiles on disk, feedback that becomes a model only through
//! the gate, and bounds on whatever strangers send.
//!
//! ```text
//! cargo run --release --example axum_server
//! curl localhost:3000/rank -H 'content-type: application/json' \
//!     -d '{"title": "Pastry chef", "text": "Desserts and bread for a small hotel", "top": 3}'
//! ```
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /rank` | candidates for a job, best first; what is shown is recorded |
//! | `GET /explain/{ranking}/{candidate}` | why a candidate stands there, also of rankings from before a restart |
//! | `POST /feedback` | records a click, a shortlisting, a preference ... |
//! | `POST /learn` | learns from the log, and serves the result if the gate lets it pass |
//! | `POST /rollback` | serves the model before this one again |
//! | `PUT /profiles` | adds a profile, or replaces it |
//! | `GET /profiles/{id}/held` | what is held about a person |
//! | `DELETE /profiles/{id}` | erases a person everywhere, with a receipt |
//! | `GET /` | the pages for people: see `pages/` |
//! | `GET /health` | which model is served, over how many profiles |
//!
//! Everything lies in one folder (`--data`): the collection, the feedback log, the served models, the jobs and the
//! records of decisions.
//! A process that is killed loses nothing that it acknowledged.

mod blind;
mod clients;
mod error;
mod fault;
mod form;
mod guard;
mod history;
mod intake;
mod pages;
mod programs;
mod rankings;
mod records;
mod seal;
mod server;
mod service;
#[cfg(test)]
mod tests;
mod wire;
mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use ranker::embed::OnnxCrossEncoder;
use ranker::files::read_profiles;
use ranker_examples::{
    Outcome, bundled, document_reader, document_worker, finish, occupations, open_encoder, say,
};

use clients::Clients;
use guard::Limits;
use programs::routes;
use service::{Options, Service};

/// Serve rankings over HTTP.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Profiles to add, or to replace where they changed: a JSONL file or a folder. The bundled profiles
    /// where left out and nothing is held yet.
    #[arg(long, value_name = "FILE|FOLDER")]
    profiles: Option<PathBuf>,
    /// The encoder's folder; the bundled one for jobs and profiles if left out.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// Where everything is kept; a folder in the target folder if left out.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Who may call: a line a client, its name and its token, sent as `Authorization: Bearer TOKEN`. Without
    /// it anyone may, and a client is known by its address.
    #[arg(long, value_name = "FILE")]
    clients: Option<PathBuf>,
    /// A client of --clients whose feedback is the operator's own: it may decide alone what is served, as that
    /// of a team's only recruiter must. May be given several times.
    #[arg(long, value_name = "NAME", requires = "clients")]
    trust: Vec<String>,
    /// The longest that one request may take, in milliseconds.
    #[arg(long, value_name = "MS", default_value = "30000")]
    deadline: u64,
    /// Rankings, explanations and the like at once; more are answered 429.
    #[arg(long, value_name = "N", default_value = "16")]
    at_once: usize,
    /// Does not compare a job's tokens with those of profiles, which is faster and finds a little less.
    #[arg(long)]
    no_late_interaction: bool,
    /// Adds what a cross-encoder says, which reads job and profile together, to what people are ranked by: the folder of a
    /// sequence classifier, such as `finetune --head cross-encoder` writes. It reads every candidate of a ranking, which
    /// takes long; models that were served without it are refused.
    #[arg(long, value_name = "FOLDER")]
    cross_encoder: Option<PathBuf>,
    /// Connections at once; more are closed.
    #[arg(long, value_name = "N", default_value = "512")]
    connections: usize,
}

fn main() -> ExitCode {
    document_worker().unwrap_or_else(|| finish(run(&Args::parse())))
}

fn run(args: &Args) -> Outcome {
    let folder = args.data.clone();
    let folder = folder.unwrap_or_else(|| bundled::target("axum-server"));
    let limits = Limits {
        deadline: Duration::from_millis(args.deadline),
        at_once: args.at_once,
        connections: args.connections,
        ..Limits::default()
    };
    let clients = args.clients.as_deref().map(Clients::read).transpose()?;
    let encoder = open_encoder(args.model.as_deref())?;
    let cross_encoder = args.cross_encoder.as_deref();
    let cross_encoder = cross_encoder.map(OnnxCrossEncoder::from_dir).transpose()?;
    let options = Options {
        limits,
        clients: clients.unwrap_or_default().trusting(&args.trust)?,
        late_interaction: !args.no_late_interaction,
        occupations: occupations(args.model.as_deref())?,
        cross_encoder,
        documents: document_reader()?,
        engine: encoder.backend().to_owned(),
    };
    let service = Service::open(encoder, &folder, options)?;
    if let Some(file) = args.profiles.clone().or_else(|| {
        let bundled = bundled::data("profiles.jsonl");
        service.is_empty().then_some(bundled)
    }) {
        let read = read_profiles(&file)?;
        read.notes.iter().for_each(|note| say(note));
        service.import(&read.profiles)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(args.listen).await?;
        say(&format!(
            "listening on http://{}, everything is kept in {}",
            listener.local_addr()?,
            folder.display()
        ));
        let routes = routes(Arc::clone(&service));
        server::serve(listener, routes, (limits, server::stop_signal())).await;
        Ok::<(), std::io::Error>(())
    })?;
    drop(runtime);
    service.close()
}
