use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ordertrace_api::hotspot::Hotspots;
use ordertrace_api::order::OrdersPage;

use super::answers::reach;
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{JourneyScreen, Overlay, State};

/// Longest filter: no name is longer.
const FILTER_LIMIT: usize = 256;

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    if state.hotspots.typing {
        type_filter(state, key);
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::HOTSPOTS, key) else { return Vec::new() };
    let compared = state.hotspots.compared.is_some();
    let page = isize::try_from(geometry::hotspots(state.size, compared).list.max(1)).unwrap_or(1);
    let now = state.now;
    let hotspots = &mut state.hotspots;
    match command {
        Command::Down => hotspots.step(1),
        Command::Up => hotspots.step(-1),
        Command::PageDown => hotspots.step(page),
        Command::PageUp => hotspots.step(-page),
        Command::Top => hotspots.step(isize::MIN),
        Command::Bottom => hotspots.step(isize::MAX),
        Command::Search => hotspots.typing = true,
        Command::Sort => {
            hotspots.sort = hotspots.sort.next();
            hotspots.arrange();
        }
        Command::ReverseSort => {
            hotspots.reversed = !hotspots.reversed;
            hotspots.arrange();
        }
        Command::Compare => hotspots.compare(),
        Command::Stretch if hotspots.stretch() => {}
        Command::Stretch => state.say("the range was given with --since"),
        Command::Turn => hotspots.turn(),
        Command::Pause => {
            hotspots.paused = !hotspots.paused;
            hotspots.poll.hurry();
        }
        Command::Refresh => hotspots.poll.hurry(),
        Command::Open => hotspots.open(now),
        Command::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Command::Back if !hotspots.filter.is_empty() => hotspots.filter_by(String::new()),
        Command::Back => {
            hotspots.paused = false;
            state.hotspots_open = false;
            // The list is as old as the time spent here.
            state.orders.poll.hurry();
        }
        _ => {}
    }
    Vec::new()
}

/// Keys of the orders that had a handoff.
pub(super) fn press_touched(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let Some(command) = keymap::command(keymap::TOUCHED, key) else { return Vec::new() };
    let page = isize::try_from(geometry::orders(state.size, false).list.max(1)).unwrap_or(1);
    let Some(touched) = &mut state.hotspots.touched else { return Vec::new() };
    match command {
        Command::Down => touched.step(1),
        Command::Up => touched.step(-1),
        Command::PageDown => touched.step(page),
        Command::PageUp => touched.step(-page),
        Command::Top => touched.step(isize::MIN),
        Command::Bottom => touched.step(isize::MAX),
        Command::Refresh => touched.poll.hurry(),
        Command::Open => {
            if let Some(order) = touched.selected() {
                state.journey = Some(JourneyScreen::new(&order.id.to_string(), state.now));
            }
        }
        Command::CopyOrder => {
            if let Some(id) = touched.selected().map(|order| order.id.to_string()) {
                state.say(format!("copied {id}"));
                return vec![Action::Copy(id)];
            }
        }
        Command::Help => state.overlay = Some(Overlay::Help { scroll: 0 }),
        Command::Back => {
            state.hotspots.touched = None;
            state.hotspots.poll.hurry();
        }
        _ => {}
    }
    Vec::new()
}

/// The table follows every letter.
fn type_filter(state: &mut State, key: KeyEvent) {
    let hotspots = &mut state.hotspots;
    let mut filter = hotspots.filter.clone();
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => {
            hotspots.typing = false;
            hotspots.filter_by(String::new());
        }
        KeyCode::Enter => hotspots.typing = false,
        KeyCode::Down => hotspots.step(1),
        KeyCode::Up => hotspots.step(-1),
        KeyCode::Backspace => {
            filter.pop();
            hotspots.filter_by(filter);
        }
        KeyCode::Char('u' | 'w') if control => hotspots.filter_by(String::new()),
        KeyCode::Char(c) if !control && filter.len() < FILTER_LIMIT => {
            filter.push(c);
            hotspots.filter_by(filter);
        }
        _ => {}
    }
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let hotspots = &mut state.hotspots;
    if let Some(touched) = &mut hotspots.touched {
        return touched.poll.is_due(now).then(|| {
            touched.poll.asked(ticket);
            Action::FetchHotspotOrders { ticket, query: touched.query.clone() }
        });
    }
    let due = hotspots.poll.is_due(now) && !hotspots.paused;
    due.then(|| {
        hotspots.poll.asked(ticket);
        Action::FetchHotspots { ticket, query: hotspots.query(now) }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<Hotspots, NoAnswer>) {
    let retry_at = reach(state, &result);
    let now = state.now;
    if !state.hotspots.poll.answered(ticket, now, retry_at) {
        return;
    }
    match result {
        Ok(reply) => state.hotspots.receive(reply, now),
        Err(NoAnswer::Refused(reason)) => state.hotspots.trouble = Some(reason),
        Err(NoAnswer::Unreachable(_)) => {}
    }
}

pub(super) fn receive_touched(state: &mut State, ticket: u64, result: Result<OrdersPage, NoAnswer>) {
    let retry_at = reach(state, &result);
    let now = state.now;
    let Some(touched) = &mut state.hotspots.touched else { return };
    if !touched.poll.answered(ticket, now, retry_at) {
        return;
    }
    match result {
        Ok(page) => touched.receive(page, now),
        Err(NoAnswer::Refused(reason)) => touched.trouble = Some(reason),
        Err(NoAnswer::Unreachable(_)) => {}
    }
}
