//! The files of an encoder and of an adapter: any bytes in place of one, or some bytes of one changed.
//! They are refused, or what they hold can be applied.
#![no_main]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ranker_lora::{Encoder, LoraAdapter};
use tempfile::TempDir;

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/ranker-lora/tests/golden/peft"
);
const FILES: [&str; 4] = [
    "config.json",
    "model.safetensors",
    "adapter_config.json",
    "adapter_model.safetensors",
];

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// A tiny BERT and an adapter of it, as PEFT wrote them.
static SOUND: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let golden = Path::new(GOLDEN);
    let adapter = golden.join("dora-bias-all");
    [golden, golden, &adapter, &adapter]
        .iter()
        .zip(FILES)
        .map(|(folder, file)| fs::read(folder.join(file)).unwrap())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
});

/// The first byte says which file, the second whether the rest replaces it or changes it: three bytes
/// say where and one says what.
fn changed(data: &[u8]) -> [Vec<u8>; 4] {
    let mut files = SOUND.clone();
    let [which, how, rest @ ..] = data else {
        return files;
    };
    let file = &mut files[usize::from(which % 4)];
    if how % 2 == 0 {
        *file = rest.to_vec();
        return files;
    }
    for edit in rest.chunks_exact(4) {
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize % file.len();
        file[at] = edit[3];
    }
    files
}

fuzz_target!(|data: &[u8]| {
    let folder = FOLDER.path();
    for (file, bytes) in FILES.iter().zip(changed(data)) {
        fs::write(folder.join(file), bytes).unwrap();
    }
    let adapter = LoraAdapter::read(folder);
    let Ok(mut encoder) = Encoder::read(folder) else {
        return;
    };
    if let Ok(adapter) = adapter {
        let _ = adapter.merge(&mut encoder);
    }
});
