use jiff::{SignedDuration, Timestamp};

use super::canvas::Canvas;
use crate::app::keymap::{Binding, bindings};
use crate::app::state::{Connection, State, TextFilter};
use crate::text::{Line, Tone, human, ns_between, short_clock, width};

/// Answers older than that are said to be.
const LATE: SignedDuration = SignedDuration::from_secs(5);

/// In the title: whether what is shown is true now.
pub(super) fn freshness(state: &State, received_at: Option<Timestamp>, paused: bool) -> Line {
    let age = |at: Timestamp| human(ns_between(at, state.now) / 1_000_000_000 * 1_000_000_000);
    match (&state.connection, received_at) {
        (Connection::Down { since, .. }, _) => Line::of(Tone::Error, format!("✗ disconnected {} ", age(*since))),
        (_, Some(at)) if paused => Line::of(Tone::Warning, format!("paused {} ", age(at))),
        (_, Some(at)) if state.now.duration_since(at) > LATE => Line::of(Tone::Warning, format!("○ {} old ", age(at))),
        (_, Some(_)) => Line::of(Tone::Good, "● live "),
        (Connection::Connecting { .. } | Connection::Up, None) => Line::of(Tone::Dim, "○ asking … "),
    }
}

/// What has to be said now: the last command's result, else why nothing moves.
pub(super) fn message(state: &State) -> Option<Line> {
    if let Some(flash) = &state.flash {
        return Some(Line::of(Tone::Strong, format!(" {}", flash.text)));
    }
    if let Some((_, key)) = &state.lookup {
        return Some(Line::of(Tone::Dim, format!(" looking for {key} …")));
    }
    let Connection::Down { since, reason, retry_at, .. } = &state.connection else {
        return None;
    };
    let retry_s = retry_at.duration_since(state.now).as_secs().max(0);
    let mut line = Line::of(
        Tone::Error,
        format!(" ✗ no answer from {} since {}", state.collector, short_clock(*since, &state.zone)),
    );
    let retry = if retry_s > 0 { format!(", again in {retry_s}s") } else { ", asking again".to_owned() };
    line.push(Tone::Plain, retry);
    line.push(Tone::Dim, format!(": {reason}"));
    Some(line)
}

/// A filter while it is typed, and how many rows it leaves.
pub(super) fn filter_line(filter: &TextFilter, shown: usize) -> Option<Line> {
    filter.typing.then(|| {
        Line::of(Tone::Title, format!(" /{}", filter.text))
            .and(Tone::Strong, "█")
            .and(Tone::Dim, format!("  {shown} shown   ⏎ keeps it   Esc ends"))
    })
}

/// A filter in a title, once it is typed.
pub(super) fn filter_mark(filter: &TextFilter) -> Line {
    let mut line = Line::default();
    if filter.is_set() && !filter.typing {
        line.push(Tone::Strong, format!(" │ /{}", filter.text));
    }
    line
}

/// Why the collector did not answer the last question.
pub(super) fn refusal(trouble: &Option<String>) -> Option<Line> {
    trouble.as_ref().map(|reason| Line::of(Tone::Error, format!(" ✗ refused: {reason}")))
}

/// What stands where there are no rows.
pub(super) fn say<T: AsRef<str>>(texts: &[T]) -> Vec<Line> {
    texts.iter().map(|text| Line::of(Tone::Plain, format!("   {}", text.as_ref()))).collect()
}

/// What stands where there are no rows because nothing was received yet.
pub(super) fn asking(state: &State) -> Vec<Line> {
    match &state.connection {
        Connection::Down { .. } => say(&[format!("No collector answers at {}.", state.collector)]),
        Connection::Connecting { .. } | Connection::Up => say(&[format!("Asking {} …", state.collector)]),
    }
}

/// The title of a pane, and a rule to the right edge.
pub(super) fn pane_title(canvas: &mut Canvas<'_>, row: u16, name: &str) {
    let room = canvas.columns().saturating_sub(4);
    let mut title = Line::of(Tone::Dim, "── ").and(Tone::Title, name).cut(room);
    title.push(Tone::Dim, format!(" {}", "─".repeat(canvas.columns().saturating_sub(title.width() + 1))));
    canvas.row(row, title);
}

/// The most useful keys, as many as fit.
pub(super) fn footer(canvas: &mut Canvas<'_>, row: u16, keys: &'static [&'static [Binding]]) {
    let mut line = Line::default();
    // Help and the way back must not fall off.
    let shown = bindings(keys).filter_map(|binding| binding.footer);
    let (first, last): (Vec<_>, Vec<_>) = shown.partition(|(key, _)| !matches!(*key, "?" | "q"));
    let columns = |(key, word): &(&str, &str)| width(key) + width(word) + 4;
    let mut room = canvas.columns().saturating_sub(last.iter().map(columns).sum());
    for entry in first.into_iter().chain(last) {
        let taken = columns(&entry);
        let must = matches!(entry.0, "?" | "q");
        if !must && taken > room {
            continue;
        }
        if !must {
            room -= taken;
        }
        line.push(Tone::Title, format!(" {}", entry.0));
        line.push(Tone::Dim, format!(" {}  ", entry.1));
    }
    canvas.row(row, line);
}
