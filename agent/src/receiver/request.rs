//! Checking that a request is OTLP, counting what is in it, and seeing who sent it.
//!
//! Protobuf is not decoded for that: only the lengths down to the single items are followed.
//! What is wrong within an item is for the collector to refuse.

use bytes::Bytes;
use ordertrace_otlp::json;

use super::fields::{FieldError, Fields};
use ordertrace_otlp::Signal;

/// Whom a request is counted for that does not say who sent it.
const UNKNOWN: &str = "unknown";
const SERVICE_NAME: &[u8] = b"service.name";

/// An encoded request and what was seen in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counted {
    /// Spans, log records or points.
    pub(super) items: u32,
    /// `service.name` of the first resource. Not its instance: those come and go.
    pub(super) sender: String,
    pub(super) payload: Bytes,
}

/// A body that is not OTLP.
#[derive(Debug, thiserror::Error)]
pub(super) enum MalformedError {
    #[error("the body is no OTLP {signal} request in protobuf")]
    Protobuf { signal: &'static str, source: FieldError },
    #[error("the body is no OTLP {signal} request in JSON")]
    Json { signal: &'static str, source: serde_json::Error },
}

/// Checks a protobuf body; it is kept as it came.
pub(super) fn from_protobuf(signal: Signal, payload: Bytes) -> Result<Counted, MalformedError> {
    let failed = |source| MalformedError::Protobuf { signal: signal.name(), source };
    let items = items(signal, &payload).map_err(failed)?;
    let sender = sender(&payload).map_err(failed)?.unwrap_or_else(|| UNKNOWN.to_owned());
    Ok(Counted { items, sender, payload })
}

/// Checks a JSON body and encodes it in protobuf.
pub(super) fn from_json(signal: Signal, body: &[u8]) -> Result<Counted, MalformedError> {
    let encoded = json::to_protobuf(signal, body);
    let encoded = encoded.map_err(|source| MalformedError::Json { signal: signal.name(), source })?;
    from_protobuf(signal, encoded.into())
}

/// Items of a request: request.1 (of a resource) .2 (of a scope) .2 (an item or a metric).
fn items(signal: Signal, request: &[u8]) -> Result<u32, FieldError> {
    let mut items = 0_u32;
    for resource in messages(request, 1) {
        for scope in messages(resource?, 2) {
            for item in messages(scope?, 2) {
                let item = item?;
                let more = if signal == Signal::Metrics { points(item)? } else { 1 };
                items = items.saturating_add(more);
            }
        }
    }
    Ok(items)
}

/// Points of a metric. Its data is one of several fields, of which the last counts; each has
/// its points in field 1.
fn points(metric: &[u8]) -> Result<u32, FieldError> {
    let (mut kind, mut points) = (0, 0_u32);
    for field in Fields::of(metric) {
        let field = field?;
        if let 5 | 7 | 9 | 10 | 11 = field.number {
            if kind != field.number {
                (kind, points) = (field.number, 0);
            }
            for point in messages(field.bytes()?, 1) {
                point?;
                points = points.saturating_add(1);
            }
        }
    }
    Ok(points)
}

/// `service.name` of the first resource: request.1.1, attribute .1, its key .1 and value .2.1.
fn sender(request: &[u8]) -> Result<Option<String>, FieldError> {
    let Some(resource) = messages(request, 1).next() else { return Ok(None) };
    let Some(resource) = messages(resource?, 1).last() else { return Ok(None) };
    for attribute in messages(resource?, 1) {
        let attribute = attribute?;
        if messages(attribute, 1).last().transpose()? == Some(SERVICE_NAME)
            && let Some(value) = messages(attribute, 2).last().transpose()?
            && let Some(name) = messages(value, 1).last().transpose()?
        {
            let name = String::from_utf8_lossy(name).into_owned();
            return Ok(Some(name).filter(|name| !name.is_empty()));
        }
    }
    Ok(None)
}

/// The fields of this number, which have lengths. A malformed field anywhere is told.
fn messages(message: &[u8], number: u64) -> impl Iterator<Item = Result<&[u8], FieldError>> {
    Fields::of(message).filter_map(move |field| match field {
        Ok(field) if field.number == number => Some(field.bytes()),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::{
        Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
    };

    use opentelemetry_proto::tonic::trace::v1::Span;
    use prost::Message;

    use super::*;

    #[test]
    fn json_is_kept_as_protobuf() {
        let json = br#"{"resourceSpans":[{"resource":{"attributes":[{"key":"host","value":{"stringValue":"h"}},
            {"key":"service.name","value":{"stringValue":"checkout"}}]},"scopeSpans":[{"spans":[
            {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a","kind":3,
             "startTimeUnixNano":"1","endTimeUnixNano":"2"},{"name":"b"}]}]}]}"#;
        let counted = from_json(Signal::Traces, json).unwrap();
        assert_eq!((counted.items, counted.sender.as_str()), (2, "checkout"));
        assert_eq!(from_protobuf(Signal::Traces, counted.payload.clone()).unwrap(), counted);
        let decoded = ExportTraceServiceRequest::decode(&counted.payload[..]).unwrap();
        assert_eq!(decoded.resource_spans[0].scope_spans[0].spans[0].trace_id[..2], [1, 2]);
    }

    #[test]
    fn the_real_sdks_requests_are_counted_as_decoding_counts_them() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/real-order/otlp");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let body = std::fs::read(entry.unwrap().path()).unwrap();
            let decoded = ExportTraceServiceRequest::decode(&body[..]).unwrap();
            let scopes = decoded.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            let spans: usize = scopes.map(|scope| scope.spans.len()).sum();
            let counted = from_protobuf(Signal::Traces, body.into()).unwrap();
            assert_eq!(counted.items as usize, spans);
            assert_ne!(counted.sender, UNKNOWN);
            seen += 1;
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn a_metric_counts_by_its_points() {
        let gauge = Gauge { data_points: vec![NumberDataPoint::default(); 3] };
        let histogram = Histogram { data_points: vec![HistogramDataPoint::default(); 2], ..Histogram::default() };
        let metrics = [Some(Data::Gauge(gauge)), Some(Data::Histogram(histogram)), None];
        let metrics = metrics.map(|data| Metric { data, ..Metric::default() }).into();
        let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
        let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
        let request = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
        let counted = from_protobuf(Signal::Metrics, request.into()).unwrap();
        assert_eq!((counted.items, counted.sender.as_str()), (5, UNKNOWN));
    }

    #[test]
    fn json_that_unfolds_is_refused_and_dense_attributes_are_not() {
        let bomb = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}{{}}]}}]}}]}}"#, "{},".repeat(1_000_000));
        let Err(MalformedError::Json { source, .. }) = from_json(Signal::Traces, bomb.as_bytes()) else { panic!() };
        assert!(source.to_string().contains("more empty messages"), "{source}");
        let dense = r#"{"key":"a","value":{"intValue":1}},"#.repeat(100_000);
        let dense = dense.trim_end_matches(',');
        let dense = format!(r#"{{"resourceSpans":[{{"resource":{{"attributes":[{dense}]}}}}]}}"#);
        assert_eq!(from_json(Signal::Traces, dense.as_bytes()).unwrap().items, 0);
    }

    #[test]
    fn what_is_no_otlp_is_refused() {
        for signal in Signal::ALL {
            assert!(from_json(signal, b"[]").is_err());
            assert!(from_json(signal, b"{").is_err());
            assert!(from_protobuf(signal, Bytes::from_static(b"\xff\xff")).is_err());
            // A field that is known, as a number; a group; a length beyond the end.
            assert!(from_protobuf(signal, Bytes::from_static(b"\x08\x01")).is_err());
            assert!(from_protobuf(signal, Bytes::from_static(b"\x0b\x0c")).is_err());
            assert!(from_protobuf(signal, Bytes::from_static(b"\x0a\x05\x12\x03\x12\x02\x00")).is_err());
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            for signal in Signal::ALL {
                let _ = from_json(signal, &bytes);
                let _ = from_protobuf(signal, bytes.clone().into());
            }
        }

        /// What decoding would take is taken, and counted alike.
        #[test]
        fn whatever_decodes_is_counted(counts in proptest::collection::vec(0_usize..5, 0..4), extra: [u8; 4]) {
            use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
            let span = Span { name: "é".to_owned(), flags: u32::from_le_bytes(extra), ..Span::default() };
            let scope = |count: &usize| ScopeSpans { spans: vec![span.clone(); *count], ..ScopeSpans::default() };
            let scope_spans: Vec<_> = counts.iter().map(scope).collect();
            let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }; 2];
            let request = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
            let counted = from_protobuf(Signal::Traces, request.into()).unwrap();
            proptest::prop_assert_eq!(counted.items as usize, 2 * counts.iter().sum::<usize>());
        }
    }
}
