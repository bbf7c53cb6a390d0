use std::mem::size_of;

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
    SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::ingest::SignalName;

/// A body may take so many times its own length when it is read into messages. What SDKs send
/// takes two to six times; two bytes that are an empty span take two hundred.
const FACTOR: usize = 16;

/// Whatever the factor, a body may take so much.
const FLOOR_BYTES: usize = 1024 * 1024;

/// Memory that a body of `length` bytes may take.
pub(in crate::ingest) fn room_bytes(length: usize) -> usize {
    length.saturating_mul(FACTOR).max(FLOOR_BYTES)
}

/// The body holds so many empty messages that reading it would take too much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds more empty messages than any sender has use for")]
pub(in crate::ingest) struct Unfolds;

/// Messages of opentelemetry-proto, as far as lists of them can be long.
#[derive(Clone, Copy)]
enum Node {
    Request(SignalName),
    Group(SignalName),
    Scope(SignalName),
    Span,
    Log,
    Metric,
    Points,
    NumberPoints,
    Attributed(u32),
    Pair,
    Value,
    Array,
    List,
    Leaf,
}

impl Node {
    /// The message in a field, and the memory that one takes.
    fn child(self, field: u32) -> Option<(Self, usize)> {
        use SignalName::{Logs, Metrics, Traces};
        Some(match (self, field) {
            (Self::Request(Traces), 1) => (Self::Group(Traces), size_of::<ResourceSpans>()),
            (Self::Request(Logs), 1) => (Self::Group(Logs), size_of::<ResourceLogs>()),
            (Self::Request(Metrics), 1) => (Self::Group(Metrics), size_of::<ResourceMetrics>()),
            (Self::Group(_), 1) => (Self::Attributed(1), size_of::<Resource>()),
            (Self::Group(Traces), 2) => (Self::Scope(Traces), size_of::<ScopeSpans>()),
            (Self::Group(Logs), 2) => (Self::Scope(Logs), size_of::<ScopeLogs>()),
            (Self::Group(Metrics), 2) => (Self::Scope(Metrics), size_of::<ScopeMetrics>()),
            (Self::Scope(_), 1) => (Self::Attributed(3), size_of::<InstrumentationScope>()),
            (Self::Scope(Traces), 2) => (Self::Span, size_of::<Span>()),
            (Self::Scope(Logs), 2) => (Self::Log, size_of::<LogRecord>()),
            (Self::Scope(Metrics), 2) => (Self::Metric, size_of::<Metric>()),
            (Self::Span, 9) | (Self::Log, 6) => (Self::Pair, size_of::<KeyValue>()),
            (Self::Span, 11) => (Self::Attributed(3), size_of::<Event>()),
            (Self::Span, 13) => (Self::Attributed(4), size_of::<Link>()),
            (Self::Log, 5) | (Self::Pair, 2) | (Self::Array, 1) => (Self::Value, size_of::<AnyValue>()),
            (Self::Metric, 5 | 7) => (Self::NumberPoints, 0),
            (Self::Metric, 9..=11) => (Self::Points, 0),
            (Self::Metric, 12) => (Self::Pair, size_of::<KeyValue>()),
            (Self::NumberPoints, 1) => (Self::Attributed(7), size_of::<NumberDataPoint>()),
            (Self::Points, 1) => (Self::Leaf, largest_point()),
            (Self::Attributed(attributes), field) if field == attributes => (Self::Pair, size_of::<KeyValue>()),
            (Self::Value, 5) => (Self::Array, 0),
            (Self::Value, 6) => (Self::List, 0),
            (Self::List, 1) => (Self::Pair, size_of::<KeyValue>()),
            // What nests deeper (exemplars, entity references) is counted as the least that it is.
            (Self::Leaf | Self::Attributed(_), _) => (Self::Leaf, size_of::<String>()),
            _ => return None,
        })
    }
}

fn largest_point() -> usize {
    size_of::<HistogramDataPoint>().max(size_of::<ExponentialHistogramDataPoint>()).max(size_of::<SummaryDataPoint>())
}

/// Walks through a Protobuf body without reading it into messages, and refuses one that would
/// take many times its length. What is no Protobuf is left for the decoder to refuse.
pub(in crate::ingest) fn check(body: &[u8], signal: SignalName) -> Result<(), Unfolds> {
    let mut room = room_bytes(body.len());
    // Messages still to be walked through; each is a part of the body, and none is held twice.
    let mut parts = vec![(Node::Request(signal), body)];
    while let Some((node, mut part)) = parts.pop() {
        while part.has_remaining() {
            let Ok((field, wire)) = decode_key(&mut part) else { break };
            let child = node.child(field).filter(|_| wire == WireType::LengthDelimited);
            let Some((child, bytes)) = child else {
                if skip_field(wire, field, &mut part, DecodeContext::default()).is_err() {
                    break;
                }
                continue;
            };
            let length = decode_varint(&mut part).ok().and_then(|length| usize::try_from(length).ok());
            let Some(inner) = length.and_then(|length| part.split_off(..length)) else { break };
            room = room.checked_sub(bytes).ok_or(Unfolds)?;
            if !inner.is_empty() {
                parts.push((child, inner));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of `field` that holds `inner`.
    fn field(field: u8, inner: &[u8]) -> Vec<u8> {
        let mut message = vec![field << 3 | 2];
        prost::encoding::encode_varint(inner.len() as u64, &mut message);
        message.extend_from_slice(inner);
        message
    }

    #[test]
    fn empty_messages_by_the_million_are_refused() {
        let many = |number: u8| field(number, &[]).repeat(1_000_000);
        for (signal, body) in [
            (SignalName::Traces, many(1)),
            (SignalName::Traces, field(1, &many(2))),
            (SignalName::Traces, field(1, &field(2, &many(2)))),
            (SignalName::Traces, field(1, &field(2, &field(2, &many(9))))),
            (SignalName::Traces, field(1, &field(2, &field(2, &many(11))))),
            (SignalName::Logs, field(1, &field(2, &many(2)))),
            (SignalName::Metrics, field(1, &field(2, &many(2)))),
            (SignalName::Metrics, field(1, &field(2, &field(2, &field(5, &many(1)))))),
            (SignalName::Metrics, field(1, &field(2, &field(2, &field(9, &many(1)))))),
        ] {
            assert_eq!(check(&body, signal), Err(Unfolds), "{signal:?} {:?}", &body[..10]);
        }
    }

    #[test]
    fn what_is_sent_in_earnest_passes() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/real-order/otlp");
        for entry in std::fs::read_dir(folder).unwrap() {
            let body = std::fs::read(entry.unwrap().path()).unwrap();
            // As often as makes it longer than the floor.
            assert_eq!(check(&body.repeat(40), SignalName::Traces), Ok(()));
        }
        // The least that a span can be: ids, times and a name.
        let least = [field(1, &[1; 16]), field(2, &[1; 8]), vec![0x39; 9], vec![0x41; 9], field(5, b"GET")].concat();
        let body = field(1, &field(2, &field(2, &least).repeat(100_000)));
        assert_eq!(check(&body, SignalName::Traces), Ok(()));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..256)) {
            for signal in SignalName::ALL {
                let _ = check(&body, signal);
            }
        }
    }
}
