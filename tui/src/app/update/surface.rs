use crossterm::event::KeyEvent;
use ordertrace_api::surface::Surface;

use super::answers::awaited;
use super::map::findings_of;
use super::steer::{Typed, lead, rows, type_into};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{State, TextFilter};

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let page = geometry::surface(state.size, state.surface.detail).list;
    let surface = &mut state.surface;
    if surface.filter.typing {
        match type_into(&mut surface.filter, key) {
            Typed::Text => surface.arrange(),
            Typed::Rows(rows) => surface.step(rows),
        }
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::SURFACE, key) else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        surface.step(rows);
        return Vec::new();
    }
    match command {
        Command::Detail => surface.detail = !surface.detail,
        Command::Sort => {
            surface.sort = surface.sort.next();
            surface.arrange();
        }
        Command::ReverseSort => {
            surface.reversed = !surface.reversed;
            surface.arrange();
        }
        Command::ShowAll => {
            surface.bare = !surface.bare;
            surface.arrange();
        }
        Command::FindingsOfSystem => {
            if let Some(system) = surface.selected().map(|way| way.to.clone()) {
                findings_of(state, Some(system));
            }
        }
        Command::Stretch if surface.stretch() => {}
        Command::Stretch => state.say("the range was given with --since"),
        Command::Search => surface.filter.typing = true,
        Command::Pause => {
            surface.paused = !surface.paused;
            surface.poll.hurry();
        }
        Command::Refresh => surface.poll.hurry(),
        Command::Back if surface.detail => surface.detail = false,
        Command::Back if surface.filter.is_set() => {
            surface.filter = TextFilter::default();
            surface.arrange();
        }
        Command::Back => {
            surface.paused = false;
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
    let surface = &mut state.surface;
    let due = surface.poll.is_due(now) && !surface.paused;
    due.then(|| {
        surface.poll.asked(ticket);
        Action::FetchSurface { ticket, query: surface.query(now) }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<Surface, NoAnswer>) {
    match awaited(state, |state| Some(&mut state.surface.poll), ticket, result) {
        Some(Ok(reply)) => state.surface.receive(reply, state.now),
        Some(Err(reason)) => state.surface.trouble = Some(reason),
        None => {}
    }
}
