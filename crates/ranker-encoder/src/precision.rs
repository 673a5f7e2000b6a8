//! How exactly an encoder computes.

/// How exactly an encoder's linear maps are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Precision {
    /// In `f32`.
    #[default]
    Exact,
    /// In products of bytes: weights are brought to 8 bits with a scale for each output, tokens to 8 bits
    /// with a range of their own. Everything between (attention, softmax, normalisation, GELU) stays in
    /// `f32`, and so does a map of more than 65,536 inputs. Vectors differ visibly from exact ones: the two
    /// are never to be compared. Between instruction sets they differ about as much.
    Fast,
}
