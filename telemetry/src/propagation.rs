//! Trace context across processes (W3C Trace Context).

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry::{Context, global};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

pub(crate) fn install() {
    global::set_text_map_propagator(TraceContextPropagator::new());
}

/// Makes `span`, which must not have been entered yet, part of the trace that a request's
/// headers name; without export of own spans, or without such a header, it changes nothing.
pub fn continue_from(span: &Span, headers: &http::HeaderMap) {
    let context = global::get_text_map_propagator(|propagator| propagator.extract(&HeaderExtractor(headers)));
    // Fails when nobody exports this span.
    let _ = span.set_parent(context);
}

/// Names `span` in a request's headers, so that whoever receives it continues its trace;
/// without export of own spans it changes nothing.
pub fn continue_in(span: &Span, headers: &mut http::HeaderMap) {
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&span.context(), &mut HeaderInjector(headers));
    });
}

/// Makes `span`, which must not have been entered yet, and all within it part of a trace that nobody
/// samples: for work that comes again and again by itself, and that would tell of little else. What
/// `OTEL_TRACES_SAMPLER` says goes first: without `parentbased` every span is sampled.
pub fn leave_unsampled(span: &Span) {
    let unsampled =
        SpanContext::new(TraceId::from(1_u128), SpanId::from(1_u64), TraceFlags::default(), true, TraceState::NONE);
    // Fails when nobody exports this span.
    let _ = span.set_parent(Context::new().with_remote_span_context(unsampled));
}
