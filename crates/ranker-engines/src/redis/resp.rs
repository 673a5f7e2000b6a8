//! Redis's protocol (RESP, version 2): commands as lists of byte strings, five kinds of replies.

use std::io::{self, BufRead, Read};

/// The longest that a reply's text may be: Redis's own limit.
const LONGEST: u64 = 512 << 20;
/// The longest line of a reply, and how deep lists may lie in each other.
const LINE: u64 = 1 << 16;
const DEPTH: usize = 8;

/// Commands to be sent together.
#[derive(Debug, Clone, Default)]
pub(super) struct Commands {
    bytes: Vec<u8>,
    count: usize,
}

impl Commands {
    /// Adds a command: its name and arguments.
    pub(super) fn add<'a>(&mut self, parts: impl IntoIterator<Item = &'a [u8]>) {
        let parts: Vec<&[u8]> = parts.into_iter().collect();
        self.bytes
            .extend_from_slice(format!("*{}\r\n", parts.len()).as_bytes());
        for part in parts {
            self.bytes
                .extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
            self.bytes.extend_from_slice(part);
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.count += 1;
    }

    /// Adds a command of words.
    pub(super) fn say<const N: usize>(&mut self, words: [&str; N]) {
        self.add(words.map(str::as_bytes));
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many replies there will be.
    pub(super) fn count(&self) -> usize {
        self.count
    }
}

/// What a server says to a command.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    Bytes(Vec<u8>),
    Number(i64),
    List(Vec<Reply>),
    Nothing,
    Error(String),
}

impl Reply {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Reply]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The first error in it.
    pub(super) fn error(&self) -> Option<&str> {
        match self {
            Self::Error(error) => Some(error),
            Self::List(items) => items.iter().find_map(Self::error),
            _ => None,
        }
    }
}

/// Reads one reply.
///
/// # Errors
///
/// Those of the reader; [`io::ErrorKind::InvalidData`] for what is no reply.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Reply> {
    within(from, DEPTH)
}

fn within(from: &mut impl BufRead, depth: usize) -> io::Result<Reply> {
    let line = line(from)?;
    let (kind, rest) = line.split_at_checked(1).ok_or_else(invalid)?;
    Ok(match kind {
        "+" => Reply::Bytes(rest.as_bytes().to_vec()),
        "-" => Reply::Error(rest.to_owned()),
        ":" => Reply::Number(rest.parse().map_err(|_| invalid())?),
        "$" => match length(rest)? {
            Some(length) => Reply::Bytes(bytes(from, length)?),
            None => Reply::Nothing,
        },
        "*" => match length(rest)? {
            Some(_) if depth == 0 => return Err(invalid()),
            // Collected one by one: a length that is no length makes nobody reserve memory.
            Some(length) => {
                let items = (0..length).map(|_| within(from, depth - 1));
                Reply::List(items.collect::<io::Result<_>>()?)
            }
            None => Reply::Nothing,
        },
        _ => return Err(invalid()),
    })
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    from.by_ref().take(LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let whole = line.strip_suffix(b"\r\n").ok_or_else(invalid)?;
    // Only an error's text may be anything.
    Ok(String::from_utf8_lossy(whole).into_owned())
}

/// A length; `None` for -1, which is nothing.
fn length(text: &str) -> io::Result<Option<u64>> {
    if text == "-1" {
        return Ok(None);
    }
    let length: u64 = text.parse().map_err(|_| invalid())?;
    if length > LONGEST {
        return Err(invalid());
    }
    Ok(Some(length))
}

fn bytes(from: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.by_ref().take(length + 2).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length + 2 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if !bytes.ends_with(b"\r\n") {
        return Err(invalid());
    }
    bytes.truncate(bytes.len() - 2);
    Ok(bytes)
}

fn invalid() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the answer is not in Redis's protocol: is this a Redis server?",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replied(text: &str) -> io::Result<Reply> {
        read(&mut text.as_bytes())
    }

    #[test]
    fn replies_of_every_kind_are_read() {
        let told = |text: &str| Reply::Bytes(text.as_bytes().to_vec());
        assert_eq!(replied("+OK\r\n").unwrap(), told("OK"));
        assert_eq!(replied("$4\r\na\r\nb\r\n").unwrap(), told("a\r\nb"));
        assert_eq!(replied("$0\r\n\r\n").unwrap(), told(""));
        assert_eq!(replied("$-1\r\n").unwrap(), Reply::Nothing);
        assert_eq!(replied("*-1\r\n").unwrap(), Reply::Nothing);
        assert_eq!(replied(":-7\r\n").unwrap(), Reply::Number(-7));
        let list = replied("*3\r\n:1\r\n*0\r\n-ERR no\r\n").unwrap();
        assert_eq!(list.list().unwrap().len(), 3);
        assert_eq!(list.error(), Some("ERR no"));
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        let deep = "*1\r\n".repeat(20);
        for text in [
            "",
            "+OK",
            "HTTP/1.1 400 Bad Request\r\n",
            "$x\r\n",
            "$-2\r\n",
            "$3\r\nab",
            "$1\r\nabc",
            "$99999999999999\r\n",
            "*2\r\n:1\r\n",
            "\r\n",
            ":1.5\r\n",
            &deep,
        ] {
            assert!(replied(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_command_is_a_list_of_byte_strings() {
        let mut commands = Commands::default();
        commands.add([&b"SET"[..], b"a\r\n", b"\x00\xff"]);
        assert_eq!(
            commands.bytes(),
            b"*3\r\n$3\r\nSET\r\n$3\r\na\r\n\r\n$2\r\n\x00\xff\r\n"
        );
        assert_eq!(commands.count(), 1);
    }
}
