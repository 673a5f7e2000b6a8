//! The pipeline: from a job description to an explained ranking.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ranker_core::{
    Assessment, Assessor, Candidate, CandidateId, EmbedError, Embedded, Embedder, Expansion,
    ExplainError, Explanation, FeatureExtractor, FeatureMatrix, JobDescription, Note, Profile,
    Query, Ranked, Ranking, Retriever, Role, Scorer, StageTime, TermOf, TermScore, TokenEmbeddings,
    TokenVectors, compute, legs,
};
use ranker_score::{Model, named_expansion_terms};

use crate::builder::RankerBuilder;
use crate::error::Error;
use crate::pool::{self, Whom};
use crate::stages::Stages;
use crate::times::{Clock, within};
use crate::{copied, notes};

/// Ranks candidates for job descriptions and says why.
///
/// Cheap to clone and shared by threads; works under any async executor.
#[derive(Clone)]
pub struct Ranker(Arc<Stages>);

impl Ranker {
    /// Starts with the two stages that have no sensible default.
    pub fn builder(
        embedder: impl Embedder + 'static,
        retriever: impl Retriever + 'static,
    ) -> RankerBuilder {
        RankerBuilder::new(Arc::new(embedder), Arc::new(retriever))
    }

    pub(crate) fn from_stages(stages: Stages) -> Self {
        Self(Arc::new(stages))
    }

    pub(crate) fn stages(&self) -> &Arc<Stages> {
        &self.0
    }

    /// Ranks candidates for a job, best first.
    ///
    /// Fewer than `top_k` come back only when fewer candidates exist or pass the job's filter, or
    /// as [`Ranking::notes`] say.
    ///
    /// # Errors
    ///
    /// [`Error`], which says the stage that failed. An expander that fails is no error: the query
    /// goes on without it, and a [`Note`] says so.
    pub async fn rank(&self, job: &JobDescription) -> Result<Ranking, Error> {
        let ranking = self.rank_all(job).await?.truncated(self.0.top_k);
        let mut notes = ranking.notes().to_vec();
        notes.extend(notes::of_texts(&ranking));
        Ok(ranking.with_notes(notes))
    }

    /// As [`Self::rank`], but for no longer than `limit`. Whatever is still computed then stops at its
    /// next block, as it does when the future of any call here is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Deadline`], and those of [`Self::rank`].
    pub async fn rank_within(
        &self,
        job: &JobDescription,
        limit: Duration,
    ) -> Result<Ranking, Error> {
        let ranked = within(Some(limit), self.rank(job)).await;
        ranked.unwrap_or(Err(Error::Deadline { limit }))
    }

    /// Ranks all candidates retrieved for a job, not only the first.
    pub(crate) async fn rank_all(&self, job: &JobDescription) -> Result<Ranking, Error> {
        let best = self.candidates(job, Whom::Best).await?;
        best.scored_by(self.scorer()).await
    }

    /// Candidates for a job, and their features.
    pub(crate) async fn candidates(
        &self,
        job: &JobDescription,
        whom: Whom<'_>,
    ) -> Result<Measured, Error> {
        let (mut notes, mut clock) = (Vec::new(), Clock::default());
        let query = Arc::new(self.query(job, &mut notes, &mut clock).await?);
        self.measured(query, whom, (notes, clock)).await
    }

    /// Candidates for a query that is ready, and their features.
    pub(crate) async fn measured(
        &self,
        query: Arc<Query>,
        whom: Whom<'_>,
        (mut notes, mut clock): (Vec<Note>, Clock),
    ) -> Result<Measured, Error> {
        let gathered = pool::gather(&self.0, &query, whom, &mut notes);
        let gathered = within(self.0.stage_limit, gathered);
        let gathered = clock.of(("retrieve", self.0.candidates), gathered).await;
        let candidates = gathered.ok_or_else(|| self.too_slow("the retriever"))??;
        let features = Arc::clone(&self.0.features);
        let embedder = Arc::clone(&self.0.embedder);
        let (asked, count) = (Arc::clone(&query), candidates.len());
        let measured = compute(move || {
            let candidates = copied::without_copied(&*embedder, &asked, candidates)?;
            let matrix = features.extract(&asked, &candidates);
            Ok((matrix.map_err(Error::Features)?, candidates))
        });
        let measured: Result<_, Error> = clock.of(("features", count), measured).await;
        let (matrix, candidates) = measured?;
        Ok(Measured {
            matrix,
            query,
            candidates,
            notes,
            times: clock.times(),
        })
    }

    fn too_slow(&self, stage: &'static str) -> Error {
        let limit = self.0.stage_limit.unwrap_or_default();
        Error::TooSlow { stage, limit }
    }

    /// Explains one candidate's place. Computes on the calling thread: from async code, prefer
    /// [`Self::explain_all`], which also waits for a remote store to tell the terms of its keyword scores.
    ///
    /// # Errors
    ///
    /// [`Error::Explain`], or [`Error::UnknownModel`] for another ranker's ranking.
    pub fn explain(&self, ranked: &Ranked) -> Result<Explanation, Error> {
        let ranked = std::slice::from_ref(ranked);
        // A store that has to be waited for tells no terms here.
        let terms = word_terms(&*self.0.retriever, ranked).now_or_never();
        let mut explanations = explain(&self.0, ranked, terms.unwrap_or_default())?;
        Ok(explanations.swap_remove(0))
    }

    /// Explains the `n` best places of a ranking, in order.
    ///
    /// # Errors
    ///
    /// As [`Self::explain`].
    pub async fn explain_all(
        &self,
        ranking: &Ranking,
        n: usize,
    ) -> Result<Vec<Explanation>, Error> {
        let ranked: Vec<Ranked> = ranking.iter().take(n).cloned().collect();
        let stages = Arc::clone(&self.0);
        let count = ranked.len();
        let terms = word_terms(&*self.0.retriever, &ranked).await;
        let explained = compute(move || explain(&stages, &ranked, terms));
        Clock::default().of(("explain", count), explained).await
    }

    /// Serves another scorer from the next ranking on, without a gate: `promote` has one. Rankings
    /// already made keep theirs, and can still be explained.
    ///
    /// # Errors
    ///
    /// [`Error::Models`] when it was made for other features; the present one stays.
    pub fn serve(&self, scorer: impl Scorer + 'static) -> Result<(), Error> {
        self.0
            .models
            .serve(Model::of(scorer))
            .map_err(Error::Models)
    }

    /// The scorer that is served now.
    #[must_use]
    pub fn scorer(&self) -> Arc<dyn Scorer> {
        self.0.models.serving()
    }

    /// What measures (query, candidate) pairs.
    #[must_use]
    pub fn features(&self) -> &Arc<dyn FeatureExtractor> {
        &self.0.features
    }

    /// Expands and embeds a job.
    async fn query(
        &self,
        job: &JobDescription,
        notes: &mut Vec<Note>,
        clock: &mut Clock,
    ) -> Result<Query, Error> {
        let job = &job.clone().read_as(self.0.job_reading);
        notes.extend(notes::of_job(job));
        let mut query = Query::new(job.clone());
        if let Some(expander) = &self.0.expander {
            let expanded = within(self.0.stage_limit, expander.expand(job));
            match clock.of(("expand", 1), expanded).await {
                Some(Ok(expansion)) => query = query.with_expansion(expansion),
                Some(Err(error)) => notes.push(Note::NotExpanded {
                    reason: error.to_string(),
                }),
                None => notes.push(Note::ExpansionTooSlow {
                    limit: self.0.stage_limit.unwrap_or_default(),
                }),
            }
        }
        let (embedder, text) = (self.0.embedder.clone(), job.full_text());
        let tokens = self.0.features.token_vectors();
        let embedded = compute(move || encode(&*embedder, &text, tokens));
        let embedded = clock.of(("embed", 1), embedded).await;
        let (embedded, tokens) = embedded.map_err(Error::Embed)?;
        if let Some(tokens) = tokens {
            query = query.with_tokens(Arc::new(tokens));
        }
        if embedded.usage.is_cut() {
            let (tokens, used) = (embedded.usage.tokens, embedded.usage.used);
            notes.push(Note::JobCut { tokens, used });
        }
        let baseline = self.0.embedder.cosine_baseline();
        let mut vector = embedded.embedding;
        if !query.expansion().texts().is_empty() {
            let (embedder, expansion) = (self.0.embedder.clone(), query.expansion().clone());
            let (job, texts) = (vector.clone(), expansion.texts().len());
            let mixed = compute(move || expansion.embedded(&job, &*embedder));
            match clock.of(("embed texts", texts), mixed).await {
                Ok(mixed) => vector = mixed,
                Err(error) => {
                    // They were not part of the search, and are no part of its account.
                    let terms = query.expansion().terms().to_vec();
                    query = query.with_expansion(Expansion::new(terms));
                    notes.push(Note::NotExpanded {
                        reason: format!("its texts were not embedded: {error}"),
                    });
                }
            }
        }
        Ok(query.with_embedding(vector).with_baseline(baseline))
    }
}

/// A job's candidates with their features, not scored yet.
#[derive(Clone)]
pub(crate) struct Measured {
    query: Arc<Query>,
    candidates: Vec<Candidate>,
    matrix: FeatureMatrix,
    notes: Vec<Note>,
    times: Vec<StageTime>,
}

impl Measured {
    pub(crate) async fn scored_by(&self, scorer: Arc<dyn Scorer>) -> Result<Ranking, Error> {
        let measured = self.clone();
        let mut clock = Clock::default();
        let scored = compute(move || {
            let Self {
                query,
                candidates,
                matrix,
                notes,
                ..
            } = measured;
            let scores = scorer.score(&matrix).map_err(Error::Score)?;
            let rows = (0..matrix.len()).map(|row| matrix.select(row));
            let scored = scores.into_iter().zip(candidates).zip(rows);
            let scored = scored.map(|((score, candidate), row)| (score, candidate, row));
            let ranking = Ranking::new(query, scorer.model_id(), scored.collect());
            Ok(ranking.with_notes(notes))
        });
        let scored: Result<Ranking, Error> =
            clock.of(("score", self.candidates.len()), scored).await;
        let times = self.times.iter().copied().chain(clock.times());
        Ok(scored?.with_times(times.collect()))
    }
}

/// A job's embedding, and its token vectors where features read such and the encoder gives them: from
/// one pass of the encoder.
fn encode(
    embedder: &dyn Embedder,
    text: &str,
    tokens: TokenVectors,
) -> Result<(Embedded, Option<TokenEmbeddings>), EmbedError> {
    if tokens == TokenVectors::Read {
        match embedder.embed_with_tokens(&[text], Role::Query) {
            Ok(mut both) => {
                let both = both.swap_remove(0);
                return Ok((both.embedded, Some(both.tokens)));
            }
            Err(EmbedError::NoTokenVectors { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let mut embedded = embedder.embed(&[text], Role::Query)?;
    Ok((embedded.swap_remove(0), None))
}

/// What the words of the job add to each candidate's keyword score, where the store tells: an account without is still true,
/// so a store that fails costs nothing else.
async fn word_terms(retriever: &dyn Retriever, ranked: &[Ranked]) -> Vec<Vec<TermScore>> {
    let mut all = Vec::with_capacity(ranked.len());
    for same_query in ranked.chunk_by(|a, b| Arc::ptr_eq(&a.query, &b.query)) {
        let ids: Vec<CandidateId> = same_query.iter().map(|one| one.id().clone()).collect();
        let told = retriever.terms(&same_query[0].query, &ids).await;
        let told = told
            .unwrap_or_default()
            .into_iter()
            .map(Option::unwrap_or_default);
        all.extend(told.chain(std::iter::repeat(Vec::new())).take(ids.len()));
    }
    all
}

/// Explanations of places; `terms` are those of [`word_terms`], or none.
pub(crate) fn explain(
    stages: &Stages,
    ranked: &[Ranked],
    terms: Vec<Vec<TermScore>>,
) -> Result<Vec<Explanation>, Error> {
    let Some(first) = ranked.first() else {
        return Ok(Vec::new());
    };
    let scorer = stages.scorer_of(&first.model)?;
    let explained = stages.explainer.explain(ranked, &*scorer);
    let explained = explained.map_err(Error::Explain)?;
    let assessed = match &stages.assessor {
        Some(assessor) => assess(&**assessor, ranked).map_err(Error::Explain)?,
        None => vec![Vec::new(); ranked.len()],
    };
    let terms = terms.into_iter().chain(std::iter::repeat(Vec::new()));
    let rest = ranked.iter().zip(assessed).zip(terms);
    let explained = explained.into_iter().zip(rest);
    type Rest<'a> = ((&'a Ranked, Vec<Assessment>), Vec<TermScore>);
    let complete = |(explanation, rest): (Explanation, Rest<'_>)| {
        let ((ranked, assessments), terms) = rest;
        let profile = ranked.candidate.profile();
        let remarks = stages.features.remarks(&ranked.query, profile);
        explanation
            .with_remarks(remarks)
            .with_assessments(assessments)
            .with_terms(
                legs::BM25,
                terms.into_iter().map(|told| word(told, &ranked.query)),
            )
            .with_terms(EXPANSION, named(&ranked.query, profile))
    };
    Ok(explained.map(complete).collect())
}

fn word(told: TermScore, query: &Query) -> (TermOf, f64) {
    let TermScore {
        term,
        field,
        score,
        added,
        ..
    } = told;
    let from = added.and_then(|at| query.expansion().terms().get(at));
    let of = match from.cloned() {
        Some(from) => TermOf::Added { term, field, from },
        None => TermOf::Word { term, field },
    };
    (of, score.into())
}

/// The feature that is the share of the expansion's terms that a profile names.
const EXPANSION: &str = "expansion";

/// What that feature is made of.
fn named(query: &Query, profile: &Profile) -> impl Iterator<Item = (TermOf, f64)> {
    let named = named_expansion_terms(query, profile).into_iter();
    named.map(|from| {
        let (term, field) = (from.text().to_owned(), "text".to_owned());
        let weight = from.weight().into();
        let from = from.clone();
        (TermOf::Added { term, field, from }, weight)
    })
}

/// The verdicts on the job's requirements, a list a candidate.
fn assess(
    assessor: &dyn Assessor,
    ranked: &[Ranked],
) -> Result<Vec<Vec<Assessment>>, ExplainError> {
    let mut all = Vec::with_capacity(ranked.len());
    // A job is read once for all candidates in a row that it was ranked for.
    for of_job in ranked.chunk_by(|a, b| a.query.job() == b.query.job()) {
        let profiles: Vec<&Profile> = of_job.iter().map(|r| &**r.candidate.profile()).collect();
        let lists = assessor.assess(of_job[0].query.job(), &profiles)?;
        if lists.len() != profiles.len() {
            return Err(ExplainError::Assessments {
                profiles: profiles.len(),
                lists: lists.len(),
            });
        }
        all.extend(lists);
    }
    Ok(all)
}

impl fmt::Debug for Ranker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ranker")
            .field("encoder", &self.0.embedder.model_id())
            .field("retriever", &self.0.retriever.name())
            .field("scorer", &self.scorer().model_id())
            .field("top_k", &self.0.top_k)
            .finish_non_exhaustive()
    }
}
