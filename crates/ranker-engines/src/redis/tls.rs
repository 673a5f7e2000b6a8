//! TLS for connections, where the feature `redis-tls` asks for it.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::pool::Timed;
use crate::adapter::fault::Fault;
use crate::adapter::roots;

/// An encrypted stream.
pub(super) type Encrypted = StreamOwned<ClientConnection, Timed>;

/// What trusts a server's certificate: the authorities given in PEM, else those of Mozilla.
pub(super) struct Tls(Arc<ClientConfig>);

impl Tls {
    pub(super) fn new(pem: Option<&[u8]>) -> Result<Self, Fault> {
        roots::config(pem).map(Self)
    }

    /// A stream over a socket; the handshake comes with the first bytes.
    pub(super) fn over(&self, socket: Timed, host: &str) -> Result<Encrypted, Fault> {
        let bad = |error| Fault::Rejected(Box::new(error));
        let name = ServerName::try_from(host.to_owned()).map_err(bad)?;
        let opened = ClientConnection::new(Arc::clone(&self.0), name);
        let opened = opened.map_err(|error| Fault::Rejected(error.into()))?;
        Ok(StreamOwned::new(opened, socket))
    }
}
