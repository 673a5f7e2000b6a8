//! A tensor as it lies in a file.

use half::{bf16, f16};

/// The type of a tensor's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F32,
    F16,
    Bf16,
    /// Codes, times scales.
    I8,
}

impl Kind {
    pub(super) fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I8 => 1,
        }
    }
}

/// What the codes of some rows are multiplied by: one scale for `rows` rows of a column, or, where there
/// is one column of scales, of all columns.
#[derive(Debug, Clone)]
pub(crate) struct Scales {
    pub(super) values: Vec<f32>,
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Scales {
    fn of(&self, row: usize, column: usize) -> f32 {
        let column = if self.columns == 1 { 0 } else { column };
        self.values[row / self.rows * self.columns + column]
    }
}

/// Values of a known type and shape, in rows.
#[derive(Debug, Clone)]
pub(crate) struct Tensor<'a> {
    pub(super) kind: Result<Kind, String>,
    pub(super) shape: Vec<usize>,
    /// The values, little-endian, as many as the shape has.
    pub(super) bytes: &'a [u8],
    pub(super) scales: Option<Scales>,
    /// Whether rows and columns are exchanged, as `MatMul` wants them.
    pub(super) turned: bool,
}

impl Tensor<'_> {
    /// The shape, `[out, in]` for a linear map.
    pub(super) fn shape(&self) -> Vec<usize> {
        let mut shape = self.shape.clone();
        if self.turned {
            shape.reverse();
        }
        shape
    }

    /// The codes and the scale of each row, where that is how the values are kept.
    pub(super) fn row_codes(&self) -> Option<(Vec<i8>, Vec<f32>)> {
        let scales = self.scales.as_ref()?;
        let by_row = scales.rows == 1 && scales.columns == 1 && !self.turned;
        if !by_row || self.kind != Ok(Kind::I8) {
            return None;
        }
        let codes = self.bytes.iter().map(|byte| byte.cast_signed());
        Some((codes.collect(), scales.values.clone()))
    }

    /// The values in the order of that shape; the name of a type that is no weight's.
    pub(super) fn values(&self) -> Result<Vec<f32>, String> {
        let mut values = self.plain()?;
        let columns = *self.shape.last().unwrap_or(&1);
        if let Some(scales) = &self.scales {
            for (row, values) in values.chunks_exact_mut(columns.max(1)).enumerate() {
                for (column, value) in values.iter_mut().enumerate() {
                    *value *= scales.of(row, column);
                }
            }
        }
        if !self.turned {
            return Ok(values);
        }
        let column = |index: usize| values.iter().skip(index).step_by(columns).copied();
        Ok((0..columns).flat_map(column).collect())
    }

    fn plain(&self) -> Result<Vec<f32>, String> {
        let pairs = || self.bytes.as_chunks::<2>().0.iter().copied();
        Ok(match self.kind.clone()? {
            Kind::F32 => {
                let fours = self.bytes.as_chunks::<4>().0;
                fours.iter().copied().map(f32::from_le_bytes).collect()
            }
            Kind::F16 => pairs()
                .map(|pair| f16::from_le_bytes(pair).to_f32())
                .collect(),
            Kind::Bf16 => pairs()
                .map(|pair| bf16::from_le_bytes(pair).to_f32())
                .collect(),
            Kind::I8 if self.scales.is_none() => return Err("i8".to_owned()),
            Kind::I8 => self
                .bytes
                .iter()
                .map(|&byte| f32::from(byte.cast_signed()))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_restored_and_turned() {
        let scales = |values: &[f32], rows, columns| {
            let values = values.to_vec();
            Some(Scales {
                values,
                rows,
                columns,
            })
        };
        let mut tensor = Tensor {
            kind: Ok(Kind::I8),
            shape: vec![4, 2],
            bytes: &[1, 2, 3, 4, 5, 6, 255, 8],
            scales: scales(&[1.0, 10.0, 2.0, 20.0], 2, 2),
            turned: true,
        };
        assert_eq!(tensor.shape(), [2, 4]);
        let turned = [1.0, 3.0, 10.0, -2.0, 20.0, 40.0, 120.0, 160.0];
        assert_eq!(tensor.values().unwrap(), turned);
        tensor.scales = scales(&[1.0, 2.0, 3.0, 4.0], 1, 1);
        tensor.turned = false;
        let by_row = [1.0, 2.0, 6.0, 8.0, 15.0, 18.0, -4.0, 32.0];
        assert_eq!(tensor.values().unwrap(), by_row);
        tensor.scales = None;
        assert_eq!(tensor.values().unwrap_err(), "i8");
    }
}
