//! A server behind TLS with a certificate of a private authority.

use std::sync::Arc;

use ordertrace_collector::storage::{Connection, GroupLimits, Retention, Storage, StorageError};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::Database;

/// Terminates TLS in front of `target`; returns the port and the authority's certificate.
async fn terminate_tls(target: String) -> (u16, String) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (acceptor, target) = (acceptor.clone(), target.clone());
            tokio::spawn(async move {
                // A client that does not trust us hangs up; that is what one test is about.
                if let Ok(mut client) = acceptor.accept(client).await {
                    let mut server = TcpStream::connect(target).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    (port, cert.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_is_trusted_only_when_told_so() {
    let database = Database::start().await;
    let plain = database.connection().clone();
    let (port, pem) = terminate_tls(plain.url.trim_start_matches("http://").to_owned()).await;
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, pem).unwrap();
    let open = |connection: Connection| async move {
        Storage::open(&connection, GroupLimits::default(), Retention::default()).await
    };
    let secure = Connection { url: format!("https://localhost:{port}"), ..plain };

    let trusted = open(Connection { ca_file: Some(ca_file.clone()), ..secure.clone() }).await.map(|_| ());
    assert!(trusted.is_ok(), "{trusted:?}");
    let untrusted = open(secure.clone()).await.map(|_| ());
    assert!(matches!(untrusted, Err(StorageError::Migrate { .. })), "{untrusted:?}");
    let wrong_password = Connection { ca_file: Some(ca_file.clone()), password: "wrong".to_owned(), ..secure.clone() };
    let refused = open(wrong_password).await.map(|_| ());
    assert!(matches!(refused, Err(StorageError::Migrate { .. })), "{refused:?}");
    std::fs::write(&ca_file, "no certificate").unwrap();
    let unusable = open(Connection { ca_file: Some(ca_file), ..secure }).await.map(|_| ());
    assert!(matches!(unusable, Err(StorageError::Connection(_))), "{unusable:?}");
}
