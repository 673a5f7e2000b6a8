//! The contract of stores on engines of others: on those that packages ship, on the fakes of the tests, and on
//! the servers that the caller has.

use std::process::Command;

use crate::servers::{self, CHROMA, MILVUS, POSTGRES, REDIS, REDIS_SEARCH};
use crate::{Outcome, workspace};

/// Engines that a caller may name, with the variable of their address.
const LIVE: [(&str, &str); 9] = [
    ("chroma", CHROMA),
    ("elasticsearch", "RANKER_ELASTICSEARCH"),
    ("milvus", MILVUS),
    ("opensearch", "RANKER_OPENSEARCH"),
    ("pinecone", "RANKER_PINECONE"),
    ("postgresql", POSTGRES),
    ("qdrant", "RANKER_QDRANT"),
    ("redis", REDIS),
    ("redis-search", REDIS_SEARCH),
];

/// Runs the suite of stores on the servers that packages ship, on the fakes, and on what `--live ENGINE=URL`
/// names.
pub(crate) fn run(args: &[String]) -> Outcome {
    let named = live(args)?;
    let variables: Vec<&str> = named.iter().map(|(variable, _)| *variable).collect();
    let own = servers::started(&variables);
    let addresses = own.iter().map(|one| (one.variable, one.url.clone()));
    let addresses: Vec<_> = named.into_iter().chain(addresses).collect();
    let kept = |package, test, filters: &[&str]| {
        let mut tests = Command::new(env!("CARGO"));
        tests.current_dir(workspace());
        tests.args(["test", "--quiet", "--all-features", "--package", package]);
        tests
            .args(["--test", test, "--", "--nocapture"])
            .args(filters);
        tests.envs(addresses.iter().map(|(variable, url)| (variable, url)));
        tests.status().map(|status| status.success())
    };
    let suite = kept("ranker-engines", "it", &["conform", "live"])?;
    // The program that ranks over an engine, run on each.
    if suite && kept("ranker-engines-examples", "rank_on_engine", &[])? {
        Ok(())
    } else {
        Err("an engine does not keep the contract: see above".into())
    }
}

/// The variables and addresses of `--live ENGINE=URL`.
fn live(args: &[String]) -> Outcome<Vec<(&'static str, String)>> {
    let mut named = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let usage = "usage: cargo xtask engines [--live ENGINE=URL]...";
        let pair = args.next().filter(|_| arg == "--live").ok_or(usage)?;
        let (engine, url) = pair.split_once('=').ok_or(usage)?;
        let known = LIVE.iter().find(|(name, _)| *name == engine);
        let names = LIVE.map(|(name, _)| name).join(", ");
        let (_, variable) = known.ok_or_else(|| format!("{engine} is none of {names}"))?;
        named.push((*variable, url.to_owned()));
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_arguments() {
        let args = ["--live", "qdrant=http://localhost:6333"].map(str::to_owned);
        let named = live(&args).unwrap();
        assert_eq!(
            named,
            [("RANKER_QDRANT", "http://localhost:6333".to_owned())]
        );
        assert!(live(&["--live".to_owned()]).is_err());
        let unknown = ["--live".to_owned(), "mongo=x".to_owned()];
        assert!(
            live(&unknown)
                .unwrap_err()
                .to_string()
                .contains("postgresql")
        );
    }
}
