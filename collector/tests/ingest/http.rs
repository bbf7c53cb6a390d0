use std::collections::HashSet;
use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use ordertrace_collector::record::Content;
use ordertrace_otlp::seam::SEAM;
use prost::Message;

use crate::messages::{bodies, compress, metrics, span, traces};
use crate::server::{Server, client, counts};

#[tokio::test]
async fn every_signal_format_coding_and_framing_is_stored() {
    let server = Server::start().await;
    let mut sent = 0;
    for (signal, format, body) in bodies() {
        for coding in ["", "identity", "gzip", "zstd"] {
            for chunked in [false, true] {
                let compressed = compress(coding, &body);
                let chunks: Vec<std::io::Result<Vec<u8>>> =
                    compressed.chunks(7).map(|chunk| Ok(chunk.to_vec())).collect();
                let payload =
                    if chunked { reqwest::Body::wrap_stream(futures::stream::iter(chunks)) } else { compressed.into() };
                let mut request = client().post(server.url(signal)).header("content-type", format).body(payload);
                if !coding.is_empty() {
                    request = request.header("content-encoding", coding);
                }
                let response = request.send().await.unwrap();
                let status = response.status();
                let kind = response.headers()["content-type"].clone();
                let reply = response.bytes().await.unwrap();
                assert_eq!(status, 200, "{signal} {format} {coding} {chunked}: {reply:?}");
                assert!(format.starts_with(kind.to_str().unwrap()), "{format}");
                assert_eq!(reply, if format.contains("json") { "{}" } else { "" });
                sent += 1;
            }
        }
    }
    let contents: HashSet<Content> = server.store.contents.lock().unwrap().iter().copied().collect();
    assert_eq!(contents.len(), 3, "whatever the way, a request is known by the same content");
    let per_signal = sent / 3;
    assert_eq!(server.store.spans.lock().unwrap().len(), per_signal);
    assert_eq!(server.store.events.lock().unwrap().len(), per_signal);
    assert_eq!(server.store.readings.lock().unwrap().len(), per_signal);
    for signal in ["traces", "logs", "metrics"] {
        let counts = server.counts(signal);
        assert_eq!((counts.accepted, counts.stored), (per_signal as u64, per_signal as u64));
    }
    let spans = server.store.spans.lock().unwrap();
    assert!(spans.iter().all(|span| *span == spans[0]), "whatever the way, the record is the same");
    assert_eq!((spans[0].system.as_str(), spans[0].keys[0].as_str()), ("oms", "order:A-1"));
}

#[tokio::test]
async fn requests_that_were_joined_are_stored_each_by_itself() {
    let server = Server::start().await;
    let mut bad = span(3);
    bad.trace_id.pop();
    let joined = [span(1), span(2), bad].map(|span| traces(vec![span]).encode_to_vec()).join(&SEAM[..]);
    let post = client().post(server.url("traces")).header("content-type", "application/x-protobuf").body(joined);
    let reply = post.send().await.unwrap().bytes().await.unwrap();
    let partial = ExportTraceServiceResponse::decode(reply).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert_eq!(server.store.spans.lock().unwrap().len(), 2);
    assert_eq!(server.store.senders.lock().unwrap().len(), 3, "batches");
}

#[tokio::test]
async fn a_part_that_is_refused_is_told_in_the_requests_own_format() {
    let server = Server::start().await;
    let mut bad = span(2);
    bad.trace_id.pop();
    let request = traces(vec![span(1), bad]);
    let send =
        |format, body: Vec<u8>| client().post(server.url("traces")).header("content-type", format).body(body).send();

    let reply = send("application/x-protobuf", request.encode_to_vec()).await.unwrap().bytes().await.unwrap();
    let partial = ExportTraceServiceResponse::decode(reply).unwrap().partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert!(partial.error_message.contains("15 bytes instead of 16"), "{}", partial.error_message);

    let reply = send("application/json", serde_json::to_vec(&request).unwrap()).await.unwrap();
    let reply: serde_json::Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
    assert_eq!(reply["partialSuccess"]["rejectedSpans"], "1");
    assert_eq!(reply["partialSuccess"]["errorMessage"], partial.error_message);

    let counts = server.counts("traces");
    assert_eq!((counts.accepted, counts.stored), (4, 2));
    assert_eq!(counts.refused.into_iter().collect::<Vec<_>>(), [("trace_id".to_owned(), 2)]);
}

#[tokio::test]
async fn metrics_that_are_no_readings_are_refused_with_advice() {
    let server = Server::start().await;
    let body = serde_json::to_vec(&metrics("http.server.request.duration")).unwrap();
    let post = client().post(server.url("metrics")).header("content-type", "application/json").body(body);
    let reply: serde_json::Value = serde_json::from_slice(&post.send().await.unwrap().bytes().await.unwrap()).unwrap();
    let message = reply["partialSuccess"]["errorMessage"].as_str().unwrap();
    assert!(message.contains("commerce.inventory.level"), "{message}");
    assert_eq!(reply["partialSuccess"]["rejectedDataPoints"], "1");
    assert!(server.store.readings.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_real_shops_bodies_are_stored_whole() {
    let server = Server::start().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/real-order/otlp");
    for entry in std::fs::read_dir(folder).unwrap() {
        let body = std::fs::read(entry.unwrap().path()).unwrap();
        // Chunked, as the SDK sent them.
        let payload = reqwest::Body::wrap_stream(futures::stream::iter([Ok::<_, std::io::Error>(body)]));
        let post = client().post(server.url("traces")).header("content-type", "application/x-protobuf");
        assert_eq!(post.body(payload).send().await.unwrap().status(), 200);
    }
    assert_eq!(server.counts("traces").stored, 1_433);
    let noise = server.ingest.metrics().noise();
    assert_eq!(noise.iter().map(|noise| (noise.name.as_str(), noise.count)).next(), Some(("db-polling", 618)));
}

#[tokio::test]
async fn what_is_under_way_is_finished_when_it_stops() {
    let server = Server::start().await;
    server.store.close();
    let post = client().post(server.url("traces")).header("content-type", "application/x-protobuf");
    let pending = tokio::spawn(post.body(traces(vec![span(1)]).encode_to_vec()).send());
    server.store.entered.notified().await;
    server.stop();
    server.store.open();
    assert_eq!(pending.await.unwrap().unwrap().status(), 200);
    assert_eq!(server.counts("traces").stored, 1);
    server.stopped().await;
}

#[tokio::test]
async fn what_is_decoded_is_stored_and_counted_though_its_sender_went_away() {
    let server = Server::start().await;
    server.store.close();
    let post = client().post(server.url("traces")).header("content-type", "application/x-protobuf");
    let pending = tokio::spawn(post.body(traces(vec![span(1)]).encode_to_vec()).send());
    server.store.entered.notified().await;
    pending.abort();
    assert!(pending.await.unwrap_err().is_cancelled());
    server.store.open();
    let ingest = Arc::clone(&server.ingest);
    let counted = async {
        while counts(&ingest, "traces").stored == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), counted).await.unwrap();
    assert_eq!(server.store.spans.lock().unwrap().len(), 1);
}
