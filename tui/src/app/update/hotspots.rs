use crossterm::event::KeyEvent;
use ordertrace_api::hotspot::Hotspots;

use super::answers::awaited;
use super::steer::{Typed, lead, rows, type_into};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{State, TextFilter};

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let page = geometry::hotspots(state.size, state.hotspots.compared.is_some()).list;
    let now = state.now;
    let hotspots = &mut state.hotspots;
    if hotspots.filter.typing {
        match type_into(&mut hotspots.filter, key) {
            Typed::Text => hotspots.arrange(),
            Typed::Rows(rows) => hotspots.step(rows),
        }
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::HOTSPOTS, key) else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        hotspots.step(rows);
        return Vec::new();
    }
    match command {
        Command::Search => hotspots.filter.typing = true,
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
        Command::Open => state.touched = hotspots.orders_of_chosen(now),
        Command::Back if hotspots.filter.is_set() => {
            hotspots.filter = TextFilter::default();
            hotspots.arrange();
        }
        Command::Back => {
            hotspots.paused = false;
            state.close_list();
        }
        command => lead(state, command),
    }
    Vec::new()
}

/// The question that is due.
pub(super) fn ask(state: &mut State) -> Option<Action> {
    let now = state.now;
    let ticket = state.ticket();
    let hotspots = &mut state.hotspots;
    let due = hotspots.poll.is_due(now) && !hotspots.paused;
    due.then(|| {
        hotspots.poll.asked(ticket);
        Action::FetchHotspots { ticket, query: hotspots.query(now) }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<Hotspots, NoAnswer>) {
    match awaited(state, |state| Some(&mut state.hotspots.poll), ticket, result) {
        Some(Ok(reply)) => state.hotspots.receive(reply, state.now),
        Some(Err(reason)) => state.hotspots.trouble = Some(reason),
        None => {}
    }
}
