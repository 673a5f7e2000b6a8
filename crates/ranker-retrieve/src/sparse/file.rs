//! Sparse vectors in a file, so that a profile is weighed once.
//!
//! ```text
//! length of the encoder's id u64, id (UTF-8), rows u64, then a row after the other:
//! length of the candidate's id u16, id (UTF-8), hash of the text 32 bytes, tokens u64, tokens used u64,
//! entries u32, entries × u32 ascending, entries × f32
//! ```

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use ranker_core::{CandidateId, Profile, SparseEmbedded, SparseEmbedder, SparseVector, TokenUsage};

use super::{STEP, SparseIndex, weigh_profiles};
use crate::error::{FileError, IndexError};
use crate::file::{self, Cursor, Kind, Sections, Tag};

/// What opening came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SparseOpened {
    /// How many profiles were weighed: they are new or have changed, or the file could not be used.
    pub weighed: usize,
    /// How many profiles are longer than the encoder reads.
    pub cut: usize,
}

/// Those of a file, by id: the hash of the text, and what the encoder made of it.
type Kept = HashMap<CandidateId, ([u8; 32], SparseEmbedded)>;

impl SparseIndex {
    /// An index of these profiles, with vectors of a file as far as it has those of the same texts by the same encoder. The
    /// others are weighed, and the file is written anew, whole or not at all: with these profiles and nobody else.
    ///
    /// A file that is damaged, or of a version or an encoder that does not fit, is replaced. `progress` is told how many of how
    /// many are weighed. What is changed in the index later is not in the file: open it again with the profiles of then.
    ///
    /// # Errors
    ///
    /// [`IndexError::File`] for a file that is none of these, or that cannot be read or written; [`IndexError::Embed`],
    /// [`IndexError::DuplicateId`].
    pub fn open(
        path: impl AsRef<Path>,
        encoder: Arc<dyn SparseEmbedder>,
        profiles: &[Arc<Profile>],
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(Self, SparseOpened), IndexError> {
        let path = path.as_ref();
        let kept = read(path, &*encoder)?;
        let hashes: Vec<[u8; 32]> = profiles.iter().map(|profile| hash(profile)).collect();
        let known = |(profile, hash): (&Arc<Profile>, &[u8; 32])| {
            let (of, weighed) = kept.get(profile.id())?;
            (of == hash).then(|| weighed.clone())
        };
        let mut all: Vec<Option<SparseEmbedded>> =
            profiles.iter().zip(&hashes).map(known).collect();
        let missing: Vec<usize> = (0..all.len()).filter(|&at| all[at].is_none()).collect();
        for (done, step) in missing.chunks(STEP).enumerate() {
            let texts: Vec<&Profile> = step.iter().map(|&at| &*profiles[at]).collect();
            for (&at, weighed) in step.iter().zip(weigh_profiles(&*encoder, &texts)?) {
                all[at] = Some(weighed);
            }
            progress(done * STEP + step.len(), missing.len());
        }
        let all: Vec<SparseEmbedded> = all.into_iter().flatten().collect();
        let vectors = all.iter().map(|weighed| weighed.vector.clone());
        let index = Self::new(Arc::clone(&encoder), profiles.iter().cloned().zip(vectors))?;
        if !missing.is_empty() || kept.len() != profiles.len() {
            let rows = profiles.iter().zip(&hashes).zip(&all);
            let bytes = encode(
                encoder.model_id(),
                rows.map(|((profile, hash), weighed)| (profile.id(), hash, weighed)),
            );
            file::write(path, &file::encode(Kind::Sparse, &[(Tag::Sparse, bytes)]))?;
        }
        let opened = SparseOpened {
            weighed: missing.len(),
            cut: all.iter().filter(|weighed| weighed.usage.is_cut()).count(),
        };
        Ok((index, opened))
    }
}

fn hash(profile: &Profile) -> [u8; 32] {
    *blake3::hash(profile.full_text().as_bytes()).as_bytes()
}

/// What a file has by this encoder; nothing of one that is not there or cannot be used.
fn read(path: &Path, encoder: &dyn SparseEmbedder) -> Result<Kept, FileError> {
    if !path.exists() {
        return Ok(Kept::new());
    }
    let bytes = file::read(path)?;
    let sections = Sections::parse(&bytes, Kind::Sparse, path);
    match sections.and_then(|sections| sections.decode(Tag::Sparse, |bytes| decode(bytes, encoder)))
    {
        Err(FileError::Corrupt { .. } | FileError::Version { .. }) => Ok(Kept::new()),
        read => read,
    }
}

fn encode<'a>(
    encoder: &str,
    rows: impl ExactSizeIterator<Item = (&'a CandidateId, &'a [u8; 32], &'a SparseEmbedded)>,
) -> Vec<u8> {
    let mut bytes = (encoder.len() as u64).to_le_bytes().to_vec();
    bytes.extend(encoder.as_bytes());
    bytes.extend((rows.len() as u64).to_le_bytes());
    for (id, hash, weighed) in rows {
        file::encode_id(id, &mut bytes);
        bytes.extend(hash);
        bytes.extend((weighed.usage.tokens as u64).to_le_bytes());
        bytes.extend((weighed.usage.used as u64).to_le_bytes());
        bytes.extend((weighed.vector.len() as u32).to_le_bytes());
        bytes.extend(weighed.vector.ids().iter().flat_map(|id| id.to_le_bytes()));
        bytes.extend(
            weighed
                .vector
                .weights()
                .iter()
                .flat_map(|weight| weight.to_le_bytes()),
        );
    }
    bytes
}

fn decode(bytes: &[u8], encoder: &dyn SparseEmbedder) -> Result<Kept, &'static str> {
    let mut body = Cursor::new(bytes);
    let length = body.u64()?;
    if body.take(length)? != encoder.model_id().as_bytes() {
        return Ok(Kept::new());
    }
    let (rows, mut kept) = (body.u64()?, Kept::new());
    for _ in 0..rows {
        let id = file::decode_id(&mut body)?;
        let hash = body.take(32)?.try_into().map_err(|_| "a hash is cut")?;
        let usage = [body.u64()?, body.u64()?].map(usize::try_from);
        let [Ok(tokens), Ok(used)] = usage else {
            return Err("a text has too many tokens");
        };
        let entries = u64::from(body.u32()?);
        let (ids, _) = body.take(4 * entries)?.as_chunks();
        let (weights, _) = body.take(4 * entries)?.as_chunks();
        let ids = ids.iter().copied().map(u32::from_le_bytes);
        let weights = weights.iter().copied().map(f32::from_le_bytes);
        let vector = SparseVector::new(ids.zip(weights)).map_err(|_| "a weight is none")?;
        let last = vector.ids().last();
        if last.is_some_and(|&id| id as usize >= encoder.vocabulary()) {
            return Err("an entry is beyond the vocabulary");
        }
        let weighed = SparseEmbedded::new(vector, TokenUsage::new(tokens, used));
        if kept.insert(id, (hash, weighed)).is_some() {
            return Err("an id comes twice");
        }
    }
    body.end().map(|()| kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ranker_core::{EmbedError, Role};

    use super::*;

    /// An encoder of ten entries that is not asked.
    struct Ten;

    impl SparseEmbedder for Ten {
        fn vocabulary(&self) -> usize {
            10
        }

        fn model_id(&self) -> &str {
            "ten"
        }

        fn embed_sparse(&self, _: &[&str], _: Role) -> Result<Vec<SparseEmbedded>, EmbedError> {
            Ok(Vec::new())
        }
    }

    fn rows() -> Vec<(CandidateId, [u8; 32], SparseEmbedded)> {
        let row = |at: u8| {
            let vector = SparseVector::new((0..at.into()).map(|id| (id, 0.5)));
            let weighed = SparseEmbedded::new(vector.unwrap(), TokenUsage::new(9, at.into()));
            let id = CandidateId::new(format!("c{at}")).unwrap();
            (id, [at; 32], weighed)
        };
        (0..4).map(row).collect()
    }

    fn encoded(rows: &[(CandidateId, [u8; 32], SparseEmbedded)]) -> Vec<u8> {
        let each = rows.iter();
        encode("ten", each.map(|(id, hash, weighed)| (id, hash, weighed)))
    }

    #[test]
    fn rows_come_back_and_those_of_others_do_not() {
        let rows = rows();
        let bytes = encoded(&rows);
        let kept = decode(&bytes, &Ten).unwrap();
        assert_eq!(kept.len(), rows.len());
        for (id, hash, weighed) in &rows {
            assert_eq!(kept[id], (*hash, weighed.clone()));
        }
        let each = rows.iter();
        let other = encode(
            "eleven",
            each.map(|(id, hash, weighed)| (id, hash, weighed)),
        );
        assert!(decode(&other, &Ten).unwrap().is_empty());
        let beyond = SparseVector::new([(10, 1.0)]).unwrap();
        let beyond = SparseEmbedded::new(beyond, TokenUsage::new(1, 1));
        let refused = encoded(&[(rows[0].0.clone(), [0; 32], beyond)]);
        assert_eq!(
            decode(&refused, &Ten).unwrap_err(),
            "an entry is beyond the vocabulary"
        );
        let twice = encoded(&[rows[1].clone(), rows[1].clone()]);
        assert_eq!(decode(&twice, &Ten).unwrap_err(), "an id comes twice");
    }

    proptest! {
        /// Whatever a checksum lets through is vectors of this encoder, or refused.
        #[test]
        fn any_bytes_are_refused_or_read(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
            other in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut bytes = encoded(&rows());
            for (at, to) in edits {
                let at = at.index(bytes.len());
                bytes[at] = to;
            }
            let end = cut.index(bytes.len() + 1);
            for bytes in [&bytes[..], &bytes[..end], &other] {
                for (_, weighed) in decode(bytes, &Ten).into_iter().flat_map(Kept::into_values) {
                    prop_assert!(weighed.vector.ids().iter().all(|&id| id < 10));
                }
            }
        }
    }
}
