use ordertrace_api::span::SpansReply;

use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::pane::{attempt_of, detail_lines, span_lines, spans_side, wait_lines};
use crate::app::state::{JourneyScreen, Pane, PaneKind, SpansState, State};
use crate::text::{Line, Tone};

/// The chosen row changed: the pane follows, from its top and with the row's last attempt.
pub(super) fn follow(state: &mut State) -> Option<Action> {
    let screen = state.journey.as_mut()?;
    screen.attempt = None;
    let pane = screen.pane.as_mut()?;
    pane.scroll = 0;
    if matches!(pane.kind, PaneKind::Spans(_)) {
        return ask_spans(state);
    }
    rewrite(state);
    None
}

/// Opens the spans pane, or asks again for the row now chosen.
pub(super) fn ask_spans(state: &mut State) -> Option<Action> {
    let ticket = state.ticket();
    let screen = state.journey.as_mut()?;
    let side = screen
        .selected_handoff()
        .and_then(|handoff| attempt_of(handoff, screen.attempt))
        .and_then(|(_, attempt)| spans_side(attempt));
    let action =
        side.map(|side| Action::FetchSpans { ticket, trace_id: side.trace_id.clone(), under: side.span_id.clone() });
    let kind = PaneKind::Spans(if action.is_some() { SpansState::Asked { ticket } } else { SpansState::Nothing });
    match &mut screen.pane {
        Some(pane) => pane.kind = kind,
        None => screen.pane = Some(Pane::new(kind)),
    }
    rewrite(state);
    action
}

pub(super) fn receive_spans(state: &mut State, ticket: u64, result: Result<SpansReply, NoAnswer>) {
    let Some(pane) = state.journey.as_mut().and_then(|screen| screen.pane.as_mut()) else { return };
    if pane.kind != PaneKind::Spans(SpansState::Asked { ticket }) {
        return;
    }
    pane.kind = PaneKind::Spans(match result {
        Ok(reply) => SpansState::Received(reply),
        Err(NoAnswer::Refused(reason) | NoAnswer::Unreachable(reason)) => SpansState::Failed(reason),
    });
    rewrite(state);
}

/// Writes the pane's lines anew for what is chosen and how wide the screen is.
pub(super) fn rewrite(state: &mut State) {
    let columns = usize::from(state.size.columns).saturating_sub(2);
    let Some(screen) = &mut state.journey else { return };
    let Some(mut pane) = screen.pane.take() else { return };
    let (title, lines) = content(screen, &pane.kind, &state.zone, columns);
    pane.title = title;
    pane.lines = lines;
    pane.step(0);
    screen.pane = Some(pane);
}

fn content(screen: &JourneyScreen, kind: &PaneKind, zone: &jiff::tz::TimeZone, columns: usize) -> (Line, Vec<Line>) {
    let (Some(loaded), Some(row)) = (&screen.loaded, screen.selected()) else { return <_>::default() };
    let Some(handoff) = screen.selected_handoff() else {
        let before = row.id.strip_prefix("wait:").unwrap_or_default();
        return (Line::of(Tone::Title, "waiting"), wait_lines(&loaded.journey, before, zone, columns));
    };
    let mut title = Line::of(Tone::Title, row.name());
    if let Some((at, attempt)) = attempt_of(handoff, screen.attempt) {
        let count = handoff.attempts.len();
        if count > 1 {
            title.push(Tone::Warning, format!("  attempt {} of {count}", at + 1));
            title.push(Tone::Dim, " [ ] others");
        }
        if let (PaneKind::Spans(_), Some(side)) = (kind, spans_side(attempt)) {
            title.push(Tone::Dim, format!("  inside {}", side.system));
        }
    }
    let lines = match kind {
        PaneKind::Detail => detail_lines(&loaded.journey, handoff, screen.attempt, zone, columns),
        PaneKind::Spans(SpansState::Asked { .. }) => vec![Line::of(Tone::Dim, "asking for its spans …")],
        PaneKind::Spans(SpansState::Received(reply)) => span_lines(reply, columns),
        PaneKind::Spans(SpansState::Failed(reason)) => {
            vec![Line::of(Tone::Error, format!("✗ no spans: {reason}")), Line::of(Tone::Dim, "i twice asks again")]
        }
        PaneKind::Spans(SpansState::Nothing) => vec![Line::of(Tone::Dim, "no observer reported this attempt")],
    };
    (title, lines)
}
