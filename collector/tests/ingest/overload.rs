use std::sync::atomic::Ordering;

use ordertrace_collector::settings::Settings;
use prost::Message;
use reqwest::RequestBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::messages::{span, traces};
use crate::server::{Server, client};

fn request(server: &Server) -> RequestBuilder {
    let post = client().post(server.url("traces")).header("content-type", "application/x-protobuf");
    post.body(traces(vec![span(1)]).encode_to_vec())
}

#[tokio::test]
async fn while_storage_is_away_senders_are_asked_to_come_again() {
    let server = Server::start().await;
    server.store.unavailable.store(true, Ordering::SeqCst);
    let response = request(&server).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "3");
    let status = tonic_types::Status::decode(response.bytes().await.unwrap()).unwrap();
    assert_eq!((status.code, status.message.as_str()), (14, "storage is not available: ClickHouse is away"));
    assert_eq!(server.counts("traces").accepted, 0, "it was not");

    server.store.unavailable.store(false, Ordering::SeqCst);
    assert_eq!(request(&server).send().await.unwrap().status(), 200);
    assert_eq!(server.counts("traces").stored, 1);
}

#[tokio::test]
async fn what_is_stored_already_is_answered_as_before_and_not_stored_again() {
    let server = Server::start().await;
    let body = {
        let mut bad = span(2);
        bad.span_id.clear();
        traces(vec![span(1), bad]).encode_to_vec()
    };
    let send = || async {
        let post = client().post(server.url("traces")).header("content-type", "application/x-protobuf");
        let reply = post.body(body.clone()).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        reply.bytes().await.unwrap()
    };
    let first = send().await;
    assert!(!first.is_empty(), "it tells of the refused span");
    server.store.stored_before.store(true, Ordering::SeqCst);
    assert_eq!(send().await, first);
    assert_eq!(server.store.spans.lock().unwrap().len(), 1);
    let counts = server.counts("traces");
    assert_eq!((counts.accepted, counts.stored, counts.repeated), (2, 1, 1));
    assert_eq!(counts.refused.into_iter().collect::<Vec<_>>(), [("span_id".to_owned(), 1)]);
}

#[tokio::test]
async fn beyond_so_many_requests_senders_are_asked_to_come_again() {
    let mut settings = Settings::default();
    settings.limits.in_flight_requests = 1;
    let server = Server::with(settings).await;
    server.store.close();
    let pending = tokio::spawn(request(&server).send());
    server.store.entered.notified().await;
    let response = request(&server).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    server.store.open();
    assert_eq!(pending.await.unwrap().unwrap().status(), 200);
    assert_eq!(request(&server).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn beyond_so_many_bytes_senders_are_asked_to_come_again() {
    let mut settings = Settings::default();
    settings.limits.request_bytes = 100_000;
    settings.limits.request_compressed_bytes = 100_000;
    settings.limits.in_flight_bytes = 100_000;
    let server = Server::with(settings).await;
    server.store.close();
    let pending = tokio::spawn(request(&server).send());
    server.store.entered.notified().await;
    let large = vec![0_u8; 90_000];
    let post = client().post(server.url("traces")).header("content-type", "application/x-protobuf").body(large);
    let response = post.send().await.unwrap();
    assert_eq!(response.status(), 429);
    let status = tonic_types::Status::decode(response.bytes().await.unwrap()).unwrap();
    assert!(status.message.contains("too many bytes are in flight"), "{}", status.message);
    server.store.open();
    assert_eq!(pending.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_sender_that_stalls_is_given_up() {
    let mut settings = Settings::default();
    settings.limits.request_timeout = ordertrace_config::Duration::from_millis(50);
    let server = Server::with(settings).await;
    let mut connection = TcpStream::connect(server.http).await.unwrap();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains("did not arrive within 50ms"), "{reply}");
}
