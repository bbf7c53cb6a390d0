use crossterm::event::KeyEvent;

use super::steer::rows;
use super::{journey_rows, pane};
use crate::app::action::Action;
use crate::app::geometry::PaneSize;
use crate::app::keymap::{self, Command};
use crate::app::pane::{attempt_of, spans_side};
use crate::app::state::{JourneyScreen, Overlay, Pane, PaneKind, State};
use crate::waterfall::{Fold, Row, Scale};

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let Some(command) = keymap::command(keymap::JOURNEY, key) else { return Vec::new() };
    let size = state.size;
    let Some(screen) = &mut state.journey else { return Vec::new() };
    let page = journey_rows(size, screen).list;
    let chosen_before = screen.selected().map(|row| row.id.clone());
    let len = screen.visible.len();
    if let Some(rows) = rows(command, page) {
        screen.cursor.step(rows, len);
    }
    match command {
        Command::Fold => screen.set_fold(|closed| !closed),
        Command::Close if screen.selected().is_some_and(|row| screen.fold(row) == Fold::Open) => {
            screen.set_fold(|_| true);
        }
        Command::Close => screen.choose_parent(),
        Command::Unfold => screen.set_fold(|_| false),
        Command::FoldAll => screen.fold_all(),
        Command::Zoom => screen.zoom = if screen.zoom.is_some() { None } else { Some(Scale::default()) },
        Command::Clocks => {
            screen.aligned = !screen.aligned;
            screen.poll.hurry();
        }
        Command::Slowest => screen.jump_to_slowest(),
        Command::NextError | Command::PreviousError => {
            let found = screen.jump(command == Command::PreviousError, failed);
            say_which(state, found, "failed handoff");
        }
        Command::NextRetry | Command::PreviousRetry => {
            let found = screen.jump(command == Command::PreviousRetry, retried);
            say_which(state, found, "retried handoff");
        }
        Command::Detail => show_detail(screen),
        Command::Spans => {
            if !screen.pane.as_ref().is_some_and(|pane| matches!(pane.kind, PaneKind::Spans(_))) {
                return pane::ask_spans(state).into_iter().collect();
            }
            screen.pane = None;
        }
        Command::PreviousAttempt => return choose_attempt(state, -1).into_iter().collect(),
        Command::NextAttempt => return choose_attempt(state, 1).into_iter().collect(),
        Command::PaneDown => scroll(screen, 1),
        Command::PaneUp => scroll(screen, -1),
        Command::Refresh => screen.poll.hurry(),
        Command::CopyId => return copy_trace(state).into_iter().collect(),
        Command::CopyOrder => {
            let id = screen.loaded.as_ref().map_or_else(|| screen.key.clone(), |loaded| loaded.journey.id.to_string());
            state.say(format!("copied {id}"));
            return vec![Action::Copy(id)];
        }
        Command::Explain => {
            super::explain::of_journey(state);
            return Vec::new();
        }
        Command::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Command::Back if screen.pane.is_some() => screen.pane = None,
        Command::Back => {
            state.journey = None;
            state.hurry_list();
            state.findings.poll.hurry();
        }
        _ => {}
    }
    let chosen = state.journey.as_ref().and_then(|screen| screen.selected()).map(|row| row.id.clone());
    if chosen != chosen_before {
        return pane::follow(state).into_iter().collect();
    }
    pane::rewrite(state);
    Vec::new()
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let screen = state.journey.as_mut()?;
    screen.poll.is_due(now).then(|| {
        screen.poll.asked(ticket);
        Action::FetchJourney { ticket, key: screen.key.clone(), aligned: screen.aligned }
    })
}

fn failed(row: &Row) -> bool {
    row.handoff().is_some_and(|handoff| handoff.failure.is_some())
}

fn retried(row: &Row) -> bool {
    row.handoff().is_some_and(|handoff| handoff.retries() > 0)
}

fn say_which(state: &mut State, found: Option<(usize, usize)>, what: &str) {
    match found {
        Some((nth, count)) => state.say(format!("{what} {nth} of {count}")),
        None => state.say(format!("no {what}")),
    }
}

fn show_detail(screen: &mut JourneyScreen) {
    match &mut screen.pane {
        Some(pane) if pane.kind == PaneKind::Detail => {
            pane.size = if pane.size == PaneSize::Half { PaneSize::Full } else { PaneSize::Half };
        }
        _ => screen.pane = Some(Pane::new(PaneKind::Detail)),
    }
}

fn scroll(screen: &mut JourneyScreen, rows: isize) {
    if let Some(pane) = &mut screen.pane {
        pane.step(rows);
    }
}

fn choose_attempt(state: &mut State, by: isize) -> Option<Action> {
    let screen = state.journey.as_mut()?;
    let handoff = screen.selected_handoff()?;
    let (at, _) = attempt_of(handoff, screen.attempt)?;
    let to = at.saturating_add_signed(by).min(handoff.attempts.len() - 1);
    screen.attempt = Some(to);
    match screen.pane.as_ref().map(|pane| matches!(pane.kind, PaneKind::Spans(_))) {
        Some(true) if to != at => return pane::ask_spans(state),
        Some(_) => {}
        None => screen.pane = Some(Pane::new(PaneKind::Detail)),
    }
    pane::rewrite(state);
    None
}

fn copy_trace(state: &mut State) -> Option<Action> {
    let screen = state.journey.as_ref()?;
    let side = screen
        .selected_handoff()
        .and_then(|handoff| attempt_of(handoff, screen.attempt))
        .and_then(|(_, attempt)| spans_side(attempt));
    let Some(trace_id) = side.map(|side| side.trace_id.clone()) else {
        state.say("a wait has no trace");
        return None;
    };
    state.say(format!("copied trace id {trace_id}"));
    Some(Action::Copy(trace_id))
}
