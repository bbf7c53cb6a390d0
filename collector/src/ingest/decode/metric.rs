use bumpalo::Bump;
use ordertrace_api::attributes::{EVENT_READING, METRIC_INVENTORY_LEVEL, METRIC_PRICE};
use ordertrace_api::reading::Entity;

use super::origin::Group;
use super::reading::{Told, refuse};
use super::refusal::Refusal;
use super::value::decimal;
use super::wire::{Field, Message, Problem, WireError};
use super::{Decoded, Decoder, Walk};
use crate::record::{Attribute, ReadingRecord};

/// metrics.proto `DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
const NO_RECORDED_VALUE: u32 = 1;

/// metrics.proto `Metric.data`: those that hold points of one number, and the others.
const GAUGE: u32 = 5;
const SUM: u32 = 7;
const HISTOGRAM: u32 = 9;
const SUMMARY: u32 = 11;

/// metrics.proto `NumberDataPoint`.
struct Sent<'a> {
    time_ns: u64,
    flags: u32,
    number: Option<Number>,
    attributes: &'a [Attribute<'a>],
}

/// metrics.proto `NumberDataPoint.value`.
#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Double(f64),
}

impl Decoder {
    /// The readings of one request. They lie in `body` and in `arena`.
    ///
    /// # Errors
    /// [`WireError`] when the body is no OTLP request, or would take too much memory.
    pub fn readings<'a>(
        &'a self,
        arena: &'a Bump,
        body: &'a [u8],
        now_ns: i64,
    ) -> Result<Decoded<'a, ReadingRecord<'a>>, WireError> {
        let mut walk = self.walk(arena, body, now_ns);
        let mut records = Vec::new();
        let mut request = Message::body("request", body);
        while let Some(field) = request.next()? {
            if field.number != 1 {
                continue;
            }
            let mut resource = Group::new(field.message("resource metrics")?);
            while let Some(scope_metrics) = resource.next("scope metrics")? {
                let mut group = Group::new(scope_metrics);
                while let Some(metric) = group.next("metric")? {
                    if walk.service.is_none() {
                        walk.origin(&resource)?;
                    }
                    walk.metric(metric, &mut records)?;
                }
            }
        }
        Ok(walk.finish(records))
    }
}

/// metrics.proto `Metric`: its name, and which of the fields `data` it has.
fn head(mut metric: Message<'_>) -> Result<(&str, u32), WireError> {
    let (mut name, mut data) = ("", 0);
    while let Some(field) = metric.next()? {
        match field.number {
            1 => name = field.text()?,
            number @ (GAUGE | SUM | HISTOGRAM..=SUMMARY) => data = number,
            _ => {}
        }
    }
    Ok((name, data))
}

impl<'a> Walk<'a> {
    fn metric(&mut self, mut metric: Message<'a>, records: &mut Vec<ReadingRecord<'a>>) -> Result<(), WireError> {
        let (name, data) = head(metric)?;
        let entity = match name {
            METRIC_INVENTORY_LEVEL => Some(Entity::Inventory),
            METRIC_PRICE => Some(Entity::Price),
            _ => None,
        };
        let mut others = 0;
        while let Some(field) = metric.next()? {
            if field.number != data {
                continue;
            }
            let mut points = field.message("metric data")?;
            while let Some(field) = points.next()? {
                match entity {
                    _ if field.number != 1 => {}
                    Some(entity) if matches!(data, GAUGE | SUM) => self.point(name, entity, &field, records)?,
                    _ => others += 1,
                }
            }
        }
        match entity {
            Some(_) => self.refusals.add_many(Refusal::Reading, others, || format!("{name} must be a gauge")),
            None => self.refusals.add_many(Refusal::NotAReading, others, || {
                let name = &name[..name.floor_char_boundary(80)];
                format!(
                    "metric {name:?}: ordertrace stores readings of stock and prices only, as gauges named \
                     {METRIC_INVENTORY_LEVEL} and {METRIC_PRICE}, and others as events named {EVENT_READING}; send \
                     other metrics to a metrics backend"
                )
            }),
        }
        Ok(())
    }

    fn point(
        &mut self,
        name: &str,
        entity: Entity,
        field: &Field<'a>,
        records: &mut Vec<ReadingRecord<'a>>,
    ) -> Result<(), WireError> {
        let point = field.message("data point")?;
        let sent = self.sent(point)?;
        match self.told(&sent, entity) {
            Ok(record) => {
                self.read(&record);
                records.push(record);
            }
            Err((reason, what)) => {
                let at_ns = self.window.check(sent.time_ns).unwrap_or(self.now_ns);
                self.refused(at_ns, Some(entity), None, sent.attributes, &what);
                self.refusals.add(reason, || format!("point of {name}: {what}"));
            }
        }
        if self.unfolds() { Err(point.wrong(Problem::Unfolds)) } else { Ok(()) }
    }

    fn sent(&mut self, mut point: Message<'a>) -> Result<Sent<'a>, WireError> {
        let (mut time_ns, mut flags, mut number, mut pairs) = (0, 0, None, self.texts.no_attributes());
        while let Some(field) = point.next()? {
            match field.number {
                3 => time_ns = field.fixed64()?,
                4 | 6 => number = Some(value(&field)?),
                7 => pairs.push(field.message("attribute")?),
                8 => flags = field.uint32()?,
                _ => {}
            }
        }
        Ok(Sent { time_ns, flags, number, attributes: self.texts.attributes(&pairs, 0, &[])? })
    }

    fn told(&self, sent: &Sent<'a>, entity: Entity) -> Result<ReadingRecord<'a>, (Refusal, String)> {
        let value = match sent.number {
            _ if sent.flags & NO_RECORDED_VALUE != 0 => return refuse("it has no recorded value"),
            Some(Number::Int(value)) => value.to_string(),
            Some(Number::Double(value)) if value.is_finite() => decimal(value),
            Some(Number::Double(value)) => return refuse(format!("its value is {value}")),
            None => return refuse("it has no value"),
        };
        let at_ns = match self.window.check(sent.time_ns) {
            Ok(time) => time,
            Err(wrong) => return Err((Refusal::Time, format!("its time {wrong}"))),
        };
        self.reading(Told { entity, value: &value, at_ns, attributes: sent.attributes.to_vec() })
    }
}

fn value(field: &Field<'_>) -> Result<Number, WireError> {
    let bits = field.fixed64()?;
    Ok(if field.number == 4 { Number::Double(f64::from_bits(bits)) } else { Number::Int(bits as i64) })
}
