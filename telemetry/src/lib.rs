//! What every ordertrace program does with its own logs and spans: a `tracing` subscriber
//! that writes text or JSON, and, when the standard `OTEL_*` variables ask for it, export of
//! the program's own spans over OTLP.
//!
//! | variable | meaning |
//! |---|---|
//! | `ORDERTRACE_LOG`, else `RUST_LOG` | `tracing` filter directives; `info` unless given |
//! | `ORDERTRACE_LOG_FORMAT` | `text` (default) or `json` |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` | export own spans there |
//! | `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | export own figures there ([`export_metrics`]) |
//! | `OTEL_SDK_DISABLED=true`, `OTEL_TRACES_EXPORTER=none`, `OTEL_METRICS_EXPORTER=none` | do not export |

mod filter;
mod metrics;
mod propagation;
mod settings;

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

pub use filter::UNTRACED_TARGET;
pub use metrics::{MetricsGuard, export_metrics};
pub use propagation::{continue_from, continue_in, leave_unsampled};
use settings::{LogFormat, Settings};

/// How long a guard waits for the last own spans to leave.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a program's telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// `ORDERTRACE_LOG_FORMAT` is something else.
    #[error("ORDERTRACE_LOG_FORMAT is {value:?}; write text or json")]
    Format {
        /// What was given.
        value: String,
    },
    /// The filter directives cannot be read.
    #[error("{variable} is {value:?}, which is no list of filter directives; write for example info,ordertrace=debug")]
    Directives {
        /// The variable it came from.
        variable: &'static str,
        /// What was given.
        value: String,
        /// Why not.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The exporter of own spans or figures cannot be built from the `OTEL_*` variables.
    #[error("the exporter that the OTEL_* variables ask for could not be built")]
    Exporter {
        /// Why not.
        source: opentelemetry_otlp::ExporterBuildError,
    },
    /// A subscriber exists already.
    #[error("logging was set up twice in this process")]
    Twice {
        /// From the subscriber registry.
        source: tracing_subscriber::util::TryInitError,
    },
}

/// Keeps export of own spans alive; flushes what is left when dropped, for at most five seconds.
#[must_use = "own spans are flushed when the guard is dropped"]
pub struct Guard {
    provider: Option<SdkTracerProvider>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take()
            && let Err(error) = provider.shutdown_with_timeout(FLUSH_TIMEOUT)
        {
            tracing::warn!(%error, "the last own spans could not be exported");
        }
    }
}

/// Sets up logs on standard error, and export of own spans if the environment asks for it.
///
/// Must be called within a Tokio runtime when `OTEL_EXPORTER_OTLP_PROTOCOL=grpc`.
///
/// # Errors
/// See [`InitError`]; nothing is set up then.
pub fn init(service_name: &'static str) -> Result<Guard, InitError> {
    init_with_writer(service_name, BoxMakeWriter::new(std::io::stderr))
}

/// As [`init`], with the logs going to `writer`: a program that owns the terminal writes
/// them to a file.
///
/// # Errors
/// See [`InitError`]; nothing is set up then.
pub fn init_with_writer(service_name: &'static str, writer: BoxMakeWriter) -> Result<Guard, InitError> {
    let settings = Settings::from_lookup(|name| std::env::var(name).ok())?;
    let provider = if settings.export_spans { Some(provider(service_name)?) } else { None };
    let spans = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer(service_name)).with_filter(filter::own_spans())
    });
    tracing_subscriber::registry()
        .with(log_layer(settings.format, settings.directives, writer))
        .with(spans)
        .try_init()
        .map_err(|source| InitError::Twice { source })?;
    Ok(Guard { provider })
}

fn log_layer(
    format: LogFormat,
    directives: EnvFilter,
    writer: BoxMakeWriter,
) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => layer.with_ansi(false).with_filter(directives).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_filter(directives).boxed(),
    }
}

fn provider(service_name: &'static str) -> Result<SdkTracerProvider, InitError> {
    choose_cryptography();
    let exporter =
        opentelemetry_otlp::SpanExporter::builder().build().map_err(|source| InitError::Exporter { source })?;
    propagation::install();
    let resource = Resource::builder().with_service_name(service_name).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

/// The exporter's HTTPS client has no cryptography of its own.
fn choose_cryptography() {
    // An error means that the program installed a provider before, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
