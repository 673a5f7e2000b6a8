//! Holds a folder against golden files, which a script made by other programs.

use std::error::Error;
use std::path::Path;

use half::f16;
use ranker_core::Embedding;
use ranker_embed::{Embedder, OnnxEmbedder, Role};
use ranker_folder::{ModelFolder, Spans, TextTokenizer};
use serde::Deserialize;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What other programs say of an encoder's texts.
pub(crate) struct Golden {
    /// A text a line, with its role and ids.
    pub(crate) texts: &'static str,
    /// Of those that say so, in 16 bits.
    pub(crate) embeddings: &'static [u8],
    /// The least cosine that a text may have to them.
    pub(crate) least: f32,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    role: String,
    embedded: bool,
    ids: Option<Vec<u32>>,
}

/// How close the embeddings are.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) tokenized: usize,
    pub(crate) embedded: usize,
    pub(crate) mean: f32,
    pub(crate) least: f32,
}

/// Compares ids and embeddings.
///
/// # Errors
/// The first text with other ids, or that the embeddings are too far away.
pub(crate) fn folder(folder: &Path, golden: &Golden) -> Outcome<Checked> {
    let texts = golden.texts.lines().map(serde_json::from_str);
    let texts: Vec<Text> = texts.collect::<Result<_, _>>()?;
    let read = ModelFolder::read(folder)?;
    let tokenizer = TextTokenizer::read(&read)?;
    let mut tokenized = 0;
    for line in &texts {
        let Some(ids) = &line.ids else { continue };
        let prompt = read.prompts.of(role(line));
        let found = tokenizer.tokens(prompt, &line.text, Spans::Skip);
        let found = found.map_err(|error| error.to_string())?.ids;
        if found != *ids {
            return Err(format!("{:?} has the ids {found:?}, not {ids:?}", line.text).into());
        }
        tokenized += 1;
    }
    let embedder = OnnxEmbedder::from_dir(folder)?;
    let size = read.hidden_size.ok_or("no hidden size")?;
    let rows = golden.embeddings.as_chunks::<2>().0.chunks_exact(size);
    let mut cosines = Vec::new();
    for (line, row) in texts.iter().filter(|line| line.embedded).zip(rows) {
        let row = row.iter().map(|&pair| f16::from_le_bytes(pair).to_f32());
        // Of unit length but for the rounding to 16 bits.
        let expected = Embedding::normalized(row.collect())?;
        let found = embedder.embed(&[&line.text], role(line))?;
        let found = found.first().ok_or("no embedding")?;
        cosines.push(found.embedding.cosine(&expected)?);
    }
    let least = cosines.iter().copied().fold(1.0, f32::min);
    if least < golden.least {
        return Err(format!("an embedding has the cosine {least} to the golden one").into());
    }
    Ok(Checked {
        tokenized,
        embedded: cosines.len(),
        mean: cosines.iter().sum::<f32>() / cosines.len() as f32,
        least,
    })
}

fn role(line: &Text) -> Role {
    match line.role == "query" {
        true => Role::Query,
        false => Role::Document,
    }
}
