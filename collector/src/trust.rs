//! Whom to trust.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A file of certificate authorities that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}; it must be a PEM file of CA certificates", path.display())]
pub struct CaFileError {
    /// The file.
    path: PathBuf,
    /// What is wrong with it.
    reason: String,
}

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

/// Adds the authorities of a file.
pub(crate) fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), CaFileError> {
    let error = |reason: String| CaFileError { path: path.to_owned(), reason };
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|source| error(source.to_string()))? {
        let certificate = certificate.map_err(|source| error(source.to_string()))?;
        roots.add(certificate).map_err(|source| error(source.to_string()))?;
    }
    if roots.len() == before {
        return Err(error("no certificate in it".to_owned()));
    }
    Ok(())
}

/// Adds the authorities that this host trusts, of which `SSL_CERT_FILE` and `SSL_CERT_DIR` may say where they
/// stand. What of them cannot be read is left out: the public ones remain.
pub(crate) fn add_system(roots: &mut RootCertStore) {
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!(%error, "some of the authorities that this host trusts cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
}
