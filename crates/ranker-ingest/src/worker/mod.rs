//! Worker processes that read foreign files.
//!
//! The parent sends its settings once and then a document a frame; the worker answers each with
//! the document it read or the reason why it did not. A frame is its length, as eight bytes with the
//! lowest first, and so many bytes. A worker that does not answer in time is ended, one that ends is
//! replaced, and the document over which it happened is named.

mod bounds;
mod frame;
mod serve;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};

pub use serve::serve;

use crate::document::Document;
use crate::error::Unreadable;
use crate::limits::Limits;
use crate::pdf::PdfEngine;

/// How a program starts itself as a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
}

impl Program {
    /// The binary, and the arguments on which its `main` calls [`serve`].
    pub fn new(
        path: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            path: path.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
        }
    }

    /// The binary that runs now, with these arguments.
    ///
    /// # Errors
    ///
    /// What the system reports when it cannot say which binary that is.
    pub fn current(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> io::Result<Self> {
        Ok(Self::new(std::env::current_exe()?, arguments))
    }
}

/// What a worker is told when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) pdf: PdfEngine,
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Document(Document),
    /// The reason, and which one where the parent acts on it.
    Unreadable(Reason),
}

/// [`Unreadable`] on its way between processes of one build.
#[derive(Debug, Serialize, Deserialize)]
enum Reason {
    Empty,
    Scanned(usize),
    Encrypted,
    Encoding,
    NoPdfEngine(String),
    Kind(String),
    Damaged(String),
    TooLarge(String, usize),
    TooDeep(usize),
}

/// Workers that wait for their next document.
#[derive(Debug)]
pub(crate) struct Workers {
    program: Program,
    idle: Mutex<Vec<Worker>>,
}

impl Workers {
    pub(crate) fn new(program: Program) -> Self {
        Self {
            program,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Has a worker read a document.
    pub(crate) fn read(&self, bytes: &[u8], settings: &Settings) -> Result<Document, Unreadable> {
        let idle = self.lock().pop();
        let mut worker = match idle {
            Some(worker) if worker.settings == *settings => worker,
            _ => Worker::start(&self.program, settings)?,
        };
        let answer = match worker.ask(bytes) {
            // It ended while it was idle, so it was not this document's fault.
            Err(Ended::BeforeReading) => {
                worker = Worker::start(&self.program, settings)?;
                worker.ask(bytes)
            }
            answer => answer,
        };
        match answer {
            Ok(answer) => {
                self.lock().push(worker);
                answer
            }
            Err(Ended::InTime) => Err(Unreadable::TooSlow {
                limit: settings.limits.time,
            }),
            Err(_) => Err(Unreadable::Crashed {
                how: worker.ending(),
            }),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One process. It is ended when this is dropped.
#[derive(Debug)]
struct Worker {
    child: Child,
    to: ChildStdin,
    answers: Receiver<Vec<u8>>,
    settings: Settings,
}

/// Why there is no answer.
enum Ended {
    BeforeReading,
    WhileReading,
    InTime,
}

impl Worker {
    fn start(program: &Program, settings: &Settings) -> Result<Self, Unreadable> {
        let no_worker = |why: &dyn std::fmt::Display| Unreadable::NoWorker {
            why: format!("{}: {why}", program.path.display()),
        };
        let mut command = Command::new(&program.path);
        command
            .args(&program.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| no_worker(&error))?;
        let (Some(mut to), Some(mut from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(no_worker(&"it has no standard input and output"));
        };
        // Escapes may make an answer longer than its text, though not by more than this.
        let most = settings
            .limits
            .text
            .saturating_mul(6)
            .saturating_add(1 << 20);
        let (sender, answers) = sync_channel(1);
        thread::spawn(move || {
            while let Ok(Some(answer)) = frame::read(&mut from, most) {
                if sender.send(answer).is_err() {
                    break;
                }
            }
        });
        let greeting = serde_json::to_vec(settings).map_err(|error| no_worker(&error))?;
        frame::write(&mut to, &greeting).map_err(|error| no_worker(&error))?;
        Ok(Self {
            child,
            to,
            answers,
            settings: settings.clone(),
        })
    }

    fn ask(&mut self, bytes: &[u8]) -> Result<Result<Document, Unreadable>, Ended> {
        frame::write(&mut self.to, bytes).map_err(|_| Ended::BeforeReading)?;
        let answer = self.answers.recv_timeout(self.settings.limits.time);
        let answer = answer.map_err(|error| match error {
            RecvTimeoutError::Timeout => Ended::InTime,
            RecvTimeoutError::Disconnected => Ended::WhileReading,
        })?;
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| Ended::WhileReading)?;
        Ok(match answer {
            Answer::Document(document) => Ok(document),
            Answer::Unreadable(reason) => Err(reason.into()),
        })
    }

    /// Ends the process; how it ended.
    fn ending(mut self) -> String {
        // It may be alive and only have closed its output, or answer nonsense.
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Without its input it would end by itself, unless it hangs.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl From<Unreadable> for Reason {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Empty => Self::Empty,
            Unreadable::Scanned { pages } => Self::Scanned(pages),
            Unreadable::Encrypted => Self::Encrypted,
            Unreadable::Encoding => Self::Encoding,
            Unreadable::NoPdfEngine { why } => Self::NoPdfEngine(why),
            Unreadable::Kind { kind } => Self::Kind(kind),
            Unreadable::TooLarge { what, limit } => Self::TooLarge(what.to_owned(), limit),
            Unreadable::TooDeep { limit } => Self::TooDeep(limit),
            Unreadable::Damaged { what } => Self::Damaged(what),
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<Reason> for Unreadable {
    fn from(reason: Reason) -> Self {
        /// The parts of a document that have a bound.
        const PARTS: [&str; 3] = ["file", "text", "unpacked content"];
        match reason {
            Reason::Empty => Self::Empty,
            Reason::Scanned(pages) => Self::Scanned { pages },
            Reason::Encrypted => Self::Encrypted,
            Reason::Encoding => Self::Encoding,
            Reason::NoPdfEngine(why) => Self::NoPdfEngine { why },
            Reason::Kind(kind) => Self::Kind { kind },
            Reason::Damaged(what) => Self::Damaged { what },
            Reason::TooDeep(limit) => Self::TooDeep { limit },
            Reason::TooLarge(what, limit) => {
                let known = PARTS.into_iter().find(|part| *part == what);
                let what = known.unwrap_or("content");
                Self::TooLarge { what, limit }
            }
        }
    }
}
