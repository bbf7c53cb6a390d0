//! OpenTelemetry as a shop's developers would add it: per service a provider of its own,
//! CLIENT and SERVER spans by the HTTP semantic conventions (v1.44.0), business events as
//! log records.

mod client_span;
mod otlp;
mod server_span;
mod span;

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, Severity};
use opentelemetry::trace::{Link, SpanBuilder, SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};

pub(crate) use client_span::ClientSpan;
pub use otlp::OtlpError;
use otlp::Providers;
pub(crate) use server_span::ServerSpan;
pub(crate) use span::ActiveSpan;

use crate::system::{Reporting, System};

/// The telemetry of one system.
#[derive(Debug)]
pub(crate) struct Instruments {
    pub(crate) system: System,
    providers: OnceLock<Providers>,
}

impl Instruments {
    pub(crate) fn new(system: System) -> Self {
        Self { system, providers: OnceLock::new() }
    }

    /// Begins to report to an OTLP/HTTP endpoint, if this system reports at all. `false`
    /// when it already reports.
    pub(crate) fn report_to(&self, endpoint: &str) -> Result<bool, OtlpError> {
        if self.system.reporting() == Reporting::Silent {
            return Ok(true);
        }
        let providers = Providers::new(self.system, endpoint)?;
        Ok(self.providers.set(providers).is_ok())
    }

    /// Sends what is waiting to be sent. Blocks.
    pub(crate) fn flush(&self) -> Result<(), OtlpError> {
        self.providers.get().map_or(Ok(()), Providers::flush)
    }

    /// Sends what is waiting and ends. Blocks.
    pub(crate) fn shut_down(&self) {
        if let Some(providers) = self.providers.get() {
            providers.shut_down();
        }
    }

    /// Starts a span below `parent`, linked to `cause`. In a system that reports nothing it
    /// is no span at all, and passes no context on.
    pub(crate) fn start(
        &self,
        name: Cow<'static, str>,
        kind: SpanKind,
        parent: &Context,
        attributes: Vec<KeyValue>,
        cause: Option<&Context>,
    ) -> ActiveSpan {
        let Some(providers) = self.providers.get() else { return ActiveSpan::new(Context::new()) };
        let links = cause.map(|cause| Link::new(cause.span().span_context().clone(), Vec::new(), 0));
        let links: Vec<Link> = links.into_iter().filter(|link| link.span_context.is_valid()).collect();
        let builder = SpanBuilder::from_name(name).with_kind(kind).with_attributes(attributes).with_links(links);
        let span = providers.tracer.build_with_context(builder, parent);
        ActiveSpan::new(parent.with_span(span))
    }

    /// Reports a business fact as a log record with an event name.
    pub(crate) fn event(&self, context: &Context, name: &'static str, attributes: &[(&'static str, &str)]) {
        let Some(providers) = self.providers.get() else { return };
        let mut record = providers.logger.create_log_record();
        record.set_event_name(name);
        record.set_timestamp(SystemTime::now());
        record.set_severity_number(Severity::Info);
        for (key, value) in attributes {
            record.add_attribute(*key, AnyValue::from((*value).to_owned()));
        }
        let span = context.span();
        let within = span.span_context();
        if within.is_valid() {
            record.set_trace_context(within.trace_id(), within.span_id(), Some(within.trace_flags()));
        }
        providers.logger.emit(record);
    }
}
