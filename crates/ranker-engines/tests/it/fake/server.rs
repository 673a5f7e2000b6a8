//! An HTTP server on loopback whose answers can be disturbed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ranker_engines::conformance::{Disturbance, Faults};
use ranker_engines::http::Endpoint;
use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| error.to_string())
    }

    pub(crate) fn lines(&self) -> Result<Vec<Value>, String> {
        let text = String::from_utf8(self.body.clone()).map_err(|error| error.to_string())?;
        if !text.ends_with('\n') {
            return Err("the body must be terminated by a newline".to_owned());
        }
        text.lines()
            .map(|line| serde_json::from_str(line).map_err(|e| e.to_string()))
            .collect()
    }

    /// What was sent, in one line.
    pub(crate) fn told(&self) -> String {
        let query = if self.query.is_empty() {
            String::new()
        } else {
            format!("?{}", self.query)
        };
        let body = String::from_utf8_lossy(&self.body);
        format!("{} {}{query} {}", self.method, self.path, body.trim_end())
            .trim_end()
            .to_owned()
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn new(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }
}

pub(crate) trait Service: Send + Sync {
    fn answer(&self, request: &Request) -> Reply;
}

impl<F: Fn(&Request) -> Reply + Send + Sync> Service for F {
    fn answer(&self, request: &Request) -> Reply {
        self(request)
    }
}

/// Ends when it is dropped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    address: String,
}

struct Shared {
    service: Box<dyn Service>,
    log: Mutex<Vec<Request>>,
    disturbance: Mutex<Option<(Disturbance, u32)>>,
    connections: AtomicUsize,
    ended: AtomicBool,
}

impl Server {
    pub(crate) fn new(service: impl Service + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            service: Box::new(service),
            log: Mutex::default(),
            disturbance: Mutex::default(),
            connections: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serving.ended.load(Ordering::Relaxed) {
                    return;
                }
                serving.connections.fetch_add(1, Ordering::Relaxed);
                let shared = Arc::clone(&serving);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { shared, address }
    }

    /// Quick to give up, for tests of what goes wrong.
    pub(crate) fn endpoint(&self) -> Endpoint {
        let endpoint = Endpoint::new(format!("http://{}", self.address)).unwrap();
        endpoint
            .with_time_limit(Duration::from_millis(1500))
            .with_rest(Duration::from_millis(100))
    }

    pub(crate) fn log(&self) -> Vec<Request> {
        self.shared.log.lock().unwrap().clone()
    }

    pub(crate) fn forget(&self) {
        self.shared.log.lock().unwrap().clear();
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn faults(&self) -> Arc<dyn Faults> {
        Arc::clone(&self.shared) as Arc<dyn Faults>
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address);
    }
}

impl Faults for Shared {
    fn disturb(&self, how: Disturbance, answers: u32) -> bool {
        *self.disturbance.lock().unwrap() = Some((how, answers));
        true
    }

    fn heal(&self) {
        *self.disturbance.lock().unwrap() = None;
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while let Some(request) = read(&mut reader) {
            self.log.lock().unwrap().push(request.clone());
            let disturbance = self.next_disturbance();
            if let Some(Disturbance::Slow(time)) = disturbance {
                thread::sleep(time);
            }
            let reply = match disturbance {
                Some(Disturbance::Cut) => return,
                Some(Disturbance::Busy) => {
                    let mut reply = Reply::new(429, json!({ "error": "too many requests" }));
                    reply.headers.push(("retry-after", "0".to_owned()));
                    reply
                }
                Some(Disturbance::Down) => Reply::new(503, json!({ "error": "unavailable" })),
                Some(Disturbance::Expired) => {
                    // Some servers repeat what they were sent.
                    let sent = request
                        .header("authorization")
                        .or(request.header("api-key"));
                    Reply::new(401, json!({ "error": format!("not valid: {sent:?}") }))
                }
                _ => self.service.answer(&request),
            };
            let half = matches!(disturbance, Some(Disturbance::Half));
            if write(&stream, reply, half).is_err() || half {
                return;
            }
        }
    }

    fn next_disturbance(&self) -> Option<Disturbance> {
        let mut disturbance = self.disturbance.lock().unwrap();
        let (how, left) = (*disturbance)?;
        *disturbance = (left > 1).then_some((how, left - 1));
        Some(how)
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    })
}

fn write(mut stream: &TcpStream, reply: Reply, half: bool) -> std::io::Result<()> {
    let body = reply.body.to_string();
    let mut head = format!(
        "HTTP/1.1 {} X\r\ncontent-length: {}\r\n",
        reply.status,
        body.len()
    );
    head.push_str("content-type: application/json\r\n");
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let sent = if half { &body[..body.len() / 2] } else { &body };
    stream.write_all(format!("{head}\r\n{sent}").as_bytes())?;
    stream.flush()
}
