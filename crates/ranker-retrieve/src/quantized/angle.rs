//! How many of a row's signs are unlike the query's, foretold by its score.
//!
//! A random rotation leaves two directions with unlike signs in as many components as the angle
//! between them is of half a turn (Charikar, "Similarity estimation techniques from rounding
//! algorithms", STOC 2002). The angle is that seen from the centre. A score tells how far apart two
//! unit vectors are, and that tells the angle, if the row is as far from the centre as the query.
//! What that and chance leave open is measured ([`super::plan::Widths::slack`]).

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

    /// How many signs about are unlike the query's in a row of this score: all of them where the row
    /// lies beyond the centre, or the query in it.
    pub(super) fn unlike(&self, score: f32) -> f64 {
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
    fn foretells_from_the_angle_about_the_centre() {
        let about = |centre| Angle::new(&[1.0, 0.0], centre);
        let origin = about(&[0.0, 0.0]);
        for (score, expected) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 2.0), (-9.0, 2.0)] {
            assert!((origin.unlike(score) - expected).abs() < 1e-6, "{score}");
        }
        assert_eq!(origin.unlike(f32::NEG_INFINITY), 2.0);
        // (0, 1) is a quarter turn from (1, 0) about the origin, and half a turn about the middle.
        assert!((about(&[0.5, 0.5]).unlike(0.0) - 2.0).abs() < 1e-6);
        assert_eq!(about(&[1.0, 0.0]).unlike(0.5), 2.0);
        assert_eq!(about(&[1.0, 0.0]).unlike(1.0), 2.0);
    }
}
