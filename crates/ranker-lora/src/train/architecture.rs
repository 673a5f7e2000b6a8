//! What differs between BERT-like encoders and decoders in training: the layers and what is before and
//! behind them.

use super::chunk::Chunk;
use super::parameters::Slots;
use super::pass::Ready;
use super::tables::Gradient;

/// A part of a batch, and what all its layers compute with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'p> {
    pub(super) slots: &'p Slots,
    pub(super) pass: Ready<'p>,
    pub(super) chunk: &'p Chunk,
}

impl Part<'_> {
    /// Whether anything is trained below a layer, so that the gradient of its input is needed.
    pub(super) fn below(self, layer: usize) -> bool {
        let (lowest, tables) = self.slots.lowest();
        layer > lowest || tables
    }
}

/// The frozen weights of a model, with the way through them and back. Rows are of the hidden size, one
/// for each token of the part.
pub(super) trait Architecture: Copy + Sync {
    /// What a layer's forward pass keeps for the backward one.
    type Kept: Send;
    /// What the pass behind the last layer keeps.
    type End: Send;

    fn layers(self) -> usize;

    /// What goes into the first layer.
    fn start(self, part: Part<'_>) -> Vec<f32>;

    fn forward(self, part: Part<'_>, layer: usize, input: Vec<f32>) -> Self::Kept;

    /// What a layer hands on to the next.
    fn output(self, part: Part<'_>, layer: usize, kept: &Self::Kept) -> Vec<f32>;

    /// From what the last layer hands on to the hidden states.
    fn end(self, rows: Vec<f32>) -> (Vec<f32>, Self::End);

    /// Turns the gradient of the hidden states into that of what the last layer handed on.
    fn end_backward(self, kept: &Self::End, rows: Vec<f32>) -> Vec<f32>;

    /// Adds to the gradient of the trained values, and turns `rows`, the gradient of what the layer hands
    /// on, into that of its input, which is left empty where nothing below is trained. `given` are the input and what was
    /// kept.
    fn backward(
        self,
        part: Part<'_>,
        layer: usize,
        given: (&[f32], &Self::Kept),
        rows: Vec<f32>,
        gradient: &mut [f32],
    ) -> Vec<f32>;

    /// Adds to the gradient of what makes the first layer's input, where that is trained.
    fn start_backward(self, part: Part<'_>, rows: Vec<f32>, gradient: &mut Gradient);
}
