//! Texts packed one after the other, without padding.

use std::ops::Range;

use crate::PairIds;

/// How many tokens a chunk has at the most, unless a single text has more.
const MOST: usize = 1024;
/// And at the least: below, the matrix products become slow.
const LEAST: usize = 256;
/// How many chunks a batch should have, so that several threads find work.
const CHUNKS: usize = 8;

/// A text of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'t> {
    pub(crate) ids: &'t [u32],
    /// How many tokens are of type 0; the others are of type 1.
    pub(crate) second: usize,
}

impl<'t> From<&'t [u32]> for Text<'t> {
    fn from(ids: &'t [u32]) -> Self {
        let second = ids.len();
        Self { ids, second }
    }
}

impl<'t> From<&'t PairIds> for Text<'t> {
    fn from(pair: &'t PairIds) -> Self {
        let (ids, second) = (pair.ids(), pair.second());
        Self { ids, second }
    }
}

/// Some neighbouring texts of a batch, computed together by one thread.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Which texts of the batch.
    pub(crate) texts: Range<usize>,
    /// All their tokens.
    pub(crate) ids: Vec<u32>,
    /// The tokens of each text, as a range of `ids`.
    pub(crate) ranges: Vec<Range<usize>>,
    /// How many tokens of each text are of type 0.
    pub(crate) seconds: Vec<usize>,
    /// How many tokens of the batch come before.
    pub(crate) first: usize,
}

/// Divides a batch. The division depends on the texts alone, and not on the number of threads, so
/// that sums over chunks are always taken in the same order.
pub(crate) fn chunks(texts: &[Text<'_>]) -> Vec<Chunk> {
    let total: usize = texts.iter().map(|text| text.ids.len()).sum();
    let size = chunk_size(total);
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut first = 0;
    for (index, text) in texts.iter().enumerate() {
        let full = |chunk: &Chunk| chunk.ids.len() + text.ids.len() > size;
        if chunks.last().is_none_or(full) {
            chunks.push(Chunk {
                texts: index..index,
                ids: Vec::new(),
                ranges: Vec::new(),
                seconds: Vec::new(),
                first,
            });
        }
        if let Some(chunk) = chunks.last_mut() {
            let start = chunk.ids.len();
            chunk.ids.extend_from_slice(text.ids);
            chunk.seconds.push(text.second);
            chunk.ranges.push(start..chunk.ids.len());
            chunk.texts.end += 1;
        }
        first += text.ids.len();
    }
    chunks
}

/// How many tokens the chunks of a batch with so many have, of texts that have as many each.
pub(super) fn chunk_tokens(total: usize, text: usize) -> usize {
    let texts = (chunk_size(total) / text).max(1);
    (texts * text).min(total)
}

fn chunk_size(total: usize) -> usize {
    (total / CHUNKS).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_is_in_one_chunk() {
        let texts: Vec<Vec<u32>> = (1..90)
            .map(|length| vec![length; length as usize])
            .collect();
        let texts: Vec<Text<'_>> = texts.iter().map(|ids| ids[..].into()).collect();
        let chunks = chunks(&texts);
        assert!(chunks.len() >= CHUNKS);
        let mut next = (0, 0);
        for chunk in &chunks {
            assert_eq!((chunk.texts.start, chunk.first), next);
            assert_eq!(chunk.texts.len(), chunk.ranges.len());
            for (text, range) in chunk.texts.clone().zip(&chunk.ranges) {
                assert_eq!(texts[text].ids, &chunk.ids[range.clone()]);
            }
            next = (chunk.texts.end, chunk.first + chunk.ids.len());
        }
        assert_eq!(next, (texts.len(), texts.iter().map(|t| t.ids.len()).sum()));
    }
}
