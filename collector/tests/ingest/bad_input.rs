use ordertrace_collector::settings::Settings;
use prost::Message;
use reqwest::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::messages::{compress, span, traces};
use crate::server::{Server, client};

async fn post(server: &Server, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Response {
    let mut request = client().post(server.url("traces")).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

fn good() -> Vec<u8> {
    traces(vec![span(1)]).encode_to_vec()
}

/// The message of the google.rpc.Status in Protobuf that the response holds.
async fn message(response: Response) -> String {
    assert_eq!(response.headers()["content-type"], "application/x-protobuf");
    tonic_types::Status::decode(response.bytes().await.unwrap()).unwrap().message
}

#[tokio::test]
async fn bodies_that_are_no_otlp_are_refused_and_nothing_else_is_lost() {
    let server = Server::start().await;
    let whole = good();
    let mut wrong_text = whole.clone();
    let at = wrong_text.windows(4).position(|window| window == b"span").unwrap();
    wrong_text[at] = 0xff;
    let random: Vec<u8> = (0..=255).collect();
    let mut bodies = vec![wrong_text, random];
    // Cut within the last field of every nesting.
    bodies.extend((1..6).map(|missing| whole[..whole.len() - missing].to_vec()));
    for body in bodies {
        let response = post(&server, &[PROTOBUF], body).await;
        assert_eq!(response.status(), 400);
        let message = message(response).await;
        assert!(message.starts_with("the body is no valid OTLP request: "), "{message}");
    }
    for body in ["[]", "{\"resourceSpans\":5}", "nonsense", "{\"resourceSpans\":[{\"scopeSpans\":[7]}]}", ""] {
        let response = post(&server, &[JSON], body).await;
        assert_eq!(response.status(), 400, "{body}");
        let status: serde_json::Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(status["code"], 3);
        assert!(status["message"].as_str().unwrap().contains("line 1"), "{status}");
    }
    assert_eq!(post(&server, &[PROTOBUF], whole).await.status(), 200);
    let counts = server.counts("traces");
    assert_eq!((counts.accepted, counts.stored, counts.refused.len()), (1, 1, 0));
}

#[tokio::test]
async fn formats_and_codings_that_are_not_spoken_are_named() {
    let server = Server::start().await;
    for (headers, named) in [
        (vec![("content-type", "text/plain")], "application/x-protobuf or application/json"),
        (vec![], "application/x-protobuf or application/json"),
        (vec![JSON, ("content-encoding", "br")], "gzip, zstd or none"),
        (vec![JSON, ("content-encoding", "gzip"), ("content-encoding", "gzip")], "gzip, zstd or none"),
    ] {
        let response = post(&server, &headers, "{}").await;
        assert_eq!(response.status(), 415);
        let reply = response.text().await.unwrap();
        assert!(reply.contains(named), "{reply}");
    }
    assert_eq!(client().get(server.url("traces")).send().await.unwrap().status(), 405);
    assert_eq!(client().post(server.url("profiles")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn broken_compression_is_refused() {
    let server = Server::start().await;
    for coding in ["gzip", "zstd"] {
        let mut compressed = compress(coding, &good());
        compressed.truncate(compressed.len() - 3);
        for body in [compressed, b"not compressed".to_vec()] {
            let response = post(&server, &[PROTOBUF, ("content-encoding", coding)], body).await;
            assert_eq!(response.status(), 400, "{coding}");
            let message = message(response).await;
            assert!(message.starts_with(&format!("the body is no valid {coding}")), "{message}");
        }
    }
}

#[tokio::test]
async fn an_empty_request_is_taken() {
    let server = Server::start().await;
    assert_eq!(post(&server, &[PROTOBUF], "").await.status(), 200);
    assert_eq!(post(&server, &[JSON], "{}").await.status(), 200);
    assert_eq!(server.counts("traces").accepted, 0);
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_chunked_or_announced() {
    let server = Server::start().await;
    let megabyte = vec![0_u8; 1_000_000];
    let chunks = std::iter::repeat_n(megabyte.clone(), 100).map(Ok::<_, std::io::Error>);
    let response = post(&server, &[PROTOBUF], reqwest::Body::wrap_stream(futures::stream::iter(chunks))).await;
    assert_eq!(response.status(), 413);
    let message = message(response).await;
    assert!(message.contains("longer than 67108864 bytes as sent: send smaller batches"), "{message}");

    let mut connection = TcpStream::connect(server.http).await.unwrap();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\
                connection: close\r\n\r\n";
    connection.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..100 {
        connection.write_all(&megabyte).await.unwrap();
    }
    let mut reply = String::new();
    connection.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 413 "), "{reply}");
    assert_eq!(post(&server, &[PROTOBUF], good()).await.status(), 200);
}

/// What each of the attacks here would take without limits. The tests beside it, which run
/// in the same process, take much less together.
const GIBIBYTE: u64 = 1024 * 1024 * 1024;

/// Highest resident size of this process so far, in bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn a_bomb_is_refused_before_it_unfolds() {
    let mut settings = Settings::default();
    settings.limits.request_bytes = 4 * 1024 * 1024;
    let server = Server::with(settings).await;
    let zeros = vec![0_u8; 16 * 1024 * 1024];
    for coding in ["gzip", "zstd"] {
        // Members and frames follow each other: a gibibyte in a few kilobytes.
        let bomb = compress(coding, &zeros).repeat(64);
        assert!(bomb.len() < 2_000_000);
        let before = peak_bytes();
        let headers = [PROTOBUF, ("content-encoding", coding)];
        let bombs = (0..8).map(|_| post(&server, &headers, bomb.clone()));
        for response in futures::future::join_all(bombs).await {
            assert_eq!(response.status(), 413, "{coding}");
            let message = message(response).await;
            assert!(message.contains("4194304 bytes after decompression"), "{message}");
        }
        let grown = peak_bytes() - before;
        assert!(grown < GIBIBYTE, "{coding}: {grown} bytes more");
    }
    assert_eq!(post(&server, &[PROTOBUF], good()).await.status(), 200);
}

/// A message of `field` that holds `inner`.
fn field(field: u8, inner: &[u8]) -> Vec<u8> {
    let mut message = vec![field << 3 | 2];
    prost::encoding::encode_varint(inner.len() as u64, &mut message);
    message.extend_from_slice(inner);
    message
}

#[tokio::test]
async fn empty_messages_take_no_memory_or_are_refused() {
    let server = Server::start().await;
    let before = peak_bytes();
    let many = |number: u8| field(number, &[]).repeat(6_000_000);
    // Two bytes each; resources, scopes and spans, events and attributes of a span, values of an array.
    let span = |inner: &[u8]| field(1, &field(2, &field(2, inner)));
    let array = |inner: &[u8]| span(&field(9, &field(2, &field(5, inner))));
    for body in
        [many(1), field(1, &many(2)), field(1, &field(2, &many(2))), span(&many(11)), span(&many(9)), array(&many(1))]
    {
        let response = post(&server, &[PROTOBUF], body).await;
        assert_eq!(response.status(), 200);
    }
    // As many events as are kept, on each of many spans that are valid.
    let id = |number, length| field(number, &vec![1; length]);
    let times = [&[0x39][..], &crate::messages::AT.to_le_bytes(), &[0x41], &crate::messages::AT.to_le_bytes()].concat();
    let valid = [id(1, 16), id(2, 8), times, field(11, &[]).repeat(1_000)].concat();
    let response = post(&server, &[PROTOBUF], field(1, &field(2, &field(2, &valid).repeat(10_000)))).await;
    assert_eq!(response.status(), 400);
    let message = message(response).await;
    assert!(message.ends_with("it holds more empty messages than any sender has use for"), "{message}");
    let objects = format!("{{\"resourceSpans\":[{}{{}}]}}", "{},".repeat(3_000_000));
    assert_eq!(post(&server, &[JSON], objects).await.status(), 400);
    let grown = peak_bytes() - before;
    assert!(grown < GIBIBYTE, "{grown} bytes more");
}

#[tokio::test]
async fn a_window_that_would_take_much_memory_is_refused() {
    let server = Server::start().await;
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.include_contentsize(false).unwrap();
    std::io::Write::write_all(&mut encoder, &good()).unwrap();
    let body = encoder.finish().unwrap();
    let response = post(&server, &[PROTOBUF, ("content-encoding", "zstd")], body).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn times_of_1970_and_2200_and_other_oddities_refuse_only_themselves() {
    let server = Server::start().await;
    let mut odd = [span(1), span(2), span(3), span(4)];
    odd[0].start_time_unix_nano = 0;
    odd[1].start_time_unix_nano = 7_258_118_400_000_000_000;
    odd[1].end_time_unix_nano = odd[1].start_time_unix_nano + 1;
    odd[2].end_time_unix_nano = 0;
    odd[3].parent_span_id = odd[3].span_id.clone();
    let response = post(&server, &[PROTOBUF], traces(odd.to_vec()).encode_to_vec()).await;
    assert_eq!(response.status(), 200);
    let counts = server.counts("traces");
    assert_eq!((counts.accepted, counts.stored), (4, 2));
    let spans = server.store.spans.lock().unwrap();
    assert_eq!((spans[0].duration_ns, spans[1].parent_span_id), (0, [0; 8]));
}
