//! Words and their rows while a table is read.

use std::collections::HashMap;
use std::sync::Arc;

use super::WordVectors;

/// Rows of one length, with the words that have them.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) dimension: usize,
    /// Row by row, each of unit length, or all zero where it has no direction.
    pub(super) units: Vec<f32>,
    /// Each row's own word, the first that has it.
    pub(super) owners: Vec<Option<Arc<str>>>,
    pub(super) rows: HashMap<Arc<str>, u32>,
}

impl Table {
    /// No rows yet, of this length.
    pub(super) fn new(dimension: usize) -> Self {
        Self {
            dimension,
            ..Self::default()
        }
    }

    /// Adds a word with a row of its own, unless the word is there or the row has no direction.
    /// `row` has the table's length; a component that is not finite is handed back.
    pub(super) fn add(&mut self, word: &str, row: &[f32]) -> Result<(), f32> {
        let start = self.units.len();
        self.units.extend_from_slice(row);
        let has_direction = normalize(&mut self.units[start..])?;
        let at = self.owners.len() as u32;
        if !has_direction || at == u32::MAX || self.rows.contains_key(word) {
            self.units.truncate(start);
            return Ok(());
        }
        let word: Arc<str> = word.into();
        self.owners.push(Some(Arc::clone(&word)));
        self.rows.insert(word, at);
        Ok(())
    }

    /// The finished table; none if no word has a vector.
    pub(super) fn build(self) -> Option<WordVectors> {
        (!self.rows.is_empty()).then(|| WordVectors(Arc::new(self)))
    }

    pub(super) fn row(&self, row: u32) -> &[f32] {
        let start = row as usize * self.dimension;
        &self.units[start..start + self.dimension]
    }
}

/// Scales to unit length, and tells whether there is a direction. A component that is not finite is the
/// error.
pub(super) fn normalize(row: &mut [f32]) -> Result<bool, f32> {
    if let Some(&odd) = row.iter().find(|x| !x.is_finite()) {
        return Err(odd);
    }
    let norm = row
        .iter()
        .map(|&x| f64::from(x).powi(2))
        .sum::<f64>()
        .sqrt();
    // Below the least normal f32 a quotient has no digits left.
    let has_direction = norm >= f64::from(f32::MIN_POSITIVE);
    for x in row {
        *x = if has_direction {
            (f64::from(*x) / norm) as f32
        } else {
            0.0
        };
    }
    Ok(has_direction)
}

/// The scalar product in eight lanes, which the compiler keeps in vector registers.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}
