//! Against `scripts/golden_embed.py`, which shares no code with this crate.

use ranker_core::Embedding;
use ranker_embed::{Embedder, Role};

use crate::support::embedders;

struct Golden {
    texts: Vec<String>,
    tokens: Vec<u64>,
    embeddings: Vec<Embedding>,
}

fn golden() -> Golden {
    let lines: Vec<serde_json::Value> = include_str!("../golden/texts.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (numbers, _) = include_bytes!("../golden/embeddings.f32").as_chunks::<4>();
    let numbers: Vec<f32> = numbers
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect();
    Golden {
        texts: lines
            .iter()
            .map(|line| line["text"].as_str().unwrap().to_owned())
            .collect(),
        tokens: lines
            .iter()
            .map(|line| line["tokens"].as_u64().unwrap())
            .collect(),
        embeddings: numbers
            .chunks(384)
            .map(|row| Embedding::unit(row.to_vec()).unwrap())
            .collect(),
    }
}

#[test]
fn embeddings_are_those_of_python() {
    let golden = golden();
    let texts: Vec<&str> = golden.texts.iter().map(String::as_str).collect();
    for embedder in embedders() {
        let embedded = embedder.embed(&texts, Role::Document).unwrap();
        assert_eq!(embedded.len(), golden.embeddings.len());
        for ((found, expected), text) in embedded.iter().zip(&golden.embeddings).zip(&texts) {
            let cosine = found.embedding.cosine(expected).unwrap();
            assert!(
                cosine >= 0.9999,
                "{}: {cosine} for {text:?}",
                embedder.backend()
            );
        }
        let tokens = embedded.iter().map(|embedded| embedded.usage.tokens as u64);
        assert!(
            tokens.eq(golden.tokens.iter().copied()),
            "as many tokens as in Python"
        );
        let cut = embedded
            .iter()
            .filter(|embedded| embedded.usage.is_cut())
            .count();
        assert!(cut >= 5, "{cut} texts are longer than the model reads");
    }
}
