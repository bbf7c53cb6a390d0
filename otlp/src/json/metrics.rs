use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1 as proto;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use serde::Deserialize;

use super::points::{ExponentialHistogramPoint, HistogramPoint, NumberPoint, SummaryPoint};
use super::scalar::{Int32, List, Object, each};
use super::value::KeyValue;
use super::{JsonResource, JsonScope, resource, scope};

/// Reads the body of `POST /v1/metrics`.
pub(super) fn metrics(body: &[u8]) -> serde_json::Result<ExportMetricsServiceRequest> {
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
    resource: Option<Object<JsonResource>>,
    scope_metrics: List<ScopeMetrics>,
    schema_url: Option<String>,
}

impl From<ResourceMetrics> for proto::ResourceMetrics {
    fn from(json: ResourceMetrics) -> Self {
        Self {
            resource: resource(json.resource),
            scope_metrics: each(json.scope_metrics),
            schema_url: json.schema_url.unwrap_or_default(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScopeMetrics {
    scope: Option<Object<JsonScope>>,
    metrics: List<Metric>,
    schema_url: Option<String>,
}

impl From<ScopeMetrics> for proto::ScopeMetrics {
    fn from(json: ScopeMetrics) -> Self {
        Self { scope: scope(json.scope), metrics: each(json.metrics), schema_url: json.schema_url.unwrap_or_default() }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metric {
    name: Option<String>,
    description: Option<String>,
    unit: Option<String>,
    metadata: List<KeyValue>,
    gauge: Option<Object<Points<NumberPoint>>>,
    sum: Option<Object<Points<NumberPoint>>>,
    histogram: Option<Object<Points<HistogramPoint>>>,
    exponential_histogram: Option<Object<Points<ExponentialHistogramPoint>>>,
    summary: Option<Object<Points<SummaryPoint>>>,
}

/// metrics.proto `Gauge`, `Sum`, `Histogram`, `ExponentialHistogram` and `Summary`.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "P: Deserialize<'de>"))]
struct Points<P> {
    data_points: List<P>,
    aggregation_temporality: Option<Int32>,
    is_monotonic: Option<bool>,
}

impl<P> Default for Points<P> {
    fn default() -> Self {
        Self { data_points: None, aggregation_temporality: None, is_monotonic: None }
    }
}

impl From<Metric> for proto::Metric {
    fn from(json: Metric) -> Self {
        let gauge = json.gauge.map(|gauge| Data::Gauge(proto::Gauge { data_points: each(gauge.0.data_points) }));
        let sum = json.sum.map(|sum| {
            Data::Sum(proto::Sum {
                data_points: each(sum.0.data_points),
                aggregation_temporality: sum.0.aggregation_temporality.unwrap_or_default().0,
                is_monotonic: sum.0.is_monotonic.unwrap_or_default(),
            })
        });
        let histogram = json.histogram.map(|histogram| {
            Data::Histogram(proto::Histogram {
                data_points: each(histogram.0.data_points),
                aggregation_temporality: histogram.0.aggregation_temporality.unwrap_or_default().0,
            })
        });
        let exponential_histogram = json.exponential_histogram.map(|histogram| {
            Data::ExponentialHistogram(proto::ExponentialHistogram {
                data_points: each(histogram.0.data_points),
                aggregation_temporality: histogram.0.aggregation_temporality.unwrap_or_default().0,
            })
        });
        let summary =
            json.summary.map(|summary| Data::Summary(proto::Summary { data_points: each(summary.0.data_points) }));
        Self {
            name: json.name.unwrap_or_default(),
            description: json.description.unwrap_or_default(),
            unit: json.unit.unwrap_or_default(),
            metadata: each(json.metadata),
            data: gauge.or(sum).or(histogram).or(exponential_histogram).or(summary),
        }
    }
}
