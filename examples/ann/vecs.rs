//! TEXMEX files: little-endian rows, each its length as i32 and then as many f32 or i32.

use std::path::Path;

use ranker_examples::Outcome;

/// Vectors of one dimension, row-major.
#[derive(Debug)]
pub(crate) struct Vectors {
    dimension: usize,
    components: Vec<f32>,
}

impl Vectors {
    pub(crate) fn len(&self) -> usize {
        self.components.len() / self.dimension
    }

    /// Scales every vector to unit length; one without a direction stays as it is.
    pub(crate) fn scaled(mut self) -> Self {
        for row in self.components.chunks_exact_mut(self.dimension) {
            let squares = row.iter().map(|&x| f64::from(x) * f64::from(x));
            let length = squares.sum::<f64>().sqrt();
            if length > 0.0 {
                row.iter_mut()
                    .for_each(|x| *x = (f64::from(*x) / length) as f32);
            }
        }
        self
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.components.chunks_exact(self.dimension)
    }
}

/// Reads vectors that all have one dimension.
pub(crate) fn read_fvecs(path: &Path) -> Outcome<Vectors> {
    let bytes = read(path)?;
    let mut vectors = Vectors {
        dimension: 1,
        components: Vec::with_capacity(bytes.len() / 4),
    };
    for (at, row) in Rows(&bytes).enumerate() {
        let row = row.map_err(|what| named(path, at, what))?;
        match at {
            0 => vectors.dimension = row.len(),
            _ if row.len() != vectors.dimension => {
                return Err(named(path, at, "has another dimension than the first"));
            }
            _ => {}
        }
        let row = row.iter().copied().map(f32::from_le_bytes);
        vectors.components.extend(row);
    }
    Ok(vectors)
}

/// Reads lists of numbers, which may differ in length.
pub(crate) fn read_ivecs(path: &Path) -> Outcome<Vec<Vec<u32>>> {
    let bytes = read(path)?;
    let rows = Rows(&bytes).enumerate().map(|(at, row)| {
        let row = row.map_err(|what| named(path, at, what))?;
        Ok(row.iter().copied().map(u32::from_le_bytes).collect())
    });
    rows.collect()
}

fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn named(path: &Path, row: usize, what: &str) -> Box<dyn std::error::Error> {
    format!("{}: row {row} {what}", path.display()).into()
}

/// The components of each row, as bytes; after an error nothing.
struct Rows<'a>(&'a [u8]);

impl<'a> Iterator for Rows<'a> {
    type Item = Result<&'a [[u8; 4]], &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let row = row(&mut self.0);
        if row.is_err() {
            self.0 = &[];
        }
        Some(row)
    }
}

fn row<'a>(bytes: &mut &'a [u8]) -> Result<&'a [[u8; 4]], &'static str> {
    let (length, rest) = bytes.split_first_chunk().ok_or("ends too early")?;
    let length = i32::from_le_bytes(*length);
    let length = usize::try_from(length).map_err(|_| "has a negative length")?;
    if length == 0 {
        return Err("is empty");
    }
    let size = length.checked_mul(4).ok_or("ends too early")?;
    let (row, rest) = rest.split_at_checked(size).ok_or("ends too early")?;
    *bytes = rest;
    Ok(row.as_chunks().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("some.fvecs");
        std::fs::write(&path, bytes).unwrap();
        (directory, path)
    }

    fn bytes(rows: &[&[f32]]) -> Vec<u8> {
        let row = |row: &&[f32]| {
            let length = (row.len() as i32).to_le_bytes();
            [
                length.to_vec(),
                row.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ]
            .concat()
        };
        rows.iter().flat_map(row).collect()
    }

    #[test]
    fn reads_rows() {
        let (_held, path) = file(&bytes(&[&[1.0, 2.0], &[3.0, 4.0]]));
        let vectors = read_fvecs(&path).unwrap();
        assert_eq!((vectors.len(), vectors.dimension), (2, 2));
        assert_eq!(vectors.rows().last().unwrap(), [3.0, 4.0]);
        assert_eq!(
            read_ivecs(&path).unwrap()[0],
            [1.0_f32, 2.0].map(f32::to_bits)
        );
    }

    #[test]
    fn says_which_row_is_wrong() {
        let good = bytes(&[&[1.0, 2.0], &[3.0, 4.0]]);
        for (bytes, expected) in [
            (&good[..good.len() - 1], "row 1 ends too early"),
            (&good[..14], "row 1 ends too early"),
            (
                &bytes(&[&[1.0], &[1.0, 2.0]]),
                "row 1 has another dimension",
            ),
            (&bytes(&[&[]]), "row 0 is empty"),
            (&(-1_i32).to_le_bytes(), "row 0 has a negative length"),
            (&i32::MAX.to_le_bytes(), "row 0 ends too early"),
        ] {
            let (_held, path) = file(bytes);
            let said = read_fvecs(&path).unwrap_err().to_string();
            assert!(
                said.contains(expected) && said.contains("some.fvecs"),
                "{said}"
            );
        }
    }
}
