use crossterm::event::KeyEvent;
use ordertrace_api::sync::SyncReply;

use super::answers::awaited;
use super::steer::{Typed, lead, rows, type_into};
use crate::app::action::Action;
use crate::app::event::NoAnswer;
use crate::app::geometry;
use crate::app::keymap::{self, Command};
use crate::app::state::{State, TextFilter};

pub(super) fn press(state: &mut State, key: KeyEvent) -> Vec<Action> {
    let page = geometry::sync(state.size, state.sync.matrix.targets()).list;
    let sync = &mut state.sync;
    if sync.filter.typing {
        match type_into(&mut sync.filter, key) {
            Typed::Text => sync.arrange(),
            Typed::Rows(rows) => sync.step(rows),
        }
        return Vec::new();
    }
    let Some(command) = keymap::command(keymap::SYNC, key) else { return Vec::new() };
    if let Some(rows) = rows(command, page) {
        sync.step(rows);
        return Vec::new();
    }
    match command {
        Command::Open => {
            let (range, now) = (state.range, state.now);
            state.sku = sync.open(range, now);
        }
        Command::PreviousPair => sync.step_pair(-1),
        Command::NextPair => sync.step_pair(1),
        Command::Sort => {
            sync.sort = sync.sort.next();
            sync.arrange();
        }
        Command::ReverseSort => {
            sync.reversed = !sync.reversed;
            sync.arrange();
        }
        Command::Stretch if sync.stretch() => {}
        Command::Stretch => state.say("the range was given with --since"),
        Command::Search => sync.filter.typing = true,
        Command::Pause => {
            sync.paused = !sync.paused;
            sync.poll.hurry();
        }
        Command::Refresh => sync.poll.hurry(),
        Command::CopyId => {
            if let Some(subject) = sync.selected().map(|drift| drift.subject.clone()) {
                state.say(format!("copied {subject}"));
                return vec![Action::Copy(subject)];
            }
        }
        Command::Back if sync.filter.is_set() => {
            sync.filter = TextFilter::default();
            sync.arrange();
        }
        Command::Back if sync.is_narrowed() => sync.choose_pair(None),
        Command::Back => {
            sync.paused = false;
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
    let sync = &mut state.sync;
    let due = sync.poll.is_due(now) && !sync.paused;
    due.then(|| {
        sync.poll.asked(ticket);
        Action::FetchSync { ticket, query: sync.query(now) }
    })
}

pub(super) fn receive(state: &mut State, ticket: u64, result: Result<SyncReply, NoAnswer>) {
    match awaited(state, |state| Some(&mut state.sync.poll), ticket, result) {
        Some(Ok(reply)) => state.sync.receive(reply, state.now),
        Some(Err(reason)) => state.sync.trouble = Some(reason),
        None => {}
    }
}
