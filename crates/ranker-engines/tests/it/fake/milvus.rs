//! A fake of version 2 of Milvus' REST interface: collections with fields of their own and dynamic ones, and rows that
//! are seen late by whoever does not ask for strong consistency.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::milvus_expression::parse;
use super::server::{Reply, Request, Service};
use super::{cosine, numbers, only, strings};

#[derive(Default)]
pub(crate) struct Fake {
    collections: Mutex<BTreeMap<String, Collection>>,
}

struct Collection {
    dimension: u64,
    /// The length of the texts of fields.
    texts: BTreeMap<String, u64>,
    loaded: bool,
    rows: BTreeMap<String, Value>,
    /// What is seen without strong consistency: all but the last change.
    seen: BTreeMap<String, Value>,
}

type Answer = Result<Value, (i64, String)>;

const WHERE: [&str; 2] = ["dbName", "collectionName"];

fn bad(told: impl Into<String>) -> (i64, String) {
    (1100, told.into())
}

/// Refuses keys that a call does not have beside those that say where.
fn known(body: &Value, keys: &[&str]) -> Result<(), (i64, String)> {
    let keys: Vec<&str> = WHERE.iter().chain(keys).copied().collect();
    only(body, &keys).map_err(bad)
}

impl Fake {
    fn route(&self, request: &Request) -> Answer {
        let body = request.json().map_err(bad)?;
        if body["dbName"] != json!("default") {
            return Err((
                800,
                format!("database not found[database={}]", body["dbName"]),
            ));
        }
        let name = body["collectionName"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut collections = self.collections.lock().unwrap();
        if request.path == "/v2/vectordb/collections/create" {
            if collections.contains_key(&name) {
                return Err(bad("create duplicate collection with different parameters"));
            }
            collections.insert(name, create(&body)?);
            return Ok(json!({}));
        }
        let absent = || (100, format!("collection not found[collection={name}]"));
        let collection = collections.get_mut(&name).ok_or_else(absent)?;
        match &*request.path {
            "/v2/vectordb/collections/describe" => {
                known(&body, &[])?;
                Ok(collection.describe())
            }
            "/v2/vectordb/collections/load" => {
                known(&body, &[])?;
                collection.loaded = true;
                Ok(json!({}))
            }
            path => {
                if !collection.loaded {
                    return Err((101, "collection not loaded".to_owned()));
                }
                match path {
                    "/v2/vectordb/entities/upsert" => collection.upsert(&body),
                    "/v2/vectordb/entities/delete" => collection.delete(&body),
                    "/v2/vectordb/entities/query" => collection.query(&body),
                    "/v2/vectordb/entities/search" => collection.search(&body),
                    other => Err(bad(format!("no such call: {other}"))),
                }
            }
        }
    }

    /// Takes a collection out of memory, as an operator may.
    pub(crate) fn release(&self, name: &str) {
        self.collections
            .lock()
            .unwrap()
            .get_mut(name)
            .unwrap()
            .loaded = false;
    }

    /// A collection that others made.
    pub(crate) fn add_of_others(&self, name: &str) {
        let others = Collection {
            dimension: 16,
            texts: BTreeMap::from([("id".to_owned(), 64)]),
            loaded: true,
            rows: BTreeMap::new(),
            seen: BTreeMap::new(),
        };
        self.collections
            .lock()
            .unwrap()
            .insert(name.to_owned(), others);
    }
}

fn create(body: &Value) -> Result<Collection, (i64, String)> {
    known(body, &["schema", "indexParams", "params"])?;
    only(&body["params"], &["consistencyLevel", "shardsNum"]).map_err(bad)?;
    let schema = &body["schema"];
    only(schema, &["autoId", "enableDynamicField", "fields"]).map_err(bad)?;
    if schema["autoId"] != json!(false) || schema["enableDynamicField"] != json!(true) {
        return Err(bad(
            "the fake knows collections with keys and fields of one's own alone",
        ));
    }
    let (mut texts, mut dimension) = (BTreeMap::new(), 0);
    for field in schema["fields"].as_array().into_iter().flatten() {
        let keys = ["fieldName", "dataType", "isPrimary", "elementTypeParams"];
        only(field, &keys).map_err(bad)?;
        let name = field["fieldName"].as_str().ok_or(bad("no fieldName"))?;
        let number = |key: &str| {
            let own = field["elementTypeParams"][key].as_str();
            own.and_then(|own| own.parse::<u64>().ok())
                .ok_or(bad(format!("no {key}")))
        };
        match field["dataType"].as_str() {
            Some("VarChar") => {
                let length = number("max_length")?;
                if !(1..=65_535).contains(&length) {
                    return Err(bad("the maximum length should be in (0, 65535]"));
                }
                texts.insert(name.to_owned(), length);
            }
            Some("FloatVector") => dimension = number("dim")?,
            other => return Err(bad(format!("data type {other:?} is invalid"))),
        }
    }
    let indexes = body["indexParams"].as_array().cloned().unwrap_or_default();
    for index in &indexes {
        only(
            index,
            &["fieldName", "indexName", "metricType", "indexType"],
        )
        .map_err(bad)?;
        if index["metricType"] != json!("COSINE") || index["fieldName"] != json!("vector") {
            return Err(bad("the fake knows the cosine of the field vector alone"));
        }
    }
    if dimension == 0 || !texts.contains_key("id") {
        return Err(bad("the schema has no key or no vector"));
    }
    Ok(Collection {
        dimension,
        texts,
        // With an index the server loads it.
        loaded: !indexes.is_empty(),
        rows: BTreeMap::new(),
        seen: BTreeMap::new(),
    })
}

impl Collection {
    fn describe(&self) -> Value {
        let texts = self
            .texts
            .keys()
            .map(|name| json!({ "name": name, "type": "VarChar" }));
        let vector = json!({ "name": "vector", "type": "FloatVector" });
        let fields: Vec<Value> = texts.chain([vector]).collect();
        let load = match self.loaded {
            true => "LoadStateLoaded",
            false => "LoadStateNotLoad",
        };
        json!({ "fields": fields, "load": load, "shardsNum": 1 })
    }

    fn upsert(&mut self, body: &Value) -> Answer {
        known(body, &["data"])?;
        let rows = body["data"].as_array().filter(|rows| !rows.is_empty());
        let rows = rows.ok_or(bad("no data"))?;
        for row in rows {
            self.check(row)?;
        }
        self.seen = self.rows.clone();
        let id = |row: &Value| row["id"].as_str().unwrap_or_default().to_owned();
        self.rows
            .extend(rows.iter().map(|row| (id(row), row.clone())));
        let ids: Vec<String> = rows.iter().map(id).collect();
        Ok(json!({ "upsertCount": rows.len(), "upsertIds": ids }))
    }

    fn check(&self, row: &Value) -> Result<(), (i64, String)> {
        let mut dynamic = row.as_object().cloned().ok_or(bad("a row is no object"))?;
        for (name, length) in &self.texts {
            let text = dynamic.remove(name);
            let text = text.as_ref().and_then(Value::as_str);
            let text = text.ok_or((1804, format!("the field {name} is missing")))?;
            if text.len() as u64 > *length {
                let told = format!(
                    "the length ({}) of 0th string exceeds max length",
                    text.len()
                );
                return Err(bad(told));
            }
        }
        let vector = dynamic.remove("vector").and_then(|vector| numbers(&vector));
        if vector.map(|vector| vector.len() as u64) != Some(self.dimension) {
            return Err((1804, "vector length diff from dimension".to_owned()));
        }
        let size = Value::Object(dynamic).to_string().len();
        if size > 65_536 {
            return Err(bad(format!(
                "the length ({size}) of dynamic field exceeds max length (65536)"
            )));
        }
        Ok(())
    }

    fn delete(&mut self, body: &Value) -> Answer {
        known(body, &["filter"])?;
        let filter = parse(body["filter"].as_str().unwrap_or_default()).map_err(bad)?;
        self.seen = self.rows.clone();
        self.rows.retain(|_, row| !filter.holds(row));
        Ok(json!({}))
    }

    /// The rows that a call sees.
    fn visible(&self, body: &Value) -> Result<&BTreeMap<String, Value>, (i64, String)> {
        match body.get("consistencyLevel").and_then(Value::as_str) {
            Some("Strong") => Ok(&self.rows),
            None | Some("Bounded" | "Eventually" | "Session") => Ok(&self.seen),
            Some(other) => Err(bad(format!("parameter:'{other}' is incorrect"))),
        }
    }

    fn limit(body: &Value) -> Result<usize, (i64, String)> {
        let limit = body["limit"].as_u64().unwrap_or(100);
        match limit {
            0..=16_384 => Ok(limit as usize),
            _ => Err(bad(format!(
                "(offset+limit) should be in range [1, 16384], but got {limit}"
            ))),
        }
    }

    fn query(&self, body: &Value) -> Answer {
        known(
            body,
            &["filter", "outputFields", "limit", "consistencyLevel"],
        )?;
        let filter = parse(body["filter"].as_str().unwrap_or_default()).map_err(bad)?;
        let fields = strings(&body["outputFields"]).map_err(bad)?;
        let limit = Self::limit(body)?;
        let found = self.visible(body)?.values().filter(|row| filter.holds(row));
        if fields == ["count(*)"] {
            if limit != 0 {
                return Err(bad("count entities with pagination is not allowed"));
            }
            return Ok(json!([{ "count(*)": found.count() }]));
        }
        let rows = found.take(limit).map(|row| part(row, &fields));
        Ok(rows.collect())
    }

    fn search(&self, body: &Value) -> Answer {
        let keys = [
            "data",
            "annsField",
            "filter",
            "limit",
            "outputFields",
            "consistencyLevel",
        ];
        known(body, &keys)?;
        if body["annsField"] != json!("vector") {
            return Err(bad("no such field of vectors"));
        }
        let asked = numbers(&body["data"][0]).ok_or(bad("no vector"))?;
        if asked.len() as u64 != self.dimension {
            return Err((65_535, "vector dimension mismatch".to_owned()));
        }
        let filter = parse(body["filter"].as_str().unwrap_or_default()).map_err(bad)?;
        let fields = strings(&body["outputFields"]).map_err(bad)?;
        let rows = self.visible(body)?.values().filter(|row| filter.holds(row));
        let mut found: Vec<(f64, &Value)> = rows
            .map(|row| {
                (
                    cosine(&numbers(&row["vector"]).unwrap_or_default(), &asked),
                    row,
                )
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let rows = found
            .into_iter()
            .take(Self::limit(body)?)
            .map(|(near, row)| {
                let mut row = part(row, &fields);
                row["distance"] = json!(near as f32);
                row
            });
        Ok(rows.collect())
    }
}

/// The fields of a row that were asked for, and its key.
fn part(row: &Value, fields: &[String]) -> Value {
    let own = row.as_object().into_iter().flatten();
    let own = own.filter(|(name, _)| *name == "id" || fields.contains(name));
    Value::Object(
        own.map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

impl Service for Fake {
    fn answer(&self, request: &Request) -> Reply {
        if request.header("authorization") != Some("Bearer root:Milvus") {
            return Reply::new(
                401,
                json!({ "code": 1800, "message": "user hasn't authenticated" }),
            );
        }
        let told = match self.route(request) {
            Ok(data) => json!({ "code": 0, "data": data }),
            Err((code, message)) => json!({ "code": code, "message": message }),
        };
        Reply::new(200, told)
    }
}
