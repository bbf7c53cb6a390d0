use ordertrace_api::hotspot::{Hotspots, MinuteRange};

use super::Surroundings;
use super::markdown::{Markdown, code};
use crate::hotspot_table::{Change, Column, HotspotBy, HotspotSort, Spot};
use crate::text::{Line, Tone, pad, width, wrap};

/// Hotspots as a table; where they are compared, changes stand beneath the figures.
pub fn hotspots_lines(reply: &Hotspots, by: HotspotBy, sort: HotspotSort, around: &Surroundings) -> Vec<Line> {
    let spots = Spot::all(reply, by);
    // Names are long, and tell one handoff from another.
    let columns = Column::that_fit(around.columns.saturating_sub(around.columns * 2 / 5), sort.column());
    let taken: usize = columns.iter().map(|column| column.width() + 1).sum();
    let longest = spots.iter().map(|spot| width(&spot.name())).max().unwrap_or(0).max(width(heading(by)));
    let name = around.columns.saturating_sub(taken).min(longest);
    let mut lines = head(reply, sort, around);
    lines.push(row((Tone::Dim, heading(by)), name, &columns, |column| {
        let sorted = column == sort.column();
        (if sorted { Tone::Title } else { Tone::Dim }, column.name().to_owned())
    }));
    for spot in spots {
        let texts = |column: Column| (Tone::Plain, spot.text(column));
        lines.push(row((Tone::Strong, &spot.name_in(name)), name, &columns, texts));
        if reply.compared.is_none() {
            continue;
        }
        if spot.figures.is_gone() || spot.before.is_none() {
            let text = if spot.before.is_none() { "  none then" } else { "  gone: only then" };
            lines.push(Line::of(Tone::Dim, text));
            continue;
        }
        lines.push(row((Tone::Dim, ""), name, &columns, |column| {
            let (change, text) = spot.change(column).unwrap_or((Change::Harmless, String::new()));
            (change.tone(), text)
        }));
    }
    if reply.more {
        let hint = "there are more: raise --limit, or narrow with --since and --until";
        lines.extend(wrap(hint, around.columns).into_iter().map(|text| Line::of(Tone::Warning, text)));
    }
    lines.into_iter().map(|line| line.cut(around.columns)).collect()
}

/// The ranges, which need not be quite what was asked for.
fn head(reply: &Hotspots, sort: HotspotSort, around: &Surroundings) -> Vec<Line> {
    let mut texts = vec![format!("{}, {} first", range(reply.range, around), sort.first())];
    if let Some(until) = reply.orders_until {
        texts.push(format!("orders, waiting, path and money as of {}", around.date_clock(until)));
    }
    texts.extend(reply.compared.map(|compared| format!("beneath: change from {}", range(compared, around))));
    texts.iter().flat_map(|text| wrap(text, around.columns)).map(|text| Line::of(Tone::Dim, text)).collect()
}

fn range(range: MinuteRange, around: &Surroundings) -> String {
    format!("{} until {}", around.date_clock(range.since), around.date_clock(range.until))
}

/// A name, and figures that end where those above end.
fn row(
    (tone, text): (Tone, &str),
    columns: usize,
    figures: &[Column],
    cell: impl Fn(Column) -> (Tone, String),
) -> Line {
    let mut line = Line::of(tone, pad(text, columns));
    for column in figures {
        let (tone, text) = cell(*column);
        line.push(Tone::Plain, " ".repeat((column.width() + 1).saturating_sub(width(&text))));
        line.push(tone, text);
    }
    line
}

/// Hotspots for a ticket.
pub fn hotspots_markdown(reply: &Hotspots, by: HotspotBy, sort: HotspotSort, around: &Surroundings) -> String {
    const COLUMNS: [Column; 14] = [
        Column::Time,
        Column::Attempts,
        Column::Rate,
        Column::P50,
        Column::P95,
        Column::P99,
        Column::Mean,
        Column::Errors,
        Column::Tries,
        Column::Orders,
        Column::Waiting,
        Column::Path,
        Column::InFlight,
        Column::AtRisk,
    ];
    let mut text = Markdown::default();
    text.line(&format!("{}, {} first.", range(reply.range, around), sort.first()));
    if let Some(compared) = reply.compared {
        text.line(&format!("In brackets: change from {}.", range(compared, around)));
    }
    text.line("");
    let rows = Spot::all(reply, by).into_iter().map(|spot| {
        let figure = |column: Column| match spot.change(column).filter(|_| reply.compared.is_some()) {
            Some((_, change)) => format!("{} ({change})", spot.text(column)),
            None => spot.text(column),
        };
        std::iter::once(code(&spot.name())).chain(COLUMNS.map(figure)).collect()
    });
    let names = COLUMNS.map(|column| column.name().to_lowercase());
    let head: Vec<String> = std::iter::once(heading(by).to_lowercase()).chain(names).collect();
    text.table(&head.iter().map(String::as_str).collect::<Vec<_>>(), rows);
    if reply.more {
        text.line("\nThere are more.");
    }
    text.text()
}

fn heading(by: HotspotBy) -> &'static str {
    match by {
        HotspotBy::Handoff => "HANDOFF",
        HotspotBy::System => "SYSTEM",
    }
}
