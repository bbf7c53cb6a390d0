mod keys;
mod rules;
mod sides;

use std::sync::Arc;

use ordertrace_api::keys::Strength;
use ordertrace_api::span::SpanKind;

use super::*;
use crate::record::{Attributes, HandoffSide, SpanEventRecord, SpanStatus};

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn span(kind: SpanKind, pairs: &[(&str, &str)]) -> SpanRecord {
    SpanRecord {
        trace_id: [1; 16],
        span_id: [1; 8],
        parent_span_id: [0; 8],
        trace_state: String::new(),
        started_at_ns: 1_795_253_154_000_000_000,
        duration_ns: 1_000_000,
        name: "a span".to_owned(),
        kind,
        status: SpanStatus::Unset,
        status_message: String::new(),
        service: "shop".to_owned(),
        system: "shop".to_owned(),
        resource_attributes: Arc::default(),
        scope_name: String::new(),
        scope_version: String::new(),
        attributes: attributes(pairs),
        events: Vec::new(),
        links: Vec::new(),
        keys: Vec::new(),
        noise: String::new(),
        milestone: String::new(),
        side: None,
    }
}

fn recognise(yaml: &str, mut span: SpanRecord) -> SpanRecord {
    let settings = ordertrace_config::parse(yaml, "test").unwrap();
    Recogniser::new(&settings).unwrap().spans(std::slice::from_mut(&mut span));
    span
}

fn keys_with(yaml: &str, kind: SpanKind, pairs: &[(&str, &str)]) -> Vec<String> {
    recognise(yaml, span(kind, pairs)).keys.iter().map(|key| key.key.to_string()).collect()
}

fn keys(pairs: &[(&str, &str)]) -> Vec<String> {
    keys_with("", SpanKind::Internal, pairs)
}

fn side(yaml: &str, kind: SpanKind, pairs: &[(&str, &str)]) -> Option<HandoffSide> {
    recognise(yaml, span(kind, pairs)).side
}
