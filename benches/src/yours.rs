//! Stages of others: checked against their contract, then timed by turns with ours on the same made-up data.

use std::hint::black_box;
use std::sync::Arc;

use pollster::block_on;
use ranker_core::conformance::{self, Entry, pool};
use ranker_core::{
    BoxError, Embedder, Embedding, FeatureMatrix, FeatureSchema, FeatureSpec, JobDescription,
    Profile, Query, Request, Retriever, Role, Scorer,
};
use ranker_retrieve::ProfileIndex;
use ranker_rlhf::{DefaultLearner, Examples, JudgedList, Learner};
use ranker_score::LinearScorer;

use crate::{Ratios, in_turn};

/// How often both are run; the tests' times tell nothing.
const ROUNDS: usize = if cfg!(test) { 3 } else { 21 };

impl Ratios {
    /// A retriever, opened over profiles and their embeddings, beside [`ProfileIndex`]: the first ten of 4,000 for a
    /// query with an embedding.
    ///
    /// # Errors
    ///
    /// The first part of the contract that it breaks, and whatever it says instead of hits.
    pub fn retriever<R: Retriever + 'static>(
        &mut self,
        name: &str,
        open: impl Fn(Vec<Entry>) -> Result<R, BoxError> + Send + Sync,
    ) -> Result<(), BoxError> {
        let kept = conformance::retriever(|entries| {
            let opened = open(entries).map(|opened| Arc::new(opened) as Arc<dyn Retriever>);
            async move { opened }
        });
        block_on(kept)?;
        let everybody =
            (0..100).flat_map(|copy| pool().into_iter().map(move |one| again(one, copy)));
        let everybody: Vec<Entry> = everybody.collect::<Result<_, BoxError>>()?;
        let own = everybody
            .iter()
            .map(|one| (one.profile.clone(), one.embedding.clone()));
        let own = ProfileIndex::new(own.collect::<Vec<_>>())?;
        let asked = everybody[7].embedding.clone();
        let yours = open(everybody)?;
        let job = JobDescription::new("Rust engineer for search engines and databases on Linux")?;
        let query = Query::new(job).with_embedding(asked);
        let find =
            |retriever: &dyn Retriever| block_on(retriever.retrieve(&query, &Request::top(10)));
        let found = (find(&yours)?.len(), find(&own)?.len());
        if found != (10, 10) {
            return Err(format!("{found:?} hits of ten each").into());
        }
        let times = in_turn(
            ROUNDS,
            || drop(black_box(find(&yours))),
            || drop(black_box(find(&own))),
        );
        self.peer(&format!("{name}: ten of 4,000"), "ProfileIndex", times);
        Ok(())
    }

    /// An embedder beside another: 32 profiles in one batch.
    ///
    /// # Errors
    ///
    /// The first part of the contract that it breaks, and whatever either says instead of embeddings.
    pub fn embedder(
        &mut self,
        name: &str,
        yours: &dyn Embedder,
        (peer, other): (&str, &dyn Embedder),
    ) -> Result<(), BoxError> {
        conformance::embedder(yours)?;
        let texts: Vec<String> = pool()
            .iter()
            .take(32)
            .map(|one| one.profile.full_text())
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let embed = |embedder: &dyn Embedder| embedder.embed(&texts, Role::Document);
        embed(yours)?;
        embed(other)?;
        let times = in_turn(
            ROUNDS,
            || drop(black_box(embed(yours))),
            || drop(black_box(embed(other))),
        );
        self.peer(&format!("{name}: 32 profiles"), peer, times);
        Ok(())
    }

    /// A scorer beside [`LinearScorer`] with as many columns: 1,000 rows.
    ///
    /// # Errors
    ///
    /// The first part of the contract that it breaks, and whatever it says instead of scores.
    pub fn scorer(&mut self, name: &str, yours: &dyn Scorer) -> Result<(), BoxError> {
        conformance::scorer(yours)?;
        let schema = yours.schema();
        let own = LinearScorer::prior(schema);
        // Half of each column's range, a little otherwise in each row.
        let value = |at: usize, spec: &FeatureSpec| {
            spec.min + (spec.max - spec.min) * (at % 101) as f32 / 101.0
        };
        let row = |at: usize| schema.columns().iter().map(move |spec| value(at, spec));
        let rows = FeatureMatrix::new(Arc::clone(schema), (0..1000).flat_map(row).collect())?;
        yours.score(&rows)?;
        let times = in_turn(
            ROUNDS,
            || drop(black_box(yours.score(&rows))),
            || drop(black_box(own.score(&rows))),
        );
        self.peer(&format!("{name}: 1,000 rows"), "LinearScorer", times);
        Ok(())
    }

    /// A learner beside [`DefaultLearner`]: 100 judged lists of 20 rows of 8 features.
    ///
    /// # Errors
    ///
    /// The first part of the contract that it breaks, and whatever it says instead of a model.
    pub fn learner(&mut self, name: &str, yours: &dyn Learner) -> Result<(), BoxError> {
        ranker_rlhf::conformance::learner(yours)?;
        let lists = (0..100).map(list).collect::<Result<Vec<_>, BoxError>>()?;
        let own = DefaultLearner::new();
        yours.learn(&Examples::of(&lists))?;
        own.learn(&Examples::of(&lists))?;
        let times = in_turn(
            ROUNDS / 3,
            || drop(black_box(yours.learn(&Examples::of(&lists)))),
            || drop(black_box(own.learn(&Examples::of(&lists)))),
        );
        self.peer(&format!("{name}: 100 lists of 20"), "DefaultLearner", times);
        Ok(())
    }
}

/// Somebody much like one of the small pool, under an id of its own.
fn again(one: Entry, copy: usize) -> Result<Entry, BoxError> {
    let Entry { profile, embedding } = one;
    let id = format!("{}-{copy}", profile.id());
    let text = format!("{} Copy number{copy}.", profile.text());
    let moved = embedding.as_slice().iter().enumerate();
    let moved = moved.map(|(at, x)| x + ((copy * 7 + at * 3) % 13) as f32 / 100.0);
    Ok(Entry {
        profile: Profile::new(id, text)?.with_title(profile.title()),
        embedding: Embedding::normalized(moved.collect())?,
    })
}

/// A list whose gains follow the first two of eight columns.
fn list(job: usize) -> Result<JudgedList, BoxError> {
    let column =
        |at: usize| FeatureSpec::new(format!("f{at}"), "a number between 0 and 1", 0.0..=1.0);
    let schema = Arc::new(FeatureSchema::new((0..8).map(column).collect())?);
    let value = |at: usize| ((job * 31 + at * 17 + at * at * 7) % 97) as f32 / 97.0;
    let rows = FeatureMatrix::new(schema, (0..20 * 8).map(value).collect())?;
    let gain = |row: &[f32]| f64::from(3.0 * row[0] + row[1]).floor();
    let gains = rows.rows().map(gain).collect();
    Ok(JudgedList::new(format!("job {job}"), rows, gains)?)
}

#[cfg(test)]
mod tests {
    use ranker_core::FeatureExtractor;
    use ranker_core::conformance::Entry;
    use ranker_retrieve::KeywordIndex;
    use ranker_rlhf::Ridge;
    use ranker_score::Features;

    use super::*;

    #[test]
    fn each_stage_is_one_line() -> Result<(), BoxError> {
        let mut ratios = Ratios::of("yours");
        ratios.retriever("words", |entries| {
            let people = entries
                .into_iter()
                .map(|Entry { profile, .. }| Arc::new(profile));
            Ok(KeywordIndex::new(people)?)
        })?;
        ratios.scorer("prior", &LinearScorer::prior(Features::new().schema()))?;
        ratios.learner("ridge", &Ridge::new())?;
        let rows = ratios.rows();
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.ratio > 0.0 && !row.limit));
        Ok(())
    }
}
