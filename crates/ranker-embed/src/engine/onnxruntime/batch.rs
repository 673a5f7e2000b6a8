//! Texts as a graph takes them: padded to one length.

use ranker_core::BoxError;

use super::Sequence;

/// Token sequences, padded to one length; every array is row-major, `rows × columns`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    pub(super) rows: usize,
    pub(super) columns: usize,
    ids: Vec<i64>,
    mask: Vec<i64>,
    types: Vec<i64>,
}

impl Batch {
    pub(super) fn new(sequences: &[Sequence<'_>], pad: u32) -> Self {
        let rows = sequences.len();
        let longest = sequences.iter().map(|(ids, _)| ids.len()).max();
        let columns = longest.unwrap_or(0);
        let mut batch = Self {
            rows,
            columns,
            ids: vec![i64::from(pad); rows * columns],
            mask: vec![0; rows * columns],
            types: vec![0; rows * columns],
        };
        for (row, (ids, types)) in sequences.iter().enumerate() {
            let start = row * columns;
            for (column, (&id, &kind)) in ids.iter().zip(*types).enumerate() {
                batch.ids[start + column] = id.into();
                batch.mask[start + column] = 1;
                batch.types[start + column] = kind.into();
            }
        }
        batch
    }

    pub(super) fn array(&self, input: Input) -> &[i64] {
        match input {
            Input::Ids => &self.ids,
            Input::Mask => &self.mask,
            Input::Types => &self.types,
        }
    }

    /// The length of a token's vector, from the shape and size of what a graph gives for this batch.
    pub(super) fn dimension(&self, shape: &[usize], length: usize) -> Result<usize, BoxError> {
        match *shape {
            [rows, columns, dimension]
                if (rows, columns) == (self.rows, self.columns)
                    && length == rows * columns * dimension =>
            {
                Ok(dimension)
            }
            _ => Err(format!(
                "the graph gave shape {shape:?} for {} texts of {} tokens; hidden states have \
                 shape [texts, tokens, dimension]",
                self.rows, self.columns
            )
            .into()),
        }
    }
}

/// An input that an encoder graph may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Ids,
    Mask,
    Types,
}

impl Input {
    pub(super) fn by_name(name: &str) -> Result<Self, BoxError> {
        match name {
            "input_ids" => Ok(Self::Ids),
            "attention_mask" => Ok(Self::Mask),
            "token_type_ids" => Ok(Self::Types),
            _ => Err(format!(
                "the graph asks for input {name:?}; an encoder has `input_ids`, `attention_mask` \
                 and `token_type_ids`"
            )
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads_to_the_longest_and_masks_the_padding() {
        let batch = Batch::new(&[(&[5, 6, 7], &[0, 0, 1]), (&[8], &[0])], 1);
        assert_eq!((batch.rows, batch.columns), (2, 3));
        assert_eq!(batch.ids, [5, 6, 7, 8, 1, 1]);
        assert_eq!(batch.mask, [1, 1, 1, 1, 0, 0]);
        assert_eq!(batch.types, [0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn refuses_a_shape_that_is_not_hidden_states() {
        let batch = Batch::new(&[(&[5, 6], &[0, 0])], 0);
        assert_eq!(batch.dimension(&[1, 2, 2], 4).unwrap(), 2);
        for shape in [&[1, 2][..], &[1, 3, 2], &[2, 1, 2]] {
            assert!(batch.dimension(shape, 4).is_err());
        }
        assert!(Input::by_name("position_ids").is_err());
    }
}
