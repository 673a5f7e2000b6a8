//! An encoder whose vectors are hashes of words: equal words are alike, others hardly.

use ranker_core::{
    EmbedError, Embedded, Embedder, Embedding, Role, TokenEmbeddings, TokenUsage, conformance,
};

pub(crate) struct ToyEmbedder;

const DIMENSION: usize = 64;

/// The words of a text: runs of letters and digits, and every other mark by itself.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match words.last_mut() {
            Some(word) if in_word && c.is_alphanumeric() => word.end = end,
            _ if !c.is_whitespace() => words.push(at..end),
            _ => {}
        }
        in_word = c.is_alphanumeric();
    }
    words
}

/// A unit vector from the FNV-1a hash of the folded word.
fn vector(word: &str) -> Vec<f32> {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in word.to_lowercase().bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut component = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let components = (0..DIMENSION).map(|_| component()).collect();
    Embedding::normalized(components)
        .unwrap()
        .as_slice()
        .to_vec()
}

fn read(texts: &[&str]) -> Result<Vec<TokenEmbeddings>, EmbedError> {
    let one = |(index, text): (usize, &&str)| {
        if text.trim().is_empty() {
            return Err(EmbedError::EmptyText { index });
        }
        let spans = words(text);
        let vectors = spans.iter().flat_map(|span| vector(&text[span.clone()]));
        TokenEmbeddings::new(DIMENSION, vectors.collect(), spans)
            .map_err(|source| EmbedError::Output { index, source })
    };
    texts.iter().enumerate().map(one).collect()
}

impl Embedder for ToyEmbedder {
    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn model_id(&self) -> &str {
        "toy"
    }

    fn embed(&self, texts: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
        let one = |tokens: TokenEmbeddings| {
            let mut sum = vec![0.0; DIMENSION];
            for vector in tokens.vectors() {
                sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
            }
            let (tokens, used) = (tokens.len(), tokens.len());
            let embedding = Embedding::normalized(sum).unwrap();
            Embedded::new(embedding, TokenUsage::new(tokens, used))
        };
        Ok(read(texts)?.into_iter().map(one).collect())
    }

    fn embed_tokens(&self, texts: &[&str], _: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        read(texts)
    }
}

#[test]
fn the_toy_is_an_embedder() {
    conformance::embedder(&ToyEmbedder).unwrap();
}
