//! Which passage of a profile answers which requirement of a job.

mod contrast;
mod passages;
mod shares;
mod side;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ranker_core::{
    Cancel, EmbedError, Embedder, JobDescription, PassageMatch, Place, Profile, Query, Ranked,
    RationalePassage, Role, TokenEmbeddings, ValueError,
};
use rayon::prelude::*;

use contrast::Table;
use passages::Places;
pub use passages::{Division, PassagePart};
use side::Side;

/// One segment's share of the MaxSim of a job and a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentShare {
    /// The segment of the job.
    pub requirement: Place,
    /// What its tokens add to MaxSim; the shares of all segments sum to it.
    pub share: f32,
    /// The segment of the profile that the greatest part of the share comes from.
    pub passage: Place,
    /// That part.
    pub from_passage: f32,
}

/// A job and a profile, laid against each other.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Alignment {
    /// The clearest matches, clearest first.
    pub matches: Vec<PassageMatch>,
    /// The segments of the profile without which MaxSim and cosine lose most ([`Division::Removal`]), the weightiest first.
    pub rationale: Vec<RationalePassage>,
    /// As the rationale, of single words: where tokens share a vector, what it gives cannot be told apart between them.
    pub words: Vec<RationalePassage>,
    /// MaxSim by segments of the job, in their order; empty when the encoder reads no tokens.
    pub shares: Vec<SegmentShare>,
    /// The cosine of the means of both texts' token vectors by places of the profile, in their order: a place has its
    /// tokens' products with the sum of the job's tokens. For an encoder that averages tokens it is the similarity of the
    /// embeddings, taken apart.
    pub cosine: Vec<(Place, f64)>,
}

impl Alignment {
    /// [`TokenEmbeddings::max_similarity`] of job and profile, from its shares.
    #[must_use]
    pub fn max_similarity(&self) -> f32 {
        let sum: f64 = self.shares.iter().map(|share| f64::from(share.share)).sum();
        sum as f32
    }

    /// Places of the texts in plain form as places of the texts as they were written.
    fn in_written_form(mut self, job: &JobDescription, profile: &Profile) -> Self {
        for found in &mut self.matches {
            found.requirement = job.written_at(found.requirement.clone());
            found.passage = profile.written_at(found.passage.clone());
        }
        for one in self.rationale.iter_mut().chain(&mut self.words) {
            one.passage = profile.written_at(one.passage.clone());
        }
        for share in &mut self.shares {
            if let Place::Text(bytes) = &mut share.requirement {
                *bytes = job.written_at(bytes.clone());
            }
            if let Place::Text(bytes) = &mut share.passage {
                *bytes = profile.written_at(bytes.clone());
            }
        }
        for (place, _) in &mut self.cosine {
            if let Place::Text(bytes) = place {
                *bytes = profile.written_at(bytes.clone());
            }
        }
        self
    }
}

/// Lays jobs against profiles, token by token, with the vectors that late interaction compares.
///
/// Both texts are read as the features read them: [`ranker_core::JobDescription::full_text`] as
/// [`Role::Query`], [`ranker_core::Profile::full_text`] as [`Role::Document`], as far as the
/// encoder's window reaches; where token vectors come with query and hits, the encoder is not called.
/// Three things come of it:
///
/// - **Shares**: MaxSim (Khattab and Zaharia, *ColBERT*, 2020) is a mean over the job's tokens;
///   grouped by the segments that the tokens stand in, its terms are the segments' shares.
/// - **Matches**: pairs of [`crate::segments`]. The similarity of a requirement and a passage is
///   the mean, over the requirement's telling tokens, of the greatest similarity to a telling token
///   of the passage (stop words and punctuation tell nothing, and headings take no part). A job that
///   lists points asks by them alone. Boilerplate is somewhat like everything; so a pair is judged
///   by its *contrast*, the similarity less what the requirement has with all passages on average
///   and what the passage has with all requirements (double centring). A match is a pair in which
///   each is the other's clearest, and which is alike at all (0.29). A kept vector that stands for tokens of
///   several segments tells of none of them. A job of one or two requirements has no such means: there a
///   requirement is matched with the passage most similar to it, from a similarity of 0.35 on.
/// - **Rationale**: the segments without which MaxSim and cosine would lose most. Matches show what answers
///   which requirement; the rationale is what the similarity rests on.
#[derive(Clone)]
pub struct Aligner {
    embedder: Arc<dyn Embedder>,
    most: usize,
    least_contrast: f32,
}

impl Aligner {
    /// How many profiles are encoded in one batch.
    const BATCH: usize = 16;
    /// Words of the rationale for each of its passages.
    const WORDS: usize = 2;

    /// Aligns with the token vectors of this encoder; up to 5 matches of contrast 0.15 or more.
    #[must_use]
    pub fn new(embedder: Arc<dyn Embedder>) -> Self {
        Self {
            embedder,
            most: 5,
            least_contrast: 0.15,
        }
    }

    /// Sets the most matches, and the most passages of the rationale, kept of a profile. 5 by default.
    #[must_use]
    pub fn with_most(mut self, matches: usize) -> Self {
        self.most = matches;
        self
    }

    /// Sets the least contrast, in units of similarity, that a match has. 0.15 by default; more gives fewer
    /// matches and surer ones.
    #[must_use]
    pub fn with_least_contrast(mut self, contrast: f32) -> Self {
        self.least_contrast = contrast;
        self
    }

    /// One alignment a candidate, in the same order.
    ///
    /// # Errors
    ///
    /// [`EmbedError::NoTokenVectors`] when the encoder has none, and whatever else it says.
    pub fn align(&self, ranked: &[Ranked]) -> Result<Vec<Alignment>, EmbedError> {
        self.each(ranked, |job, profile, ranked| {
            let alignment = self.pair(job, profile, ranked)?;
            let (description, profile) = (ranked.query.job(), ranked.candidate.profile());
            Ok(alignment.in_written_form(description, profile))
        })
    }

    /// How much of the similarity to the job comes from each segment of a profile: a list a candidate, in the same order.
    /// The encoder is called no more often than by [`Self::align`].
    ///
    /// # Errors
    ///
    /// As [`Self::align`].
    pub fn passages(
        &self,
        ranked: &[Ranked],
        division: Division,
    ) -> Result<Vec<Vec<PassagePart>>, EmbedError> {
        self.each(ranked, |job, side, ranked| {
            divided(job, side, ranked.candidate.profile(), division)
        })
    }

    /// As [`Self::passages`], by [`words`](crate::words). Where tokens were joined, as collections keep them, words may share
    /// a vector, and what it gives cannot be told apart between them.
    ///
    /// # Errors
    ///
    /// As [`Self::align`].
    pub fn words(
        &self,
        ranked: &[Ranked],
        division: Division,
    ) -> Result<Vec<Vec<PassagePart>>, EmbedError> {
        self.each(ranked, |job, side, ranked| {
            let (profile, tokens) = (ranked.candidate.profile(), side.tokens.clone());
            let side = Side::of_words(&profile.full_text(), profile.plain_text(), tokens);
            divided(job, &side, profile, division)
        })
    }

    /// What `of` makes of each candidate's job and profile.
    fn each<T: Send>(
        &self,
        ranked: &[Ranked],
        of: impl Fn(&Side, &Side, &Ranked) -> Result<T, ValueError> + Sync,
    ) -> Result<Vec<T>, EmbedError> {
        let cancel = Cancel::current();
        let mut found = Vec::with_capacity(ranked.len());
        for same_job in ranked.chunk_by(|a, b| a.query.job() == b.query.job()) {
            let job = self.job(&same_job[0].query)?;
            for batch in same_job.chunks(Self::BATCH) {
                if cancel.is_cancelled() {
                    return Err(EmbedError::Cancelled);
                }
                let profiles = self.profiles(batch)?;
                let pairs = profiles.par_iter().zip(batch).enumerate();
                let each = pairs.map(|(index, (profile, ranked))| {
                    let made = of(&job, profile, ranked);
                    made.map_err(|source| EmbedError::Output { index, source })
                });
                found.extend(each.collect::<Result<Vec<_>, EmbedError>>()?);
            }
        }
        Ok(found)
    }

    fn job(&self, query: &Query) -> Result<Side, EmbedError> {
        let (job, full) = (query.job(), query.job().full_text());
        let tokens = match query.tokens() {
            Some(tokens) => Some(TokenEmbeddings::clone(tokens)),
            None => self.tokens(&[&full], Role::Query)?.pop(),
        };
        let tokens = tokens.ok_or_else(|| unanswered(1))?;
        Ok(Side::new(&full, job.plain_text(), tokens).only_points())
    }

    fn profiles(&self, ranked: &[Ranked]) -> Result<Vec<Side>, EmbedError> {
        let profile = |ranked: &Ranked| Arc::clone(ranked.candidate.profile());
        let profiles: Vec<_> = ranked.iter().map(profile).collect();
        let full: Vec<String> = profiles.iter().map(|profile| profile.full_text()).collect();
        let kept = ranked.par_iter().map(|one| self.kept(one));
        let kept: Vec<Option<TokenEmbeddings>> = kept.collect();
        let lacking = kept.iter().zip(&full).filter(|(kept, _)| kept.is_none());
        let lacking: Vec<&str> = lacking.map(|(_, text)| text.as_str()).collect();
        let mut made = match lacking.is_empty() {
            true => Vec::new(),
            false => self.tokens(&lacking, Role::Document)?,
        }
        .into_iter();
        let tokens = kept.into_iter().filter_map(|kept| match kept {
            Some(kept) => Some((kept, true)),
            None => Some((made.next()?, false)),
        });
        let tokens: Vec<(TokenEmbeddings, bool)> = tokens.collect();
        let sides = full.par_iter().zip(&profiles).zip(tokens);
        let side = |((full, profile), (tokens, kept)): ((&String, &Arc<Profile>), _)| {
            let side = Side::new(full, profile.plain_text(), tokens);
            if kept { side.without_shared() } else { side }
        };
        Ok(sides.map(side).collect())
    }

    /// The token vectors that came with a candidate, where this encoder made them. What cannot be read
    /// is encoded again.
    fn kept(&self, ranked: &Ranked) -> Option<TokenEmbeddings> {
        let hit = ranked.candidate.hit();
        hit.tokens_of(self.embedder.model_id())?.decode().ok()
    }

    fn tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenEmbeddings>, EmbedError> {
        let tokens = self.embedder.embed_tokens(texts, role)?;
        if tokens.len() == texts.len() {
            Ok(tokens)
        } else {
            Err(unanswered(texts.len().min(tokens.len())))
        }
    }

    fn pair(&self, job: &Side, side: &Side, ranked: &Ranked) -> Result<Alignment, ValueError> {
        let tokens = job.tokens.similarities(&side.tokens)?;
        let table = Table::new(job, side, &tokens, ranked.query.baseline());
        let places = Places::new(job, side, &tokens);
        let (profile, most) = (ranked.candidate.profile(), Self::WORDS * self.most);
        let (full, text) = (profile.full_text(), profile.plain_text());
        let words = Side::of_words(&full, text, side.tokens.clone());
        let by_words = Places::new(job, &words, &tokens);
        Ok(Alignment {
            matches: table.matches(self.most, self.least_contrast),
            rationale: passages::rationale(&places, side, self.most),
            words: passages::rationale_words(&by_words, &words, text, (side.headings(), most)),
            shares: shares::shares(job, side, &tokens),
            cosine: passages::cosine(&places, side),
        })
    }
}

/// The parts of a profile's segments.
fn divided(
    job: &Side,
    side: &Side,
    profile: &Profile,
    division: Division,
) -> Result<Vec<PassagePart>, ValueError> {
    let tokens = job.tokens.similarities(&side.tokens)?;
    let parts = passages::parts(job, side, &tokens, division).into_iter();
    let part = |(plain, part): (Range<usize>, f64)| PassagePart {
        written: profile.written_at(plain.clone()),
        plain,
        part,
    };
    Ok(side.segments().cloned().zip(parts).map(part).collect())
}

/// What is said of an encoder that answers for more or fewer texts than it was asked for.
fn unanswered(index: usize) -> EmbedError {
    EmbedError::Output {
        index,
        source: ValueError::Empty {
            what: "the encoder's answer",
        },
    }
}

impl fmt::Debug for Aligner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aligner")
            .field("embedder", &self.embedder.model_id())
            .field("most", &self.most)
            .field("least_contrast", &self.least_contrast)
            .finish()
    }
}
