use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::record::{Attribute, Origin, Side, SpanRecord};
use crate::storage::codes::{kind_code, observer_code};

/// Texts that every span has, as a shape tells where they are: behind its attributes' values
/// and before the values of its keys. Views count on the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "each has its place, also those that only views read")]
pub(super) enum Field {
    Name,
    StatusMessage,
    TraceState,
    ScopeName,
    ScopeVersion,
    Noise,
    Milestone,
    From,
    To,
    Operation,
    Method,
    Path,
    IdempotencyKey,
    ErrorType,
}

/// How many [`Field`]s there are.
pub(super) const FIELDS: usize = Field::ErrorType as usize + 1;

/// What spans of one kind have in common, as JSON in the column `span.shape`: a span is its
/// shape and its own texts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Shape<'s> {
    /// [`kind_code`].
    pub kind: i8,
    /// [`SpanStatus`].
    pub status: i8,
    /// [`observer_code`], 0 = not an end of a handoff.
    pub observer: i8,
    pub status_code: u16,
    pub resend_count: u32,
    /// Names of attributes.
    pub names: Vec<Cow<'s, str>>,
    /// Kind, system and [`strength_code`] of the keys.
    pub keys: Vec<(Cow<'s, str>, Cow<'s, str>, i8)>,
    /// Texts that are the same on all of them.
    pub fixed: Vec<Cow<'s, str>>,
    /// Where the texts are, from 1, in `fixed` and behind it the span's own texts: values of
    /// attributes, fields, values of keys.
    pub at: Vec<u32>,
}

/// Who reported a span, as JSON in the column `span.origin`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OriginText<'o> {
    pub service: Cow<'o, str>,
    pub system: Cow<'o, str>,
    pub attributes: Vec<(Cow<'o, str>, Cow<'o, str>)>,
}

/// What few spans have, as JSON in the column `span.more`, which is empty for all others.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct More<'m> {
    pub events: Vec<EventText<'m>>,
    pub links: Vec<LinkText<'m>>,
}

/// A span event.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EventText<'m> {
    pub at: i64,
    pub name: Cow<'m, str>,
    pub attributes: Vec<(Cow<'m, str>, Cow<'m, str>)>,
}

/// A span link, ids in hexadecimal.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LinkText<'m> {
    pub trace_id: Cow<'m, str>,
    pub span_id: Cow<'m, str>,
    pub trace_state: Cow<'m, str>,
    pub attributes: Vec<(Cow<'m, str>, Cow<'m, str>)>,
}

/// What must be equal on spans of one shape, but for their texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Codes {
    pub kind: i8,
    pub status: i8,
    pub observer: i8,
    pub status_code: u16,
    pub resend_count: u32,
}

impl Codes {
    pub(super) fn of(span: &SpanRecord<'_>) -> Self {
        Self {
            kind: kind_code(span.kind),
            status: span.status as i8,
            observer: span.side.map_or(0, |side| observer_code(side.observer)),
            status_code: span.side.map_or(0, |side| side.status_code),
            resend_count: span.side.map_or(0, |side| side.resend_count),
        }
    }
}

/// The span's texts in the order of [`Shape::at`].
pub(super) fn texts<'r>(span: &SpanRecord<'r>, texts: &mut Vec<&'r str>) {
    let of_side = |text: fn(&'r Side<'r>) -> &'r str| span.side.map_or("", text);
    texts.clear();
    texts.extend(span.attributes.iter().map(|(_, value)| *value));
    let fields: [&str; FIELDS] = [
        span.name,
        span.status_message,
        span.trace_state,
        span.scope.name,
        span.scope.version,
        span.noise,
        span.milestone,
        of_side(|side| side.from),
        of_side(|side| side.to),
        of_side(|side| side.operation),
        of_side(|side| side.method),
        of_side(|side| side.path),
        of_side(|side| side.idempotency_key),
        of_side(|side| side.error_type),
    ];
    texts.extend(fields);
    texts.extend(span.keys.iter().map(|key| key.value));
}

fn borrowed<'a>(attributes: &[Attribute<'a>]) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
    attributes.iter().map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value))).collect()
}

/// The value in JSON. Texts, numbers and lists of them cannot fail to be written to memory.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The origin as it is stored.
pub(super) fn origin_text(origin: &Origin<'_>) -> String {
    json(&OriginText {
        service: origin.service.into(),
        system: origin.system.into(),
        attributes: borrowed(origin.attributes),
    })
}

/// Events and links as they are stored; empty when there are none.
pub(super) fn more_text(span: &SpanRecord<'_>) -> String {
    if span.events.is_empty() && span.links.is_empty() {
        return String::new();
    }
    json(&More {
        events: span
            .events
            .iter()
            .map(|event| EventText { at: event.at_ns, name: event.name.into(), attributes: borrowed(event.attributes) })
            .collect(),
        links: span
            .links
            .iter()
            .map(|link| LinkText {
                trace_id: hex::encode(link.trace_id).into(),
                span_id: hex::encode(link.span_id).into(),
                trace_state: link.trace_state.into(),
                attributes: borrowed(link.attributes),
            })
            .collect(),
    })
}
