//! Whose certificates are trusted, for the engines that bring TLS of their own.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::adapter::fault::Fault;

/// What trusts the authorities given in PEM, else those of Mozilla.
pub(crate) fn config(pem: Option<&[u8]>) -> Result<Arc<ClientConfig>, Fault> {
    let mut roots = RootCertStore::empty();
    match pem {
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let bad = |_| Fault::rejected("the text holds no certificate in PEM");
                let added = roots.add(certificate.map_err(bad)?);
                added.map_err(|error| Fault::Rejected(error.into()))?;
            }
            if roots.is_empty() {
                return Err(Fault::rejected("the text holds no certificate in PEM"));
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    // Named, since a process that has two providers has no default one.
    let provider = Arc::new(ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| Fault::Rejected(error.into()))?;
    Ok(Arc::new(
        config.with_root_certificates(roots).with_no_client_auth(),
    ))
}
