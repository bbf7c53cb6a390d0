//! The handoff proxy between real HTTP clients and servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use support::{
    PATIENCE, Routed, Upstream, attribute, body_of, client, echo, full, http2_client, loopback, random, raw,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

#[tokio::test]
async fn bodies_pass_byte_for_byte_both_ways() {
    let upstream = Upstream::start(echo).await;
    let routed = Routed::to(&upstream.url()).await;
    let body = random(5 * 1024 * 1024);
    let client = client();
    let sized = client.post(routed.url("/orders/1?secret=x")).body(body.clone()).send().await.unwrap();
    assert_eq!(sized.bytes().await.unwrap(), body);
    let chunks: Vec<Result<Bytes, std::io::Error>> =
        body.chunks(70_001).map(|c| Ok(Bytes::copy_from_slice(c))).collect();
    let streamed = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let streamed = client.post(routed.url("/orders/1")).body(streamed).send().await.unwrap();
    assert_eq!(streamed.bytes().await.unwrap(), body);

    let spans = routed.collector.wait_for_spans(2).await;
    for span in &spans {
        assert_eq!(span.name, "POST /orders/{}");
        for (name, value) in [
            ("commerce.handoff.from", "shop"),
            ("commerce.handoff.to", "oms"),
            ("commerce.handoff.observer", "proxy"),
            ("http.request.method", "POST"),
            ("url.path", "/orders/1"),
            ("http.response.status_code", "200"),
            ("http.request.body.size", "5242880"),
            ("http.response.body.size", "5242880"),
            ("network.protocol.version", "1.1"),
            ("commerce.capture.truncated", "true"),
            ("commerce.tls", "none"),
        ] {
            assert_eq!(attribute(span, name).as_deref(), Some(value), "{name}");
        }
        assert!(!format!("{span:?}").contains("secret"));
        assert!(span.end_time_unix_nano > span.start_time_unix_nano);
        assert_eq!(attribute(span, "error.type"), None);
    }
    assert!(attribute(&spans[0], "commerce.timing.connect_ms").is_some());
    assert_eq!(attribute(&spans[1], "commerce.timing.connect_ms"), None, "the connection was reused");
    routed.agent.stop().await;
}

#[tokio::test]
async fn both_directions_stream_at_once() {
    let upstream = Upstream::start(echo).await;
    let routed = Routed::to(&upstream.url()).await;
    let (send, receive) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let body = reqwest::Body::wrap_stream(tokio_stream::wrappers::ReceiverStream::new(receive));
    send.send(Ok(Bytes::from_static(b"first"))).await.unwrap();
    let response = client().post(routed.url("/")).body(body).send().await.unwrap();
    let mut answer = response.bytes_stream();
    // The request is still open: nothing is buffered on the way there or back.
    assert_eq!(answer.next().await.unwrap().unwrap(), "first");
    send.send(Ok(Bytes::from_static(b"second"))).await.unwrap();
    assert_eq!(answer.next().await.unwrap().unwrap(), "second");
    drop(send);
    assert!(answer.next().await.is_none());
    routed.agent.stop().await;
}

#[tokio::test]
async fn http2_with_trailers_passes_as_grpc_needs_it() {
    let upstream = Upstream::start(|request: Request<Incoming>| async move {
        assert_eq!(request.version(), http::Version::HTTP_2);
        let authority = request.uri().authority().unwrap().to_string();
        let te = request.headers().get("te").cloned();
        let collected = request.into_body().collect().await.unwrap();
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let mut sent = HeaderMap::new();
        sent.insert("grpc-status", HeaderValue::from_static("0"));
        sent.insert("seen-trailer", trailers.get("x-sum").cloned().unwrap());
        let frames = [Frame::data(collected.to_bytes()), Frame::trailers(sent)].map(Ok);
        let mut response = Response::new(StreamBody::new(futures::stream::iter(frames)).boxed_unsync());
        response.headers_mut().insert("seen-authority", HeaderValue::from_str(&authority).unwrap());
        response.headers_mut().insert("seen-te", te.unwrap());
        response
    })
    .await;
    let routed = Routed::to(&upstream.url()).await;
    let mut client = http2_client(routed.addr).await;
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", HeaderValue::from_static("42"));
    let body = random(300_000);
    let frames = [Frame::data(body.clone()), Frame::trailers(trailers)].map(Ok);
    let request = Request::post("http://orders.example/pkg.Service/Call")
        .header("te", "trailers")
        .header("content-type", "application/grpc")
        .body(StreamBody::new(futures::stream::iter(frames)).boxed_unsync())
        .unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.headers()["seen-authority"], "orders.example");
    assert_eq!(response.headers()["seen-te"], "trailers");
    let collected = response.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(collected.trailers().unwrap()["seen-trailer"], "42");
    assert_eq!(collected.to_bytes(), body);
    assert_eq!(attribute(&routed.span().await, "network.protocol.version").as_deref(), Some("2"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn many_http2_requests_share_a_connection() {
    let upstream = Upstream::start(echo).await;
    let routed = Routed::to(&upstream.url()).await;
    let client = http2_client(routed.addr).await;
    let calls = (0..50).map(|n| {
        let mut client = client.clone();
        async move {
            let request = Request::post(format!("http://x/{n}")).body(full(format!("body {n}"))).unwrap();
            body_of(client.send_request(request).await.unwrap()).await
        }
    });
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().enumerate().all(|(n, answer)| *answer == format!("body {n}")));
    let spans = routed.collector.wait_for_spans(50).await;
    let connects = spans.iter().filter(|span| attribute(span, "commerce.timing.connect_ms").is_some()).count();
    assert_eq!(connects, 1);
    routed.agent.stop().await;
}

#[tokio::test]
async fn header_case_trailers_and_hop_headers_over_http1() {
    let upstream = Upstream::start(echo).await;
    let routed = Routed::to(&upstream.url()).await;
    let answer = raw(
        &routed,
        "POST / HTTP/1.1\r\nHost: shop.example\r\nX-MiXed: Ab\r\nTE: trailers\r\nConnection: TE, close\r\n\
         Trailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("seen-x-mixed: Ab\r\n") && answer.contains("seen-host: shop.example\r\n"), "{answer}");
    assert!(answer.contains("seen-te: trailers\r\n"), "{answer}");
    assert!(answer.contains("\r\n3\r\nabc\r\n0\r\nx-sum: 7\r\n\r\n"), "{answer}");
    routed.agent.stop().await;
}

#[tokio::test]
async fn a_caller_that_waits_for_100_continue_gets_it() {
    let upstream = Upstream::start(echo).await;
    let routed = Routed::to(&upstream.url()).await;
    let mut caller = TcpStream::connect(routed.addr).await.unwrap();
    let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n";
    caller.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    tokio::time::timeout(PATIENCE, caller.read_exact(&mut interim)).await.unwrap().unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    caller.write_all(b"body").await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(PATIENCE, caller.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("body"), "{answer}");
    routed.agent.stop().await;
}

#[tokio::test]
async fn heads_and_empty_answers_keep_their_framing() {
    let upstream = Upstream::start(|request: Request<Incoming>| async move {
        let mut response = Response::new(full(""));
        if request.method() == http::Method::HEAD {
            response.headers_mut().insert("content-length", HeaderValue::from_static("1234"));
        } else {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    })
    .await;
    let routed = Routed::to(&upstream.url()).await;
    let head = raw(&routed, "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(head.contains("content-length: 1234\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    let unmodified = raw(&routed, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(unmodified.starts_with("HTTP/1.1 304 ") && unmodified.ends_with("\r\n\r\n"), "{unmodified}");
    assert_eq!(routed.collector.wait_for_spans(2).await.len(), 2);
    routed.agent.stop().await;
}

#[tokio::test]
async fn an_upgrade_becomes_a_tunnel() {
    let upstream = Upstream::start(|mut request: Request<Incoming>| async move {
        assert_eq!(request.headers()["upgrade"], "websocket");
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            let mut word = [0; 4];
            stream.read_exact(&mut word).await.unwrap();
            word.reverse();
            stream.write_all(&word).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let mut response = Response::new(full(""));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.headers_mut().insert("connection", HeaderValue::from_static("Upgrade"));
        response.headers_mut().insert("upgrade", HeaderValue::from_static("websocket"));
        response
    })
    .await;
    let routed = Routed::to(&upstream.url()).await;
    let answer =
        raw(&routed, "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nping").await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains("upgrade: websocket\r\n") && answer.ends_with("\r\n\r\ngnip"), "{answer}");
    assert_eq!(attribute(&routed.span().await, "http.response.status_code").as_deref(), Some("101"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn tls_upstreams_are_checked_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let (ca_file, acceptor) = support::tls(dir.path());
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust the certificate goes away.
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(support::serve(stream, echo));
            }
        }
    });
    let upstream = format!("https://localhost:{port}");
    let routed = Routed::with(&upstream, |route| route.ca_file = Some(ca_file)).await;
    let answer = client().post(routed.url("/a")).body("over TLS").send().await.unwrap();
    assert_eq!(answer.headers()["seen-host"], format!("localhost:{port}"), "Host is the upstream's over https");
    assert_eq!(answer.text().await.unwrap(), "over TLS");
    let mut http2 = http2_client(routed.addr).await;
    let request = Request::post("http://x/b").body(full("and HTTP/2")).unwrap();
    assert_eq!(body_of(http2.send_request(request).await.unwrap()).await, "and HTTP/2");
    for span in routed.collector.wait_for_spans(2).await {
        assert_eq!(attribute(&span, "commerce.tls").as_deref(), Some("TLSv1.3"));
    }
    let distrusting = Routed::to(&upstream).await;
    assert_eq!(client().get(distrusting.url("/")).send().await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert_eq!(attribute(&distrusting.span().await, "error.type").as_deref(), Some("tls"));
    serving.abort();
    routed.agent.stop().await;
    distrusting.agent.stop().await;
}
