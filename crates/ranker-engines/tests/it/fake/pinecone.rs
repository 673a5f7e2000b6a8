//! A fake of Pinecone's serverless indexes: namespaces, records, and changes that are seen late.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::server::{Reply, Request, Service};
use super::{cosine, numbers, only, strings};

/// How many looks at a namespace it takes until a change is seen.
const LATE: u64 = 2;

pub(crate) struct Fake {
    /// By dimension: the fake is an index for each, so that one server serves all checks.
    state: Mutex<State>,
    dimension: Mutex<u64>,
}

#[derive(Default)]
struct State {
    namespaces: BTreeMap<String, Namespace>,
    indexes: BTreeMap<String, Value>,
}

#[derive(Default)]
struct Namespace {
    /// Everything that was written.
    live: BTreeMap<String, Value>,
    /// What queries see, and up to which number.
    seen: BTreeMap<String, Value>,
    indexed: u64,
    written: u64,
    looks: u64,
}

type Answer = Result<Reply, (u16, String)>;

fn bad(told: String) -> (u16, String) {
    (400, told)
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            dimension: Mutex::new(0),
        }
    }

    /// The index's dimension from now on.
    pub(crate) fn set_dimension(&self, dimension: usize) {
        *self.dimension.lock().unwrap() = dimension as u64;
    }

    fn route(&self, request: &Request) -> Answer {
        if request.header("api-key") != Some("key") {
            return Err((401, "Invalid API Key".to_owned()));
        }
        if request.header("x-pinecone-api-version") != Some("2025-04") {
            return Err(bad("unknown version".to_owned()));
        }
        let mut state = self.state.lock().unwrap();
        match (request.method.as_str(), request.path.as_str()) {
            ("POST", "/indexes") => state.create(&request.json().map_err(bad)?),
            ("GET", path) if path.starts_with("/indexes/") => {
                let index = state.indexes.get(&path["/indexes/".len()..]);
                let index = index.ok_or((404, "Resource not found".to_owned()))?;
                Ok(Reply::new(200, index.clone()))
            }
            ("GET", "/vectors/fetch") => state.fetch(&request.query).map_err(bad),
            ("POST", path) => {
                let body = request.json().map_err(bad)?;
                let dimension = *self.dimension.lock().unwrap();
                let answer = match path {
                    "/vectors/upsert" if request.body.len() > 2 << 20 => {
                        Err("Request size 2MB exceeded".to_owned())
                    }
                    "/vectors/upsert" => state.upsert(&body, dimension),
                    "/vectors/delete" => state.delete(&body),
                    "/query" => state.query(&body, dimension),
                    "/describe_index_stats" => Ok(state.stats(dimension)),
                    other => return Err((404, format!("no such call: {other}"))),
                };
                answer.map_err(bad)
            }
            other => Err((405, format!("no such call: {other:?}"))),
        }
    }
}

impl State {
    fn create(&mut self, body: &Value) -> Answer {
        only(body, &["name", "dimension", "metric", "spec"]).map_err(bad)?;
        only(&body["spec"], &["serverless"]).map_err(bad)?;
        only(&body["spec"]["serverless"], &["cloud", "region"]).map_err(bad)?;
        let name = body["name"].as_str().unwrap_or_default();
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(fine) {
            return Err(bad(format!(
                "Name must consist of lower case alphanumeric characters or '-': {name}"
            )));
        }
        let mut index = body.clone();
        index["host"] = json!(format!("{name}-abc.svc.example"));
        self.indexes.insert(name.to_owned(), index.clone());
        Ok(Reply::new(201, index))
    }

    fn namespace(&mut self, body: &Value) -> Result<&mut Namespace, String> {
        let name = body["namespace"].as_str().ok_or("no namespace")?;
        Ok(self.namespaces.entry(name.to_owned()).or_default())
    }

    fn upsert(&mut self, body: &Value, dimension: u64) -> Result<Reply, String> {
        only(body, &["namespace", "vectors"])?;
        let vectors = body["vectors"]
            .as_array()
            .filter(|vectors| !vectors.is_empty());
        let vectors = vectors.ok_or("no vectors")?;
        if vectors.len() > 1000 {
            return Err("Vector count exceeds the limit of 1000".to_owned());
        }
        for vector in vectors {
            only(vector, &["id", "values", "metadata"])?;
            let id = vector["id"].as_str().unwrap_or_default();
            if id.is_empty() || id.len() > 512 || !id.is_ascii() {
                return Err(format!(
                    "Vector ID must be ASCII of at most 512, but got {id}"
                ));
            }
            let values = numbers(&vector["values"]).ok_or("no values")?;
            if values.len() as u64 != dimension {
                let given = values.len();
                return Err(format!(
                    "Vector dimension {given} does not match the dimension of the index {dimension}"
                ));
            }
            if values.iter().all(|value| *value == 0.0) {
                return Err("Dense vectors must contain at least one non-zero value".to_owned());
            }
            metadata(&vector["metadata"])?;
        }
        let namespace = self.namespace(body)?;
        for vector in vectors {
            let id = vector["id"].as_str().unwrap_or_default();
            namespace.live.insert(id.to_owned(), vector.clone());
        }
        Ok(namespace.changed(json!({ "upsertedCount": vectors.len() })))
    }

    fn delete(&mut self, body: &Value) -> Result<Reply, String> {
        only(body, &["namespace", "ids"])?;
        let ids = strings(&body["ids"])?;
        if ids.len() > 1000 {
            return Err("at most 1000 ids".to_owned());
        }
        let namespace = self.namespace(body)?;
        for id in ids {
            namespace.live.remove(&id);
        }
        Ok(namespace.changed(json!({})))
    }

    fn fetch(&mut self, query: &str) -> Result<Reply, String> {
        let mut ids = Vec::new();
        let mut name = "";
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("ids", id)) => ids.push(id.to_owned()),
                Some(("namespace", own)) => name = own,
                other => return Err(format!("unknown parameter {other:?}")),
            }
        }
        let namespace = self.namespaces.entry(name.to_owned()).or_default();
        namespace.look();
        let found = ids
            .iter()
            .filter_map(|id| Some((id.clone(), namespace.seen.get(id)?.clone())));
        let vectors: serde_json::Map<String, Value> = found.collect();
        Ok(Reply::new(
            200,
            json!({ "vectors": vectors, "namespace": name }),
        ))
    }

    fn query(&mut self, body: &Value, dimension: u64) -> Result<Reply, String> {
        only(
            body,
            &[
                "namespace",
                "vector",
                "topK",
                "filter",
                "includeValues",
                "includeMetadata",
            ],
        )?;
        let k = body["topK"].as_u64().filter(|k| (1..=10_000).contains(k));
        let k = k.ok_or("topK must be within 1..=10000")?;
        let vector = numbers(&body["vector"]).ok_or("no vector")?;
        if vector.len() as u64 != dimension {
            return Err("Query vector dimension does not match".to_owned());
        }
        let namespace = self.namespace(body)?;
        namespace.look();
        let mut found = Vec::new();
        for (id, own) in &namespace.seen {
            if passes(&body["filter"], &own["metadata"])? {
                let score = cosine(&numbers(&own["values"]).unwrap_or_default(), &vector);
                found.push((f64::from(score as f32), id));
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let matches = found
            .into_iter()
            .take(k as usize)
            .map(|(score, id)| json!({ "id": id, "score": score }));
        let matches: Vec<Value> = matches.collect();
        let mut reply = Reply::new(
            200,
            json!({ "matches": matches, "namespace": body["namespace"] }),
        );
        reply
            .headers
            .push(("x-pinecone-max-indexed-lsn", namespace.indexed.to_string()));
        Ok(reply)
    }

    fn stats(&self, dimension: u64) -> Reply {
        let namespaces = self
            .namespaces
            .iter()
            .map(|(name, own)| (name.clone(), json!({ "vectorCount": own.seen.len() })));
        let namespaces: serde_json::Map<String, Value> = namespaces.collect();
        Reply::new(
            200,
            json!({ "namespaces": namespaces, "dimension": dimension, "metric": "cosine" }),
        )
    }
}

impl Namespace {
    fn changed(&mut self, body: Value) -> Reply {
        self.written += 1;
        self.looks = 0;
        let mut reply = Reply::new(200, body);
        reply
            .headers
            .push(("x-pinecone-request-lsn", self.written.to_string()));
        reply
    }

    /// Every look brings the change nearer.
    fn look(&mut self) {
        self.looks += 1;
        if self.looks > LATE && self.indexed < self.written {
            self.seen = self.live.clone();
            self.indexed = self.written;
        }
    }
}

/// What metadata may be: strings, numbers, booleans and lists of strings, 40 kB together.
fn metadata(value: &Value) -> Result<(), String> {
    if value.to_string().len() > 40 << 10 {
        return Err("Metadata size exceeds the limit of 40960 bytes per vector".to_owned());
    }
    for (key, value) in value.as_object().ok_or("metadata is no object")? {
        let fine =
            value.is_string() || value.is_number() || value.is_boolean() || strings(value).is_ok();
        if !fine || key.starts_with('$') {
            return Err(format!(
                "Metadata value must be a string, number, boolean or list of strings, got {value} for {key}"
            ));
        }
    }
    Ok(())
}

fn passes(filter: &Value, metadata: &Value) -> Result<bool, String> {
    let filter = filter.as_object().filter(|filter| filter.len() == 1);
    let (key, what) = filter
        .and_then(|f| f.iter().next())
        .ok_or("a filter has one key")?;
    let parts = || {
        what.as_array()
            .filter(|parts| !parts.is_empty())
            .ok_or(format!("{key} needs a list"))
    };
    match key.as_str() {
        "$and" => parts()?
            .iter()
            .try_fold(true, |met, part| Ok(passes(part, metadata)? && met)),
        "$or" => parts()?
            .iter()
            .try_fold(false, |met, part| Ok(passes(part, metadata)? || met)),
        key if key.starts_with('$') => Err(format!("{key} is not a valid operator")),
        key => {
            let operator = what.as_object().filter(|what| what.len() == 1);
            let (operator, value) = operator
                .and_then(|o| o.iter().next())
                .ok_or("no operator")?;
            meets(metadata.get(key), operator, value)
        }
    }
}

fn meets(held: Option<&Value>, operator: &str, value: &Value) -> Result<bool, String> {
    let number = || {
        value.as_f64().ok_or(format!(
            "the {operator} operator must be followed by a number"
        ))
    };
    let compared = |holds: &dyn Fn(f64, f64) -> bool| -> Result<bool, String> {
        let bound = number()?;
        Ok(held
            .and_then(Value::as_f64)
            .is_some_and(|own| holds(own, bound)))
    };
    match operator {
        "$eq" => Ok(held == Some(value)),
        "$exists" => {
            let wanted = value
                .as_bool()
                .ok_or("$exists must be followed by a boolean")?;
            Ok(held.is_some() == wanted)
        }
        "$in" => {
            let asked = strings(value)?;
            let list = held.and_then(Value::as_array).into_iter().flatten();
            Ok(list
                .filter_map(Value::as_str)
                .any(|own| asked.iter().any(|one| one == own)))
        }
        "$gt" => compared(&|own, bound| own > bound),
        "$gte" => compared(&|own, bound| own >= bound),
        "$lt" => compared(&|own, bound| own < bound),
        "$lte" => compared(&|own, bound| own <= bound),
        other => Err(format!("{other} is not a valid operator")),
    }
}

impl Service for Fake {
    fn answer(&self, request: &Request) -> Reply {
        self.route(request).unwrap_or_else(|(status, told)| {
            Reply::new(status, json!({ "code": 3, "message": told, "details": [] }))
        })
    }
}
