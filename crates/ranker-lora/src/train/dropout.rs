//! Dropout on the input of the adapters, and nowhere else, as in PEFT.

/// Which values are dropped: a function of the seed and the value's place, so that the backward
/// pass draws the same ones without keeping them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropout {
    /// The probability to drop a value.
    p: f32,
    seed: u64,
}

impl Dropout {
    /// `None` where nothing is dropped.
    pub(crate) fn new(p: f64, seed: u64) -> Option<Self> {
        (p > 0.0).then_some(Self { p: p as f32, seed })
    }

    /// The dropout of one part of the computation.
    pub(crate) fn part(self, number: u64) -> Self {
        let seed = mix(self.seed ^ mix(number));
        Self { seed, ..self }
    }

    /// Multiplies every value by 0 or by 1 / (1 − p); `first` is the place of the first one.
    pub(crate) fn apply(self, values: &mut [f32], first: u64) {
        let keep = (1.0 - self.p).recip();
        // 24 bits are what an f32 holds exactly.
        let limit = (self.p * 16_777_216.0) as u64;
        for (place, value) in (first..).zip(values) {
            let drawn = mix(self.seed.wrapping_add(place)) >> 40;
            *value *= if drawn < limit { 0.0 } else { keep };
        }
    }
}

/// The finaliser of SplitMix64 (Steele et al. 2014).
pub(crate) fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_the_asked_share_and_keeps_the_mean() {
        let mut values = vec![1.0_f32; 100_000];
        Dropout::new(0.3, 5).unwrap().apply(&mut values, 0);
        let zeros = values.iter().filter(|v| **v == 0.0).count();
        assert!((29_500..30_500).contains(&zeros), "{zeros}");
        let mean = values.iter().sum::<f32>() / 1e5;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
        assert!(Dropout::new(0.0, 5).is_none());
    }

    #[test]
    fn the_place_decides_and_not_the_slice() {
        let dropout = Dropout::new(0.5, 1).unwrap().part(3);
        let (mut whole, mut half) = (vec![1.0; 64], vec![1.0; 32]);
        dropout.apply(&mut whole, 0);
        dropout.apply(&mut half, 32);
        assert_eq!(whole[32..], half);
    }
}
