//! What several fuzz targets share.

mod server;

pub use server::{Answer, Server};

/// A sound file with some bytes changed: three bytes say where and one says what.
#[must_use]
pub fn edited(sound: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut file = sound.to_vec();
    for edit in edits.chunks_exact(4) {
        let at = u32::from_le_bytes([edit[0], edit[1], edit[2], 0]) as usize % file.len();
        file[at] = edit[3];
    }
    file
}

/// Any bytes in place of a file, or some bytes of it changed: the first byte says which.
#[must_use]
pub fn changed(sound: &[u8], data: &[u8]) -> Vec<u8> {
    match data {
        [how, rest @ ..] if how % 2 == 1 => edited(sound, rest),
        [_, rest @ ..] => rest.to_vec(),
        [] => Vec::new(),
    }
}
