//! What stands between an adapter and a server that speaks HTTP, and can disturb its answers.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::fake::server::{Reply, Request, Server};

/// The server's answer to a request, as it came.
pub(crate) fn forwarded(address: &str, request: &Request) -> Reply {
    let address = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let query = match &*request.query {
        "" => String::new(),
        query => format!("?{query}"),
    };
    let head = format!(
        "{} {}{query} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        request.method,
        request.path,
        request.body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.unwrap() + 4);
    let status = std::str::from_utf8(&head[9..12]).unwrap().parse().unwrap();
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let body = match head.contains("transfer-encoding: chunked") {
        true => joined(body),
        false => body.to_vec(),
    };
    Reply::new(status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// A body that came in chunks.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|two| two == b"\r\n") {
        let length = std::str::from_utf8(&chunks[..end]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend_from_slice(&chunks[end + 2..][..length]);
        chunks = &chunks[end + 2 + length + 2..];
    }
    body
}

/// A way to the server of an address.
pub(crate) fn between(address: &str) -> Server {
    let address = address.to_owned();
    Server::new(move |request: &Request| forwarded(&address, request))
}

/// A request of one's own.
pub(crate) fn posted(address: &str, path: &str, body: &Value) -> Reply {
    let request = Request {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: body.to_string().into_bytes(),
    };
    forwarded(address, &request)
}
