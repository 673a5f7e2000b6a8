//! The reader that callers hold.

use std::sync::Arc;

use crate::document::Document;
use crate::error::Unreadable;
use crate::limits::Limits;
use crate::pdf::PdfEngine;
use crate::read::read;
use crate::worker::{Program, Settings, Workers};

/// Reads documents, here or in worker processes. Clones share the workers.
#[derive(Debug, Clone, Default)]
pub struct DocumentReader {
    settings: Settings,
    workers: Option<Arc<Workers>>,
}

impl DocumentReader {
    /// Reads in this process: for trusted files only, since neither time nor memory is bounded.
    #[must_use]
    pub fn in_process() -> Self {
        Self::default()
    }

    /// Reads in worker processes of `program`, which are started when they are needed, one for each
    /// thread that reads, and replaced when they end.
    #[must_use]
    pub fn in_workers(program: Program) -> Self {
        Self {
            settings: Settings::default(),
            workers: Some(Arc::new(Workers::new(program))),
        }
    }

    /// Sets the bounds. Workers that run already keep theirs: set them before reading.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Sets what reads PDF files; by default [`PdfEngine::Hayro`] with the feature `hayro`, else nothing.
    #[must_use]
    pub fn with_pdf_engine(mut self, engine: PdfEngine) -> Self {
        self.settings.pdf = engine;
        self
    }

    /// The bounds.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// What reads PDF files.
    #[must_use]
    pub fn pdf_engine(&self) -> &PdfEngine {
        &self.settings.pdf
    }

    /// Reads a document by what its content is.
    ///
    /// # Errors
    ///
    /// [`Unreadable`]: why it was not read. Other documents are not concerned.
    pub fn read(&self, bytes: &[u8]) -> Result<Document, Unreadable> {
        let limits = &self.settings.limits;
        if bytes.len() > limits.input {
            return Err(Unreadable::TooLarge {
                what: "file",
                limit: limits.input,
            });
        }
        match &self.workers {
            None => read(bytes, limits, &self.settings.pdf),
            Some(workers) => workers.read(bytes, &self.settings),
        }
    }
}
