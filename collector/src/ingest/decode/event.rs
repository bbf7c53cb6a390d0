use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::refusal::{Adjustments, Refusal};
use super::value::{attributes, cut, text};
use super::window::Window;
use super::{Decoded, Decoder, Origin, optional_id};
use crate::record::EventRecord;

impl Decoder {
    /// The log records of one request, recognised.
    pub fn events(&self, request: ExportLogsServiceRequest, now_ns: i64) -> Decoded<EventRecord> {
        let window = self.window(now_ns);
        let mut decoded = Decoded::default();
        for resource in request.resource_logs {
            let origin = self.origin(resource.resource, &mut decoded.adjustments);
            for group in resource.scope_logs {
                for log in group.log_records {
                    match self.event(log, &origin, window, now_ns, &mut decoded.adjustments) {
                        Ok(record) => decoded.records.push(record),
                        Err((reason, message)) => decoded.refusals.add(reason, || message),
                    }
                }
            }
        }
        self.recogniser.events(&mut decoded.records);
        decoded
    }

    fn event(
        &self,
        log: LogRecord,
        origin: &Origin,
        window: Window,
        now_ns: i64,
        adjustments: &mut Adjustments,
    ) -> Result<EventRecord, (Refusal, String)> {
        let service = &origin.service;
        let refuse = |reason, what: String| Err((reason, format!("log record of {service:?}: {what}")));
        let Some(trace_id) = optional_id(&log.trace_id) else {
            return refuse(Refusal::TraceId, format!("its trace id has {} bytes instead of 16", log.trace_id.len()));
        };
        let Some(span_id) = optional_id(&log.span_id) else {
            return refuse(Refusal::SpanId, format!("its span id has {} bytes instead of 8", log.span_id.len()));
        };
        let at_ns = match (log.time_unix_nano, log.observed_time_unix_nano) {
            // A record without any time happened as late as it arrived.
            (0, 0) => now_ns,
            (0, time) | (time, _) => match window.check(time) {
                Ok(time) => time,
                Err(wrong) => return refuse(Refusal::Time, format!("its time {wrong}")),
            },
        };
        let limits = &self.limits;
        let attributes = attributes(log.attributes, log.dropped_attributes_count, limits, adjustments);
        let mut name = cut(log.event_name, limits, adjustments);
        if name.is_empty() {
            // Where it stood before logs.proto 1.5.
            let former = attributes.iter().find(|(name, _)| name == "event.name");
            name = former.map(|(_, name)| name.clone()).unwrap_or_default();
        }
        Ok(EventRecord {
            at_ns,
            name,
            // logs.proto knows 0 to 24.
            severity: u8::try_from(log.severity_number).ok().filter(|number| *number <= 24).unwrap_or(0),
            body: cut(text(log.body.and_then(|body| body.value)), limits, adjustments),
            service: origin.service.clone(),
            system: origin.system.clone(),
            resource_attributes: Arc::clone(&origin.attributes),
            attributes,
            trace_id,
            span_id,
            keys: Vec::new(),
            milestone: String::new(),
        })
    }
}
