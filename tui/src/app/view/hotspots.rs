use ordertrace_api::hotspot::Against;

use super::canvas::Canvas;
use super::message::{asking, filter_line, filter_mark, footer, freshness, message, pane_title, refusal, say};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{HotspotsScreen, State};
use crate::hotspot_table::{Change, Column, HotspotBy, Measured, Spark, Spot};
use crate::text::{Line, Tone, human, ns_between, pad, short_clock, width};

/// How a figure changed, its mark included: `▲▲ +999 %`; and `IN FLIGHT ±`.
pub(super) const CHANGE: usize = 11;

/// Orders are a minute or two behind; later than that has to be said.
const BEHIND_NS: u64 = 300_000_000_000;

/// The figures of the chosen line, in two rows.
const IN_FULL: [&[Column]; 2] = [
    &[
        Column::Attempts,
        Column::Rate,
        Column::P50,
        Column::P95,
        Column::P99,
        Column::Mean,
        Column::Time,
        Column::Failed,
    ],
    &[
        Column::Errors,
        Column::Resent,
        Column::Tries,
        Column::Orders,
        Column::Waiting,
        Column::Path,
        Column::InFlight,
        Column::AtRisk,
    ],
];

/// How the columns of the table share its width.
struct Layout {
    name: usize,
    spark: usize,
    figures: Vec<Column>,
    /// Whether there is one for changes.
    changes: bool,
}

impl Layout {
    fn of(columns: usize, hotspots: &HotspotsScreen) -> Self {
        let changes = hotspots.compared.is_some();
        // Names are long, and tell one handoff from another.
        let mut free = columns.saturating_sub(columns * 2 / 5);
        let mut take = |wanted: usize| {
            let taken = if wanted < free { wanted } else { 0 };
            free = free.saturating_sub(if taken > 0 { taken + 1 } else { 0 });
            taken
        };
        let spark = match columns {
            0..60 => 0,
            60..110 => take(10),
            _ => take(20),
        };
        let change = if changes { take(CHANGE) } else { 0 };
        let figures = Column::that_fit(free, hotspots.sort);
        let taken: usize = figures.iter().map(|column| column.width() + 1).sum();
        let others = [spark, change].iter().map(|taken| if *taken > 0 { taken + 1 } else { 0 }).sum::<usize>();
        Self { name: columns.saturating_sub(taken + others), spark, figures, changes: change > 0 }
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let hotspots = &state.hotspots;
    let rows = geometry::hotspots(state.size, hotspots.compared.is_some());
    canvas.split_row(0, title(hotspots), freshness(state, hotspots.received_at, hotspots.paused));
    let layout = Layout::of(canvas.columns().saturating_sub(1), hotspots);
    if rows.heading > 0 {
        canvas.put(1, rows.head, canvas.columns(), heading(&layout, hotspots));
    }
    let list_top = rows.head + rows.heading;
    let visible = hotspots.shown.iter().enumerate().skip(hotspots.cursor.top).take(usize::from(rows.list));
    for (row, (at, spot)) in (list_top..).zip(visible) {
        canvas.put(1, row, canvas.columns(), line(&layout, hotspots, spot));
        if at == hotspots.cursor.at {
            canvas.choose(row, 0, canvas.columns());
        }
    }
    if hotspots.shown.is_empty() {
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(nothing(state)) {
            canvas.row(row, line);
        }
    }
    let pane_top = list_top + rows.list;
    draw_chosen(canvas, hotspots, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said = filter_line(&hotspots.filter, hotspots.shown.len())
            .or_else(|| message(state))
            .or_else(|| refusal(&hotspots.trouble));
        canvas.row(message_row, said.or_else(|| remark(state)).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::HOTSPOTS);
    }
}

fn title(hotspots: &HotspotsScreen) -> Line {
    let mut line = Line::of(Tone::Title, " hotspots").and(Tone::Plain, format!(" │ {}", hotspots.lookback.name()));
    line.push(Tone::Plain, format!(" │ by {}", by(hotspots)));
    match hotspots.against {
        None => {}
        Some(Against::Day) => line.push(Tone::Strong, " │ against a day earlier"),
        Some(Against::Week) => line.push(Tone::Strong, " │ against a week earlier"),
    }
    line.join(filter_mark(&hotspots.filter))
}

fn by(hotspots: &HotspotsScreen) -> &'static str {
    match hotspots.by {
        HotspotBy::Handoff => "handoff",
        HotspotBy::System => "system",
    }
}

fn heading(layout: &Layout, hotspots: &HotspotsScreen) -> Line {
    let mut line = Line::of(Tone::Dim, pad(&by(hotspots).to_uppercase(), layout.name));
    if layout.spark > 0 {
        line.push(Tone::Dim, format!(" {}", pad(Spark::of(hotspots.sort).name(), layout.spark)));
    }
    let mark = if hotspots.reversed { '▲' } else { '▼' };
    for column in &layout.figures {
        let sorted = *column == hotspots.sort;
        let name = if sorted { format!("{}{mark}", column.name()) } else { column.name().to_owned() };
        cell(&mut line, if sorted { Tone::Title } else { Tone::Dim }, &name, column.width());
    }
    if layout.changes {
        cell(&mut line, Tone::Title, &format!("{} ±", hotspots.sort.name()), CHANGE);
    }
    line
}

fn line(layout: &Layout, hotspots: &HotspotsScreen, spot: &Spot) -> Line {
    let gone = spot.figures.is_gone();
    let mut line = Line::of(if gone { Tone::Dim } else { Tone::Strong }, spot.name_in(layout.name));
    if layout.spark > 0 {
        let spark = Spark::of(hotspots.sort).line(&spot.slices, layout.spark);
        line.push(Tone::Work, format!(" {}", pad(&spark, layout.spark)));
    }
    for column in &layout.figures {
        let text = spot.text(*column);
        let failing = matches!(column, Column::Failed | Column::Errors) && spot.figures.failed > 0;
        cell(&mut line, if failing { Tone::Error } else { Tone::Plain }, &text, column.width());
    }
    if layout.changes {
        let (change, text) = changed(spot, hotspots.sort);
        cell(&mut line, change.tone(), &text, CHANGE);
    }
    line
}

/// The change of a figure, with its mark; `new` where there was none.
pub(super) fn changed(spot: &Spot, column: Column) -> (Change, String) {
    match spot.change(column) {
        Some((change, text)) => (change, format!("{} {text}", change.mark()).trim_start().to_owned()),
        None => (Change::Harmless, "new".to_owned()),
    }
}

/// Right in its column.
pub(super) fn cell(line: &mut Line, tone: Tone, text: &str, columns: usize) {
    line.push(Tone::Plain, " ".repeat((columns + 1).saturating_sub(width(text))));
    line.push(tone, text);
}

/// All figures of the chosen line.
fn draw_chosen(canvas: &mut Canvas<'_>, hotspots: &HotspotsScreen, top: u16, rows: u16) {
    let Some(spot) = hotspots.selected().filter(|_| rows > 0) else { return };
    pane_title(canvas, top, &spot.name());
    let lines = IN_FULL.iter().flat_map(|columns| in_full(spot, columns, hotspots.compared.is_some()));
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns(), line);
    }
}

/// Some columns: their names, what they are, and what they were.
pub(super) fn in_full(spot: &Spot, columns: &[Column], compared: bool) -> Vec<Line> {
    let row = |label: &str, of: &dyn Fn(Column) -> (Tone, String)| {
        let mut line = Line::of(Tone::Dim, pad(label, 6));
        for column in columns {
            let (tone, text) = of(*column);
            cell(&mut line, tone, &text, column.width());
        }
        line
    };
    let figures = |label, measured: Measured<'_>| row(label, &|column: Column| (Tone::Plain, column.text(measured)));
    let mut lines = vec![row("", &|column| (Tone::Dim, column.name().to_owned())), figures("now", spot.now())];
    if compared {
        lines.push(match spot.then() {
            Some(then) => figures("then", then),
            None => Line::of(Tone::Dim, "then   nothing"),
        });
        // The mark stands beside the figure in the table; a column here has no room for it.
        lines.push(row("change", &|column| {
            let change = spot.then().and_then(|_| spot.change(column));
            change.map_or((Tone::Dim, String::new()), |(change, text)| (change.tone(), text))
        }));
    }
    lines
}

/// What the figures do not say.
fn remark(state: &State) -> Option<Line> {
    let hotspots = &state.hotspots;
    hotspots.received_at?;
    let Some(until) = hotspots.orders_until else {
        let text = " what handoffs mean to orders is not known yet: it is a minute or two behind";
        return Some(Line::of(Tone::Dim, text));
    };
    let end = hotspots.range.map_or(state.now, |range| range.until.min(state.now));
    if ns_between(until, end) > BEHIND_NS {
        let behind = human(ns_between(until, end));
        let text = format!(
            " orders, waiting, path and money are known until {}, {behind} behind",
            short_clock(until, &state.zone)
        );
        return Some(Line::of(Tone::Warning, text));
    }
    let text = " there are more; those on which least time was spent are left out";
    hotspots.more.then(|| Line::of(Tone::Warning, text))
}

/// Why the table is empty, and what to do.
fn nothing(state: &State) -> Vec<Line> {
    let hotspots = &state.hotspots;
    if hotspots.received_at.is_none() {
        return asking(state);
    }
    if hotspots.filter.is_set() {
        return say(&[format!("No {} is called {:?}.", by(hotspots), hotspots.filter.wanted())]);
    }
    say(&["No handoff began in this time.", "", "t shows more of it."])
}
