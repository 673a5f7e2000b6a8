//! Texts packed one after the other, without padding.

use std::ops::Range;

/// How many tokens a chunk has at the most, unless a single text has more.
const MOST: usize = 1024;
/// And at the least: below, the matrix products become slow.
const LEAST: usize = 256;
/// How many chunks a batch should have, so that several threads find work.
const CHUNKS: usize = 8;

/// Some neighbouring texts of a batch, computed together by one thread.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Which texts of the batch.
    pub(crate) texts: Range<usize>,
    /// All their tokens.
    pub(crate) ids: Vec<u32>,
    /// The tokens of each text, as a range of `ids`.
    pub(crate) ranges: Vec<Range<usize>>,
    /// How many tokens of the batch come before.
    pub(crate) first: usize,
}

/// Divides a batch. The division depends on the texts alone, and not on the number of threads, so
/// that sums over chunks are always taken in the same order.
pub(crate) fn chunks(texts: &[&[u32]]) -> Vec<Chunk> {
    let total: usize = texts.iter().map(|text| text.len()).sum();
    let size = (total / CHUNKS).clamp(LEAST, MOST);
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut first = 0;
    for (index, text) in texts.iter().enumerate() {
        let full = |chunk: &Chunk| chunk.ids.len() + text.len() > size;
        if chunks.last().is_none_or(full) {
            chunks.push(Chunk {
                texts: index..index,
                ids: Vec::new(),
                ranges: Vec::new(),
                first,
            });
        }
        if let Some(chunk) = chunks.last_mut() {
            let start = chunk.ids.len();
            chunk.ids.extend_from_slice(text);
            chunk.ranges.push(start..chunk.ids.len());
            chunk.texts.end += 1;
        }
        first += text.len();
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_in_one_chunk() {
        let texts: Vec<Vec<u32>> = (1..90)
            .map(|length| vec![length; length as usize])
            .collect();
        let texts: Vec<&[u32]> = texts.iter().map(Vec::as_slice).collect();
        let chunks = chunks(&texts);
        assert!(chunks.len() >= CHUNKS);
        let mut next = (0, 0);
        for chunk in &chunks {
            assert_eq!((chunk.texts.start, chunk.first), next);
            assert_eq!(chunk.texts.len(), chunk.ranges.len());
            for (text, range) in chunk.texts.clone().zip(&chunk.ranges) {
                assert_eq!(texts[text], &chunk.ids[range.clone()]);
            }
            next = (chunk.texts.end, chunk.first + chunk.ids.len());
        }
        assert_eq!(next, (texts.len(), texts.iter().map(|t| t.len()).sum()));
    }
}
