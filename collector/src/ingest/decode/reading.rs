use jiff::Timestamp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};
use ordertrace_api::attributes::{
    CHANGED_AT, CHANNEL, CURRENCY, LOCATION, METRIC_INVENTORY_LEVEL, METRIC_PRICE, SKU, SYSTEM, VERSION,
};

use super::refusal::{Adjustments, Refusal};
use super::value::{attributes, decimal};
use super::window::Window;
use super::{Decoded, Decoder};
use crate::record::{Attributes, ReadingKind, ReadingRecord};

/// metrics.proto `DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK`.
const NO_RECORDED_VALUE: u32 = 1;

impl Decoder {
    /// The readings of one request.
    pub fn readings(&self, request: ExportMetricsServiceRequest, now_ns: i64) -> Decoded<ReadingRecord> {
        let window = self.window(now_ns);
        let mut decoded = Decoded::default();
        for resource in request.resource_metrics {
            for group in resource.scope_metrics {
                for metric in group.metrics {
                    self.metric(metric, window, &mut decoded);
                }
            }
        }
        decoded
    }

    fn metric(&self, metric: Metric, window: Window, decoded: &mut Decoded<ReadingRecord>) {
        let Metric { name, data, .. } = metric;
        let kind = match name.as_str() {
            METRIC_INVENTORY_LEVEL => Some(ReadingKind::Inventory),
            METRIC_PRICE => Some(ReadingKind::Price),
            _ => None,
        };
        let (points, others) = match data {
            Some(Data::Gauge(gauge)) => (gauge.data_points, 0),
            Some(Data::Sum(sum)) => (sum.data_points, 0),
            Some(Data::Histogram(data)) => (Vec::new(), data.data_points.len()),
            Some(Data::ExponentialHistogram(data)) => (Vec::new(), data.data_points.len()),
            Some(Data::Summary(data)) => (Vec::new(), data.data_points.len()),
            None => (Vec::new(), 0),
        };
        let Some(kind) = kind else {
            decoded.refusals.add_many(Refusal::NotAReading, (points.len() + others) as u64, || {
                let name = &name[..name.floor_char_boundary(80)];
                format!(
                    "metric {name:?}: ordertrace stores readings of stock and prices only, as gauges named \
                     {METRIC_INVENTORY_LEVEL} and {METRIC_PRICE}; send other metrics to a metrics backend"
                )
            });
            return;
        };
        decoded.refusals.add_many(Refusal::Reading, others as u64, || format!("{name} must be a gauge"));
        for point in points {
            match self.reading(point, kind, window, &mut decoded.adjustments) {
                Ok(record) => decoded.records.push(record),
                Err((reason, what)) => decoded.refusals.add(reason, || format!("point of {name}: {what}")),
            }
        }
    }

    fn reading(
        &self,
        point: NumberDataPoint,
        kind: ReadingKind,
        window: Window,
        adjustments: &mut Adjustments,
    ) -> Result<ReadingRecord, (Refusal, String)> {
        let refuse = |what: String| (Refusal::Reading, what);
        let value = match point.value {
            _ if point.flags & NO_RECORDED_VALUE != 0 => return Err(refuse("it has no recorded value".to_owned())),
            Some(Value::AsInt(value)) => value.to_string(),
            Some(Value::AsDouble(value)) if value.is_finite() => decimal(value),
            Some(Value::AsDouble(value)) => return Err(refuse(format!("its value is {value}"))),
            None => return Err(refuse("it has no value".to_owned())),
        };
        let at_ns = window.check(point.time_unix_nano).map_err(|wrong| (Refusal::Time, format!("its time {wrong}")))?;
        let mut attributes = attributes(point.attributes, 0, &self.limits, adjustments);
        let system = take(&mut attributes, SYSTEM);
        let sku = take(&mut attributes, SKU);
        for (name, value) in [(SYSTEM, &system), (SKU, &sku)] {
            if value.is_empty() {
                return Err(refuse(format!("it lacks the attribute {name}")));
            }
        }
        let changed_at = take(&mut attributes, CHANGED_AT);
        let changed_at_ns = match changed_at.parse::<Timestamp>() {
            _ if changed_at.is_empty() => 0,
            Ok(time) => {
                let time_ns = u64::try_from(time.as_nanosecond()).unwrap_or(0);
                window.check(time_ns).map_err(|wrong| (Refusal::Time, format!("its {CHANGED_AT} {wrong}")))?
            }
            Err(_) => {
                let shown = &changed_at[..changed_at.floor_char_boundary(80)];
                return Err(refuse(format!("its {CHANGED_AT} {shown:?} is no RFC 3339 time")));
            }
        };
        Ok(ReadingRecord {
            kind,
            system: self.recogniser.system(&system),
            sku,
            location: take(&mut attributes, LOCATION),
            channel: take(&mut attributes, CHANNEL),
            currency: take(&mut attributes, CURRENCY),
            value,
            at_ns,
            version: take(&mut attributes, VERSION),
            changed_at_ns,
            attributes,
        })
    }
}

/// Takes an attribute out; empty when it is not there.
fn take(attributes: &mut Attributes, name: &str) -> String {
    match attributes.iter().position(|(known, _)| known == name) {
        Some(at) => attributes.remove(at).1,
        None => String::new(),
    }
}
