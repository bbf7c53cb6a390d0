use ordertrace_api::span::{Span, SpanKind, SpansReply};

use crate::text::{Line, Tone, human, pad, plain};
use crate::waterfall::{Axis, Scale, depth_first};

/// Levels that are shown by indentation; deeper ones stay at the last.
const LEVELS: usize = 12;

/// The spans inside a handoff as an indented tree over time.
pub(crate) fn span_lines(reply: &SpansReply, columns: usize) -> Vec<Line> {
    let spans = &reply.spans;
    let Some(origin) = spans.iter().map(|span| span.started_at).min() else {
        return vec![Line::of(Tone::Dim, "no spans: this side reported none, or they are no longer stored")];
    };
    let offset_ns =
        |span: &Span| i64::try_from(span.started_at.as_nanosecond() - origin.as_nanosecond()).unwrap_or(i64::MAX);
    let end_ns = |span: &Span| offset_ns(span).saturating_add_unsigned(span.duration_ns);
    // Without cuts: inside a handoff time is never long.
    let whole = spans.iter().map(end_ns).max().unwrap_or(0);
    let scale = Scale::new(std::iter::once((0, whole)));
    let bar = (columns / 4).clamp(8, 40);
    let label = columns.saturating_sub(bar + 10);
    let axis = Axis::new(&scale, bar);
    let nodes: Vec<(&str, Option<&str>)> =
        spans.iter().map(|span| (span.span_id.as_str(), span.parent_span_id.as_deref())).collect();
    let mut lines = Vec::with_capacity(spans.len());
    for (index, depth, _) in depth_first(&nodes) {
        let Some(span) = spans.get(index) else { continue };
        let indent = "  ".repeat(depth.min(LEVELS));
        let tone = if span.error { Tone::Error } else { Tone::Plain };
        let mark = if span.error { "✗ " } else { "" };
        let mut line = Line::of(tone, format!("{indent}{mark}{}", span.name));
        line.push(Tone::Dim, format!("  {}{}", span.system, kind(span.kind)));
        let mut line = line.cut(label);
        line.pad_to(label + 1);
        let (from, to) = axis.cells(offset_ns(span), end_ns(span));
        line.push(Tone::Plain, " ".repeat(from));
        let (bar_tone, glyph) = if span.error { (Tone::Error, "▓") } else { (Tone::Work, "▄") };
        line.push(bar_tone, glyph.repeat(to - from));
        line.pad_to(label + 1 + bar);
        line.push(Tone::Plain, format!(" {:>7}", human(span.duration_ns)));
        lines.push(line);
        if !span.status_message.is_empty() {
            let text = format!("{indent}  {}", plain(&span.status_message));
            lines.push(Line::of(tone, text).cut(columns));
        }
        for event in span.events.iter().filter(|event| event.name == "exception") {
            let attribute = |name: &str| event.attributes.get(name).map(String::as_str).unwrap_or_default();
            let text = format!("{indent}  {}: {}", attribute("exception.type"), attribute("exception.message"));
            lines.push(Line::of(Tone::Error, text).cut(columns));
        }
    }
    if reply.more {
        let text = format!("only the first {} spans are shown", spans.len());
        lines.push(Line::of(Tone::Warning, pad(&text, columns)));
    }
    lines
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => "",
        SpanKind::Server => " server",
        SpanKind::Client => " client",
        SpanKind::Producer => " producer",
        SpanKind::Consumer => " consumer",
    }
}
