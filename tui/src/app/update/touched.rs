use crossterm::event::KeyEvent;
use ordertrace_api::order::OrdersPage;

use super::answers::awaited;
use super::steer::{lead, rows};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{JourneyScreen, State};

/// Keys of the orders that had a handoff.
pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let Some(command) = keymap::command(keymap::TOUCHED, key) else { return Vec::new() };
    let page = geometry::orders(state.size, false).list;
    let Some(touched) = &mut state.touched else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        touched.step(rows);
        return Vec::new();
    }
    match command {
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
        Command::Back => {
            state.touched = None;
            state.hurry_list();
        }
        command => lead(state, command),
    }
    Vec::new()
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let touched = state.touched.as_mut()?;
    touched.poll.is_due(now).then(|| {
        touched.poll.asked(ticket);
        Action::FetchHotspotOrders { ticket, query: touched.query.clone() }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<OrdersPage, NoAnswer>) {
    let answer = awaited(state, |state| Some(&mut state.touched.as_mut()?.poll), ticket, result);
    let now = state.now;
    let Some(touched) = &mut state.touched else { return };
    match answer {
        Some(Ok(page)) => touched.receive(page, now),
        Some(Err(reason)) => touched.trouble = Some(reason),
        None => {}
    }
}
