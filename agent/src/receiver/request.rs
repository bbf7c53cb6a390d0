//! Checking that a request is OTLP, and counting what is in it.

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message;

use crate::signal::Signal;

/// An encoded request and the number of spans, log records or points in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) items: u32,
    pub(super) payload: Bytes,
}

/// A body that is not OTLP.
#[derive(Debug, thiserror::Error)]
pub(super) enum MalformedError {
    #[error("the body is no OTLP {signal} request in protobuf")]
    Protobuf { signal: &'static str, source: prost::DecodeError },
    #[error("the body is no OTLP {signal} request in JSON")]
    Json { signal: &'static str, source: serde_json::Error },
}

/// A request that its senders and stores count in items.
pub(super) trait Request: Message + Default + serde::de::DeserializeOwned {
    fn items(&self) -> u32;
}

impl Request for ExportTraceServiceRequest {
    fn items(&self) -> u32 {
        let scopes = self.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        total(scopes.map(|scope| scope.spans.len()))
    }
}

impl Request for ExportLogsServiceRequest {
    fn items(&self) -> u32 {
        let scopes = self.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
        total(scopes.map(|scope| scope.log_records.len()))
    }
}

impl Request for ExportMetricsServiceRequest {
    fn items(&self) -> u32 {
        let scopes = self.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
        total(scopes.flat_map(|scope| &scope.metrics).map(|metric| match &metric.data {
            Some(Data::Gauge(data)) => data.data_points.len(),
            Some(Data::Sum(data)) => data.data_points.len(),
            Some(Data::Histogram(data)) => data.data_points.len(),
            Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
            Some(Data::Summary(data)) => data.data_points.len(),
            None => 0,
        }))
    }
}

fn total(lengths: impl Iterator<Item = usize>) -> u32 {
    u32::try_from(lengths.sum::<usize>()).unwrap_or(u32::MAX)
}

/// Checks a protobuf body; it is kept as it came.
pub(super) fn from_protobuf(signal: Signal, payload: Bytes) -> Result<Counted, MalformedError> {
    let items = match signal {
        Signal::Traces => count::<ExportTraceServiceRequest>(&payload),
        Signal::Logs => count::<ExportLogsServiceRequest>(&payload),
        Signal::Metrics => count::<ExportMetricsServiceRequest>(&payload),
    };
    let items = items.map_err(|source| MalformedError::Protobuf { signal: signal.name(), source })?;
    Ok(Counted { items, payload })
}

/// Checks a JSON body and encodes it in protobuf.
pub(super) fn from_json(signal: Signal, body: &[u8]) -> Result<Counted, MalformedError> {
    let counted = match signal {
        Signal::Traces => encode::<ExportTraceServiceRequest>(body),
        Signal::Logs => encode::<ExportLogsServiceRequest>(body),
        Signal::Metrics => encode::<ExportMetricsServiceRequest>(body),
    };
    counted.map_err(|source| MalformedError::Json { signal: signal.name(), source })
}

fn count<R: Request>(payload: &Bytes) -> Result<u32, prost::DecodeError> {
    R::decode(&payload[..]).map(|request| request.items())
}

fn encode<R: Request>(body: &[u8]) -> Result<Counted, serde_json::Error> {
    // The generated types would also read an array, field by field.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(serde::de::Error::custom("it must be an object"));
    }
    let request: R = serde_json::from_slice(body)?;
    Ok(Counted { items: request.items(), payload: request.encode_to_vec().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_kept_as_protobuf() {
        let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[
            {"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","name":"a","kind":3,
             "startTimeUnixNano":"1","endTimeUnixNano":"2"},{"name":"b"}]}]}]}"#;
        let counted = from_json(Signal::Traces, json).unwrap();
        assert_eq!(counted.items, 2);
        assert_eq!(from_protobuf(Signal::Traces, counted.payload.clone()).unwrap(), counted);
        let decoded = ExportTraceServiceRequest::decode(&counted.payload[..]).unwrap();
        assert_eq!(decoded.resource_spans[0].scope_spans[0].spans[0].trace_id[..2], [1, 2]);
    }

    #[test]
    fn what_is_no_otlp_is_refused() {
        for signal in Signal::ALL {
            assert!(from_json(signal, b"[]").is_err());
            assert!(from_json(signal, b"{").is_err());
            assert!(from_protobuf(signal, Bytes::from_static(b"\xff\xff")).is_err());
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
    }
}
