//! Where a text lies in an encoder's space.

use std::sync::Arc;

use super::error::ValueError;

/// A finite vector of unit length. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding(Arc<[f32]>);

impl Embedding {
    /// How far from 1 a unit vector's length may be: room for f32 rounding and for f16 storage.
    pub const UNIT_TOLERANCE: f64 = 1e-3;

    /// Wraps a vector that already has unit length.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotFinite`], or [`ValueError::NotUnit`] when the length is off by more than
    /// [`Self::UNIT_TOLERANCE`].
    pub fn unit(vector: Vec<f32>) -> Result<Self, ValueError> {
        Self::check_unit(&vector)?;
        Ok(Self(vector.into()))
    }

    /// As [`Self::unit`], without taking the vector.
    pub(crate) fn check_unit(vector: &[f32]) -> Result<(), ValueError> {
        let norm = norm(vector)?;
        let is_unit = (norm - 1.0).abs() <= Self::UNIT_TOLERANCE;
        if is_unit {
            Ok(())
        } else {
            Err(ValueError::NotUnit { norm })
        }
    }

    /// Scales a vector to unit length and wraps it.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotFinite`], or [`ValueError::ZeroVector`] when it has no direction.
    pub fn normalized(mut vector: Vec<f32>) -> Result<Self, ValueError> {
        normalize(&mut vector)?;
        Ok(Self(vector.into()))
    }

    /// The number of components.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The components.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Cosine similarity, in `-1..=1` up to rounding; greater is more alike.
    ///
    /// # Errors
    ///
    /// [`ValueError::Dimension`] when the two come from different encoders.
    pub fn cosine(&self, other: &Self) -> Result<f32, ValueError> {
        if self.dimension() != other.dimension() {
            return Err(ValueError::Dimension {
                expected: self.dimension(),
                actual: other.dimension(),
            });
        }
        Ok(self.0.iter().zip(other.0.iter()).map(|(a, b)| a * b).sum())
    }
}

impl AsRef<[f32]> for Embedding {
    fn as_ref(&self) -> &[f32] {
        &self.0
    }
}

/// Scales a vector to unit length, in place.
pub(super) fn normalize(vector: &mut [f32]) -> Result<(), ValueError> {
    let norm = norm(vector)?;
    if norm < f64::from(f32::MIN_POSITIVE) {
        return Err(ValueError::ZeroVector);
    }
    for x in vector {
        *x = (f64::from(*x) / norm) as f32;
    }
    Ok(())
}

/// Euclidean length, in f64 so that large components do not overflow: sums of squares are finite where all
/// components are. Eight sums at once, where one would wait for each addition.
fn norm(vector: &[f32]) -> Result<f64, ValueError> {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let (eights, rest) = vector.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, &x) in sums.iter_mut().zip(eight) {
            *sum += square(x);
        }
    }
    let sum = sums
        .into_iter()
        .chain(rest.iter().map(|&x| square(x)))
        .sum::<f64>();
    match vector.iter().find(|x| !sum.is_finite() && !x.is_finite()) {
        Some(&bad) => Err(ValueError::NotFinite {
            what: "vector component",
            value: bad.into(),
        }),
        None => Ok(sum.sqrt()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_finite_and_of_unit_length() {
        let embedding = Embedding::normalized(vec![3.0, 4.0]).unwrap();
        assert_eq!(embedding.as_slice(), [0.6, 0.8]);
        assert!((embedding.cosine(&embedding).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(
            Embedding::normalized(vec![0.0; 3]),
            Err(ValueError::ZeroVector)
        );
        assert_eq!(Embedding::normalized(vec![]), Err(ValueError::ZeroVector));
        assert!(matches!(
            Embedding::unit(vec![1.0, 1.0]),
            Err(ValueError::NotUnit { .. })
        ));
        assert!(matches!(
            Embedding::unit(vec![f32::NAN]),
            Err(ValueError::NotFinite { .. })
        ));
        assert!(Embedding::normalized(vec![f32::MAX, f32::MAX]).is_ok());
    }

    #[test]
    fn refuses_to_compare_different_dimensions() {
        let (two, one) = (Embedding::unit(vec![0.0, 1.0]), Embedding::unit(vec![1.0]));
        assert_eq!(
            two.unwrap().cosine(&one.unwrap()),
            Err(ValueError::Dimension {
                expected: 2,
                actual: 1
            })
        );
    }
}
