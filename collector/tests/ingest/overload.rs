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
    let counts = server.counts("traces");
    assert_eq!((counts.accepted, counts.stored), (1, 0));
    assert_eq!((counts.refused[0].name.as_str(), counts.refused[0].count), ("storage_unavailable", 1));

    server.store.unavailable.store(false, Ordering::SeqCst);
    assert_eq!(request(&server).send().await.unwrap().status(), 200);
    assert_eq!(server.counts("traces").stored, 1);
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
