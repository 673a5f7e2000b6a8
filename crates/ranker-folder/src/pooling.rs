//! From one vector a token to one vector a text.

/// How the vectors of a text's tokens become the text's vector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Pooling {
    /// The mean over the tokens, special tokens included.
    #[default]
    Mean,
    /// The first token's vector.
    Cls,
    /// The last token's vector.
    LastToken,
    /// The greatest value of each component over the tokens.
    Max,
    /// The mean over the tokens, each weighted by its place from 1 on (SGPT; Muennighoff 2022): later tokens
    /// of a decoder know of more.
    WeightedMean,
    /// The sum over the tokens by the root of their number: the direction of the mean, and another length,
    /// which counts where something follows the pooling.
    MeanRootLength,
}

impl Pooling {
    /// Pools the rows of one text (`tokens × dimension`, padding left out, at least one row).
    ///
    /// `skip` rows at the start take no part in a mean or a maximum; at least one row always does.
    ///
    /// # Panics
    /// Where there is no row.
    #[must_use]
    pub fn pool(self, rows: &[f32], dimension: usize, skip: usize) -> Vec<f32> {
        let last = rows.len() - dimension;
        let from = (skip * dimension).min(last);
        match self {
            Self::Cls => rows[..dimension].to_vec(),
            Self::LastToken => rows[last..].to_vec(),
            Self::Mean | Self::MeanRootLength => {
                let mut sum = rows[from..from + dimension].to_vec();
                for row in rows[from + dimension..].chunks_exact(dimension) {
                    sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
                }
                let count = ((rows.len() - from) / dimension) as f32;
                let by = match self == Self::Mean {
                    true => count,
                    false => count.sqrt(),
                };
                sum.iter_mut().for_each(|sum| *sum /= by);
                sum
            }
            Self::WeightedMean => {
                let (mut sum, mut weights) = (vec![0.0; dimension], 0.0);
                let places = rows.chunks_exact(dimension).zip(1_u32..);
                for (row, place) in places.skip(from / dimension) {
                    let weight = place as f32;
                    sum.iter_mut()
                        .zip(row)
                        .for_each(|(sum, x)| *sum += weight * x);
                    weights += weight;
                }
                sum.iter_mut().for_each(|sum| *sum /= weights);
                sum
            }
            Self::Max => {
                let mut most = rows[from..from + dimension].to_vec();
                for row in rows[from + dimension..].chunks_exact(dimension) {
                    // Not `f32::max`, which would hide a NaN.
                    most.iter_mut().zip(row).for_each(|(most, &x)| {
                        if x > *most || x.is_nan() {
                            *most = x;
                        }
                    });
                }
                most
            }
        }
    }

    /// Its name in `1_Pooling/config.json` of sentence-transformers, and in a model's id.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Cls => "cls",
            Self::LastToken => "lasttoken",
            Self::Max => "max",
            Self::WeightedMean => "weightedmean",
            Self::MeanRootLength => "mean_sqrt_len_tokens",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [f32; 6] = [1.0, -2.0, 3.0, 0.0, 2.0, 5.0];

    #[test]
    fn pools_as_each_name_says() {
        assert_eq!(Pooling::Mean.pool(&ROWS, 2, 0), [2.0, 1.0]);
        assert_eq!(Pooling::Cls.pool(&ROWS, 2, 0), [1.0, -2.0]);
        assert_eq!(Pooling::LastToken.pool(&ROWS, 2, 0), [2.0, 5.0]);
        assert_eq!(Pooling::Max.pool(&ROWS, 2, 0), [3.0, 5.0]);
        assert_eq!(
            Pooling::WeightedMean.pool(&ROWS, 2, 0),
            [13.0 / 6.0, 13.0 / 6.0]
        );
        let root = 3.0_f32.sqrt();
        assert_eq!(
            Pooling::MeanRootLength.pool(&ROWS, 2, 0),
            [6.0 / root, 3.0 / root]
        );
    }

    #[test]
    fn leaves_out_the_prompt_but_never_everything() {
        assert_eq!(Pooling::Mean.pool(&ROWS, 2, 1), [2.5, 2.5]);
        assert_eq!(Pooling::Mean.pool(&ROWS, 2, 9), [2.0, 5.0]);
        assert_eq!(Pooling::Max.pool(&ROWS, 2, 2), [2.0, 5.0]);
        // Weights are those of the places in the whole text.
        assert_eq!(Pooling::WeightedMean.pool(&ROWS, 2, 1), [12.0 / 5.0, 3.0]);
    }

    #[test]
    fn a_nan_stays_to_be_seen() {
        let rows = [1.0, f32::NAN, 2.0];
        assert!(Pooling::Max.pool(&rows, 1, 0)[0].is_nan());
        assert!(Pooling::Mean.pool(&rows, 1, 0)[0].is_nan());
    }
}
