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
