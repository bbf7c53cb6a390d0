use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use ordertrace_collector::settings::Settings;
use ordertrace_otlp::{Encoded, Signal};
use prost::Message;
use tonic::Code;
use tonic::codec::CompressionEncoding;
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt;

use crate::messages::{logs, metrics, span, traces};
use crate::server::Server;

async fn channel(server: &Server) -> Channel {
    Endpoint::from_shared(format!("http://{}", server.grpc)).unwrap().connect().await.unwrap()
}

async fn client(server: &Server) -> TraceServiceClient<Channel> {
    TraceServiceClient::new(channel(server).await)
}

#[tokio::test]
async fn every_signal_and_coding_is_stored() {
    let server = Server::start().await;
    let channel = channel(&server).await;
    let mut traces_client = TraceServiceClient::new(channel.clone());
    let mut logs_client = LogsServiceClient::new(channel.clone());
    let mut metrics_client = MetricsServiceClient::new(channel);
    for coding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        if let Some(coding) = coding {
            traces_client = traces_client.send_compressed(coding);
            logs_client = logs_client.send_compressed(coding);
            metrics_client = metrics_client.send_compressed(coding);
        }
        let reply = traces_client.export(traces(vec![span(1)])).await.unwrap().into_inner();
        assert_eq!(reply.partial_success, None);
        logs_client.export(logs()).await.unwrap();
        metrics_client.export(metrics("commerce.price")).await.unwrap();
    }
    for signal in ["traces", "logs", "metrics"] {
        assert_eq!(server.counts(signal).stored, 3, "{signal}");
    }
    assert_eq!(server.store.spans.lock().unwrap()[0].keys[0], "order:A-1");
    assert_eq!(server.store.readings.lock().unwrap()[0], "12.5");
    assert_eq!(server.store.events.lock().unwrap()[0], "order.placed");
}

#[tokio::test]
async fn an_empty_request_is_taken() {
    let server = Server::start().await;
    client(&server).await.export(ExportTraceServiceRequest::default()).await.unwrap();
    assert_eq!(server.counts("traces").accepted, 0);
}

#[tokio::test]
async fn a_message_that_is_no_otlp_is_refused_for_good() {
    let server = Server::start().await;
    // Its first field says that it is longer than the message.
    let mut grpc = tonic::client::Grpc::new(channel(&server).await);
    grpc.ready().await.unwrap();
    let path = Signal::Traces.export_path().parse().unwrap();
    let body = bytes::Bytes::from_static(b"\x0a\x03\x12\xff\xff");
    let status = grpc.unary(tonic::Request::new(body), path, Encoded).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert!(status.message().starts_with("the body is no valid OTLP request: "), "{status:?}");

    grpc.ready().await.unwrap();
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Import".parse().unwrap();
    let status = grpc.unary(tonic::Request::new(bytes::Bytes::new()), path, Encoded).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_part_that_is_refused_is_told() {
    let server = Server::start().await;
    let mut bad = span(2);
    bad.span_id.clear();
    let reply = client(&server).await.export(traces(vec![span(1), bad])).await.unwrap().into_inner();
    let partial = reply.partial_success.unwrap();
    assert_eq!(partial.rejected_spans, 1);
    assert!(partial.error_message.contains("span id has 0 bytes instead of 8"), "{}", partial.error_message);
}

#[tokio::test]
async fn while_storage_is_away_senders_are_asked_to_come_again() {
    let server = Server::start().await;
    server.store.unavailable.store(true, Ordering::SeqCst);
    let mut client = client(&server).await;
    let status = client.export(traces(vec![span(1)])).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let delay = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(delay, Some(Duration::from_millis(2_500)));
    assert_eq!(server.counts("traces").accepted, 0, "it was not");
    server.store.unavailable.store(false, Ordering::SeqCst);
    client.export(traces(vec![span(1)])).await.unwrap();
}

#[tokio::test]
async fn beyond_so_many_requests_senders_are_asked_to_come_again() {
    let mut settings = Settings::default();
    settings.limits.in_flight_requests = 1;
    let server = Server::with(settings).await;
    server.store.close();
    let mut first = client(&server).await;
    let pending = tokio::spawn(async move { first.export(traces(vec![span(1)])).await });
    server.store.entered.notified().await;
    let mut second = client(&server).await;
    let status = second.export(traces(vec![span(2)])).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.get_details_retry_info().unwrap().retry_delay, Some(Duration::from_secs(1)));
    server.store.open();
    pending.await.unwrap().unwrap();
    second.export(traces(vec![span(2)])).await.unwrap();
}

#[tokio::test]
async fn beyond_so_many_bytes_senders_are_asked_to_come_again() {
    let request = traces((1..=250).map(span).collect());
    let mut settings = Settings::default();
    // Room for one such request, but not for two.
    settings.limits.request_bytes = request.encoded_len() + 100;
    settings.limits.request_compressed_bytes = settings.limits.request_bytes;
    settings.limits.in_flight_bytes = settings.limits.request_bytes;
    let server = Server::with(settings).await;
    server.store.close();
    let (mut first, sent) = (client(&server).await, request.clone());
    let pending = tokio::spawn(async move { first.export(sent).await });
    server.store.entered.notified().await;
    for coding in [None, Some(CompressionEncoding::Zstd)] {
        let mut second = client(&server).await;
        if let Some(coding) = coding {
            second = second.send_compressed(coding);
        }
        let status = second.export(request.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
        assert!(status.message().contains("too many bytes are in flight"), "{status:?}");
        assert!(status.get_details_retry_info().is_some());
    }
    server.store.open();
    pending.await.unwrap().unwrap();
    client(&server).await.export(request).await.unwrap();
}

#[tokio::test]
async fn what_is_too_large_is_refused_plain_or_compressed() {
    let mut settings = Settings::default();
    settings.limits.request_bytes = 100_000;
    let server = Server::with(settings).await;
    let mut large = span(1);
    large.name = "x".repeat(200_000);
    for coding in [None, Some(CompressionEncoding::Gzip), Some(CompressionEncoding::Zstd)] {
        let mut client = client(&server).await;
        if let Some(coding) = coding {
            client = client.send_compressed(coding);
        }
        let status = client.export(traces(vec![large.clone()])).await.unwrap_err();
        assert!(matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted), "{status:?}");
        assert!(status.get_details_retry_info().is_none(), "trying again is of no use");
        assert!(status.message().contains("100000 bytes"), "{status:?}");
    }
    client(&server).await.export(traces(vec![span(1)])).await.unwrap();
}
