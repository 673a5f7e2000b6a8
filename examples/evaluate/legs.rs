//! What finds documents: an index in memory, or an engine of others.

use std::sync::Arc;

use ranker::core::Retriever;
use ranker::retrieve::{Collection, ProfileIndex};
use ranker_examples::Outcome;
use tempfile::TempDir;

use crate::Args;
use crate::system::Documents;

/// Retrievers of the same documents, each of one kind.
pub(crate) struct Legs {
    pub(crate) words: Arc<dyn Retriever>,
    pub(crate) dense: Arc<dyn Retriever>,
    pub(crate) both: Arc<dyn Retriever>,
    /// What keeps token vectors beside an engine, and its folder, which goes with it.
    pub(crate) tokens: Option<(Arc<Collection>, TempDir)>,
}

impl Legs {
    /// Finds documents in memory.
    pub(crate) fn in_memory(documents: &Documents) -> Outcome<Self> {
        let index = Arc::new(ProfileIndex::new(documents.entries())?);
        Ok(Self {
            words: index.keywords().clone(),
            dense: index.dense().clone(),
            both: index,
            tokens: None,
        })
    }

    /// Finds documents in an engine, to which they are brought.
    pub(crate) fn in_engine(engine: &str, args: &Args, documents: &Documents) -> Outcome<Self> {
        on_engine(engine, args, documents)
    }
}

#[cfg(not(feature = "engines"))]
fn on_engine(_: &str, _: &Args, _: &Documents) -> Outcome<Legs> {
    Err("engines are clients to be compiled: add `--features engines` to cargo's arguments".into())
}

#[cfg(feature = "engines")]
use engine::on_engine;

#[cfg(feature = "engines")]
mod engine {
    use std::hash::{DefaultHasher, Hash, Hasher};

    use ranker::engines::{Space, Store, Weights};
    use ranker::retrieve::{CollectionOptions, Fused, KeywordIndex};
    use ranker_examples::engines::Engine;
    use ranker_examples::say;

    use super::*;

    /// The engine's own legs, with an index of words in memory where it has none or is not to use its own.
    pub(super) fn on_engine(engine: &str, args: &Args, documents: &Documents) -> Outcome<Legs> {
        let engine: Engine = engine.parse()?;
        let embedder = &documents.embedder;
        let (dimension, encoder) = (embedder.dimension(), embedder.model_id());
        let space = Space::new(name(documents), dimension, encoder)?;
        let vectors = documents.entries();
        let entries = vectors
            .map(|(profile, encoded)| (profile, encoded.embedding))
            .collect();
        let loaded = pollster::block_on(engine.fill(&space, entries))?;
        say(&match loaded {
            Some(loaded) => format!(
                "{} documents brought to {} as {} in {:.1?}",
                loaded.stored,
                engine.name(),
                space.name(),
                loaded.elapsed
            ),
            None => format!("the documents are in {} as {}", engine.name(), space.name()),
        });
        let open = |dense, words| -> Outcome<Arc<dyn Store>> {
            let weights = Weights::new(dense, words)?;
            pollster::block_on(engine.open(space.clone(), weights))
        };
        let dense = open(1.0, 0.0)?;
        let (words, both): (Arc<dyn Retriever>, Arc<dyn Retriever>) =
            if engine.has_words() && !args.words_in_memory {
                let usual = Weights::default();
                (open(0.0, 1.0)?, open(usual.dense(), usual.words())?)
            } else {
                let words = Arc::new(KeywordIndex::new(documents.profiles.iter().cloned())?);
                (
                    words.clone(),
                    Arc::new(Fused::hybrid(dense.clone(), words)?),
                )
            };
        let tokens = match args.keep_tokens {
            true => {
                let folder = tempfile::tempdir()?;
                let collection =
                    Collection::create(folder.path().join("tokens"), CollectionOptions::new())?;
                let collection = collection.embedded_by(encoder)?;
                collection.insert_all(documents.entries())?;
                Some((Arc::new(collection), folder))
            }
            false => None,
        };
        Ok(Legs {
            words,
            dense,
            both,
            tokens,
        })
    }

    /// A name for these documents, embedded by this encoder.
    fn name(documents: &Documents) -> String {
        let mut hash = DefaultHasher::new();
        documents.embedder.model_id().hash(&mut hash);
        for profile in &documents.profiles {
            (profile.id().as_str(), profile.reading().form()).hash(&mut hash);
            (profile.title(), profile.text()).hash(&mut hash);
        }
        format!("evaluated_{:016x}", hash.finish())
    }
}
