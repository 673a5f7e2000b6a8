use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;

use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::TrainError;
use super::dropout::mix;
use crate::loss::{Row, Rows, Value};
use crate::{EncoderConfig, LoraError, Loss};

/// A [`Pair`](crate::Pair) as token ids, special tokens included.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenPair {
    /// What is looked for with.
    pub query: Vec<u32>,
    /// What should be found.
    pub positive: Vec<u32>,
    /// What should not be found.
    pub negatives: Vec<Vec<u32>>,
    /// Pairs of one group are never negatives of each other.
    pub group: Option<u64>,
    /// See [`Pair::score`](crate::Pair::score).
    pub score: Option<f32>,
    /// How much the pair counts, relative to the others.
    pub weight: f32,
}

impl TokenPair {
    /// Two texts and nothing else.
    pub fn new(query: Vec<u32>, positive: Vec<u32>) -> Self {
        Self {
            query,
            positive,
            negatives: Vec::new(),
            group: None,
            score: None,
            weight: 1.0,
        }
    }
}

/// Pairs, what is to be learned from them, and how many of them a step takes.
///
/// A training may have several: each step takes a batch of every task, and its loss is the weighted
/// sum of theirs.
#[derive(Clone, Debug)]
pub struct Task {
    pub(super) pairs: Vec<TokenPair>,
    pub(super) loss: Loss,
    pub(super) batch: usize,
    pub(super) weight: f32,
    pub(super) shuffled: bool,
}

impl Task {
    /// A task with batches of 64 pairs and weight 1.
    pub fn new(pairs: Vec<TokenPair>, loss: Loss) -> Self {
        Self {
            pairs,
            loss,
            batch: 64,
            weight: 1.0,
            shuffled: true,
        }
    }

    /// Sets how many pairs a step takes. With fewer pairs than that, a step takes all.
    #[must_use]
    pub fn batch(mut self, pairs: usize) -> Self {
        self.batch = pairs;
        self
    }

    /// Sets how much the task's loss counts.
    #[must_use]
    pub fn weight(mut self, weight: f32) -> Self {
        self.weight = weight;
        self
    }

    /// Takes the pairs in their given order in every epoch, instead of a new order drawn for each.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.shuffled = false;
        self
    }

    /// Which pairs the batch with this number takes.
    pub(super) fn picks(&self, index: usize, seed: u64) -> Vec<usize> {
        let seed = self.shuffled.then_some(seed);
        picks(self.pairs.len(), self.batch, (index, seed))
    }

    pub(super) fn check(&self, number: usize, config: &EncoderConfig) -> Result<(), TrainError> {
        if self.batch < 2 || self.pairs.len() < 2 {
            let smaller = self.batch.min(self.pairs.len());
            let rule = "a task needs two pairs and batches of two at least";
            return Err(LoraError::setting("batch", smaller, rule).into());
        }
        check_weight(self.weight)?;
        self.loss.check()?;
        for (index, pair) in self.pairs.iter().enumerate() {
            let wrong = |problem: String| TrainError::Pair {
                task: number,
                pair: index,
                problem,
            };
            self.check_pair(pair, config).map_err(wrong)?;
        }
        Ok(())
    }

    fn check_pair(&self, pair: &TokenPair, config: &EncoderConfig) -> Result<(), String> {
        let texts = [&pair.query, &pair.positive].into_iter();
        for ids in texts.chain(&pair.negatives) {
            check_text(ids, config)?;
        }
        for (what, ids) in [("query", &pair.query), ("positive", &pair.positive)] {
            if pair.negatives.contains(ids) {
                return Err(format!("its {what} is also a negative"));
            }
        }
        if !(pair.weight.is_finite() && pair.weight > 0.0) {
            return Err(format!("its weight is {}, it must be above 0", pair.weight));
        }
        let scored = pair.score.is_some_and(f32::is_finite);
        let negatives = pair.negatives.len();
        match self.loss {
            Loss::CoSent if !scored => Err("CoSENT needs a score".to_owned()),
            Loss::MarginMse if !scored || negatives != 1 => {
                Err("MarginMSE needs a score and one negative".to_owned())
            }
            Loss::Triplet { .. } if negatives == 0 => Err("triplets need a negative".to_owned()),
            Loss::Preference { .. } if negatives == 0 => {
                Err("a preference needs a rejected text, as a negative".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Texts whose embeddings should stay where the untrained encoder has them: the squared distance
/// to there is a part of the loss. It keeps what the encoder knows while it learns something new.
#[derive(Clone, Debug)]
pub struct Anchor {
    pub(super) texts: Vec<Vec<u32>>,
    pub(super) batch: usize,
    pub(super) weight: f32,
}

impl Anchor {
    /// Texts as token ids; a step takes 32 of them, and their mean squared distance counts once.
    pub fn new(texts: Vec<Vec<u32>>) -> Self {
        Self {
            texts,
            batch: 32,
            weight: 1.0,
        }
    }

    /// Sets how many texts a step takes.
    #[must_use]
    pub fn batch(mut self, texts: usize) -> Self {
        self.batch = texts;
        self
    }

    /// Sets how much the distance counts.
    #[must_use]
    pub fn weight(mut self, weight: f32) -> Self {
        self.weight = weight;
        self
    }

    /// Which texts the batch with this number takes.
    pub(super) fn picks(&self, index: usize, seed: u64) -> Vec<usize> {
        picks(self.texts.len(), self.batch, (index, Some(seed)))
    }

    pub(super) fn check(&self, number: usize, config: &EncoderConfig) -> Result<(), TrainError> {
        if self.batch == 0 || self.texts.is_empty() {
            let rule = "an anchor needs texts";
            return Err(LoraError::setting("anchor", 0, rule).into());
        }
        check_weight(self.weight)?;
        for (pair, ids) in self.texts.iter().enumerate() {
            check_text(ids, config).map_err(|problem| TrainError::Pair {
                task: number,
                pair,
                problem,
            })?;
        }
        Ok(())
    }
}

fn check_weight(weight: f32) -> Result<(), LoraError> {
    if weight.is_finite() && weight > 0.0 {
        return Ok(());
    }
    Err(LoraError::setting(
        "weight",
        weight,
        "it must be a finite number above 0",
    ))
}

fn check_text(ids: &[u32], config: &EncoderConfig) -> Result<(), String> {
    let (length, most) = (ids.len(), config.max_positions());
    if length == 0 || length > most {
        return Err(format!(
            "a text has {length} tokens, it must have 1 to {most}"
        ));
    }
    let vocabulary = config.vocabulary_size();
    match ids.iter().find(|&&id| id as usize >= vocabulary) {
        Some(id) => Err(format!(
            "token id {id} is not among the encoder's {vocabulary}"
        )),
        None => Ok(()),
    }
}

/// Which of `count` things a batch takes: every epoch has its own order, drawn from the seed, where
/// there is one, and the epoch's number, so that a resumed training goes on where it was.
fn picks(count: usize, batch: usize, (index, seed): (usize, Option<u64>)) -> Vec<usize> {
    let batch = batch.min(count);
    let epoch_length = count / batch;
    let mut order: Vec<usize> = (0..count).collect();
    let epoch = (index / epoch_length) as u64;
    if let Some(seed) = seed {
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed ^ mix(epoch)));
    }
    let start = index % epoch_length * batch;
    order[start..start + batch].to_vec()
}

/// The texts of some pairs, queries first, and what their loss needs.
#[derive(Debug)]
pub(super) struct Batch<'t> {
    pub(super) texts: Vec<&'t [u32]>,
    rows: Vec<Row>,
    owners: Vec<usize>,
    negatives: Vec<u64>,
    /// The untrained encoder's margin of every negative, where the loss asks for it.
    margins: Vec<f32>,
    loss: Loss,
}

impl<'t> Batch<'t> {
    /// `margins` are those of all pairs of the task, or nothing.
    pub(super) fn new(task: &'t Task, picks: &[usize], margins: &[Vec<f32>]) -> Self {
        let pairs: Vec<&TokenPair> = picks.iter().map(|&pick| &task.pairs[pick]).collect();
        let queries = pairs.iter().map(|pair| &pair.query[..]);
        let positives = pairs.iter().map(|pair| &pair.positive[..]);
        let negatives = || pairs.iter().flat_map(|pair| &pair.negatives);
        let owners = pairs.iter().enumerate();
        let owners = owners.flat_map(|(index, pair)| pair.negatives.iter().map(move |_| index));
        Self {
            texts: queries
                .chain(positives)
                .chain(negatives().map(Vec::as_slice))
                .collect(),
            owners: owners.collect(),
            negatives: negatives().map(hash).collect(),
            margins: picks
                .iter()
                .filter_map(|&pick| margins.get(pick))
                .flatten()
                .copied()
                .collect(),
            rows: pairs.iter().enumerate().map(row).collect(),
            loss: task.loss,
        }
    }

    pub(super) fn value(&self, embeddings: &[f32]) -> Value {
        self.loss.value(Rows {
            embeddings,
            width: embeddings.len() / self.texts.len(),
            pairs: &self.rows,
            owners: &self.owners,
            negatives: &self.negatives,
            margins: &self.margins,
        })
    }
}

fn row((index, pair): (usize, &&TokenPair)) -> Row {
    Row {
        weight: pair.weight,
        score: pair.score.unwrap_or_default(),
        // Without a group, a pair is its own.
        group: pair
            .group
            .map_or(hash(&(1, index)), |group| hash(&(0, group))),
        query: hash(&pair.query),
        positive: hash(&pair.positive),
    }
}

/// The same on every machine and in every run: the default hasher has fixed keys.
pub(super) fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_takes_everything_once_in_another_order() {
        let epoch = |first: usize| -> Vec<usize> {
            (first..first + 5)
                .flat_map(|index| picks(20, 4, (index, Some(9))))
                .collect()
        };
        let (first, second) = (epoch(0), epoch(5));
        assert_ne!(first, second);
        for mut order in [first, second] {
            order.sort_unstable();
            assert_eq!(order, (0..20).collect::<Vec<_>>());
        }
        assert_eq!(picks(3, 10, (0, None)), [0, 1, 2]);
    }
}
