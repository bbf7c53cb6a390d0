//! A collector that remembers, upstreams, and an agent between them.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::{Request as HttpRequest, Response as HttpResponse, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use ordertrace_agent::Agent;
use ordertrace_agent::config::{Compression, Config, RouteConfig};
use prost::Message;
use rand::RngExt;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// No test waits longer than this for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

pub fn fixture(name: &str) -> Bytes {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/real-order").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub body: Bytes,
}

/// What the collector answers to the n-th request.
type Answer = Arc<dyn Fn(usize, &Received) -> Response + Send + Sync>;

#[derive(Clone)]
struct CollectorState {
    received: Arc<Mutex<Vec<Received>>>,
    answer: Answer,
    changes: Arc<watch::Sender<()>>,
}

pub struct Collector {
    pub addr: SocketAddr,
    state: CollectorState,
    server: AbortHandle,
}

impl Collector {
    pub async fn start() -> Self {
        Self::at(loopback(), |_, _| StatusCode::OK.into_response()).await
    }

    pub async fn at(addr: SocketAddr, answer: impl Fn(usize, &Received) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let state = CollectorState {
            received: Arc::default(),
            answer: Arc::new(answer),
            changes: Arc::new(watch::Sender::new(())),
        };
        let router = Router::new()
            .route("/v1/{signal}", post(collect))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(state.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle();
        Self { addr, state, server }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    pub fn spans(&self) -> Vec<Span> {
        let received = self.received();
        let traces = received.iter().filter(|request| request.path == "/v1/traces");
        let requests = traces.map(|request| ExportTraceServiceRequest::decode(&request.body[..]).unwrap());
        requests
            .flat_map(|request| request.resource_spans)
            .flat_map(|resource| resource.scope_spans)
            .flat_map(|scope| scope.spans)
            .collect()
    }

    /// Waits for at least so many spans.
    pub async fn wait_for_spans(&self, count: usize) -> Vec<Span> {
        self.wait(|| Some(self.spans()).filter(|spans| spans.len() >= count)).await
    }

    pub async fn wait_for_requests(&self, count: usize) -> Vec<Received> {
        self.wait(|| Some(self.received()).filter(|received| received.len() >= count)).await
    }

    /// Waits until something is there.
    pub async fn wait<T>(&self, mut ready: impl FnMut() -> Option<T>) -> T {
        let mut changes = self.state.changes.subscribe();
        tokio::time::timeout(PATIENCE, async {
            loop {
                if let Some(value) = ready() {
                    return value;
                }
                changes.changed().await.unwrap();
            }
        })
        .await
        .expect("the collector was not told in time")
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn collect(State(state): State<CollectorState>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let coding = request.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
    let raw = request.into_body().collect().await.unwrap().to_bytes();
    let body = match coding.as_deref() {
        None => raw,
        Some("gzip") => {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&raw[..]).read_to_end(&mut plain).unwrap();
            plain.into()
        }
        Some("zstd") => zstd::decode_all(&raw[..]).unwrap().into(),
        Some(other) => panic!("{other}"),
    };
    let received = Received { path, body };
    let number = {
        let mut all = state.received.lock().unwrap();
        all.push(received.clone());
        all.len() - 1
    };
    let answer = (state.answer)(number, &received);
    state.changes.send_replace(());
    answer
}

/// A server's end of TLS for `localhost`; the file of the authority that vouches for it lies in `dir`.
pub fn tls(dir: &Path) -> (PathBuf, tokio_rustls::TlsAcceptor) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca_file = dir.join("ca.pem");
    std::fs::write(&ca_file, ca.self_signed(&ca_key).unwrap().pem()).unwrap();
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![cert.der().clone()],
            rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (ca_file, tokio_rustls::TlsAcceptor::from(Arc::new(server)))
}

/// Configuration of an agent that spools below `dir` and exports to `endpoint`.
pub fn config(dir: &Path, endpoint: &str) -> Config {
    let mut config = Config { name: "agent-under-test".to_owned(), ..Config::default() };
    config.export.endpoint = endpoint.to_owned();
    config.export.compression = Compression::None;
    config.export.retry_max_ms = 50;
    config.spool.dir = dir.join("spool");
    config.receiver.http = Some(loopback());
    config.receiver.grpc = Some(loopback());
    config.metrics = Some(loopback());
    config
}

/// An agent with one route `r` from `shop` to `oms`.
pub struct Routed {
    pub agent: Agent,
    pub collector: Collector,
    pub addr: SocketAddr,
    pub _dir: TempDir,
}

impl Routed {
    pub async fn to(upstream: &str) -> Self {
        Self::with(upstream, |_| {}).await
    }

    pub async fn with(upstream: &str, change: impl FnOnce(&mut RouteConfig)) -> Self {
        let dir = TempDir::new().unwrap();
        let collector = Collector::start().await;
        let mut config = config(dir.path(), &collector.endpoint());
        let mut route = RouteConfig::new("r", "shop", "oms", loopback(), upstream);
        change(&mut route);
        config.routes.push(route);
        let agent = Agent::start(config).await.unwrap();
        let addr = agent.route_addr("r").unwrap();
        Self { agent, collector, addr, _dir: dir }
    }

    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.addr)
    }

    /// The one span of the one exchange.
    pub async fn span(&self) -> Span {
        self.collector.wait_for_spans(1).await.remove(0)
    }
}

pub type UpstreamBody = UnsyncBoxBody<Bytes, hyper::Error>;

pub fn full(bytes: impl Into<Bytes>) -> UpstreamBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// An HTTP/1 and HTTP/2 server on loopback.
pub struct Upstream {
    pub addr: SocketAddr,
    server: AbortHandle,
}

impl Upstream {
    pub async fn start<F, R>(handle: F) -> Self
    where
        F: Fn(http::Request<Incoming>) -> R + Clone + Send + 'static,
        R: Future<Output = http::Response<UpstreamBody>> + Send + 'static,
    {
        let listener = TcpListener::bind(loopback()).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, handle.clone()));
            }
        });
        Self { addr, server: server.abort_handle() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub async fn serve<S, F, R>(stream: S, handle: F)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    F: Fn(http::Request<Incoming>) -> R + Send + 'static,
    R: Future<Output = http::Response<UpstreamBody>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let answered = handle(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    // Callers may go away at any time; that is what some tests are about.
    let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
}

pub async fn http2_client(addr: SocketAddr) -> hyper::client::conn::http2::SendRequest<UpstreamBody> {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A span's attribute in text form.
pub fn attribute(span: &Span, name: &str) -> Option<String> {
    let value = span.attributes.iter().find(|attribute| attribute.key == name)?.value.clone()?.value?;
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::BoolValue(value) => value.to_string(),
        other => format!("{other:?}"),
    })
}

pub async fn body_of(response: http::Response<Incoming>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

/// An HTTP client of the system under test.
pub fn client() -> reqwest::Client {
    let tls = ordertrace_agent::tls::client_config(None, &[]).unwrap();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

pub fn random(length: usize) -> Bytes {
    let mut bytes = vec![0; length];
    rand::rng().fill(&mut bytes[..]);
    bytes.into()
}

/// Answers with the request's body as it comes, trailers included.
pub async fn echo(request: HttpRequest<Incoming>) -> HttpResponse<UpstreamBody> {
    let (head, body) = request.into_parts();
    let mut response = HttpResponse::new(body.boxed_unsync());
    for name in ["x-mixed", "te", "traceparent", "tracestate", "host", "connection"] {
        if let Some(value) = head.headers.get(name) {
            response.headers_mut().insert(http::HeaderName::try_from(format!("seen-{name}")).unwrap(), value.clone());
        }
    }
    if let Some(trailer) = head.headers.get("trailer") {
        response.headers_mut().insert("trailer", trailer.clone());
    }
    response
}

/// Speaks raw HTTP/1.1 through the route and returns everything until the end.
pub async fn raw(routed: &Routed, request: &str) -> String {
    let mut stream = TcpStream::connect(routed.addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    answer
}

/// A server that reads a request's head on each connection and then does as told.
pub async fn raw_upstream(answers: Vec<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    addr
}
