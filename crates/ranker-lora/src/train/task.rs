use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::dropout::mix;
use super::error::TrainError;
use super::lists::TokenList;
use crate::base::Base;
use crate::digest::Digest;
use crate::error::LoraError;
use crate::loss::{Loss, ScoreLoss, check_weight};

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
    pub(super) examples: Examples,
    pub(super) batch: usize,
    pub(super) weight: f32,
    pub(super) shuffled: bool,
}

/// What there is to learn from.
#[derive(Clone, Debug)]
pub(super) enum Examples {
    /// For an encoder.
    Pairs(Vec<TokenPair>, Loss),
    /// For a cross-encoder.
    Lists(Vec<TokenList>, ScoreLoss),
}

impl Examples {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Pairs(pairs, _) => pairs.len(),
            Self::Lists(lists, _) => lists.len(),
        }
    }

    fn digest(&self, digest: &mut Digest) {
        digest.number(self.len() as u64);
        match self {
            Self::Pairs(pairs, loss) => {
                loss.digest(digest);
                pairs.iter().for_each(|pair| pair.digest(digest));
            }
            Self::Lists(lists, loss) => {
                digest.number(loss.code());
                lists.iter().for_each(|list| list.digest(digest));
            }
        }
    }
}

impl TokenPair {
    fn digest(&self, digest: &mut Digest) {
        digest.ids(&self.query).ids(&self.positive);
        digest.number(self.negatives.len() as u64);
        self.negatives.iter().for_each(|ids| _ = digest.ids(ids));
        digest.optional(self.group);
        digest.optional(self.score.map(|score| score.to_bits().into()));
        digest.number(self.weight.to_bits().into());
    }
}

impl Task {
    /// A task with batches of 64 pairs and weight 1.
    pub fn new(pairs: Vec<TokenPair>, loss: Loss) -> Self {
        Self::of(Examples::Pairs(pairs, loss))
    }

    /// A task for a cross-encoder ([`Trainer::cross_encoder`](crate::Trainer::cross_encoder)), with
    /// batches of 64 lists and weight 1.
    pub fn scores(lists: Vec<TokenList>, loss: ScoreLoss) -> Self {
        Self::of(Examples::Lists(lists, loss))
    }

    fn of(examples: Examples) -> Self {
        Self {
            examples,
            batch: 64,
            weight: 1.0,
            shuffled: true,
        }
    }

    /// Sets how many pairs a step takes. With fewer pairs than that, a step takes all.
    #[must_use]
    pub fn with_batch(mut self, pairs: usize) -> Self {
        self.batch = pairs;
        self
    }

    /// Sets how much the task's loss counts.
    #[must_use]
    pub fn with_weight(mut self, weight: f32) -> Self {
        self.weight = weight;
        self
    }

    /// Takes the pairs in their given order in every epoch, instead of a new order drawn for each.
    #[must_use]
    pub fn without_shuffling(mut self) -> Self {
        self.shuffled = false;
        self
    }

    /// Which pairs the batch with this number takes.
    pub(super) fn picks(&self, index: usize, seed: u64) -> Vec<usize> {
        let seed = self.shuffled.then_some(seed);
        picks(self.examples.len(), self.batch, index, seed)
    }

    pub(super) fn digest(&self, digest: &mut Digest) {
        digest.number(self.batch as u64);
        digest.number(self.weight.to_bits().into());
        digest.number(self.shuffled.into());
        self.examples.digest(digest);
    }

    pub(super) fn check(&self, number: usize, base: Base<'_>) -> Result<(), TrainError> {
        let smaller = self.batch.min(self.examples.len());
        // The other pairs of a batch are the negatives of a pair; a list has its own.
        if smaller < 2 && (smaller == 0 || matches!(self.examples, Examples::Pairs(..))) {
            let rule = "a task needs two pairs and batches of two at least";
            return Err(LoraError::setting("batch", smaller, rule).into());
        }
        check_weight(self.weight)?;
        let wrong = |(pair, problem): (usize, String)| TrainError::Pair {
            task: number,
            pair,
            problem,
        };
        match &self.examples {
            Examples::Pairs(pairs, loss) => {
                loss.check()?;
                let check = |pair| check_pair(pair, *loss, base);
                first_problem(pairs.iter().map(check)).map_err(wrong)
            }
            Examples::Lists(lists, loss) => {
                let check = |list| check_list(list, *loss, base);
                first_problem(lists.iter().map(check)).map_err(wrong)
            }
        }
    }
}

fn first_problem(
    mut checked: impl Iterator<Item = Result<(), String>>,
) -> Result<(), (usize, String)> {
    let found = checked.by_ref().enumerate();
    let mut found = found.filter_map(|(index, result)| Some((index, result.err()?)));
    found.next().map_or(Ok(()), Err)
}

fn check_list(list: &TokenList, loss: ScoreLoss, base: Base<'_>) -> Result<(), String> {
    for pair in list.pairs() {
        check_text(pair.ids(), base)?;
    }
    if list.negatives.contains(&list.positive) {
        return Err("its positive is also a negative".to_owned());
    }
    check_weight(list.weight).map_err(|error| error.to_string())?;
    loss.refuse(list).map_err(str::to_owned)
}

fn check_pair(pair: &TokenPair, loss: Loss, base: Base<'_>) -> Result<(), String> {
    let texts = [&pair.query, &pair.positive].into_iter();
    for ids in texts.chain(&pair.negatives) {
        check_text(ids, base)?;
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
    match loss {
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
    pub fn with_batch(mut self, texts: usize) -> Self {
        self.batch = texts;
        self
    }

    /// Sets how much the distance counts.
    #[must_use]
    pub fn with_weight(mut self, weight: f32) -> Self {
        self.weight = weight;
        self
    }

    /// Which texts the batch with this number takes.
    pub(super) fn picks(&self, index: usize, seed: u64) -> Vec<usize> {
        picks(self.texts.len(), self.batch, index, Some(seed))
    }

    pub(super) fn digest(&self, digest: &mut Digest) {
        digest.number(self.batch as u64);
        digest.number(self.weight.to_bits().into());
        digest.number(self.texts.len() as u64);
        self.texts.iter().for_each(|ids| _ = digest.ids(ids));
    }

    pub(super) fn check(&self, number: usize, base: Base<'_>) -> Result<(), TrainError> {
        if self.batch == 0 || self.texts.is_empty() {
            let rule = "an anchor needs texts";
            return Err(LoraError::setting("anchor", 0, rule).into());
        }
        check_weight(self.weight)?;
        for (pair, ids) in self.texts.iter().enumerate() {
            check_text(ids, base).map_err(|problem| TrainError::Pair {
                task: number,
                pair,
                problem,
            })?;
        }
        Ok(())
    }
}

fn check_text(ids: &[u32], base: Base<'_>) -> Result<(), String> {
    let (length, most) = (ids.len(), base.max_positions());
    if length == 0 || length > most {
        return Err(format!(
            "a text has {length} tokens, it must have 1 to {most}"
        ));
    }
    let vocabulary = base.vocabulary_size();
    match ids.iter().find(|&&id| id as usize >= vocabulary) {
        Some(id) => Err(format!(
            "token id {id} is not among the encoder's {vocabulary}"
        )),
        None => Ok(()),
    }
}

/// Which of `count` examples the batch with this index takes: every epoch has its own order, drawn from
/// the seed, where there is one, and the epoch's number, so that a resumed training goes on where it was.
fn picks(count: usize, batch: usize, index: usize, seed: Option<u64>) -> Vec<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_takes_everything_once_in_another_order() {
        let epoch = |first: usize| -> Vec<usize> {
            (first..first + 5)
                .flat_map(|index| picks(20, 4, index, Some(9)))
                .collect()
        };
        let (first, second) = (epoch(0), epoch(5));
        assert_ne!(first, second);
        for mut order in [first, second] {
            order.sort_unstable();
            assert_eq!(order, (0..20).collect::<Vec<_>>());
        }
        assert_eq!(picks(3, 10, 0, None), [0, 1, 2]);
    }
}
