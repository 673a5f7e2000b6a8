//! A batch: the texts of some examples, and their loss.

use super::chunk::Text;
use super::lists::TokenList;
use super::task::{Examples, Task, TokenPair};
use crate::digest::Digest;
use crate::loss::{Loss, Row, Rows, ScoreLoss, Value};

/// The texts of some examples, and what their loss needs.
#[derive(Debug)]
pub(super) struct Batch<'t> {
    pub(super) texts: Vec<Text<'t>>,
    compared: Compared<'t>,
}

#[derive(Debug)]
enum Compared<'t> {
    /// Queries first, then positives, then negatives.
    Pairs {
        rows: Vec<Row>,
        owners: Vec<usize>,
        negatives: Vec<u64>,
        /// The untrained encoder's margin of every negative, where the loss needs it.
        margins: Vec<f32>,
        loss: Loss,
    },
    /// List after list, positives first.
    Lists(Vec<&'t TokenList>, ScoreLoss),
}

impl<'t> Batch<'t> {
    /// `margins` are those of all pairs of the task, or nothing.
    pub(super) fn new(task: &'t Task, picks: &[usize], margins: &[Vec<f32>]) -> Self {
        match &task.examples {
            Examples::Pairs(pairs, loss) => {
                let pairs = picks.iter().map(|&pick| &pairs[pick]).collect();
                let margins = picks.iter().filter_map(|&pick| margins.get(pick));
                Self::pairs(pairs, margins.flatten().copied().collect(), *loss)
            }
            Examples::Lists(lists, loss) => {
                let lists: Vec<&TokenList> = picks.iter().map(|&pick| &lists[pick]).collect();
                Self {
                    texts: lists
                        .iter()
                        .flat_map(|list| list.pairs())
                        .map(Text::from)
                        .collect(),
                    compared: Compared::Lists(lists, *loss),
                }
            }
        }
    }

    fn pairs(pairs: Vec<&'t TokenPair>, margins: Vec<f32>, loss: Loss) -> Self {
        let queries = pairs.iter().map(|pair| &pair.query[..]);
        let positives = pairs.iter().map(|pair| &pair.positive[..]);
        let negatives = || pairs.iter().flat_map(|pair| &pair.negatives);
        let owners = pairs.iter().enumerate();
        let owners = owners.flat_map(|(index, pair)| pair.negatives.iter().map(move |_| index));
        Self {
            texts: queries
                .chain(positives)
                .chain(negatives().map(Vec::as_slice))
                .map(Text::from)
                .collect(),
            compared: Compared::Pairs {
                owners: owners.collect(),
                negatives: negatives().map(|ids| identity(ids)).collect(),
                rows: (0..)
                    .zip(&pairs)
                    .map(|(index, pair)| row(index, pair))
                    .collect(),
                margins,
                loss,
            },
        }
    }

    /// The loss of the embeddings or scores of all texts.
    pub(super) fn value(&self, outputs: &[f32]) -> Value {
        match &self.compared {
            Compared::Pairs {
                rows,
                owners,
                negatives,
                margins,
                loss,
            } => loss.value(Rows {
                embeddings: outputs,
                width: outputs.len() / self.texts.len(),
                pairs: rows,
                owners,
                negatives,
                margins,
            }),
            Compared::Lists(lists, loss) => loss.value(outputs, lists),
        }
    }
}

/// What the loss knows of the pair with this index in the batch.
fn row(index: u64, pair: &TokenPair) -> Row {
    let mut group = Digest::default();
    Row {
        weight: pair.weight,
        score: pair.score.unwrap_or_default(),
        // Without a group, a pair is its own.
        group: match pair.group {
            Some(number) => group.number(0).number(number).short(),
            None => group.number(1).number(index).short(),
        },
        query: identity(&pair.query),
        positive: identity(&pair.positive),
    }
}

/// A number that stands for a text.
fn identity(ids: &[u32]) -> u64 {
    Digest::default().ids(ids).short()
}
