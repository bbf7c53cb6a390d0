//! Whom to trust, the same for exports and for proxied upstreams.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Why no TLS client could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of certificate authorities cannot be read.
    #[error("cannot read certificates from {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::pki_types::pem::Error,
    },
    /// The file holds no usable certificate.
    #[error("{path} holds no certificate; it must be PEM with at least one CERTIFICATE block")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A certificate cannot be used.
    #[error("TLS cannot be set up")]
    Setup {
        /// Why not.
        #[from]
        source: rustls::Error,
    },
}

/// A client that trusts the authorities in `ca_file`, or else the public ones (Mozilla's),
/// and offers `alpn`.
///
/// # Errors
/// [`TlsError`] names the file.
pub fn client_config(ca_file: Option<&Path>, alpn: &[&[u8]]) -> Result<ClientConfig, TlsError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let unreadable = |source| TlsError::File { path: path.to_owned(), source };
            for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                roots.add(certificate.map_err(unreadable)?)?;
            }
            if roots.is_empty() {
                return Err(TlsError::Empty { path: path.to_owned() });
            }
        }
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        assert!(client_config(Some(&path), &[]).unwrap_err().to_string().contains("ca.pem"));
        std::fs::write(&path, "no certificate").unwrap();
        assert!(matches!(client_config(Some(&path), &[]), Err(TlsError::Empty { .. })));
        assert!(client_config(None, &[b"h2"]).is_ok());
    }
}
