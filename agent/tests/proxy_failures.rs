//! The handoff proxy when upstreams, callers or the agent itself go away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use http::{Response, StatusCode};
use support::{PATIENCE, Routed, Upstream, attribute, client, full, loopback, raw, raw_upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

#[tokio::test]
async fn an_upstream_that_is_not_there_is_a_bad_gateway() {
    let gone = TcpListener::bind(loopback()).await.unwrap().local_addr().unwrap();
    let routed = Routed::to(&format!("http://{gone}")).await;
    let answer = client().get(routed.url("/orders")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(answer.text().await.unwrap().contains(&gone.to_string()));
    let span = routed.span().await;
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("connect"));
    assert_eq!(span.status.unwrap().code, 2);
    routed.agent.stop().await;
}

#[tokio::test]
async fn an_upstream_that_is_too_slow_is_a_gateway_timeout() {
    let upstream = Upstream::start(|_| std::future::pending()).await;
    let routed = Routed::with(&upstream.url(), |route| route.response_timeout_ms = 50).await;
    assert_eq!(client().get(routed.url("/")).send().await.unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(attribute(&routed.span().await, "error.type").as_deref(), Some("timeout"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn an_upstream_that_dies_within_the_body_breaks_the_callers_too() {
    let addr = raw_upstream(vec!["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"]).await;
    let routed = Routed::to(&format!("http://{addr}")).await;
    let answer = client().get(routed.url("/")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.bytes().await.is_err(), "a cut body must not look whole");
    let span = routed.span().await;
    assert_eq!(attribute(&span, "error.type").as_deref(), Some("reset"));
    assert_eq!(attribute(&span, "http.response.status_code").as_deref(), Some("200"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn an_upstream_that_closes_without_an_answer_is_a_bad_gateway() {
    let addr = raw_upstream(vec![""]).await;
    let routed = Routed::to(&format!("http://{addr}")).await;
    assert_eq!(client().get(routed.url("/")).send().await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert_eq!(attribute(&routed.span().await, "error.type").as_deref(), Some("reset"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn an_idle_connection_that_the_upstream_closes_is_closed_towards_the_caller() {
    let addr = raw_upstream(vec!["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"; 2]).await;
    let routed = Routed::to(&format!("http://{addr}")).await;
    for _ in 0..2 {
        // No `Connection: close` here: only the upstream's closing ends it.
        let answer = raw(&routed, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    }
    for span in routed.collector.wait_for_spans(2).await {
        assert_eq!(attribute(&span, "error.type"), None);
    }
    routed.agent.stop().await;
}

/// A request that was written on a reused connection and lost ends the caller's connection,
/// as it would without the proxy; it is neither sent twice nor answered for the upstream.
#[tokio::test]
async fn a_request_lost_on_a_reused_connection_is_not_repeated() {
    let listener = TcpListener::bind(loopback()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (heads, mut seen) = mpsc::channel::<String>(8);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for answer in ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ""] {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            heads.send(String::from_utf8(head).unwrap()).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        drop(stream);
        // A second connection would be a repetition.
        if listener.accept().await.is_ok() {
            heads.send("again".to_owned()).await.unwrap();
        }
    });
    let routed = Routed::to(&format!("http://{addr}")).await;
    let request = "GET /a HTTP/1.1\r\nHost: a\r\nX-MiXed-Case: Ab\r\n\r\n";
    let mut caller = TcpStream::connect(routed.addr).await.unwrap();
    caller.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let mut length = 0;
    while !answer[..length].ends_with(b"ok") {
        length += caller.read(&mut answer[length..]).await.unwrap();
    }
    caller.write_all(request.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, caller.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    let spans = routed.collector.wait_for_spans(2).await;
    assert_eq!(attribute(&spans[1], "error.type").as_deref(), Some("reset"));
    routed.agent.stop().await;
    for _ in 0..2 {
        let head = seen.try_recv().unwrap();
        assert!(head.contains("X-MiXed-Case: Ab\r\n"), "names keep their case: {head}");
        assert!(head.contains("\r\ntraceparent: 00-"), "{head}");
    }
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_upstream() {
    let (entered, mut arrivals) = mpsc::channel::<()>(1);
    let (left, mut departures) = mpsc::channel::<()>(1);
    let upstream = Upstream::start(move |_| {
        let (entered, left) = (entered.clone(), left.clone());
        async move {
            struct OnDrop(mpsc::Sender<()>);
            impl Drop for OnDrop {
                fn drop(&mut self) {
                    self.0.try_send(()).unwrap();
                }
            }
            let _left = OnDrop(left);
            entered.send(()).await.unwrap();
            std::future::pending().await
        }
    })
    .await;
    let routed = Routed::to(&upstream.url()).await;
    let mut stream = TcpStream::connect(routed.addr).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    tokio::time::timeout(PATIENCE, arrivals.recv()).await.unwrap().unwrap();
    drop(stream);
    tokio::time::timeout(PATIENCE, departures.recv()).await.unwrap().unwrap();
    assert_eq!(attribute(&routed.span().await, "error.type").as_deref(), Some("aborted"));
    routed.agent.stop().await;
}

#[tokio::test]
async fn a_stop_lets_the_request_under_way_finish() {
    let (entered, mut arrivals) = mpsc::channel::<()>(1);
    let release = Arc::new(tokio::sync::Notify::new());
    let upstream = {
        let release = Arc::clone(&release);
        Upstream::start(move |_| {
            let (entered, release) = (entered.clone(), Arc::clone(&release));
            async move {
                entered.send(()).await.unwrap();
                release.notified().await;
                Response::new(full("done"))
            }
        })
        .await
    };
    let routed = Routed::to(&upstream.url()).await;
    let answer = tokio::spawn(client().get(routed.url("/")).send());
    arrivals.recv().await.unwrap();
    let Routed { agent, collector, addr, _dir } = routed;
    let stopping = tokio::spawn(agent.stop());
    // New callers are turned away while the old one is served.
    tokio::time::timeout(PATIENCE, async { while TcpStream::connect(addr).await.is_ok() {} }).await.unwrap();
    release.notify_one();
    assert_eq!(answer.await.unwrap().unwrap().text().await.unwrap(), "done");
    tokio::time::timeout(PATIENCE, stopping).await.unwrap().unwrap();
    drop(collector);
}
