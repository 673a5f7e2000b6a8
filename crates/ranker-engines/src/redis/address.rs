//! `redis://user:password@host:port/database`.

use crate::Secret;
use crate::adapter::fault::Fault;

/// Where a server is, and who one is there.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encrypted: bool,
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) database: u32,
}

impl Address {
    /// Reads a URL. No message repeats a part of it, which may be the password.
    pub(super) fn new(url: &Secret) -> Result<Self, Fault> {
        let told = "the URL cannot be read: it is redis://user:password@host:port/database, or rediss:// for \
                    TLS, with %-codes for other signs in the password";
        of(url.expose()).ok_or_else(|| Fault::rejected(told))
    }
}

fn of(url: &str) -> Option<Address> {
    let (scheme, rest) = url.split_once("://")?;
    let encrypted = match scheme {
        "redis" => false,
        "rediss" => true,
        _ => return None,
    };
    let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (who, server) = match place.rsplit_once('@') {
        Some((who, server)) => (Some(who), server),
        None => (None, place),
    };
    let (user, password) = match who {
        // Without a colon it is a user without a password, which Redis has no use for.
        Some(who) => who.split_once(':').map(|(user, word)| (user, Some(word)))?,
        None => ("", None),
    };
    let user = Some(decoded(user)?).filter(|user| !user.is_empty());
    let password = match password {
        Some(word) => Some(Secret::new(decoded(word)?)),
        None => None,
    };
    let (host, port) = server_of(server)?;
    let database = match database {
        "" => 0,
        number => number.parse().ok()?,
    };
    Some(Address {
        host,
        port,
        encrypted,
        user,
        password,
        database,
    })
}

fn server_of(server: &str) -> Option<(String, u16)> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    let port = match port {
        Some(port) => port.parse().ok()?,
        None => 6379,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

/// A text with its %-codes as what they stand for.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, others)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = others;
            continue;
        }
        let code = std::str::from_utf8(others.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        rest = &others[2..];
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let whole = of("rediss://ann:p%40ss%2f%3A@db.example:7000/3").unwrap();
        assert_eq!(
            (&*whole.host, whole.port, whole.database),
            ("db.example", 7000, 3)
        );
        assert!(whole.encrypted);
        assert_eq!(whole.user.as_deref(), Some("ann"));
        assert_eq!(whole.password.unwrap().expose(), "p@ss/:");
        let bare = of("redis://localhost").unwrap();
        assert_eq!((bare.port, bare.database, bare.encrypted), (6379, 0, false));
        assert!(bare.user.is_none() && bare.password.is_none());
        let six = of("redis://:word@[::1]:7001/").unwrap();
        assert_eq!((&*six.host, six.port), ("::1", 7001));
        assert!(six.user.is_none());
        assert_eq!(six.password.unwrap().expose(), "word");
    }

    #[test]
    fn no_message_repeats_a_password() {
        for url in [
            "hunter2",
            "http://a:hunter2@b",
            "redis://hunter2@b",
            "redis://a:hunter2@b:x",
            "redis://a:hunter2@b/x",
            "redis://a:hunter2@",
            "redis://a:hunter2%4@b",
        ] {
            let error = Address::new(&Secret::new(url)).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
