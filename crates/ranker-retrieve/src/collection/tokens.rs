//! Token vectors of profiles that were stored without, or by an earlier release.

use ranker_core::{EmbedError, Embedder, Profile, Role, TokenCodes};

use super::Collection;
use super::error::CollectionError;
use crate::encoded::encode_profiles;
use crate::lock::lock;
use crate::token_codes::TwoBitCodec;

/// Profiles encoded between two transactions: what a crash has the encoder read again.
const STEP: usize = 128;

/// Rows looked through at once.
const ROWS: u64 = 4096;

impl Collection {
    /// How many profiles have no token vectors that can be read: of an earlier release, inserted with an
    /// embedding alone, or damaged. A ranking encodes such candidates anew each time;
    /// [`Self::fill_tokens`] does it once. Reads all codes.
    ///
    /// # Errors
    ///
    /// [`CollectionError::Io`], [`CollectionError::Damaged`].
    pub fn missing_tokens(&self) -> Result<u64, CollectionError> {
        let now = self.snapshot().0;
        let mut missing = 0;
        for (row, _) in now.rows.iter() {
            missing += u64::from(now.view.tokens(row)?.is_none());
        }
        Ok(missing)
    }

    /// Encodes the profiles that have no token vectors, and keeps those; returns how many. Searches and
    /// changes go on meanwhile: call it on a thread of its own. Each 128 are a transaction, so what an
    /// interrupted call has done stays, and the next goes on from there. `progress` receives how many
    /// are done after each. Of an encoder that gives no token vectors nothing is asked.
    ///
    /// Codes of an earlier version that can be read are kept: [`Self::reembed`] makes all of them new.
    ///
    /// # Errors
    ///
    /// [`CollectionError::NoEncoder`] and [`CollectionError::Encoder`] where the collection records none or another;
    /// [`CollectionError::Refused`] with [`crate::IndexError::Embed`]; [`CollectionError::Full`],
    /// [`CollectionError::Io`], [`CollectionError::Damaged`].
    pub fn fill_tokens(
        &self,
        embedder: &dyn Embedder,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, CollectionError> {
        self.snapshot().0.view.check_encoder(embedder.model_id())?;
        self.fill_where(Option::is_none, embedder, progress)
    }

    /// Encodes the profiles that have no token vectors in the version that is written today.
    pub(super) fn renew_tokens(&self, embedder: &dyn Embedder) -> Result<u64, CollectionError> {
        let is_old = |codes: &Option<TokenCodes>| {
            let mut codes = codes.iter();
            !codes.any(|codes| TwoBitCodec::is_current(codes.bytes()))
        };
        self.fill_where(is_old, embedder, &mut |_| ())
    }

    /// Encodes the profiles whose token vectors are not to be kept.
    fn fill_where(
        &self,
        is_lacking: impl Fn(&Option<TokenCodes>) -> bool,
        embedder: &dyn Embedder,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, CollectionError> {
        let asked = embedder.embed_tokens(&[], Role::Document);
        if let Err(EmbedError::NoTokenVectors { .. }) = asked {
            return Ok(0);
        }
        let (mut filled, mut next) = (0, 0);
        loop {
            // A snapshot a round: none is held for long, and profiles inserted meanwhile are seen.
            let now = self.snapshot().0;
            let end = now.view.state.next_row;
            if next >= end {
                return Ok(filled);
            }
            let rows = next..end.min(next + ROWS);
            next = rows.end;
            let mut lacking: Vec<(u64, Profile)> = Vec::new();
            for row in rows.filter(|&row| now.rows.get(row).is_some()) {
                if is_lacking(&now.view.tokens(row)?) {
                    lacking.push((row, now.view.profile(row)?));
                }
            }
            drop(now);
            for step in lacking.chunks(STEP) {
                filled += self.fill(step, embedder)?;
                progress(filled);
            }
        }
    }

    fn fill(
        &self,
        step: &[(u64, Profile)],
        embedder: &dyn Embedder,
    ) -> Result<u64, CollectionError> {
        let (rows, profiles): (Vec<u64>, Vec<&Profile>) =
            step.iter().map(|(row, profile)| (*row, profile)).unzip();
        let encoded = encode_profiles(embedder, &profiles)?.into_iter();
        let codes = rows.into_iter().zip(encoded.map(|encoded| encoded.tokens));
        let codes = codes.filter_map(|(row, tokens)| Some((row, tokens?)));
        let writer = lock(&self.writer);
        let now = self.snapshot().0;
        // A row's number is never used again: one that is still taken holds the text that was read.
        let codes: Vec<(u64, TokenCodes)> = codes
            .filter(|(row, _)| now.rows.get(*row).is_some())
            .collect();
        writer.store.put_tokens(&codes)?;
        self.publish(writer.show(writer.store.now()?, now.options)?);
        Ok(codes.len() as u64)
    }
}
