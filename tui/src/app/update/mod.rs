//! What an event changes, and what is to be done about it.

mod alerts;
mod answers;
mod explain;
mod findings;
mod hotspots;
mod journey;
mod map;
mod orders;
mod overlay;
mod pane;
mod prompt;
mod sku;
mod steer;
mod surface;
mod sync;
mod touched;

use crossterm::event::{KeyEvent, KeyEventKind};
use jiff::Timestamp;

use super::action::Action;
use super::event::Event;
use super::geometry;
use super::keymap;
use super::state::{Connection, JourneyScreen, List, Screen, Size, State};

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
            if state.map.poll.awaits(ticket) {
                map::receive(state, ticket, result);
            } else {
                hotspots::receive(state, ticket, result);
            }
            Vec::new()
        }
        Event::HotspotOrders { ticket, result } => {
            touched::receive(state, ticket, result);
            Vec::new()
        }
        Event::Surface { ticket, result } => {
            surface::receive(state, ticket, result);
            Vec::new()
        }
        Event::Sync { ticket, result } => {
            sync::receive(state, ticket, result);
            Vec::new()
        }
        Event::History { ticket, result } => {
            sku::receive(state, ticket, result);
            Vec::new()
        }
        Event::SkuOrders { ticket, result } => {
            sku::receive_orders(state, ticket, result);
            Vec::new()
        }
        Event::Alerts { ticket, result } => {
            alerts::receive(state, ticket, result);
            Vec::new()
        }
        Event::Acknowledged { ticket, result } => {
            alerts::acknowledged(state, ticket, result);
            Vec::new()
        }
        Event::Silenced { ticket, result } => {
            alerts::silenced(state, ticket, result);
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
        return overlay::press(state, key);
    }
    match state.screen() {
        Screen::Journey => journey::press(state, key),
        Screen::Explain => explain::press(state, key),
        Screen::Hit => explain::press_hit(state, key),
        Screen::Touched => touched::press(state, key),
        Screen::Sku => sku::press(state, key),
        Screen::List(List::Orders) => orders::press(state, key),
        Screen::List(List::Findings) => findings::press(state, key),
        Screen::List(List::Hotspots) => hotspots::press(state, key),
        Screen::List(List::Map) => map::press(state, key),
        Screen::List(List::Surface) => surface::press(state, key),
        Screen::List(List::Sync) => sync::press(state, key),
        Screen::List(List::Alerts) => alerts::press(state, key),
    }
}

/// The questions that are due: what is on the screen, what is wrong, and what fires.
fn ask(state: &mut State) -> Vec<Action> {
    let screen = state.screen();
    let mut questions: Vec<Action> = if is_waiting(state) { None } else { ask_shown(state) }.into_iter().collect();
    // While the collector is not known to be there, one question is enough to find it.
    if state.connection == Connection::Up {
        questions.extend(if screen == Screen::Sku { sku::ask_orders(state) } else { None });
        questions.extend(if screen == Screen::List(List::Findings) { None } else { findings::ask(state) });
        questions.extend(if screen == Screen::List(List::Alerts) { None } else { alerts::ask(state) });
    }
    questions
}

/// While nobody answers, no change of the question must ask faster than the retries do.
fn is_waiting(state: &State) -> bool {
    matches!(&state.connection, Connection::Down { retry_at, .. } if state.now < *retry_at)
}

fn ask_shown(state: &mut State) -> Option<Action> {
    match state.screen() {
        Screen::Journey => journey::ask(state),
        Screen::Explain | Screen::Hit => explain::ask(state),
        Screen::Touched => touched::ask(state),
        Screen::Sku => sku::ask(state),
        Screen::List(List::Orders) => orders::ask(state),
        Screen::List(List::Findings) => findings::ask(state),
        Screen::List(List::Hotspots) => hotspots::ask(state),
        Screen::List(List::Map) => map::ask(state),
        Screen::List(List::Surface) => surface::ask(state),
        Screen::List(List::Sync) => sync::ask(state),
        Screen::List(List::Alerts) => alerts::ask(state),
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
    let list = usize::from(geometry::map(state.size).list);
    state.map.cursor.fit(state.map.rows.len(), list);
    let list = usize::from(geometry::surface(state.size, state.surface.detail).list);
    state.surface.cursor.fit(state.surface.shown.len(), list);
    let list = usize::from(geometry::alerts(state.size).list);
    state.alerts.cursor.fit(state.alerts.shown.len(), list);
    let list = usize::from(geometry::sync(state.size, state.sync.matrix.targets()).list);
    state.sync.cursor.fit(state.sync.shown.len(), list);
    if let Some(sku) = &mut state.sku {
        let len = sku.copies().len();
        let rows = geometry::sku(state.size, len, sku.orders_told());
        sku.cursor.fit(len, usize::from(rows.rows.list));
        sku.orders.cursor.fit(sku.orders.shown.len(), usize::from(rows.orders_listed()));
    }
    if let Some(touched) = &mut state.touched {
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
