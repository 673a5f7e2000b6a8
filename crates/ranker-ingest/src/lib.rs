//! Documents as people send them become text, sections and facts.
//!
//! Bytes go in; what comes out is the text in reading order, the place of each [`Section`], and
//! warnings of what went otherwise than it should. The format is told from the content, never
//! from a name: plain text and Markdown in any usual encoding, HTML, PDF, DOCX, ODT, RTF, JSON
//! Resume, and gzip of these. What cannot be read is `Unreadable`, with the reason and what to do.
//!
//! # Trusted and foreign files
//!
//! Parsers of foreign files hang and crash. `DocumentReader::in_workers` has worker processes
//! read, with bounds on time, memory and output: a hostile file costs its own place and nothing else.
//! A library cannot know its program's binary, so the program calls `worker::serve` when it is
//! started as a worker (`examples/rank` shows how). `DocumentReader::in_process` is for files of
//! one's own.
//!
//! # Primary types
//!
//! - `DocumentReader` reads bytes, `Folder` finds the files of a folder.
//! - [`FactFinder`] reads years of work, seniority, degree, languages and skills from a text.
//!   It is an [`Assessor`](ranker_core::Assessor), too: it reads what a job requires, and says what of it a
//!   profile meets.
//! - [`same_person`] groups profiles that are one person's.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "documents")] {
//! use ranker_ingest::{DocumentReader, Format, SectionKind};
//!
//! let rtf = br"{\rtf1\ansi M\'fcller\par Skills\par Rust, SQL\par}";
//! let document = DocumentReader::in_process().read(rtf)?;
//! assert_eq!(document.format, Format::Rtf);
//! assert_eq!(document.text, "Müller\nSkills\nRust, SQL");
//! assert_eq!(document.sections()[1].kind, SectionKind::Skills);
//!
//! let scan = DocumentReader::in_process().read(b"\x89PNG\r\n\x1a\n").unwrap_err();
//! assert_eq!(scan.to_string(), "it is a PNG image, which is not read");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! | feature | default | without it |
//! |---|---|---|
//! | `documents` | yes | sections, facts and [`same_person`] only |
//! | `pdfium` | yes | PDF files are named and left out |
//! | `cache` | yes | no `DocumentCache`: every file is read anew in each run |

/// Compiles the example of the README.
#[cfg(all(doctest, feature = "documents"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod alike;
#[cfg(feature = "cache")]
mod cache;
#[cfg(feature = "documents")]
mod document;
#[cfg(feature = "documents")]
mod error;
mod facts;
#[cfg(feature = "documents")]
mod flow;
#[cfg(feature = "documents")]
mod folder;
#[cfg(feature = "documents")]
mod html;
#[cfg(feature = "documents")]
mod json_resume;
#[cfg(feature = "documents")]
mod limits;
#[cfg(feature = "documents")]
mod package;
#[cfg(feature = "documents")]
mod pdf;
#[cfg(feature = "documents")]
mod read;
#[cfg(feature = "documents")]
mod reader;
mod requirements;
#[cfg(feature = "documents")]
mod rtf;
mod sections;
#[cfg(feature = "documents")]
pub mod worker;

pub use alike::same_person;
#[cfg(feature = "cache")]
pub use cache::{CacheError, DocumentCache, DocumentKey};
pub use facts::{FactFinder, FoundFact, Month, fact_names};
pub use sections::{Section, SectionKind, sections};

#[cfg(feature = "documents")]
pub use self::{
    document::{Document, Format, Warning},
    error::Unreadable,
    folder::{Entry, Folder, LeftOut, Skipped},
    limits::Limits,
    pdf::PdfEngine,
    reader::DocumentReader,
};
