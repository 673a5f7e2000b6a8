//! A GGUF file: any bytes in place of one, or some bytes of a tiny Llama changed. It is refused, or its tensors are read
//! and a Llama is written.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_lora::{Gguf, GgufDecoder, Precision};

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/ranker-lora/tests/golden/gguf/llama.gguf"
);

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| fs::read(GOLDEN).unwrap());

/// The first byte says whether the rest is the file or changes it: three bytes say where and one says what.
fn changed(data: &[u8]) -> Vec<u8> {
    match data {
        [how, rest @ ..] if how % 2 == 1 => {
            let mut file = SOUND.clone();
            for edit in rest.chunks_exact(4) {
                let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize % file.len();
                file[at] = edit[3];
            }
            file
        }
        [_, rest @ ..] => rest.to_vec(),
        [] => Vec::new(),
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(file) = Gguf::parse("fuzzed.gguf", changed(data)) else {
        return;
    };
    for name in file.names() {
        let tensor = file.tensor(name).unwrap();
        if let Ok(values) = tensor.values() {
            assert_eq!(values.len(), tensor.shape().iter().product::<usize>());
        }
    }
    if let Ok(decoder) = GgufDecoder::new(file) {
        let _ = decoder.to_onnx(Precision::Int8);
    }
});
