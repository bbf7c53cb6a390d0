use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use ordertrace_api::span::SpanKind;

use super::refusal::{Adjustment, Adjustments, Refusal};
use super::value::{attributes, cut};
use super::window::Window;
use super::{Decoded, Decoder, Origin, optional_id};
use crate::record::{SpanEventRecord, SpanLinkRecord, SpanRecord, SpanStatus};

impl Decoder {
    /// The spans of one request, recognised.
    pub fn spans(&self, request: ExportTraceServiceRequest, now_ns: i64) -> Decoded<SpanRecord> {
        let window = self.window(now_ns);
        let mut decoded = Decoded::default();
        for resource in request.resource_spans {
            let origin = self.origin(resource.resource, &mut decoded.adjustments);
            for group in resource.scope_spans {
                let scope = group.scope.unwrap_or_default();
                for span in group.spans {
                    match self.span(span, &origin, &scope, window, &mut decoded.adjustments) {
                        Ok(record) => decoded.records.push(record),
                        Err((reason, message)) => decoded.refusals.add(reason, || message),
                    }
                }
            }
        }
        self.recogniser.spans(&mut decoded.records);
        decoded
    }

    fn span(
        &self,
        span: Span,
        origin: &Origin,
        scope: &InstrumentationScope,
        window: Window,
        adjustments: &mut Adjustments,
    ) -> Result<SpanRecord, (Refusal, String)> {
        let name = &span.name;
        let refuse = |reason, what: String| Err((reason, format!("span {:?}: {what}", shortened(name))));
        let length = |what, bytes: &[u8], wanted| match bytes.len() {
            length if length == wanted => format!("its {what} is all zero"),
            length => format!("its {what} has {length} bytes instead of {wanted}"),
        };
        let Some(trace_id) = optional_id(&span.trace_id).filter(|id| *id != [0; 16]) else {
            return refuse(Refusal::TraceId, length("trace id", &span.trace_id, 16));
        };
        let Some(span_id) = optional_id(&span.span_id).filter(|id| *id != [0; 8]) else {
            return refuse(Refusal::SpanId, length("span id", &span.span_id, 8));
        };
        let Some(mut parent_span_id) = optional_id(&span.parent_span_id) else {
            return refuse(Refusal::ParentSpanId, length("parent span id", &span.parent_span_id, 8));
        };
        let started_at_ns = match window.check(span.start_time_unix_nano) {
            Ok(time) => time,
            Err(wrong) => return refuse(Refusal::Time, format!("its start time {wrong}")),
        };
        let duration_ns = match span.end_time_unix_nano.checked_sub(span.start_time_unix_nano) {
            None => {
                adjustments.add(Adjustment::NegativeDuration, 1);
                0
            }
            Some(duration) => match window.check(span.end_time_unix_nano) {
                Ok(_) => duration,
                Err(wrong) => return refuse(Refusal::Time, format!("its end time {wrong}")),
            },
        };
        if parent_span_id == span_id {
            adjustments.add(Adjustment::SelfParent, 1);
            parent_span_id = [0; 8];
        }
        let status = span.status.unwrap_or_default();
        let limits = &self.limits;
        Ok(SpanRecord {
            trace_id,
            span_id,
            parent_span_id,
            trace_state: cut(span.trace_state, limits, adjustments),
            started_at_ns,
            duration_ns,
            name: cut(span.name, limits, adjustments),
            kind: kind(span.kind),
            status: status_of(&status),
            status_message: cut(status.message, limits, adjustments),
            service: origin.service.clone(),
            system: origin.system.clone(),
            resource_attributes: Arc::clone(&origin.attributes),
            scope_name: scope.name.clone(),
            scope_version: scope.version.clone(),
            attributes: attributes(span.attributes, span.dropped_attributes_count, limits, adjustments),
            events: self.events_of(span.events, started_at_ns, window, adjustments),
            links: self.links_of(span.links, adjustments),
            keys: Vec::new(),
            noise: String::new(),
            milestone: String::new(),
            side: None,
        })
    }

    fn events_of(
        &self,
        events: Vec<Event>,
        started_at_ns: i64,
        window: Window,
        adjustments: &mut Adjustments,
    ) -> Vec<SpanEventRecord> {
        let dropped = events.len().saturating_sub(self.limits.span_events);
        adjustments.add(Adjustment::EventsOrLinksDropped, dropped);
        let kept = events.into_iter().take(self.limits.span_events);
        kept.map(|event| SpanEventRecord {
            at_ns: window.check_or(event.time_unix_nano, started_at_ns),
            name: cut(event.name, &self.limits, adjustments),
            attributes: attributes(event.attributes, event.dropped_attributes_count, &self.limits, adjustments),
        })
        .collect()
    }

    fn links_of(&self, links: Vec<Link>, adjustments: &mut Adjustments) -> Vec<SpanLinkRecord> {
        let sent = links.len();
        let mut kept = Vec::new();
        for link in links.into_iter().take(self.limits.span_links) {
            let trace_id = optional_id(&link.trace_id).filter(|id| *id != [0; 16]);
            let span_id = optional_id(&link.span_id).filter(|id| *id != [0; 8]);
            if let (Some(trace_id), Some(span_id)) = (trace_id, span_id) {
                kept.push(SpanLinkRecord {
                    trace_id,
                    span_id,
                    trace_state: cut(link.trace_state, &self.limits, adjustments),
                    attributes: attributes(link.attributes, link.dropped_attributes_count, &self.limits, adjustments),
                });
            }
        }
        adjustments.add(Adjustment::EventsOrLinksDropped, sent - kept.len());
        kept
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
fn status_of(status: &Status) -> SpanStatus {
    match status.code {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error,
        _ => SpanStatus::Unset,
    }
}
