//! Embeds texts, a text a line, and writes the vectors as a NumPy array.
//!
//! ```text
//! cargo run --release --example embed -- --texts texts.txt --role document --out vectors.npy
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use ranker::core::{Embedded, Embedder, Role};
use ranker_examples::{AnyEncoder, Outcome, Stages, embed_texts, finish, open_encoder};
use serde::Serialize;

/// Embed texts and write the vectors as a NumPy array.
#[derive(Parser)]
struct Args {
    /// The encoder's folder; the bundled one for jobs and profiles if left out.
    #[arg(long, value_name = "FOLDER")]
    model: Option<PathBuf>,
    /// A UTF-8 file with a text a line.
    #[arg(long, value_name = "FILE")]
    texts: PathBuf,
    /// What the texts are to a search: some encoders treat the two differently.
    #[arg(long, value_enum, default_value_t = RoleArg::Document)]
    role: RoleArg,
    /// Where the vectors go: float32, a row a text, of unit length.
    #[arg(long, value_name = "FILE.npy")]
    out: PathBuf,
    /// Where a report goes: per text its tokens and the tokens that were read.
    #[arg(long, value_name = "FILE.json")]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleArg {
    Query,
    Document,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Query => Self::Query,
            RoleArg::Document => Self::Document,
        }
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Outcome {
    let content = fs::read_to_string(&args.texts)
        .map_err(|error| format!("cannot read {}: {error}", args.texts.display()))?;
    let texts = lines(&content, &args.texts)?;
    let mut stages = Stages::start();
    let encoder = open_encoder(args.model.as_deref())?;
    stages.done("load the encoder");
    let embedded = embed_texts(&encoder, &texts, args.role.into(), "embedding texts")?;
    stages.done("embed");

    write_npy(&args.out, &embedded, encoder.dimension())
        .map_err(|error| format!("cannot write {}: {error}", args.out.display()))?;
    let report = Report::new(&encoder, &embedded, &stages);
    if let Some(path) = &args.json {
        let json = serde_json::to_string_pretty(&report)?;
        fs::write(path, json + "\n")
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    let cut = match report.max_tokens {
        None => "all read to their end".to_owned(),
        Some(most) => {
            let cut = report.texts.iter().filter(|text| text.used < text.tokens);
            format!("{} of them cut to {most} tokens", cut.count())
        }
    };
    writeln!(
        io::stdout(),
        "{} texts, {cut}, {} dimensions, in {:.2} s: {}",
        embedded.len(),
        encoder.dimension(),
        report.seconds.embed,
        args.out.display(),
    )?;
    Ok(())
}

/// The texts of a file; an empty line would have no embedding.
fn lines<'a>(content: &'a str, path: &Path) -> Outcome<Vec<&'a str>> {
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let texts: Vec<&str> = content.lines().collect();
    let path = path.display();
    if texts.is_empty() {
        return Err(format!("{path} holds no texts").into());
    }
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(at) => Err(format!("{path}, line {}: the line is empty", at + 1).into()),
        None => Ok(texts),
    }
}

/// Writes a NumPy array, format 1.0: a header padded to 64 bytes, then the rows.
fn write_npy(path: &Path, rows: &[Embedded], dimension: usize) -> io::Result<()> {
    let shape = format!("({}, {dimension})", rows.len());
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version and the length of the header take 10 bytes, the closing line end one.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = io::BufWriter::new(fs::File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    file.write_all(
        &u16::try_from(length)
            .map_err(io::Error::other)?
            .to_le_bytes(),
    )?;
    writeln!(file, "{header:<width$}", width = length - 1)?;
    for value in rows.iter().flat_map(|row| row.embedding.as_slice()) {
        file.write_all(&value.to_le_bytes())?;
    }
    file.flush()
}

/// What was done, for another program.
#[derive(Serialize)]
struct Report<'a> {
    encoder: &'a str,
    backend: &'a str,
    dimension: usize,
    /// None where texts are read to their end.
    max_tokens: Option<usize>,
    seconds: Seconds,
    texts: Vec<Usage>,
}

#[derive(Serialize)]
struct Seconds {
    load: f64,
    embed: f64,
}

/// How much of one text the encoder read, special tokens included.
#[derive(Serialize)]
struct Usage {
    tokens: usize,
    used: usize,
}

impl<'a> Report<'a> {
    fn new(encoder: &'a AnyEncoder, embedded: &[Embedded], stages: &Stages) -> Self {
        let mut seconds = stages.iter().map(|(_, took)| took.as_secs_f64());
        let [load, embed] = [(); 2].map(|()| seconds.next().unwrap_or_default());
        let usage = |text: &Embedded| Usage {
            tokens: text.usage.tokens,
            used: text.usage.used,
        };
        Self {
            encoder: encoder.model_id(),
            backend: encoder.backend(),
            dimension: encoder.dimension(),
            max_tokens: Some(encoder.max_tokens()).filter(|&most| most < usize::MAX),
            seconds: Seconds { load, embed },
            texts: embedded.iter().map(usage).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ranker::core::{Embedding, TokenUsage};

    use super::*;

    #[test]
    fn an_empty_line_is_refused_by_its_number() {
        let error = |content| lines(content, Path::new("t")).unwrap_err().to_string();
        assert_eq!(error("a\n \nb\n"), "t, line 2: the line is empty");
        assert_eq!(error(""), "t holds no texts");
        assert_eq!(lines("a\r\nb", Path::new("t")).unwrap(), ["a", "b"]);
    }

    #[test]
    fn the_array_has_the_layout_that_numpy_documents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let row = |x, y| {
            Embedded::new(
                Embedding::normalized(vec![x, y]).unwrap(),
                TokenUsage::new(3, 3),
            )
        };
        write_npy(&path, &[row(3.0, 4.0), row(0.0, 2.0)], 2).unwrap();
        let bytes = fs::read(&path).unwrap();
        let (header, data) = bytes.split_at(bytes.len() - 16);
        assert_eq!(header.len() % 64, 0, "the data is aligned");
        assert_eq!(&header[..8], b"\x93NUMPY\x01\x00");
        let length = usize::from(u16::from_le_bytes([header[8], header[9]]));
        assert_eq!(10 + length, header.len());
        let text = std::str::from_utf8(&header[10..]).unwrap();
        assert!(text.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"));
        assert!(text.ends_with('\n'));
        let floats: Vec<f32> = data
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(floats, [0.6, 0.8, 0.0, 1.0]);
    }
}
