mod change;
mod columns;
mod order;

use ordertrace_api::hotspot::{Figures, HandoffHotspot, Hotspots, MinuteRange};

use super::Surroundings;
use super::markdown::{Markdown, code};
use crate::text::{Line, Tone, pad, width, wrap};
use change::change;
use columns::Column;

pub use order::{HotspotBy, HotspotSort, ranked};

/// A line of the list.
struct Spot<'h> {
    name: String,
    figures: &'h Figures,
    before: Option<&'h Figures>,
}

/// Hotspots as a table; where they are compared, changes stand beneath the figures.
pub fn hotspots_lines(reply: &Hotspots, by: HotspotBy, sort: HotspotSort, around: &Surroundings) -> Vec<Line> {
    let spots = spots(reply, by);
    let columns = Column::that_fit(around.columns, sort);
    let taken: usize = columns.iter().map(|column| column.width() + 1).sum();
    let longest = spots.iter().map(|spot| width(&spot.name)).max().unwrap_or(0).max(width(heading(by)));
    let name = around.columns.saturating_sub(taken).min(longest);
    let mut lines = head(reply, sort, around);
    lines.push(row((Tone::Dim, heading(by)), name, &columns, |column| {
        let sorted = column == Column::sorted(sort);
        (if sorted { Tone::Title } else { Tone::Dim }, column.name().to_owned())
    }));
    for spot in spots {
        lines.push(row((Tone::Strong, &spot.name), name, &columns, |column| (Tone::Plain, column.text(spot.figures))));
        match spot.before {
            Some(before) => {
                lines.push(row((Tone::Dim, ""), name, &columns, |column| change(column, spot.figures, before)));
            }
            None if reply.compared.is_some() => lines.push(Line::of(Tone::Dim, "  none then")),
            None => {}
        }
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
    const COLUMNS: [Column; 9] = [
        Column::Time,
        Column::Attempts,
        Column::Rate,
        Column::P50,
        Column::P95,
        Column::P99,
        Column::Mean,
        Column::Errors,
        Column::Tries,
    ];
    let mut text = Markdown::default();
    text.line(&format!("{}, {} first.", range(reply.range, around), sort.first()));
    if let Some(compared) = reply.compared {
        text.line(&format!("In brackets: change from {}.", range(compared, around)));
    }
    text.line("");
    let rows = spots(reply, by).into_iter().map(|spot| {
        let figure = |column: Column| match spot.before {
            Some(before) => format!("{} ({})", column.text(spot.figures), change(column, spot.figures, before).1),
            None => column.text(spot.figures),
        };
        std::iter::once(code(&spot.name)).chain(COLUMNS.map(figure)).collect()
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

fn spots(reply: &Hotspots, by: HotspotBy) -> Vec<Spot<'_>> {
    match by {
        HotspotBy::Handoff => reply
            .handoffs
            .iter()
            .map(|spot| Spot { name: name(spot), figures: &spot.figures, before: spot.before.as_ref() })
            .collect(),
        HotspotBy::System => reply
            .systems
            .iter()
            .map(|spot| Spot { name: spot.system.clone(), figures: &spot.figures, before: spot.before.as_ref() })
            .collect(),
    }
}

fn name(handoff: &HandoffHotspot) -> String {
    format!("{}→{} {}", handoff.from.as_deref().unwrap_or_default(), handoff.to, handoff.operation)
}
