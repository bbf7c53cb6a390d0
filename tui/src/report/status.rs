use ordertrace_api::status::{Count, ItemCounts, Status};

use super::Surroundings;
use super::markdown::{Markdown, code, escape};
use super::sources::{source_lines, source_table};
use crate::findings_table::{behind, progress_text};
use crate::text::{Line, Tone, fit};

/// What the collector says of itself.
pub fn status_lines(status: &Status, collector: &str, around: &Surroundings) -> Vec<Line> {
    let storage = &status.storage;
    let mut lines = vec![
        Line::of(Tone::Title, "collector ").and(Tone::Plain, format!("{collector}  version {}", status.version)),
        Line::of(
            Tone::Dim,
            format!("  up since {} ({})", around.date_clock(status.started_at), around.ago(status.started_at)),
        ),
    ];
    let kind = if storage.embedded { "embedded" } else { "external" };
    let mut line = Line::of(Tone::Title, "storage   ").and(Tone::Plain, format!("{}  {kind}", storage.url));
    match &storage.version {
        Some(version) => line.push(Tone::Good, format!("  ✓ ClickHouse {version}")),
        None => line.push(Tone::Error, "  ✗ does not answer"),
    }
    lines.push(line.cut(around.columns));
    if let Some(error) = &storage.error {
        let wrapped = crate::text::wrap(error, around.columns.saturating_sub(2));
        lines.extend(wrapped.into_iter().map(|text| Line::of(Tone::Error, format!("  {text}"))));
    }
    if let Some(progress) = &status.detection {
        let text = progress_text(progress, around.now, &around.zone);
        let (tone, mark) =
            if behind(progress, around.now).is_some() { (Tone::Error, "✗") } else { (Tone::Plain, "✓") };
        lines.push(Line::of(Tone::Title, "detection ").and(tone, format!("{mark} {text}")).cut(around.columns));
    }
    if !status.sources.is_empty() {
        lines.push(Line::default());
        lines.extend(source_lines(&status.sources, status.more_sources, around));
    }
    lines.push(Line::default());
    lines.push(Line::of(Tone::Title, format!("{:<20} {:>12} {:>12} {:>12}", "ITEMS", "ACCEPTED", "STORED", "REFUSED")));
    for signal in &status.signals {
        lines.push(counts(&signal.signal, Tone::Plain, &signal.total).cut(around.columns));
        for sender in &signal.senders {
            lines.push(counts(&format!("  {}", sender.sender), Tone::Dim, &sender.items).cut(around.columns));
        }
    }
    if !status.noise.is_empty() {
        let text = format!("noise kept out of journeys: {}", reasons(&status.noise));
        lines.push(Line::of(Tone::Dim, text).cut(around.columns));
    }
    lines
}

/// The same for a ticket.
pub fn status_markdown(status: &Status, collector: &str, around: &Surroundings) -> String {
    let mut page = Markdown::default();
    let version = escape(&status.version);
    let since = around.date_clock(status.started_at);
    page.line(&format!("- collector {}, version {version}, up since {since}", code(collector)));
    let storage = match (&status.storage.version, &status.storage.error) {
        (Some(version), _) => format!("ClickHouse {}", escape(version)),
        (None, error) => format!("**does not answer**: {}", escape(error.as_deref().unwrap_or("no reason given"))),
    };
    page.line(&format!("- storage {}, {storage}", code(&status.storage.url)));
    if let Some(progress) = &status.detection {
        let text = progress_text(progress, around.now, &around.zone);
        page.line(&format!("- {}", if behind(progress, around.now).is_some() { format!("**{text}**") } else { text }));
    }
    page.line("");
    if !status.sources.is_empty() {
        source_table(&mut page, &status.sources, status.more_sources, around);
        page.line("");
    }
    let rows = status.signals.iter().flat_map(|signal| {
        let row = |sender: &str, items: &ItemCounts| {
            let mut row = vec![escape(&signal.signal), escape(sender)];
            row.extend([items.accepted, items.stored, total(&items.refused)].map(|count| count.to_string()));
            row.push(escape(&reasons(&items.refused)));
            row
        };
        let senders = signal.senders.iter().map(move |sender| row(&sender.sender, &sender.items));
        std::iter::once(row("all", &signal.total)).chain(senders)
    });
    page.table(&["signal", "sender", "accepted", "stored", "refused", "reasons"], rows);
    page.text()
}

fn counts(name: &str, tone: Tone, items: &ItemCounts) -> Line {
    let refused = total(&items.refused);
    let text = format!("{:<20} {:>12} {:>12} ", fit(name, 20), items.accepted, items.stored);
    let refused_tone = if refused > 0 { Tone::Error } else { tone };
    Line::of(tone, text).and(refused_tone, format!("{refused:>12}  {}", reasons(&items.refused)))
}

pub(super) fn total(counts: &[Count]) -> u64 {
    counts.iter().fold(0, |total, count| total.saturating_add(count.count))
}

pub(super) fn reasons(counts: &[Count]) -> String {
    let reasons: Vec<String> = counts.iter().map(|count| format!("{} {}", count.name, count.count)).collect();
    reasons.join(", ")
}
