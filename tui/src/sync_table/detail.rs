//! One of the rows in full.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ordertrace_api::history::CopyHistory;
use ordertrace_api::source::{Doubt, SourceState};
use ordertrace_api::sync::{DriftNow, SyncLag};

use super::heat::Heat;
use super::history::drift_of;
use super::{item_text, orders_texts, past_text, values_text};
use crate::text::{Line, Tone, date_clock, human, ns_between, pad, short_clock};

/// How a pair of systems stands.
pub fn lag_detail(lag: &SyncLag, now: Timestamp, zone: &TimeZone) -> Vec<Line> {
    let heat = Heat::of(lag, now);
    let mut line = Line::of(Tone::Dim, "pair    ").and(heat.tone(), format!("{} ", heat.shade()));
    match lag.oldest {
        Some(oldest) => {
            line.push(heat.tone(), format!("{} wait, {} late", lag.waiting, lag.late));
            line.push(Tone::Dim, "   the first since ");
            let ago = human(ns_between(oldest, now));
            line.push(Tone::Plain, format!("{} ({ago} ago)", short_clock(oldest, zone)));
        }
        None => line.push(heat.tone(), heat.says()),
    }
    line.push(Tone::Dim, uncertain(lag.uncertain_ms));
    let doubts = lag.doubts.iter().map(|doubt| Line::of(Tone::Warning, format!("?       {}", doubt_text(doubt, now))));
    // What makes it doubtful stands before what was so.
    std::iter::once(line).chain(doubts).chain([arrived(lag)]).collect()
}

/// `poll wms-stock of wms: failed, as of 12m03s ago`.
pub fn doubt_text(doubt: &Doubt, now: Timestamp) -> String {
    let of =
        doubt.poll.as_ref().map_or_else(|| doubt.system.clone(), |poll| format!("poll {poll} of {}", doubt.system));
    let state = state_text(doubt.state);
    match doubt.as_of {
        Some(as_of) => format!("{of}: {state}, as of {} ago", human(ns_between(as_of, now))),
        None => format!("{of}: {state}, nothing of it is known"),
    }
}

/// How long it took until what arrived lately was there.
fn arrived(lag: &SyncLag) -> Line {
    let time = |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| human((ms * 1e6) as u64));
    let mut line = Line::of(Tone::Dim, "arrived ").and(Tone::Plain, lag.arrived.to_string());
    for (name, ms) in [("p50", lag.p50_ms), ("p95", lag.p95_ms), ("p99", lag.p99_ms), ("max", lag.max_ms)] {
        line.push(Tone::Dim, format!("   {name} "));
        line.push(Tone::Plain, time(ms));
    }
    line
}

/// How a source is, in words.
pub fn state_text(state: SourceState) -> &'static str {
    match state {
        SourceState::Refused => "refused rows",
        state => state.name(),
    }
}

/// A drift, what orders have to do with it, and how its pair of systems stands.
pub fn drift_detail(drift: &DriftNow, lag: Option<&SyncLag>, now: Timestamp, zone: &TimeZone) -> Vec<Line> {
    let (tone, says) = if drift.late { (Tone::Error, "! late") } else { (Tone::Plain, "within its floor") };
    let ago = human(ns_between(drift.since, now));
    let since = Line::of(tone, says)
        .and(Tone::Dim, "   since ")
        .and(Tone::Plain, format!("{} ({ago} ago)", date_clock(drift.since, zone)))
        .and(Tone::Dim, uncertain(drift.uncertain_ms));
    let past = past_text(drift).map(|past| format!("   before: {past}")).unwrap_or_default();
    let values = Line::of(Tone::Strong, values_text(drift)).and(Tone::Plain, past);
    let mut lines = vec![values, since];
    lines.extend(orders_texts(drift).into_iter().map(|text| Line::of(Tone::Plain, text)));
    if let Some(lag) = lag {
        lines.extend(lag_detail(lag, now, zone));
    }
    lines
}

/// What a system said and how long, the latest first.
pub fn copy_detail(copy: &CopyHistory, drifts: &[DriftNow], now: Timestamp, zone: &TimeZone) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(drift) = drift_of(copy, drifts) {
        let tone = if drift.late { Tone::Error } else { Tone::Warning };
        let ago = human(ns_between(drift.since, now));
        let text = format!("{}: {} for {ago}", item_text(drift), values_text(drift));
        lines.push(Line::of(tone, text).and(Tone::Dim, uncertain(drift.uncertain_ms)));
    }
    let read = format!("read last {} ({} ago)", date_clock(copy.read_at, zone), human(ns_between(copy.read_at, now)));
    lines.push(Line::of(Tone::Dim, read));
    let mut until = now;
    for (at, value) in copy.values.iter().rev().enumerate() {
        let lasted = human(ns_between(value.since, until));
        let tone = if at == 0 { Tone::Strong } else { Tone::Plain };
        let line =
            Line::of(Tone::Plain, date_clock(value.since, zone)).and(tone, format!("  {}", pad(&value.value, 12)));
        lines.push(line.and(Tone::Dim, format!(" for {lasted}{}", uncertain(value.uncertain_ms))));
        until = value.since;
    }
    if copy.cut {
        lines.push(Line::of(Tone::Warning, "earlier changes are left out"));
    }
    lines
}

/// ` ±30s`: what polling leaves open.
fn uncertain(ms: u32) -> String {
    if ms == 0 { String::new() } else { format!(" ±{}", human(u64::from(ms) * 1_000_000)) }
}
