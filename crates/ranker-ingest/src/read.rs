//! From bytes to a document, by what the bytes are.

use ranker_core::decode::{Decoded, Encoding, GZIP_MAGIC, decode, gunzip};

use crate::document::{Document, Format, Warning};
use crate::error::Unreadable;
use crate::flow::tidy;
use crate::limits::Limits;
use crate::package::{self, Package};
use crate::pdf::{self, PdfEngine};
use crate::{html, json_resume, rtf};

/// PDF readers look for the header in the first kilobyte, and so do we.
const PDF_HEADER: usize = 1024;

/// The container of old Office documents, and of new ones with a password.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Reads a document, in this process, by what its content is.
pub(crate) fn read(
    bytes: &[u8],
    limits: &Limits,
    engine: &PdfEngine,
) -> Result<Document, Unreadable> {
    if bytes.len() > limits.input {
        return Err(Unreadable::TooLarge {
            what: "file",
            limit: limits.input,
        });
    }
    let unpacked = gzip(bytes, limits)?;
    if unpacked
        .as_deref()
        .is_some_and(|bytes| bytes.starts_with(&GZIP_MAGIC))
    {
        return Err(Unreadable::kind(
            "a gzip archive within another: unpack it first",
        ));
    }
    let document = by_content(unpacked.as_deref().unwrap_or(bytes), limits, engine)?;
    if document.text.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(document)
}

fn gzip(bytes: &[u8], limits: &Limits) -> Result<Option<Vec<u8>>, Unreadable> {
    let gzip = bytes.starts_with(&GZIP_MAGIC);
    let unpack = || gunzip(bytes, limits.unpacked);
    Ok(gzip.then(unpack).transpose()?)
}

fn by_content(bytes: &[u8], limits: &Limits, engine: &PdfEngine) -> Result<Document, Unreadable> {
    let start = &bytes[..bytes.len().min(PDF_HEADER)];
    if start.windows(5).any(|window| window == b"%PDF-") {
        return pdf::read(bytes, limits, engine);
    }
    if bytes.starts_with(b"PK") {
        return archive(bytes, limits);
    }
    if bytes.starts_with(OLE) {
        return Err(old_office(bytes));
    }
    if bytes.starts_with(b"{\\rtf") {
        return rtf::read(bytes, limits);
    }
    let decoded = decode(bytes, limits.unpacked)?;
    let document = text(&decoded.text, limits)?;
    Ok(warned(document, &decoded))
}

/// Reads what is text: JSON Resume, HTML, or text itself.
fn text(text: &str, limits: &Limits) -> Result<Document, Unreadable> {
    let trimmed = text.trim_start();
    if trimmed.starts_with("{\\rtf") {
        return rtf::read(trimmed.as_bytes(), limits);
    }
    if trimmed.starts_with(['{', '['])
        && let Some(document) = json(trimmed)?
    {
        return Ok(document);
    }
    if is_html(trimmed) {
        return html::read(trimmed, limits);
    }
    if trimmed.starts_with("<?xml") {
        return Err(Unreadable::kind("an XML file that is no page"));
    }
    if text.len() > limits.text {
        return Err(Unreadable::TooLarge {
            what: "text",
            limit: limits.text,
        });
    }
    Ok(Document::new(Format::Text, tidy(text)))
}

/// A text that only begins like JSON is a text.
fn json(text: &str) -> Result<Option<Document>, Unreadable> {
    match json_resume::read(text) {
        Ok(Some(document)) => Ok(Some(document)),
        Ok(None) => Err(Unreadable::kind(
            "a JSON file that is no JSON Resume (a file of profiles is given by its own name)",
        )),
        Err(_) => {
            let first = text.lines().next().unwrap_or_default();
            if serde_json::from_str::<serde_json::Value>(first).is_ok_and(|v| v.is_object()) {
                let kind = "a file of JSON lines (a file of profiles is given by its own name)";
                return Err(Unreadable::kind(kind));
            }
            Ok(None)
        }
    }
}

fn is_html(text: &str) -> bool {
    let end = text
        .char_indices()
        .nth(1024)
        .map_or(text.len(), |(at, _)| at);
    let start = text[..end].to_ascii_lowercase();
    let page = ["<!doctype html", "<html", "<body", "<head>"];
    let fragment = ["<div", "<p>", "<h1", "<table", "<section", "<article"];
    page.iter().any(|tag| start.contains(tag)) || fragment.iter().any(|tag| start.starts_with(tag))
}

fn archive(bytes: &[u8], limits: &Limits) -> Result<Document, Unreadable> {
    let mut package = Package::open(bytes, limits)?;
    if package.has("word/document.xml") {
        return package::read_docx(&mut package);
    }
    if package.has("mimetype") && package.has("content.xml") {
        let kind = package.part("mimetype")?;
        if kind.starts_with(b"application/vnd.oasis.opendocument.text") {
            return package::read_odt(&mut package);
        }
        return Err(Unreadable::kind("an OpenDocument file that is no text"));
    }
    let names = package.names();
    let with = |start: &str| names.iter().any(|name| name.starts_with(start));
    Err(Unreadable::kind(if with("xl/") {
        "an Excel workbook"
    } else if with("ppt/") {
        "a PowerPoint presentation"
    } else if with("Index/") {
        "a Pages document: export it as PDF"
    } else {
        "a ZIP archive: unpack it first"
    }))
}

/// An Office document with a password is a container of that name, in UTF-16.
fn old_office(bytes: &[u8]) -> Unreadable {
    let encrypted: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if bytes
        .windows(encrypted.len())
        .any(|window| window == encrypted)
    {
        return Unreadable::Encrypted;
    }
    Unreadable::kind("an old Office document (.doc): save it as .docx or PDF")
}

fn warned(mut document: Document, decoded: &Decoded) -> Document {
    if decoded.encoding == Encoding::Windows1252 {
        let encoding = decoded.encoding.to_string();
        document = document.with_warning(Warning::Encoding { encoding });
    }
    if decoded.replaced > 0 {
        let count = decoded.replaced;
        document = document.with_warning(Warning::Replaced { count });
    }
    document
}
