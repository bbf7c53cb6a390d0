use bumpalo::Bump;
use ordertrace_api::attributes::{EVENT_POLL, EVENT_READING};

use super::origin::Group;
use super::refusal::Refusal;
use super::repeated::Repeated;
use super::wire::{Message, Problem, WireError};
use super::{Decoded, Decoder, Walk, optional_id};
use crate::record::{Attribute, EventRecord, Origin};

/// logs.proto `LogRecord` as it is sent.
#[derive(Default)]
struct Sent<'a> {
    time_ns: u64,
    observed_ns: u64,
    severity: i32,
    body: Option<Message<'a>>,
    dropped_attributes: u32,
    trace_id: &'a [u8],
    span_id: &'a [u8],
    name: &'a str,
}

impl Decoder {
    /// The log records of one request, recognised. They lie in `body` and in `arena`.
    ///
    /// # Errors
    /// [`WireError`] when the body is no OTLP request, or would take too much memory.
    pub fn events<'a>(
        &'a self,
        arena: &'a Bump,
        body: &'a [u8],
        now_ns: i64,
    ) -> Result<Decoded<'a, EventRecord<'a>>, WireError> {
        let mut walk = self.walk(arena, body, now_ns);
        let mut records = Vec::new();
        let mut attributes = walk.texts.no_attributes();
        let mut request = Message::body("request", body);
        while let Some(field) = request.next()? {
            if field.number != 1 {
                continue;
            }
            let mut resource = Group::new(field.message("resource logs")?);
            let mut origin = None;
            while let Some(scope_logs) = resource.next("scope logs")? {
                let mut group = Group::new(scope_logs);
                let mut scope = None;
                while let Some(log) = group.next("log record")? {
                    let origin = match origin {
                        Some(origin) => origin,
                        None => *origin.insert(&*arena.alloc(walk.origin(&resource)?)),
                    };
                    let scope = match scope {
                        Some(scope) => scope,
                        None => *scope.insert(walk.scope_attributes(&group)?),
                    };
                    records.extend(walk.event(log, origin, scope, &mut attributes)?);
                    if walk.unfolds() {
                        return Err(log.wrong(Problem::Unfolds));
                    }
                }
            }
        }
        self.recogniser.events(arena, &mut records);
        Ok(walk.finish(records))
    }
}

impl<'a> Walk<'a> {
    /// The log record, unless it is refused.
    fn event(
        &mut self,
        mut log: Message<'a>,
        origin: &'a Origin<'a>,
        scope: &'a [Attribute<'a>],
        attributes: &mut Repeated<'a>,
    ) -> Result<Option<EventRecord<'a>>, WireError> {
        let mut sent = Sent::default();
        attributes.clear();
        while let Some(field) = log.next()? {
            match field.number {
                1 => sent.time_ns = field.fixed64()?,
                2 => sent.severity = field.int32()?,
                5 => sent.body = Some(field.message("body")?),
                6 => attributes.push(field.message("attribute")?),
                7 => sent.dropped_attributes = field.uint32()?,
                9 => sent.trace_id = field.bytes()?,
                10 => sent.span_id = field.bytes()?,
                11 => sent.observed_ns = field.fixed64()?,
                12 => sent.name = field.text()?,
                _ => {}
            }
        }
        let mut refuse = |reason, what: String| {
            self.refusals.add(reason, || format!("log record of {:?}: {what}", origin.service));
            Ok(None)
        };
        let Some(trace_id) = optional_id(sent.trace_id) else {
            return refuse(Refusal::TraceId, format!("its trace id has {} bytes instead of 16", sent.trace_id.len()));
        };
        let Some(span_id) = optional_id(sent.span_id) else {
            return refuse(Refusal::SpanId, format!("its span id has {} bytes instead of 8", sent.span_id.len()));
        };
        let at_ns = match (sent.time_ns, sent.observed_ns) {
            // A record without any time happened as late as it arrived.
            (0, 0) => self.now_ns,
            (0, time) | (time, _) => match self.window.check(time) {
                Ok(time) => time,
                Err(wrong) => return refuse(Refusal::Time, format!("its time {wrong}")),
            },
        };
        let attributes = self.texts.attributes(attributes, sent.dropped_attributes, scope)?;
        let mut name = self.texts.cut(sent.name);
        if name.is_empty() {
            // Where it stood before logs.proto 1.5.
            name = attributes.iter().find(|(name, _)| *name == "event.name").map_or("", |(_, name)| *name);
        }
        let reading = match name {
            EVENT_READING => match self.reading_of_event(at_ns, attributes) {
                Ok(reading) => {
                    self.read(&reading);
                    Some(&*self.texts.arena.alloc(reading))
                }
                Err((reason, what)) => {
                    self.refused(at_ns, None, Some(origin), attributes, &what);
                    self.refusals.add(reason, || format!("{EVENT_READING} of {:?}: {what}", origin.service));
                    return Ok(None);
                }
            },
            EVENT_POLL => {
                self.poll(at_ns, origin, attributes);
                None
            }
            _ => None,
        };
        Ok(Some(EventRecord {
            at_ns,
            name,
            // logs.proto knows 0 to 24.
            severity: u8::try_from(sent.severity).ok().filter(|number| *number <= 24).unwrap_or(0),
            body: sent.body.map_or(Ok(""), |body| self.texts.any_value(body))?,
            origin,
            attributes,
            trace_id,
            span_id,
            keys: &[],
            lines: None,
            milestone: "",
            reading,
        }))
    }
}
