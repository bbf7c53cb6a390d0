use opentelemetry_proto::tonic::metrics::v1 as proto;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets as ProtoBuckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{exemplar, number_data_point};
use serde::Deserialize;

use super::scalar::{Double, Hex, Int32, Int64, List, Object, Uint32, Uint64, each};
use super::value::KeyValue;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct NumberPoint {
    attributes: List<KeyValue>,
    start_time_unix_nano: Option<Uint64>,
    time_unix_nano: Option<Uint64>,
    as_double: Option<Double>,
    as_int: Option<Int64>,
    exemplars: List<Exemplar>,
    flags: Option<Uint32>,
}

impl From<NumberPoint> for proto::NumberDataPoint {
    fn from(json: NumberPoint) -> Self {
        let double = json.as_double.map(|value| number_data_point::Value::AsDouble(value.0));
        Self {
            attributes: each(json.attributes),
            start_time_unix_nano: json.start_time_unix_nano.unwrap_or_default().0,
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            exemplars: each(json.exemplars),
            flags: json.flags.unwrap_or_default().0,
            value: json.as_int.map(|value| number_data_point::Value::AsInt(value.0)).or(double),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct HistogramPoint {
    attributes: List<KeyValue>,
    start_time_unix_nano: Option<Uint64>,
    time_unix_nano: Option<Uint64>,
    count: Option<Uint64>,
    sum: Option<Double>,
    bucket_counts: Option<Vec<Uint64>>,
    explicit_bounds: Option<Vec<Double>>,
    exemplars: List<Exemplar>,
    flags: Option<Uint32>,
    min: Option<Double>,
    max: Option<Double>,
}

impl From<HistogramPoint> for proto::HistogramDataPoint {
    fn from(json: HistogramPoint) -> Self {
        Self {
            attributes: each(json.attributes),
            start_time_unix_nano: json.start_time_unix_nano.unwrap_or_default().0,
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            count: json.count.unwrap_or_default().0,
            sum: json.sum.map(|sum| sum.0),
            bucket_counts: counts(json.bucket_counts),
            explicit_bounds: json.explicit_bounds.unwrap_or_default().into_iter().map(|bound| bound.0).collect(),
            exemplars: each(json.exemplars),
            flags: json.flags.unwrap_or_default().0,
            min: json.min.map(|min| min.0),
            max: json.max.map(|max| max.0),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ExponentialHistogramPoint {
    attributes: List<KeyValue>,
    start_time_unix_nano: Option<Uint64>,
    time_unix_nano: Option<Uint64>,
    count: Option<Uint64>,
    sum: Option<Double>,
    scale: Option<Int32>,
    zero_count: Option<Uint64>,
    positive: Option<Object<Buckets>>,
    negative: Option<Object<Buckets>>,
    flags: Option<Uint32>,
    exemplars: List<Exemplar>,
    min: Option<Double>,
    max: Option<Double>,
    zero_threshold: Option<Double>,
}

impl From<ExponentialHistogramPoint> for proto::ExponentialHistogramDataPoint {
    fn from(json: ExponentialHistogramPoint) -> Self {
        Self {
            attributes: each(json.attributes),
            start_time_unix_nano: json.start_time_unix_nano.unwrap_or_default().0,
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            count: json.count.unwrap_or_default().0,
            sum: json.sum.map(|sum| sum.0),
            scale: json.scale.unwrap_or_default().0,
            zero_count: json.zero_count.unwrap_or_default().0,
            positive: json.positive.map(|buckets| buckets.0.into()),
            negative: json.negative.map(|buckets| buckets.0.into()),
            flags: json.flags.unwrap_or_default().0,
            exemplars: each(json.exemplars),
            min: json.min.map(|min| min.0),
            max: json.max.map(|max| max.0),
            zero_threshold: json.zero_threshold.unwrap_or_default().0,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Buckets {
    offset: Option<Int32>,
    bucket_counts: Option<Vec<Uint64>>,
}

impl From<Buckets> for ProtoBuckets {
    fn from(json: Buckets) -> Self {
        Self { offset: json.offset.unwrap_or_default().0, bucket_counts: counts(json.bucket_counts) }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SummaryPoint {
    attributes: List<KeyValue>,
    start_time_unix_nano: Option<Uint64>,
    time_unix_nano: Option<Uint64>,
    count: Option<Uint64>,
    sum: Option<Double>,
    quantile_values: List<Quantile>,
    flags: Option<Uint32>,
}

impl From<SummaryPoint> for proto::SummaryDataPoint {
    fn from(json: SummaryPoint) -> Self {
        Self {
            attributes: each(json.attributes),
            start_time_unix_nano: json.start_time_unix_nano.unwrap_or_default().0,
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            count: json.count.unwrap_or_default().0,
            sum: json.sum.unwrap_or_default().0,
            quantile_values: each(json.quantile_values),
            flags: json.flags.unwrap_or_default().0,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Quantile {
    quantile: Option<Double>,
    value: Option<Double>,
}

impl From<Quantile> for ValueAtQuantile {
    fn from(json: Quantile) -> Self {
        Self { quantile: json.quantile.unwrap_or_default().0, value: json.value.unwrap_or_default().0 }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Exemplar {
    filtered_attributes: List<KeyValue>,
    time_unix_nano: Option<Uint64>,
    as_double: Option<Double>,
    as_int: Option<Int64>,
    span_id: Option<Hex>,
    trace_id: Option<Hex>,
}

impl From<Exemplar> for proto::Exemplar {
    fn from(json: Exemplar) -> Self {
        let double = json.as_double.map(|value| exemplar::Value::AsDouble(value.0));
        Self {
            filtered_attributes: each(json.filtered_attributes),
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            span_id: json.span_id.unwrap_or_default().0,
            trace_id: json.trace_id.unwrap_or_default().0,
            value: json.as_int.map(|value| exemplar::Value::AsInt(value.0)).or(double),
        }
    }
}

fn counts(json: Option<Vec<Uint64>>) -> Vec<u64> {
    json.unwrap_or_default().into_iter().map(|count| count.0).collect()
}
