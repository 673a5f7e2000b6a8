//! Who calls: a client with a token, or an address.

use std::net::IpAddr;
use std::path::Path;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use ranker::rlhf::SourceId;
use ranker_examples::Outcome;

/// The clients that may call; anyone where there are none.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    tokens: Vec<(SourceId, String)>,
    trusted: Vec<SourceId>,
}

/// Whoever sent a request: what it reports is recorded under this source.
#[derive(Debug, Clone)]
pub(crate) struct Client(pub(crate) SourceId);

/// The address at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl Clients {
    /// Reads a file with a line a client: its name, a space, its token of 16 characters or more.
    pub(crate) fn read(file: &Path) -> Outcome<Self> {
        let shown = file.display();
        let content = std::fs::read_to_string(file);
        let content = content.map_err(|error| format!("cannot read {shown}: {error}"))?;
        let lines = (1..).zip(content.lines());
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        let clients = lines.map(|(number, line)| {
            let parts = line.trim().rsplit_once(' ');
            let (name, token) = parts.filter(|(_, token)| token.len() >= 16).ok_or_else(|| {
                format!("{shown}, line {number}: expected a name and a token of 16 characters or more")
            })?;
            Ok((SourceId::new(name.trim())?, token.to_owned()))
        });
        Ok(Self {
            tokens: clients.collect::<Outcome<_>>()?,
            trusted: Vec::new(),
        })
    }

    /// Takes the feedback of these clients for the operator's own: it may decide alone.
    pub(crate) fn trusting(mut self, names: &[String]) -> Outcome<Self> {
        for name in names {
            let known = self.tokens.iter().find(|(known, _)| known.as_str() == name);
            let (known, _) = known.ok_or_else(|| {
                format!("--trust {name}: there is no such client; only one with a token of --clients is trusted")
            })?;
            self.trusted.push(known.clone());
        }
        Ok(self)
    }

    pub(crate) fn trusted(&self) -> &[SourceId] {
        &self.trusted
    }

    /// The client of a request; `None` where it may not call.
    pub(crate) fn of(&self, headers: &HeaderMap, peer: Option<Peer>) -> Option<Client> {
        if self.tokens.is_empty() {
            let address = peer.map_or_else(|| "local".to_owned(), |peer| peer.0.to_string());
            return SourceId::new(address).ok().map(Client);
        }
        let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
        self.with_token(given.strip_prefix("Bearer ")?.trim())
    }

    /// Whether clients have tokens.
    pub(crate) fn have_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// The client with this token.
    pub(crate) fn with_token(&self, given: &str) -> Option<Client> {
        // All tokens are compared whole, so that time tells nothing of how much was right.
        let matching = self.tokens.iter().filter(|(_, token)| same(token, given));
        let found = matching.fold(None, |_, (name, _)| Some(name));
        found.map(|name| Client(name.clone()))
    }
}

/// Whether two texts are equal, in a time that does not tell how much of them is.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let differing = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |all, (a, b)| all | (a ^ b));
    differing == 0 && a.len() == b.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_client_and_nothing_else_does() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "ann 0123456789abcdef\n\nben fedcba9876543210\n").unwrap();
        let clients = Clients::read(file.path()).unwrap();
        let of = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            let client = clients.of(&headers, None);
            client.map(|client| client.0.as_str().to_owned())
        };
        assert_eq!(of("Bearer fedcba9876543210").as_deref(), Some("ben"));
        for wrong in [
            "Bearer fedcba987654321",
            "fedcba9876543210",
            "Bearer ",
            "Basic x",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
        assert!(clients.of(&HeaderMap::new(), None).is_none());
        let clients = clients.trusting(&["ben".to_owned()]).unwrap();
        assert_eq!(clients.trusted(), [SourceId::new("ben").unwrap()]);
        assert!(clients.trusting(&["cleo".to_owned()]).is_err());
        std::fs::write(&file, "ann short\n").unwrap();
        assert!(Clients::read(file.path()).is_err());
    }
}
