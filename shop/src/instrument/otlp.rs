use std::time::Duration;

use opentelemetry::logs::LoggerProvider;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, LogExporter, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::logs::{self, BatchLogProcessor, SdkLogger, SdkLoggerProvider};
use opentelemetry_sdk::trace::{self, BatchSpanProcessor, SdkTracer, SdkTracerProvider};

use crate::system::System;

/// Spans and records that may wait. The SDK drops what exceeds it, which the comparison with
/// the truth would then show as missing.
const QUEUE_MAX: usize = 65_536;
const BATCH_MAX: usize = 512;
const DELAY: Duration = Duration::from_millis(200);
const SCOPE: &str = "ordertrace-shop";

/// Telemetry of a simulated service that cannot be set up or sent.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// No exporter for that endpoint.
    #[error("no OTLP exporter of {system} for {endpoint}: give an http:// URL without a path")]
    Exporter {
        /// The simulated service.
        system: &'static str,
        /// As given.
        endpoint: String,
        /// Why.
        source: ExporterBuildError,
    },
    /// Not everything could be sent.
    #[error("telemetry of {system} could not be sent")]
    Flush {
        /// The simulated service.
        system: &'static str,
        /// Why.
        source: OTelSdkError,
    },
}

/// The SDK of one service.
#[derive(Debug)]
pub(super) struct Providers {
    system: System,
    pub(super) tracer: SdkTracer,
    pub(super) logger: SdkLogger,
    traces: SdkTracerProvider,
    logs: SdkLoggerProvider,
}

impl Providers {
    pub(super) fn new(system: System, endpoint: &str) -> Result<Self, OtlpError> {
        let failed = |source| OtlpError::Exporter { system: system.name(), endpoint: endpoint.to_owned(), source };
        let endpoint = endpoint.trim_end_matches('/');
        let resource = Resource::builder().with_service_name(system.name()).build();
        let spans = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .build()
            .map_err(failed)?;
        let records = LogExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/logs"))
            .build()
            .map_err(failed)?;
        let span_batches = trace::BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_MAX)
            .with_max_export_batch_size(BATCH_MAX)
            .with_scheduled_delay(DELAY)
            .build();
        let record_batches = logs::BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_MAX)
            .with_max_export_batch_size(BATCH_MAX)
            .with_scheduled_delay(DELAY)
            .build();
        let traces = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_span_processor(BatchSpanProcessor::builder(spans).with_batch_config(span_batches).build())
            .build();
        let logs = SdkLoggerProvider::builder()
            .with_resource(resource)
            .with_log_processor(BatchLogProcessor::builder(records).with_batch_config(record_batches).build())
            .build();
        Ok(Self { system, tracer: traces.tracer(SCOPE), logger: logs.logger(SCOPE), traces, logs })
    }

    pub(super) fn flush(&self) -> Result<(), OtlpError> {
        let failed = |source| OtlpError::Flush { system: self.system.name(), source };
        self.traces.force_flush().map_err(failed)?;
        self.logs.force_flush().map_err(failed)
    }

    pub(super) fn shut_down(&self) {
        for result in [self.traces.shutdown(), self.logs.shutdown()] {
            if let Err(error) = result {
                tracing::debug!(system = self.system.name(), %error, "telemetry did not end cleanly");
            }
        }
    }
}
