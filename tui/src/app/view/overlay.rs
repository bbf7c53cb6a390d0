use super::canvas::Canvas;
use super::prompt::prompt_lines;
use crate::app::keymap::{self, Binding};
use crate::app::state::{List, Overlay, Screen, State};
use crate::sync_table::Heat;
use crate::text::{Line, Tone, pad, width};

pub(super) fn draw(canvas: &mut Canvas<'_>, state: &State, overlay: &Overlay) {
    match overlay {
        Overlay::Help { scroll } => {
            let (keys, legend) = match state.screen() {
                Screen::List(List::Orders) => (keymap::ORDERS, orders_legend()),
                Screen::List(List::Findings) => (keymap::FINDINGS, findings_legend()),
                Screen::List(List::Hotspots) => (keymap::HOTSPOTS, hotspots_legend()),
                Screen::List(List::Map) => (keymap::MAP, map_legend()),
                Screen::List(List::Surface) => (keymap::SURFACE, surface_legend()),
                Screen::List(List::Sync) => (keymap::SYNC, sync_legend()),
                Screen::List(List::Alerts) => (keymap::ALERTS, alerts_legend()),
                Screen::Sku => (keymap::SKU, sku_legend()),
                Screen::Touched => (keymap::TOUCHED, orders_legend()),
                Screen::Explain => (keymap::EXPLAIN, explain_legend()),
                Screen::Hit => (keymap::HIT, Vec::new()),
                Screen::Journey => (keymap::JOURNEY, journey_legend()),
            };
            let mut lines = help(keys);
            lines.extend(legend);
            let room = usize::from(canvas.rows().saturating_sub(2));
            let scroll = (*scroll).min(lines.len().saturating_sub(room));
            let hidden = lines.len().saturating_sub(scroll + room);
            let title = if hidden > 0 { format!("keys, j: {hidden} more") } else { "keys".to_owned() };
            frame(canvas, &title, lines.into_iter().skip(scroll).collect());
        }
        Overlay::Prompt(prompt) => {
            let room = canvas.columns().saturating_sub(4);
            let (title, lines) = prompt_lines(state, prompt, room);
            frame(canvas, &title, lines);
        }
        Overlay::Candidates { text, keys, cursor } => {
            let room = usize::from(canvas.rows().saturating_sub(2)).max(1);
            let top = cursor.at.saturating_sub(room - 1);
            let rows = keys.iter().enumerate().skip(top).map(|(at, key)| {
                let chosen = at == cursor.at;
                let tone = if chosen { Tone::Strong } else { Tone::Plain };
                Line::of(tone, format!("{} {key}", if chosen { "▸" } else { " " }))
            });
            frame(canvas, &format!("{text} is several orders: ⏎ opens one"), rows.collect());
        }
    }
}

fn help(keys: &'static [&'static [Binding]]) -> Vec<Line> {
    let bindings = || keymap::bindings(keys).filter(|binding| !binding.help.is_empty());
    let widest = bindings().map(|binding| width(binding.label)).max().unwrap_or(0);
    let line = |binding: &Binding| {
        Line::of(Tone::Title, pad(binding.label, widest)).and(Tone::Plain, format!("  {}", binding.help))
    };
    bindings().map(line).collect()
}

fn orders_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Error, "✗").and(Tone::Dim, " a handoff's last attempt failed, nothing made good for it"),
        Line::of(Tone::Warning, "↻").and(Tone::Dim, " attempts beyond the first"),
    ]
}

fn findings_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Error, "critical").and(Tone::Dim, "  money or goods are being lost"),
        Line::of(Tone::Warning, "warning ").and(Tone::Dim, "  somebody should look at it today"),
        Line::of(Tone::Dim, "info      good to know"),
    ]
}

fn hotspots_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Error, "▲▲")
            .and(Tone::Dim, " twice as bad or worse   ")
            .and(Tone::Warning, "▲")
            .and(Tone::Dim, " a quarter worse   = the same"),
        Line::of(Tone::Dim, "WAIT nothing was under way in the order before it, on average"),
        Line::of(Tone::Dim, "PATH its share of what made orders take as long as they did"),
        Line::of(Tone::Dim, "AT RISK sales that its delays may cost: an estimate"),
        Line::of(Tone::Work, "▁▄█")
            .and(Tone::Dim, " over the range: attempts, mean time or failures, by what is sorted"),
    ]
}

fn map_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Error, "✗")
            .and(Tone::Dim, " broken   ")
            .and(Tone::Warning, "!")
            .and(Tone::Dim, " worse than a day earlier, or most of it fails as it did then"),
        Line::of(Tone::Dim, "1 2 3  along the traffic: who hands on first; what flows back does not count"),
        Line::of(Tone::Dim, "A system's figures are of all it received, a handoff's of its own attempts."),
        Line::of(Tone::Dim, "Of what breaks because something deeper does, the deepest stands first."),
        Line::of(Tone::Dim, "▸ more handoffs, none of them in worse trouble than those shown"),
    ]
}

fn surface_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Error, "!!")
            .and(Tone::Dim, " neither encrypted nor with a credential   ")
            .and(Tone::Warning, "!")
            .and(Tone::Dim, " lacks one of them"),
        Line::of(Tone::Dim, "?  no observer tells; the agent's proxy tells most"),
    ]
}

fn alerts_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Dim, "firing   it must be known   pending  not yet for as long as the rule wants"),
        Line::of(Tone::Good, "✓").and(Tone::Dim, " somebody takes care of it; it goes on to fire"),
        Line::of(Tone::Dim, "told: whom the collector tells, those first whom it cannot"),
    ]
}

fn sync_legend() -> Vec<Line> {
    let mut lines = vec![Line::default()];
    for heat in Heat::ALL {
        let says = match heat {
            Heat::Agrees => "the target shows all that its source does",
            Heat::Waits => "some has not arrived, within what the vendor says it takes",
            Heat::Late => "some takes longer than that",
            Heat::Old => "the first of it takes ten minutes or more",
            Heat::Dead => "the first of it takes an hour or more",
        };
        lines.push(Line::of(heat.tone(), String::from(heat.shade())).and(Tone::Dim, format!(" {says}")));
    }
    lines.push(
        Line::of(Tone::Warning, "?").and(Tone::Dim, " a source of it is not up to date: it may be otherwise by now"),
    );
    lines.push(Line::of(Tone::Dim, "2h00m 613/306  the first waits since 2h, 613 do, 306 of them late"));
    lines.push(Line::of(Tone::Dim, "129 EUR+  open orders that hold it are worth that and more; –  nobody says"));
    lines
}

fn sku_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Error, "!")
            .and(Tone::Dim, " differs from its source, and is late   ")
            .and(Tone::Warning, "~")
            .and(Tone::Dim, " within its floor"),
        Line::of(Tone::Work, "▁▄█")
            .and(Tone::Dim, " its value over time; all of one kind on one scale, cases as units"),
        Line::of(Tone::Strong, "◆")
            .and(Tone::Dim, " an order touched it   ")
            .and(Tone::Strong, "·")
            .and(Tone::Dim, " another than the chosen one"),
        Line::of(Tone::Work, "─●─")
            .and(Tone::Dim, " a text that changed   ")
            .and(Tone::Dim, "×12  it counts cases of twelve"),
    ]
}

fn explain_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Error, "███·").and(Tone::Dim, " share of these orders that have it, of those that could"),
        Line::of(Tone::Work, "█···").and(Tone::Dim, " share of the others: of the same time, without the fault"),
        Line::of(Tone::Dim, "CHANCE that any value would differ so much by accident"),
        Line::of(Tone::Dim, "RISK others that have it and are still under way"),
    ]
}

fn journey_legend() -> Vec<Line> {
    vec![
        Line::default(),
        Line::of(Tone::Critical, "█ ┃").and(Tone::Dim, " made the journey longer: the critical path"),
        Line::of(Tone::Work, "▄")
            .and(Tone::Dim, " ran beside something slower   ")
            .and(Tone::Error, "▓✗")
            .and(Tone::Dim, " failed attempt"),
        Line::of(Tone::Wait, "┄")
            .and(Tone::Dim, " nothing under way   ")
            .and(Tone::Wait, "⫽")
            .and(Tone::Dim, " axis cut, each part has its own scale"),
        Line::of(Tone::Warning, "~→")
            .and(Tone::Dim, " joined by inference   ")
            .and(Tone::Warning, "±1.2s")
            .and(Tone::Dim, " clocks so far apart, see c"),
    ]
}

/// A box in the middle of the screen.
fn frame(canvas: &mut Canvas<'_>, title: &str, lines: Vec<Line>) {
    let inner = lines.iter().map(Line::width).max().unwrap_or(0).max(width(title) + 2);
    let columns = (inner + 4).min(canvas.columns());
    let rows = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(canvas.rows());
    if columns < 4 || rows < 3 {
        return;
    }
    let left = (canvas.columns() - columns) / 2;
    let top = (canvas.rows() - rows) / 2;
    canvas.clear(left, top, columns, rows);
    let fill = (columns - 2).saturating_sub(width(title) + 2);
    let heading =
        Line::of(Tone::Dim, "┌─").and(Tone::Title, title).and(Tone::Dim, format!("{}┐", "─".repeat(fill + 1)));
    canvas.put(left, top, columns, heading);
    for (row, line) in (top + 1..top + rows - 1).zip(lines) {
        canvas.put(left, row, 1, Line::of(Tone::Dim, "│"));
        canvas.put(left + 2, row, columns - 4, line);
        canvas.put(left + columns - 1, row, 1, Line::of(Tone::Dim, "│"));
    }
    let bottom = format!("└{}┘", "─".repeat(columns - 2));
    canvas.put(left, top + rows - 1, columns, Line::of(Tone::Dim, bottom));
}
