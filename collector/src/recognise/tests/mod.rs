mod keys;
mod lines;
mod rules;
mod sides;

use ordertrace_api::keys::Strength;
use ordertrace_api::span::SpanKind;

use super::*;
use crate::record::{Access, Attribute, Origin, Scope as InstrumentationScope, Side, SpanEventRecord, SpanStatus};

const ORIGIN: Origin<'static> = Origin { service: "shop", system: "shop", attributes: &[] };

fn attributes(pairs: &[(&str, &str)]) -> &'static [Attribute<'static>] {
    let kept = |text: &str| -> &'static str { text.to_owned().leak() };
    pairs.iter().map(|(name, value)| (kept(name), kept(value))).collect::<Vec<_>>().leak()
}

fn arena() -> &'static Bump {
    Box::leak(Box::default())
}

fn span(kind: SpanKind, pairs: &[(&str, &str)]) -> SpanRecord<'static> {
    SpanRecord {
        trace_id: [1; 16],
        span_id: [1; 8],
        parent_span_id: [0; 8],
        trace_state: "",
        started_at_ns: 1_795_253_154_000_000_000,
        duration_ns: 1_000_000,
        name: "a span",
        kind,
        status: SpanStatus::Unset,
        status_message: "",
        origin: &ORIGIN,
        scope: &InstrumentationScope { name: "", version: "", attributes: &[] },
        attributes: attributes(pairs),
        events: &[],
        links: &[],
        keys: &[],
        lines: None,
        noise: "",
        milestone: "",
        side: None,
    }
}

fn recognise(yaml: &str, mut span: SpanRecord<'static>) -> SpanRecord<'static> {
    let settings = ordertrace_config::parse(yaml, "test").unwrap();
    Recogniser::new(&settings).unwrap().spans(arena(), std::slice::from_mut(&mut span));
    span
}

fn keys_with(yaml: &str, kind: SpanKind, pairs: &[(&str, &str)]) -> Vec<String> {
    recognise(yaml, span(kind, pairs)).keys.iter().map(|key| key.key().to_string()).collect()
}

fn keys(pairs: &[(&str, &str)]) -> Vec<String> {
    keys_with("", SpanKind::Internal, pairs)
}

fn side(yaml: &str, kind: SpanKind, pairs: &[(&str, &str)]) -> Option<Side<'static>> {
    recognise(yaml, span(kind, pairs)).side.copied()
}
