//! What comes out of a file.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sections::{Section, sections};

/// The format that a file's content has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Format {
    /// Plain text or Markdown.
    Text,
    /// HTML.
    Html,
    /// PDF.
    Pdf,
    /// Office Open XML, as Word writes it.
    Docx,
    /// OpenDocument text, as LibreOffice writes it.
    Odt,
    /// Rich Text Format.
    Rtf,
    /// A resume in the schema of JSON Resume.
    JsonResume,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Html => "HTML",
            Self::Pdf => "PDF",
            Self::Docx => "DOCX",
            Self::Odt => "ODT",
            Self::Rtf => "RTF",
            Self::JsonResume => "JSON Resume",
        })
    }
}

/// What a reader should know of how a document was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Warning {
    /// The text was in no UTF-8.
    Encoding {
        /// The encoding that was assumed.
        encoding: String,
    },
    /// Byte sequences that are no character.
    Replaced {
        /// How many.
        count: usize,
    },
    /// Text that the document does not show.
    Hidden {
        /// How many characters were left out.
        characters: usize,
    },
    /// Pages beyond the limit.
    Pages {
        /// The pages that were read.
        read: usize,
        /// The pages there are.
        of: usize,
    },
    /// Pages that hold no text.
    EmptyPages {
        /// How many.
        count: usize,
    },
    /// A part could not be read.
    Part {
        /// Its name.
        name: String,
    },
    /// The file ends too early or breaks its format; what came before was kept.
    Truncated,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding { encoding } => write!(f, "it was read as {encoding}"),
            Self::Replaced { count } => write!(f, "{count} byte sequences are no character"),
            Self::Hidden { characters } => {
                write!(f, "{characters} characters of hidden text were left out")
            }
            Self::Pages { read, of } => write!(f, "the first {read} of {of} pages were read"),
            Self::EmptyPages { count } => write!(f, "{count} pages hold no text"),
            Self::Part { name } => write!(f, "its part {name} could not be read"),
            Self::Truncated => f.write_str("it is damaged; what could be read was kept"),
        }
    }
}

/// A document's text and how it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Document {
    /// The format of its content.
    pub format: Format,
    /// The text in reading order: a line a paragraph, list item or table row. Never blank.
    pub text: String,
    /// What went otherwise than it should.
    pub warnings: Vec<Warning>,
}

impl Document {
    pub(crate) fn new(format: Format, text: String) -> Self {
        let warnings = Vec::new();
        Self {
            format,
            text,
            warnings,
        }
    }

    pub(crate) fn with_warning(mut self, warning: Warning) -> Self {
        self.warnings.push(warning);
        self
    }

    /// The parts that its headings divide it into.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        sections(&self.text)
    }
}
