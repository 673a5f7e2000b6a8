//! Rotary positions (Su et al. 2021, <https://arxiv.org/abs/2104.09864>): each pair of a head's components, one of
//! either half, is turned by an angle that grows with the token's position.

use std::ops::Range;

use crate::kernel::vectorised;

/// Cosines and sines of the angles of all positions, a row of half a head's size each.
#[derive(Debug)]
pub(super) struct Rotary {
    half: usize,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

/// Which way to turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    There,
    /// What gradients go through.
    Back,
}

impl Rotary {
    /// Of the first `positions`, with what each pair turns by from one to the next.
    pub(super) fn new(turns: &[f32], positions: usize) -> Self {
        let angles = (0..positions).flat_map(|place| turns.iter().map(move |t| place as f32 * t));
        let (mut sines, mut cosines) = (Vec::new(), Vec::new());
        for angle in angles {
            let (sine, cosine) = libm::sincosf(angle);
            sines.push(sine);
            cosines.push(cosine);
        }
        Self {
            half: turns.len(),
            cosines,
            sines,
        }
    }

    /// Turns rows of several heads each; every text begins at the first position.
    pub(super) fn turn(&self, rows: &mut [f32], columns: usize, texts: &[Range<usize>], way: Way) {
        let half = self.half;
        let sign = match way {
            Way::There => 1.0,
            Way::Back => -1.0,
        };
        vectorised(|| {
            for text in texts {
                let own = &mut rows[text.start * columns..text.end * columns];
                for (place, row) in own.chunks_exact_mut(columns).enumerate() {
                    let angles = place * half..(place + 1) * half;
                    let (cosines, sines) = (&self.cosines[angles.clone()], &self.sines[angles]);
                    for head in row.chunks_exact_mut(2 * half) {
                        let (first, second) = head.split_at_mut(half);
                        let pairs = first.iter_mut().zip(second);
                        for ((x, y), (cosine, sine)) in pairs.zip(cosines.iter().zip(sines)) {
                            let sine = sign * sine;
                            (*x, *y) = (*x * cosine - *y * sine, *y * cosine + *x * sine);
                        }
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_back_undoes_it_and_products_know_distances_alone() {
        let rotary = Rotary::new(&[1.0, 0.1], 9);
        let rows: Vec<f32> = (0..9 * 8).map(|i| ((i * 37) % 11) as f32 - 5.0).collect();
        let mut turned = rows.clone();
        rotary.turn(&mut turned, 8, &[0..4, 4..9], Way::There);
        assert_eq!(&turned[..8], &rows[..8]);
        assert_eq!(&turned[4 * 8..5 * 8], &rows[4 * 8..5 * 8]);
        rotary.turn(&mut turned, 8, &[0..4, 4..9], Way::Back);
        for (a, b) in turned.iter().zip(&rows) {
            assert!((a - b).abs() < 1e-5);
        }
        // The same query and key at two places, two apart.
        let mut same: Vec<f32> = (0..9).flat_map(|_| [0.5, -1.0, 2.0, 0.3]).collect();
        rotary.turn(&mut same, 4, std::slice::from_ref(&(0..9)), Way::There);
        let product =
            |a: usize, b: usize| -> f32 { (0..4).map(|i| same[4 * a + i] * same[4 * b + i]).sum() };
        assert!((product(0, 2) - product(5, 7)).abs() < 1e-5);
        assert!((product(0, 2) - product(0, 5)).abs() > 1e-2);
    }
}
