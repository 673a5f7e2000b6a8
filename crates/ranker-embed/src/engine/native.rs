//! Our own engine, which needs no library.

use ranker_core::BoxError;
use ranker_encoder::{Encoder, Precision, Tokens};
use rayon::ThreadPool;

use super::{Engine, Hidden, Logits, Sequence};

pub(crate) const NAME: &str = "ranker-encoder";

/// One copy of the weights for all threads of a pool.
pub(crate) struct Native {
    name: String,
    encoder: Encoder,
    pool: ThreadPool,
}

impl Native {
    pub(crate) fn new(encoder: Encoder, pool: ThreadPool) -> Self {
        let form = match encoder.precision() {
            Precision::Fast => ", 8 bits",
            _ => "",
        };
        Self {
            name: format!("{NAME} ({}{form})", encoder.kernels().name()),
            encoder,
            pool,
        }
    }
}

fn tokens<'a>(texts: &[Sequence<'a>]) -> Vec<Tokens<'a>> {
    let tokens = |one: &Sequence<'a>| Tokens::new(one.ids, one.types).attending(one.attended);
    texts.iter().map(tokens).collect()
}

impl Engine for Native {
    fn name(&self) -> &str {
        &self.name
    }

    fn pool(&self) -> Option<&ThreadPool> {
        Some(&self.pool)
    }

    fn run(&self, texts: &[Sequence<'_>]) -> Result<Hidden, BoxError> {
        let hidden = self
            .pool
            .install(|| self.encoder.hidden_states(&tokens(texts)))?;
        let mut end = 0;
        let rows = texts.iter().map(|text| {
            end += text.ids.len();
            end - text.ids.len()..end
        });
        Ok(Hidden::new(hidden.size(), rows, hidden.into_values()))
    }

    fn logits(&self, texts: &[Sequence<'_>]) -> Result<Logits, BoxError> {
        let values = self.pool.install(|| self.encoder.scores(&tokens(texts)))?;
        Ok(Logits { labels: 1, values })
    }
}
