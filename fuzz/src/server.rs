//! A server on loopback that says what a fuzzer made up, whatever it is asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What is answered to one request.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    /// One answer a line, of status 200 but where a line begins with another one and a space: `404 {}`.
    #[must_use]
    pub fn lines(text: &[u8]) -> Vec<Self> {
        let answer = |line: &[u8]| {
            let status = line
                .split_at_checked(4)
                .filter(|(status, _)| status[3] == b' ');
            let status = status.and_then(|(status, body)| {
                let status: u16 = std::str::from_utf8(&status[..3]).ok()?.parse().ok()?;
                (200..600).contains(&status).then_some((status, body))
            });
            let (status, body) = status.unwrap_or((200, line));
            let body = body.to_vec();
            Self { status, body }
        };
        text.split(|byte| *byte == b'\n').map(answer).collect()
    }
}

type Script = Arc<Mutex<VecDeque<Answer>>>;

/// Answers requests one after the other by a script; once it is at its end, by `{}`.
pub struct Server {
    address: String,
    script: Script,
}

impl Server {
    /// Speaks HTTP.
    #[must_use]
    pub fn http() -> Self {
        Self::start(http)
    }

    /// Says the bodies of all answers as soon as somebody connects, and nothing more.
    #[must_use]
    pub fn raw() -> Self {
        Self::start(raw)
    }

    fn start(serve: fn(&TcpStream, &Script) -> std::io::Result<()>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let script = Script::default();
        let own = Arc::clone(&script);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = Arc::clone(&own);
                // It ends when the client hangs up.
                thread::spawn(move || serve(&stream, &script));
            }
        });
        Self { address, script }
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Answers by these from now on.
    pub fn say(&self, answers: Vec<Answer>) {
        *locked(&self.script) = answers.into();
    }
}

fn locked(script: &Script) -> MutexGuard<'_, VecDeque<Answer>> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

fn http(stream: &TcpStream, script: &Script) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while requested(&mut reader)? {
        let answer = locked(script).pop_front();
        let (status, body) = match &answer {
            Some(answer) => (answer.status, &*answer.body),
            None => (200, &b"{}"[..]),
        };
        let mut said = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        said.extend_from_slice(body);
        (&mut &*stream).write_all(&said)?;
    }
    Ok(())
}

/// Reads one request; false where the client hung up.
fn requested(reader: &mut impl BufRead) -> std::io::Result<bool> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(true)
}

fn raw(mut stream: &TcpStream, script: &Script) -> std::io::Result<()> {
    let said: Vec<u8> = locked(script)
        .drain(..)
        .flat_map(|answer| answer.body)
        .collect();
    stream.write_all(&said)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
}
