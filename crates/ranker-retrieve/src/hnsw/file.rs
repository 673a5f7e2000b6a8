//! An HNSW index as a file.

use std::path::Path;
use std::sync::Arc;

use ranker_core::{BoxError, CandidateId};

use super::graph::Graph;
use super::links;
use super::options::HnswOptions;
use super::state::State;
use super::view::View;
use crate::entry::Entry;
use crate::error::FileError;
use crate::file::{self, Cursor, Kind, Sections, Tag};

pub(super) fn encode(view: &View, options: HnswOptions) -> Result<Vec<u8>, BoxError> {
    let mut points = (view.graph.entries.len() as u64).to_le_bytes().to_vec();
    for (entry, &removed) in view.graph.entries.iter().zip(view.removed.iter()) {
        points.push(removed.into());
        file::encode_id(&entry.id, &mut points);
    }
    let added = view.added.first();
    let dimension = added.map_or(0, |entry| entry.embedding.dimension());
    let sections = [
        (Tag::Options, encode_options(options)),
        (Tag::Points, points),
        (Tag::Graph, postcard::to_stdvec(&*view.graph.hnsw)?),
        (
            Tag::Rows,
            file::encode_rows(dimension, view.added.iter().map(Entry::as_row)),
        ),
    ];
    Ok(file::encode(Kind::Hnsw, &sections))
}

pub(super) fn decode(bytes: &[u8], name: &Path) -> Result<State, FileError> {
    let sections = Sections::parse(bytes, Kind::Hnsw, name)?;
    let options = sections.decode(Tag::Options, decode_options)?;
    let points = sections.decode(Tag::Points, decode_points)?;
    let (hnsw, vectors) = sections.decode(Tag::Graph, |bytes| links::decode(bytes, options))?;
    let added = sections.decode(Tag::Rows, file::decode_rows)?;
    let corrupt = |what| FileError::corrupt(name, what);
    if points.len() != vectors.len() {
        return Err(corrupt("the graph has other points than the index"));
    }
    let (ids, removed): (Vec<_>, Vec<_>) = points.into_iter().unzip();
    let entries = ids.into_iter().zip(vectors).map(Entry::from).collect();
    let graph = Graph::new(Arc::new(hnsw), entries);
    State::restore(graph, &removed, added, options)
        .ok_or_else(|| corrupt("ids or dimensions clash"))
}

fn encode_options(options: HnswOptions) -> Vec<u8> {
    let mut bytes = options.ef_search.to_le_bytes().to_vec();
    bytes.extend(options.ef_construction.to_le_bytes());
    bytes.extend(options.seed.to_le_bytes());
    bytes
}

fn decode_options(bytes: &[u8]) -> Result<HnswOptions, &'static str> {
    let mut body = Cursor::new(bytes);
    let (search, construction, seed) = (body.u32()?, body.u32()?, body.u64()?);
    body.end()?;
    HnswOptions::new()
        .with_seed(seed)
        .with_ef_search(search)
        .and_then(|options| options.with_ef_construction(construction))
        .map_err(|_| "an option is out of range")
}

/// Each point's candidate, and whether it was removed.
fn decode_points(bytes: &[u8]) -> Result<Vec<(CandidateId, bool)>, &'static str> {
    let mut body = Cursor::new(bytes);
    let mut points = Vec::new();
    for _ in 0..body.u64()? {
        let removed = body.take(1)? == [1];
        points.push((file::decode_id(&mut body)?, removed));
    }
    body.end().map(|()| points)
}
