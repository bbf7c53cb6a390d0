use super::canvas::Canvas;
use super::findings::unseen;
use super::hotspots::{cell, changed, in_full};
use super::message::{asking, filter_line, filter_mark, footer, freshness, message, pane_title, refusal, say};
use crate::app::geometry;
use crate::app::keymap;
use crate::app::state::{MapRow, MapScreen, State};
use crate::findings_table::severity_tone;
use crate::hotspot_table::{Column, Spot};
use crate::systems_map::{Edge, Level, Neighbour, Sign, System, Trouble, Worst};
use crate::text::{Line, Tone, fit, pad, width};
use crate::waterfall::Fold;

/// How a duration changed, its mark included: `▲▲ +999 %`.
const CHANGE: usize = 9;

/// Columns of a handoff's name where it is told what is wrong with it.
const ALARM: usize = 44;

/// What the rows tell in figures.
const FIGURES: [Column; 3] = [Column::Rate, Column::Errors, Column::P95];

/// The figures of the chosen handoff.
const IN_FULL: &[Column] = &[
    Column::Attempts,
    Column::Rate,
    Column::P50,
    Column::P95,
    Column::P99,
    Column::Errors,
    Column::Tries,
    Column::Orders,
    Column::AtRisk,
];

/// How the columns share the width. A column of 0 is left out.
struct Layout {
    name: usize,
    figures: bool,
    change: usize,
    why: usize,
}

impl Layout {
    fn of(columns: usize) -> Self {
        let figures = columns >= 50;
        let change = if columns >= 70 { CHANGE } else { 0 };
        let why = match columns {
            0..30 => 0,
            30..60 => 9,
            60..110 => 13,
            _ => 26,
        };
        let taken = |columns: usize| if columns > 0 { columns + 1 } else { 0 };
        let figures_taken = if figures { FIGURES.map(|column| column.width() + 1).iter().sum() } else { 0 };
        Self { name: columns.saturating_sub(figures_taken + taken(change) + taken(why)), figures, change, why }
    }
}

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State) {
    let map = &state.map;
    let rows = geometry::map(state.size);
    canvas.split_row(0, title(map, canvas.columns()), freshness(state, map.received_at, map.paused));
    if rows.head > 1 && !map.map.systems.is_empty() {
        canvas.row(1, alarm(map));
    }
    let layout = Layout::of(canvas.columns().saturating_sub(1));
    if rows.heading > 0 {
        canvas.put(1, rows.head, canvas.columns(), heading(&layout));
    }
    let list_top = rows.head + rows.heading;
    let visible = map.rows.iter().enumerate().skip(map.cursor.top).take(usize::from(rows.list));
    for (screen_row, (at, row)) in (list_top..).zip(visible) {
        let Some(system) = map.system(*row) else { continue };
        let line = match map.edge(*row) {
            Some(edge) => handoff_line(&layout, edge),
            None => system_line(&layout, system, *row),
        };
        canvas.put(1, screen_row, canvas.columns(), line);
        if at == map.cursor.at {
            canvas.choose(screen_row, 0, canvas.columns());
        }
    }
    if map.rows.is_empty() {
        for (row, line) in (list_top..list_top + rows.list).skip(1).zip(nothing(state)) {
            canvas.row(row, line);
        }
    }
    let pane_top = list_top + rows.list;
    draw_chosen(canvas, map, pane_top, rows.pane);
    let message_row = pane_top + rows.pane;
    if rows.message > 0 {
        let said = filter_line(&map.filter, map.rows.len())
            .or_else(|| message(state))
            .or_else(|| refusal(&map.trouble))
            .or_else(|| findings_unknown(state));
        canvas.row(message_row, said.or_else(|| more(map)).unwrap_or_default());
    }
    if rows.footer > 0 {
        footer(canvas, message_row + rows.message, keymap::MAP);
    }
}

fn title(map: &MapScreen, columns: usize) -> Line {
    let mut line = Line::of(Tone::Title, " map").and(Tone::Plain, format!(" │ {}", map.lookback.name()));
    if map.compared.is_some() && columns >= 100 {
        line.push(Tone::Plain, " beside a day earlier");
    }
    if map.received_at.is_some() {
        let systems = map.map.systems.iter().filter(|system| system.name.is_some()).count();
        line.push(Tone::Plain, format!(" │ {systems} systems, {} handoffs", map.map.handoffs()));
    }
    if map.trouble_first {
        line.push(Tone::Strong, " │ trouble first");
    }
    line.join(filter_mark(&map.filter))
}

/// What is broken, before anything else.
fn alarm(map: &MapScreen) -> Line {
    let (broken, worse) = map.map.count();
    let mut line = match (broken, worse) {
        (0, 0) => return Line::of(Tone::Good, " ✓ nothing fails or takes longer than it did a day earlier"),
        (0, worse) => Line::of(Tone::Warning, format!(" ! {worse} worse")),
        (broken, 0) => Line::of(Tone::Error, format!(" ✗ {broken} broken")),
        (broken, worse) => {
            Line::of(Tone::Error, format!(" ✗ {broken} broken")).and(Tone::Warning, format!("  ! {worse} worse"))
        }
    };
    line.push(Tone::Dim, " │ ");
    match map.map.worst() {
        Some(Worst::Handoff(edge)) => {
            line.push(Tone::Strong, edge.spot.name_in(ALARM.min(width(&edge.spot.name()))));
            line.push(Tone::Plain, format!(": {}", edge.trouble.said(&edge.spot)));
        }
        Some(Worst::System(system)) => {
            line.push(Tone::Strong, system.shown_name());
            line.push(Tone::Plain, format!(": {}", system.word()));
        }
        None => {}
    }
    line
}

fn heading(layout: &Layout) -> Line {
    let mut line = Line::of(Tone::Dim, pad("     SYSTEM, → WHAT IT HANDS ON", layout.name));
    if layout.figures {
        FIGURES.iter().for_each(|column| cell(&mut line, Tone::Dim, column.name(), column.width()));
    }
    if layout.change > 0 {
        cell(&mut line, Tone::Dim, "P95 ±", layout.change);
    }
    if layout.why > 0 {
        line.push(Tone::Dim, format!(" {}", pad("WHY", layout.why)));
    }
    line
}

/// Seen without colours too.
fn mark(level: Level) -> (Tone, &'static str) {
    match level {
        Level::Calm => (Tone::Good, "·"),
        Level::Worse => (Tone::Warning, "!"),
        Level::Broken => (Tone::Error, "✗"),
    }
}

fn system_line(layout: &Layout, system: &System, row: MapRow) -> Line {
    let (tone, mark) = mark(system.trouble.level);
    let fold = match row.fold {
        Fold::Leaf => " ",
        Fold::Open => "▾",
        Fold::Closed => "▸",
    };
    let mut line = Line::of(Tone::Dim, format!("{:>2} {fold} ", system.layer + 1)).and(tone, mark);
    let name_tone = if system.trouble.level == Level::Calm { Tone::Title } else { tone };
    let room = layout.name.saturating_sub(line.width() + 1);
    line.push(name_tone, format!(" {}", pad(system.shown_name(), room)));
    let mut line = line.cut(layout.name);
    figures(&mut line, layout, system.received.as_ref(), system.trouble);
    let more = system.findings.len().saturating_sub(1);
    let word = if more > 0 { format!("{} +{more}", system.word()) } else { system.word().to_owned() };
    let tone = system.findings.first().map_or(tone, |finding| severity_tone(finding.severity));
    why(&mut line, layout, tone, &word);
    line
}

fn handoff_line(layout: &Layout, edge: &Edge) -> Line {
    let (tone, mark) = mark(edge.trouble.level);
    let mut line = Line::of(tone, format!("     {mark} "));
    let target = format!("→ {} {}", edge.spot.to, edge.spot.operation);
    let room = layout.name.saturating_sub(line.width());
    let name_tone = match edge.trouble.level {
        _ if edge.spot.figures.is_gone() && edge.trouble.level == Level::Calm => Tone::Dim,
        Level::Calm => Tone::Plain,
        // What breaks because something deeper does must not catch the eye first.
        Level::Broken if edge.follows => Tone::Strong,
        Level::Worse | Level::Broken => tone,
    };
    line.push(name_tone, pad(&target, room));
    let mut line = line.cut(layout.name);
    figures(&mut line, layout, Some(&edge.spot), edge.trouble);
    why(&mut line, layout, tone, edge.trouble.word());
    line
}

fn figures(line: &mut Line, layout: &Layout, spot: Option<&Spot>, trouble: Trouble) {
    if layout.figures {
        for column in FIGURES {
            let tells = column == Column::Errors && trouble.sign == Sign::Fails;
            let tone = match trouble.level {
                Level::Broken if tells => Tone::Error,
                Level::Worse if tells => Tone::Warning,
                _ => Tone::Plain,
            };
            cell(line, tone, &spot.map(|spot| spot.text(column)).unwrap_or_default(), column.width());
        }
    }
    if layout.change > 0 {
        let compared = spot.filter(|spot| spot.before.is_some() || spot.figures.is_gone());
        let (tone, text) = compared.map_or((Tone::Dim, String::new()), |spot| {
            let (change, text) = changed(spot, Column::P95);
            (change.tone(), text)
        });
        cell(line, tone, &text, layout.change);
    }
}

fn why(line: &mut Line, layout: &Layout, tone: Tone, text: &str) {
    if layout.why > 0 {
        line.push(tone, format!(" {}", fit(text, layout.why)));
    }
}

/// A handoff in figures; a system by its neighbours and what was found.
fn draw_chosen(canvas: &mut Canvas<'_>, map: &MapScreen, top: u16, rows: u16) {
    let Some((row, system)) = map.selected().and_then(|row| Some((row, map.system(row)?))).filter(|_| rows > 0) else {
        return;
    };
    let lines = match map.edge(row) {
        Some(edge) => {
            pane_title(canvas, top, &edge.spot.name());
            in_full(&edge.spot, IN_FULL, map.compared.is_some())
        }
        None => {
            pane_title(canvas, top, system.shown_name());
            about_system(system)
        }
    };
    for (row, line) in (top + 1..top + rows).zip(lines) {
        canvas.put(1, row, canvas.columns(), line);
    }
}

fn about_system(system: &System) -> Vec<Line> {
    let mut lines = vec![neighbours("from", &system.callers), neighbours("to", &system.callees)];
    lines.extend(system.findings.iter().map(|finding| {
        let name = format!("{} {}", finding.severity.name(), finding.kind.name());
        Line::of(severity_tone(finding.severity), name).and(Tone::Plain, format!("  {}", finding.says))
    }));
    lines
}

/// `from  ✗ storefront 12.0/s  marketplace 0.31/s`.
fn neighbours(label: &str, neighbours: &[Neighbour]) -> Line {
    let mut line = Line::of(Tone::Dim, pad(label, 6));
    for neighbour in neighbours {
        if neighbour.level > Level::Calm {
            let (tone, mark) = mark(neighbour.level);
            line.push(tone, format!("{mark} "));
        }
        line.push(Tone::Plain, &neighbour.name);
        line.push(Tone::Dim, format!(" {}/s  ", crate::hotspot_table::rate(neighbour.per_s)));
    }
    if neighbours.is_empty() {
        line.push(Tone::Dim, "nobody");
    }
    line
}

/// A map without findings would pass for a calmer one.
fn findings_unknown(state: &State) -> Option<Line> {
    match &state.findings.trouble {
        Some(reason) => Some(Line::of(Tone::Warning, format!(" findings are not known now: {reason}"))),
        None => state.findings.behind.then(|| unseen(state)),
    }
}

fn more(map: &MapScreen) -> Option<Line> {
    let text = " there are more handoffs; those on which least time was spent are left out";
    map.more.then(|| Line::of(Tone::Warning, text))
}

/// Why the map is empty, and what to do.
fn nothing(state: &State) -> Vec<Line> {
    let map = &state.map;
    match map.received_at {
        None => asking(state),
        Some(_) if map.filter.is_set() => say(&[format!("Nothing is called {:?}.", map.filter.wanted())]),
        Some(_) => say(&["No system handed on anything in this time.", "", "t shows more of it."]),
    }
}
