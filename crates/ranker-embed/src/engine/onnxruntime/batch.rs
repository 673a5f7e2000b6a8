//! Texts as a graph takes them: padded to one length.
//!
//! Padding stands behind the texts, whatever side the tokenizer's file names: a decoder reads no token
//! behind a token, so that a text's hidden states are those that it has alone.

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
    places: Vec<i64>,
}

/// An array of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Array {
    Ids,
    Mask,
    Types,
    /// The row of the position table for each token.
    Places,
}

/// How a batch is filled up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Padding {
    /// The id behind shorter texts.
    pub(super) id: u32,
    /// The row of the position table that padding has, where the family counts positions behind it.
    pub(super) place: Option<u32>,
}

impl Batch {
    pub(super) fn new(sequences: &[Sequence<'_>], padding: Padding) -> Self {
        let rows = sequences.len();
        let longest = sequences.iter().map(|text| text.ids.len()).max();
        let columns = longest.unwrap_or(0);
        let mut batch = Self {
            rows,
            columns,
            ids: vec![i64::from(padding.id); rows * columns],
            mask: vec![0; rows * columns],
            types: vec![0; rows * columns],
            places: vec![i64::from(padding.place.unwrap_or(0)); rows * columns],
        };
        let first = padding.place.map_or(0, |place| i64::from(place) + 1);
        for (row, text) in sequences.iter().enumerate() {
            let start = row * columns;
            let tokens = text.ids.iter().zip(text.types).enumerate();
            for ((column, (&id, &kind)), place) in tokens.zip(first..) {
                batch.ids[start + column] = id.into();
                batch.mask[start + column] = (column < text.attended).into();
                batch.types[start + column] = kind.into();
                batch.places[start + column] = place;
            }
        }
        batch
    }

    pub(super) fn array(&self, array: Array) -> &[i64] {
        match array {
            Array::Ids => &self.ids,
            Array::Mask => &self.mask,
            Array::Types => &self.types,
            Array::Places => &self.places,
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

#[cfg(test)]
mod tests {
    use super::*;

    const PADDING: Padding = Padding { id: 1, place: None };

    #[test]
    fn pads_to_the_longest_and_masks_the_padding() {
        let mut texts = [
            Sequence::whole(&[5, 6, 7], &[0, 0, 1]),
            Sequence::whole(&[8], &[0]),
        ];
        let batch = Batch::new(&texts, PADDING);
        assert_eq!((batch.rows, batch.columns), (2, 3));
        assert_eq!(batch.ids, [5, 6, 7, 8, 1, 1]);
        assert_eq!(batch.mask, [1, 1, 1, 1, 0, 0]);
        assert_eq!(batch.types, [0, 0, 1, 0, 0, 0]);
        assert_eq!(batch.places, [0, 1, 2, 0, 0, 0]);
        let place = Some(1);
        let behind = Batch::new(&texts, Padding { place, ..PADDING });
        assert_eq!(behind.places, [2, 3, 4, 2, 1, 1]);
        // A token that nobody attends to is none of the padding.
        texts[0].attended = 2;
        let masked = Batch::new(&texts, PADDING);
        assert_eq!(masked.mask, [1, 1, 0, 1, 0, 0]);
        assert_eq!((masked.ids, masked.places), (batch.ids, batch.places));
    }

    #[test]
    fn refuses_a_shape_that_is_not_hidden_states() {
        let batch = Batch::new(&[Sequence::whole(&[5, 6], &[0, 0])], PADDING);
        assert_eq!(batch.dimension(&[1, 2, 2], 4).unwrap(), 2);
        for shape in [&[1, 2][..], &[1, 3, 2], &[2, 1, 2]] {
            assert!(batch.dimension(shape, 4).is_err());
        }
    }
}
