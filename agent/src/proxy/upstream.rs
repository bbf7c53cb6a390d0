//! Connections to an upstream.

use std::io;
use std::time::Instant;

use http::Request;
use http::Response;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::route::Route;
use super::tap::RequestTap;

/// Headers of a response that are read; hyper's own bound of 100 is less than some shops send.
const HEADERS: usize = 256;

/// The protocol of a connection, the same on both sides of the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// A live connection to an upstream.
pub(super) struct Upstream {
    sender: Sender,
    pub(super) tls: Option<&'static str>,
    /// Cancelled when the connection has ended.
    pub(super) ended: CancellationToken,
    /// Ends the connection when the last user drops it.
    _guard: std::sync::Arc<DropGuard>,
}

enum Sender {
    Http1(http1::SendRequest<RequestTap>),
    Http2(http2::SendRequest<RequestTap>),
}

/// Why no connection stands.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error("the connection was not made in time")]
    Timeout,
    #[error("no connection to {authority}")]
    Connect { authority: String, source: io::Error },
    #[error("no TLS with {authority}")]
    Tls { authority: String, source: io::Error },
    #[error("{authority} does not speak HTTP/2 over TLS")]
    NoHttp2 { authority: String },
    #[error("no HTTP with {authority}")]
    Http { authority: String, source: hyper::Error },
}

impl DialError {
    /// `error.type` of the attempt.
    pub(super) fn error_type(&self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Connect { .. } | Self::Http { .. } => "connect",
            Self::Tls { .. } | Self::NoHttp2 { .. } => "tls",
        }
    }
}

impl Upstream {
    /// Connects; gives the connection and the time it took in nanoseconds.
    pub(super) async fn dial(route: &Route, protocol: Protocol) -> Result<(Self, u64), DialError> {
        let started = Instant::now();
        let dialled = tokio::time::timeout(route.connect_timeout, Self::connect(route, protocol)).await;
        let upstream = dialled.map_err(|_| DialError::Timeout)??;
        Ok((upstream, u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX)))
    }

    async fn connect(route: &Route, protocol: Protocol) -> Result<Self, DialError> {
        let endpoint = &route.upstream;
        let authority = || endpoint.authority.to_string();
        let stream = TcpStream::connect((endpoint.host.as_str(), endpoint.port))
            .await
            .map_err(|source| DialError::Connect { authority: authority(), source })?;
        // Small frames of the caller are not to wait for each other; a failure costs only time.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &endpoint.tls else { return Self::handshake(stream, protocol, None, authority()).await };
        let config = match protocol {
            Protocol::Http1 => &tls.http1,
            Protocol::Http2 => &tls.http2,
        };
        let stream = TlsConnector::from(std::sync::Arc::clone(config))
            .connect(tls.name.clone(), stream)
            .await
            .map_err(|source| DialError::Tls { authority: authority(), source })?;
        let (_, session) = stream.get_ref();
        if protocol == Protocol::Http2 && session.alpn_protocol() != Some(b"h2") {
            return Err(DialError::NoHttp2 { authority: authority() });
        }
        let version = match session.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
            _ => "TLS",
        };
        Self::handshake(stream, protocol, Some(version), authority()).await
    }

    async fn handshake<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        stream: S,
        protocol: Protocol,
        tls: Option<&'static str>,
        authority: String,
    ) -> Result<Self, DialError> {
        let failed = |source| DialError::Http { authority, source };
        let ended = CancellationToken::new();
        let abandoned = CancellationToken::new();
        let sender = match protocol {
            Protocol::Http1 => {
                let mut builder = http1::Builder::new();
                builder.preserve_header_case(true).max_headers(HEADERS);
                let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
                watch(connection.with_upgrades(), &ended, &abandoned);
                Sender::Http1(sender)
            }
            Protocol::Http2 => {
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder.timer(TokioTimer::new()).adaptive_window(true);
                let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
                watch(connection, &ended, &abandoned);
                Sender::Http2(sender)
            }
        };
        Ok(Self { sender, tls, ended, _guard: std::sync::Arc::new(abandoned.drop_guard()) })
    }

    /// Another handle of an HTTP/2 connection; HTTP/1 carries one request at a time.
    pub(super) fn share(&self) -> Option<Self> {
        match &self.sender {
            Sender::Http1(_) => None,
            Sender::Http2(sender) => Some(Self {
                sender: Sender::Http2(sender.clone()),
                tls: self.tls,
                ended: self.ended.clone(),
                _guard: std::sync::Arc::clone(&self._guard),
            }),
        }
    }

    /// Whether a request can be sent now.
    pub(super) async fn is_ready(&mut self) -> bool {
        match &mut self.sender {
            Sender::Http1(sender) => sender.ready().await.is_ok(),
            Sender::Http2(sender) => sender.ready().await.is_ok(),
        }
    }

    /// Sends a request; a request that was not begun comes back with the error.
    pub(super) async fn send(
        &mut self,
        request: Request<RequestTap>,
    ) -> Result<Response<Incoming>, TrySendError<Request<RequestTap>>> {
        match &mut self.sender {
            Sender::Http1(sender) => sender.try_send_request(request).await,
            Sender::Http2(sender) => sender.try_send_request(request).await,
        }
    }
}

/// Drives a connection in a task until it ends or nobody uses it any more.
fn watch(
    connection: impl Future<Output = hyper::Result<()>> + Send + 'static,
    ended: &CancellationToken,
    abandoned: &CancellationToken,
) {
    let (ended, abandoned) = (ended.clone().drop_guard(), abandoned.clone());
    tokio::spawn(async move {
        let _ended = ended;
        tokio::select! {
            // What went wrong is known to the request that it went wrong for.
            _ = connection => {}
            () = abandoned.cancelled() => {}
        }
    });
}
