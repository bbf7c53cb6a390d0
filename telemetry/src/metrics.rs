//! Export of a program's own figures.

use opentelemetry::global;
use opentelemetry_otlp::MetricExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::{FLUSH_TIMEOUT, InitError, choose_cryptography, settings};

/// Keeps export of own figures alive; exports them once more when dropped, for at most five seconds.
#[must_use = "own figures are exported once more when the guard is dropped"]
pub struct MetricsGuard {
    provider: Option<SdkMeterProvider>,
}

impl Drop for MetricsGuard {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take()
            && let Err(error) = provider.shutdown_with_timeout(FLUSH_TIMEOUT)
        {
            tracing::warn!(%error, "the last own figures could not be exported");
        }
    }
}

/// Has the figures of instruments that are made from now on by [`global::meter`] exported every minute
/// (`OTEL_METRIC_EXPORT_INTERVAL`), if the environment asks for it.
///
/// Must be called within a Tokio runtime when `OTEL_EXPORTER_OTLP_PROTOCOL=grpc`.
///
/// # Errors
/// [`InitError::Exporter`].
pub fn export_metrics(service_name: &'static str) -> Result<MetricsGuard, InitError> {
    if !settings::export_metrics(|name| std::env::var(name).ok()) {
        return Ok(MetricsGuard { provider: None });
    }
    choose_cryptography();
    let exporter = MetricExporter::builder().build().map_err(|source| InitError::Exporter { source })?;
    let resource = Resource::builder().with_service_name(service_name).build();
    let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter).with_resource(resource).build();
    global::set_meter_provider(provider.clone());
    Ok(MetricsGuard { provider: Some(provider) })
}
