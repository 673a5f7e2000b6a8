//! Tables of embeddings.

/// A table of embeddings, row by row.
pub(crate) struct Table {
    values: Values,
    columns: usize,
}

/// A vocabulary of many languages is most of an encoder, of which a text needs some rows: codes stay codes, a
/// quarter of the memory, and are restored as they are read.
enum Values {
    Floats(Vec<f32>),
    /// Codes, each times the scale of its row.
    Codes(Vec<i8>, Vec<f32>),
}

impl Table {
    pub(crate) fn new(values: Vec<f32>, columns: usize) -> Self {
        let values = Values::Floats(values);
        Self { values, columns }
    }

    /// A table of codes, with a scale for each row.
    pub(crate) fn coded(codes: Vec<i8>, scales: Vec<f32>, columns: usize) -> Self {
        let values = Values::Codes(codes, scales);
        Self { values, columns }
    }

    /// One row of zeros.
    pub(crate) fn zeros(columns: usize) -> Self {
        Self::new(vec![0.0; columns], columns)
    }

    pub(crate) fn rows(&self) -> usize {
        match &self.values {
            Values::Floats(values) => values.len() / self.columns,
            Values::Codes(_, scales) => scales.len(),
        }
    }

    /// Appends a row to `out`.
    pub(crate) fn append(&self, row: usize, out: &mut Vec<f32>) {
        let start = out.len();
        out.resize(start + self.columns, 0.0);
        self.each(row, &mut out[start..], |place, value| *place = value);
    }

    /// Adds a row to `out`, which is as long.
    pub(crate) fn add(&self, row: usize, out: &mut [f32]) {
        self.each(row, out, |place, value| *place += value);
    }

    fn each(&self, row: usize, out: &mut [f32], write: impl Fn(&mut f32, f32)) {
        let range = row * self.columns..(row + 1) * self.columns;
        match &self.values {
            Values::Floats(values) => {
                let values = out.iter_mut().zip(&values[range]);
                values.for_each(|(place, &value)| write(place, value));
            }
            Values::Codes(codes, scales) => {
                let (codes, scale) = (out.iter_mut().zip(&codes[range]), scales[row]);
                codes.for_each(|(place, &code)| write(place, f32::from(code) * scale));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_the_values_that_they_stand_for() {
        let codes = Table::coded(vec![1, -2, 127, 4], vec![0.3, 0.7], 2);
        let restored: Vec<f32> = [(1.0, 0.3), (-2.0, 0.3), (127.0, 0.7), (4.0, 0.7)]
            .map(|(code, scale): (f32, f32)| code * scale)
            .into();
        let floats = Table::new(restored, 2);
        assert_eq!((codes.rows(), floats.rows()), (2, 2));
        for row in [0, 1] {
            let [mut from_codes, mut from_floats] = [vec![9.0], vec![9.0]];
            for (table, out) in [(&codes, &mut from_codes), (&floats, &mut from_floats)] {
                table.append(row, out);
                table.add(1 - row, &mut out[1..]);
            }
            assert_eq!(from_codes, from_floats);
        }
    }
}
