use bumpalo::Bump;
use ordertrace_api::span::SpanKind;

use super::origin::Group;
use super::refusal::{Adjustment, Refusal};
use super::repeated::Repeated;
use super::wire::{Message, Problem, WireError};
use super::{Decoded, Decoder, Walk, optional_id};
use crate::record::{Attribute, Origin, Scope, SpanEventRecord, SpanLinkRecord, SpanRecord, SpanStatus};

/// What its sender left out of a span, by the names that the OpenTelemetry specification gives
/// (Common/mapping-to-non-otlp, "Dropped Events Count", "Dropped Links Count").
const EVENTS_DROPPED: &str = "otel.dropped_events_count";
const LINKS_DROPPED: &str = "otel.dropped_links_count";

/// trace.proto `Span` as it is sent.
#[derive(Default)]
struct Sent<'a> {
    trace_id: &'a [u8],
    span_id: &'a [u8],
    parent_span_id: &'a [u8],
    trace_state: &'a str,
    name: &'a str,
    kind: i32,
    start_ns: u64,
    end_ns: u64,
    dropped_attributes: u32,
    dropped_events: u32,
    dropped_links: u32,
    status_code: i32,
    status_message: &'a str,
}

/// The parts of a span of which there can be many.
struct Lists<'a> {
    attributes: Repeated<'a>,
    events: Repeated<'a>,
    links: Repeated<'a>,
    /// Attributes of an event or a link.
    inner: Repeated<'a>,
    /// Attributes that are not sent as such.
    more: Vec<Attribute<'a>>,
}

impl Decoder {
    /// The spans of one request, recognised. They lie in `body` and in `arena`.
    ///
    /// # Errors
    /// [`WireError`] when the body is no OTLP request, or would take too much memory.
    pub fn spans<'a>(
        &'a self,
        arena: &'a Bump,
        body: &'a [u8],
        now_ns: i64,
    ) -> Result<Decoded<'a, SpanRecord<'a>>, WireError> {
        let mut walk = self.walk(arena, body, now_ns);
        let mut records = Vec::new();
        let mut lists = Lists {
            attributes: walk.texts.no_attributes(),
            events: Repeated::new(self.limits.span_events),
            links: Repeated::new(self.limits.span_links),
            inner: walk.texts.no_attributes(),
            more: Vec::new(),
        };
        let mut request = Message::body("request", body);
        while let Some(field) = request.next()? {
            if field.number != 1 {
                continue;
            }
            let mut resource = Group::new(field.message("resource spans")?);
            let mut origin = None;
            while let Some(scope_spans) = resource.next("scope spans")? {
                let mut group = Group::new(scope_spans);
                let mut scope = None;
                while let Some(span) = group.next("span")? {
                    // A resource without spans is not kept.
                    let origin = match origin {
                        Some(origin) => origin,
                        None => *origin.insert(&*arena.alloc(walk.origin(&resource)?)),
                    };
                    let scope = match scope {
                        Some(scope) => scope,
                        None => *scope.insert(&*arena.alloc(walk.scope(&group)?)),
                    };
                    records.extend(walk.span(span, origin, scope, &mut lists)?);
                    if walk.unfolds() {
                        return Err(span.wrong(Problem::Unfolds));
                    }
                }
            }
        }
        self.recogniser.spans(arena, &mut records);
        Ok(walk.finish(records))
    }
}

impl<'a> Sent<'a> {
    fn read(mut span: Message<'a>, lists: &mut Lists<'a>) -> Result<Self, WireError> {
        let mut sent = Self::default();
        lists.attributes.clear();
        lists.events.clear();
        lists.links.clear();
        while let Some(field) = span.next()? {
            match field.number {
                1 => sent.trace_id = field.bytes()?,
                2 => sent.span_id = field.bytes()?,
                3 => sent.trace_state = field.text()?,
                4 => sent.parent_span_id = field.bytes()?,
                5 => sent.name = field.text()?,
                6 => sent.kind = field.int32()?,
                7 => sent.start_ns = field.fixed64()?,
                8 => sent.end_ns = field.fixed64()?,
                9 => lists.attributes.push(field.message("attribute")?),
                10 => sent.dropped_attributes = field.uint32()?,
                11 => lists.events.push(field.message("span event")?),
                12 => sent.dropped_events = field.uint32()?,
                13 => lists.links.push(field.message("span link")?),
                14 => sent.dropped_links = field.uint32()?,
                15 => {
                    let mut status = field.message("status")?;
                    while let Some(field) = status.next()? {
                        match field.number {
                            2 => sent.status_message = field.text()?,
                            3 => sent.status_code = field.int32()?,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(sent)
    }
}

impl<'a> Walk<'a> {
    /// The span, unless it is refused.
    fn span(
        &mut self,
        span: Message<'a>,
        origin: &'a Origin<'a>,
        scope: &'a Scope<'a>,
        lists: &mut Lists<'a>,
    ) -> Result<Option<SpanRecord<'a>>, WireError> {
        let sent = Sent::read(span, lists)?;
        let mut refuse = |reason, what: String| {
            self.refusals.add(reason, || format!("span {:?}: {what}", shortened(sent.name)));
            Ok(None)
        };
        let length = |what, bytes: &[u8], wanted| match bytes.len() {
            length if length == wanted => format!("its {what} is all zero"),
            length => format!("its {what} has {length} bytes instead of {wanted}"),
        };
        let Some(trace_id) = optional_id(sent.trace_id).filter(|id| *id != [0; 16]) else {
            return refuse(Refusal::TraceId, length("trace id", sent.trace_id, 16));
        };
        let Some(span_id) = optional_id(sent.span_id).filter(|id| *id != [0; 8]) else {
            return refuse(Refusal::SpanId, length("span id", sent.span_id, 8));
        };
        let Some(mut parent_span_id) = optional_id(sent.parent_span_id) else {
            return refuse(Refusal::ParentSpanId, length("parent span id", sent.parent_span_id, 8));
        };
        let started_at_ns = match self.window.check(sent.start_ns) {
            Ok(time) => time,
            Err(wrong) => return refuse(Refusal::Time, format!("its start time {wrong}")),
        };
        let duration_ns = match sent.end_ns.checked_sub(sent.start_ns) {
            None => {
                self.texts.adjustments.add(Adjustment::NegativeDuration, 1);
                0
            }
            Some(duration) => match self.window.check(sent.end_ns) {
                Ok(_) => duration,
                Err(wrong) => return refuse(Refusal::Time, format!("its end time {wrong}")),
            },
        };
        lists.more.clear();
        for (name, count) in [(EVENTS_DROPPED, sent.dropped_events), (LINKS_DROPPED, sent.dropped_links)] {
            if count > 0 {
                lists.more.push((name, self.texts.number(count)));
            }
        }
        lists.more.extend_from_slice(scope.attributes);
        if parent_span_id == span_id {
            self.texts.adjustments.add(Adjustment::SelfParent, 1);
            parent_span_id = [0; 8];
        }
        Ok(Some(SpanRecord {
            trace_id,
            span_id,
            parent_span_id,
            trace_state: self.texts.cut(sent.trace_state),
            started_at_ns,
            duration_ns,
            name: self.texts.cut(sent.name),
            kind: kind(sent.kind),
            status: status(sent.status_code),
            status_message: self.texts.cut(sent.status_message),
            origin,
            scope,
            attributes: self.texts.attributes(&lists.attributes, sent.dropped_attributes, &lists.more)?,
            events: self.events_of(&lists.events, &mut lists.inner, started_at_ns)?,
            links: self.links_of(&lists.links, &mut lists.inner)?,
            keys: &[],
            lines: None,
            noise: "",
            milestone: "",
            side: None,
        }))
    }

    fn events_of(
        &mut self,
        events: &Repeated<'a>,
        inner: &mut Repeated<'a>,
        started_at_ns: i64,
    ) -> Result<&'a [SpanEventRecord<'a>], WireError> {
        self.texts.adjustments.add(Adjustment::EventsOrLinksDropped, events.beyond());
        let mut records = Vec::with_capacity(events.first().len());
        for event in events.first() {
            let mut event = *event;
            let (mut time_ns, mut name, mut dropped) = (0, "", 0);
            inner.clear();
            while let Some(field) = event.next()? {
                match field.number {
                    1 => time_ns = field.fixed64()?,
                    2 => name = field.text()?,
                    3 => inner.push(field.message("attribute")?),
                    4 => dropped = field.uint32()?,
                    _ => {}
                }
            }
            records.push(SpanEventRecord {
                at_ns: self.window.check_or(time_ns, started_at_ns),
                name: self.texts.cut(name),
                attributes: self.texts.attributes(inner, dropped, &[])?,
            });
        }
        Ok(self.texts.arena.alloc_slice_copy(&records))
    }

    fn links_of(
        &mut self,
        links: &Repeated<'a>,
        inner: &mut Repeated<'a>,
    ) -> Result<&'a [SpanLinkRecord<'a>], WireError> {
        let mut records = Vec::new();
        for link in links.first() {
            let mut link = *link;
            let (mut trace_id, mut span_id, mut trace_state, mut dropped) = (&[][..], &[][..], "", 0);
            inner.clear();
            while let Some(field) = link.next()? {
                match field.number {
                    1 => trace_id = field.bytes()?,
                    2 => span_id = field.bytes()?,
                    3 => trace_state = field.text()?,
                    4 => inner.push(field.message("attribute")?),
                    5 => dropped = field.uint32()?,
                    _ => {}
                }
            }
            let trace_id = optional_id(trace_id).filter(|id| *id != [0; 16]);
            let span_id = optional_id(span_id).filter(|id| *id != [0; 8]);
            if let (Some(trace_id), Some(span_id)) = (trace_id, span_id) {
                let trace_state = self.texts.cut(trace_state);
                let attributes = self.texts.attributes(inner, dropped, &[])?;
                records.push(SpanLinkRecord { trace_id, span_id, trace_state, attributes });
            }
        }
        self.texts
            .adjustments
            .add(Adjustment::EventsOrLinksDropped, links.first().len() - records.len() + links.beyond());
        Ok(self.texts.arena.alloc_slice_copy(&records))
    }
}

/// As much of a name as helps to find the span.
fn shortened(name: &str) -> &str {
    &name[..name.floor_char_boundary(80)]
}

/// trace.proto `Span.SpanKind`; numbers it does not know are unspecified.
fn kind(number: i32) -> SpanKind {
    match number {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

/// trace.proto `Status.StatusCode`; numbers it does not know are unset.
fn status(code: i32) -> SpanStatus {
    match code {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error,
        _ => SpanStatus::Unset,
    }
}
