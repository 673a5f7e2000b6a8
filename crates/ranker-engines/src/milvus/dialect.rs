//! Where the two versions of Milvus' REST interface differ.

use ranker_core::Embedding;
use serde_json::{Map, Value, json};

use super::filter::keyed;
use super::{MilvusOptions, RECORD, VECTOR};
use crate::Space;
use crate::adapter::fault::Fault;
use crate::http::{Call, segment};

/// The longest text that a field holds, in bytes.
pub(super) const LONGEST: usize = 65_535;
/// The length of a key.
const KEY: usize = 64;
/// The index that the server chooses: a graph of neighbours, and the one kind that Zilliz Cloud has.
const INDEX: &str = "AUTOINDEX";

/// What Milvus answers with where it may be asked again: not ready, unavailable, too many requests, and a collection
/// that is not loaded whole.
const PASSES: [i64; 6] = [1, 2, 4, 8, 11, 103];
/// What it answers with where there is no such collection.
pub(super) const ABSENT: i64 = 100;

/// Which version is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// That of Milvus 2.3. It makes no collection whose keys are ours, so that is left to the interface of management.
    One,
    /// That of Milvus 2.4 and later, and of Zilliz Cloud.
    Two,
}

/// What is done with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Delete,
    Query,
    Search,
    Upsert,
}

impl Dialect {
    /// A call on a collection's rows.
    pub(super) fn rows(
        self,
        deed: Deed,
        (space, options): (&Space, &MilvusOptions),
        own: Value,
    ) -> Call {
        let what = match deed {
            Deed::Delete => "delete",
            Deed::Query => "query",
            Deed::Search => "search",
            Deed::Upsert => "upsert",
        };
        let mut body = of_collection(space, options);
        if let Value::Object(own) = own {
            body.extend(own);
        }
        let reads = matches!(deed, Deed::Query | Deed::Search);
        if self == Self::Two && reads {
            body.insert("consistencyLevel".to_owned(), json!("Strong"));
        }
        let place = match self {
            Self::One => "/v1/vector",
            Self::Two => "/v2/vectordb/entities",
        };
        Call::post(format!("{place}/{what}")).json(&body.into())
    }

    /// The nearest of those who meet an expression.
    pub(super) fn nearest(self, embedding: &Embedding, limit: usize, filter: &str) -> Value {
        let mut body = json!({ "filter": filter, "limit": limit, "outputFields": ["id"] });
        let vector = embedding.as_slice();
        match self {
            Self::One => body["vector"] = json!(vector),
            Self::Two => {
                body["data"] = json!([vector]);
                body["annsField"] = json!(VECTOR);
            }
        }
        body
    }

    /// The rows to delete.
    pub(super) fn gone(self, keys: &[&str]) -> Value {
        match self {
            // Version 1 puts keys into an expression as they are given.
            Self::One => {
                json!({ "id": keys.iter().map(|key| format!("{key:?}")).collect::<Vec<_>>() })
            }
            Self::Two => json!({ "filter": keyed(keys.iter().copied()) }),
        }
    }

    /// What is known of the collection.
    pub(super) fn describe(self, space: &Space, options: &MilvusOptions) -> Call {
        match self {
            Self::One => Call::get(format!(
                "/v1/vector/collections/describe?dbName={}&collectionName={}",
                segment(&options.database),
                space.name
            )),
            Self::Two => Call::post("/v2/vectordb/collections/describe")
                .json(&of_collection(space, options).into()),
        }
    }

    /// What an answer holds.
    pub(super) fn told(self, mut answer: Value) -> Result<Value, Fault> {
        let fine = match self {
            Self::One => 200,
            Self::Two => 0,
        };
        let code = answer["code"].as_i64();
        if code == Some(fine) {
            return Ok(answer["data"].take());
        }
        let told = format!(
            "{} (code {})",
            answer["message"]
                .as_str()
                .unwrap_or("an answer without a message"),
            code.map_or_else(|| "none".to_owned(), |code| code.to_string())
        );
        Err(match code {
            Some(code) if PASSES.contains(&code) => Fault::Unavailable(told.into()),
            _ => Fault::rejected(told),
        })
    }
}

fn of_collection(space: &Space, options: &MilvusOptions) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("dbName".to_owned(), json!(options.database));
    body.insert("collectionName".to_owned(), json!(space.name));
    body
}

/// The calls that make a collection by version 2 and load it.
pub(super) fn making(space: &Space, options: &MilvusOptions) -> Call {
    let text = |name: &str, length: usize| {
        json!({
            "fieldName": name, "dataType": "VarChar", "isPrimary": name == "id",
            "elementTypeParams": { "max_length": length.to_string() }
        })
    };
    let vector = json!({
        "fieldName": VECTOR, "dataType": "FloatVector",
        "elementTypeParams": { "dim": space.dimension.to_string() }
    });
    let mut body = of_collection(space, options);
    body.insert(
        "schema".to_owned(),
        json!({
            "autoId": false,
            "enableDynamicField": true,
            "fields": [text("id", KEY), vector, text(RECORD, LONGEST)]
        }),
    );
    body.insert(
        "indexParams".to_owned(),
        json!([{
            "fieldName": VECTOR, "indexName": VECTOR, "metricType": "COSINE", "indexType": INDEX
        }]),
    );
    body.insert("params".to_owned(), json!({ "consistencyLevel": "Strong" }));
    Call::post("/v2/vectordb/collections/create").json(&body.into())
}

/// The call that loads a collection by version 2.
pub(super) fn loading(space: &Space, options: &MilvusOptions) -> Call {
    Call::post("/v2/vectordb/collections/load").json(&of_collection(space, options).into())
}

/// The call that makes a collection by the interface of management.
pub(super) fn managed_making(space: &Space, options: &MilvusOptions) -> Call {
    // The numbers of the types are those of Milvus' protocol.
    let field = |name: &str, kind: u8, key: &str, value: usize| {
        json!({
            "name": name, "data_type": kind, "is_primary_key": name == "id",
            "type_params": [{ "key": key, "value": value.to_string() }]
        })
    };
    let fields = [
        field("id", 21, "max_length", KEY),
        field(VECTOR, 101, "dim", space.dimension),
        field(RECORD, 21, "max_length", LONGEST),
    ];
    // Of one shard: what was sent before something that is seen is seen too.
    let body = json!({
        "db_name": options.database,
        "collection_name": space.name,
        "shards_num": 1,
        "schema": {
            "name": space.name, "autoID": false, "enable_dynamic_field": true, "fields": fields
        }
    });
    Call::post("/api/v1/collection").json(&body)
}

/// The calls that load a collection by the interface of management, its index made before.
pub(super) fn managed_loading(space: &Space, options: &MilvusOptions) -> [Call; 2] {
    let pair = |key: &str, value: &str| json!({ "key": key, "value": value });
    let index = json!({
        "db_name": options.database,
        "collection_name": space.name,
        "field_name": VECTOR,
        "index_name": VECTOR,
        "extra_params": [pair("metric_type", "COSINE"), pair("index_type", INDEX)]
    });
    let load = json!({
        "db_name": options.database, "collection_name": space.name, "replica_number": 1
    });
    [
        Call::post("/api/v1/index").json(&index),
        Call::post("/api/v1/collection/load").json(&load),
    ]
}
