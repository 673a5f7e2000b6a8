//! The index and the rankers that are measured.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ranker::core::{
    Embedder, Expander, Expansion, FeatureExtractor, Query, Request, Retriever, Role,
};
use ranker::embed::{CachedEmbedder, OnnxCrossEncoder, TokenCache, TokenLimit, Windowed};
use ranker::eval::{BeirDataset, QueryText, Run};
use ranker::expand::{CollectionStatistics, ExpansionSignals};
use ranker::retrieve::{Encoded, Fused, SPARSE_WEIGHT, SparseIndex};
use ranker::{JobDescription, JobReading, Profile, Ranker, Ranking};
use ranker_examples::{
    AnyEncoder, Outcome, beir, embed_profiles, encode_with_tokens, index_sparse, occupations,
    open_encoder_in, open_sparse, precision, say,
};

use crate::legs::Legs;
use crate::{Args, Method, expand};

/// Documents as the encoder reads them.
pub(crate) struct Documents {
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) profiles: Vec<Profile>,
    encoded: Vec<Encoded>,
    /// Their sparse vectors, where a model for such is named.
    sparse: Option<Arc<SparseIndex>>,
}

impl Documents {
    /// Reads and embeds the documents.
    pub(crate) fn read(args: &Args, data: &BeirDataset) -> Outcome<Self> {
        let encoder = open_encoder_in(args.model.as_deref(), (precision(args.fast), None))?;
        let embedder = match &args.cache {
            Some(file) => windowed(CachedEmbedder::open(encoder, file)?, args)?,
            None => windowed(encoder, args)?,
        };
        let profiles = beir::profiles(data)?.into_iter();
        let profiles: Vec<Profile> = profiles
            .map(|profile| profile.read_as(args.reading()))
            .collect();
        let encoded = match args.keep_tokens {
            true => encode_with_tokens(&*embedder, &profiles)?,
            false => without_tokens(&*embedder, &profiles)?,
        };
        let sparse = args
            .sparse_model
            .as_deref()
            .map(|folder| index_sparse(open_sparse(folder)?, &profiles, None));
        Ok(Self {
            embedder,
            sparse: sparse.transpose()?.map(Arc::new),
            profiles,
            encoded,
        })
    }

    /// Each with its embedding, and its token vectors if they are kept.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Profile, Encoded)> {
        self.profiles
            .iter()
            .cloned()
            .zip(self.encoded.iter().cloned())
    }
}

/// Reads texts in windows, each of which a file may have, with the token vectors of another model where one is asked
/// for, and keeps what is made of them in memory.
fn windowed(encoder: impl TokenLimit + 'static, args: &Args) -> Outcome<Arc<dyn Embedder>> {
    let encoder = Windowed::new(encoder)
        .with_windows(args.windows)
        .with_vector(args.window_vector);
    let computing = (args.windows, precision(args.fast));
    let encoder = args.token_model().join(Arc::new(encoder), computing)?;
    let bytes = TokenCache::<AnyEncoder>::DEFAULT_BYTES;
    Ok(Arc::new(TokenCache::new(encoder, bytes)))
}

fn without_tokens(embedder: &dyn Embedder, profiles: &[Profile]) -> Outcome<Vec<Encoded>> {
    let embedded = embed_profiles(embedder, profiles)?;
    let cut = embedded.iter().filter(|embedded| embedded.usage.is_cut());
    say(&format!(
        "{} of {} documents are longer than the encoder reads",
        cut.count(),
        profiles.len()
    ));
    Ok(embedded.into_iter().map(Encoded::from).collect())
}

/// Everything that answers queries, over one pool of documents.
pub(crate) struct System {
    embedder: Arc<dyn Embedder>,
    legs: Legs,
    sparse: Option<Arc<SparseIndex>>,
    /// All legs as one.
    hybrid: Arc<dyn Retriever>,
    expander: Option<Arc<dyn Expander>>,
    /// The documents' words, where the signals of expansions are asked for.
    statistics: CollectionStatistics,
    ranker: Ranker,
    job_reading: JobReading,
    depth: usize,
    not_itself: bool,
}

impl System {
    /// Embeds the documents and indexes them in memory.
    pub(crate) fn build(args: &Args, data: &BeirDataset) -> Outcome<Self> {
        let documents = Documents::read(args, data)?;
        Self::over(args, &documents, Legs::in_memory(&documents)?)
    }

    /// Answers by what finds these documents.
    pub(crate) fn over(args: &Args, documents: &Documents, legs: Legs) -> Outcome<Self> {
        let Documents {
            embedder,
            profiles,
            sparse,
            ..
        } = documents;
        let hybrid: Arc<dyn Retriever> = match sparse {
            Some(sparse) => Arc::new(Fused::beside(
                legs.both.clone(),
                sparse.clone(),
                SPARSE_WEIGHT,
            )?),
            None => legs.both.clone(),
        };
        let expander = expand::expander(&args.expand, profiles, &legs.both, embedder)?;
        let builder = Ranker::builder(embedder.clone(), legs.both.clone());
        let builder = builder.reading(args.reading()).top_k(100);
        let mut builder = builder.job_reading(args.job_reading());
        if let Some((tokens, _)) = &legs.tokens {
            builder = builder.profile_store(tokens.clone());
        }
        if let Some(table) = occupations(args.model.as_deref().or(args.token_model.as_deref()))? {
            builder = builder.occupations(table);
        }
        if let Some(folder) = &args.cross_encoder {
            builder = builder.add_features(OnnxCrossEncoder::from_dir(folder)?);
        }
        if let Some(sparse) = sparse {
            builder = builder.sparse(sparse.clone());
        }
        if let Some(expander) = &expander {
            builder = builder.expander(expander.clone());
        }
        Ok(Self {
            embedder: embedder.clone(),
            legs,
            sparse: sparse.clone(),
            hybrid,
            expander,
            statistics: match args.expansion_signals {
                Some(_) => CollectionStatistics::of(profiles.iter().map(Profile::full_text)),
                None => CollectionStatistics::default(),
            },
            ranker: builder.build()?,
            job_reading: args.job_reading(),
            depth: args.depth,
            not_itself: args.not_itself,
        })
    }

    /// Answers every query, and says how long each took, from its text to its ranking.
    pub(crate) fn answer(
        &self,
        method: Method,
        queries: &[QueryText],
    ) -> Outcome<(Run, Vec<Duration>)> {
        let mut run = Run::new(method.name());
        let mut times = Vec::with_capacity(queries.len());
        for query in queries {
            let started = Instant::now();
            let mut ranked = match method {
                Method::Full => {
                    let ranking = self.rank(query)?;
                    let scored = |r: &ranker::Ranked| (r.id().to_string(), r.score.get());
                    ranking.iter().map(scored).collect::<Vec<_>>()
                }
                Method::Bm25 | Method::Dense | Method::Sparse | Method::Hybrid => {
                    self.retrieve(method, query)?
                }
            };
            times.push(started.elapsed());
            if method == Method::Full {
                let others = self.retrieve(Method::Hybrid, query)?;
                add_below(&mut ranked, others);
            }
            if self.not_itself {
                ranked.retain(|(document, _)| *document != query.id);
            }
            run.insert(&query.id, ranked)?;
        }
        Ok((run, times))
    }

    /// What candidates are scored by.
    pub(crate) fn features(&self) -> &dyn FeatureExtractor {
        &**self.ranker.features()
    }

    /// One query through the whole pipeline.
    pub(crate) fn rank(&self, query: &QueryText) -> Outcome<Ranking> {
        Ok(pollster::block_on(self.ranker.rank(&job(query)?))?)
    }

    /// What is known of a query and its expansion before anything is retrieved.
    pub(crate) fn signals(&self, query: &QueryText) -> Outcome<ExpansionSignals> {
        let job = job(query)?.read_as(self.job_reading);
        let expansion = match &self.expander {
            Some(expander) => pollster::block_on(expander.expand(&job))?,
            None => Expansion::default(),
        };
        Ok(ExpansionSignals::of(&job, &expansion, &self.statistics))
    }

    fn retrieve(&self, method: Method, query: &QueryText) -> Outcome<Vec<(String, f64)>> {
        let job = job(query)?.read_as(self.job_reading);
        let mut asked = Query::new(job);
        if let Some(expander) = &self.expander {
            asked = asked
                .clone()
                .with_expansion(pollster::block_on(expander.expand(asked.job()))?);
        }
        let retriever: &dyn Retriever = match method {
            Method::Bm25 => &*self.legs.words,
            Method::Dense => &*self.legs.dense,
            Method::Sparse => self.sparse.as_deref().ok_or("name a --sparse-model")?,
            Method::Hybrid | Method::Full => &*self.hybrid,
        };
        // An engine asks for the vector even where it counts for nothing.
        if method != Method::Bm25 || retriever.encoder().is_some() {
            let text = asked.job().full_text();
            let embedded = self.embedder.embed(&[&text], Role::Query)?.swap_remove(0);
            let vector = asked
                .expansion()
                .embedded(&embedded.embedding, &*self.embedder)?;
            asked = asked
                .with_embedding(vector)
                .with_baseline(self.embedder.cosine_baseline());
        }
        let hits = pollster::block_on(retriever.retrieve(&asked, &Request::top(self.depth)))?;
        let scored = hits
            .iter()
            .map(|hit| (hit.id().to_string(), hit.score().get()));
        // An engine's hits by words end with those who have none of them.
        Ok(scored
            .filter(|(_, score)| method != Method::Bm25 || *score > 0.0)
            .collect())
    }
}

fn job(query: &QueryText) -> Outcome<JobDescription> {
    Ok(JobDescription::new(&query.text)?.with_title(&query.title))
}

/// Puts those that were retrieved but not ranked below the ranking, in their order, so that measures which read deep (MAP)
/// see as much of it as of the legs alone.
fn add_below(ranked: &mut Vec<(String, f64)>, others: Vec<(String, f64)>) {
    let known: HashSet<String> = ranked.iter().map(|(id, _)| id.clone()).collect();
    let others = others.into_iter().map(|(id, _)| id);
    let lowest = ranked.iter().map(|(_, score)| *score).fold(0.0, f64::min);
    for (place, id) in (1_u32..).zip(others.filter(|id| !known.contains(id))) {
        ranked.push((id, lowest - f64::from(place)));
    }
}
