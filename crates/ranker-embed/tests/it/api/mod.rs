//! Models that others serve, against a fake that checks what it is sent and lies where it is told to.

mod embeddings;
mod fake;
mod live;
mod reranking;
mod traps;

use ranker_core::EmbedError;
use ranker_embed::http::{Endpoint, Secret};
use ranker_embed::{ApiEmbedder, ApiEmbedderBuilder, ApiError, ApiLimits};

use crate::server::Server;
use fake::MODEL;

/// The fake behind OpenAI's interface, with its key.
fn endpoint(server: &Server) -> Endpoint {
    let endpoint = server.endpoint("/v1");
    endpoint.with_bearer(&Secret::new("s3cret")).unwrap()
}

fn open_ai(server: &Server) -> ApiEmbedderBuilder {
    ApiEmbedder::open_ai(endpoint(server), MODEL).limits(in_turn())
}

/// One call after the other.
fn in_turn() -> ApiLimits {
    ApiLimits::new().with_concurrency(1)
}

/// The place of the text at fault, where it is one, and the error behind.
fn cause(error: &EmbedError) -> (Option<usize>, &ApiError) {
    match error {
        EmbedError::Refused { index, source } => (Some(*index), source.downcast_ref().unwrap()),
        EmbedError::Backend { source, .. } => (None, source.downcast_ref().unwrap()),
        other => panic!("{other:?}"),
    }
}
