//! One answer of the answers for windows.

use ranker_core::{EmbedError, Embedded, Embedding, TokenEmbeddings, TokenUsage, ValueError};

use super::WindowVector;
use super::plan::Plan;

/// A text's embedding, from those of its windows.
pub(super) fn embedded(
    index: usize,
    plan: &Plan,
    windows: &[Embedded],
    vector: WindowVector,
) -> Result<Embedded, EmbedError> {
    let [first, rest @ ..] = windows else {
        return Err(output(
            index,
            ValueError::Empty {
                what: "the encoder's answer",
            },
        ));
    };
    let usage = usage(plan, windows);
    let first = &first.embedding;
    let later = rest.iter().map(|window| &window.embedding);
    let embedded = match vector {
        WindowVector::Mean if !rest.is_empty() => {
            mean(plan, windows).map(|mean| Embedded::new(mean, usage))
        }
        WindowVector::First | WindowVector::Mean => Ok(Embedded::new(first.clone(), usage)),
        WindowVector::Several => {
            Ok(Embedded::new(first.clone(), usage).with_further(later.cloned().collect()))
        }
        WindowVector::SeveralWithFirst => {
            let drawn = later.map(|own| drawn(first, own));
            drawn
                .collect::<Result<_, _>>()
                .map(|drawn| Embedded::new(first.clone(), usage).with_further(drawn))
        }
    };
    embedded.map_err(|source| output(index, source))
}

/// A later window's vector, drawn towards the first's.
fn drawn(first: &Embedding, own: &Embedding) -> Result<Embedding, ValueError> {
    const W: f32 = WindowVector::FIRST_SHARE;
    let both = first.as_slice().iter().zip(own.as_slice());
    Embedding::normalized(
        both.map(|(first, own)| W * first + (1.0 - W) * own)
            .collect(),
    )
}

/// The mean of the windows' vectors, each as often as it has tokens.
fn mean(plan: &Plan, windows: &[Embedded]) -> Result<Embedding, ValueError> {
    let mut sum = vec![0.0; windows.first().map_or(0, |one| one.embedding.dimension())];
    for (window, embedded) in plan.windows.iter().zip(windows) {
        let components = sum.iter_mut().zip(embedded.embedding.as_slice());
        components.for_each(|(sum, x)| *sum += window.tokens as f32 * x);
    }
    Embedding::normalized(sum)
}

/// How much of a text was read: of its windows, and of each.
fn usage(plan: &Plan, windows: &[Embedded]) -> TokenUsage {
    if let [only] = windows {
        return only.usage;
    }
    let TokenUsage { tokens, used, .. } = plan.usage();
    let cut = windows.iter().map(|window| window.usage);
    let cut: usize = cut
        .map(|usage| usage.tokens.saturating_sub(usage.used))
        .sum();
    TokenUsage::new(tokens, used.saturating_sub(cut).max(1))
}

/// A text's token vectors: those of its windows, in order, with their places in the whole text.
pub(super) fn tokens(
    index: usize,
    plan: &Plan,
    windows: &[TokenEmbeddings],
) -> Result<TokenEmbeddings, EmbedError> {
    let dimension = windows.first().map_or(0, TokenEmbeddings::dimension);
    let mut vectors =
        Vec::with_capacity(dimension * windows.iter().map(TokenEmbeddings::len).sum::<usize>());
    let mut spans = Vec::new();
    for (window, tokens) in plan.windows.iter().zip(windows) {
        let start = window.bytes.start;
        tokens
            .vectors()
            .for_each(|vector| vectors.extend_from_slice(vector));
        spans.extend(
            tokens
                .spans()
                .iter()
                .map(|span| span.start + start..span.end + start),
        );
    }
    TokenEmbeddings::new(dimension, vectors, spans).map_err(|source| output(index, source))
}

fn output(index: usize, source: ValueError) -> EmbedError {
    EmbedError::Output { index, source }
}
