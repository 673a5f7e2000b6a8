//! The cosine that counts as none.

use super::embedder::{EmbedError, Embedded, Embedder, Role};
use crate::values::tokens::TokenEmbeddings;

/// The cosines that an encoder gives texts which have nothing in common, beyond those of the encoder that the library's
/// weights were chosen with: they count as no similarity.
///
/// Encoders that were trained at a low temperature (E5, BGE, GTE) and those not trained for similarity press all cosines
/// into a narrow range far above zero, such as .75 to .9. Added to another score, such as that of keywords, they would hardly
/// count. [`Self::rescaled`] undoes it, as BERTScore's baseline does (Zhang et al., *BERTScore: Evaluating Text Generation with
/// BERT*, ICLR 2020, section 3). No order by cosine alone changes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CosineBaseline {
    embeddings: f32,
    tokens: f32,
}

impl CosineBaseline {
    /// Cosines as they are.
    pub const NONE: Self = Self {
        embeddings: 0.0,
        tokens: 0.0,
    };

    /// What counts as no similarity of two embeddings, and as none by late interaction (the mean over one text's tokens of
    /// the greatest cosine to a token of the other). Values outside `0..=0.98` are set to the nearest within, NaN to 0.
    #[must_use]
    pub fn new(embeddings: f32, tokens: f32) -> Self {
        let within = |value: f32| match value.is_nan() {
            true => 0.0,
            false => value.clamp(0.0, GREATEST),
        };
        Self {
            embeddings: within(embeddings),
            tokens: within(tokens),
        }
    }

    /// Measures an encoder by eight jobs and eight profiles of as many trades, no job with the profile of its own, in a call of
    /// the encoder for each role. To hundredths, so that engines which differ in the last digits agree.
    ///
    /// # Errors
    ///
    /// Those of [`Embedder::embed`] and [`Embedder::embed_tokens`]; an encoder without token vectors has 0 for them, one
    /// without vectors of texts 0 for those.
    pub fn measure(embedder: &(impl Embedder + ?Sized)) -> Result<Self, EmbedError> {
        let (jobs, profiles) = (
            Read::by(embedder, Role::Query)?,
            Read::by(embedder, Role::Document)?,
        );
        let embeddings = mean_of_others(&jobs.texts, &profiles.texts, |job, profile| {
            profile.cosine(&job.embedding).ok()
        });
        let tokens = mean_of_others(&jobs.tokens, &profiles.tokens, |job, profile| {
            job.max_similarity(profile).ok()
        });
        let beyond = |measured: f32, reference: f32| {
            let beyond = (measured - reference) / (1.0 - reference);
            (beyond * 100.0).round() / 100.0
        };
        Ok(Self::new(
            beyond(embeddings, REFERENCE.embeddings),
            beyond(tokens, REFERENCE.tokens),
        ))
    }

    /// What counts as no similarity of two embeddings; below 1.
    #[must_use]
    pub fn embeddings(self) -> f32 {
        self.embeddings
    }

    /// What counts as no similarity by late interaction; below 1.
    #[must_use]
    pub fn tokens(self) -> f32 {
        self.tokens
    }

    /// A cosine as a share of the way from a baseline to 1: `(cosine - baseline) / (1 - baseline)`, below zero for a lesser
    /// one and at least -1.
    #[must_use]
    pub fn rescaled(cosine: f32, baseline: f32) -> f32 {
        if baseline == 0.0 {
            return cosine;
        }
        ((cosine - baseline) / (1.0 - baseline)).max(-1.0)
    }
}

/// What an encoder makes of the trades; nothing of the kind of vectors that it has not.
#[derive(Default)]
struct Read {
    texts: Vec<Embedded>,
    tokens: Vec<TokenEmbeddings>,
}

impl Read {
    /// In one call where the encoder has vectors of both kinds.
    fn by(embedder: &(impl Embedder + ?Sized), role: Role) -> Result<Self, EmbedError> {
        let mut read = Self::default();
        match embedder.embed_with_tokens(&TRADES, role) {
            Ok(both) => {
                let both = both.into_iter().map(|one| (one.embedded, one.tokens));
                (read.texts, read.tokens) = both.unzip();
            }
            Err(EmbedError::NoTokenVectors { .. }) => read.texts = embedder.embed(&TRADES, role)?,
            Err(EmbedError::NoTextVectors { .. }) => {
                read.tokens = embedder.embed_tokens(&TRADES, role)?;
            }
            Err(error) => return Err(error),
        }
        Ok(read)
    }
}

/// The mean over all jobs and all profiles of other trades; pairs without a similarity are left out.
fn mean_of_others<T>(
    jobs: &[T],
    profiles: &[T],
    similarity: impl Fn(&T, &T) -> Option<f32>,
) -> f32 {
    let pairs = jobs.iter().enumerate().flat_map(|(at, job)| {
        let others = profiles.iter().enumerate();
        let others = others.filter(move |(other, _)| *other != at);
        others.map(move |(_, profile)| (job, profile))
    });
    let found: Vec<f32> = pairs
        .filter_map(|(job, profile)| similarity(job, profile))
        .filter(|similarity| similarity.is_finite())
        .collect();
    found.iter().sum::<f32>() / found.len().max(1) as f32
}

/// An encoder that gives everything the same vector has nothing to rescale.
const GREATEST: f32 = 0.98;

/// What the bundled encoder for jobs and profiles has, which the weights of the first model were chosen with.
const REFERENCE: CosineBaseline = CosineBaseline {
    embeddings: 0.1,
    tokens: 0.22,
};

/// Eight trades that have little in common.
const TRADES: [&str; 8] = [
    "Nurse on a surgical ward: plans care, gives medicines, teaches students.",
    "Backend engineer: builds payment services in Java and PostgreSQL.",
    "Truck driver for long distances, with a clean licence and a trailer permit.",
    "Primary school teacher of reading and arithmetic, speaks with parents.",
    "Chef in a hotel kitchen: menus, suppliers, hygiene.",
    "Accountant for monthly closings, taxes and audits.",
    "Electrician on building sites, installs and tests wiring.",
    "Sales manager for medical devices in hospitals, leads a team of five.",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Embedding, TokenUsage};

    /// Every text has a direction of its own, and a share of one that all have.
    struct Narrow {
        common: f32,
    }

    impl Embedder for Narrow {
        fn dimension(&self) -> usize {
            9
        }

        fn model_id(&self) -> &str {
            "narrow"
        }

        fn embed(&self, texts: &[&str], _: Role) -> Result<Vec<Embedded>, EmbedError> {
            let embed = |at: usize| {
                let mut vector = vec![0.0; 9];
                (vector[at], vector[8]) = ((1.0 - self.common).sqrt(), self.common.sqrt());
                let vector = Embedding::normalized(vector).unwrap();
                Embedded::new(vector, TokenUsage::new(1, 1))
            };
            Ok((0..texts.len()).map(embed).collect())
        }
    }

    #[test]
    fn what_texts_of_other_trades_have_counts_as_none() {
        let narrow = CosineBaseline::measure(&Narrow { common: 0.82 }).unwrap();
        assert_eq!(narrow, CosineBaseline::new(0.8, 0.0));
        assert!(CosineBaseline::rescaled(0.8, narrow.embeddings()).abs() < 1e-6);
        assert!((CosineBaseline::rescaled(0.9, narrow.embeddings()) - 0.5).abs() < 1e-6);
        assert_eq!(CosineBaseline::rescaled(-0.9, narrow.embeddings()), -1.0);
        assert_eq!(CosineBaseline::rescaled(1.0, narrow.embeddings()), 1.0);
    }

    #[test]
    fn an_encoder_of_the_usual_range_has_none() {
        let wide = CosineBaseline::measure(&Narrow { common: 0.05 }).unwrap();
        assert_eq!(wide, CosineBaseline::NONE);
        assert_eq!(CosineBaseline::rescaled(0.3, 0.0), 0.3);
    }

    #[test]
    fn no_baseline_leaves_nothing_above_it() {
        let all = CosineBaseline::new(f32::NAN, 7.0);
        assert_eq!((all.embeddings(), all.tokens()), (0.0, GREATEST));
    }
}
