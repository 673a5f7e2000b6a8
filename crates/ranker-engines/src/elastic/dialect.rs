//! Where Elasticsearch and OpenSearch differ.

use std::fmt;

use ranker_core::Embedding;
use serde_json::{Value, json};

use crate::Space;

/// Whose interface is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Elasticsearch, from version 8.12.
    Elasticsearch,
    /// OpenSearch, from version 2.9.
    OpenSearch,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elasticsearch => "elasticsearch",
            Self::OpenSearch => "opensearch",
        })
    }
}

impl Dialect {
    /// The body that makes an index.
    pub(super) fn index(self, space: &Space, analyzer: &str, shards: u32) -> Value {
        let text = json!({ "type": "text", "analyzer": analyzer });
        let mut settings = json!({ "index": { "number_of_shards": shards } });
        if self == Self::OpenSearch {
            settings["index"]["knn"] = json!(true);
        }
        let about = json!({ "encoder": space.encoder, "dimension": space.dimension });
        json!({
            "settings": settings,
            "mappings": {
                "dynamic": "strict",
                "_meta": { "ranker": about },
                "dynamic_templates": [
                    { "numbers": { "path_match": "numbers.*", "mapping": { "type": "double" } } }
                ],
                "properties": {
                    "id": { "type": "keyword" },
                    "text": text,
                    "title": text,
                    "tags": { "type": "keyword" },
                    "numbers": { "type": "object", "dynamic": true },
                    "record": { "type": "object", "enabled": false },
                    "vector": self.vector(space.dimension),
                }
            }
        })
    }

    /// Vectors are indexed as they are: with the engines' own quantisation, scores would be of other vectors.
    fn vector(self, dimension: usize) -> Value {
        match self {
            Self::Elasticsearch => json!({
                "type": "dense_vector",
                "dims": dimension,
                "index": true,
                "similarity": "cosine",
                "index_options": { "type": "hnsw", "m": 16, "ef_construction": 128 }
            }),
            Self::OpenSearch => json!({
                "type": "knn_vector",
                "dimension": dimension,
                "method": {
                    "name": "hnsw",
                    "engine": "lucene",
                    "space_type": "cosinesimil",
                    "parameters": { "m": 16, "ef_construction": 128 }
                }
            }),
        }
    }

    /// The nearest by the graph of neighbours; scores are `(1 + cosine) / 2`.
    pub(super) fn nearest(self, embedding: &Embedding, k: usize, filter: Option<&Value>) -> Value {
        let vector = embedding.as_slice();
        let mut body = match self {
            // The candidates of a shard; what is returned of them is the search's size.
            Self::Elasticsearch => json!({
                "field": "vector", "query_vector": vector, "num_candidates": k
            }),
            Self::OpenSearch => json!({ "vector": vector, "k": k }),
        };
        if let Some(filter) = filter {
            body["filter"] = filter.clone();
        }
        match self {
            Self::Elasticsearch => json!({ "knn": body }),
            Self::OpenSearch => json!({ "knn": { "vector": body } }),
        }
    }

    /// Everyone whom `query` matches, scored by `1 + cosine`.
    pub(super) fn exact(self, embedding: &Embedding, query: &Value) -> Value {
        let vector = embedding.as_slice();
        let script = match self {
            Self::Elasticsearch => json!({
                "source": "cosineSimilarity(params.vector, 'vector') + 1.0",
                "params": { "vector": vector }
            }),
            Self::OpenSearch => json!({
                "lang": "knn",
                "source": "knn_score",
                "params": { "field": "vector", "query_value": vector, "space_type": "cosinesimil" }
            }),
        };
        json!({ "script_score": { "query": query, "script": script } })
    }

    /// What a search returns of each document beside its id, to have the vector too. Elasticsearch may leave
    /// vectors out of `_source` (9.2 does by default); OpenSearch has no `fields` of vectors.
    pub(super) fn whole(self) -> Value {
        match self {
            Self::Elasticsearch => json!({ "_source": ["record"], "fields": ["vector"] }),
            Self::OpenSearch => json!({ "_source": ["record", "vector"] }),
        }
    }

    /// The vector of a document that was asked for as [`Self::whole`].
    pub(super) fn vector_of(self, hit: &Value) -> &Value {
        match self {
            Self::Elasticsearch => &hit["fields"]["vector"],
            Self::OpenSearch => &hit["_source"]["vector"],
        }
    }
}
