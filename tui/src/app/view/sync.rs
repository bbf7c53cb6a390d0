use super::canvas::Canvas;
use super::message::{asking, filter_line, filter_mark, footer, freshness, message, pane_title, refusal, say};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{State, SyncScreen};
use crate::sync_table::{DriftColumns, Heat, age_text, drift_detail, item_text, lag_detail};
use crate::text::{Line, Tone, human};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let sync = &state.sync;
    let rows = geometry::sync(state.size, sync.matrix.targets());
    canvas.split_row(0, title(sync), freshness(state, sync.received_at, sync.paused));
    draw_matrix(canvas, state, rows.head);
    let columns = DriftColumns::of(canvas.columns().saturating_sub(1), sync.sort);
    if rows.heading > 0 && sync.matrix.targets() > 0 {
        let mark = if sync.reversed { '▲' } else { '▼' };
        canvas.put(1, rows.head, canvas.columns(), columns.heading((sync.sort, mark)));
    }
    let list_top = rows.head + rows.heading;
    let visible = sync.shown.iter().enumerate().skip(sync.cursor.top).take(usize::from(rows.list));
    for (row, (at, drift)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), columns.row(drift, state.now));
        if at == sync.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if sync.shown.is_empty() {
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(nothing(state)) {
            canvas.row(row, line);
        }
    }
    let pane_top = list_top + rows.list;
    draw_chosen(canvas, state, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said =
            filter_line(&sync.filter, sync.shown.len()).or_else(|| message(state)).or_else(|| refusal(&sync.trouble));
        canvas.row(message_row, said.or_else(|| remark(sync)).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::SYNC);
    }
}

fn title(sync: &SyncScreen) -> Line {
    let mut line = Line::of(Tone::Title, " drift").and(Tone::Plain, format!(" │ {}", sync.lookback.name()));
    if sync.matrix.targets() > 0 {
        let lags = sync.matrix.lags();
        let [waiting, late] = [lags.iter().map(|lag| lag.waiting).sum::<u64>(), lags.iter().map(|lag| lag.late).sum()];
        line.push(Tone::Dim, " │ ");
        line.push(Tone::Plain, format!("{waiting} differ"));
        let calm = if sync.matrix.is_doubtful() { Tone::Plain } else { Tone::Good };
        line.push(if late > 0 { Tone::Error } else { calm }, format!("  {late} late"));
    }
    if let Some((what, target)) = sync.pair_name() {
        line.push(Tone::Strong, format!(" │ only {what} at {target}"));
    }
    line.join(filter_mark(&sync.filter))
}

/// The lags, in the rows of the head below the title.
fn draw_matrix(canvas: &mut Canvas<'_>, state: &State, head: u16) {
    let sync = &state.sync;
    let Some(room) = head.checked_sub(geometry::BESIDE_TARGETS).filter(|room| *room > 0) else { return };
    let columns = canvas.columns().saturating_sub(2);
    let layout = sync.matrix.layout(columns, usize::from(room), sync.pair(), state.now);
    canvas.put(1, 1, columns, layout.heading());
    for (row, target) in (2..head).zip(layout.targets()) {
        canvas.put(1, row, columns, layout.row(target, state.now));
        if let Some((from, to)) = sync.pair().filter(|lag| lag.target == *target).and_then(|lag| layout.columns_of(lag))
        {
            canvas.choose(row, from + 1, to + 1);
        }
    }
    canvas.put(1, head - 1, columns, legend(layout.left_out(), sync.matrix.is_doubtful()));
}

/// What the shades mean, without colours too.
fn legend(left_out: usize, doubtful: bool) -> Line {
    let mut line = Line::default();
    for heat in Heat::ALL {
        let gap = if line.0.is_empty() { "" } else { "   " };
        line.push(heat.tone(), format!("{gap}{}", heat.shade()));
        line.push(Tone::Dim, format!(" {}", heat.says()));
    }
    if doubtful {
        line.push(Tone::Warning, "   ? old data");
    }
    if left_out > 0 {
        line.push(Tone::Warning, format!("   → {left_out} more"));
    }
    line
}

/// The chosen drift and its pair in full; the pair alone where nothing differs.
fn draw_chosen(canvas: &mut Canvas<'_>, state: &State, top: u16, rows: u16) {
    let sync = &state.sync;
    let lines = match (sync.selected().filter(|_| rows > 0), sync.pair().filter(|_| rows > 0)) {
        (Some(drift), _) => {
            pane_title(canvas, top, &item_text(drift));
            drift_detail(drift, sync.lag(&drift.sync, &drift.target), state.now, &state.zone)
        }
        (None, Some(lag)) => {
            pane_title(canvas, top, &format!("{} {}→{}", lag.sync, lag.source, lag.target));
            lag_detail(lag, state.now, &state.zone)
        }
        (None, None) => return,
    };
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns().saturating_sub(2), line);
    }
}

/// That there are more drifts, that ids are not clear, and how old feeds and search indexes are, the oldest first.
fn remark(sync: &SyncScreen) -> Option<Line> {
    let mut line = Line::default();
    if sync.more {
        line.push(Tone::Warning, " only the oldest are shown");
    }
    if sync.unclear_ids > 0 {
        let gap = if line.0.is_empty() { " " } else { " │ " };
        line.push(Tone::Warning, format!("{gap}{} ids without one clear SKU", sync.unclear_ids));
    }
    for age in &sync.ages {
        let gap = if line.0.is_empty() { " " } else { " │ " };
        let old = human(age.age_ms.saturating_mul(1_000_000));
        line.push(Tone::Dim, format!("{gap}{} ", age_text(age)));
        line.push(Tone::Plain, format!("{old} old"));
    }
    Some(line).filter(|line| !line.0.is_empty())
}

/// Why the table is empty, and what to do.
fn nothing(state: &State) -> Vec<Line> {
    let sync = &state.sync;
    let doubtful = sync.pair().map_or_else(|| sync.matrix.is_doubtful(), |lag| !lag.doubts.is_empty());
    match sync.received_at {
        None => asking(state),
        Some(_) if sync.matrix.targets() == 0 => {
            say(&["The collector compares nothing.", "", "Say what must agree under sync in its configuration."])
        }
        Some(_) if sync.filter.is_set() => say(&[format!("No drift says {:?}.", sync.filter.wanted())]),
        Some(_) if doubtful => {
            say(&["No drift is known, but what is marked ? rests on old data.", "", "Why: ordertrace status"])
        }
        Some(_) if sync.is_narrowed() => say(&["This target shows what its source does.", "", "q shows all drifts."]),
        Some(_) => say(&["All targets show what their sources do."]),
    }
}
