//! Codes of token vectors: any bytes, and sound codes with some bytes changed. They are refused, or decoded, compared
//! and averaged.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_core::{TokenCodec, TokenEmbeddings};
use ranker_fuzz::changed;
use ranker_retrieve::TwoBitCodec;

const DIMENSION: usize = 24;

static TOKENS: LazyLock<TokenEmbeddings> = LazyLock::new(|| {
    let components = (0..9 * DIMENSION).map(|i| ((i * 7 + i / 24 * 3) % 11) as f32 - 5.0);
    let spans = (0..9).map(|i| 4 * i..4 * i + 3).collect();
    TokenEmbeddings::normalized(DIMENSION, components.collect(), spans).unwrap()
});
static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| TwoBitCodec.encode(&TOKENS).unwrap());

fuzz_target!(|data: &[u8]| {
    let codes = changed(&SOUND, data);
    if let Ok(tokens) = TwoBitCodec.decode(&codes) {
        let finite = |vector: &[f32]| vector.iter().all(|component| component.is_finite());
        assert!(tokens.vectors().all(finite));
        // What was decoded can be encoded.
        TwoBitCodec.encode(&tokens).unwrap();
    }
    if let Ok(scores) = TwoBitCodec.max_similarities(&TOKENS, &[&codes, &SOUND]) {
        assert_eq!(scores.len(), 2);
    }
    let _ = TwoBitCodec.mean(&codes);
});
