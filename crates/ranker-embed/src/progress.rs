//! Long work in steps.

use ranker_core::{EmbedError, Embedded, Embedder, Role};

/// Texts in a step: enough to sort by length, few enough to show progress.
const STEP: usize = 256;

/// Embeds any number of texts in steps of 256 and reports after each how many of how many are done.
///
/// Results are those of one call of [`Embedder::embed`]; an error's index counts from the first
/// text of all. Memory for tokens is that of one step, not of all texts. With a
/// [`CachedEmbedder`](crate::CachedEmbedder), each finished step is stored.
///
/// ```
/// # use ranker_core::{EmbedError, Embedder, Role};
/// # fn index(embedder: &dyn Embedder, texts: &[&str]) -> Result<(), EmbedError> {
/// let mut shown = 0;
/// let embedded = ranker_embed::embed_all(embedder, texts, Role::Document, &mut |done, total| {
///     shown = 100 * done / total;
/// })?;
/// # assert_eq!((embedded.len(), shown), (texts.len(), 100));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`EmbedError`] of the first step that fails; nothing further is embedded.
pub fn embed_all(
    embedder: &dyn Embedder,
    texts: &[&str],
    role: Role,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Embedded>, EmbedError> {
    let mut embedded = Vec::with_capacity(texts.len());
    for step in texts.chunks(STEP) {
        let start = embedded.len();
        let found = embedder.embed(step, role);
        embedded.extend(found.map_err(|error| reindex(error, |index| start + index))?);
        progress(embedded.len(), texts.len());
    }
    Ok(embedded)
}

/// Translates the index in an error from a part of the texts to all of them.
pub(crate) fn reindex(error: EmbedError, translate: impl Fn(usize) -> usize) -> EmbedError {
    match error {
        EmbedError::EmptyText { index } => EmbedError::EmptyText {
            index: translate(index),
        },
        EmbedError::Tokenize { index, source } => EmbedError::Tokenize {
            index: translate(index),
            source,
        },
        EmbedError::Refused { index, source } => EmbedError::Refused {
            index: translate(index),
            source,
        },
        EmbedError::Output { index, source } => EmbedError::Output {
            index: translate(index),
            source,
        },
        other => other,
    }
}
