//! A fake of Elasticsearch and OpenSearch: indices, documents, searches. Documents are searched from the
//! next refresh on, as in the real ones.

use std::collections::BTreeMap;
use std::sync::Mutex;

use ranker_engines::elastic::Dialect;
use serde_json::{Value, json};

use super::elastic_query::{Documents, explain, hits, total};
use super::server::{Reply, Request, Service};
use super::{numbers, only};

/// What the fake loses of what kNN finds under a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Graph {
    Whole,
    /// Two of three, as a graph of neighbours may whose paths the filter cuts.
    Lossy,
}

pub(crate) struct Fake {
    dialect: Dialect,
    graph: Graph,
    indices: Mutex<BTreeMap<String, Index>>,
}

#[derive(Default)]
struct Index {
    about: Value,
    dimension: u64,
    live: BTreeMap<String, Value>,
    searchable: Documents,
}

type Answer = Result<Value, (u16, String)>;

fn bad(told: String) -> (u16, String) {
    (400, told)
}

impl Fake {
    pub(crate) fn new(dialect: Dialect, graph: Graph) -> Self {
        Self {
            dialect,
            graph,
            indices: Mutex::default(),
        }
    }

    fn route(&self, request: &Request) -> Answer {
        let path = request.path.trim_start_matches('/');
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let mut indices = self.indices.lock().unwrap();
        if (request.method.as_str(), rest) == ("PUT", "") {
            if indices.contains_key(name) {
                return Err(bad("resource_already_exists_exception".to_owned()));
            }
            let index = self.made(&request.json().map_err(bad)?).map_err(bad)?;
            indices.insert(name.to_owned(), index);
            return Ok(json!({ "acknowledged": true, "shards_acknowledged": true, "index": name }));
        }
        let missing = || (404, format!("no such index [{name}]"));
        let index = indices.get_mut(name).ok_or_else(missing)?;
        match (request.method.as_str(), rest) {
            ("GET", "_mapping") => Ok(json!({ name: { "mappings": { "_meta": index.about } } })),
            ("GET", "_count") => {
                let count = index.searchable.by_id.len();
                Ok(json!({ "count": count, "_shards": { "total": 1, "failed": 0 } }))
            }
            ("POST", "_refresh") => {
                index.searchable = Documents::new(index.live.clone());
                Ok(json!({ "_shards": { "total": 1, "failed": 0 } }))
            }
            ("POST", "_bulk") => index.bulk(&request.lines().map_err(bad)?),
            ("POST", "_search") => self
                .search(index, &request.json().map_err(bad)?)
                .map_err(bad),
            ("POST", "_msearch") => {
                let answers = request.lines().map_err(bad)?;
                let answers = answers.chunks(2).map(|pair| self.one(index, pair));
                Ok(json!({ "took": 1, "responses": answers.collect::<Vec<_>>() }))
            }
            ("POST", rest) if rest.starts_with("_explain/") => {
                let id = decoded(&rest["_explain/".len()..]);
                let body = request.json().map_err(bad)?;
                only(&body, &["query"]).map_err(bad)?;
                explain(&index.searchable, &body["query"], &id).map_err(bad)
            }
            other => Err((405, format!("no such call: {other:?}"))),
        }
    }

    /// An index by its settings and mapping, both checked.
    fn made(&self, body: &Value) -> Result<Index, String> {
        only(body, &["settings", "mappings"])?;
        only(&body["settings"], &["index"])?;
        let open_search = self.dialect == Dialect::OpenSearch;
        let settings: &[&str] = if open_search {
            &["number_of_shards", "knn"]
        } else {
            &["number_of_shards"]
        };
        only(&body["settings"]["index"], settings)?;
        let mappings = &body["mappings"];
        only(
            mappings,
            &["dynamic", "_meta", "dynamic_templates", "properties"],
        )?;
        let vector = &mappings["properties"]["vector"];
        let dimension = if open_search {
            only(vector, &["type", "dimension", "method"])?;
            only(
                &vector["method"],
                &["name", "engine", "space_type", "parameters"],
            )?;
            &vector["dimension"]
        } else {
            only(
                vector,
                &["type", "dims", "index", "similarity", "index_options"],
            )?;
            only(&vector["index_options"], &["type", "m", "ef_construction"])?;
            &vector["dims"]
        };
        Ok(Index {
            about: mappings["_meta"].clone(),
            dimension: dimension.as_u64().ok_or("a vector needs its dimension")?,
            ..Index::default()
        })
    }

    fn one(&self, index: &Index, pair: &[Value]) -> Value {
        let [header, body] = pair else {
            return json!({ "error": { "reason": "a header without a body" }, "status": 400 });
        };
        let answer =
            only(header, &["preference", "search_type"]).and_then(|()| self.search(index, body));
        answer.unwrap_or_else(|told| json!({ "error": { "reason": told }, "status": 400 }))
    }

    fn search(&self, index: &Index, body: &Value) -> Result<Value, String> {
        only(
            body,
            &[
                "size",
                "query",
                "sort",
                "track_scores",
                "track_total_hits",
                "_source",
                "fields",
            ],
        )?;
        let size = body["size"].as_u64().ok_or("size must be a number")?;
        if size > 10_000 {
            return Err("Result window is too large, it must be at most [10000]".to_owned());
        }
        if body.get("fields").is_some() && self.dialect == Dialect::OpenSearch {
            return Err("KNN Vector do not support fields search".to_owned());
        }
        let documents = &index.searchable;
        let found = hits(documents, &body["query"], self.dialect, self.graph)?;
        let shown = found.into_iter().take(size as usize).map(|(id, score)| {
            let mut hit = json!({ "_id": id, "_score": score });
            let document = &documents.by_id[&id];
            for field in body["_source"].as_array().into_iter().flatten() {
                let field = field.as_str().unwrap_or_default();
                // Vectors are left out of the source by default, as in Elasticsearch 9.2.
                if field != "vector" || self.dialect == Dialect::OpenSearch {
                    hit["_source"][field] = document[field].clone();
                }
            }
            if body.get("fields").is_some() {
                hit["fields"]["vector"] = document["vector"].clone();
            }
            hit
        });
        let mut answer = json!({
            "took": 1, "timed_out": false, "_shards": { "total": 1, "failed": 0 },
            "hits": { "hits": shown.collect::<Vec<_>>() }
        });
        if body["track_total_hits"] == json!(true) {
            let total = total(documents, &body["query"])?;
            answer["hits"]["total"] = json!({ "value": total, "relation": "eq" });
        }
        Ok(answer)
    }
}

impl Index {
    fn bulk(&mut self, lines: &[Value]) -> Answer {
        let mut items = Vec::new();
        let mut lines = lines.iter();
        while let Some(action) = lines.next() {
            let (kind, about) = action.as_object().and_then(|a| a.iter().next()).unwrap();
            only(about, &["_id"]).map_err(bad)?;
            let id = about["_id"].as_str().unwrap_or_default().to_owned();
            let result = match kind.as_str() {
                "index" => {
                    let document = lines.next().ok_or_else(|| bad("no document".to_owned()))?;
                    self.checked(&id, document).map(|()| {
                        self.live.insert(id.clone(), document.clone());
                        201
                    })
                }
                "delete" if self.live.remove(&id).is_some() => Ok(200),
                "delete" => Ok(404),
                other => return Err(bad(format!("Malformed action [{other}]"))),
            };
            items.push(match result {
                Ok(status) => json!({ kind: { "_id": id, "status": status } }),
                Err(reason) => json!({ kind: { "_id": id, "status": 400, "error": {
                    "type": "document_parsing_exception", "reason": reason
                }}}),
            });
        }
        Ok(json!({ "took": 1, "errors": false, "items": items }))
    }

    fn checked(&self, id: &str, document: &Value) -> Result<(), String> {
        if id.is_empty() || id.len() > 512 {
            return Err(format!(
                "id is too long, must be no longer than 512 bytes but was: {}",
                id.len()
            ));
        }
        only(
            document,
            &["id", "text", "title", "tags", "numbers", "record", "vector"],
        )?;
        let dimension = numbers(&document["vector"]).map(|vector| vector.len() as u64);
        if dimension != Some(self.dimension) {
            return Err(format!(
                "the vector has {dimension:?} dimensions, not {}",
                self.dimension
            ));
        }
        Ok(())
    }
}

impl Service for Fake {
    fn answer(&self, request: &Request) -> Reply {
        match self.route(request) {
            Ok(body) => Reply::new(200, body),
            Err((status, told)) => Reply::new(
                status,
                json!({ "error": { "reason": told }, "status": status }),
            ),
        }
    }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}
