//! What this service signed: who signed in, and the forms that it sent.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use ranker::rlhf::SourceId;
use ranker_examples::Outcome;

use crate::clients::{Client, same};

/// The cookie of whoever signed in.
const SESSION: &str = "session";

/// Seconds for which somebody stays signed in.
const SIGNED_IN: u64 = 12 * 3600;

/// A key that is made at the start and kept nowhere: nothing is stored of who signed in, and with the process all
/// sessions and forms end.
pub(crate) struct Seal([u8; 32]);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    pub(crate) fn new() -> Outcome<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    fn of(&self, what: &str) -> String {
        blake3::keyed_hash(&self.0, what.as_bytes())
            .to_hex()
            .to_string()
    }

    /// What a client's forms hold: no other site can know it.
    pub(crate) fn token(&self, client: &Client) -> String {
        self.of(&format!("form {}", client.0))
    }

    pub(crate) fn is_token(&self, client: &Client, given: &str) -> bool {
        same(&self.token(client), given)
    }

    /// The cookie that tells who signed in, until when. No script reads it, and no other site's form sends it.
    pub(crate) fn cookie(&self, client: &Client) -> String {
        let until = seconds() + SIGNED_IN;
        let name = hex(client.0.as_str());
        let seal = self.of(&format!("session {until} {name}"));
        format!(
            "{SESSION}={until}.{name}.{seal}; Path=/; HttpOnly; SameSite=Lax; Max-Age={SIGNED_IN}"
        )
    }

    /// The cookie that ends it.
    pub(crate) fn no_cookie() -> String {
        format!("{SESSION}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
    }

    /// Who signed in.
    pub(crate) fn signed_in(&self, headers: &HeaderMap) -> Option<Client> {
        let cookies = headers.get_all(COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';'));
        let value = pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == SESSION).then_some(value)
        })?;
        let (until, rest) = value.split_once('.')?;
        let (name, seal) = rest.split_once('.')?;
        let is_ours = same(&self.of(&format!("session {until} {name}")), seal);
        let lasts = until.parse::<u64>().ok()? > seconds();
        let name = unhex(name).filter(|_| is_ours && lasts)?;
        SourceId::new(name).ok().map(Client)
    }
}

fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Names may hold what a cookie may not.
fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Option<String> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cookie(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let pair = cookie.split(';').next().unwrap();
        headers.insert(COOKIE, format!("other=1; {pair}").parse().unwrap());
        headers
    }

    #[test]
    fn only_what_was_sealed_here_is_believed() {
        let seal = Seal::new().unwrap();
        let ann = Client(SourceId::new("Änn; Path=/").unwrap());
        let cookie = seal.cookie(&ann);
        let found = seal.signed_in(&with_cookie(&cookie)).unwrap();
        assert_eq!(found.0, ann.0);
        assert!(seal.is_token(&ann, &seal.token(&found)));

        let other = Seal::new().unwrap();
        assert!(other.signed_in(&with_cookie(&cookie)).is_none());
        assert!(!other.is_token(&ann, &seal.token(&ann)));
        let ben = Client(SourceId::new("ben").unwrap());
        assert!(!seal.is_token(&ben, &seal.token(&ann)));
        for forged in [
            cookie.replacen("session=1", "session=2", 1),
            cookie.replacen(&hex("Änn; Path=/"), &hex("ben"), 1),
            "session=".to_owned(),
            "session=1.zz.zz".to_owned(),
            Seal::no_cookie(),
        ] {
            assert!(seal.signed_in(&with_cookie(&forged)).is_none(), "{forged}");
        }
    }
}
