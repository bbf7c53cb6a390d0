//! Whom to trust.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

/// A TLS client that trusts `roots`.
pub(crate) fn client_config(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The public authorities (Mozilla's).
pub(crate) fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

/// A TLS client that trusts the public authorities.
pub(crate) fn public() -> Result<ClientConfig, rustls::Error> {
    client_config(public_roots())
}
