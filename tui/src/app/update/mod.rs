//! What an event changes, and what is to be done about it.

mod answers;
mod explain;
mod findings;
mod hotspots;
mod journey;
mod orders;
mod overlay;
mod pane;

use crossterm::event::{KeyEvent, KeyEventKind};
use jiff::Timestamp;

use super::action::Action;
use super::event::Event;
use super::geometry;
use super::keymap;
use super::state::{Connection, JourneyScreen, Screen, Size, State};

/// Takes in one event.
pub fn update(state: &mut State, event: Event) -> Vec<Action> {
    let mut actions = match event {
        Event::Tick(now) => {
            tick(state, now);
            Vec::new()
        }
        Event::Resize { columns, rows } => {
            state.size = Size { columns, rows };
            pane::rewrite(state);
            Vec::new()
        }
        Event::Key(key) => press(state, key),
        Event::Orders { ticket, result } => {
            answers::orders(state, ticket, result);
            Vec::new()
        }
        Event::Findings { ticket, result } => {
            findings::receive(state, ticket, result);
            Vec::new()
        }
        Event::Hotspots { ticket, result } => {
            hotspots::receive(state, ticket, result);
            Vec::new()
        }
        Event::HotspotOrders { ticket, result } => {
            hotspots::receive_touched(state, ticket, result);
            Vec::new()
        }
        Event::Explanation { ticket, result } => {
            explain::receive(state, ticket, result);
            Vec::new()
        }
        Event::Journey { ticket, result } => {
            answers::journey(state, ticket, result);
            findings::relate(state);
            Vec::new()
        }
        Event::Spans { ticket, result } => {
            pane::receive_spans(state, ticket, result);
            Vec::new()
        }
    };
    actions.extend(ask(state));
    fit(state);
    actions
}

fn tick(state: &mut State, now: Timestamp) {
    state.now = now;
    if state.flash.as_ref().is_some_and(|flash| flash.until <= now) {
        state.flash = None;
    }
}

fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    if keymap::is_interrupt(key) {
        return vec![Action::Quit];
    }
    state.flash = None;
    if state.overlay.is_some() {
        overlay::press(state, key);
        return Vec::new();
    }
    match state.screen() {
        Screen::Journey => journey::press(state, key),
        Screen::Findings => findings::press(state, key),
        Screen::Explain => explain::press(state, key),
        Screen::Hit => explain::press_hit(state, key),
        Screen::Hotspots => hotspots::press(state, key),
        Screen::Touched => hotspots::press_touched(state, key),
        Screen::Orders => orders::press(state, key),
    }
}

/// The questions that are due: what is on the screen, and what is wrong.
fn ask(state: &mut State) -> Vec<Action> {
    let screen = state.screen();
    let shown = if screen == Screen::Findings { ask_findings(state) } else { ask_shown(state) };
    // While the collector is not known to be there, one question is enough to find it.
    let aside = screen != Screen::Findings && state.connection == Connection::Up;
    let aside = if aside { ask_findings(state) } else { None };
    shown.into_iter().chain(aside).collect()
}

/// While nobody answers, no change of the question must ask faster than the retries do.
fn is_waiting(state: &State) -> bool {
    matches!(&state.connection, Connection::Down { retry_at, .. } if state.now < *retry_at)
}

fn ask_findings(state: &mut State) -> Option<Action> {
    if !state.findings.poll.is_due(state.now) || is_waiting(state) {
        return None;
    }
    let ticket = state.ticket();
    state.findings.poll.asked(ticket);
    Some(Action::FetchFindings { ticket, query: state.findings.query(state.now) })
}

fn ask_shown(state: &mut State) -> Option<Action> {
    let now = state.now;
    let waiting = is_waiting(state);
    if matches!(state.screen(), Screen::Explain | Screen::Hit) {
        return if waiting { None } else { explain::ask(state) };
    }
    if matches!(state.screen(), Screen::Hotspots | Screen::Touched) {
        return if waiting { None } else { hotspots::ask(state) };
    }
    let ticket = state.ticket();
    if let Some(screen) = &mut state.journey {
        let due = screen.poll.is_due(now) && !waiting;
        due.then(|| {
            screen.poll.asked(ticket);
            Action::FetchJourney { ticket, key: screen.key.clone(), aligned: screen.aligned }
        })
    } else {
        let due = state.orders.poll.is_due(now) && !state.orders.paused && !waiting;
        due.then(|| {
            state.orders.poll.asked(ticket);
            Action::FetchOrders { ticket, query: state.orders.query(now) }
        })
    }
}

/// Keeps chosen rows on the screen, whatever changed.
fn fit(state: &mut State) {
    let list = usize::from(geometry::orders(state.size, state.findings.matters()).list);
    let len = state.orders.shown.len();
    state.orders.cursor.fit(len, list);
    let list = usize::from(geometry::findings(state.size).list);
    state.findings.cursor.fit(state.findings.shown.len(), list);
    let list = usize::from(geometry::hotspots(state.size, state.hotspots.compared.is_some()).list);
    state.hotspots.cursor.fit(state.hotspots.shown.len(), list);
    if let Some(touched) = &mut state.hotspots.touched {
        touched.cursor.fit(touched.orders.len(), usize::from(geometry::orders(state.size, false).list));
    }
    if let Some(explain) = &mut state.explain {
        let len = explain.values().len();
        explain.cursor.fit(len, usize::from(geometry::findings(state.size).list));
        if let Some(hit) = &mut explain.hit {
            hit.cursor.fit(hit.orders.len(), usize::from(geometry::orders(state.size, false).list));
        }
    }
    let size = state.size;
    if let Some(screen) = &mut state.journey {
        let list = journey_rows(size, screen).list;
        screen.cursor.fit(screen.visible.len(), usize::from(list));
        screen.fit_zoom(usize::from(list));
    }
}

fn journey_rows(size: Size, screen: &JourneyScreen) -> geometry::Rows {
    geometry::journey(size, screen.pane.as_ref().map(|pane| pane.size), screen.findings())
}
