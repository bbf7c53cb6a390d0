use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1 as proto;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use serde::Deserialize;

use super::scalar::{Double, Int64, List, Object, Uint32, Uint64, each};
use super::value::KeyValue;

/// Reads the body of `POST /v1/metrics`. Points that cannot be readings become summaries,
/// which are refused as well.
pub(in crate::ingest) fn metrics(body: &[u8]) -> serde_json::Result<ExportMetricsServiceRequest> {
    let json: Object<Request> = serde_json::from_slice(body)?;
    Ok(ExportMetricsServiceRequest { resource_metrics: each(json.0.resource_metrics) })
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    resource_metrics: List<ResourceMetrics>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceMetrics {
    scope_metrics: List<ScopeMetrics>,
}

impl From<ResourceMetrics> for proto::ResourceMetrics {
    fn from(json: ResourceMetrics) -> Self {
        Self { scope_metrics: each(json.scope_metrics), ..Self::default() }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScopeMetrics {
    metrics: List<Metric>,
}

impl From<ScopeMetrics> for proto::ScopeMetrics {
    fn from(json: ScopeMetrics) -> Self {
        Self { metrics: each(json.metrics), ..Self::default() }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metric {
    name: Option<String>,
    gauge: Option<Object<NumberPoints>>,
    sum: Option<Object<NumberPoints>>,
    histogram: Option<Object<OtherPoints>>,
    exponential_histogram: Option<Object<OtherPoints>>,
    summary: Option<Object<OtherPoints>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NumberPoints {
    data_points: List<NumberPoint>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OtherPoints {
    data_points: List<OtherPoint>,
}

/// A point of which nothing is stored; its attributes are read so that it has a price.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OtherPoint {
    attributes: List<KeyValue>,
}

impl From<OtherPoint> for proto::SummaryDataPoint {
    fn from(json: OtherPoint) -> Self {
        Self { attributes: each(json.attributes), ..Self::default() }
    }
}

impl From<Metric> for proto::Metric {
    fn from(json: Metric) -> Self {
        let others = [json.histogram, json.exponential_histogram, json.summary].into_iter().flatten().next();
        let data = if let Some(gauge) = json.gauge {
            Some(Data::Gauge(proto::Gauge { data_points: each(gauge.0.data_points) }))
        } else if let Some(sum) = json.sum {
            Some(Data::Sum(proto::Sum { data_points: each(sum.0.data_points), ..proto::Sum::default() }))
        } else {
            others.map(|others| Data::Summary(proto::Summary { data_points: each(others.0.data_points) }))
        };
        Self { name: json.name.unwrap_or_default(), data, ..Self::default() }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NumberPoint {
    attributes: List<KeyValue>,
    time_unix_nano: Option<Uint64>,
    flags: Option<Uint32>,
    as_double: Option<Double>,
    as_int: Option<Int64>,
}

impl From<NumberPoint> for proto::NumberDataPoint {
    fn from(json: NumberPoint) -> Self {
        let double = json.as_double.map(|value| Value::AsDouble(value.0));
        Self {
            attributes: each(json.attributes),
            time_unix_nano: json.time_unix_nano.unwrap_or_default().0,
            flags: json.flags.unwrap_or_default().0,
            value: json.as_int.map(|value| Value::AsInt(value.0)).or(double),
            ..Self::default()
        }
    }
}
