use std::collections::{BTreeSet, HashMap};

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;

use super::*;

const START_NS: u64 = 1_800_000_000_000_000_000;

fn plan(seed: u64) -> Plan {
    Plan { seed, spans: 12 * 85 * 3, orders_per_request: 85, first_order: 0, first_at_ns: START_NS }
}

fn recording(seed: u64) -> Recording {
    Recording::make(&plan(seed))
}

/// The spans of a request, each with its service.
fn spans(request: &Bytes) -> Vec<(String, Span)> {
    let request = ExportTraceServiceRequest::decode(request.clone()).unwrap();
    let mut spans = Vec::new();
    for group in request.resource_spans {
        let attributes = group.resource.unwrap().attributes;
        let service = attributes.iter().find(|attribute| attribute.key == "service.name").unwrap();
        let service = format!("{:?}", service.value.as_ref().unwrap().value.as_ref().unwrap());
        spans.extend(group.scope_spans.into_iter().flat_map(|s| s.spans).map(|span| (service.clone(), span)));
    }
    spans
}

#[test]
fn equal_seeds_give_equal_bytes_and_others_give_others() {
    assert_eq!(recording(7).requests, recording(7).requests);
    assert_ne!(recording(7).requests, recording(8).requests);
}

#[test]
fn every_request_has_its_spans_and_every_span_twelve_attributes() {
    let recording = recording(1);
    assert_eq!((recording.requests.len(), recording.spans_per_request, recording.spans()), (3, 1020, 3060));
    for request in &recording.requests {
        let spans = spans(request);
        assert_eq!(spans.len(), 1020);
        assert_eq!(spans.iter().map(|(service, _)| service).collect::<BTreeSet<_>>().len(), 6);
        for (_, span) in &spans {
            let names: BTreeSet<_> = span.attributes.iter().map(|attribute| &attribute.key).collect();
            assert_eq!((names.len(), span.attributes.len()), (12, 12), "{span:?}");
        }
    }
}

#[test]
fn every_trace_is_one_tree_of_twelve_spans_whose_children_lie_within_their_parents() {
    let mut traces: HashMap<Vec<u8>, Vec<Span>> = HashMap::new();
    for (_, span) in recording(2).requests.iter().flat_map(spans) {
        traces.entry(span.trace_id.clone()).or_default().push(span);
    }
    assert_eq!(traces.len(), 85 * 3);
    for spans in traces.values() {
        assert_eq!(spans.len(), SPANS_PER_ORDER);
        assert_eq!(spans.iter().filter(|span| span.parent_span_id.is_empty()).count(), 1);
        for span in spans.iter().filter(|span| !span.parent_span_id.is_empty()) {
            let parent = spans.iter().find(|parent| parent.span_id == span.parent_span_id).unwrap();
            // Clocks of different coarseness round differently.
            assert!(span.start_time_unix_nano + 1_000 >= parent.start_time_unix_nano, "{span:?} {parent:?}");
            assert!(span.end_time_unix_nano <= parent.end_time_unix_nano + 1_000, "{span:?} {parent:?}");
            assert!(span.end_time_unix_nano > span.start_time_unix_nano);
        }
    }
}

#[test]
fn some_orders_are_retried_and_some_fail() {
    let spans: Vec<Span> = recording(3).requests.iter().flat_map(spans).map(|(_, span)| span).collect();
    let with = |name: &str| spans.iter().filter(|span| span.attributes.iter().any(|a| a.key == name)).count();
    let retried = with("http.request.resend_count");
    assert_eq!(retried, with("error.type"));
    assert!((5..60).contains(&retried), "{retried} of 255 orders");
    let internal = spans.iter().filter(|span| span.kind == i32::from(SpanKind::Internal)).count();
    assert_eq!(internal + retried, 255);
    let failed = spans.iter().filter(|span| span.status.is_some()).count();
    assert!(failed > retried, "{failed} spans failed, {retried} of them were tried again");
}

#[test]
fn a_recording_lasts_as_long_as_its_orders_need_and_can_be_continued() {
    let starts = |recording: &Recording| {
        let spans = recording.requests.iter().flat_map(spans);
        let roots = spans.filter(|(_, span)| span.parent_span_id.is_empty());
        roots.map(|(_, span)| span.start_time_unix_nano).collect::<Vec<u64>>()
    };
    let (first, next) = (recording(4), Recording::make(&Plan { first_order: 255, ..plan(4) }));
    let second_ns = 1_000_000_000;
    let lasts_ns = plan(4).orders() * ORDER_SPACING_NS;
    assert!((second_ns..2 * second_ns).contains(&lasts_ns), "255 orders at 170 a second: {lasts_ns}");
    assert!(starts(&first).iter().all(|start| (START_NS..START_NS + lasts_ns).contains(&(start + 1_000))));
    assert!(starts(&next).iter().all(|start| start + 1_000 >= START_NS + lasts_ns));
}

#[test]
fn well_known_keys_are_those_of_the_recording() {
    let bytes: Vec<u8> = recording(5).requests.concat();
    for key in well_known_keys(254) {
        let (_, value) = key.split_once(':').unwrap();
        assert!(bytes.windows(value.len()).any(|window| window == value.as_bytes()), "{key}");
    }
    for key in well_known_keys(255) {
        let (_, value) = key.split_once(':').unwrap();
        assert!(!bytes.windows(value.len()).any(|window| window == value.as_bytes()), "{key}");
    }
}
