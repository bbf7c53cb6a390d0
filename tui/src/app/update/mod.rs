//! What an event changes, and what is to be done about it.

mod answers;
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
use super::state::{Connection, JourneyScreen, Size, State};

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
        Event::Journey { ticket, result } => {
            answers::journey(state, ticket, result);
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
    match &mut state.journey {
        Some(_) => journey::press(state, key),
        None => orders::press(state, key),
    }
}

/// The questions that are due; only of what is on the screen.
fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    // While nobody answers, a changed search must not ask faster than the retries do.
    let waiting = matches!(&state.connection, Connection::Down { retry_at, .. } if now < *retry_at);
    let ticket = state.ticket();
    if let Some(screen) = &mut state.journey {
        let due = screen.poll.is_due(now) && !waiting;
        due.then(|| {
            screen.poll.asked(ticket);
            Action::FetchJourney { ticket, key: screen.key.clone() }
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
    let list = usize::from(geometry::orders(state.size).list);
    let len = state.orders.shown.len();
    state.orders.cursor.fit(len, list);
    let size = state.size;
    if let Some(screen) = &mut state.journey {
        let list = journey_rows(size, screen).list;
        screen.cursor.fit(screen.visible.len(), usize::from(list));
        screen.fit_zoom(usize::from(list));
    }
}

fn journey_rows(size: Size, screen: &JourneyScreen) -> geometry::Rows {
    geometry::journey(size, screen.pane.as_ref().map(|pane| pane.size))
}
