use crate::app::state::{Asks, Prompt, State, later};
use crate::text::{Line, Tone, date_clock, fit};

/// What is asked before something is done that others see: its title, and its lines of at most `columns`.
pub(super) fn prompt_lines(state: &State, prompt: &Prompt, columns: usize) -> (String, Vec<Line>) {
    let Prompt { alert, asks, text } = prompt;
    let what = Line::of(Tone::Strong, fit(&alert.says, columns));
    let key = |key: &str, does: &str| Line::of(Tone::Title, key).and(Tone::Dim, format!(" {does}"));
    let typed = |name: &str| Line::of(Tone::Dim, format!("{name} ")).and(Tone::Plain, text).and(Tone::Strong, "█");
    let who = &state.who;
    match (asks, prompt.length()) {
        (Asks::Silence { .. }, Some((seconds, length))) => {
            let until = later(state.now, jiff::SignedDuration::from_secs(i64::from(seconds)));
            let until = date_clock(until, &state.zone);
            let lines = vec![
                what,
                Line::default(),
                Line::of(Tone::Dim, "for ")
                    .and(Tone::Strong, format!("‹ {length} ›"))
                    .and(Tone::Dim, format!("  until {until}   ← → changes it")),
                typed("why"),
                Line::default(),
                Line::of(Tone::Plain, format!("Alertmanager tells nobody of it, as {who} wishes.")),
                key("⏎", "silences it   ").join(key("Esc", "does nothing")),
            ];
            (format!("silence {}", alert.rule), lines)
        }
        _ => {
            let lines = vec![
                what,
                Line::default(),
                typed("note"),
                Line::default(),
                Line::of(Tone::Plain, format!("Everybody sees that {who} takes care of it. It goes on to fire.")),
                key("⏎", "acknowledges it   ").join(key("Esc", "does nothing")),
            ];
            (format!("acknowledge {}", alert.rule), lines)
        }
    }
}
