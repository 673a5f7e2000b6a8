//! A fake of Qdrant: collections, points, queries.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::server::{Reply, Request, Service};
use super::{cosine, numbers, only, strings};

#[derive(Default)]
pub(crate) struct Fake {
    collections: Mutex<BTreeMap<String, Collection>>,
}

#[derive(Default)]
struct Collection {
    dimension: u64,
    /// Fields of the payload that have an index; others are refused in filters, as in strict mode.
    indexed: Vec<String>,
    points: BTreeMap<String, Point>,
}

struct Point {
    payload: Value,
    dense: Option<Vec<f64>>,
    words: BTreeMap<u64, f64>,
}

type Answer = Result<Value, (u16, String)>;

fn bad(told: String) -> (u16, String) {
    (400, format!("Format error in JSON body: {told}"))
}

impl Fake {
    fn route(&self, request: &Request) -> Answer {
        let rest = request
            .path
            .strip_prefix("/collections/")
            .ok_or((404, "no such path".to_owned()))?;
        let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let mut collections = self.collections.lock().unwrap();
        let call = (request.method.as_str(), rest);
        if call == ("PUT", "") {
            if collections.contains_key(name) {
                return Err((409, format!("Collection `{name}` already exists!")));
            }
            collections.insert(
                name.to_owned(),
                made(&request.json().map_err(bad)?).map_err(bad)?,
            );
            return Ok(json!(true));
        }
        let missing = || {
            (
                404,
                format!("Not found: Collection `{name}` doesn't exist!"),
            )
        };
        let collection = collections.get_mut(name).ok_or_else(missing)?;
        if call == ("GET", "") {
            return Ok(json!({ "status": "green" }));
        }
        let body = request.json().map_err(bad)?;
        let waits = request.query == "wait=true";
        let answer = match call {
            ("PUT", "index") if waits => collection.index(&body),
            ("PUT", "points") if waits => collection.upsert(&body),
            ("POST", "points/delete") if waits => collection.delete(&body),
            ("POST", "points") => collection.read(&body),
            ("POST", "points/count") => {
                only(&body, &["exact"]).map(|()| json!({ "count": collection.points.len() }))
            }
            ("POST", "points/query/batch") => collection.batch(&body),
            other => return Err((404, format!("no such call: {other:?}"))),
        };
        answer.map_err(bad)
    }
}

fn made(body: &Value) -> Result<Collection, String> {
    only(body, &["vectors", "sparse_vectors"])?;
    only(&body["vectors"], &["dense"])?;
    only(&body["vectors"]["dense"], &["size", "distance"])?;
    only(&body["sparse_vectors"], &["words"])?;
    if body["sparse_vectors"]["words"]["modifier"] != "idf" {
        return Err("unknown modifier".to_owned());
    }
    if body["vectors"]["dense"]["distance"] != "Cosine" {
        return Err("unknown distance".to_owned());
    }
    let dimension = body["vectors"]["dense"]["size"].as_u64().ok_or("no size")?;
    Ok(Collection {
        dimension,
        ..Collection::default()
    })
}

/// A UUID with hyphens, or a number.
fn point_id(value: &Value) -> Result<String, String> {
    let id = value.as_str().unwrap_or_default();
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    let hex = id.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    if parts == [8, 4, 4, 4, 12] && hex {
        Ok(id.to_owned())
    } else {
        Err(format!(
            "value {value} is not a valid point ID, valid values are an unsigned integer or a UUID"
        ))
    }
}

fn sparse(value: &Value) -> Result<BTreeMap<u64, f64>, String> {
    only(value, &["indices", "values"])?;
    let indices = value["indices"].as_array().ok_or("no indices")?;
    let values = numbers(&value["values"]).ok_or("no values")?;
    if indices.len() != values.len() {
        return Err("indices and values must have the same length".to_owned());
    }
    let indices = indices
        .iter()
        .map(|index| index.as_u64().filter(|index| *index <= u32::MAX.into()));
    let indices: Option<Vec<u64>> = indices.collect();
    let sparse: BTreeMap<u64, f64> = indices
        .ok_or("an index is no u32")?
        .into_iter()
        .zip(values)
        .collect();
    if sparse.len() != value["indices"].as_array().map_or(0, Vec::len) {
        return Err("indices must be unique".to_owned());
    }
    Ok(sparse)
}

impl Collection {
    fn index(&mut self, body: &Value) -> Result<Value, String> {
        only(body, &["field_name", "field_schema"])?;
        if !["keyword", "float"].contains(&body["field_schema"].as_str().unwrap_or_default()) {
            return Err(format!("unknown schema {}", body["field_schema"]));
        }
        self.indexed.push(
            body["field_name"]
                .as_str()
                .ok_or("no field_name")?
                .to_owned(),
        );
        Ok(json!({ "operation_id": 1, "status": "completed" }))
    }

    fn upsert(&mut self, body: &Value) -> Result<Value, String> {
        only(body, &["points"])?;
        let mut points = Vec::new();
        for point in body["points"].as_array().ok_or("no points")? {
            only(point, &["id", "vector", "payload"])?;
            only(&point["vector"], &["dense", "words"])?;
            let dense = point["vector"]
                .get("dense")
                .map(|v| numbers(v).ok_or("no vector"));
            let dense = dense.transpose()?;
            if let Some(dense) = &dense
                && dense.len() as u64 != self.dimension
            {
                let got = dense.len();
                return Err(format!(
                    "Vector dimension error: expected dim: {}, got {got}",
                    self.dimension
                ));
            }
            let words = point["vector"].get("words").map(sparse).transpose()?;
            let payload = point["payload"].clone();
            let words = words.unwrap_or_default();
            points.push((
                point_id(&point["id"])?,
                Point {
                    payload,
                    dense,
                    words,
                },
            ));
        }
        // All or none.
        self.points.extend(points);
        Ok(json!({ "operation_id": 2, "status": "completed" }))
    }

    fn delete(&mut self, body: &Value) -> Result<Value, String> {
        only(body, &["points"])?;
        for point in body["points"].as_array().ok_or("no points")? {
            self.points.remove(&point_id(point)?);
        }
        Ok(json!({ "operation_id": 3, "status": "completed" }))
    }

    fn read(&self, body: &Value) -> Result<Value, String> {
        only(body, &["ids", "with_payload", "with_vector"])?;
        let mut found = Vec::new();
        for id in body["ids"].as_array().ok_or("no ids")? {
            let id = point_id(id)?;
            if let Some(point) = self.points.get(&id) {
                let mut shown = json!({ "id": id, "payload": point.payload });
                if body["with_vector"] == json!(["dense"]) {
                    // Cosine: vectors are kept at unit length, as f32.
                    let dense = point.dense.clone().unwrap_or_default();
                    shown["vector"]["dense"] = json!(dense);
                }
                found.push(shown);
            }
        }
        Ok(json!(found))
    }

    fn batch(&self, body: &Value) -> Result<Value, String> {
        only(body, &["searches"])?;
        let searches = body["searches"].as_array().ok_or("no searches")?;
        let answers = searches.iter().map(|search| self.query(search));
        answers.collect::<Result<Vec<_>, _>>().map(Value::from)
    }

    fn query(&self, search: &Value) -> Result<Value, String> {
        only(
            search,
            &[
                "query",
                "using",
                "limit",
                "with_payload",
                "with_vector",
                "filter",
                "params",
            ],
        )?;
        let limit = search["limit"]
            .as_u64()
            .filter(|limit| *limit > 0)
            .ok_or("limit must be above 0")?;
        let words = match search["using"].as_str() {
            Some("words") => Some(sparse(&search["query"])?),
            Some("dense") => None,
            other => return Err(format!("Not existing vector name error: {other:?}")),
        };
        let vector = numbers(&search["query"]);
        let words = words.map(|words| self.weighed(words));
        let mut found = Vec::new();
        for (id, point) in &self.points {
            let passes = match search.get("filter") {
                Some(filter) => self.passes(filter, id, point)?,
                None => true,
            };
            let score = match (&words, &vector, &point.dense) {
                (Some(words), _, _) => bm25(words, point),
                (None, Some(vector), Some(own)) if vector.len() == own.len() => {
                    Some(cosine(own, vector))
                }
                (None, Some(_), None) => None,
                _ => return Err("Vector dimension error".to_owned()),
            };
            if let Some(score) = score.filter(|_| passes) {
                found.push((f64::from(score as f32), id, point));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let shown = found
            .into_iter()
            .take(limit as usize)
            .map(|(score, id, point)| {
                let mut hit = json!({ "id": id, "version": 1, "score": score });
                if search["with_payload"] != json!(false) {
                    hit["payload"] = point.payload.clone();
                }
                hit
            });
        Ok(json!({ "points": shown.collect::<Vec<_>>() }))
    }

    /// A query's words, weighed by their rarity (`modifier: idf`).
    fn weighed(&self, words: BTreeMap<u64, f64>) -> BTreeMap<u64, f64> {
        let n = self.points.len() as f64;
        let weighed = words.into_iter().map(|(word, weight)| {
            let with = |point: &&Point| point.words.contains_key(&word);
            let df = self.points.values().filter(with).count() as f64;
            (word, weight * (1.0 + (n - df + 0.5) / (df + 0.5)).ln())
        });
        weighed.collect()
    }

    fn passes(&self, filter: &Value, id: &str, point: &Point) -> Result<bool, String> {
        only(filter, &["must", "should", "must_not"])?;
        let each = |key: &str| -> Result<Vec<bool>, String> {
            let clauses = filter[key].as_array().into_iter().flatten();
            clauses
                .map(|clause| self.meets(clause, id, point))
                .collect()
        };
        let (must, should, not) = (each("must")?, each("should")?, each("must_not")?);
        let any = should.is_empty() || should.contains(&true);
        Ok(!must.contains(&false) && any && !not.contains(&true))
    }

    fn meets(&self, clause: &Value, id: &str, point: &Point) -> Result<bool, String> {
        if let Some(ids) = clause.get("has_id") {
            only(clause, &["has_id"])?;
            return Ok(strings(ids)?.iter().any(|own| own == id));
        }
        if let Some(empty) = clause.get("is_empty") {
            only(clause, &["is_empty"])?;
            only(empty, &["key"])?;
            let key = empty["key"].as_str().unwrap_or_default();
            return Ok(at(&point.payload, key).is_null());
        }
        let Some(key) = clause.get("key").and_then(Value::as_str) else {
            return self.passes(clause, id, point);
        };
        let indexed = self.indexed.iter().any(|own| own == key);
        // A number that no point has needs no index: nothing is scanned for it.
        let nobody = !self
            .points
            .values()
            .any(|point| !at(&point.payload, key).is_null());
        if !indexed && !nobody {
            return Err(format!("Index required but not found for \"{key}\""));
        }
        let held = at(&point.payload, key);
        if let Some(any) = clause.get("match") {
            only(any, &["any"])?;
            let asked = strings(&any["any"])?;
            let held = held.as_array().into_iter().flatten();
            return Ok(held
                .filter_map(Value::as_str)
                .any(|tag| asked.iter().any(|own| own == tag)));
        }
        let range = clause
            .get("range")
            .ok_or(format!("no such condition: {clause}"))?;
        only(range, &["gte", "lte"])?;
        let bound = |key: &str| range.get(key).and_then(Value::as_f64);
        let (min, max) = (bound("gte"), bound("lte"));
        Ok(held.as_f64().is_some_and(|number| {
            min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
        }))
    }
}

/// The dot product; `None` without a word in common.
fn bm25(asked: &BTreeMap<u64, f64>, point: &Point) -> Option<f64> {
    let shared = asked
        .iter()
        .filter_map(|(word, weight)| Some(weight * point.words.get(word)?));
    let shared: Vec<f64> = shared.collect();
    (!shared.is_empty()).then(|| shared.into_iter().sum())
}

/// A field of a payload by its path.
fn at<'v>(payload: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(payload, |value, key| &value[key])
}

impl Service for Fake {
    fn answer(&self, request: &Request) -> Reply {
        match self.route(request) {
            Ok(result) => Reply::new(
                200,
                json!({ "result": result, "status": "ok", "time": 0.001 }),
            ),
            Err((status, told)) => Reply::new(
                status,
                json!({ "status": { "error": told }, "time": 0.001 }),
            ),
        }
    }
}
