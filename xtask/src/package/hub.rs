//! A hub on this machine that serves the bundled encoder.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{Outcome, workspace};

/// Serves until it is dropped.
pub(super) struct Hub {
    process: Child,
    address: String,
}

impl Hub {
    /// The bundled encoder under another name and a commit.
    pub(super) fn start(name: &str, commit: &str) -> Outcome<Self> {
        let mut failed = String::new();
        for python in ["python3", "python"] {
            let mut serve = Command::new(python);
            serve.arg(workspace().join("scripts/serve_hub.py"));
            serve.arg(workspace().join("models/all-MiniLM-L6-v2"));
            serve.args(["--name", name, "--commit", commit]);
            serve.stdin(Stdio::piped()).stdout(Stdio::piped());
            match serve.spawn() {
                Ok(process) => return Self::started(process),
                Err(error) => failed = format!("{python} cannot be run: {error}"),
            }
        }
        Err(failed.into())
    }

    fn started(mut process: Child) -> Outcome<Self> {
        let output = process
            .stdout
            .take()
            .ok_or("the hub's output is not piped")?;
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        let hub = Self {
            process,
            address: address.trim().to_owned(),
        };
        match hub.address.is_empty() {
            true => Err("the hub did not start: see above".into()),
            false => Ok(hub),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
