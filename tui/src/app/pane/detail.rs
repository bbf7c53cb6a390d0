use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use ordertrace_api::journey::{Attempt, Handoff, JoinKind, Journey, Observer, Outcome, Side};

use super::repeats::repeat_lines;
use crate::clocks::{ahead, clock_of, uncertainty_ns};
use crate::text::{Line, Tone, clock, full_clock, human, ns_between, offset, pad, wrap};

/// Columns before a value.
const NAME: usize = 11;
/// Columns of one observer's times.
const SIDE: usize = 22;

/// The attempt to show: the chosen one, or the last.
pub(crate) fn attempt_of(handoff: &Handoff, chosen: Option<usize>) -> Option<(usize, &Attempt)> {
    let last = handoff.attempts.len().checked_sub(1)?;
    let at = chosen.unwrap_or(last).min(last);
    handoff.attempts.get(at).map(|attempt| (at, attempt))
}

/// The side whose spans tell what happened inside: the receiver's own, else the outermost.
pub(crate) fn spans_side(attempt: &Attempt) -> Option<&Side> {
    let receiver = |side: &&Side| matches!(side.observer, Observer::Server | Observer::Consumer);
    attempt.sides.iter().find(receiver).or(attempt.sides.first())
}

/// Everything about one attempt of a handoff, and what its other attempts tell.
pub(crate) fn detail_lines(
    journey: &Journey,
    handoff: &Handoff,
    chosen: Option<usize>,
    zone: &TimeZone,
    columns: usize,
) -> Vec<Line> {
    let Some((at, attempt)) = attempt_of(handoff, chosen) else {
        return vec![Line::of(Tone::Dim, "no attempt was recorded")];
    };
    let mut lines = vec![outcome(journey, handoff, attempt, zone)];
    if handoff.attempts.len() > 1 {
        named(&mut lines, "attempts", &attempts(handoff, at), columns);
    }
    for line in repeat_lines(handoff, at) {
        named(&mut lines, "retry", &line, columns);
    }
    lines.extend(sides(journey, attempt, zone, columns));
    let joined = match attempt.joined {
        JoinKind::Single => "with nothing: the other side did not report it",
        JoinKind::Trace => "by trace context",
        JoinKind::Inferred => "~ by inference: method, path, status and time agree, and no other candidate does",
    };
    named(&mut lines, "joined", &Line::of(Tone::Plain, joined), columns);
    if !handoff.keys.is_empty() {
        let keys: Vec<String> = handoff.keys.iter().map(ToString::to_string).collect();
        named(&mut lines, "keys", &Line::of(Tone::Plain, keys.join("  ")), columns);
    }
    if let Some(side) = attempt.sides.first() {
        named(
            &mut lines,
            "trace",
            &Line::of(Tone::Plain, format!("{}  span {}", side.trace_id, side.span_id)),
            columns,
        );
    }
    lines.push(Line::default());
    lines.extend(attribute_lines(&attempt.sides, columns));
    lines
}

/// A wait: between what, from when, until when.
pub(crate) fn wait_lines(journey: &Journey, before: &str, zone: &TimeZone, columns: usize) -> Vec<Line> {
    let Some(wait) = journey.waits.iter().find(|wait| wait.before == before) else { return Vec::new() };
    let name = |id: &str| {
        let handoff = journey.handoffs.iter().find(|handoff| handoff.id == id);
        handoff.map_or_else(
            || id.to_owned(),
            |handoff| {
                format!("{} → {}  {}", handoff.from.as_deref().unwrap_or_default(), handoff.to, handoff.operation)
            },
        )
    };
    let mut lines = Vec::new();
    let took = format!("{} from {}", human(wait.duration_ns), full_clock(wait.started_at, zone));
    named(&mut lines, "waited", &Line::of(Tone::Wait, took), columns);
    named(&mut lines, "after", &Line::of(Tone::Plain, name(&wait.after)), columns);
    named(&mut lines, "until", &Line::of(Tone::Plain, name(&wait.before)), columns);
    lines
}

fn outcome(journey: &Journey, handoff: &Handoff, attempt: &Attempt, zone: &TimeZone) -> Line {
    let since_start = offset(i64::try_from(ns_between(journey.started_at, attempt.started_at)).unwrap_or(i64::MAX));
    let mut line = result(attempt);
    line.push(Tone::Plain, format!("  took {}", human(attempt.duration_ns)));
    line.push(Tone::Dim, format!("  at {} ({since_start})", full_clock(attempt.started_at, zone)));
    let own = journey.critical_path.iter().filter(|part| part.handoff.as_ref() == Some(&handoff.id));
    let critical_ns = own.fold(0_u64, |total, part| total.saturating_add(part.duration_ns));
    if critical_ns > 0 {
        line.push(Tone::Critical, format!("  ┃ {} of the critical path", human(critical_ns)));
    }
    line
}

fn result(attempt: &Attempt) -> Line {
    let status = attempt.status_code.map(|code| code.to_string());
    let failed = attempt.outcome == Outcome::Error;
    let mut words: Vec<&str> = status.as_deref().into_iter().collect();
    let differs = attempt.error_type.as_deref().filter(|error_type| Some(*error_type) != status.as_deref());
    words.extend(differs);
    if words.is_empty() {
        words.push(if failed { "failed" } else { "ok" });
    }
    let (tone, mark) = if failed { (Tone::Error, '✗') } else { (Tone::Good, '✓') };
    Line::of(tone, format!("{mark} {}", words.join(" ")))
}

/// `1 ✗ 503 120ms ┄ 410ms ┄ ▸2 ✓ 201 980ms`.
fn attempts(handoff: &Handoff, chosen: usize) -> Line {
    const SHOWN: usize = 20;
    let mut line = Line::default();
    let first = chosen.saturating_sub(SHOWN / 2);
    if first > 0 {
        line.push(Tone::Dim, format!("{first} before … "));
    }
    for (at, attempt) in handoff.attempts.iter().enumerate().skip(first).take(SHOWN) {
        if let Some(before) = at.checked_sub(1).and_then(|before| handoff.attempts.get(before)) {
            let waited_ns = ns_between(before.started_at, attempt.started_at).saturating_sub(before.duration_ns);
            line.push(Tone::Wait, format!(" ┄{}┄ ", human(waited_ns)));
        }
        line.push(Tone::Strong, format!("{}{} ", if at == chosen { "▸" } else { "" }, at + 1));
        line.extend(result(attempt));
        line.push(Tone::Plain, format!(" {}", human(attempt.duration_ns)));
    }
    let after = handoff.attempts.len().saturating_sub(first + SHOWN);
    if after > 0 {
        line.push(Tone::Dim, format!(" … {after} after"));
    }
    line
}

/// What each observer saw, outermost first, side by side.
fn sides(journey: &Journey, attempt: &Attempt, zone: &TimeZone, columns: usize) -> Vec<Line> {
    let mut names = heading("seen by");
    let mut starts = heading("start");
    let mut times = heading("took");
    let mut way = heading("on the way");
    let mut clocks = heading("clock");
    let mut outer: Option<&Side> = None;
    for side in &attempt.sides {
        names.push(Tone::Title, pad(&format!("{} {}", observer(side.observer), side.system), SIDE));
        let start = match outer {
            None => clock(side.started_at, zone),
            Some(outer) => {
                let ns = side.started_at.as_nanosecond() - outer.started_at.as_nanosecond();
                let after = offset(i64::try_from(ns).unwrap_or(i64::MAX));
                let known = uncertainty_ns(journey, &outer.system, &side.system).filter(|ns| *ns > 0);
                known.map_or(after.clone(), |ns| format!("{after} ±{}", human(ns)))
            }
        };
        starts.push(Tone::Plain, pad(&start, SIDE));
        let clock = clock_of(journey, &side.system).map_or_else(|| "–".to_owned(), ahead);
        clocks.push(Tone::Plain, pad(&clock, SIDE));
        times.push(Tone::Plain, pad(&human(side.duration_ns), SIDE));
        way.push(Tone::Plain, pad(&outer.map_or_else(|| "–".to_owned(), |outer| difference(outer, side)), SIDE));
        outer = Some(side);
    }
    if attempt.sides.len() < 2 {
        return [names, starts, times].map(|line| line.cut(columns)).into();
    }
    let mut lines = vec![names, starts, times, way];
    if attempt.sides.iter().any(|side| clock_of(journey, &side.system).is_some()) {
        lines.push(clocks);
    }
    lines.into_iter().map(|line| line.cut(columns)).collect()
}

/// Time that the outer observer saw and the inner one did not; an inner one that saw more
/// has another clock, or reported late.
fn difference(outer: &Side, inner: &Side) -> String {
    let ns = i128::from(outer.duration_ns) - i128::from(inner.duration_ns);
    let ns = i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX });
    if ns < 0 { format!("{} (clocks differ?)", offset(ns)) } else { human(ns.unsigned_abs()) }
}

fn observer(observer: Observer) -> &'static str {
    match observer {
        Observer::Client => "client",
        Observer::Producer => "producer",
        Observer::Proxy => "proxy",
        Observer::Server => "server",
        Observer::Consumer => "consumer",
    }
}

/// Attributes by name; a value that all who report it agree on stands once.
fn attribute_lines(sides: &[Side], columns: usize) -> Vec<Line> {
    let mut by_name: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for side in sides {
        for (name, value) in &side.attributes {
            by_name.entry(name).or_default().push((observer(side.observer), value));
        }
    }
    let mut lines = Vec::new();
    for (name, values) in by_name {
        let agree = values.windows(2).all(|pair| matches!(pair, [a, b] if a.1 == b.1));
        let shown: Vec<(String, &str)> = if agree {
            let observers: Vec<&str> = values.iter().map(|(observer, _)| *observer).collect();
            values.first().map(|(_, value)| (observers.join(", "), *value)).into_iter().collect()
        } else {
            values.into_iter().map(|(observer, value)| (observer.to_owned(), value)).collect()
        };
        for (observers, value) in shown {
            let line = Line::of(Tone::Plain, value).and(Tone::Dim, format!("  {observers}"));
            wrapped(&mut lines, Line::of(Tone::Dim, format!("{} ", pad(name, 30))), 31, &line, columns);
        }
    }
    if lines.is_empty() {
        lines.push(Line::of(Tone::Dim, "no attributes"));
    }
    lines
}

fn heading(name: &str) -> Line {
    Line::of(Tone::Dim, pad(name, NAME))
}

fn named(lines: &mut Vec<Line>, name: &str, value: &Line, columns: usize) {
    wrapped(lines, heading(name), NAME, value, columns);
}

/// `head`, and `value` beside it over as many lines as it takes.
fn wrapped(lines: &mut Vec<Line>, head: Line, head_columns: usize, value: &Line, columns: usize) {
    let room = columns.saturating_sub(head_columns).max(8);
    let mut line = head;
    let mut left = room;
    for segment in &value.0 {
        for (part_at, part) in wrap_after(&segment.text, left, room).into_iter().enumerate() {
            if part_at > 0 {
                lines.push(std::mem::take(&mut line));
                line.push(Tone::Plain, " ".repeat(head_columns));
                left = room;
            }
            left = left.saturating_sub(crate::text::width(&part));
            line.push(segment.tone, part);
        }
    }
    lines.push(line);
}

/// [`wrap`], with less room on the first line.
fn wrap_after(text: &str, first: usize, room: usize) -> Vec<String> {
    if crate::text::width(text) <= first {
        return vec![text.to_owned()];
    }
    if first == 0 {
        return std::iter::once(String::new()).chain(wrap(text, room)).collect();
    }
    let mut parts = wrap(text, first).into_iter();
    let head = parts.next().unwrap_or_default();
    let rest: String = parts.collect();
    std::iter::once(head).chain(wrap(&rest, room)).collect()
}
