//! The Hamming distance of a row's signs from the query's, predicted from its score.
//!
//! After a random rotation, the expected share of components in which two directions differ in sign is the
//! angle between them over half a turn (Charikar, "Similarity estimation techniques from rounding
//! algorithms", STOC 2002). The angle is that seen from the centre. A score determines the distance of two
//! unit vectors, and that the angle, if the row is as far from the centre as the query. The error of that
//! assumption, and chance, are measured ([`super::plan::Widths::slack`]).

/// A query's view of its rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Angle {
    components: f64,
    /// The query's distance from the centre, squared.
    apart: f64,
}

impl Angle {
    pub(super) fn new(query: &[f32], centre: &[f32]) -> Self {
        let apart = query.iter().zip(centre).map(|(x, c)| f64::from(x - c));
        Self {
            components: query.len() as f64,
            apart: apart.map(|gap| gap * gap).sum(),
        }
    }

    /// The expected Hamming distance of a row of this score: that of opposite directions where the row lies
    /// beyond the centre, or the query in it.
    pub(super) fn expected_hamming(&self, score: f32) -> f64 {
        if self.apart == 0.0 {
            return self.components;
        }
        let cosine = 1.0 - (1.0 - f64::from(score)) / self.apart;
        let cosine = cosine.clamp(-1.0, 1.0);
        self.components * cosine.acos() / std::f64::consts::PI
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicts_from_the_angle_about_the_centre() {
        let about = |centre| Angle::new(&[1.0, 0.0], centre);
        let origin = about(&[0.0, 0.0]);
        for (score, expected) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 2.0), (-9.0, 2.0)] {
            assert!(
                (origin.expected_hamming(score) - expected).abs() < 1e-6,
                "{score}"
            );
        }
        assert_eq!(origin.expected_hamming(f32::NEG_INFINITY), 2.0);
        // (0, 1) is a quarter turn from (1, 0) about the origin, and half a turn about the middle.
        assert!((about(&[0.5, 0.5]).expected_hamming(0.0) - 2.0).abs() < 1e-6);
        assert_eq!(about(&[1.0, 0.0]).expected_hamming(0.5), 2.0);
        assert_eq!(about(&[1.0, 0.0]).expected_hamming(1.0), 2.0);
    }
}
