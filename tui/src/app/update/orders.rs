use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::steer::{lead, rows};
use crate::app::action::Action;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{Filter, JourneyScreen, State};

/// Longest search: no id is longer.
const SEARCH_LIMIT: usize = 256;

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    if state.orders.typing {
        return type_search(state, key);
    }
    let Some(command) = keymap::command(keymap::ORDERS, key) else { return Vec::new() };
    let page = geometry::orders(state.size, state.findings.matters()).list;
    let orders = &mut state.orders;
    if let Some(rows) = rows(command, page) {
        orders.step(rows);
        return Vec::new();
    }
    match command {
        Command::Search => {
            orders.typing = true;
            orders.paused = false;
        }
        Command::Filter => {
            orders.filter = orders.filter.next();
            orders.arrange();
        }
        Command::Sort => {
            orders.sort = orders.sort.next();
            orders.arrange();
        }
        Command::ReverseSort => {
            orders.reversed = !orders.reversed;
            orders.arrange();
        }
        Command::Pause => orders.paused = !orders.paused,
        Command::Refresh => orders.poll.hurry(),
        Command::Open => {
            if let Some(order) = orders.selected() {
                state.journey = Some(JourneyScreen::new(&order.id.to_string(), state.now));
            }
        }
        Command::Back if !orders.search.is_empty() => state.orders.search_for(String::new()),
        Command::Back => {
            orders.filter = Filter::All;
            orders.arrange();
        }
        Command::Explain => super::explain::of_orders(state),
        Command::CopyOrder => {
            if let Some(id) = orders.selected().map(|order| order.id.to_string()) {
                state.say(format!("copied {id}"));
                return vec![Action::Copy(id)];
            }
        }
        Command::Quit => return vec![Action::Quit],
        command => lead(state, command),
    }
    Vec::new()
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let due = state.orders.poll.is_due(now) && !state.orders.paused;
    due.then(|| {
        state.orders.poll.asked(ticket);
        Action::FetchOrders { ticket, query: state.orders.query(now) }
    })
}

/// The list follows every letter; Enter asks for the one order that has exactly this key.
fn type_search(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let mut search = state.orders.search.clone();
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => {
            state.orders.typing = false;
            state.orders.search_for(String::new());
        }
        KeyCode::Enter => {
            state.orders.typing = false;
            let key = search.trim().to_owned();
            if !key.is_empty() {
                let ticket = state.ticket();
                state.lookup = Some((ticket, key.clone()));
                return vec![Action::FetchJourney { ticket, key, aligned: false }];
            }
        }
        KeyCode::Down => state.orders.step(1),
        KeyCode::Up => state.orders.step(-1),
        KeyCode::Backspace => {
            search.pop();
            state.orders.search_for(search);
        }
        KeyCode::Char('u' | 'w') if control => state.orders.search_for(String::new()),
        KeyCode::Char(c) if !control && search.len() < SEARCH_LIMIT => {
            search.push(c);
            state.orders.search_for(search);
        }
        _ => {}
    }
    Vec::new()
}
