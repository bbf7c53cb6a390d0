//! From the spool to the collector, through its failures and the agent's restarts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::response::IntoResponse;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use ordertrace_agent::Agent;
use ordertrace_agent::config::{Compression, Config, Protocol, RouteConfig};
use ordertrace_agent::telemetry::SignalStats;
use ordertrace_otlp::Signal;
use prost::Message;
use support::{Collector, PATIENCE, Received, Upstream, body_of, client, config, full, loopback};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

fn named(name: &str) -> Bytes {
    let spans = vec![Span { name: name.to_owned(), ..Span::default() }];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec().into()
}

async fn post(agent: &Agent, body: Bytes) {
    let url = format!("http://{}/v1/traces", agent.receiver_http_addr().unwrap());
    let request = client().post(url).header("content-type", "application/x-protobuf").body(body);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
}

fn names(collector: &Collector) -> Vec<String> {
    collector.spans().into_iter().map(|span| span.name).collect()
}

fn traces(agent: &Agent) -> SignalStats {
    agent.stats().of(Signal::Traces).clone()
}

/// An address where nothing listens.
async fn vacant() -> std::net::SocketAddr {
    TcpListener::bind(loopback()).await.unwrap().local_addr().unwrap()
}

fn contains(request: &Received, name: &str) -> bool {
    request.body.windows(name.len()).any(|window| window == name.as_bytes())
}

#[tokio::test]
async fn a_dead_collector_does_not_touch_the_traffic_and_gets_everything_when_it_is_back() {
    let dir = TempDir::new().unwrap();
    let addr = vacant().await;
    let upstream = Upstream::start(|_: Request<Incoming>| async { Response::new(full("fine")) }).await;
    let mut settings = config(dir.path(), &format!("http://{addr}"));
    settings.routes.push(RouteConfig::new("r", "shop", "oms", loopback(), &upstream.url()));
    let agent = Agent::start(settings).await.unwrap();
    let url = format!("http://{}/", agent.route_addr("r").unwrap());
    for _ in 0..20 {
        assert_eq!(client().get(&url).send().await.unwrap().text().await.unwrap(), "fine");
    }
    let collector = Collector::at(addr, |_, _| StatusCode::OK.into_response()).await;
    assert_eq!(collector.wait_for_spans(20).await.len(), 20);
    assert!(agent.drained(PATIENCE).await);
    let stats = traces(&agent);
    assert_eq!((stats.accepted, stats.sent, stats.spooled), (20, 20, 0));
    agent.stop().await;
}

#[tokio::test]
async fn a_restart_delivers_what_was_spooled_once_and_in_order() {
    let dir = TempDir::new().unwrap();
    let agent = Agent::start(config(dir.path(), &format!("http://{}", vacant().await))).await.unwrap();
    for n in 0..10 {
        post(&agent, named(&n.to_string())).await;
    }
    assert_eq!(traces(&agent).spooled, 10);
    agent.stop().await;

    let collector = Collector::start().await;
    let agent = Agent::start(config(dir.path(), &collector.endpoint())).await.unwrap();
    assert!(agent.drained(PATIENCE).await);
    assert_eq!(names(&collector), (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
    let stats = traces(&agent);
    assert_eq!((stats.accepted, stats.sent, stats.spooled), (10, 10, 0), "accepted by the one, sent by the other");
    agent.stop().await;

    let agent = Agent::start(config(dir.path(), &collector.endpoint())).await.unwrap();
    assert_eq!((traces(&agent).accepted, traces(&agent).sent), (10, 10));
    agent.stop().await;
    assert_eq!(collector.spans().len(), 10);
}

#[tokio::test]
async fn a_retried_request_carries_the_same_bytes() {
    let dir = TempDir::new().unwrap();
    let failing = Arc::new(AtomicBool::new(true));
    let still_failing = Arc::clone(&failing);
    let collector = Collector::at(loopback(), move |number, _| {
        let status = if number < 3 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        still_failing.store(number < 3, Ordering::SeqCst);
        status.into_response()
    })
    .await;
    let agent = Agent::start(config(dir.path(), &collector.endpoint())).await.unwrap();
    for n in 0..5 {
        // More arrives while the first request is being retried.
        post(&agent, named(&n.to_string())).await;
    }
    assert!(agent.drained(PATIENCE).await);
    let received = collector.received();
    assert!(received[..4].iter().all(|request| request.body == received[0].body));
    assert!(!failing.load(Ordering::SeqCst));
    assert_eq!(traces(&agent).sent, 5);
    agent.stop().await;
}

#[tokio::test]
async fn a_slow_collector_gets_four_full_batches_at_once() {
    let dir = TempDir::new().unwrap();
    let together = Arc::new(tokio::sync::Barrier::new(4));
    let collector = Upstream::start(move |request: Request<Incoming>| {
        let together = Arc::clone(&together);
        async move {
            assert_eq!(request.headers()["user-agent"], concat!("ordertrace-agent/", env!("CARGO_PKG_VERSION")));
            body_of(Response::new(request.into_body())).await;
            // Nobody is answered before four have asked.
            together.wait().await;
            Response::new(full(""))
        }
    })
    .await;
    let agent = Agent::start(config(dir.path(), &collector.url())).await.unwrap();
    for _ in 0..8 {
        post(&agent, named(&"x".repeat(1024 * 1024))).await;
    }
    assert!(agent.drained(PATIENCE).await);
    assert_eq!(traces(&agent).sent, 8);
    agent.stop().await;
}

#[tokio::test]
async fn a_refused_record_is_counted_and_its_neighbours_arrive() {
    let dir = TempDir::new().unwrap();
    let agent = Agent::start(config(dir.path(), &format!("http://{}", vacant().await))).await.unwrap();
    for name in ["good-1", "bad", "good-2", "good-3"] {
        post(&agent, named(name)).await;
    }
    agent.stop().await;
    let collector = Collector::at(loopback(), |_, request| {
        if contains(request, "bad") { StatusCode::BAD_REQUEST } else { StatusCode::OK }.into_response()
    })
    .await;
    let agent = Agent::start(config(dir.path(), &collector.endpoint())).await.unwrap();
    assert!(agent.drained(PATIENCE).await);
    let stats = traces(&agent);
    assert_eq!((stats.sent, stats.dropped), (3, vec![("refused", 1)]));
    let accepted = collector.received().into_iter().filter(|request| !contains(request, "bad"));
    let mut accepted_spans = 0;
    for request in accepted {
        let request = ExportTraceServiceRequest::decode(&request.body[..]).unwrap();
        accepted_spans += request.resource_spans.len();
    }
    assert_eq!(accepted_spans, 3, "each once");
    agent.stop().await;
}

#[tokio::test]
async fn a_partial_success_is_counted() {
    let dir = TempDir::new().unwrap();
    let collector = Collector::at(loopback(), |_, _| {
        let partial = ExportTracePartialSuccess { rejected_spans: 1, error_message: "no such system".to_owned() };
        let response = ExportTraceServiceResponse { partial_success: Some(partial) };
        response.encode_to_vec().into_response()
    })
    .await;
    let agent = Agent::start(config(dir.path(), &collector.endpoint())).await.unwrap();
    let two = [named("a"), named("b")].concat();
    post(&agent, two.into()).await;
    assert!(agent.drained(PATIENCE).await);
    let stats = traces(&agent);
    assert_eq!((stats.accepted, stats.sent, stats.dropped), (2, 1, vec![("rejected", 1)]));
    agent.stop().await;
}

#[tokio::test]
async fn every_compression_and_grpc_deliver() {
    let collector_dir = TempDir::new().unwrap();
    let http = Collector::start().await;
    // Another agent stands in for a gRPC collector.
    let relay = Agent::start(config(collector_dir.path(), &http.endpoint())).await.unwrap();
    let mut expected = 0;
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let dir = TempDir::new().unwrap();
            let endpoint = match protocol {
                Protocol::HttpProtobuf => http.endpoint(),
                Protocol::Grpc => format!("http://{}", relay.receiver_grpc_addr().unwrap()),
            };
            let mut settings: Config = config(dir.path(), &endpoint);
            settings.export.protocol = protocol;
            settings.export.compression = compression;
            let agent = Agent::start(settings).await.unwrap();
            post(&agent, named(&format!("{protocol:?} {compression:?}"))).await;
            assert!(agent.drained(PATIENCE).await, "{protocol:?} {compression:?}");
            agent.stop().await;
            expected += 1;
            http.wait_for_spans(expected).await;
        }
    }
    relay.stop().await;
}

#[tokio::test]
async fn both_protocols_deliver_over_tls_to_whom_the_authority_vouches_for() {
    let dir = TempDir::new().unwrap();
    let (ca_file, acceptor) = support::tls(dir.path());
    let collector = Collector::start().await;
    // Another agent stands in for a gRPC collector.
    let relay = Agent::start(config(&dir.path().join("relay"), &collector.endpoint())).await.unwrap();
    for (protocol, behind) in
        [(Protocol::HttpProtobuf, collector.addr), (Protocol::Grpc, relay.receiver_grpc_addr().unwrap())]
    {
        let listener = TcpListener::bind(loopback()).await.unwrap();
        let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (refused, mut refusals) = mpsc::channel(10);
        let acceptor = acceptor.clone();
        let terminating = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    let _ = refused.try_send(());
                    continue;
                };
                let mut plain = TcpStream::connect(behind).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut stream, &mut plain).await });
            }
        });
        let start = async |name: &str, ca_file: Option<PathBuf>| {
            let mut settings = config(&dir.path().join(format!("{protocol:?} {name}")), &endpoint);
            settings.export.protocol = protocol;
            settings.export.ca_file = ca_file;
            Agent::start(settings).await.unwrap()
        };
        let trusting = start("trusting", Some(ca_file.clone())).await;
        post(&trusting, named(&format!("{protocol:?}"))).await;
        assert!(trusting.drained(PATIENCE).await, "{protocol:?}");
        let distrusting = start("distrusting", None).await;
        post(&distrusting, named("secret")).await;
        tokio::time::timeout(PATIENCE, refusals.recv()).await.expect("it tries").unwrap();
        assert_eq!((traces(&distrusting).sent, traces(&distrusting).spooled), (0, 1), "{protocol:?}");
        trusting.stop().await;
        distrusting.stop().await;
        terminating.abort();
    }
    collector.wait_for_spans(2).await;
    assert_eq!(names(&collector), ["HttpProtobuf", "Grpc"]);
    relay.stop().await;
}

#[tokio::test]
async fn what_cannot_be_configured_is_said() {
    let dir = TempDir::new().unwrap();
    let good = || config(dir.path(), "http://127.0.0.1:1");
    let route = |name: &str| RouteConfig::new(name, "a", "b", loopback(), "http://127.0.0.1:1");
    let taken = TcpListener::bind(loopback()).await.unwrap();
    let cases: [(Config, &str); 5] = [
        (Config { routes: vec![route("r"), route("r")], ..good() }, "two routes"),
        (Config { metrics: Some(taken.local_addr().unwrap()), ..good() }, "cannot listen"),
        (config(dir.path(), "no url"), "no url"),
        (
            {
                let mut grpc = config(dir.path(), "ftp://a");
                grpc.export.protocol = Protocol::Grpc;
                grpc
            },
            "ftp://a",
        ),
        (Config { routes: vec![RouteConfig { upstream: "x".to_owned(), ..route("r") }], ..good() }, "route r"),
    ];
    for (config, said) in cases {
        let error = Agent::start(config).await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
